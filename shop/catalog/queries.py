"""Reads of the catalog: cards, one product's page, facts of a sale, search, the desk's lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.catalog import search as index
from shop.catalog.models import Category, Photo, PriceSheet, Product, Variant
from shop.catalog.rules import (
    SECOND_GRADE_PAY_PERCENT,
    ListingState,
    PayLane,
    PriceSplit,
    Quality,
    Supply,
)
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.kernel.paging import Page
from shop.stations import queries as stations
from shop.stations.models import Consent, Member, Station, Workshop
from shop.stations.rules import ConsentPurpose

InStock = Callable[[sa.ColumnElement[int]], sa.ColumnElement[bool]]
"""A condition over a product's id: some piece of it lies ready (``stock.queries`` has it)."""


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """What a sale of one variant must know, as it stands now; frozen onto the order line.

    ``unit`` is the price of one piece, ``cost`` what one piece stands at in the books: pay and
    material of its price sheet (70 % of the pay for second grade), nothing for a consignment piece.
    """

    variant_id: int
    product_id: int
    workshop_id: int
    station_id: int
    sku: str
    title: str
    title_en: str | None
    size: str
    color: str
    color_en: str | None
    unit: Money
    cost: Money
    material: Money
    supply: Supply
    making_minutes: int
    maker_id: int | None
    pay_lane: PayLane
    share_percent: int | None
    quality: Quality
    is_for_sale: bool
    state: ListingState

    @property
    def is_buyable(self) -> bool:
        """Say whether a buyer may have it: on public sale, and this variant too."""
        return self.is_for_sale and self.state is ListingState.ON_SALE


