"""Lists of goods on public sale: narrowed, counted, sorted and paged, at the same cost at any size.

What is chosen first leads: the chosen value with the fewest offers, found in the stored totals. Up
to ``WINDOW`` offers of it are looked through, so every number is exact; beyond that a list walks
its order in steps and a number is a lower bound, which ``Count`` says. Without a combination no
offer is looked through at all: list, numbers and total are ranges of an index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from shop.catalog import list_statements as statements
from shop.catalog.list_statements import ANYTHING, CONDITIONS, WINDOW, Course, Search
from shop.catalog.rules import BAND_EDGES, MADE, READY, Facet
from shop.catalog.window import Card
from shop.kernel.clock import ticks
from shop.kernel.db import db

ON_A_PAGE = 24
COUNTY_DIGITS, TOWN_DIGITS = 6, 9
LEVELS = {6: Facet.COUNTY, 9: Facet.TOWN, 12: Facet.VILLAGE}
HIGHEST = 10**15


class Sort(StrEnum):
    """The orders of a list; equal goods stand by their number, newest first where newest leads."""

    NEW = "new"
    PRICE = "price"
    PRICE_DOWN = "price-down"
    SOON = "soon"
    LOVED = "loved"


ORDERS = {
    Sort.NEW: ("listed_at", True),
    Sort.PRICE: ("price_minor", False),
    Sort.PRICE_DOWN: ("price_minor", True),
    Sort.SOON: ("wait_days", False),
    Sort.LOVED: ("loved", True),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see; empty means anything. Prices in fen, both ends included.

    ``place`` is the code of a county, town or village; ``supply`` is *ready* or *made*.
    """

    category: str = ""
    craft: str = ""
    material: str = ""
    low: int | None = None
    high: int | None = None
    place: str = ""
    workshop: str = ""
    supply: str = ""
    sort: Sort = Sort.NEW

    @property
    def chosen(self) -> frozenset[str]:
        """Return the names of what is chosen."""
        named = ("category", "craft", "material", "place", "workshop", "supply")
        names = {name for name in named if getattr(self, name)}
        if self.low is not None or self.high is not None:
            names.add("price")
        return frozenset(names)

    @property
    def level(self) -> Facet:
        """Return what the place is: a county, a town or a village."""
        return LEVELS.get(len(self.place), Facet.VILLAGE)


FACETS = ("category", "supply", "price", "craft", "material", "place", "workshop")


class Mark(NamedTuple):
    """Where a page begins: behind (or, backwards, before) one offer of the order."""

    value: int
    product_id: int
    is_backwards: bool = False

    def __str__(self) -> str:
        """Return the mark as an address carries it."""
        return f"{self.value}-{self.product_id}"

    @classmethod
    def read(cls, text: str, *, is_backwards: bool) -> Mark | None:
        """Return the mark that an address carries, or None for anything else."""
        found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,9})", text, re.ASCII)
        return cls(int(found[1]), int(found[2]), is_backwards) if found else None


class Count(NamedTuple):
    """So many offers; where it is not exact, at least so many."""

    number: int
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet with its names, and what one gets by choosing it."""

    value: str
    name: str
    name_en: str | None
    count: Count
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class GoodsList:
    """One page of a list, its whole size, its facets, and where its neighbors begin."""

    cards: tuple[Card, ...]
    total: Count
    facets: Mapping[str, tuple[Value, ...]]
    names: Mapping[str, tuple[str, str | None]]
    before: Mark | None
    after: Mark | None


class _Row(NamedTuple):
    category: str
    facet: str
    value: str
    total: int
    name: str
    name_en: str | None


Span = tuple[tuple[Card, ...], Mark | None, Mark | None]
"""The cards of one page, and where the pages before and behind it begin."""


def goods(
    wish: Wish, *, now: datetime, mark: Mark | None = None, most: int = ON_A_PAGE
) -> GoodsList:
    """Return one page of what is on public sale and fits, with what else could be chosen.

    A value nobody knows gives an empty list. At most four statements.
    """
    asked = _Asked(wish, now)
    cards, before, after = _page(asked, mark, most)
    return GoodsList(
        cards=cards,
        total=asked.total,
        facets=asked.facets(),
        names=asked.names,
        before=before,
        after=after,
    )


def of_workshop(
    slug: str, *, now: datetime, mark: Mark | None = None, most: int = ON_A_PAGE
) -> Span:
    """Return one page of a workshop's goods, newest first, and where its neighbors begin."""
    given = {"workshop": slug, "now": ticks(now)}
    return _straight(CONDITIONS["workshop"], given, _course(Sort.NEW, mark, most), mark)


