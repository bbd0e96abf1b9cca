"""Facts of the catalog for other rooms: what a sale must know, variants, covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.catalog.models import (
    Category,
    OptionRow,
    PriceSheet,
    Product,
    ProductTerm,
    Term,
    Variant,
)
from shop.catalog.options import CustomOption, Extra, OptionChoice, OptionKind
from shop.catalog.rules import (
    SECOND_GRADE_PAY_PERCENT,
    ListingState,
    PayLane,
    PriceSplit,
    Quality,
    Supply,
    TermKind,
)
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.media import queries as pictures
from shop.media.queries import PictureView
from shop.media.rules import Subject
from shop.search.rules import Facts, codes_in
from shop.stations import queries as stations
from shop.stations.models import Station, Workshop


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """What a sale of one variant must know, as it stands now; frozen onto the order line.

    ``unit`` is the price of one piece, ``cost`` what one piece stands at in the books: pay and
    material of its price sheet (70 % of the pay for second grade), nothing for a consignment piece.
    ``grams`` is what one piece weighs; 0 where nobody has weighed it. ``free`` is what lies free
    at its own station, where that was asked.
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
    price_sheet_id: int | None
    grams: int = 0
    free: int = 0

    @property
    def is_buyable(self) -> bool:
        """Say whether a buyer may have it: on public sale, and this variant too."""
        return self.is_for_sale and self.state is ListingState.ON_SALE


Free = Callable[..., sa.ColumnElement[int]]


def sale_columns(free: Free | None = None) -> tuple[Any, ...]:
    """Return what a statement selects, besides what is its own, to know the facts of a sale.

    free    says what is free of a variant (column) at a station (column): the stock room lends it,
            so that both are read in one statement.
    """
    lying = sa.literal(0) if free is None else free(Variant.id, Product.station_id)
    return (
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
        Product.price_sheet_id,
        Product.weight_g,
        lying.label("free"),
        PriceSheet.pay_minor,
        PriceSheet.material_minor,
    )


