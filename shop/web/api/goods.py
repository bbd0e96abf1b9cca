"""Goods for programs: lists with the facets and orders of the site, one product, search."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask_babel import lazy_gettext as _l
from msgspec import UNSET, Meta, Struct, UnsetType

from shop.catalog import lists, window
from shop.catalog.lists import Mark, Sort, Wish, band_span
from shop.catalog.options import CustomOption, Extra, OptionKind
from shop.catalog.page import ProductPage
from shop.catalog.rules import Quality, Supply
from shop.kernel.errors import NotFound
from shop.kernel.paging import key_of
from shop.search import queries as searching
from shop.search.rules import LONGEST_QUERY, EntryKind
from shop.web.access import now
from shop.web.addresses import absolute
from shop.web.api.cursors import cursor, place_in
from shop.web.api.door import Slug, given, operation
from shop.web.api.refusals import BadCursor
from shop.web.api.shapes import (
    Count,
    Cursor,
    GoodsCard,
    Limit,
    Picture,
    Promised,
    Word,
    Workshop,
    goods_card,
    picture,
    promised,
    workshop,
)
from shop.web.problems import Amount, amount
from shop.workflows import showing
from shop.workflows.showing import Choice, ShownProduct

TAG = "goods"
Fen = Annotated[int, Meta(ge=0, le=10**11)]
When = Annotated[str, Meta(pattern="^(ready|made)?$", description="ready, made, or any")]


class GoodsAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list of goods is narrowed and sorted by; a value nobody knows gives an empty list."""

    category: Word = ""
    craft: Word = ""
    material: Word = ""
    place: Annotated[Word, Meta(description="code of a county, town or village")] = ""
    workshop: Word = ""
    when: When = ""
    price_from: Annotated[Fen, Meta(description="lowest price in fen")] | UnsetType = UNSET
    price_to: Annotated[Fen, Meta(description="highest price in fen")] | UnsetType = UNSET
    sort: Sort = Sort.NEW
    limit: Limit = 24
    cursor: Cursor = ""


class FacetValue(Struct, frozen=True):
    """One value that could be chosen, and how many goods it would leave."""

    value: str
    name: str
    name_en: str | None
    count: Count
    is_chosen: bool
    price_from: Annotated[int | None, Meta(description="of a price band, in fen")] = None
    price_to: int | None = None


class GoodsList(Struct, frozen=True):
    """One page of a list of goods."""

    items: list[GoodsCard]
    total: Count
    facets: dict[str, list[FacetValue]]
    next_cursor: str | None
    previous_cursor: str | None


@operation(
    "GET",
    "/goods",
    tag=TAG,
    title=_l("List goods"),
    asks=GoodsAsked,
    gives=GoodsList,
    is_shown=True,
    refuses=(BadCursor,),
)
def list_goods(asked: GoodsAsked) -> GoodsList:
    """List what is on public sale, narrowed, counted and sorted as on the site."""
    wish = Wish(
        category=asked.category,
        craft=asked.craft,
        material=asked.material,
        low=given(asked.price_from),
        high=given(asked.price_to),
        place=asked.place,
        workshop=asked.workshop,
        supply=asked.when,
        sort=asked.sort,
    )
    page = lists.goods(wish, now=now(), mark=_mark(asked), most=asked.limit)
    return GoodsList(
        items=[goods_card(card) for card in page.cards],
        total=Count(page.total.number, page.total.is_exact),
        facets={name: [_value(name, one) for one in ones] for name, ones in page.facets.items()},
        next_cursor=cursor(asked, f"after {page.after}") if page.after else None,
        previous_cursor=cursor(asked, f"before {page.before}") if page.before else None,
    )


def _mark(asked: GoodsAsked) -> Mark | None:
    if not asked.cursor:
        return None
    way, _, mark = place_in(asked, asked.cursor).partition(" ")
    return Mark.read(mark, is_backwards=way == "before")


def _value(facet: str, one: lists.Value) -> FacetValue:
    low, high = band_span(int(one.value)) if facet == "price" else (None, None)
    return FacetValue(
        value=one.value,
        name=one.name,
        name_en=one.name_en,
        count=Count(one.count.number, one.count.is_exact),
        is_chosen=one.is_chosen,
        price_from=low,
        price_to=high,
    )


class Variant(Struct, frozen=True):
    """One size or color: what it costs, how many lie ready, when one leaves."""

    id: str
    sku: str
    size: str
    color: str
    color_en: str | None
    quality: Quality
    price: Amount
    available: Annotated[int, Meta(description="pieces that lie ready; 0 for what is gone")]
    promise: Annotated[Promised | None, Meta(description="null for what cannot be had")]


class OptionAnswer(Struct, frozen=True):
    """One of the answers of a choice."""

    code: str
    value: str
    value_en: str | None
    extra: Amount


class Option(Struct, frozen=True):
    """What can be woven to one buyer's wish."""

    key: str
    kind: OptionKind
    label: str
    label_en: str | None
    extra: Annotated[Amount, Meta(description="what answering adds to the price of a piece")]
    most_letters: int
    least_mm: int
    most_mm: int
    step_mm: int
    choices: list[OptionAnswer]


class Split(Struct, frozen=True):
    """Where the price goes; the parts add up to it."""

    price: Amount
    pay: Annotated[Amount, Meta(description="pay for the work")]
    material: Amount
    pack: Amount
    fee: Annotated[Amount, Meta(description="of the payment")]
    workshop: Amount
    rest: Annotated[Amount, Meta(description="reserve and surplus")]


class Maker(Struct, frozen=True):
    """Who makes it: her code, and what she herself allowed to be shown."""

    code: str
    name: str | None
    name_en: str | None
    village: str | None
    village_en: str | None
    story: str | None
    story_en: str | None


