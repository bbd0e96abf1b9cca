"""What the shop window shows: shelves, cards, one product's page, search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from shop.catalog.models import Category, OfferTotal, Product
from shop.catalog.queries import (
    split_of,
)
from shop.catalog.rules import Facet, ListingState, PriceSplit
from shop.kernel.clock import ticks
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.media import queries as pictures
from shop.media.queries import PictureView


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A kind of goods."""

    slug: str
    name: str
    name_en: str


def categories() -> list[CategoryView]:
    """Return the kinds of goods in their order."""
    rows = db.session.execute(
        sa.select(Category.slug, Category.name, Category.name_en).order_by(
            Category.position, Category.id
        )
    )
    return [CategoryView(row.slug, row.name, row.name_en) for row in rows]


class Card(NamedTuple):
    """One product in a list, as much as a card shows; the maker only as she allows.

    A tuple, because a list makes dozens of them on every page.

    ready_in    ticks until a piece is free, zero or less when one lies ready; None for none.
    """

    product_id: int
    slug: str
    code: str
    title: str
    title_en: str | None
    price_minor: int
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str | None
    village: str
    village_en: str | None
    maker_name: str | None
    maker_name_en: str | None
    supply: str
    ready_in: int | None
    photo_packed: str | None
    photo_alt: str | None
    photo_alt_en: str | None
    drawing: str | None
    craft: str
    rating_sum: int
    rating_count: int
    public_id: str

    @property
    def is_ready(self) -> bool:
        """Say whether a piece lies ready now."""
        return self.ready_in is not None and self.ready_in <= 0

    @property
    def price(self) -> Money:
        """Return what one piece costs."""
        return Money(self.price_minor)

    @property
    def photo(self) -> PictureView | None:
        """Return the cover, where there is one."""
        if self.photo_packed is None:
            return None
        return pictures.unpacked(self.photo_packed, self.photo_alt, self.photo_alt_en)


CARD = """o.product_id, o.slug, o.code, o.title, o.title_en, o.price_minor,
 o.workshop, o.workshop_name, o.workshop_name_en, o.village_name, o.village_name_en,
 m.name, m.name_en, o.supply, o.ready_at - :now,
 o.photo, o.photo_alt, o.photo_alt_en, o.drawing, o.craft, o.rating_sum, o.rating_count,
 o.public_id"""
# Her name comes through her standing consent only; a withdrawn one hides it at once.
MAKER = """LEFT JOIN consents c ON c.member_id = o.maker_id AND c.purpose = 'name'
 AND c.withdrawn_at IS NULL
 LEFT JOIN members m ON m.id = c.member_id"""

_BY_ID = sa.text(
    f"SELECT {CARD} FROM offers o {MAKER} WHERE o.product_id IN :ids"  # noqa: S608 - our own words
).bindparams(sa.bindparam("ids", expanding=True))


def cards_of(product_ids: Sequence[int], *, now: datetime) -> list[Card]:
    """Return the cards of products in the order given; those not on public sale are missing."""
    if not product_ids:
        return []
    rows = db.session.execute(_BY_ID, {"ids": list(product_ids), "now": ticks(now)})
    found = {row[0]: Card._make(row) for row in rows}
    return [found[product_id] for product_id in product_ids if product_id in found]


# Goods of one rank lie ready first, among so many of the best; pages do not cut across it.
RANKED_TOGETHER = 120


def cards_ranked(
    product_ids: Sequence[int], ranks: Sequence[int], *, now: datetime, page: int, most: int = 24
) -> list[Card]:
    """Return one page of goods that are ranked: by rank, what lies ready first, then the newest.

    product_ids, ranks    side by side, the best rank first; those not on sale are missing.
    page                  from 1 on; ``most`` divides ``RANKED_TOGETHER``.
    """
    block, skip = divmod((page - 1) * most, RANKED_TOGETHER)
    span = slice(block * RANKED_TOGETHER, (block + 1) * RANKED_TOGETHER)
    ids, ranked = product_ids[span], ranks[span]
    if not ids:
        return []
    kinds = sorted(set(ranked))
    by_rank = {
        f"r{rank}": [one for one, its in zip(ids, ranked, strict=True) if its == rank]
        for rank in kinds
    }
    order = " ".join(f"WHEN o.product_id IN :r{rank} THEN {rank}" for rank in kinds)
    query = sa.text(
        f"SELECT {CARD} FROM offers o {MAKER} WHERE o.product_id IN :ids"  # noqa: S608 - our own words
        f" ORDER BY CASE {order} END, CASE WHEN o.ready_at <= :now THEN 0 ELSE 1 END,"
        " o.product_id DESC LIMIT :most OFFSET :skip"
    ).bindparams(
        *(sa.bindparam(name, expanding=True) for name in ("ids", *by_rank)),
    )
    given = {"ids": list(ids), "now": ticks(now), "most": most, "skip": skip, **by_rank}
    return [Card._make(row) for row in db.session.execute(query, given)]