def newest(*, now: datetime, mark: Mark | None = None, most: int = ON_A_PAGE) -> Span:
    """Return one page of all goods, newest first, and where its neighbors begin."""
    return _straight(ANYTHING, {"now": ticks(now)}, _course(Sort.NEW, mark, most), mark)


def _by_total(row: _Row) -> tuple[int, str]:
    return -row.total, row.value


# Prices stand by their height and what is ready before what is made; all else by its number.
_ranks: dict[str, Callable[[_Row], Any]] = dict.fromkeys(FACETS, _by_total) | {
    "price": lambda row: row.value,
    "supply": lambda row: row.value != READY,
}


class _Asked:
    """One wish with the stored totals around it: estimates, numbers, facets."""

    def __init__(self, wish: Wish, now: datetime) -> None:
        self.wish = wish
        self.chosen = wish.chosen
        around = _around(wish)
        self.near = " AND {0} >= :near AND {0} < :beyond" if around else ""
        self.given: dict[str, Any] = {
            "category": wish.category,
            "craft": wish.craft,
            "material": wish.material,
            "low": wish.low or 0,
            "high": HIGHEST if wish.high is None else wish.high,
            "place": wish.place,
            "workshop": wish.workshop,
            "now": ticks(now),
            **around,
        }
        query = statements.totals(
            self.chosen - {"price", "supply"}, wish.level, self.places, self.near.format("value")
        )
        self.rows = [_Row._make(row) for row in db.session.execute(query, self.given)]
        self.stored = {(r.category, r.facet, r.value): r.total for r in self.rows}
        self.late = self.stored.get((wish.category, "late", ""), 0)

    @property
    def places(self) -> Facet:
        """Return which places are offered: towns, or the villages of the chosen town."""
        is_far = not self.wish.place or self.wish.level is Facet.COUNTY
        return Facet.TOWN if is_far else Facet.VILLAGE

    @cached_property
    def names(self) -> dict[str, tuple[str, str | None]]:
        """Return the names of what is chosen, for the chips; missing where nobody knows it."""
        wanted = {
            (self.facet_of(name), getattr(self.wish, name)): name
            for name in self.chosen - {"price", "supply"}
        }
        return {
            wanted[row.facet, row.value]: (row.name, row.name_en)
            for row in self.rows
            if (row.facet, row.value) in wanted and row.name
        }

    def facet_of(self, name: str) -> str:
        """Return the facet of which a chosen name holds a value."""
        return self.wish.level.value if name == "place" else name

    def condition(self, name: str) -> str:
        """Return the key of the condition that a chosen name stands for."""
        return self.wish.supply if name == "supply" else self.facet_of(name)

    def conditions(self, names: frozenset[str]) -> tuple[str, ...]:
        """Return the keys of all conditions, in one order."""
        return tuple(sorted(self.condition(name) for name in names))

    def known(self, name: str, inside: str) -> int:
        """Return how many offers have the chosen value, in one category or in all."""
        if name == "supply":
            late = self.late if self.wish.supply == READY else 0
            return self.stored.get((inside, name, self.wish.supply), 0) + late
        return self.stored.get((inside, self.facet_of(name), getattr(self.wish, name)), 0)

    def estimate(self, name: str, names: frozenset[str]) -> int:
        """Return how many offers a lead goes through at most."""
        inside = self.wish.category if "category" in names else ""
        if name == "price":
            bands = _bands(self.given["low"], self.given["high"])
            return sum(self.stored.get((inside, "price", str(band)), 0) for band in bands)
        # Words stand under their category; places and workshops only as a whole.
        return self.known(name, inside if name in {"craft", "material"} else "")

    def lead(self, names: frozenset[str]) -> tuple[str, int]:
        """Return what leads a search for all of ``names``, and through how many offers."""
        leads = {name: self.estimate(name, names) for name in names - {"supply"}}
        if not leads:
            return "", self.stored.get(("", "all", ""), 0)
        best = min(leads, key=lambda name: (leads[name], name))
        return best, leads[best]

    def is_small(self, names: frozenset[str]) -> bool:
        """Say whether everything there is can be looked through."""
        return self.lead(names)[1] <= WINDOW

    def search(self, names: frozenset[str]) -> Search:
        """Return the search for all of ``names``."""
        lead, _ = self.lead(names)
        return Search(
            self.conditions(names), self.condition(lead) if lead else "", self.is_small(names)
        )

    @cached_property
    def searched(self) -> dict[str, frozenset[str]]:
        """Return, by facet, what stays chosen when another value of it is; ``''`` for the rest.

        Where nothing but a category stays, the stored totals know; there is no search.
        """
        sets = {"": self.chosen, **{name: self.chosen - {name} for name in self.chosen}}
        return {name: names for name, names in sets.items() if not names <= {"category"}}

    @cached_property
    def crossed(self) -> dict[str, list[_Row]]:
        """Return the numbers that no stored total gives, by facet: one bounded statement."""
        if not self.searched:
            return {}
        searches = tuple((name, self.search(names)) for name, names in self.searched.items())
        near = self.near.format(f"o.{self.places.value}").replace(" AND", " WHERE", 1)
        query = statements.crossed(searches, self.chosen, self.places, near)
        rows: dict[str, list[_Row]] = {}
        for row in db.session.execute(query, self.given):
            one = _Row._make(row)
            rows.setdefault(one.facet, []).append(one)
        return rows

    @cached_property
    def total(self) -> Count:
        """Return how many offers fit."""
        others = self.chosen - {"category"}
        if not others:
            return Count(self.stored.get((self.wish.category, "all", ""), 0))
        if len(others) == 1 and "price" not in others:
            return Count(self.known(next(iter(others)), self.wish.category))
        rows = self.crossed.get("all", [])
        return Count(rows[0].total if rows else 0, self.is_small(self.chosen))

    def facets(self) -> dict[str, tuple[Value, ...]]:
        """Return what can be chosen, by facet, the most frequent first."""
        return {name: tuple(self._values(name)) for name in FACETS}

    def _values(self, name: str) -> Iterable[Value]:
        names = self.searched.get(name if name in self.chosen else "")
        facet = self.places.value if name == "place" else name
        rows = self.crossed.get(facet, []) if names else self._stored_rows(facet)
        # What is chosen is asked for by name too: it may come twice.
        for row in sorted(dict.fromkeys(rows), key=_ranks[name]):
            if row.total > 0:
                yield Value(
                    value=row.value,
                    name=row.name,
                    name_en=row.name_en,
                    count=Count(row.total, self.is_small(names) if names else True),
                    is_chosen=self._is_chosen(name, row.value),
                )

    def _stored_rows(self, facet: str) -> list[_Row]:
        inside = "" if facet == "category" else self.wish.category
        rows = [row for row in self.rows if row.category == inside and row.facet == facet]
        if facet != "supply":
            return rows
        found = {row.value: row.total for row in rows}
        found[READY] = found.get(READY, 0) + self.late
        return [_Row(inside, facet, one, found.get(one, 0), "", None) for one in (READY, MADE)]

    def _is_chosen(self, name: str, value: str) -> bool:
        if name != "price":
            return bool(getattr(self.wish, name) == value)
        return "price" in self.chosen and band_span(int(value)) == (
            self.wish.low or 0,
            self.wish.high,
        )


