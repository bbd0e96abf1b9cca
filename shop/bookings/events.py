"""What happened to sessions and bookings; the first field of each is its subject."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ExperienceCreated(Event):
    """A workshop offers something to learn."""

    experience_id: int


@dataclass(frozen=True, slots=True)
class SessionPlanned(Event):
    """A date can be booked."""

    session_id: int


@dataclass(frozen=True, slots=True)
class ShownSeatsChanged(Event):
    """A session has more or fewer free seats than pages say; no history keeps it."""

    session_id: int


@dataclass(frozen=True, slots=True)
class SessionCancelled(Event):
    """The house has called a session off."""

    session_id: int


@dataclass(frozen=True, slots=True)
class SessionSettled(Event):
    """A session was held, its hosts are paid and its money is income."""

    session_id: int


@dataclass(frozen=True, slots=True)
class GuestsCheckedIn(Event):
    """The guests of a booking are here."""

    booking_id: int
    session_id: int
