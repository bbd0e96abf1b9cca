"""Many listings written in one transaction, in few statements: what an import brings.

The same rules as for one listing: goods come as drafts, a price is a proposal that waits for the
second person, nothing is put on sale. Whoever buys meanwhile waits for milliseconds, not for
thousands of statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog import offers, queries
from shop.catalog.events import (
    PriceProposed,
    ProductSorted,
    TextsChanged,
    VariantsAdded,
)
from shop.catalog.models import Category, OptionRow, PriceSheet, Product, ProductTerm, Term, Variant
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Quality, Supply
from shop.catalog.services import CodeTaken, slug_from
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import NotFound
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.kernel.statements import table_of
from shop.search import services as search
from shop.stations import queries as stations


@dataclass(frozen=True, slots=True)
class NewPiece:
    """One size and color; without a price of its own it costs what the goods cost."""

    sku: str
    size: str = ""
    color: str = ""
    color_en: str | None = None
    price: Money | None = None
    is_for_sale: bool = True


@dataclass(frozen=True, slots=True)
class NewGoods:
    """A draft to be written; ``texts`` by column, ``minutes`` for one piece."""

    code: str
    texts: dict[str, str]
    pieces: tuple[NewPiece, ...]
    category: str | None = None
    terms: tuple[str, ...] = ()
    craft: str = ""
    supply: Supply = Supply.IN_STOCK
    pay_lane: PayLane = PayLane.PIECE_WAGE
    share_percent: int | None = None
    maker_id: int | None = None
    minutes: int = 0
    split: PriceSplit | None = None


@dataclass(frozen=True, slots=True)
class GoodsChange:
    """What changes of one product; what is not named stays.

    fields    columns of the product, the shelf by its word under ``category``.
    terms     words of the vocabulary that take the place of the earlier ones; None: they stay.
    pieces    columns of its variants, by variant.
    """

    product_id: int
    fields: dict[str, Any] = field(default_factory=dict)
    terms: tuple[str, ...] | None = None
    pieces: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_pieces: tuple[NewPiece, ...] = ()
    split: PriceSplit | None = None


@transactional
def create(
    *, workshop_id: int, goods: Sequence[NewGoods], actor: Actor, now: datetime
) -> dict[str, int]:
    """Return the ids of new drafts by code, each with sizes and its price proposal.

    Raises OutOfReach, Forbidden, NotFound, CodeTaken; then none of them is written.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(workshop.station_id))
    if not goods:
        return {}
    shelves = _shelves({one.category for one in goods if one.category})
    own_ids = {one.code: public_id("prd") for one in goods}
    slugs = _free_slugs([(one.code, one.texts.get("title_en", "")) for one in goods], own_ids)
    try:
        ids = db.session.scalars(
            sa.insert(Product).returning(Product.id, sort_by_parameter_order=True),
            [
                {
                    "public_id": own_ids[one.code],
                    "slug": slugs[one.code],
                    "code": one.code,
                    "workshop_id": workshop_id,
                    "station_id": workshop.station_id,
                    "category_id": shelves[one.category] if one.category else None,
                    "craft": one.craft or workshop.craft,
                    "making_minutes": one.minutes,
                    "supply": one.supply,
                    "pay_lane": one.pay_lane,
                    "share_percent": one.share_percent,
                    "maker_id": one.maker_id,
                    "state": ListingState.DRAFT,
                    "price_minor": 0,
                    "created_by_id": actor.user_id,
                    "created_at": now,
                    **{name: one.texts.get(name) or None for name in _NULLABLE},
                    **{name: one.texts.get(name, "") for name in _NEEDED},
                }
                for one in goods
            ],
        ).all()
    except sa.exc.IntegrityError as taken:
        raise CodeTaken(code=goods[0].code) from taken
    by_code = dict(zip((one.code for one in goods), ids, strict=True))
    _set_terms([(by_code[one.code], one.terms) for one in goods if one.terms])
    _add_pieces(workshop_id, [(by_code[one.code], one.pieces, 0, 0, True) for one in goods])
    said = _propose(
        [(by_code[one.code], one.split) for one in goods if one.split], actor=actor, now=now
    )
    events.record_many(said, actor=actor, station_id=workshop.station_id, now=now)
    return by_code


