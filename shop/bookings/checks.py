"""What must hold of seats and experiences at all times, asked of the live database."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.bookings.models import Booking, Experience, ExperienceSession
from shop.bookings.rules import TAKES_SEATS, BookingState, SessionState
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.search import queries as search
from shop.search.rules import EntryKind

MOST = 100  # findings per check: whoever sees a hundred does not need the next
RUNNING = frozenset({BookingState.HELD, BookingState.PAID, BookingState.CHECKED_IN})


def seats_agree_with_bookings() -> Iterator[Finding]:
    """Yield sessions whose counters are not their bookings, or that seat more than they hold."""
    sums = (
        sa.select(
            Booking.session_id,
            _seats_in(Booking.state == BookingState.HELD).label("held"),
            _seats_in(Booking.state.in_(sorted(TAKES_SEATS))).label("booked"),
        )
        .group_by(Booking.session_id)
        .subquery()
    )
    held = sa.func.coalesce(sums.c.held, 0)
    booked = sa.func.coalesce(sums.c.booked, 0)
    session = ExperienceSession
    rows = (
        sa.select(
            session.id,
            session.capacity,
            session.held,
            session.booked,
            held.label("holds"),
            booked.label("bookings"),
        )
        .outerjoin(sums, sums.c.session_id == session.id)
        .where(
            sa.or_(
                session.held != held,
                session.booked != booked,
                session.held + session.booked > session.capacity,
                session.held < 0,
                session.booked < 0,
            )
        )
    )
    for row in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "S2",
            f"session:{row.id}",
            f"{row.capacity} seats; counters say {row.held} held and {row.booked} booked, its"
            f" bookings say {row.holds} and {row.bookings}",
        )


def _seats_in(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, Booking.seats), else_=0))


def bookings_end_once() -> Iterator[Finding]:
    """Yield bookings whose state and end disagree, and open ones of a session that is over."""
    is_running = Booking.state.in_(sorted(RUNNING))
    rows = sa.select(Booking.id, Booking.state).where(is_running == Booking.ended_at.is_not(None))
    for booking_id, state in db.session.execute(rows.limit(MOST)):
        yield Finding("S3", f"booking:{booking_id}", f"{state}, but its end says otherwise")
    left_open = (
        sa.select(Booking.id, Booking.state)
        .join(ExperienceSession, ExperienceSession.id == Booking.session_id)
        .where(ExperienceSession.state == SessionState.SETTLED, is_running)
    )
    for booking_id, state in db.session.execute(left_open.limit(MOST)):
        yield Finding("S3", f"booking:{booking_id}", f"{state} in a session that is settled")


def experiences_can_be_found() -> Iterator[Finding]:
    """Yield public experiences that the index lacks or calls otherwise, and others it knows."""
    rows = db.session.execute(
        sa.select(Experience.id, Experience.title, Experience.title_en).where(Experience.is_public)
    )
    yield from search.entries_differ(
        EntryKind.EXPERIENCE, {row.id: (row.title, row.title_en) for row in rows}
    )


CHECKS: tuple[Check, ...] = (
    Check("S2", "No session seats more guests than it has places", seats_agree_with_bookings),
    Check("F2", "Every experience can be found by its name", experiences_can_be_found),
    Check("S3", "Each booking ends once, in one way", bookings_end_once),
)
