"""Offers: the mirror of what is on public sale, written last in the transaction that changed it.

``touch`` names products whose mirror may differ; ``_settle`` reads what stands behind them, writes
what differs and moves the totals by exactly that. ``checks`` proves mirror and totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.catalog.models import (
    Category,
    Offer,
    OfferTerm,
    OfferTotal,
    Product,
    ProductTerm,
    Term,
)
from shop.catalog.rules import (
    MADE,
    READY,
    Facet,
    ListingState,
    Supply,
    TermKind,
    love,
    price_band,
    waiting_days,
)
from shop.kernel.db import db, last_in_transaction, transactional
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, table_of
from shop.media import queries as pictures
from shop.media.rules import Subject
from shop.stations.models import Station, Workshop

MOST_AT_ONCE = 500
PLACES_AND_HANDS = ("workshop", "village", "town", "county")
FACET_OF = {TermKind.MATERIAL: Facet.MATERIAL.value, TermKind.CRAFT: Facet.CRAFT.value}

_offers = table_of(Offer)
_terms = table_of(OfferTerm)
_totals = table_of(OfferTotal)

_town, _county = aliased(Station), aliased(Station)
_BEHIND = (
    sa.select(
        Product.id.label("product_id"),
        Product.public_id,
        Product.slug,
        Product.code,
        Product.title,
        Product.title_en,
        Product.craft,
        Product.drawing,
        *pictures.COVER_COLUMNS,
        Product.supply,
        Product.price_minor,
        sa.func.coalesce(Category.slug, "").label("category"),
        Category.name.label("category_name"),
        Category.name_en.label("category_name_en"),
        Workshop.slug.label("workshop"),
        Workshop.name.label("workshop_name"),
        Workshop.name_en.label("workshop_name_en"),
        Workshop.weekly_capacity_minutes,
        Station.code.label("village"),
        Station.short_name.label("village_name"),
        Station.name_en.label("village_name_en"),
        sa.func.coalesce(_town.code, "").label("town"),
        _town.short_name.label("town_name"),
        _town.name_en.label("town_name_en"),
        sa.func.coalesce(_county.code, "").label("county"),
        _county.short_name.label("county_name"),
        _county.name_en.label("county_name_en"),
        Product.maker_id,
        Product.making_minutes,
        Product.ready_at,
        Product.rating_sum,
        Product.rating_count,
        Product.hearts,
        Product.on_sale_at,
        Product.created_at,
    )
    .select_from(Product)
    .join(Workshop, Workshop.id == Product.workshop_id)
    .join(Station, Station.id == Product.station_id)
    .outerjoin(_town, _town.id == Station.parent_id)
    .outerjoin(_county, _county.id == _town.parent_id)
    .outerjoin(Category, Category.id == Product.category_id)
    .outerjoin(pictures.cover, pictures.is_cover_of(Subject.PRODUCT, Product.__table__.c.id))
    .where(
        Product.id.in_(sa.bindparam("ids", expanding=True)),
        Product.state == ListingState.ON_SALE,
    )
)
_WORDS_BEHIND = (
    sa.select(ProductTerm.product_id, Term.slug, Term.kind, Term.name, Term.name_en)
    .join(Term, Term.slug == ProductTerm.term)
    .where(ProductTerm.product_id.in_(sa.bindparam("ids", expanding=True)))
)
_STANDING = sa.select(_offers).where(_offers.c.product_id.in_(sa.bindparam("ids", expanding=True)))
_STANDING_WORDS = (
    sa.select(_terms.c.product_id, Term.slug, Term.kind, Term.name, Term.name_en)
    .join(Term, Term.slug == _terms.c.term)
    .where(_terms.c.product_id.in_(sa.bindparam("ids", expanding=True)))
)
# No lock on the key: orders that point at the product go on.
_LOCK = (
    sa.select(Product.id, Product.ready_at)
    .where(Product.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Product.id)
    .with_for_update(key_share=True)
)
_COLUMNS = tuple(column.name for column in _offers.c)


Key = tuple[str, str, str]
"""Category (``''`` for all), facet and value: what a total is kept under."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One offer: its columns and its words by kind; ``names`` of its values by facet and value."""

    columns: Mapping[str, Any]
    terms: Mapping[str, TermKind]
    names: Mapping[tuple[str, str], tuple[str | None, str | None]]

    @property
    def keys(self) -> list[Key]:
        """Return every total that this offer counts for."""
        one = self.columns
        facets = [
            (Facet.ALL.value, ""),
            (Facet.PRICE.value, str(one["band"])),
            *((name, one[name]) for name in PLACES_AND_HANDS if one[name]),
            *((FACET_OF[kind], term) for term, kind in self.terms.items()),
        ]
        if one["ready_at"] == 0:
            facets.append((Facet.SUPPLY.value, READY))
        if one["supply"] is not Supply.IN_STOCK:
            facets.append((Facet.SUPPLY.value, MADE))
        keys = [(category, *facet) for category in {"", one["category"]} for facet in facets]
        if one["category"]:
            keys.append(("", Facet.CATEGORY.value, one["category"]))
        return keys