def sale_facts(variant_ids: Iterable[int]) -> dict[int, SaleFacts]:
    """Return the facts of a sale by variant; unknown variants are missing. One query."""
    wanted = sorted(set(variant_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(
            Variant.id,
            Variant.product_id,
            Variant.workshop_id,
            Variant.sku,
            Variant.size,
            Variant.color,
            Variant.color_en,
            Variant.price_minor,
            Variant.quality,
            Variant.is_for_sale,
            Product.station_id,
            Product.title,
            Product.title_en,
            Product.supply,
            Product.making_minutes,
            Product.maker_id,
            Product.pay_lane,
            Product.share_percent,
            Product.state,
            PriceSheet.pay_minor,
            PriceSheet.material_minor,
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(PriceSheet, PriceSheet.id == Product.price_sheet_id)
        .where(Variant.id.in_(wanted))
    )
    return {row.id: _facts_of(row) for row in rows}


def _facts_of(row: Any) -> SaleFacts:
    material = Money(row.material_minor or 0)
    pay = Money(row.pay_minor or 0)
    if row.quality is Quality.SECOND:
        pay = pay.percent(SECOND_GRADE_PAY_PERCENT)
    on_consignment = row.pay_lane is PayLane.CONSIGNMENT
    return SaleFacts(
        variant_id=row.id,
        product_id=row.product_id,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        sku=row.sku,
        title=row.title,
        title_en=row.title_en,
        size=row.size,
        color=row.color,
        color_en=row.color_en,
        unit=Money(row.price_minor),
        cost=Money(0) if on_consignment else pay + material,
        material=material,
        supply=row.supply,
        making_minutes=row.making_minutes,
        maker_id=row.maker_id,
        pay_lane=row.pay_lane,
        share_percent=row.share_percent,
        quality=row.quality,
        is_for_sale=row.is_for_sale,
        state=row.state,
    )


def variants_by_sku(workshop_id: int, skus: Iterable[str]) -> dict[str, int]:
    """Return the variant of each known SKU of one workshop."""
    rows = db.session.execute(
        sa.select(Variant.sku, Variant.id).where(
            Variant.workshop_id == workshop_id, Variant.sku.in_(sorted(set(skus)))
        )
    )
    return {row.sku: row.id for row in rows}


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A shelf of the shop."""

    slug: str
    name: str
    name_en: str


def categories() -> list[CategoryView]:
    """Return the shelves in their order."""
    rows = db.session.execute(
        sa.select(Category.slug, Category.name, Category.name_en).order_by(
            Category.position, Category.id
        )
    )
    return [CategoryView(row.slug, row.name, row.name_en) for row in rows]


@dataclass(frozen=True, slots=True)
class Card:
    """One product in a list, as much as a card shows; the maker only as she allows."""

    product_id: int
    slug: str
    code: str
    title: str
    title_en: str | None
    price: Money
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str | None
    village: str
    village_en: str | None
    maker_name: str | None
    maker_name_en: str | None
    supply: Supply
    is_ready: bool
    photo_digest: str | None
    photo_alt: str | None
    photo_alt_en: str | None
    drawing: str | None
    craft: str


def _card_select(in_stock: InStock | None) -> sa.Select[*tuple[Any, ...]]:
    cover = (
        sa.select(Photo.id)
        .where(Photo.product_id == Product.id)
        .order_by(Photo.position, Photo.id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    ready = sa.true() if in_stock is None else in_stock(Product.__table__.c.id)
    return (
        sa.select(
            Product.id,
            Product.slug,
            Product.code,
            Product.title,
            Product.title_en,
            Product.price_minor,
            Product.supply,
            Product.drawing,
            Product.craft,
            ready.label("has_stock"),
            Member.name.label("maker_name"),
            Member.name_en.label("maker_name_en"),
            Workshop.slug.label("workshop_slug"),
            Workshop.name.label("workshop_name"),
            Workshop.name_en.label("workshop_name_en"),
            Station.short_name.label("village"),
            Station.name_en.label("village_en"),
            Photo.digest.label("photo_digest"),
            Photo.alt.label("photo_alt"),
            Photo.alt_en.label("photo_alt_en"),
        )
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Station, Station.id == Product.station_id)
        .outerjoin(Photo, Photo.id == cover)
        # Her name comes through her standing consent only; a withdrawn one hides it at once.
        .outerjoin(
            Consent,
            sa.and_(
                Consent.member_id == Product.maker_id,
                Consent.purpose == ConsentPurpose.NAME,
                Consent.withdrawn_at.is_(None),
            ),
        )
        .outerjoin(Member, Member.id == Consent.member_id)
    )


def _cards_of(rows: Sequence[Any]) -> list[Card]:
    return [
        Card(
            product_id=row.id,
            slug=row.slug,
            code=row.code,
            title=row.title,
            title_en=row.title_en,
            price=Money(row.price_minor),
            workshop_slug=row.workshop_slug,
            workshop_name=row.workshop_name,
            workshop_name_en=row.workshop_name_en,
            village=row.village,
            village_en=row.village_en,
            maker_name=row.maker_name,
            maker_name_en=row.maker_name_en,
            supply=row.supply,
            is_ready=row.supply is Supply.IN_STOCK and bool(row.has_stock),
            photo_digest=row.photo_digest,
            photo_alt=row.photo_alt,
            photo_alt_en=row.photo_alt_en,
            drawing=row.drawing,
            craft=row.craft,
        )
        for row in rows
    ]


def cards(
    *,
    category: str | None = None,
    workshop_id: int | None = None,
    ready: bool | None = None,
    in_stock: InStock | None = None,
    after: str | None = None,
    most: int = 24,
) -> Page[Card]:
    """Return one page of the products on public sale, newest first.

    category    slug of a shelf; an unknown one has no products.
    ready       True: only what lies ready now; False: only what is made first; None: both.
    in_stock    the condition of ``stock.queries``; without it all in-stock products count as ready.
    after       the key of the page before; one that is no number is refused as no such page.
    """
    query = _card_select(in_stock).where(Product.state == ListingState.ON_SALE)
    if category is not None:
        query = query.where(
            Product.category_id
            == sa.select(Category.id).where(Category.slug == category).scalar_subquery()
        )
    if workshop_id is not None:
        query = query.where(Product.workshop_id == workshop_id)
    if ready is not None:
        lies_ready = Product.supply == Supply.IN_STOCK
        if in_stock is not None:
            lies_ready = sa.and_(lies_ready, in_stock(Product.__table__.c.id))
        query = query.where(lies_ready if ready else sa.not_(lies_ready))
    if after is not None:
        query = query.where(Product.id < _key(after))
    rows = db.session.execute(query.order_by(Product.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    return Page(tuple(_cards_of(shown)), str(shown[-1].id) if len(rows) > most else None)


def _key(after: str) -> int:
    if not after.isdecimal() or len(after) > 18:  # noqa: PLR2004 - what a 64-bit key can be
        raise NotFound(what="page")
    return int(after)


def search(q: str, *, in_stock: InStock | None = None, most: int = 48) -> list[Card]:
    """Return products on public sale that have everything asked for, at most ``most``.

    Characters, words and codes of title, shelf, material, workshop and village count, in both
    languages. A hit in the title comes first, then the newest.
    """
    asked = index.asked_for(q)
    if not asked:
        return []
    hits = index.newest_hits(asked).subquery()
    words = "".join(sign for sign in q if sign.isprintable()).strip()
    in_title = sa.or_(
        Product.title.icontains(words, autoescape=True),
        Product.title_en.icontains(words, autoescape=True),
    )
    rank = sa.case((in_title, 0), else_=1)
    order = db.session.scalars(
        sa.select(Product.id)
        .join(hits, hits.c.product_id == Product.id)
        .where(Product.state == ListingState.ON_SALE)
        .order_by(rank, Product.id.desc())
        .limit(most)
    ).all()
    rows = db.session.execute(_card_select(in_stock).where(Product.id.in_(order))).all()
    place = {product_id: number for number, product_id in enumerate(order)}
    return sorted(_cards_of(rows), key=lambda card: place[card.product_id])


def searchable_texts(product_ids: Iterable[int]) -> list[tuple[int, str]]:
    """Return what the search index knows of those products that are on public sale.

    No maker's name is among it: she may withdraw it at any moment.
    """
    town, county = aliased(Station), aliased(Station)
    rows = db.session.execute(
        sa.select(
            Product.id,
            Product.title,
            Product.title_en,
            Product.code,
            Product.material,
            Product.material_en,
            Product.technique,
            Product.technique_en,
            Category.name.label("category_name"),
            Category.name_en.label("category_name_en"),
            Workshop.name.label("workshop_name"),
            Workshop.name_en.label("workshop_name_en"),
            Station.short_name.label("village"),
            Station.name_en.label("village_en"),
            town.short_name.label("town"),
            county.short_name.label("county"),
        )
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Station, Station.id == Product.station_id)
        .outerjoin(town, town.id == Station.parent_id)
        .outerjoin(county, county.id == town.parent_id)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.id.in_(list(product_ids)), Product.state == ListingState.ON_SALE)
    )
    return [(row.id, " ".join(text for text in row[1:] if text)) for row in rows]


@dataclass(frozen=True, slots=True)
class VariantView:
    """One real choice of a product."""

    variant_id: int
    public_id: str
    sku: str
    size: str
    color: str
    color_en: str | None
    quality: Quality
    price: Money
    is_for_sale: bool


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One photograph with its words."""

    photo_id: int
    digest: str
    width: int
    height: int
    alt: str
    alt_en: str | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything a product's page says; how many pieces are free is ``stock``'s to say."""

    product_id: int
    public_id: str
    slug: str
    code: str
    title: str
    title_en: str | None
    summary: str
    summary_en: str | None
    material: str
    material_en: str | None
    technique: str
    technique_en: str | None
    care: str
    care_en: str | None
    craft: str
    drawing: str | None
    making_minutes: int
    supply: Supply
    pay_lane: PayLane
    share_percent: int | None
    price: Money
    split: PriceSplit | None
    category: CategoryView | None
    workshop: stations.WorkshopView
    maker: stations.MakerShown | None
    variants: tuple[VariantView, ...]
    photos: tuple[PhotoView, ...]
    more: tuple[Card, ...]

    @property
    def is_returnable(self) -> bool:
        """Say whether it may come back within 7 days without a reason."""
        return self.supply is not Supply.CUSTOM


_SPLIT = (
    PriceSheet.price_minor.label("sheet_price_minor"),
    PriceSheet.pay_minor,
    PriceSheet.material_minor,
    PriceSheet.pack_minor,
    PriceSheet.fee_minor,
    PriceSheet.workshop_minor,
    PriceSheet.rest_minor,
)


def _split_of(row: Any) -> PriceSplit | None:
    if row.sheet_price_minor is None:
        return None
    return PriceSplit(
        price=Money(row.sheet_price_minor),
        pay=Money(row.pay_minor),
        material=Money(row.material_minor),
        pack=Money(row.pack_minor),
        fee=Money(row.fee_minor),
        workshop=Money(row.workshop_minor),
        rest=Money(row.rest_minor),
    )


def product_page(slug: str, *, in_stock: InStock | None = None, most_more: int = 4) -> ProductPage:
    """Return the page of a product on public sale.

    ``more`` are other works of the same hands, or of the same workshop where no maker is named.
    Raises NotFound, also for what is not on sale.
    """
    row = db.session.execute(
        sa.select(
            Product.__table__,
            Category.slug.label("category_slug"),
            Category.name.label("category_name"),
            Category.name_en.label("category_name_en"),
            *_SPLIT,
        )
        .outerjoin(Category, Category.id == Product.category_id)
        .outerjoin(PriceSheet, PriceSheet.id == Product.price_sheet_id)
        .where(Product.slug == slug, Product.state == ListingState.ON_SALE)
    ).one_or_none()
    if row is None:
        raise NotFound(what=slug)
    makers = stations.makers_shown({row.maker_id} if row.maker_id is not None else set())
    return ProductPage(
        product_id=row.id,
        public_id=row.public_id,
        slug=row.slug,
        code=row.code,
        title=row.title,
        title_en=row.title_en,
        summary=row.summary,
        summary_en=row.summary_en,
        material=row.material,
        material_en=row.material_en,
        technique=row.technique,
        technique_en=row.technique_en,
        care=row.care,
        care_en=row.care_en,
        craft=row.craft,
        drawing=row.drawing,
        making_minutes=row.making_minutes,
        supply=row.supply,
        pay_lane=row.pay_lane,
        share_percent=row.share_percent,
        price=Money(row.price_minor),
        split=_split_of(row),
        category=CategoryView(row.category_slug, row.category_name, row.category_name_en)
        if row.category_slug is not None
        else None,
        workshop=stations.workshop(row.workshop_id),
        maker=makers.get(row.maker_id),
        variants=variants_of(row.id, only_for_sale=True),
        photos=photos_of(row.id),
        more=_more(row, in_stock, most_more),
    )


def _more(row: Any, in_stock: InStock | None, most: int) -> tuple[Card, ...]:
    hands = (
        Product.maker_id == row.maker_id
        if row.maker_id is not None
        else Product.workshop_id == row.workshop_id
    )
    rows = db.session.execute(
        _card_select(in_stock)
        .where(
            Product.workshop_id == row.workshop_id,
            Product.state == ListingState.ON_SALE,
            hands,
            Product.id != row.id,
        )
        .order_by(Product.id.desc())
        .limit(most)
    ).all()
    return tuple(_cards_of(rows))


def variants_of(product_id: int, *, only_for_sale: bool = False) -> tuple[VariantView, ...]:
    """Return the variants of a product in their order."""
    query = (
        sa.select(
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
        .where(Variant.product_id == product_id)
        .order_by(Variant.position, Variant.id)
    )
    if only_for_sale:
        query = query.where(Variant.is_for_sale)
    return tuple(
        VariantView(
            variant_id=row.id,
            public_id=row.public_id,
            sku=row.sku,
            size=row.size,
            color=row.color,
            color_en=row.color_en,
            quality=row.quality,
            price=Money(row.price_minor),
            is_for_sale=row.is_for_sale,
        )
        for row in db.session.execute(query)
    )


def photos_of(product_id: int) -> tuple[PhotoView, ...]:
    """Return the photographs of a product, the cover first."""
    rows = db.session.execute(
        sa.select(Photo.id, Photo.digest, Photo.width, Photo.height, Photo.alt, Photo.alt_en)
        .where(Photo.product_id == product_id)
        .order_by(Photo.position, Photo.id)
    )
    return tuple(PhotoView(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Cover:
    """How a product is shown in one small picture, whatever its state."""

    product_id: int
    slug: str
    code: str
    craft: str
    drawing: str | None
    photo_digest: str | None
    is_public: bool


def covers(product_ids: Iterable[int]) -> dict[int, Cover]:
    """Return the small pictures of products by id; unknown ids are missing."""
    wanted = sorted(set(product_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(
            Product.id,
            Product.slug,
            Product.code,
            Product.craft,
            Product.drawing,
            _cover_digest(),
            Product.state == ListingState.ON_SALE,
        ).where(Product.id.in_(wanted))
    )
    return {row.id: Cover(*row) for row in rows}


def _cover_digest() -> sa.ScalarSelect[str]:
    return (
        sa.select(Photo.digest)
        .where(Photo.product_id == Product.id)
        .order_by(Photo.position, Photo.id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class SplitExample:
    """One product on public sale and where its price goes."""

    slug: str
    title: str
    title_en: str | None
    workshop_id: int
    split: PriceSplit


def split_example() -> SplitExample | None:
    """Return the oldest product on public sale with its price split, for the front page."""
    row = db.session.execute(
        sa.select(Product.slug, Product.title, Product.title_en, Product.workshop_id, *_SPLIT)
        .join(PriceSheet, PriceSheet.id == Product.price_sheet_id)
        .where(Product.state == ListingState.ON_SALE)
        .order_by(Product.id)
        .limit(1)
    ).one_or_none()
    split = _split_of(row) if row is not None else None
    if row is None or split is None:
        return None
    return SplitExample(row.slug, row.title, row.title_en, row.workshop_id, split)


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
    photo_digest: str | None
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


@dataclass(frozen=True, slots=True)
class ListingDetail:
    """Everything the desk may change about one product."""

    listing: Listing
    category_slug: str | None
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
    variants: tuple[VariantView, ...]
    photos: tuple[PhotoView, ...]
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
    return sa.select(
        Product.__table__, _cover_digest().label("photo_digest"), waiting.label("has_price_waiting")
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
        photo_digest=row.photo_digest,
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
        query = query.where(Product.id < _key(after))
    rows = db.session.execute(query.order_by(Product.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    return Page(tuple(map(_listing_of, shown)), str(shown[-1].id) if len(rows) > most else None)


def listing_name(product_id: int) -> str:
    """Return the outside name of a product, as addresses of the desk carry it. Raises NotFound."""
    name = db.session.scalar(sa.select(Product.public_id).where(Product.id == product_id))
    if name is None:
        raise NotFound(what=f"product:{product_id}")
    return name


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
        variants=variants_of(row.id),
        photos=photos_of(row.id),
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
            *_SPLIT,
        )
        .join(Product, Product.id == PriceSheet.product_id)
        .where(PriceSheet.product_id == product_id)
        .order_by(PriceSheet.version.desc())
    )
    found = []
    for row in rows:
        split = _split_of(row)
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
            )
        )
    return tuple(found)