def band_span(band: int) -> tuple[int, int | None]:
    """Return the lowest and highest price of a band in fen; the last one has no highest."""
    low = BAND_EDGES[band - 1] if band else 0
    return low, BAND_EDGES[band] - 1 if band < len(BAND_EDGES) else None


def _bands(low: int, high: int) -> list[int]:
    spans = ((band, *band_span(band)) for band in range(len(BAND_EDGES) + 1))
    return [band for band, first, last in spans if first <= high and (last is None or last >= low)]


def _around(wish: Wish) -> dict[str, str]:
    """Return between which codes the places beside a chosen one lie; nothing for no place."""
    code = wish.place
    if not (code.isascii() and code.isdecimal() and len(code) in LEVELS):
        return {}
    near = code[: COUNTY_DIGITS if wish.level is Facet.COUNTY else TOWN_DIGITS]
    return {"near": near, "beyond": str(int(near) + 1).zfill(len(near))}


def _course(sort: Sort, mark: Mark | None, most: int) -> Course:
    column, is_descending = ORDERS[sort]
    is_backwards = mark is not None and mark.is_backwards
    return Course(column, is_descending, mark is not None, is_backwards, most)


def _page(asked: _Asked, mark: Mark | None, most: int) -> Span:
    course = _course(asked.wish.sort, mark, most)
    if asked.chosen <= {"category"}:
        where = CONDITIONS["category"] if asked.chosen else ANYTHING
        return _straight(where, asked.given, course, mark)
    if asked.is_small(asked.chosen):
        query = statements.small(asked.search(asked.chosen), course)
        return _shown(_rows(query, asked.given, mark), course, mark)
    conditions = asked.conditions(asked.chosen)
    rows = _rows(statements.walk(conditions, course), asked.given, mark)
    cards, before, after = _shown(rows, course, mark)
    if len(rows) <= most:
        # The step came to its end before the page was full: the next page begins there.
        ends = _rows(statements.end_of_step(conditions, course), asked.given, mark)
        if ends and course.is_backwards:
            before = Mark(ends[0][0], ends[0][1], is_backwards=True)
        elif ends:
            after = Mark(ends[0][0], ends[0][1])
    return cards, before, after