_NEEDED = ("title", "summary", "material", "technique", "care")
_NULLABLE = ("title_en", "summary_en", "material_en", "technique_en", "care_en")


@transactional
def change(
    *, workshop_id: int, changes: Sequence[GoodsChange], actor: Actor, now: datetime
) -> None:
    """Change many products of one workshop; a new price is a proposal for a second person.

    A new size of goods that are on sale is not offered before the desk offers it.

    Raises OutOfReach, Forbidden, NotFound for goods of another workshop, CodeTaken for a SKU or a
    choice that is there; then nothing is changed.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(workshop.station_id))
    if not changes:
        return
    ids = [one.product_id for one in changes]
    there = {
        row.id: row
        for row in db.session.execute(
            sa.select(Product.id, Product.state, Product.price_minor).where(
                Product.id.in_(ids), Product.workshop_id == workshop_id
            )
        )
    }
    if len(there) < len(ids):
        raise NotFound(what=f"product:{min(set(ids) - set(there))}")
    shelves = _shelves({one.fields["category"] for one in changes if one.fields.get("category")})
    for one in changes:
        _change_fields(one, shelves)
    _set_terms([(one.product_id, one.terms) for one in changes if one.terms is not None])
    counts: dict[int, int] = {
        row.product_id: row.number
        for row in db.session.execute(
            sa.select(Variant.product_id, sa.func.count().label("number"))
            .where(Variant.product_id.in_(ids))
            .group_by(Variant.product_id)
        )
    }
    _add_pieces(
        workshop_id,
        [
            (
                one.product_id,
                one.new_pieces,
                counts.get(one.product_id, 0),
                there[one.product_id].price_minor,
                there[one.product_id].state in _NOT_YET_SHOWN,
            )
            for one in changes
        ],
    )
    said = _propose(
        [(one.product_id, one.split) for one in changes if one.split], actor=actor, now=now
    )
    said += [TextsChanged(one.product_id) for one in changes if one.fields or one.pieces]
    said += [ProductSorted(one.product_id) for one in changes if one.terms is not None]
    said += [VariantsAdded(one.product_id) for one in changes if one.new_pieces]
    events.record_many(said, actor=actor, station_id=workshop.station_id, now=now)
    shown = [key for key, row in there.items() if row.state is ListingState.ON_SALE]
    search.put_goods(queries.facts_for_search(shown))
    offers.touch(shown, now=now)


_NOT_YET_SHOWN = frozenset({ListingState.DRAFT, ListingState.CHECKED, ListingState.UNLISTED})


def _change_fields(one: GoodsChange, shelves: dict[str, int]) -> None:
    values = dict(one.fields)
    if "category" in values:
        shelf = values.pop("category")
        values["category_id"] = shelves[shelf] if shelf else None
    if values:
        db.session.execute(sa.update(Product).where(Product.id == one.product_id).values(**values))
    for variant_id, columns in one.pieces.items():
        db.session.execute(
            sa.update(Variant)
            .where(Variant.id == variant_id, Variant.product_id == one.product_id)
            .values(**columns)
        )


def _set_terms(many: Sequence[tuple[int, Sequence[str]]]) -> None:
    wanted = {term for _, terms in many for term in terms}
    known = set(db.session.scalars(sa.select(Term.slug).where(Term.slug.in_(wanted))))
    if wanted - known:
        raise NotFound(what=f"term:{min(wanted - known)}")
    if not many:
        return
    db.session.execute(
        sa.delete(ProductTerm).where(ProductTerm.product_id.in_([key for key, _ in many]))
    )
    rows = [{"product_id": key, "term": term} for key, terms in many for term in sorted(terms)]
    if rows:
        db.session.execute(sa.insert(ProductTerm), rows)


def _shelves(slugs: set[str]) -> dict[str, int]:
    found = {
        row.slug: row.id
        for row in db.session.execute(
            sa.select(Category.slug, Category.id).where(Category.slug.in_(slugs))
        )
    }
    if len(found) < len(slugs):
        raise NotFound(what=f"category:{min(slugs - set(found))}")
    return found


def _free_slugs(wanted: Sequence[tuple[str, str]], own_ids: dict[str, str]) -> dict[str, str]:
    """Return an address for each code; one that is taken gets the product's own name behind it."""
    slugs = {code: slug_from(title_en, code=code) for code, title_en in wanted}
    taken = set(
        db.session.scalars(
            sa.select(Product.slug).where(
                Product.slug.in_([slug for slug in slugs.values() if slug])
            )
        )
    )
    free: dict[str, str] = {}
    for code, slug in slugs.items():
        own = own_ids[code].replace("_", "-").lower()
        chosen = slug if slug and slug not in taken else f"{slug}-{own}".strip("-")
        taken.add(chosen)
        free[code] = chosen
    return free


