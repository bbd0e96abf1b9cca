"""What the shop window shows: shelves, cards, one product's page, search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shop.catalog import search as index
from shop.catalog.models import Category, Photo, PriceSheet, Product
from shop.catalog.queries import SPLIT, PhotoView, VariantView, photos_of, split_of, variants_of
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Supply
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.kernel.paging import Page, key_of
from shop.stations import queries as stations
from shop.stations.models import Consent, Member, Station, Workshop
from shop.stations.rules import ConsentPurpose

InStock = Callable[[sa.ColumnElement[int]], sa.ColumnElement[bool]]
"""A condition over a product's id: some piece of it lies ready (``stock.queries`` has it)."""


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
        query = query.where(Product.id < key_of(after))
    rows = db.session.execute(query.order_by(Product.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    return Page(tuple(_cards_of(shown)), str(shown[-1].id) if len(rows) > most else None)


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
            *SPLIT,
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
        split=split_of(row),
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
        sa.select(Product.slug, Product.title, Product.title_en, Product.workshop_id, *SPLIT)
        .join(PriceSheet, PriceSheet.id == Product.price_sheet_id)
        .where(Product.state == ListingState.ON_SALE)
        .order_by(Product.id)
        .limit(1)
    ).one_or_none()
    split = split_of(row) if row is not None else None
    if row is None or split is None:
        return None
    return SplitExample(row.slug, row.title, row.title_en, row.workshop_id, split)
