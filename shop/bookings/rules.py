"""Who may come, what it costs, and what a session or a booking may become.

Pure: no database, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money

FREE_UNTIL = timedelta(hours=24)
SEATS_PER_FAMILY = 2
LARGEST_PARTY = 60
DEFAULT_CAPACITY = 12


class SessionState(StrEnum):
    """Where a dated session stands. Source: domain.md 3."""

    PLANNED = "planned"
    OPEN = "open"
    CONFIRMED = "confirmed"
    HELD = "held"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class BookingState(StrEnum):
    """Where a booking stands; an unpaid one falls when its time is over."""

    HELD = "held"
    PAID = "paid"
    CHECKED_IN = "checked_in"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


SESSION_MOVES: dict[SessionState, frozenset[SessionState]] = {
    SessionState.PLANNED: frozenset({SessionState.OPEN, SessionState.CANCELLED}),
    SessionState.OPEN: frozenset(
        {
            SessionState.CONFIRMED,
            SessionState.HELD,
            SessionState.SETTLED,
            SessionState.CANCELLED,
        }
    ),
    SessionState.CONFIRMED: frozenset(
        {SessionState.HELD, SessionState.SETTLED, SessionState.CANCELLED}
    ),
    SessionState.HELD: frozenset({SessionState.SETTLED}),
    SessionState.SETTLED: frozenset(),
    SessionState.CANCELLED: frozenset(),
}
# A booking that fell comes back when its money comes after all and its seats are still free.
BOOKING_MOVES: dict[BookingState, frozenset[BookingState]] = {
    BookingState.HELD: frozenset({BookingState.PAID, BookingState.CANCELLED, BookingState.EXPIRED}),
    BookingState.PAID: frozenset(
        {
            BookingState.CHECKED_IN,
            BookingState.DONE,
            BookingState.NO_SHOW,
            BookingState.CANCELLED,
        }
    ),
    BookingState.CHECKED_IN: frozenset({BookingState.DONE, BookingState.CANCELLED}),
    BookingState.DONE: frozenset({BookingState.CANCELLED}),
    BookingState.NO_SHOW: frozenset({BookingState.CANCELLED}),
    BookingState.CANCELLED: frozenset(),
    BookingState.EXPIRED: frozenset({BookingState.PAID}),
}
BOOKABLE = frozenset({SessionState.OPEN, SessionState.CONFIRMED})
TAKES_SEATS = frozenset(
    {BookingState.PAID, BookingState.CHECKED_IN, BookingState.DONE, BookingState.NO_SHOW}
)


class NobodyComes(InvalidInput):
    """A booking for no person at all, for a negative number or for a crowd."""

    code: ClassVar[str] = "bookings.nobody_comes"


class ChildrenAlone(InvalidInput):
    """Children come with a grown-up. Source: domain.md 6 (under 14 with guardian, booker 18+)."""

    code: ClassVar[str] = "bookings.children_alone"


@dataclass(frozen=True, slots=True)
class Party:
    """Who comes: adults, children and families of two. Raises NobodyComes, ChildrenAlone."""

    adults: int = 0
    children: int = 0
    families: int = 0

    def __post_init__(self) -> None:
        """Refuse parties that cannot sit down."""
        counts = (self.adults, self.children, self.families)
        if min(counts) < 0 or not 0 < self.seats <= LARGEST_PARTY:
            raise NobodyComes(seats=self.seats, most=LARGEST_PARTY)
        if self.children and not (self.adults or self.families):
            raise ChildrenAlone(children=self.children)

    @property
    def seats(self) -> int:
        """Return how many seats they need; a family is one adult and one child."""
        return self.adults + self.children + SEATS_PER_FAMILY * self.families


def price_of(party: Party, *, adult: Money, child: Money, family: Money) -> Money:
    """Return what the party pays. Source: domain.md 5 E12."""
    return adult * party.adults + child * party.children + family * party.families


def session_sources(state: SessionState) -> list[SessionState]:
    """Return the states from which a session may become ``state``."""
    return sorted(source for source, targets in SESSION_MOVES.items() if state in targets)


def booking_sources(state: BookingState) -> list[BookingState]:
    """Return the states from which a booking may become ``state``."""
    return sorted(source for source, targets in BOOKING_MOVES.items() if state in targets)


@dataclass(frozen=True, slots=True)
class SessionCosts:
    """What holding one session costs, line by line. Source: domain.md 5 E12."""

    kits: Money
    insurance: Money
    room: Money
    instructor: Money
    assistant: Money

    @property
    def materials(self) -> Money:
        """Return what is not pay: kits, insurance, tea and room."""
        return self.kits + self.insurance + self.room

    @property
    def pay(self) -> Money:
        """Return what the women who host it earn."""
        return self.instructor + self.assistant