def sale_facts(variant_ids: Iterable[int], *, free: Free | None = None) -> dict[int, SaleFacts]:
    """Return the facts of a sale by variant; unknown variants are missing. One query.

    free    as in ``sale_columns``.
    """
    wanted = sorted(set(variant_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(Variant.id.label("variant_id"), *sale_columns(free))
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(PriceSheet, PriceSheet.id == Product.price_sheet_id)
        .where(Variant.id.in_(wanted))
    )
    return {row.variant_id: facts_of(row) for row in rows}


def facts_of(row: Any) -> SaleFacts:
    """Return the facts of a sale from a row with ``variant_id`` and the columns of a sale."""
    material = Money(row.material_minor or 0)
    pay = Money(row.pay_minor or 0)
    if row.quality is Quality.SECOND:
        pay = pay.percent(SECOND_GRADE_PAY_PERCENT)
    on_consignment = row.pay_lane is PayLane.CONSIGNMENT
    return SaleFacts(
        variant_id=row.variant_id,
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
        price_sheet_id=row.price_sheet_id,
        grams=row.weight_g,
        free=max(0, int(row.free)),
    )


def custom_options(price_sheet_ids: Iterable[int]) -> dict[int, tuple[CustomOption, ...]]:
    """Return what may be woven to a buyer's wish, by price sheet; a sheet without is missing."""
    wanted = sorted(set(price_sheet_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(OptionRow.__table__)
        .where(OptionRow.price_sheet_id.in_(wanted))
        .order_by(OptionRow.price_sheet_id, OptionRow.position, OptionRow.id)
    ).all()
    found: dict[int, dict[str, list[Any]]] = {}  # Any: rows of several columns
    for row in rows:
        found.setdefault(row.price_sheet_id, {}).setdefault(row.key, []).append(row)
    return {
        sheet: tuple(_option_of(answers) for answers in options.values())
        for sheet, options in found.items()
    }


def _option_of(rows: list[Any]) -> CustomOption:
    first = rows[0]
    is_choice = first.kind is OptionKind.CHOICE
    return CustomOption(
        key=first.key,
        kind=first.kind,
        label=first.label,
        label_en=first.label_en,
        most_letters=first.most_letters,
        least_mm=first.least_mm,
        most_mm=first.most_mm,
        step_mm=first.step_mm,
        extra=Extra() if is_choice else _extra_of(first),
        choices=tuple(
            OptionChoice(row.code, row.value, row.value_en, _extra_of(row)) for row in rows
        )
        if is_choice
        else (),
    )


def _extra_of(row: Any) -> Extra:
    return Extra(
        price=Money(row.price_minor),
        pay=Money(row.pay_minor),
        material=Money(row.material_minor),
        workshop=Money(row.workshop_minor),
        minutes=row.minutes,
    )


def variants_by_sku(workshop_id: int, skus: Iterable[str]) -> dict[str, int]:
    """Return the variant of each known SKU of one workshop."""
    rows = db.session.execute(
        sa.select(Variant.sku, Variant.id).where(
            Variant.workshop_id == workshop_id, Variant.sku.in_(sorted(set(skus)))
        )
    )
    return {row.sku: row.id for row in rows}


def facts_for_search(product_ids: Iterable[int]) -> list[Facts]:
    """Return what the search index is to know of those products that are on public sale.

    Of the maker it knows only who she is: her name she may withdraw at any moment.
    """
    wanted = list(product_ids)
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
            Product.summary,
            Product.summary_en,
            Product.maker_id,
            Category.name.label("category_name"),
            Category.name_en.label("category_name_en"),
            Workshop.name.label("workshop_name"),
            Workshop.name_en.label("workshop_name_en"),
            Station.path,
            Station.short_name.label("village"),
            Station.name_en.label("village_en"),
            town.short_name.label("town"),
            town.name_en.label("town_en"),
            county.short_name.label("county"),
            county.name_en.label("county_en"),
        )
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Station, Station.id == Product.station_id)
        .outerjoin(town, town.id == Station.parent_id)
        .outerjoin(county, county.id == town.parent_id)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.id.in_(wanted), Product.state == ListingState.ON_SALE)
    ).all()
    variants: dict[int, list[Any]] = {}
    for variant in db.session.execute(
        sa.select(Variant.product_id, Variant.sku, Variant.size, Variant.color, Variant.color_en)
        .where(Variant.product_id.in_([row.id for row in rows]), Variant.is_for_sale)
        .order_by(Variant.id)
    ):
        variants.setdefault(variant.product_id, []).append(variant)
    words: dict[int, list[Any]] = {}
    for word in db.session.execute(
        sa.select(ProductTerm.product_id, Term.kind, Term.name, Term.name_en)
        .join(Term, Term.slug == ProductTerm.term)
        .where(ProductTerm.product_id.in_([row.id for row in rows]))
        .order_by(Term.slug)
    ):
        words.setdefault(word.product_id, []).append(word)
    return [_facts_for_search(row, variants.get(row.id, []), words.get(row.id, [])) for row in rows]


def ids_on_sale(*, after: int = 0, most: int = 500, below: str | None = None) -> list[int]:
    """Return the ids of goods on public sale behind one, in order; ``below`` a station's path."""
    wanted = (
        sa.select(Product.id)
        .where(Product.state == ListingState.ON_SALE, Product.id > after)
        .order_by(Product.id)
        .limit(most)
    )
    if below is not None:
        wanted = wanted.where(stations.in_scope(Scope((below,)), Product.station_id))
    return list(db.session.scalars(wanted))


def _facts_for_search(row: Any, variants: list[Any], words: list[Any]) -> Facts:
    def said(*texts: str | None) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for text in texts if text))

    def called(kind: TermKind) -> list[str]:
        return [text for one in words if one.kind is kind for text in (one.name, one.name_en)]

    looks = [text for one in variants for text in (one.size, one.color, one.color_en)]
    return Facts(
        subject_id=row.id,
        titles=said(row.title, row.title_en),
        codes=said(row.code, *(one.sku for one in variants)),
        kinds=said(row.category_name, row.category_name_en, *called(TermKind.CRAFT)),
        makes=said(
            row.material,
            row.material_en,
            row.technique,
            row.technique_en,
            *called(TermKind.MATERIAL),
            *looks,
        ),
        places=said(
            row.village,
            row.village_en,
            row.town,
            row.town_en,
            row.county,
            row.county_en,
            row.workshop_name,
            row.workshop_name_en,
        ),
        texts=said(row.summary, row.summary_en),
        maker_id=row.maker_id,
        place_codes=codes_in(row.path),
    )


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


