"""What supervision did that others must be able to see."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PersonLookedAt(Event):
    """Somebody above opened a maker's page and said why; the maker can read it."""

    member_id: int
    reason: str
