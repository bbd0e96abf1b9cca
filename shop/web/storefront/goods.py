"""What is on sale: narrowed, counted, sorted, page by page."""

from __future__ import annotations

from functools import lru_cache

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.catalog import lists
from shop.catalog.lists import Count, GoodsList, Sort, Value, Wish, band_span
from shop.catalog.rules import MADE, READY
from shop.freshness import GOODS
from shop.kernel.i18n import money_text
from shop.kernel.money import Money
from shop.web.access import now, public
from shop.web.filters import locale_name
from shop.web.kept_pages import kept
from shop.web.storefront.door import blueprint
from shop.web.storefront.wishes import (
    NAMES,
    address,
    mark_of,
    span_text,
    typed_span,
    values_of,
    wish_of,
)

LONGEST_CHIP = 40
# Beyond this a bounded number says no more than that there are many.
MANY = 100

Choice = tuple[str, str, str, str, bool]
"""One value of a facet as its component takes it: value, label, address, number, is chosen."""


@blueprint.get("/goods")
@public
@kept(GOODS, asks=(*NAMES, "before", "after", "min", "max"))
def goods() -> ResponseReturnValue:
    """List what is on sale and fits what the address says; the two price boxes are read once."""
    if "min" in request.args or "max" in request.args:
        span = typed_span(request.args.get("min", ""), request.args.get("max", ""))
        return redirect(address(values_of(wish_of(request.args)), price=span), code=303)
    wish = wish_of(request.args)
    mark = mark_of(request.args)
    page = lists.goods(wish, now=now(), mark=mark)
    return render_template("storefront/goods.html", **_said(page, wish), is_first=mark is None)


def _said(page: GoodsList, wish: Wish) -> dict[str, object]:
    values = values_of(wish)
    locale = locale_name()
    chosen = {name: _name_of(page, wish, name, locale) for name in wish.chosen}
    sorts = _sorts_said(locale)
    listed = {value.value for value in page.facets["category"]}
    chips = [
        (chosen[name], address(values, **{_parameter(name): ""}))
        for name in ("category", "supply", "price", "craft", "material", "place", "workshop")
        # The shelves above the list show their own choice.
        if name in chosen and not (name == "category" and wish.category in listed)
    ]
    return {
        "page": page,
        "title": " · ".join(chosen[name] for name in _TITLE if name in page.names) or _("Goods"),
        "total": _total_said(page.total),
        "shelves": _choices("category", page.facets["category"], values, locale),
        "all_shelves": address(values, category=""),
        "facets": [
            (title, key, _choices(key, page.facets[facet], values, locale))
            for facet, key, title in _facets_said(locale)
        ],
        "chips": chips,
        "sorts": [
            (label, address(values, sort="" if sort is Sort.NEW else sort.value), sort is wish.sort)
            for sort, label in sorts.items()
        ],
        "sort_said": sorts[wish.sort],
        "price_boxes": span_text(wish.low, wish.high).partition("-")[::2],
        "kept_in_form": [(n, v) for n, v in values.items() if n != "price"],
        "own": address(values),
        "before": address(values, before=str(page.before)) if page.before else "",
        "after": address(values, after=str(page.after)) if page.after else "",
        "is_plain": wish.chosen <= {"category"} and wish.sort is Sort.NEW,
    }


_TITLE = ("workshop", "place", "material", "craft", "category")


# Words are looked up once for each language: a page says them dozens of times.
@lru_cache
def _facets_said(_locale: str) -> tuple[tuple[str, str, str], ...]:
    return (
        ("supply", "when", _("When it leaves")),
        ("price", "price", _("Price")),
        ("material", "material", _("Material")),
        ("craft", "craft", _("Craft")),
        ("place", "place", _("From where")),
        ("workshop", "workshop", _("Workshop")),
    )


@lru_cache
def _sorts_said(_locale: str) -> dict[Sort, str]:
    return {
        Sort.NEW: _("Newest first"),
        Sort.PRICE: _("Lowest price first"),
        Sort.PRICE_DOWN: _("Highest price first"),
        Sort.SOON: _("Soonest with you"),
        Sort.LOVED: _("Most loved"),
    }


@lru_cache
def _supply_said(value: str, _locale: str) -> str:
    return str({READY: _("Ready now"), MADE: _("Made to order")}[value])


def _parameter(name: str) -> str:
    return "when" if name == "supply" else name


def _name_of(page: GoodsList, wish: Wish, name: str, locale: str) -> str:
    if name == "supply":
        return _supply_said(wish.supply, locale)
    if name == "price":
        return _span_said(wish.low, wish.high, locale)
    if name in page.names:
        return _in_language(*page.names[name], locale)
    text: str = getattr(wish, name)
    return text if len(text) <= LONGEST_CHIP else f"{text[:LONGEST_CHIP]}…"


def _in_language(name: str, name_en: str | None, locale: str) -> str:
    return name_en or name if locale == "en" else name


@lru_cache(maxsize=256)
def _span_said(low: int | None, high: int | None, locale: str) -> str:  # noqa: ARG001 - its words differ by it
    """Return a span of prices in words; one that ends a fen below a whole yuan is a band."""
    if high is not None and high % 100 == 99:  # noqa: PLR2004 - the last fen of a yuan
        high += 1
    first, last = (_sum(fen) for fen in (low or 0, high or 0))
    if high is None:
        return str(_("%(low)s and more", low=first))
    if not low:
        return str(_("up to %(high)s", high=last))
    return f"{first}–{last}"


def _sum(fen: int) -> str:
    return money_text(Money(fen)).removesuffix(".00")


def _number_said(count: Count) -> str:
    if count.is_exact:
        return str(count.number)
    return f"{min(count.number, MANY)}+"


def _total_said(total: Count) -> str:
    if not total.is_exact:
        return str(_("more than %(number)s pieces of craft", number=min(total.number, MANY)))
    return str(ngettext("%(num)s piece of craft", "%(num)s pieces of craft", total.number))


def _choices(
    key: str, choices: tuple[Value, ...], values: dict[str, str], locale: str
) -> list[Choice]:
    return [
        (
            one.value,
            _label(key, one, locale),
            address(values, **{key: "" if one.is_chosen else _written(key, one.value)}),
            _number_said(one.count),
            one.is_chosen,
        )
        for one in choices
    ]


def _label(key: str, one: Value, locale: str) -> str:
    if key == "price":
        return _span_said(*band_span(int(one.value)), locale)
    if key == "when":
        return _supply_said(one.value, locale)
    return _in_language(one.name, one.name_en, locale)


def _written(key: str, value: str) -> str:
    return span_text(*band_span(int(value))) if key == "price" else value
