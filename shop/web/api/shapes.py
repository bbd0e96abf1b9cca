"""What programs read: the shapes that several operations give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from shop.catalog.rules import Promise
from shop.catalog.window import Card
from shop.kernel.clock import SHANGHAI
from shop.media.queries import PictureView
from shop.media.rules import Medium
from shop.orders.queries import PartView
from shop.orders.rules import ParcelState
from shop.stations.queries import WorkshopView
from shop.web.addresses import absolute
from shop.web.pictures import picture_url, video_url
from shop.web.problems import Amount, amount

PLACE = ZoneInfo(SHANGHAI)
THUMB, LARGE = 480, 1600

Cursor = Annotated[
    str,
    Meta(
        max_length=300,
        pattern="^[A-Za-z0-9._-]*$",
        description="where a page begins, as an answer named it; empty for the first page",
    ),
]
Limit = Annotated[int, Meta(ge=1, le=48, description="how many at once")]
Word = Annotated[str, Meta(max_length=80, pattern="^[^\\u0000]*$")]


def at_place(instant: datetime | None) -> datetime | None:
    """Return an instant with the offset of the place, as programs read it."""
    return instant.astimezone(PLACE) if instant is not None else None


def there(instant: datetime) -> datetime:
    """Return an instant that is known with the offset of the place."""
    return instant.astimezone(PLACE)


class ParcelScan(Struct, frozen=True):
    """What a carrier saw of a parcel, in its words."""

    at: datetime
    words: str
    place: str
    is_signed: bool


class Parcel(Struct, frozen=True):
    """One parcel of a part; what is in it, by SKU."""

    id: str
    state: ParcelState
    carrier: str
    tracking: str
    sent_at: datetime | None
    received_at: datetime | None
    pieces: dict[str, int]
    scans: list[ParcelScan]


def parcels_of(part: PartView) -> list[Parcel]:
    """Return the parcels of a part in which something is or was on its way."""
    skus = {line.id: line.sku for line in part.lines}
    return [
        Parcel(
            id=one.public_id,
            state=one.state,
            carrier=one.carrier,
            tracking=one.tracking,
            sent_at=at_place(one.sent_at),
            received_at=at_place(one.received_at),
            pieces=_by_sku((skus[line_id], n) for line_id, n in one.pieces.items()),
            scans=[
                ParcelScan(there(seen.at), seen.words, seen.place, seen.is_signed)
                for seen in one.scans
            ],
        )
        for one in part.parcels
        if one.state is not ParcelState.OPENED
    ]


def _by_sku(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for sku, pieces in pairs:
        summed[sku] = summed.get(sku, 0) + pieces
    return summed


class Picture(Struct, frozen=True):
    """A picture or a short film."""

    kind: Medium
    url: str
    thumb_url: str
    alt: str
    alt_en: str


def picture(view: PictureView) -> Picture:
    """Return a picture with absolute addresses of a large and a small copy."""
    large = video_url(view) if view.medium is Medium.VIDEO else picture_url(view, LARGE)
    return Picture(
        view.medium, absolute(large), absolute(picture_url(view, THUMB)), view.alt, view.alt_en
    )


class WorkshopRef(Struct, frozen=True):
    """Which workshop it is."""

    slug: str
    name: str
    name_en: str | None


class Count(Struct, frozen=True):
    """So many; where it is not exact, at least so many."""

    number: int
    is_exact: bool


class GoodsCard(Struct, frozen=True):
    """One product on public sale, as a list shows it."""

    id: str
    slug: str
    title: str
    title_en: str | None
    price: Amount
    workshop: WorkshopRef
    village: str
    village_en: str | None
    maker: Annotated[str | None, Meta(description="her name, where she allows it")]
    supply: Annotated[str, Meta(description="in_stock, made_to_order or custom")]
    is_ready: Annotated[bool, Meta(description="a piece lies ready now")]
    picture: str | None
    rating: Annotated[float | None, Meta(description="average of 1 to 5, null without a review")]
    rating_count: int
    url: str


def goods_card(card: Card) -> GoodsCard:
    """Return one card of a list."""
    return GoodsCard(
        id=card.public_id,
        slug=card.slug,
        title=card.title,
        title_en=card.title_en,
        price=amount(card.price),
        workshop=WorkshopRef(card.workshop_slug, card.workshop_name, card.workshop_name_en),
        village=card.village,
        village_en=card.village_en,
        maker=card.maker_name,
        supply=card.supply,
        is_ready=card.is_ready,
        picture=None if card.photo is None else absolute(picture_url(card.photo, THUMB)),
        rating=round(card.rating_sum / card.rating_count, 2) if card.rating_count else None,
        rating_count=card.rating_count,
        url=absolute(f"/goods/{card.slug}"),
    )


class Workshop(Struct, frozen=True):
    """One workshop: where it is, who sells, and how goods leave it."""

    slug: str
    name: str
    name_en: str | None
    story: str
    story_en: str | None
    place: Annotated[list[str], Meta(description="county, town, village")]
    place_en: list[str]
    address: str
    address_en: str | None
    phone: str | None
    seller_name: Annotated[str, Meta(description="seller of record")]
    seller_license: str | None
    is_pick_up_point: bool
    shipping: Annotated[Amount, Meta(description="for one parcel")]
    url: str


def workshop(view: WorkshopView) -> Workshop:
    """Return one workshop as its page shows it."""
    return Workshop(
        slug=view.slug,
        name=view.name,
        name_en=view.name_en,
        story=view.story,
        story_en=view.story_en,
        place=list(view.place),
        place_en=list(view.place_en),
        address=view.address,
        address_en=view.address_en,
        phone=view.phone,
        seller_name=view.seller_name,
        seller_license=view.seller_license,
        is_pick_up_point=view.is_pick_up_point,
        shipping=amount(view.shipping),
        url=absolute(f"/workshops/{view.slug}"),
    )


def workshop_ref(view: WorkshopView) -> WorkshopRef:
    """Return which workshop it is."""
    return WorkshopRef(view.slug, view.name, view.name_en)


class Promised(Struct, frozen=True):
    """By which day it leaves the village, and whether it is made first."""

    leaves_on: date
    is_made_first: bool


def promised(promise: Promise) -> Promised:
    """Return a promise as programs read it."""
    return Promised(promise.leaves_on, promise.is_made_first)
