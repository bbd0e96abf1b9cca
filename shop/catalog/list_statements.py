"""The statements behind ``lists``: composed once for each shape of a wish, then kept.

Every part is a word of ours; what people type comes in as a bound value. Composing them anew on
every page would cost more than running them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from shop.catalog.rules import MADE, READY, Facet
from shop.catalog.window import CARD, MAKER

# Through so many offers a number is counted exactly, and so many a list looks at in one step.
WINDOW = 500
STEP = 2000
MOST_VALUES = 12

CONDITIONS = {
    "category": "o.category = :category",
    "craft": "EXISTS (SELECT 1 FROM offer_terms k WHERE k.term = :craft"
    " AND k.category = o.category AND k.product_id = o.product_id + 0)",
    "material": "EXISTS (SELECT 1 FROM offer_terms k WHERE k.term = :material"
    " AND k.category = o.category AND k.product_id = o.product_id + 0)",
    "price": "o.price_minor BETWEEN :low AND :high",
    "county": "o.county = :place",
    "town": "o.town = :place",
    "village": "o.village = :place",
    "workshop": "o.workshop = :workshop",
    READY: "o.ready_at <= :now",
    MADE: "o.supply <> 'in_stock'",
}
ANYTHING = "1 = 1"
# The same where another condition leads: nothing added, so that no index of theirs is taken.
_BESIDE = CONDITIONS | {
    name: CONDITIONS[name].replace(f"o.{column}", f"o.{column} || ''")
    for name, column in (
        ("category", "category"),
        ("county", "county"),
        ("town", "town"),
        ("village", "village"),
        ("workshop", "workshop"),
    )
}
_BESIDE["price"] = "o.price_minor + 0 BETWEEN :low AND :high"
_BESIDE[READY] = "o.ready_at + 0 <= :now"
_ASKED = {
    "craft": ("category", "product_id"),
    "material": ("category", "product_id"),
    "price": ("price_minor",),
    READY: ("ready_at",),
    MADE: ("supply",),
}

_TOTALS = "SELECT category, facet, value, total, name, name_en FROM offer_totals"
_LATE = (
    "SELECT CAST(:category AS VARCHAR), 'late', '', count(*), '', NULL FROM offers o"
    " WHERE o.ready_at > 0 AND o.ready_at <= :now AND (o.category = :category OR '' = :category)"
)


@dataclass(frozen=True, slots=True)
class _Group:
    """How one facet is counted in a window: by which column, and where its values' names are."""

    column: str
    names: str = ""
    key: str = ""
    name: str = "''"
    name_en: str = "NULL"

    def counted(self, facet: str, window: str, near: str) -> str:
        rows = f"SELECT o.{self.column} AS v, count(*) AS n FROM {window} o{near} GROUP BY 1"
        if not self.names:
            return f"SELECT '', '{facet}', CAST(v AS VARCHAR), n, '', NULL FROM ({rows}) g_{facet}"
        most = f"({rows} ORDER BY n DESC, v DESC LIMIT {MOST_VALUES}) g_{facet}"
        return (
            f"SELECT '', '{facet}', v, n, x.{self.name}, x.name_en"
            f" FROM {most} JOIN {self.names} x ON x.{self.key} = v"
        )


_GROUPS = {
    "category": _Group("category", "categories", "slug", "name"),
    "price": _Group("band"),
    "workshop": _Group("workshop", "workshops", "slug", "name"),
    "town": _Group("town", "stations", "code", "short_name"),
    "village": _Group("village", "stations", "code", "short_name"),
}


def _counted(facet: str, window: str, near: str) -> str:
    """Return the statement that counts one facet in a window."""
    if facet in {"craft", "material"}:
        return (
            f"SELECT '', '{facet}', x.slug, count(*), x.name, x.name_en FROM {window} o"
            " JOIN offer_terms l ON l.product_id = o.product_id JOIN terms x ON x.slug = l.term"
            f" AND x.kind = '{facet}' GROUP BY x.slug, x.name, x.name_en"
        )
    if facet in {READY, MADE}:
        return (
            f"SELECT '', 'supply', '{facet}', count(*), '', NULL FROM {window} o"
            f" WHERE {CONDITIONS[facet]}"
        )
    return _GROUPS[facet].counted(facet, window, near)