SPLIT = (
    PriceSheet.price_minor.label("sheet_price_minor"),
    PriceSheet.pay_minor,
    PriceSheet.material_minor,
    PriceSheet.pack_minor,
    PriceSheet.fee_minor,
    PriceSheet.workshop_minor,
    PriceSheet.rest_minor,
)


def split_of(row: Any) -> PriceSplit | None:
    """Return the price sheet of a row that selected ``SPLIT``; None where it has none."""
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


@dataclass(frozen=True, slots=True)
class Cover:
    """How a product is shown in one small picture, whatever its state."""

    product_id: int
    slug: str
    code: str
    craft: str
    drawing: str | None
    is_public: bool
    photo: PictureView | None


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
            (Product.state == ListingState.ON_SALE).label("is_public"),
            *pictures.COVER_COLUMNS,
        )
        .select_from(Product)
        .outerjoin(pictures.cover, pictures.is_cover_of(Subject.PRODUCT, Product.__table__.c.id))
        .where(Product.id.in_(wanted))
    )
    return {
        row.id: Cover(
            product_id=row.id,
            slug=row.slug,
            code=row.code,
            craft=row.craft,
            drawing=row.drawing,
            is_public=row.is_public,
            photo=pictures.cover_of(row),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class ProductName:
    """A product on public sale by name, with its place: enough for a page about it."""

    product_id: int
    slug: str
    title: str
    title_en: str | None
    workshop_id: int
    workshop_name: str
    workshop_name_en: str | None
    station_id: int


def name_on_sale(slug: str) -> ProductName:
    """Return a product on public sale by name. Raises NotFound, also for what is not on sale."""
    row = db.session.execute(
        sa.select(
            Product.id,
            Product.slug,
            Product.title,
            Product.title_en,
            Product.workshop_id,
            Workshop.name,
            Workshop.name_en,
            Product.station_id,
        )
        .join(Workshop, Workshop.id == Product.workshop_id)
        .where(Product.slug == slug, Product.state == ListingState.ON_SALE)
    ).one_or_none()
    if row is None:
        raise NotFound(what=slug)
    return ProductName(*row)


@dataclass(frozen=True, slots=True)
class LabelWords:
    """What a label says of the product itself."""

    material: str
    material_en: str | None
    care: str
    care_en: str | None


def label_words(product_id: int) -> LabelWords:
    """Return what the label of a product says of it. Raises NotFound."""
    row = db.session.execute(
        sa.select(Product.material, Product.material_en, Product.care, Product.care_en).where(
            Product.id == product_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"product:{product_id}")
    return LabelWords(*row)


def is_one_of_a_kind(product_id: int) -> bool:
    """Say whether no two pieces of a product are alike."""
    return bool(
        db.session.scalar(sa.select(Product.is_one_of_a_kind).where(Product.id == product_id))
    )


def listing_name(product_id: int) -> str:
    """Return the outside name of a product, as addresses of the desk carry it. Raises NotFound."""
    name = db.session.scalar(sa.select(Product.public_id).where(Product.id == product_id))
    if name is None:
        raise NotFound(what=f"product:{product_id}")
    return name


def product_id_of(public_id: str) -> int:
    """Return the product with this outside name. Raises NotFound."""
    found = db.session.scalar(sa.select(Product.id).where(Product.public_id == public_id))
    if found is None:
        raise NotFound(what=public_id)
    return found


def product_id_on_sale(public_id: str) -> int:
    """Return the product with this outside name, if everybody may buy it now. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Product.id).where(
            Product.public_id == public_id, Product.state == ListingState.ON_SALE
        )
    )
    if found is None:
        raise NotFound(what=public_id)
    return found


def product_ids_of(public_ids: Sequence[str]) -> dict[str, int]:
    """Return the products of outside names; an unknown one is missing."""
    if not public_ids:
        return {}
    rows = db.session.execute(
        sa.select(Product.public_id, Product.id).where(Product.public_id.in_(list(public_ids)))
    )
    return {row.public_id: row.id for row in rows}


def station_of(product_id: int) -> int:
    """Return the station of a product's workshop. Raises NotFound."""
    found = db.session.scalar(sa.select(Product.station_id).where(Product.id == product_id))
    if found is None:
        raise NotFound(what=f"product:{product_id}")
    return found
