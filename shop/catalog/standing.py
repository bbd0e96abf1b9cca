"""How many listings stand at once: what an import compares with and an export writes down."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import (
    Category,
    Offer,
    PriceSheet,
    Product,
    ProductTerm,
    Term,
    Variant,
)
from shop.catalog.queries import SPLIT, split_of
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Quality, Supply, TermKind
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.media import queries as pictures
from shop.media.queries import HangingPicture
from shop.media.rules import Subject
from shop.stations import queries as stations

TEXTS = (
    "title",
    "title_en",
    "summary",
    "summary_en",
    "material",
    "material_en",
    "technique",
    "technique_en",
    "care",
    "care_en",
)


@dataclass(frozen=True, slots=True)
class StandingPiece:
    """One size and color; ``price_minor`` is its own where it differs from that of the goods."""

    variant_id: int
    public_id: str
    sku: str
    size: str
    color: str
    color_en: str | None
    quality: Quality
    price_minor: int
    is_for_sale: bool


@dataclass(frozen=True, slots=True)
class StandingGoods:
    """One product as it stands, whatever its state.

    sheet    the newest price sheet, in force or waiting for the second person.
    """

    product_id: int
    public_id: str
    slug: str
    code: str
    workshop_id: int
    station_id: int
    state: ListingState
    texts: tuple[str | None, ...]
    category: str | None
    terms: tuple[str, ...]
    craft: str
    drawing: str | None
    supply: Supply
    pay_lane: PayLane
    share_percent: int | None
    maker_id: int | None
    minutes: int
    price_minor: int
    is_price_approved: bool
    sheet: PriceSplit | None
    is_sheet_waiting: bool
    pieces: tuple[StandingPiece, ...]
    pictures: tuple[HangingPicture, ...]

    def text(self, name: str) -> str:
        """Return one of the texts; nothing where it is missing."""
        return self.texts[TEXTS.index(name)] or ""

    @property
    def seen(self) -> str:
        """Return a digest of all that stands here: another one means that somebody changed it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SkuPlace:
    """Whose a SKU is."""

    product_id: int
    code: str
    quality: Quality


def places_of_skus(workshop_id: int, skus: Iterable[str]) -> dict[str, SkuPlace]:
    """Return the goods behind each known SKU of a workshop. One query."""
    rows = db.session.execute(
        sa.select(Variant.sku, Variant.product_id, Product.code, Variant.quality)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.workshop_id == workshop_id, Variant.sku.in_(sorted(set(skus))))
    )
    return {row.sku: SkuPlace(row.product_id, row.code, row.quality) for row in rows}


def ids_of_codes(workshop_id: int, codes: Iterable[str]) -> dict[str, int]:
    """Return the products behind the known codes of a workshop. One query."""
    rows = db.session.execute(
        sa.select(Product.code, Product.id).where(
            Product.workshop_id == workshop_id, Product.code.in_(sorted(set(codes)))
        )
    )
    return {row.code: row.id for row in rows}


def ids_in_scope(
    scope: Scope, *, workshop_id: int | None = None, after: int = 0, most: int = 200
) -> list[int]:
    """Return the next products inside the scope, by key."""
    query = sa.select(Product.id).where(
        Product.id > after, stations.in_scope(scope, Product.station_id)
    )
    if workshop_id is not None:
        query = query.where(Product.workshop_id == workshop_id)
    return list(db.session.scalars(query.order_by(Product.id).limit(most)))


def newest_on_sale(*, most: int) -> list[tuple[int, datetime]]:
    """Return the goods that came on public sale last, with the moment, the newest first."""
    rows = db.session.execute(
        sa.select(Offer.product_id, Offer.listed_at)
        .order_by(Offer.listed_at.desc(), Offer.product_id.desc())
        .limit(most)
    )
    return [(row.product_id, datetime.fromtimestamp(row.listed_at, UTC)) for row in rows]


def days_of_waiting(product_ids: Iterable[int]) -> dict[int, int]:
    """Return for how many days a buyer of one piece waits, of goods on public sale."""
    rows = db.session.execute(
        sa.select(Offer.product_id, Offer.wait_days).where(Offer.product_id.in_(list(product_ids)))
    )
    return {row.product_id: row.wait_days for row in rows}


