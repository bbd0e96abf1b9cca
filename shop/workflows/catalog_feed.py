"""What is on public sale, as other sites read it: every size and color, and what came last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shop.catalog import queries as catalog
from shop.catalog import standing as standing_goods
from shop.catalog import window
from shop.catalog.rules import Quality, Supply
from shop.catalog.standing import StandingGoods, StandingPiece
from shop.catalog.window import CategoryView
from shop.kernel.clock import business_day
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.media import queries as pictures
from shop.media.queries import PictureView
from shop.media.rules import Subject
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.stock import queries as stock

AT_ONCE = 200
NEWEST = 50


class Availability(StrEnum):
    """Whether one can have a piece; words that readers of product feeds know."""

    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    BACKORDER = "backorder"


@dataclass(frozen=True, slots=True)
class FeedGoods:
    """One product on public sale with its words, and what stands around it."""

    goods: StandingGoods
    workshop: WorkshopView
    shelf: CategoryView | None
    photo: PictureView | None
    title: str
    title_en: str
    summary: str
    summary_en: str
    material: str
    material_en: str


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One size and color that can be bought; ``ready_on`` is said of pieces that are made first."""

    of: FeedGoods
    piece: StandingPiece
    price: Money
    availability: Availability
    ready_on: date | None
    is_only: bool


@dataclass(frozen=True, slots=True)
class NewGoods:
    """One product and when it came on public sale."""

    of: FeedGoods
    listed_at: datetime


def items(*, now: datetime) -> Iterator[FeedItem]:
    """Yield every size and color on public sale; some hundred at a time, memory stays flat.

    Second-grade pieces stay out: they are sold beside the goods, not as goods of their own.
    """
    shelves = _shelves()
    last = 0
    while ids := catalog.ids_on_sale(after=last, most=AT_ONCE):
        there = standing_goods.standing(ids)
        around = _around(list(there.values()), shelves)
        free = stock.available(
            [piece.variant_id for one in there.values() for piece in one.pieces], now
        )
        waits = standing_goods.days_of_waiting(ids)
        for product_id, one in there.items():
            wait = timedelta(days=waits.get(product_id, 0))
            yield from _items_of(around[product_id], one, free, business_day(now) + wait)
        last = ids[-1]
        db.session.rollback()  # a slow reader holds no snapshot of the database open


def _items_of(
    of: FeedGoods, one: StandingGoods, free: Mapping[int, int], ready_on: date
) -> Iterator[FeedItem]:
    pieces = [p for p in one.pieces if p.is_for_sale and p.quality is Quality.FIRST]
    for piece in pieces:
        if one.supply is not Supply.CUSTOM and free[piece.variant_id] > 0:
            availability = Availability.IN_STOCK
        elif one.supply is Supply.IN_STOCK:
            availability = Availability.OUT_OF_STOCK
        else:
            availability = Availability.BACKORDER
        yield FeedItem(
            of=of,
            piece=piece,
            price=Money(piece.price_minor),
            availability=availability,
            ready_on=ready_on if availability is Availability.BACKORDER else None,
            is_only=len(pieces) == 1,
        )


def newest(*, most: int = NEWEST) -> list[NewGoods]:
    """Return what came on public sale last, the newest first."""
    listed = standing_goods.newest_on_sale(most=most)
    there = standing_goods.standing(product_id for product_id, _ in listed)
    around = _around(list(there.values()), _shelves())
    return [NewGoods(around[product_id], moment) for product_id, moment in listed]


def _shelves() -> dict[str, CategoryView]:
    return {shelf.slug: shelf for shelf in window.categories()}


def _around(
    some: Sequence[StandingGoods], shelves: Mapping[str, CategoryView]
) -> dict[int, FeedGoods]:
    workshops = stations.workshops_by_id(one.workshop_id for one in some)
    covers = pictures.covers(Subject.PRODUCT, [one.product_id for one in some])
    return {
        one.product_id: FeedGoods(
            goods=one,
            workshop=workshops[one.workshop_id],
            shelf=shelves.get(one.category or ""),
            photo=covers.get(one.product_id),
            title=one.text("title"),
            title_en=one.text("title_en"),
            summary=one.text("summary"),
            summary_en=one.text("summary_en"),
            material=one.text("material"),
            material_en=one.text("material_en"),
        )
        for one in some
    }