def _column(facet: str) -> str:
    """Return the column of a window that counting a facet reads."""
    if facet in {"craft", "material"}:
        return "product_id"
    return _ASKED[facet][0] if facet in {READY, MADE} else _GROUPS[facet].column


@dataclass(frozen=True, slots=True)
class Course:
    """In which order a list is gone through, from where, which way, and how many are shown."""

    column: str
    is_descending: bool
    is_begun: bool
    is_backwards: bool
    most: int

    @property
    def behind(self) -> str:
        """Return the condition that an offer stands behind the mark."""
        sign = "<" if self._falls else ">"
        return f"(o.{self.column}, o.product_id) {sign} (:at, :id)" if self.is_begun else ANYTHING

    @property
    def order(self) -> str:
        """Return the order in which to look from there."""
        word = "DESC" if self._falls else "ASC"
        return f"ORDER BY o.{self.column} {word}, o.product_id {word}"

    @property
    def _falls(self) -> bool:
        return self.is_descending != self.is_backwards


@dataclass(frozen=True, slots=True)
class Search:
    """What is chosen, as keys of ``CONDITIONS``, and which of them leads (``''``: none)."""

    conditions: tuple[str, ...]
    lead: str
    is_small: bool

    def window(self, columns: Iterable[str]) -> str:
        """Return these columns of what fits: all of it, or what fits of the lead's first offers."""
        wanted = ", ".join(f"o.{column}" for column in sorted(columns))
        others = [one for one in self.conditions if one != self.lead]
        source, where = self._led
        if self.is_small:
            also = " AND ".join([where, *(_BESIDE[one] for one in others)])
            return f"SELECT {wanted} FROM {source} WHERE {also}"
        asked = {*columns, *(column for one in others for column in _ASKED.get(one, (one,)))}
        first = ", ".join(f"o.{column}" for column in sorted(asked))
        also = " AND ".join(CONDITIONS[one] for one in others) or ANYTHING
        return (
            f"SELECT {wanted} FROM (SELECT {first} FROM {source} WHERE {where}"
            f" LIMIT {WINDOW + 1}) o WHERE {also}"
        )

    @property
    def _led(self) -> tuple[str, str]:
        """Return where the offers come from by what leads: one range of one index."""
        if self.lead in {"craft", "material"}:
            within = " AND l.category = :category" if "category" in self.conditions else ""
            source = "offer_terms l JOIN offers o ON o.product_id = l.product_id"
            return source, f"l.term = :{self.lead}{within}"
        where = CONDITIONS.get(self.lead, ANYTHING)
        if self.lead == "price" and "category" in self.conditions:
            where = f"{CONDITIONS['category']} AND {where}"
        return "offers o", where


@lru_cache(maxsize=64)
def totals(chosen: frozenset[str], level: Facet, places: Facet, near: str) -> sa.TextClause:
    """Return the stored totals around a wish: everything, its category, and what is chosen.

    level, places    what the chosen place is, and which places are offered beside it.
    near             a condition on their codes, or nothing.
    """

    def most(facet: str, category: str = ":category", more: str = "") -> str:
        rows = f"{_TOTALS} WHERE category = {category} AND facet = '{facet}' AND total > 0{more}"
        return f"SELECT * FROM ({rows} ORDER BY total DESC, value DESC LIMIT {MOST_VALUES}) {facet}"

    parts = [
        f"{_TOTALS} WHERE category IN ('', :category) AND facet = 'all'",
        most("category", "''"),
        f"{_TOTALS} WHERE category = :category AND facet = 'price'",
        f"{_TOTALS} WHERE category = :category AND facet = 'supply'",
        _LATE,
        *(most(facet) for facet in ("craft", "material", "workshop")),
        most(places.value, more=near),
    ]
    for name in sorted(chosen):
        facet = level.value if name == "place" else name
        parts.append(
            f"{_TOTALS} WHERE category IN ('', :category) AND facet = '{facet}' AND value = :{name}"
        )
    return sa.text(" UNION ALL ".join(parts))


