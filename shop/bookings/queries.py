"""Reads of experiences, sessions, seats and bookings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.bookings.models import Booking, Experience, ExperienceSession
from shop.bookings.rules import BOOKABLE, BookingState, Party, SessionState, price_of
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.stations import queries as stations

# The next instant at which a date can no longer be booked because it begins.
NEXT_START = sa.select(sa.func.min(ExperienceSession.starts_at)).where(
    ExperienceSession.state.in_(sorted(BOOKABLE)),
    ExperienceSession.starts_at > sa.bindparam("now"),
)
# The next instant at which seats of some sessions count as free because nobody paid them in time.
NEXT_FALL_OF_SESSIONS = sa.select(sa.func.min(Booking.expires_at)).where(
    Booking.session_id.in_(sa.bindparam("session", expanding=True)),
    Booking.state == BookingState.HELD,
    Booking.expires_at > sa.bindparam("now"),
)


@dataclass(frozen=True, slots=True)
class SessionView:
    """One dated session with the prices and places of its experience.

    ``places_left`` counts seats whose hold has run out as free.
    """

    id: int
    public_id: str
    experience_id: int
    slug: str
    title: str
    title_en: str | None
    workshop_id: int
    station_id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    booked: int
    places_left: int
    state: SessionState
    min_party: int
    min_age: int
    adult: Money
    child: Money
    family: Money
    drawing: str | None
    instructor_id: int | None
    assistant_id: int | None

    def price_of(self, party: Party) -> Money:
        """Return what a party pays here."""
        return price_of(party, adult=self.adult, child=self.child, family=self.family)

    def is_bookable(self, now: datetime) -> bool:
        """Say whether seats can still be bought, leaving aside how many are left."""
        return self.state in BOOKABLE and self.starts_at > now


@dataclass(frozen=True, slots=True)
class ExperienceView:
    """What visitors can learn; ``next_at`` is its next open date, None when there is none."""

    id: int
    public_id: str
    slug: str
    workshop_id: int
    station_id: int
    title: str
    title_en: str | None
    summary: str
    summary_en: str | None
    bring: str
    bring_en: str | None
    meeting_point: str
    meeting_point_en: str | None
    road_note: str
    road_note_en: str | None
    drawing: str | None
    minutes: int
    min_age: int
    min_party: int
    adult: Money
    child: Money
    family: Money
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExperiencePage:
    """One experience with its workshop and its open dates."""

    experience: ExperienceView
    workshop: stations.WorkshopView
    sessions: tuple[SessionView, ...]


@dataclass(frozen=True, slots=True)
class BookingView:
    """Who comes to which session, and whether they came."""

    id: int
    code: str
    owner: str
    session_id: int
    adults: int
    children: int
    families: int
    seats: int
    price: Money
    state: BookingState
    expires_at: datetime
    checked_in_at: datetime | None

    @property
    def order_id(self) -> int | None:
        """Return the order it was bought with."""
        kind, _, number = self.owner.partition(":")
        return int(number) if kind == "order" else None


def _run_out(now: datetime) -> sa.ScalarSelect[Any]:
    """Return the seats of a session whose hold is over although nobody has swept it yet."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(Booking.seats), 0))
        .where(
            Booking.session_id == ExperienceSession.id,
            Booking.state == BookingState.HELD,
            Booking.expires_at <= now,
        )
        .correlate(ExperienceSession)
        .scalar_subquery()
    )


def _session_rows(now: datetime) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        ExperienceSession.id,
        ExperienceSession.public_id,
        ExperienceSession.experience_id,
        Experience.slug,
        Experience.title,
        Experience.title_en,
        Experience.workshop_id,
        ExperienceSession.station_id,
        ExperienceSession.starts_at,
        ExperienceSession.ends_at,
        ExperienceSession.capacity,
        ExperienceSession.booked,
        ExperienceSession.held,
        _run_out(now).label("run_out"),
        ExperienceSession.state,
        Experience.min_party,
        Experience.min_age,
        Experience.adult_minor,
        Experience.child_minor,
        Experience.family_minor,
        Experience.drawing,
        ExperienceSession.instructor_id,
        ExperienceSession.assistant_id,
    ).join(Experience, Experience.id == ExperienceSession.experience_id)


