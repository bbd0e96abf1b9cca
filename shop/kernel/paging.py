"""Pages of a long list by key: the next page begins after a value, whatever came before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from shop.kernel.errors import NotFound

# As many digits as every 64-bit key fits into.
LONGEST_KEY = 18

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and the key after which the next one begins (None: this is the last)."""

    items: tuple[T, ...]
    after: str | None


def key_of(after: str) -> int:
    """Return the row key that a page address carries. Raises NotFound for what is no number."""
    if not after.isdecimal() or len(after) > LONGEST_KEY:
        raise NotFound(what="page")
    return int(after)
