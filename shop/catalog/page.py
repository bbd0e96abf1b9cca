"""One product's page, read whole in one statement: what it is, whose it is, where its price goes.

Lists inside the page (sizes, pictures, wishes, slow weeks) come as JSON in columns of the one row;
a statement for each would cost more than all of them together.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Product, RetiredSlug
from shop.catalog.options import CustomOption, Extra, OptionChoice, OptionKind
from shop.catalog.queries import VariantView
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Quality, Supply
from shop.catalog.window import CARD, MAKER, Card, CategoryView
from shop.kernel.clock import ticks
from shop.kernel.db import UtcDateTime, db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.media.queries import PictureView
from shop.media.rules import Medium
from shop.stations.queries import MakerShown, WorkshopView
from shop.stations.rules import PICKUP_WEEKDAYS, Pace, Season, SeasonReason, weekdays_of


@dataclass(frozen=True, slots=True)
class Beside:
    """What other rooms add to the row, in their own words of SQL.

    free                      pieces of the variant ``v`` that can be sold; ``:now`` is bound.
    waiting                   minutes of work that wait at the workshop ``w``.
    passed_on, inspector_id   of the batch of the product ``p`` that passed last.
    """

    free: str
    waiting: str
    passed_on: str
    inspector_id: str


@dataclass(frozen=True, slots=True)
class Measures:
    """How large and heavy one piece is; zero where nobody has measured."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int

    def __bool__(self) -> bool:
        """Say whether anything is known."""
        return any((self.length_mm, self.width_mm, self.height_mm, self.weight_g))


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything a product's page says but reviews and other works.

    free       pieces that can be sold now, by variant.
    waiting    minutes of work before a new order; 0 where nothing of it is made first.
    passed_on, inspector_id    of the pieces that passed last; None before any did.
    """

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
    is_one_of_a_kind: bool
    measures: Measures
    price: Money
    split: PriceSplit | None
    category: CategoryView | None
    workshop: WorkshopView
    pace: Pace
    maker: MakerShown | None
    variants: tuple[VariantView, ...]
    photos: tuple[PictureView, ...]
    options: tuple[CustomOption, ...]
    free: dict[int, int]
    waiting: int
    passed_on: date | None
    inspector_id: int | None


_SELECT = """SELECT p.id, p.public_id, p.slug, p.code, p.title, p.title_en, p.summary, p.summary_en,
 p.material, p.material_en, p.technique, p.technique_en, p.care, p.care_en, p.craft, p.drawing,
 p.making_minutes, p.supply, p.pay_lane, p.share_percent, p.is_one_of_a_kind, p.price_minor,
 p.length_mm, p.width_mm, p.height_mm, p.weight_g, p.maker_id,
 c.slug AS category_slug, c.name AS category_name, c.name_en AS category_name_en,
 s.price_minor AS sheet_price_minor, s.pay_minor, s.material_minor, s.pack_minor, s.fee_minor,
 s.workshop_minor, s.rest_minor,
 w.id AS workshop_id, w.public_id AS workshop_public_id, w.slug AS workshop_slug, w.station_id,
 w.name AS workshop_name, w.name_en AS workshop_name_en, w.story AS workshop_story,
 w.story_en AS workshop_story_en, w.craft AS workshop_craft, w.address, w.address_en, w.phone,
 w.seller_name, w.seller_license, w.weekly_capacity_minutes, w.pickup_weekdays,
 w.is_pick_up_point, w.shipping_minor, w.has_delivery_terms,
 v.path, v.short_name AS village, v.name_en AS village_en,
 t.short_name AS town, t.name_en AS town_en, k.short_name AS county, k.name_en AS county_en,
 m.code AS maker_code,
 CASE WHEN cn.id IS NOT NULL THEN m.name END AS maker_name,
 CASE WHEN cn.id IS NOT NULL THEN m.name_en END AS maker_name_en,
 CASE WHEN cv.id IS NOT NULL THEN v.short_name END AS maker_village,
 CASE WHEN cv.id IS NOT NULL THEN v.name_en END AS maker_village_en,
 CASE WHEN cs.id IS NOT NULL THEN m.story END AS maker_story,
 CASE WHEN cs.id IS NOT NULL THEN m.story_en END AS maker_story_en,"""
_FROM = """ FROM products p
 JOIN workshops w ON w.id = p.workshop_id
 JOIN stations v ON v.id = w.station_id
 LEFT JOIN stations t ON t.id = v.parent_id
 LEFT JOIN stations k ON k.id = t.parent_id
 LEFT JOIN categories c ON c.id = p.category_id
 LEFT JOIN price_sheets s ON s.id = p.price_sheet_id
 LEFT JOIN members m ON m.id = p.maker_id
 LEFT JOIN consents cn ON cn.member_id = m.id AND cn.purpose = 'name'
 AND cn.withdrawn_at IS NULL
 LEFT JOIN consents cv ON cv.member_id = m.id AND cv.purpose = 'village'
 AND cv.withdrawn_at IS NULL
 LEFT JOIN consents cs ON cs.member_id = m.id AND cs.purpose = 'story'
 AND cs.withdrawn_at IS NULL
 WHERE p.slug = :slug AND p.state = 'on_sale'"""
_LISTS = {
    "variants": (
        (
            "v.position, v.id, v.public_id, v.sku, v.size, v.color, v.color_en, v.quality,"
            " v.price_minor, {free}"
        ),
        "variants v WHERE v.product_id = p.id AND v.is_for_sale",
    ),
    "photos": (
        (
            "f.position, f.id, f.public_id, f.medium, f.digest, f.width, f.height, f.widths,"
            " f.forms, f.tint, f.seconds, f.focus, f.alt, f.alt_en, f.captions, f.captions_en"
        ),
        (
            "pictures f WHERE f.subject = 'product' AND f.subject_id = p.id"
            " AND f.state = 'ready' AND f.alt <> ''"
        ),
    ),
    "options": (
        (
            "q.position, q.id, q.key, q.code, q.kind, q.label, q.label_en, q.value, q.value_en,"
            " q.most_letters, q.least_mm, q.most_mm, q.step_mm, q.price_minor, q.pay_minor,"
            " q.material_minor, q.workshop_minor, q.minutes"
        ),
        "custom_options q WHERE q.price_sheet_id = p.price_sheet_id",
    ),
    "seasons": (
        "z.reason, z.percent, z.starts_on, z.ends_on",
        "seasons z WHERE z.workshop_id = w.id AND z.ends_on > :today",
    ),
}


@functools.cache
def _statement(dialect: str, beside: Beside) -> sa.TextClause:
    arrays = ("json_group_array", "json_array")
    if dialect != "sqlite":
        arrays = ("json_agg", "json_build_array")
    lists = ",".join(
        f" (SELECT {arrays[0]}({arrays[1]}({columns})) FROM {tables}) AS {name}"  # noqa: S608 - our own words
        for name, (columns, tables) in _LISTS.items()
    ).format(free=beside.free)
    is_made = (
        "p.supply <> 'in_stock'"
        " OR EXISTS (SELECT 1 FROM custom_options q WHERE q.price_sheet_id = p.price_sheet_id)"
    )
    more = (
        f" CASE WHEN {is_made} THEN {beside.waiting} END AS waiting,"
        f" {beside.passed_on} AS passed_on, {beside.inspector_id} AS inspector_id,"
    )
    return sa.text(f"{_SELECT}{more}{lists}{_FROM}").bindparams(
        sa.bindparam("now", type_=UtcDateTime()), sa.bindparam("today", type_=sa.Date())
    )


def read(slug: str, *, beside: Beside, now: datetime, today: date) -> ProductPage:
    """Return the page of a product on public sale. Raises NotFound, also for what is not on sale.

    The maker's name, village and story come through her standing consents only.
    """
    row = db.session.execute(
        _statement(db.engine.dialect.name, beside), {"slug": slug, "now": now, "today": today}
    ).one_or_none()
    if row is None:
        raise NotFound(what=slug)
    variants = _list(row.variants)
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
        supply=Supply(row.supply),
        pay_lane=PayLane(row.pay_lane),
        share_percent=row.share_percent,
        is_one_of_a_kind=bool(row.is_one_of_a_kind),
        measures=Measures(row.length_mm, row.width_mm, row.height_mm, row.weight_g),
        price=Money(row.price_minor),
        split=_split(row),
        category=CategoryView(row.category_slug, row.category_name, row.category_name_en)
        if row.category_slug is not None
        else None,
        workshop=_workshop(row),
        pace=_pace(row),
        maker=_maker(row),
        variants=tuple(_variant(one) for one in variants),
        photos=tuple(_picture(one) for one in _list(row.photos)),
        options=_options(_list(row.options)),
        free={one[1]: int(one[9]) for one in variants},
        waiting=int(row.waiting or 0),
        passed_on=_day(row.passed_on),
        inspector_id=row.inspector_id,
    )


# Any: rows of the one statement above, and lists of what JSON knows.
def _list(value: Any) -> list[Any]:
    found = json.loads(value) if isinstance(value, str) else value or []
    return sorted(found, key=lambda one: one[:2])


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _split(row: Any) -> PriceSplit | None:
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


def _workshop(row: Any) -> WorkshopView:
    places = [
        (name, english or name)
        for name, english in (
            (row.county, row.county_en),
            (row.town, row.town_en),
            (row.village, row.village_en),
        )
        if name is not None
    ]
    return WorkshopView(
        id=row.workshop_id,
        public_id=row.workshop_public_id,
        slug=row.workshop_slug,
        station_id=row.station_id,
        path=row.path,
        name=row.workshop_name,
        name_en=row.workshop_name_en,
        story=row.workshop_story,
        story_en=row.workshop_story_en,
        craft=row.workshop_craft,
        address=row.address,
        address_en=row.address_en,
        phone=row.phone,
        seller_name=row.seller_name,
        seller_license=row.seller_license,
        weekly_capacity_minutes=row.weekly_capacity_minutes,
        pickup_weekdays=weekdays_of(row.pickup_weekdays),
        is_pick_up_point=bool(row.is_pick_up_point),
        shipping=Money(row.shipping_minor),
        has_delivery_terms=bool(row.has_delivery_terms),
        place=tuple(name for name, _ in places),
        place_en=tuple(english for _, english in places),
    )


def _pace(row: Any) -> Pace:
    return Pace(
        weekly_minutes=row.weekly_capacity_minutes,
        pickup_weekdays=weekdays_of(row.pickup_weekdays) or PICKUP_WEEKDAYS,
        seasons=tuple(
            Season(
                SeasonReason(reason),
                percent,
                date.fromisoformat(starts_on),
                date.fromisoformat(ends_on),
            )
            for reason, percent, starts_on, ends_on in _list(row.seasons)
        ),
    )


def _maker(row: Any) -> MakerShown | None:
    if row.maker_id is None:
        return None
    return MakerShown(
        member_id=row.maker_id,
        code=row.maker_code,
        name=row.maker_name,
        name_en=row.maker_name_en,
        village=row.maker_village,
        village_en=row.maker_village_en,
        story=row.maker_story,
        story_en=row.maker_story_en,
    )


def _variant(one: list[Any]) -> VariantView:
    return VariantView(
        variant_id=one[1],
        public_id=one[2],
        sku=one[3],
        size=one[4],
        color=one[5],
        color_en=one[6],
        quality=Quality(one[7]),
        price=Money(one[8]),
        is_for_sale=True,
    )


def _picture(one: list[Any]) -> PictureView:
    public_id, medium, *rest = one[2:]
    return PictureView(public_id, Medium(medium), *rest)


def _options(rows: list[Any]) -> tuple[CustomOption, ...]:
    by_key: dict[str, list[Any]] = {}
    for row in rows:
        by_key.setdefault(row[2], []).append(row)
    return tuple(_option(answers) for answers in by_key.values())


def _option(answers: list[Any]) -> CustomOption:
    _, _, key, _, kind, label, label_en, _, _, letters, least, most, step, *_ = answers[0]
    is_choice = kind == OptionKind.CHOICE
    return CustomOption(
        key=key,
        kind=OptionKind(kind),
        label=label,
        label_en=label_en,
        most_letters=letters,
        least_mm=least,
        most_mm=most,
        step_mm=step,
        extra=Extra() if is_choice else _extra(answers[0]),
        choices=tuple(
            OptionChoice(row[3], row[7], row[8], _extra(row)) for row in answers if is_choice
        ),
    )


def _extra(row: list[Any]) -> Extra:
    price, pay, material, workshop, minutes = row[13:18]
    return Extra(Money(price), Money(pay), Money(material), Money(workshop), minutes)


_MORE = f"""SELECT {CARD} FROM offers o {MAKER}
 WHERE o.workshop = :workshop AND o.product_id <> :own AND %s
 ORDER BY o.listed_at DESC, o.product_id DESC LIMIT :most"""  # noqa: S608 - our own words
_MORE_OF_HER = sa.text(_MORE % "o.maker_id = :maker")
_MORE_OF_THEM = sa.text(_MORE % "1 = 1")


def more_like(page: ProductPage, *, now: datetime, most: int = 4) -> tuple[Card, ...]:
    """Return other works of the same hands, or of the same workshop where no maker is named."""
    given = {
        "workshop": page.workshop.slug,
        "own": page.product_id,
        "most": most,
        "now": ticks(now),
        "maker": page.maker.member_id if page.maker else None,
    }
    query = _MORE_OF_HER if page.maker else _MORE_OF_THEM
    return tuple(Card._make(one) for one in db.session.execute(query, given))


def moved_to(slug: str) -> str | None:
    """Return the address that a retired one leads to: of a product on public sale, or None."""
    return db.session.scalar(
        sa.select(Product.slug)
        .join(RetiredSlug, RetiredSlug.product_id == Product.id)
        .where(RetiredSlug.slug == slug, Product.state == ListingState.ON_SALE)
    )