def _session_view(row: Any) -> SessionView:
    return SessionView(
        id=row.id,
        public_id=row.public_id,
        experience_id=row.experience_id,
        slug=row.slug,
        title=row.title,
        title_en=row.title_en,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        capacity=row.capacity,
        booked=row.booked,
        places_left=row.capacity - row.booked - row.held + int(row.run_out),
        state=row.state,
        min_party=row.min_party,
        min_age=row.min_age,
        adult=Money(row.adult_minor),
        child=Money(row.child_minor),
        family=Money(row.family_minor),
        drawing=row.drawing,
        instructor_id=row.instructor_id,
        assistant_id=row.assistant_id,
    )


def sessions_by_id(session_ids: Iterable[int], *, now: datetime) -> dict[int, SessionView]:
    """Return sessions by id with their places left; unknown ids are missing."""
    wanted = sorted(set(session_ids))
    if not wanted:
        return {}
    rows = db.session.execute(_session_rows(now).where(ExperienceSession.id.in_(wanted)))
    return {row.id: _session_view(row) for row in rows}


def session(public_id: str, *, now: datetime) -> SessionView:
    """Return one session by its outside name. Raises NotFound."""
    row = db.session.execute(
        _session_rows(now).where(ExperienceSession.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=public_id)
    return _session_view(row)


def sessions(
    scope: Scope,
    *,
    starts_from: datetime,
    starts_before: datetime,
    now: datetime,
    workshop_id: int | None = None,
    most: int = 200,
) -> list[SessionView]:
    """Return the sessions in a reader's reach that begin in a half-open span, in order of time."""
    wanted = _session_rows(now).where(
        stations.in_scope(scope, ExperienceSession.station_id),
        ExperienceSession.starts_at >= starts_from,
        ExperienceSession.starts_at < starts_before,
    )
    if workshop_id is not None:
        wanted = wanted.where(Experience.workshop_id == workshop_id)
    rows = db.session.execute(
        wanted.order_by(ExperienceSession.starts_at, ExperienceSession.id).limit(most)
    )
    return [_session_view(row) for row in rows]


def _open_dates(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ExperienceSession.state.in_(sorted(BOOKABLE)),
        ExperienceSession.starts_at > now,
    )


def _experience_rows(now: datetime) -> sa.Select[Any]:
    next_at = (
        sa.select(sa.func.min(ExperienceSession.starts_at))
        .where(ExperienceSession.experience_id == Experience.id, *_open_dates(now))
        .correlate(Experience)
        .scalar_subquery()
    )
    return sa.select(*Experience.__table__.c, next_at.label("next_at"))


def _experience_view(row: Any) -> ExperienceView:
    return ExperienceView(
        id=row.id,
        public_id=row.public_id,
        slug=row.slug,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        title=row.title,
        title_en=row.title_en,
        summary=row.summary,
        summary_en=row.summary_en,
        bring=row.bring,
        bring_en=row.bring_en,
        meeting_point=row.meeting_point,
        meeting_point_en=row.meeting_point_en,
        road_note=row.road_note,
        road_note_en=row.road_note_en,
        drawing=row.drawing,
        minutes=row.minutes,
        min_age=row.min_age,
        min_party=row.min_party,
        adult=Money(row.adult_minor),
        child=Money(row.child_minor),
        family=Money(row.family_minor),
        next_at=row.next_at,
    )


def experiences_public(
    now: datetime, *, workshop_id: int | None = None, most: int = 100
) -> list[ExperienceView]:
    """Return what visitors can book, those with the nearest open date first."""
    wanted = _experience_rows(now).where(Experience.is_public)
    if workshop_id is not None:
        wanted = wanted.where(Experience.workshop_id == workshop_id)
    rows = db.session.execute(wanted.order_by(Experience.id).limit(most))
    views = [_experience_view(row) for row in rows]
    # Those without a date come last, each group in the order in which it was created.
    return sorted(views, key=lambda view: (view.next_at is None, view.next_at or now))


def next_dates(workshop_ids: Iterable[int], *, now: datetime) -> dict[int, datetime]:
    """Return the next open date of what visitors can learn, by workshop; those without are missing.

    One statement.
    """
    wanted = sorted(set(workshop_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(Experience.workshop_id, sa.func.min(ExperienceSession.starts_at))
        .join(ExperienceSession, ExperienceSession.experience_id == Experience.id)
        .where(Experience.workshop_id.in_(wanted), Experience.is_public, *_open_dates(now))
        .group_by(Experience.workshop_id)
    )
    return dict(rows.all())


def experience(slug: str, now: datetime, *, most_sessions: int = 40) -> ExperiencePage:
    """Return the page of a public experience with its open dates. Raises NotFound."""
    row = db.session.execute(
        _experience_rows(now).where(Experience.slug == slug, Experience.is_public)
    ).one_or_none()
    if row is None:
        raise NotFound(what=slug)
    dates = db.session.execute(
        _session_rows(now)
        .where(ExperienceSession.experience_id == row.id, *_open_dates(now))
        .order_by(ExperienceSession.starts_at, ExperienceSession.id)
        .limit(most_sessions)
    )
    return ExperiencePage(
        experience=_experience_view(row),
        workshop=stations.workshop(row.workshop_id),
        sessions=tuple(_session_view(date) for date in dates),
    )


def next_sessions(now: datetime, *, most: int = 3) -> list[SessionView]:
    """Return the nearest open dates of all public experiences, for the front page."""
    rows = db.session.execute(
        _session_rows(now)
        .where(Experience.is_public, *_open_dates(now))
        .order_by(ExperienceSession.starts_at, ExperienceSession.id)
        .limit(most)
    )
    return [_session_view(row) for row in rows]


def experiences(scope: Scope, *, now: datetime, most: int = 200) -> list[ExperienceView]:
    """Return the experiences of the workshops in a worker's reach, public or not."""
    rows = db.session.execute(
        _experience_rows(now)
        .where(stations.in_scope(scope, Experience.station_id))
        .order_by(Experience.id)
        .limit(most)
    )
    return [_experience_view(row) for row in rows]


def _bookings(*conditions: sa.ColumnElement[bool]) -> list[BookingView]:
    rows = db.session.execute(
        sa.select(*Booking.__table__.c).where(*conditions).order_by(Booking.id)
    )
    return [
        BookingView(
            id=row.id,
            code=row.code,
            owner=row.owner,
            session_id=row.session_id,
            adults=row.adults,
            children=row.children,
            families=row.families,
            seats=row.seats,
            price=Money(row.price_minor),
            state=row.state,
            expires_at=row.expires_at,
            checked_in_at=row.checked_in_at,
        )
        for row in rows
    ]


def booking(code: str) -> BookingView:
    """Return the booking with this code, which its guest was given. Raises NotFound."""
    found = _bookings(Booking.code == code.strip().upper())
    if not found:
        raise NotFound(what="booking")
    return found[0]


def bookings_of(owner: str) -> list[BookingView]:
    """Return the bookings of one owner such as ``order:12``."""
    return _bookings(Booking.owner == owner)


def bookings_in(session_id: int) -> list[BookingView]:
    """Return who is booked into a session, paid or further, for the list at the door."""
    return _bookings(
        Booking.session_id == session_id,
        Booking.state.in_(
            [
                BookingState.PAID,
                BookingState.CHECKED_IN,
                BookingState.DONE,
                BookingState.NO_SHOW,
            ]
        ),
    )


def all_bookings_in(session_id: int) -> list[BookingView]:
    """Return who was ever booked into a session, whatever became of it."""
    return _bookings(Booking.session_id == session_id)


def owners_with_sessions_to_come(owners: Iterable[str]) -> set[str]:
    """Return which of the owners still have a paid session that was not settled."""
    return set(
        db.session.scalars(
            sa.select(Booking.owner).where(
                Booking.owner.in_(sorted(set(owners))),
                Booking.state.in_([BookingState.PAID, BookingState.CHECKED_IN]),
            )
        )
    )