def touch(product_ids: Iterable[int], *, now: datetime) -> None:
    """Have the mirrors of these products written anew, last in the open transaction."""
    last_in_transaction(_settle, dict.fromkeys(product_ids, now))


def touch_workshop(workshop_id: int, *, now: datetime) -> None:
    """Have the mirrors of all goods of a workshop written anew, last in the open transaction."""
    touch(
        db.session.scalars(
            sa.select(Offer.product_id)
            .join(Product, Product.id == Offer.product_id)
            .where(Product.workshop_id == workshop_id)
        ),
        now=now,
    )


def lock(product_ids: Iterable[int]) -> None:
    """Wait for whoever changes these products at this moment; what is read next is what stands.

    Two buyers of the last pieces of two sizes change one product: whoever comes second must see
    what the first one took.
    """
    db.session.execute(_LOCK, {"ids": sorted(set(product_ids))})


def note_readiness(ready_at: Mapping[int, int | None], *, now: datetime) -> None:
    """Note when a piece of each product is free; every list shows it from this transaction on.

    ready_at    by product: 0 now, a tick of the clock when the first hold runs out, None never.

    Safe to repeat. The caller has locked the products and read its counts after that.
    """
    rows = db.session.execute(_LOCK, {"ids": sorted(ready_at)}).all()
    changed = [row for row in rows if row.ready_at != ready_at[row.id]]
    if not changed:
        return
    db.session.execute(
        sa.update(table_of(Product))
        .where(table_of(Product).c.id == sa.bindparam("product"))
        .values(ready_at=sa.bindparam("ready")),
        [{"product": row.id, "ready": ready_at[row.id]} for row in changed],
    )
    touch([row.id for row in changed], now=now)


@transactional
def rebuild() -> int:
    """Write every offer and every total anew; return how many offers there are. Repeatable."""
    for table in (_totals, _terms, _offers):
        db.session.execute(sa.delete(table))
    ids = db.session.scalars(
        sa.select(Product.id).where(Product.state == ListingState.ON_SALE).order_by(Product.id)
    ).all()
    for some in some_of(ids):
        _write(some)
    return len(ids)


def mirrored(product_ids: Sequence[int]) -> dict[int, Mirrored]:
    """Return what the mirrors of these products ought to be; those not on sale are missing."""
    rows = db.session.execute(_BEHIND, {"ids": product_ids}).all()
    words = _words_of(_WORDS_BEHIND, [row.product_id for row in rows])
    return {row.product_id: _mirrored(row, words.get(row.product_id, [])) for row in rows}


def standing(product_ids: Sequence[int]) -> dict[int, Mirrored]:
    """Return the mirrors of these products as they stand; names are left out."""
    rows = db.session.execute(_STANDING, {"ids": product_ids}).all()
    words = _words_of(_STANDING_WORDS, [row.product_id for row in rows])
    return {
        row.product_id: Mirrored(
            columns=dict(zip(_COLUMNS, row, strict=True)),
            terms={word.slug: word.kind for word in words.get(row.product_id, [])},
            names={},
        )
        for row in rows
    }


def _words_of(query: sa.Executable, ids: list[int]) -> dict[int, list[Any]]:
    words: dict[int, list[Any]] = {}
    if ids:
        for row in db.session.execute(query, {"ids": ids}):
            words.setdefault(row.product_id, []).append(row)
    return words


def _mirrored(row: Any, words: list[Any]) -> Mirrored:
    cover = pictures.cover_of(row)
    own: dict[str, Any] = {
        "photo": cover and pictures.packed(cover),
        "photo_alt": cover and cover.alt,
        "photo_alt_en": cover and cover.alt_en,
        "band": price_band(Money(row.price_minor)),
        "ready_at": None if row.supply is Supply.CUSTOM else row.ready_at,
        "wait_days": waiting_days(
            supply=row.supply,
            has_pieces=row.ready_at is not None,
            making_minutes=row.making_minutes,
            weekly_capacity_minutes=row.weekly_capacity_minutes,
        ),
        "loved": love(rating_sum=row.rating_sum, rating_count=row.rating_count, hearts=row.hearts),
        "listed_at": int((row.on_sale_at or row.created_at).timestamp()),
    }
    names = {
        (facet, getattr(row, facet)): (
            getattr(row, f"{facet}_name"),
            getattr(row, f"{facet}_name_en"),
        )
        for facet in ("category", *PLACES_AND_HANDS)
    } | {(FACET_OF[word.kind], word.slug): (word.name, word.name_en) for word in words}
    return Mirrored(
        columns={name: own[name] if name in own else getattr(row, name) for name in _COLUMNS},
        terms={word.slug: word.kind for word in words},
        names=names,
    )


