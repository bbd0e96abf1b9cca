"""The places of China that an address can name: provinces, cities, counties, towns of Chongqing.

Read from the files that come with the product (``shop/data/CREDITS.md``). Names repeat; only the
code tells two places apart. Layers that only count (市辖区, 县, 省直辖县级行政区划) are no places;
what lies below them is listed in their stead.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data/divisions"
# Hong Kong, Macao, Taiwan and every other country: no list, an address written freely.
OUTSIDE = "99"
COUNTING = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
# People leave these off: 新疆 is said, not 新疆维吾尔自治区.
SUFFIXES = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市")


@dataclass(frozen=True, slots=True)
class Place:
    """One place by its code of the National Bureau of Statistics."""

    code: str
    name: str


@functools.cache
def _names() -> dict[str, str]:
    return dict(_rows("china.csv")) | dict(_rows("streets.csv"))


def _rows(file: str) -> Iterator[tuple[str, str]]:
    with (FOLDER / file).open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            yield row["code"], row["name"]


def _parent(code: str) -> str:
    """Return the code one level up, as the numbers have it; nothing above a province."""
    return {4: code[:2], 6: code[:4], 9: code[:6]}.get(len(code), "")


@functools.cache
def _children() -> dict[str, tuple[Place, ...]]:
    names = _names()
    found: dict[str, list[Place]] = {}
    for code, name in sorted(names.items()):
        if name in COUNTING:
            continue
        above = _parent(code)
        while names.get(above) in COUNTING:
            above = _parent(above)
        found.setdefault(above, []).append(Place(code, name))
    return {code: tuple(places) for code, places in found.items()}


def provinces() -> tuple[Place, ...]:
    """Return the provinces of the mainland in the order of their codes."""
    return _children()[""]


def below(code: str) -> tuple[Place, ...]:
    """Return the places right below one; empty where the list ends, and for an unknown code."""
    return _children().get(code, ()) if code else ()


def steps(code: str) -> tuple[Place, ...]:
    """Return the way from the province down to a place, both in it; empty for an unknown code."""
    names = _names()
    if code not in names or names[code] in COUNTING:
        return ()
    way: list[Place] = []
    while code:
        if names[code] not in COUNTING:
            way.append(Place(code, names[code]))
        code = _parent(code)
    return tuple(reversed(way))


def is_whole(code: str) -> bool:
    """Say whether a code reaches down to a county, where an address can go on in words."""
    return len(code) >= 6 and bool(steps(code))  # noqa: PLR2004 - digits of a county


@functools.cache
def _spoken() -> tuple[tuple[str, str], ...]:
    return tuple((_short(place.name), place.code) for place in provinces())


def _short(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def province_in(text: str) -> str:
    """Return the code of the province that a freely written address begins with, or nothing."""
    begins = "".join(text.split())
    return next((code for name, code in _spoken() if begins.startswith(name)), "")
