"""Shoe sizes of four countries by the length of the foot, and measures for readers of inches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shop.catalog.options import centimetres
from shop.catalog.page import Measures

FOOTWEAR = "footwear"
LARGEST_OF_A_CHILD = 34
# The number on our shoes, the foot it is woven for in millimetres, and what other countries call
# that foot: (ours, foot, US women, US men). One number is 5 mm of foot.
GROWN_UP = (
    (35, 225, "5", ""),
    (36, 230, "6", ""),
    (37, 235, "6½", ""),
    (38, 240, "7½", ""),
    (39, 245, "8½", "6½"),
    (40, 250, "9", "7½"),
    (41, 255, "10", "8"),
    (42, 260, "10½", "9"),
    (43, 265, "", "10"),
    (44, 270, "", "10½"),
)
# Children's numbers grow by two thirds of a centimetre: (ours, foot, US children).
CHILD = (
    (24, 147, "8"),
    (25, 154, "8½"),
    (26, 160, "9½"),
    (27, 167, "10"),
    (28, 174, "11"),
    (29, 180, "11½"),
    (30, 187, "12½"),
    (31, 194, "13"),
    (32, 200, "1"),
)
MM_OF_AN_INCH = Decimal("25.4")
G_OF_AN_OUNCE = Decimal("28.35")


@dataclass(frozen=True, slots=True)
class SizeGuide:
    """Rows of a table: our number, the foot in centimetres, then the other countries' numbers."""

    is_for_children: bool
    rows: tuple[tuple[str, ...], ...]
    offered: frozenset[str]


def size_guide(category: str, sizes: Iterable[str]) -> SizeGuide | None:
    """Return the guide for shoes of these sizes; None where numbers do not mean feet."""
    offered = frozenset(size for size in sizes if size.isascii() and size.isdecimal())
    if category != FOOTWEAR or not offered:
        return None
    numbers = [int(size) for size in offered]
    near = range(min(numbers) - 1, max(numbers) + 2)
    is_for_children = max(numbers) <= LARGEST_OF_A_CHILD
    rows = CHILD if is_for_children else GROWN_UP
    return SizeGuide(
        is_for_children=is_for_children,
        rows=tuple(
            (str(own), centimetres(foot), *(size or "–" for size in abroad))
            for own, foot, *abroad in rows
            if own in near
        ),
        offered=offered,
    )


def measures_said(measures: Measures) -> tuple[str, str]:
    """Return size and weight as text, such as ``12 × 6 cm (4.7 × 2.4 in)``; nothing for unknown."""
    sides = [mm for mm in (measures.length_mm, measures.width_mm, measures.height_mm) if mm]
    size = ""
    if sides:
        inches = " × ".join(_tenths(Decimal(mm) / MM_OF_AN_INCH) for mm in sides)
        size = f"{' × '.join(map(centimetres, sides))} cm ({inches} in)"
    weight = ""
    if measures.weight_g:
        ounces = _tenths(Decimal(measures.weight_g) / G_OF_AN_OUNCE)
        weight = f"{measures.weight_g} g ({ounces} oz)"
    return size, weight


def _tenths(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.1'), ROUND_HALF_UP):f}"
