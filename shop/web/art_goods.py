"""The goods of the demonstration, drawn in one hand until photographs exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: what it is called and the function that draws it."""

    title: str
    draw: Callable[[], str]


GOODS: dict[str, Drawing] = {}