@dataclass(frozen=True, slots=True)
class Name:
    """A product by its name, for lists that need no more."""

    slug: str
    title: str
    title_en: str | None


def names_of(product_ids: Sequence[int]) -> list[Name]:
    """Return the names of products in the order given; those not on public sale are missing."""
    if not product_ids:
        return []
    rows = db.session.execute(
        sa.select(Product.id, Product.slug, Product.title, Product.title_en).where(
            Product.id.in_(list(product_ids)), Product.state == ListingState.ON_SALE
        )
    )
    found = {row.id: Name(row.slug, row.title, row.title_en) for row in rows}
    return [found[product_id] for product_id in product_ids if product_id in found]


def goods_of_workshops(slugs: Sequence[str]) -> dict[str, int]:
    """Return how many products each workshop has on public sale, from the stored totals."""
    rows = db.session.execute(
        sa.select(OfferTotal.value, OfferTotal.total).where(
            OfferTotal.category == "",
            OfferTotal.facet == Facet.WORKSHOP.value,
            OfferTotal.value.in_(list(slugs)),
        )
    )
    return {row.value: row.total for row in rows}


def newest_product_id() -> int:
    """Return the highest number a product has, 0 when there is none."""
    return db.session.scalar(sa.select(sa.func.max(Product.id))) or 0


def slugs_on_sale(*, first_id: int, past_id: int, at_once: int = 2000) -> Iterator[str]:
    """Return the slugs of the products on public sale with numbers from first up to, not, past.

    Read in pieces of ``at_once``, so that memory stays flat however many there are.
    """
    last = first_id - 1
    while True:
        rows = db.session.execute(
            sa.select(Product.id, Product.slug)
            .where(Product.state == ListingState.ON_SALE, Product.id > last, Product.id < past_id)
            .order_by(Product.id)
            .limit(at_once)
        ).all()
        yield from (row.slug for row in rows)
        if len(rows) < at_once:
            return
        last = rows[-1].id


@dataclass(frozen=True, slots=True)
class SplitExample:
    """One product on public sale and where its price goes."""

    slug: str
    title: str
    title_en: str | None
    split: PriceSplit


@dataclass(frozen=True, slots=True)
class Story:
    """One workshop's story for the front page, with the names of the places above it."""

    slug: str
    station_id: int
    name: str
    name_en: str | None
    story: str
    story_en: str | None
    place: tuple[str, ...]
    place_en: tuple[str, ...]


_EXAMPLE = """SELECT o.slug AS example_slug, o.title, o.title_en,
 p.price_minor AS sheet_price_minor, p.pay_minor, p.material_minor, p.pack_minor, p.fee_minor,
 p.workshop_minor, p.rest_minor
 FROM offers o JOIN products d ON d.id = o.product_id
 JOIN price_sheets p ON p.id = d.price_sheet_id ORDER BY o.product_id LIMIT 1"""
_TELLS = (
    "SELECT w.id FROM workshops w WHERE w.id {} :turn % (SELECT max(id) + 1 FROM workshops)"
    " AND w.story <> '' AND EXISTS (SELECT 1 FROM offers o WHERE o.workshop = w.slug)"
    " ORDER BY w.id LIMIT 1"
)
# Every week another: the first that has something to tell from a place in the row on, which a
# step of a large prime moves about, then from its beginning.
_FRONT = sa.text(
    f"""SELECT e.*, s.* FROM (SELECT 1 AS one) x LEFT JOIN ({_EXAMPLE}) e ON 1 = 1
 LEFT JOIN (SELECT w.slug, w.station_id, w.name, w.name_en, w.story, w.story_en,
 v.short_name AS village, v.name_en AS village_en, t.short_name AS town, t.name_en AS town_en,
 c.short_name AS county, c.name_en AS county_en
 FROM workshops w JOIN stations v ON v.id = w.station_id
 LEFT JOIN stations t ON t.id = v.parent_id LEFT JOIN stations c ON c.id = t.parent_id
 WHERE w.id = coalesce(({_TELLS.format(">=")}), ({_TELLS.format("<")}))) s ON 1 = 1"""  # noqa: S608 - our own words
)
_PRIME = 7919


def front(week: int) -> tuple[SplitExample | None, Story | None]:
    """Return the oldest product with its price split, and the workshop whose turn it is to tell.

    week    any number that rises by one a week; the same week, the same story.
    """
    row = db.session.execute(_FRONT, {"turn": week * _PRIME}).one()
    split = split_of(row)
    example = None
    if split is not None:
        example = SplitExample(row.example_slug, row.title, row.title_en, split)
    if row.slug is None:
        return example, None
    names = [
        (row.county, row.county_en),
        (row.town, row.town_en),
        (row.village, row.village_en),
    ]
    return example, Story(
        slug=row.slug,
        station_id=row.station_id,
        name=row.name,
        name_en=row.name_en,
        story=row.story,
        story_en=row.story_en,
        place=tuple(name for name, _ in names if name),
        place_en=tuple(name_en or name for name, name_en in names if name),
    )
