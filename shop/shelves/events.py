"""What happened to shelves."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ShelfPutUp(Event):
    """Somebody began a shelf; it shows from its first day on."""

    shelf_id: int


@dataclass(frozen=True, slots=True)
class ShelfChanged(Event):
    """A shelf says something else, stands on other days, or has other goods or another order."""

    shelf_id: int
