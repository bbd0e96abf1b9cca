"""Pages of a long list by key: the next page begins after a value, whatever came before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and the key after which the next one begins (None: this is the last)."""

    items: tuple[T, ...]
    after: str | None
