"""The ridge map: places as ridges one behind the other, villages as lamps along them.

A scheme, not a chart: the data of divisions knows no coordinates. Ridges stand in the order of
their official codes, the first one farthest back; the line of a ridge follows from its code, so a
place looks the same wherever it is drawn. What can be read from it is what belongs to what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 360
STEP = 30
TOP, GAP = 44, 46
MOST_RIDGES = 9
MOST_LAMPS = 6
# Beyond so many lamps their names would lie on one another; the list beside the map has them all.
MOST_NAMED = 3
LONGEST_NAME = 14
KINDS = {"Village", "Town", "Township", "County", "District", "Community", "Subdistrict"}


@dataclass(frozen=True, slots=True)
class Place:
    """One place as the map takes it: its code, its name, where it leads, whether one is there."""

    code: str
    name: str
    href: str = ""
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lit place on its ridge; without a name where there is no room for it."""

    x: int
    y: int
    name: str
    href: str
    is_here: bool
    is_named: bool


@dataclass(frozen=True, slots=True)
class Ridge:
    """One ridge: the data of its path, how dark it stands, its name and its lamps."""

    path: str
    shade: int
    x: int
    y: int
    name: str
    href: str
    lamps: tuple[Lamp, ...]


@dataclass(frozen=True, slots=True)
class RidgeMap:
    """The whole drawing and its height; ``left_out`` ridges had no room."""

    ridges: tuple[Ridge, ...]
    width: int
    height: int
    left_out: int


def ridge_map(places: Sequence[tuple[Place, Sequence[Place]]]) -> RidgeMap:
    """Return the map of some places, each with the places that are lamps on its ridge."""
    shown = places[:MOST_RIDGES]
    height = TOP + GAP * len(shown)
    ridges = [
        _ridge(place, lamps, number, len(shown), height)
        for number, (place, lamps) in enumerate(shown)
    ]
    return RidgeMap(tuple(ridges), WIDTH, height, len(places) - len(shown))


def _ridge(place: Place, lamps: Sequence[Place], number: int, of: int, height: int) -> Ridge:
    dice = hashlib.sha256(place.code.encode()).digest()
    base = TOP + 10 + GAP * number
    line = [base - 2 - dice[n] % 32 for n in range(WIDTH // STEP + 1)]
    return Ridge(
        path=f"M0 {line[0]}{_curve(line)}V{height}H0Z",
        shade=1 + round(4 * number / max(of - 1, 1)),
        x=8,
        y=base + 20,
        name=_short(place.name),
        href=place.href,
        lamps=tuple(_lamps(lamps[:MOST_LAMPS], line, dice)),
    )


def _curve(line: Sequence[int]) -> str:
    """Return a soft line past the points, through the middle between each two."""
    bends = "".join(
        f"Q{STEP * n} {y} {STEP * n + STEP // 2} {(y + line[n + 1]) // 2}"
        for n, y in enumerate(line[1:-1], start=1)
    )
    return f"{bends}L{STEP * (len(line) - 1)} {line[-1]}"


def _lamps(lamps: Sequence[Place], line: Sequence[int], dice: bytes) -> Iterable[Lamp]:
    """Yield lamps where the line passes, spread along it in their order."""
    points = range(2, len(line) - 2)
    for number, place in enumerate(lamps):
        point = points[(2 * number + 1) * len(points) // (2 * len(lamps))]
        if len(lamps) == 1:
            point = points[dice[-1] % len(points)]
        yield Lamp(
            x=point * STEP + STEP // 2,
            y=(line[point] + line[point + 1]) // 2,
            name=_short(place.name),
            href=place.href,
            is_here=place.is_here,
            is_named=len(lamps) <= MOST_NAMED,
        )


def _short(name: str) -> str:
    """Return a name without the English word for its kind, cut where it is long."""
    name = name.removesuffix(f" {kind}") if (kind := name.rpartition(" ")[2]) in KINDS else name
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