def _add_pieces(
    workshop_id: int,
    many: Sequence[tuple[int, Sequence[NewPiece], int, int, bool]],
) -> None:
    rows = [
        {
            "public_id": public_id("var"),
            "product_id": product_id,
            "workshop_id": workshop_id,
            "sku": piece.sku,
            "size": piece.size,
            "color": piece.color,
            "color_en": piece.color_en,
            "quality": Quality.FIRST,
            "price_minor": price_minor if piece.price is None else piece.price.minor,
            "is_for_sale": is_offered and piece.is_for_sale,
            "position": count + place,
        }
        for product_id, pieces, count, price_minor, is_offered in many
        for place, piece in enumerate(pieces)
    ]
    if not rows:
        return
    try:
        db.session.execute(sa.insert(Variant), rows)
    except sa.exc.IntegrityError as taken:
        raise CodeTaken(code=rows[0]["sku"]) from taken


def _propose(
    many: Sequence[tuple[int, PriceSplit]], *, actor: Actor, now: datetime
) -> list[events.Event]:
    """Write price sheets that wait for a second person; what may be wished for stays the same."""
    if not many:
        return []
    newest = {
        row.product_id: row
        for row in db.session.execute(
            sa.select(
                PriceSheet.product_id,
                sa.func.max(PriceSheet.version).label("version"),
                sa.func.max(PriceSheet.id).label("sheet_id"),
            )
            .where(PriceSheet.product_id.in_([product_id for product_id, _ in many]))
            .group_by(PriceSheet.product_id)
        )
    }
    ids = db.session.scalars(
        sa.insert(PriceSheet).returning(PriceSheet.id, sort_by_parameter_order=True),
        [
            {
                "product_id": product_id,
                "version": newest[product_id].version + 1 if product_id in newest else 1,
                "price_minor": split.price.minor,
                "pay_minor": split.pay.minor,
                "material_minor": split.material.minor,
                "pack_minor": split.pack.minor,
                "fee_minor": split.fee.minor,
                "workshop_minor": split.workshop.minor,
                "rest_minor": split.rest.minor,
                "prepared_by_id": actor.user_id,
                "prepared_at": now,
            }
            for product_id, split in many
        ],
    ).all()
    _copy_options(
        {
            newest[product_id].sheet_id: sheet_id
            for (product_id, _), sheet_id in zip(many, ids, strict=True)
            if product_id in newest
        }
    )
    return [
        PriceProposed(product_id, sheet_id)
        for (product_id, _), sheet_id in zip(many, ids, strict=True)
    ]


def _copy_options(sheets: Mapping[int, int]) -> None:
    """Write the custom options of price sheets anew for those that follow them."""
    if not sheets:
        return
    options = table_of(OptionRow)
    rows = [
        dict(row._mapping) | {"price_sheet_id": sheets[row.price_sheet_id]}  # noqa: SLF001 - how SQLAlchemy names a row as a mapping
        for row in db.session.execute(
            sa.select(*(column for column in options.c if column.name != "id")).where(
                options.c.price_sheet_id.in_(list(sheets))
            )
        )
    ]
    if rows:
        db.session.execute(sa.insert(options), rows)