def _settle(touched: dict[int, datetime]) -> None:
    for some in some_of(sorted(touched)):
        lock(some)
        _write(some)


def some_of(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the ids a few hundred at a time."""
    return (ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE))


def _write(ids: Sequence[int]) -> None:
    wanted, there = mirrored(ids), standing(ids)
    gone = [product_id for product_id in there if product_id not in wanted]
    new = [one for product_id, one in wanted.items() if product_id not in there]
    both = [(there[i], one) for i, one in wanted.items() if i in there]
    if gone:
        db.session.execute(sa.delete(_terms).where(_terms.c.product_id.in_(gone)))
        db.session.execute(sa.delete(_offers).where(_offers.c.product_id.in_(gone)))
    if new:
        db.session.execute(sa.insert(_offers), [dict(one.columns) for one in new])
    changed = [one.columns for old, one in both if old.columns != one.columns]
    if changed:
        db.session.execute(
            sa.update(_offers).where(_offers.c.product_id == sa.bindparam("product")),
            [{"product": columns["product_id"], **columns} for columns in changed],
        )
    _write_words(
        [
            *new,
            *(
                one
                for old, one in both
                if old.terms != one.terms or old.columns["category"] != one.columns["category"]
            ),
        ]
    )
    _move_totals(there.values(), wanted.values())
    _call_by_name(wanted.values())


def _write_words(offers: Sequence[Mirrored]) -> None:
    if not offers:
        return
    ids = [one.columns["product_id"] for one in offers]
    db.session.execute(sa.delete(_terms).where(_terms.c.product_id.in_(ids)))
    rows = [
        {"term": term, "category": one.columns["category"], "product_id": one.columns["product_id"]}
        for one in offers
        for term in sorted(one.terms)
    ]
    if rows:
        db.session.execute(sa.insert(_terms), rows)


def _call_by_name(offers: Iterable[Mirrored]) -> None:
    """Let totals be called as their places, workshops and words are called now."""
    names = {key: _named(said) for one in offers for key, said in one.names.items()}
    if not names:
        return
    rows = db.session.execute(
        sa.select(_totals.c.facet, _totals.c.value, _totals.c.name, _totals.c.name_en).where(
            _totals.c.category == "", _totals.c.value.in_({value for _, value in names})
        )
    )
    old = [
        {"of": row.facet, "called": row.value, **names[row.facet, row.value]}
        for row in rows
        if (row.facet, row.value) in names
        and names[row.facet, row.value] != {"name": row.name, "name_en": row.name_en}
    ]
    if old:
        db.session.execute(
            sa.update(_totals).where(
                _totals.c.facet == sa.bindparam("of"), _totals.c.value == sa.bindparam("called")
            ),
            sorted(old, key=lambda one: (one["of"] or "", one["called"] or "")),
        )


def _named(names: tuple[str | None, str | None] | None) -> dict[str, str | None]:
    return {"name": (names and names[0]) or "", "name_en": names and names[1]}


def _move_totals(before: Iterable[Mirrored], after: Iterable[Mirrored]) -> None:
    by: Counter[Key] = Counter()
    names: dict[tuple[str, str], tuple[str | None, str | None]] = {}
    for one in after:
        by.update(one.keys)
        names.update(one.names)
    for one in before:
        by.subtract(one.keys)
    rows = [
        {"category": category, "facet": facet, "value": value, "total": difference}
        | _named(names.get((facet, value)))
        # In one order: two transactions that move the same totals queue up behind the first.
        for (category, facet, value), difference in sorted(by.items())
        if difference
    ]
    if not rows:
        return
    statement = insert_or(_totals)
    gains = statement.excluded.total > 0
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["category", "facet", "value"],
            set_={
                "total": _totals.c.total + statement.excluded.total,
                # A value that loses its last offer keeps the name it had.
                "name": sa.case((gains, statement.excluded.name), else_=_totals.c.name),
                "name_en": sa.case((gains, statement.excluded.name_en), else_=_totals.c.name_en),
            },
        ),
        rows,
    )
