"""What happened to the words by which things are found."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class SynonymsChanged(Event):
    """A station wrote, changed or took away a group of words that mean the same to it."""

    group_id: int
