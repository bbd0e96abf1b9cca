"""The address of a list of goods: read with patience, written in one way only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from shop.catalog.lists import Mark, Sort, Wish
from shop.catalog.rules import MADE, READY

# In this order they stand in every address.
NAMES = ("category", "when", "price", "craft", "material", "place", "workshop", "sort")
LONGEST_VALUE = 80
LONGEST_YUAN = 9
_YUAN = rf"[0-9]{{1,{LONGEST_YUAN}}}(?:\.[0-9]{{1,2}})?"
_SPAN = re.compile(rf"({_YUAN})?-({_YUAN})?", re.ASCII)


def wish_of(args: Mapping[str, str]) -> Wish:
    """Return what an address asks for; what makes no sense is as if it were not there."""
    low, high = span_of(args.get("price", ""))
    sort = args.get("sort", "")
    when = args.get("when", "")
    named = {
        name: args.get(name, "").strip()[:LONGEST_VALUE]
        for name in ("category", "craft", "material", "place", "workshop")
    }
    return Wish(
        low=low,
        high=high,
        supply=when if when in {READY, MADE} else "",
        sort=Sort(sort) if sort in set(Sort) else Sort.NEW,
        **named,
    )


def mark_of(args: Mapping[str, str]) -> Mark | None:
    """Return where a page begins; anything that is no mark is the first page."""
    if "before" in args:
        return Mark.read(args["before"], is_backwards=True)
    return Mark.read(args.get("after", ""), is_backwards=False)


def span_of(text: str) -> tuple[int | None, int | None]:
    """Return lowest and highest price in fen of ``30-60``, ``-60``, ``30-``, turned if need be."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        return None, None
    low, high = (_fen(part) if part else None for part in found.groups())
    if low is not None and high is not None and low > high:
        return high, low
    return low, high


def typed_span(lowest: str, highest: str) -> str:
    """Return the span of two boxes as an address carries it; a box that is no price is empty."""
    low, high = (_typed(text) for text in (lowest, highest))
    return f"{low}-{high}" if low or high else ""


def _typed(text: str) -> str:
    plain = text.strip().lstrip("¥￥").strip()
    return plain if re.fullmatch(_YUAN, plain, re.ASCII) else ""


def _fen(yuan: str) -> int:
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or "0")


def _yuan(fen: int) -> str:
    whole, part = divmod(fen, 100)
    return f"{whole}.{part:02d}" if part else str(whole)


def span_text(low: int | None, high: int | None) -> str:
    """Return a span of prices as an address carries it, empty for any price."""
    if low is None and high is None:
        return ""
    return f"{'' if low is None else _yuan(low)}-{'' if high is None else _yuan(high)}"


def values_of(wish: Wish) -> dict[str, str]:
    """Return what an address says of a wish, by name, in the one order; defaults are left out."""
    said = {
        "category": wish.category,
        "when": wish.supply,
        "price": span_text(wish.low, wish.high),
        "craft": wish.craft,
        "material": wish.material,
        "place": wish.place,
        "workshop": wish.workshop,
        "sort": "" if wish.sort is Sort.NEW else wish.sort.value,
    }
    return {name: value for name, value in said.items() if value}


def address(values: Mapping[str, str], **changed: str) -> str:
    """Return the address of a list with some values changed; an empty one takes a name away."""
    parts = [
        f"{name}={quote(value, safe='-.')}"
        for name in (*NAMES, "before", "after")
        if (value := changed.get(name, values.get(name, "")))
    ]
    return f"/goods?{'&'.join(parts)}" if parts else "/goods"