def _straight(where: str, given: Mapping[str, Any], course: Course, mark: Mark | None) -> Span:
    return _shown(_rows(statements.straight(where, course), given, mark), course, mark)


def _rows(query: sa.TextClause, given: Mapping[str, Any], mark: Mark | None) -> list[Any]:
    at = {"at": mark.value, "id": mark.product_id} if mark else {}
    return list(db.session.execute(query, {**given, **at}))


def _shown(rows: list[Any], course: Course, mark: Mark | None) -> Span:
    """Return the cards of a page and the marks of its neighbors, whichever way one came."""
    has_more = len(rows) > course.most
    shown = rows[: course.most]
    if course.is_backwards:
        shown.reverse()
    if not shown:
        back = _turned(mark, course) if mark else None
        return ((), None, back) if course.is_backwards else ((), back, None)
    before = Mark(shown[0][-1], shown[0][0], is_backwards=True)
    after = Mark(shown[-1][-1], shown[-1][0])
    is_first = not (has_more if course.is_backwards else course.is_begun)
    is_last = not (course.is_backwards or has_more)
    return (
        tuple(Card._make(row[:-1]) for row in shown),
        None if is_first else before,
        None if is_last else after,
    )


def _turned(mark: Mark, course: Course) -> Mark:
    """Return the mark from which one looks the other way and meets the marked offer first."""
    step = -1 if course.is_descending != course.is_backwards else 1
    return Mark(mark.value, max(mark.product_id + step, 0), not course.is_backwards)
