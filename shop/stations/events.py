"""What happens to places and to the people who belong to them."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PlacesChanged(Event):
    """Places of the tree were added, renamed or opened; no history keeps it."""

    places: int


@dataclass(frozen=True, slots=True)
class PlaceRenamed(Event):
    """A place has another official name; whatever lies there is called after it."""

    station_id: int


@dataclass(frozen=True, slots=True)
class WorkshopFounded(Event):
    """A workshop began at a room."""

    workshop_id: int


@dataclass(frozen=True, slots=True)
class MemberJoined(Event):
    """A maker joined a workshop."""

    member_id: int
    workshop_id: int


@dataclass(frozen=True, slots=True)
class ConsentGiven(Event):
    """A maker allowed one use of what is hers."""

    member_id: int
    purpose: str


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    """A maker took one permission back; it ended at once."""

    member_id: int
    purpose: str


@dataclass(frozen=True, slots=True)
class PaceChanged(Event):
    """A workshop said anew how much it weaves, when the carrier comes, or which weeks are slow."""

    workshop_id: int


@dataclass(frozen=True, slots=True)
class ShippingShown(Event):
    """The least that a parcel of a workshop costs is another sum."""

    workshop_id: int


@dataclass(frozen=True, slots=True)
class WorkshopDescribed(Event):
    """A workshop says something else of itself: its story, its hours, the way there."""

    workshop_id: int
