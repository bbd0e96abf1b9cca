"""What stands on a poster; known on both sides of the door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on a poster, in the words of one language, and the address under its code.

    focus    where the picture matters, in quarters: ``22`` is its middle.
    """

    title: str
    by: str
    place: str
    price: str
    call: str
    house: str
    address: str
    focus: str = "22"