@lru_cache(maxsize=512)
def crossed(
    searches: tuple[tuple[str, Search], ...], chosen: frozenset[str], places: Facet, near: str
) -> sa.TextClause:
    """Return one statement that counts every facet in the window of its search.

    searches    by facet whose own choice is left out; ``''`` is the search for all the others.
    """
    counted: dict[str, list[str]] = {name: [] for name, _ in searches}
    for facet, keys in {
        **{name: (name,) for name in ("category", "price", "craft", "material", "workshop")},
        "place": (places.value,),
        "supply": (READY, MADE),
    }.items():
        own = facet if facet in chosen else ""
        if own in counted:
            counted[own] += keys
    bodies, parts = [], []
    for number, (name, search) in enumerate(searches):
        columns = {"product_id", *(_column(facet) for facet in counted[name])}
        bodies.append(f"w{number} AS MATERIALIZED ({search.window(columns)})")
        near_own = near if name == "place" else ""
        parts += [_counted(facet, f"w{number}", near_own) for facet in counted[name]]
        if not name:
            parts.append(f"SELECT '', 'all', '', count(*), '', NULL FROM w{number}")
    return sa.text(f"WITH {', '.join(bodies)} {' UNION ALL '.join(parts)}")


@lru_cache(maxsize=256)
def straight(where: str, course: Course) -> sa.TextClause:
    """Return a page that is one range of one index."""
    return sa.text(
        f"SELECT {CARD}, o.{course.column} FROM offers o {MAKER}"
        f" WHERE {where} AND {course.behind} {course.order} LIMIT {course.most + 1}"
    )


@lru_cache(maxsize=512)
def small(search: Search, course: Course) -> sa.TextClause:
    """Return a page out of a window that holds everything there is."""
    fits = search.window({"product_id", course.column})
    best = f"{fits} AND {course.behind} {course.order} LIMIT {course.most + 1}"
    return _with_cards(best, course)


@lru_cache(maxsize=512)
def walk(conditions: tuple[str, ...], course: Course) -> sa.TextClause:
    """Return what fits of the next step of a long list."""
    named = [one for one in conditions if one != "category"]
    others = " AND ".join(CONDITIONS[one] for one in named)
    asked = {course.column, "product_id"} | {c for one in named for c in _ASKED.get(one, (one,))}
    columns = ", ".join(f"o.{column}" for column in sorted(asked))
    step = (
        f"SELECT {columns} FROM offers o WHERE {_walked(conditions, course)}"
        f" AND {course.behind} {course.order} LIMIT {STEP}"
    )
    best = f"SELECT * FROM ({step}) o WHERE {others} {course.order} LIMIT {course.most + 1}"
    return _with_cards(best, course)


@lru_cache(maxsize=512)
def end_of_step(conditions: tuple[str, ...], course: Course) -> sa.TextClause:
    """Return the last offer that the step looked at; nothing when it came to the end."""
    return sa.text(
        f"SELECT o.{course.column}, o.product_id FROM offers o"
        f" WHERE {_walked(conditions, course)} AND {course.behind} {course.order}"
        f" LIMIT 1 OFFSET {STEP - 1}"
    )


def _walked(conditions: tuple[str, ...], course: Course) -> str:
    in_order = [CONDITIONS["category"]] if "category" in conditions else [ANYTHING]
    if course.column == "price_minor" and "price" in conditions:
        in_order.append(CONDITIONS["price"])
    return " AND ".join(in_order)


def _with_cards(best: str, course: Course) -> sa.TextClause:
    return sa.text(
        f"WITH best AS MATERIALIZED ({best}) SELECT {CARD}, o.{course.column} FROM best b"
        f" JOIN offers o ON o.product_id = b.product_id {MAKER} {course.order}"
    )