class Measures(Struct, frozen=True):
    """How large and heavy one piece is; 0 where nobody has measured."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int


class Product(Struct, frozen=True):
    """One product with everything that its page says."""

    id: str
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
    category: str | None
    supply: Supply
    making_minutes: int
    price: Amount
    split: Split | None
    may_come_back: Annotated[bool, Meta(description="within 7 days without a reason")]
    is_one_of_a_kind: bool
    measures: Measures
    variants: list[Variant]
    options: list[Option]
    pictures: list[Picture]
    maker: Maker | None
    workshop: Workshop
    inspected_on: Annotated[date | None, Meta(description="when the last pieces passed")]
    more: Annotated[list[GoodsCard], Meta(description="of the same hands or the same workshop")]
    url: str


@operation(
    "GET",
    "/goods/<string:slug>",
    tag=TAG,
    title=_l("Show one product"),
    gives=Product,
    is_shown=True,
    names={"slug": Slug},
    refuses=(NotFound,),
)
def show_product(slug: str) -> Product:
    """Show one product on public sale."""
    return _product(showing.product(slug, now=now()))


def _product(shown: ShownProduct) -> Product:
    page = shown.product
    return Product(
        id=page.public_id,
        slug=page.slug,
        code=page.code,
        title=page.title,
        title_en=page.title_en,
        summary=page.summary,
        summary_en=page.summary_en,
        material=page.material,
        material_en=page.material_en,
        technique=page.technique,
        technique_en=page.technique_en,
        care=page.care,
        care_en=page.care_en,
        category=page.category.slug if page.category else None,
        supply=page.supply,
        making_minutes=page.making_minutes,
        price=amount(page.price),
        split=_split(page),
        may_come_back=shown.may_come_back,
        is_one_of_a_kind=page.is_one_of_a_kind,
        measures=Measures(
            page.measures.length_mm,
            page.measures.width_mm,
            page.measures.height_mm,
            page.measures.weight_g,
        ),
        variants=[*(_variant(one) for one in shown.choices), *_gone(shown)],
        options=[_option(one) for one in page.options],
        pictures=[picture(one) for one in page.photos],
        maker=_maker(page),
        workshop=workshop(page.workshop),
        inspected_on=page.passed_on,
        more=[goods_card(card) for card in shown.more],
        url=absolute(f"/goods/{page.slug}"),
    )


def _variant(choice: Choice) -> Variant:
    one = choice.variant
    return Variant(
        one.public_id,
        one.sku,
        one.size,
        one.color,
        one.color_en,
        one.quality,
        amount(one.price),
        choice.available,
        promised(choice.promise),
    )


def _gone(shown: ShownProduct) -> list[Variant]:
    return [
        Variant(
            one.public_id,
            one.sku,
            one.size,
            one.color,
            one.color_en,
            one.quality,
            amount(one.price),
            0,
            None,
        )
        for one in shown.gone
    ]


def _option(one: CustomOption) -> Option:
    return Option(
        key=one.key,
        kind=one.kind,
        label=one.label,
        label_en=one.label_en,
        extra=_extra(one.extra),
        most_letters=one.most_letters,
        least_mm=one.least_mm,
        most_mm=one.most_mm,
        step_mm=one.step_mm,
        choices=[OptionAnswer(c.code, c.value, c.value_en, _extra(c.extra)) for c in one.choices],
    )


def _extra(extra: Extra) -> Amount:
    return amount(extra.price)


def _split(page: ProductPage) -> Split | None:
    if page.split is None:
        return None
    return Split(amount(page.split.price), *(amount(part) for part in page.split.parts))


def _maker(page: ProductPage) -> Maker | None:
    maker = page.maker
    if maker is None:
        return None
    return Maker(
        maker.code,
        maker.name,
        maker.name_en,
        maker.village,
        maker.village_en,
        maker.story,
        maker.story_en,
    )


class SearchAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for."""

    q: Annotated[
        str, Meta(max_length=LONGEST_QUERY, pattern="^[^\\u0000]*$", description="a few words")
    ]
    cursor: Cursor = ""


class Hit(Struct, frozen=True):
    """A workshop, an experience or a shelf that fits."""

    kind: EntryKind
    slug: str
    title: str
    title_en: str | None


class SearchResult(Struct, frozen=True):
    """What fits, goods the best first."""

    goods: list[GoodsCard]
    total: Count
    others: list[Hit]
    instead: Annotated[
        str | None, Meta(description="what was probably meant, where nothing fits what was typed")
    ]
    is_loose: Annotated[bool, Meta(description="nothing has everything that was asked for")]
    next_cursor: str | None


SEARCH_AT_ONCE = 24


@operation(
    "GET",
    "/search",
    tag=TAG,
    title=_l("Search"),
    asks=SearchAsked,
    gives=SearchResult,
    is_shown=True,
    refuses=(BadCursor,),
)
def search(asked: SearchAsked) -> SearchResult:
    """Find goods, workshops, experiences and shelves by words in either language."""
    page = key_of(place_in(asked, asked.cursor)) if asked.cursor else 1
    found = searching.find(asked.q.strip())
    cards = window.cards_ranked(found.ids, found.ranks, now=now(), page=page, most=SEARCH_AT_ONCE)
    has_more = len(found.ids) > page * SEARCH_AT_ONCE
    return SearchResult(
        goods=[goods_card(card) for card in cards],
        total=Count(len(found.ids), found.bound is None),
        others=[Hit(one.kind, one.slug, one.title, one.title_en) for one in found.entries],
        instead=found.instead,
        is_loose=found.is_loose,
        next_cursor=cursor(asked, page + 1) if has_more else None,
    )
