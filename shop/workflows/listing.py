"""Listing goods: what is shown, what it costs, and the piece rate behind the price."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shop.catalog import desk as listed
from shop.catalog import offers
from shop.catalog import queries as catalog_known
from shop.catalog import services as catalog
from shop.catalog.desk import PayTerms, SheetView
from shop.catalog.options import CustomOption, Extra, OptionChoice, OptionKind
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Supply
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel.access import Actor
from shop.kernel.clock import business_day
from shop.kernel.db import transactional
from shop.kernel.errors import InvalidInput, NotFound
from shop.kernel.money import Money
from shop.media import services as media
from shop.media.rules import NewPicture, Sent
from shop.production import queries as making
from shop.production import services as production
from shop.production.rules import piece_rate
from shop.stations import services as stations
from shop.stock import queries as stock

STUDY = "time study of the workshop"


class PayNotBehindPrice(InvalidInput):
    """The pay in the price is not what the maker will get: the piece rate, or her share."""

    code: ClassVar[str] = "listing.pay_not_behind_price"


@dataclass(frozen=True, slots=True)
class NewListing:
    """Everything that makes one listing. ``minutes`` is for one piece, from the time study."""

    workshop_id: int
    code: str
    texts: ProductTexts
    variants: tuple[NewVariant, ...]
    split: PriceSplit
    minutes: int
    supply: Supply
    pay_lane: PayLane
    share_percent: int | None = None
    category: str | None = None
    terms: tuple[str, ...] = ()
    craft: str = ""
    maker_id: int | None = None
    files: tuple[Sent, ...] = ()
    is_to_be_listed: bool = True


@dataclass(frozen=True, slots=True)
class WrittenListing:
    """What became of it: the outside name and where the listing stands."""

    public_id: str
    state: ListingState


def pay_of_maker(
    *, pay_lane: PayLane, price: Money, minutes: int, share_percent: int | None
) -> Money:
    """Return what the maker gets of one piece: her rate for the minutes, or her share of the price.

    Source: domain.md 4 (piece rate; consignment share), 5 E1, E2.
    """
    if pay_lane is PayLane.CONSIGNMENT:
        return price.percent(share_percent or 0)
    return piece_rate(minutes=minutes)


def write_listing(*, listing: NewListing, actor: Actor, now: datetime) -> WrittenListing:
    """Create a product with variants, pictures, price sheet and piece rate, all or nothing.

    Its pictures wait for their copies and for their words. Price and rate wait for a second person;
    with ``is_to_be_listed`` the product goes on public sale in the moment that person approves.

    Raises OutOfReach, Forbidden, NotFound, CodeTaken, WrongShare, BadPieces, PayNotBehindPrice,
    and what ``media.taken_in`` and ``catalog.list_product`` raise.
    Source: domain.md 3 (listing), 14.7 (two people).
    """
    _require_pay(
        listing.split,
        pay_lane=listing.pay_lane,
        minutes=listing.minutes,
        share_percent=listing.share_percent,
    )
    with media.taken_in(listing.files) as originals:
        return _write(listing, [NewPicture(one) for one in originals], actor=actor, now=now)


@transactional
def _write(
    listing: NewListing, pictures: list[NewPicture], *, actor: Actor, now: datetime
) -> WrittenListing:
    product_id = catalog.create_product(
        workshop_id=listing.workshop_id,
        code=listing.code,
        title=listing.texts.title or "",
        texts=listing.texts,
        category=listing.category,
        terms=listing.terms,
        craft=listing.craft,
        making_minutes=listing.minutes,
        supply=listing.supply,
        pay_lane=listing.pay_lane,
        share_percent=listing.share_percent,
        maker_id=listing.maker_id,
        actor=actor,
        now=now,
    )
    catalog.add_variants(product_id=product_id, variants=listing.variants, actor=actor, now=now)
    catalog.propose_price(product_id=product_id, split=listing.split, actor=actor, now=now)
    if listing.pay_lane is PayLane.PIECE_WAGE:
        _set_rate(product_id, listing.split, listing.minutes, actor=actor, now=now)
    if pictures:
        catalog.add_pictures(product_id=product_id, pictures=pictures, actor=actor, now=now)
    state = ListingState.DRAFT
    if listing.is_to_be_listed:
        state = catalog.list_product(product_id=product_id, actor=actor, now=now)
    return WrittenListing(public_id=catalog_known.listing_name(product_id), state=state)


@transactional
def propose_price(
    *,
    product_id: int,
    split: PriceSplit,
    pay_lane: PayLane,
    minutes: int,
    share_percent: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Propose a new price and, where pieces are paid, the rate behind it; both wait.

    minutes    for one piece, from the time study.

    What may be woven to a buyer's wish stays as it stood on the newest sheet.

    Raises OutOfReach, Forbidden, NotFound, BadPieces, PayNotBehindPrice.
    """
    _require_pay(split, pay_lane=pay_lane, minutes=minutes, share_percent=share_percent)
    sheets = listed.sheets_of(product_id)
    catalog.propose_price(
        product_id=product_id,
        split=split,
        options=sheets[0].options if sheets else (),
        actor=actor,
        now=now,
    )
    if pay_lane is PayLane.PIECE_WAGE:
        _set_rate(product_id, split, minutes, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class NewExtra:
    """What an answer to a custom option adds, before the maker's part of it is worked out."""

    price: Money
    material: Money
    workshop: Money
    minutes: int


@dataclass(frozen=True, slots=True)
class NewOption:
    """A question to buyers as the desk writes it; ``choices`` are (words, English, extra)."""

    kind: OptionKind
    label: str
    label_en: str | None = None
    most_letters: int = 0
    least_mm: int = 0
    most_mm: int = 0
    step_mm: int = 0
    extra: NewExtra | None = None
    choices: tuple[tuple[str, str | None, NewExtra], ...] = ()


@transactional
def add_option(*, product_id: int, option: NewOption, actor: Actor, now: datetime) -> None:
    """Propose one more custom option: a new price sheet with it, for the second person.

    Her extra pay follows the rate rule from its minutes, or her share from its price.

    Raises OutOfReach, Forbidden, NotFound, PriceMissing, BadOption, SplitDoesNotAddUp when an
    extra price does not carry its own pay and material. Source: domain.md 4, 5 E1, E2.
    """
    newest = _newest_sheet(product_id)
    terms = listed.pay_terms(product_id)
    taken = {one.key for one in newest.options}
    key = next(k for n in range(1, len(taken) + 2) if (k := f"{option.kind}-{n}") not in taken)
    built = CustomOption(
        key=key,
        kind=option.kind,
        label=option.label,
        label_en=option.label_en,
        most_letters=option.most_letters,
        least_mm=option.least_mm,
        most_mm=option.most_mm,
        step_mm=option.step_mm,
        extra=_with_pay(option.extra, terms) if option.extra else Extra(),
        choices=tuple(
            OptionChoice(f"c{place}", value, value_en, _with_pay(extra, terms))
            for place, (value, value_en, extra) in enumerate(option.choices, start=1)
        ),
    )
    catalog.propose_price(
        product_id=product_id,
        split=newest.split,
        options=(*newest.options, built),
        actor=actor,
        now=now,
    )


@transactional
def drop_option(*, product_id: int, key: str, actor: Actor, now: datetime) -> None:
    """Propose a price sheet without one custom option, for the second person.

    Raises OutOfReach, Forbidden, NotFound, PriceMissing.
    """
    newest = _newest_sheet(product_id)
    if key not in {one.key for one in newest.options}:
        raise NotFound(what=f"option {key}")
    catalog.propose_price(
        product_id=product_id,
        split=newest.split,
        options=[one for one in newest.options if one.key != key],
        actor=actor,
        now=now,
    )


def _newest_sheet(product_id: int) -> SheetView:
    sheets = listed.sheets_of(product_id)
    if not sheets:
        raise catalog.PriceMissing
    return sheets[0]


def _with_pay(extra: NewExtra, terms: PayTerms) -> Extra:
    pay = Money(0)
    if terms.pay_lane is PayLane.CONSIGNMENT:
        pay = extra.price.percent(terms.share_percent or 0)
    elif extra.minutes:
        pay = piece_rate(minutes=extra.minutes)
    return Extra(extra.price, pay, extra.material, extra.workshop, extra.minutes)


@transactional
def offer_size(*, product_id: int, sku: str, is_offered: bool, actor: Actor, now: datetime) -> None:
    """Offer one size and color to buyers, or take it back; lists know at once whether one is free.

    Raises what ``catalog.offer_size`` raises.
    """
    catalog.offer_size(product_id=product_id, sku=sku, is_offered=is_offered, actor=actor, now=now)
    note_readiness([product_id], now=now)


def note_readiness(product_ids: Sequence[int], *, now: datetime) -> None:
    """Write down whether a piece of goods is free, after the sizes on offer have changed."""
    offers.lock(product_ids)
    offers.note_readiness(stock.readiness(product_ids), now=now)


@transactional
def approve_price(*, product_id: int, sheet_id: int, actor: Actor, now: datetime) -> None:
    """Put a price and the rates that wait behind it in force, as the second person.

    Raises what ``catalog.approve_price`` and ``production.approve_rate`` raise, TwoPeople first of
    all. Source: domain.md 14.7.
    """
    catalog.approve_price(sheet_id=sheet_id, actor=actor, now=now)
    for rate in making.rate_history(product_id):
        if rate.approved_at is None:
            production.approve_rate(rate_id=rate.rate_id, actor=actor, now=now)


def _require_pay(
    split: PriceSplit, *, pay_lane: PayLane, minutes: int, share_percent: int | None
) -> None:
    due = pay_of_maker(
        pay_lane=pay_lane, price=split.price, minutes=minutes, share_percent=share_percent
    )
    if split.pay != due:
        raise PayNotBehindPrice(due=due, said=split.pay)


def _set_rate(
    product_id: int, split: PriceSplit, minutes: int, *, actor: Actor, now: datetime
) -> None:
    production.set_rate(
        product_id=product_id,
        minutes=minutes,
        material=split.material,
        valid_from=business_day(now),
        study=STUDY,
        actor=actor,
        now=now,
    )


@transactional
def set_pace(
    *,
    workshop_id: int,
    weekly_capacity_minutes: int,
    pickup_weekdays: Collection[int],
    actor: Actor,
    now: datetime,
) -> None:
    """Say how much a workshop weaves in a week; lists sorted by waiting follow at once.

    Raises what ``stations.set_pace`` raises.
    """
    stations.set_pace(
        workshop_id=workshop_id,
        weekly_capacity_minutes=weekly_capacity_minutes,
        pickup_weekdays=pickup_weekdays,
        actor=actor,
        now=now,
    )
    offers.touch_workshop(workshop_id, now=now)