def lock(product_ids: Iterable[int]) -> None:
    """Hold these products until the transaction ends, in the order of their keys.

    Two imports of the same goods wait for each other here instead of at their last statement.
    SQLite has one writer anyway.
    """
    db.session.execute(
        sa.select(Product.id)
        .where(Product.id.in_(sorted(set(product_ids))))
        .order_by(Product.id)
        .with_for_update()
    ).all()


def standing(product_ids: Iterable[int]) -> dict[int, StandingGoods]:
    """Return products as they stand, by id. Six queries, however many."""
    ids = sorted(set(product_ids))
    if not ids:
        return {}
    rows = db.session.execute(
        sa.select(Product.__table__, Category.slug.label("category_slug"))
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.id.in_(ids))
        .order_by(Product.id)
    ).all()
    sheets = _newest_sheets(ids)
    pieces = _pieces(ids)
    terms = _terms(ids)
    hanging = pictures.hanging(Subject.PRODUCT, ids)
    return {
        row.id: StandingGoods(
            product_id=row.id,
            public_id=row.public_id,
            slug=row.slug,
            code=row.code,
            workshop_id=row.workshop_id,
            station_id=row.station_id,
            state=row.state,
            texts=tuple(getattr(row, name) for name in TEXTS),
            category=row.category_slug,
            terms=tuple(terms.get(row.id, ())),
            craft=row.craft,
            drawing=row.drawing,
            supply=row.supply,
            pay_lane=row.pay_lane,
            share_percent=row.share_percent,
            maker_id=row.maker_id,
            minutes=row.making_minutes,
            price_minor=row.price_minor,
            is_price_approved=row.price_sheet_id is not None,
            sheet=split_of(sheets[row.id]) if row.id in sheets else None,
            is_sheet_waiting=row.id in sheets and sheets[row.id].approved_at is None,
            pieces=tuple(pieces.get(row.id, ())),
            pictures=tuple(hanging.get(row.id, ())),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class TermView:
    """One word of the vocabulary: a material, or a craft."""

    slug: str
    kind: TermKind
    name: str
    name_en: str


def vocabulary() -> list[TermView]:
    """Return the words for materials and crafts, in their order."""
    rows = db.session.execute(
        sa.select(Term.slug, Term.kind, Term.name, Term.name_en).order_by(
            Term.kind, Term.position, Term.slug
        )
    )
    return [TermView(*row) for row in rows]


def _terms(ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for product_id, term in db.session.execute(
        sa.select(ProductTerm.product_id, ProductTerm.term)
        .where(ProductTerm.product_id.in_(ids))
        .order_by(ProductTerm.product_id, ProductTerm.term)
    ):
        found.setdefault(product_id, []).append(term)
    return found


def _newest_sheets(ids: list[int]) -> dict[int, Any]:
    newest = (
        sa.select(sa.func.max(PriceSheet.id))
        .where(PriceSheet.product_id.in_(ids))
        .group_by(PriceSheet.product_id)
    )
    rows = db.session.execute(
        sa.select(PriceSheet.product_id, PriceSheet.approved_at, *SPLIT).where(
            PriceSheet.id.in_(newest)
        )
    )
    return {row.product_id: row for row in rows}


def _pieces(ids: list[int]) -> dict[int, list[StandingPiece]]:
    found: dict[int, list[StandingPiece]] = {}
    for row in db.session.execute(
        sa.select(
            Variant.product_id,
            Variant.id,
            Variant.public_id,
            Variant.sku,
            Variant.size,
            Variant.color,
            Variant.color_en,
            Variant.quality,
            Variant.price_minor,
            Variant.is_for_sale,
        )
        .where(Variant.product_id.in_(ids))
        .order_by(Variant.product_id, Variant.position, Variant.id)
    ):
        found.setdefault(row.product_id, []).append(
            StandingPiece(
                variant_id=row.id,
                public_id=row.public_id,
                sku=row.sku,
                size=row.size,
                color=row.color,
                color_en=row.color_en,
                quality=row.quality,
                price_minor=row.price_minor,
                is_for_sale=row.is_for_sale,
            )
        )
    return found
