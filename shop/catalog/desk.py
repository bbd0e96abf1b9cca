"""What the desk reads of the catalog: listings in any state, one listing, its price sheets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Category, PriceSheet, Product, ProductTerm, Term
from shop.catalog.options import CustomOption
from shop.catalog.queries import (
    SPLIT,
    VariantView,
    custom_options,
    split_of,
    variants_of,
)
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Supply, TermKind
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.kernel.paging import Page, key_of
from shop.media import queries as pictures
from shop.media.queries import PictureAtDesk, PictureView
from shop.media.rules import Subject
from shop.stations import queries as stations


@dataclass(frozen=True, slots=True)
class Listing:
    """One product as the desk lists it, whatever its state."""

    product_id: int
    public_id: str
    slug: str
    code: str
    title: str
    title_en: str | None
    workshop_id: int
    station_id: int
    state: ListingState
    supply: Supply
    pay_lane: PayLane
    price: Money
    photo: PictureView | None
    drawing: str | None
    craft: str
    has_price_waiting: bool


@dataclass(frozen=True, slots=True)
class SheetView:
    """One price sheet with its two people."""

    sheet_id: int
    version: int
    split: PriceSplit
    prepared_by_id: int | None
    prepared_at: datetime
    approved_by_id: int | None
    approved_at: datetime | None
    is_in_force: bool
    options: tuple[CustomOption, ...]


@dataclass(frozen=True, slots=True)
class ListingDetail:
    """Everything the desk may change about one product."""

    listing: Listing
    category_slug: str | None
    terms: tuple[str, ...]
    summary: str
    summary_en: str | None
    material: str
    material_en: str | None
    technique: str
    technique_en: str | None
    care: str
    care_en: str | None
    making_minutes: int
    share_percent: int | None
    maker_id: int | None
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int
    is_one_of_a_kind: bool
    variants: tuple[VariantView, ...]
    photos: tuple[PictureAtDesk, ...]
    sheets: tuple[SheetView, ...]


def _listing_select() -> sa.Select[*tuple[Any, ...]]:
    waiting = (
        sa.select(PriceSheet.id)
        .where(
            PriceSheet.product_id == Product.id,
            PriceSheet.approved_at.is_(None),
            PriceSheet.id > sa.func.coalesce(Product.price_sheet_id, 0),
        )
        .correlate(Product)
        .exists()
    )
    return (
        sa.select(Product.__table__, *pictures.COVER_COLUMNS, waiting.label("has_price_waiting"))
        .select_from(Product)
        .outerjoin(pictures.cover, pictures.is_cover_of(Subject.PRODUCT, Product.__table__.c.id))
    )


def _listing_of(row: Any) -> Listing:
    return Listing(
        product_id=row.id,
        public_id=row.public_id,
        slug=row.slug,
        code=row.code,
        title=row.title,
        title_en=row.title_en,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        state=row.state,
        supply=row.supply,
        pay_lane=row.pay_lane,
        price=Money(row.price_minor),
        photo=pictures.cover_of(row),
        drawing=row.drawing,
        craft=row.craft,
        has_price_waiting=bool(row.has_price_waiting),
    )


def listings(
    scope: Scope,
    *,
    states: Iterable[ListingState] | None = None,
    text: str | None = None,
    is_price_waiting: bool | None = None,
    after: str | None = None,
    most: int = 50,
) -> Page[Listing]:
    """Return one page of the products inside the scope, newest first, whatever their state.

    text    part of a title or the beginning of a code.
    """
    query = _listing_select().where(stations.in_scope(scope, Product.station_id))
    if states is not None:
        query = query.where(Product.state.in_(list(states)))
    if text:
        query = query.where(
            sa.or_(
                Product.title.icontains(text, autoescape=True),
                Product.title_en.icontains(text, autoescape=True),
                Product.code.istartswith(text, autoescape=True),
            )
        )
    if is_price_waiting is not None:
        waits = sa.exists().where(
            PriceSheet.product_id == Product.id,
            PriceSheet.approved_at.is_(None),
            PriceSheet.id > sa.func.coalesce(Product.price_sheet_id, 0),
        )
        query = query.where(waits if is_price_waiting else sa.not_(waits))
    if after is not None:
        query = query.where(Product.id < key_of(after))
    rows = db.session.execute(query.order_by(Product.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    return Page(tuple(map(_listing_of, shown)), str(shown[-1].id) if len(rows) > most else None)


def listing(public_id: str, scope: Scope) -> ListingDetail:
    """Return one product for the desk. Raises NotFound, also outside the scope."""
    row = db.session.execute(
        _listing_select()
        .add_columns(Category.slug.label("category_slug"))
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.public_id == public_id, stations.in_scope(scope, Product.station_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what=public_id)
    return ListingDetail(
        listing=_listing_of(row),
        terms=tuple(
            db.session.scalars(
                sa.select(ProductTerm.term)
                .where(ProductTerm.product_id == row.id)
                .order_by(ProductTerm.term)
            )
        ),
        category_slug=row.category_slug,
        summary=row.summary,
        summary_en=row.summary_en,
        material=row.material,
        material_en=row.material_en,
        technique=row.technique,
        technique_en=row.technique_en,
        care=row.care,
        care_en=row.care_en,
        making_minutes=row.making_minutes,
        share_percent=row.share_percent,
        maker_id=row.maker_id,
        length_mm=row.length_mm,
        width_mm=row.width_mm,
        height_mm=row.height_mm,
        weight_g=row.weight_g,
        is_one_of_a_kind=row.is_one_of_a_kind,
        variants=variants_of(row.id),
        photos=pictures.at_desk(Subject.PRODUCT, row.id),
        sheets=sheets_of(row.id),
    )


def sheets_of(product_id: int) -> tuple[SheetView, ...]:
    """Return the price sheets of a product, the newest first."""
    rows = db.session.execute(
        sa.select(
            PriceSheet.id,
            PriceSheet.version,
            PriceSheet.prepared_by_id,
            PriceSheet.prepared_at,
            PriceSheet.approved_by_id,
            PriceSheet.approved_at,
            Product.price_sheet_id,
            *SPLIT,
        )
        .join(Product, Product.id == PriceSheet.product_id)
        .where(PriceSheet.product_id == product_id)
        .order_by(PriceSheet.version.desc())
    ).all()
    found = []
    options = custom_options(row.id for row in rows)
    for row in rows:
        split = split_of(row)
        assert split is not None  # noqa: S101 - the join makes sure of it
        found.append(
            SheetView(
                sheet_id=row.id,
                version=row.version,
                split=split,
                prepared_by_id=row.prepared_by_id,
                prepared_at=row.prepared_at,
                approved_by_id=row.approved_by_id,
                approved_at=row.approved_at,
                is_in_force=row.id == row.price_sheet_id,
                options=options.get(row.id, ()),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PayTerms:
    """How the maker of a product is paid: by the piece, or her share of the price in percent."""

    pay_lane: PayLane
    share_percent: int | None


def pay_terms(product_id: int) -> PayTerms:
    """Return how the maker of a product is paid. Raises NotFound."""
    row = db.session.execute(
        sa.select(Product.pay_lane, Product.share_percent).where(Product.id == product_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"product:{product_id}")
    return PayTerms(*row)


@dataclass(frozen=True, slots=True)
class TermView:
    """One word of the vocabulary of materials and crafts."""

    slug: str
    kind: TermKind
    name: str
    name_en: str


def terms() -> list[TermView]:
    """Return the vocabulary, materials before crafts, in its order."""
    rows = db.session.execute(
        sa.select(Term.slug, Term.kind, Term.name, Term.name_en).order_by(
            Term.kind.desc(), Term.position, Term.slug
        )
    )
    return [TermView(*row) for row in rows]
