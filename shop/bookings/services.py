"""The verbs of hosting: offer, plan, hold seats, confirm, release, check in, cancel, settle.

Whoever changes seats locks the session first and its bookings after it, so that two bookers of
one session queue up behind its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.bookings.events import (
    ExperienceCreated,
    GuestsCheckedIn,
    SessionCancelled,
    SessionPlanned,
    SessionSettled,
    ShownSeatsChanged,
)
from shop.bookings.models import Booking, Experience, ExperienceSession
from shop.bookings.rules import (
    BOOKABLE,
    DEFAULT_CAPACITY,
    BookingState,
    Party,
    SessionCosts,
    SessionState,
    booking_sources,
    price_of,
    session_sources,
)
from shop.kernel import events, freshness, ids
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.money import Money
from shop.kernel.statements import rows_changed, table_of
from shop.search import services as search
from shop.search.rules import EntryKind, Facts, codes_in
from shop.stations import queries as stations

_experiences = table_of(Experience)
_sessions = table_of(ExperienceSession)
_bookings = table_of(Booking)


class SeatsGone(Conflict):
    """Fewer seats are free than were asked for; ``wanted`` and ``available``."""

    code = "bookings.seats_gone"


class NotBookable(Conflict):
    """The session has begun, was called off or is not open for booking."""

    code = "bookings.not_bookable"


class SlugTaken(Conflict):
    """Another experience has this address already."""

    code = "bookings.slug_taken"


class BadPlan(InvalidInput):
    """A session lies in the past, ends before it begins, or has a senseless number of seats."""

    code = "bookings.bad_plan"


class BookingNotOpen(Conflict):
    """The booking or its session is not in a state from which this can be done."""

    code = "bookings.not_open"


class SessionNotOver(Conflict):
    """A session is settled after it has begun, never before."""

    code = "bookings.session_not_over"


class InstructorMissing(Conflict):
    """A session with guests is settled once it is known who hosted it."""

    code = "bookings.instructor_missing"


@dataclass(frozen=True, slots=True)
class ExperienceTexts:
    """What a visitor reads about an experience; the English ones may be missing."""

    title: str
    title_en: str | None = None
    summary: str = ""
    summary_en: str | None = None
    bring: str = ""
    bring_en: str | None = None
    meeting_point: str = ""
    meeting_point_en: str | None = None
    road_note: str = ""
    road_note_en: str | None = None


@dataclass(frozen=True, slots=True)
class ExperiencePrices:
    """What guests pay, and what one session costs and pays its hosts. Source: domain.md 5 E12."""

    adult: Money
    child: Money
    family: Money
    instructor_fee: Money
    assistant_fee: Money
    kit: Money
    insurance: Money
    room: Money


@transactional
def create_experience(
    *,
    workshop_id: int,
    slug: str,
    texts: ExperienceTexts,
    prices: ExperiencePrices,
    minutes: int,
    min_age: int = 6,
    min_party: int = 4,
    assistant_from: int = 7,
    drawing: str | None = None,
    is_public: bool = True,
    actor: Actor,
    now: datetime,
) -> int:
    """Offer something to learn at a workshop and return its id.

    minutes           how long one session takes.
    min_party         guests without whom it does not take place.
    assistant_from    guests from whom a second pair of hands is paid.

    Raises OutOfReach, Forbidden, SlugTaken, BadPlan.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.HOST_SESSIONS, at=workshop.path)
    amounts = (
        prices.adult,
        prices.child,
        prices.family,
        prices.instructor_fee,
        prices.assistant_fee,
        prices.kit,
        prices.insurance,
        prices.room,
    )
    if minutes <= 0 or min(amount.minor for amount in amounts) < 0:
        raise BadPlan
    if db.session.scalar(sa.select(_experiences.c.id).where(_experiences.c.slug == slug)):
        raise SlugTaken(slug=slug)
    experience_id = db.session.execute(
        sa.insert(_experiences)
        .values(
            public_id=ids.public_id("exp"),
            slug=slug,
            workshop_id=workshop_id,
            station_id=workshop.station_id,
            title=texts.title,
            title_en=texts.title_en,
            summary=texts.summary,
            summary_en=texts.summary_en,
            bring=texts.bring,
            bring_en=texts.bring_en,
            meeting_point=texts.meeting_point,
            meeting_point_en=texts.meeting_point_en,
            road_note=texts.road_note,
            road_note_en=texts.road_note_en,
            drawing=drawing,
            minutes=minutes,
            min_age=min_age,
            adult_minor=prices.adult.minor,
            child_minor=prices.child.minor,
            family_minor=prices.family.minor,
            min_party=min_party,
            kit_minor=prices.kit.minor,
            insurance_minor=prices.insurance.minor,
            room_minor=prices.room.minor,
            instructor_fee_minor=prices.instructor_fee.minor,
            assistant_fee_minor=prices.assistant_fee.minor,
            assistant_from=assistant_from,
            is_public=is_public,
        )
        .returning(_experiences.c.id)
    ).scalar_one()
    enter_in_search(workshop_ids=[workshop_id])
    events.record(
        ExperienceCreated(experience_id), actor=actor, station_id=workshop.station_id, now=now
    )
    return int(experience_id)


@transactional
def enter_in_search(*, workshop_ids: Sequence[int] | None = None) -> None:
    """Enter the experiences of workshops (None: of all) in the search index; safe to repeat.

    Those that are not public leave it.
    """
    wanted = sa.select(*_experiences.c)
    if workshop_ids is not None:
        wanted = wanted.where(_experiences.c.workshop_id.in_(list(workshop_ids)))
    rows = db.session.execute(wanted).all()
    workshops = stations.workshops_by_id({row.workshop_id for row in rows})
    for row in rows:
        if not row.is_public:
            search.remove_entry(EntryKind.EXPERIENCE, row.id)
            continue
        workshop = workshops[row.workshop_id]
        search.put_entry(
            EntryKind.EXPERIENCE,
            Facts(
                subject_id=row.id,
                titles=(row.title, *([row.title_en] if row.title_en else [])),
                # What everybody calls it, whatever its title says.
                kinds=("体验课", "experience"),
                places=(*workshop.place, *workshop.place_en, workshop.name, workshop.name_en or ""),
                texts=(row.summary, row.summary_en or ""),
                place_codes=codes_in(workshop.path),
            ),
            slug=row.slug,
            shown={
                "drawing": row.drawing,
                "minutes": row.minutes,
                "adult": row.adult_minor,
                "child": row.child_minor,
            },
        )


@transactional
def plan_session(
    *,
    experience_id: int,
    starts_at: datetime,
    capacity: int = DEFAULT_CAPACITY,
    instructor_id: int | None = None,
    assistant_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Open a date for booking and return the session's id; it ends after the experience's minutes.

    starts_at    UTC instant of the wall-clock time at the place.

    Raises NotFound, OutOfReach, Forbidden, BadPlan.
    """
    row = db.session.execute(
        sa.select(_experiences.c.station_id, _experiences.c.minutes).where(
            _experiences.c.id == experience_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"experience:{experience_id}")
    actor.require(Permission.HOST_SESSIONS, at=stations.path_of(row.station_id))
    if capacity <= 0 or starts_at <= now:
        raise BadPlan
    session_id = db.session.execute(
        sa.insert(_sessions)
        .values(
            public_id=ids.public_id("ses"),
            experience_id=experience_id,
            station_id=row.station_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=row.minutes),
            capacity=capacity,
            held=0,
            booked=0,
            state=SessionState.OPEN,
            instructor_id=instructor_id,
            assistant_id=assistant_id,
        )
        .returning(_sessions.c.id)
    ).scalar_one()
    events.record(SessionPlanned(session_id), actor=actor, station_id=row.station_id, now=now)
    return int(session_id)


@transactional
def set_hosts(
    *,
    session_id: int,
    instructor_id: int | None,
    assistant_id: int | None,
    actor: Actor,
) -> None:
    """Say who hosts a session; until it is settled. Raises NotFound, OutOfReach, BookingNotOpen."""
    session = _session(session_id)
    actor.require(Permission.HOST_SESSIONS, at=stations.path_of(session.station_id))
    changed = rows_changed(
        sa.update(_sessions)
        .where(_sessions.c.id == session_id, _sessions.c.state != SessionState.SETTLED)
        .values(instructor_id=instructor_id, assistant_id=assistant_id)
    )
    if not changed:
        raise BookingNotOpen(state=session.state.value)


@dataclass(frozen=True, slots=True)
class _SessionRow:
    """One session, locked until the transaction ends."""

    id: int
    station_id: int
    state: SessionState
    starts_at: datetime
    capacity: int
    held: int
    booked: int

    @property
    def free(self) -> int:
        return self.capacity - self.held - self.booked


def _session(session_id: int) -> _SessionRow:
    found = _locked([session_id])
    if not found:
        raise NotFound(what=f"session:{session_id}")
    return found[session_id]


def _locked(session_ids: Sequence[int]) -> dict[int, _SessionRow]:
    # All sessions in one statement and one order: two buyers of the same dates queue up. The lock
    # leaves the key alone: an order line that points here holds that one already, and two of them
    # would wait for each other.
    if not session_ids:
        return {}
    rows = db.session.execute(
        sa.select(
            _sessions.c.id,
            _sessions.c.station_id,
            _sessions.c.state,
            _sessions.c.starts_at,
            _sessions.c.capacity,
            _sessions.c.held,
            _sessions.c.booked,
        )
        .where(_sessions.c.id.in_(session_ids))
        .order_by(_sessions.c.id)
        .with_for_update(key_share=True)
    )
    return {row.id: _SessionRow(*row) for row in rows}


@transactional
def hold(*, owner: str, session_id: int, party: Party, now: datetime, expires_at: datetime) -> str:
    """Promise seats to one owner until ``expires_at`` and return the booking's code.

    owner    whose they are to be, such as ``order:12``; once per session.

    Seats of others whose time is over count as free. Source: trust.md S2, S3.

    Raises NotFound, NotBookable, SeatsGone.
    """
    session = _session(session_id)
    if session.state not in BOOKABLE or session.starts_at <= now:
        raise NotBookable(session=session_id, state=session.state.value)
    fallen = _let_fall([session_id], now=now).get(session_id, 0)
    free = session.free + fallen
    if free < party.seats:
        raise SeatsGone(session_id=session_id, wanted=party.seats, available=max(free, 0))
    _change_seats(session_id, held=party.seats - fallen)
    price = db.session.execute(
        sa.select(
            _experiences.c.adult_minor, _experiences.c.child_minor, _experiences.c.family_minor
        )
        .join(_sessions, _sessions.c.experience_id == _experiences.c.id)
        .where(_sessions.c.id == session_id)
    ).one()
    code = ids.random_letters(8)
    db.session.execute(
        sa.insert(_bookings),
        {
            "code": code,
            "owner": owner,
            "session_id": session_id,
            "adults": party.adults,
            "children": party.children,
            "families": party.families,
            "seats": party.seats,
            "price_minor": price_of(
                party,
                adult=Money(price.adult_minor),
                child=Money(price.child_minor),
                family=Money(price.family_minor),
            ).minor,
            "state": BookingState.HELD,
            "held_at": now,
            "expires_at": expires_at,
        },
    )
    return code


def _let_fall(session_ids: Sequence[int], *, now: datetime) -> dict[int, int]:
    """Mark the run-out bookings of locked sessions and return their seats by session."""
    rows = db.session.execute(
        sa.update(_bookings)
        .where(
            _bookings.c.session_id.in_(session_ids),
            _bookings.c.state == BookingState.HELD,
            _bookings.c.expires_at <= now,
        )
        .values(state=BookingState.EXPIRED, ended_at=now)
        .returning(_bookings.c.session_id, _bookings.c.seats)
    )
    seats: dict[int, int] = {}
    for row in rows:
        seats[row.session_id] = seats.get(row.session_id, 0) + row.seats
    return seats


def _change_seats(session_id: int, *, held: int = 0, booked: int = 0) -> None:
    """Change both counters of a session; the condition repeats the table's own check."""
    # Also when they stay the same: seats that fell by the clock alone went to somebody new.
    freshness.follow(ShownSeatsChanged(session_id))
    if not held and not booked:
        return
    more_held, more_booked = _sessions.c.held + held, _sessions.c.booked + booked
    changed = rows_changed(
        sa.update(_sessions)
        .where(
            _sessions.c.id == session_id,
            more_held >= 0,
            more_booked >= 0,
            more_held + more_booked <= _sessions.c.capacity,
        )
        .values(held=more_held, booked=more_booked)
    )
    if not changed:
        raise SeatsGone(session_id=session_id, wanted=max(held + booked, 0), available=0)


@dataclass(frozen=True, slots=True)
class _BookingRow:
    id: int
    session_id: int
    seats: int
    state: BookingState


def _bookings_of(owner: str) -> list[_BookingRow]:
    rows = db.session.execute(
        sa.select(_bookings.c.id, _bookings.c.session_id, _bookings.c.seats, _bookings.c.state)
        .where(_bookings.c.owner == owner)
        .order_by(_bookings.c.session_id)
    )
    return [_BookingRow(*row) for row in rows]


def _locked_with(owner: str) -> tuple[list[_BookingRow], dict[int, _SessionRow]]:
    # Sessions are locked before the bookings are believed: another thread may let one fall in
    # between, so they are read again behind the lock.
    sessions = _locked(sorted({row.session_id for row in _bookings_of(owner)}))
    return (_bookings_of(owner) if sessions else []), sessions


@transactional
def confirm(*, owner: str, now: datetime) -> bool:
    """Keep an owner's seats for good, because they are paid for; say whether all are there.

    Seats that fell before the money came are taken anew when they are still free and the session
    still takes place. When some are not, the answer is False and nothing has changed. Safe to
    repeat; an owner without bookings is always served. Source: trust.md S6.
    """
    rows, sessions = _locked_with(owner)
    open_rows = [row for row in rows if row.state in {BookingState.HELD, BookingState.EXPIRED}]
    if not open_rows:
        return True
    for row in open_rows:
        session = sessions[row.session_id]
        if session.state not in BOOKABLE or (
            row.state is BookingState.EXPIRED and session.starts_at <= now
        ):
            return False
    others = _others_run_out(owner, sessions, now)
    for row in open_rows:
        session = sessions[row.session_id]
        if (
            row.state is BookingState.EXPIRED
            and session.free + others.get(session.id, 0) < row.seats
        ):
            return False
    _let_others_fall(owner, [row.session_id for row in open_rows], others, now=now)
    for row in open_rows:
        was_held = row.state is BookingState.HELD
        _change_seats(row.session_id, held=-row.seats if was_held else 0, booked=row.seats)
    _move([row.id for row in open_rows], BookingState.PAID, ended_at=None)
    _confirm_full_enough([row.session_id for row in open_rows])
    return True


def _others_run_out(owner: str, sessions: dict[int, _SessionRow], now: datetime) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(_bookings.c.session_id, sa.func.sum(_bookings.c.seats))
        .where(*_run_out(owner, list(sessions), now))
        .group_by(_bookings.c.session_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def _run_out(
    owner: str, session_ids: Sequence[int], now: datetime
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _bookings.c.session_id.in_(session_ids),
        _bookings.c.owner != owner,
        _bookings.c.state == BookingState.HELD,
        _bookings.c.expires_at <= now,
    )


def _let_others_fall(
    owner: str, session_ids: Sequence[int], seats: dict[int, int], *, now: datetime
) -> None:
    if not seats:
        return
    db.session.execute(
        sa.update(_bookings)
        .where(*_run_out(owner, session_ids, now))
        .values(state=BookingState.EXPIRED, ended_at=now)
    )
    for session_id, fallen in sorted(seats.items()):
        _change_seats(session_id, held=-fallen)


def _move(booking_ids: Sequence[int], state: BookingState, *, ended_at: datetime | None) -> None:
    moved = rows_changed(
        sa.update(_bookings)
        .where(_bookings.c.id.in_(booking_ids), _bookings.c.state.in_(booking_sources(state)))
        .values(state=state, ended_at=ended_at)
    )
    if moved != len(booking_ids):
        raise BookingNotOpen(state=state.value)


def _confirm_full_enough(session_ids: Sequence[int]) -> None:
    """Say that sessions take place, once enough guests have paid. Source: domain.md 3, 6."""
    needed = (
        sa.select(_experiences.c.min_party)
        .where(_experiences.c.id == _sessions.c.experience_id)
        .scalar_subquery()
    )
    db.session.execute(
        sa.update(_sessions)
        .where(
            _sessions.c.id.in_(session_ids),
            _sessions.c.state == SessionState.OPEN,
            _sessions.c.booked >= needed,
        )
        .values(state=SessionState.CONFIRMED)
    )


@transactional
def release(
    *, owner: str, now: datetime, session_ids: Sequence[int] | None = None, is_expired: bool = False
) -> int:
    """Set an owner's seats free and return how many; safe to repeat.

    session_ids    only these; None means all of the owner's.
    is_expired     nobody paid in time, as against: somebody cancelled.

    Guests who came or whose session is settled keep their place in the books.
    """
    rows, _ = _locked_with(owner)
    leaving = [
        row
        for row in rows
        if row.state in {BookingState.HELD, BookingState.PAID, BookingState.CHECKED_IN}
        and (session_ids is None or row.session_id in session_ids)
    ]
    if not leaving:
        return 0
    for row in leaving:
        was_held = row.state is BookingState.HELD
        _change_seats(
            row.session_id,
            held=-row.seats if was_held else 0,
            booked=0 if was_held else -row.seats,
        )
    fell = [row.id for row in leaving if is_expired and row.state is BookingState.HELD]
    if fell:
        _move(fell, BookingState.EXPIRED, ended_at=now)
    ended = [row.id for row in leaving if row.id not in fell]
    if ended:
        _move(ended, BookingState.CANCELLED, ended_at=now)
    return sum(row.seats for row in leaving)


@transactional
def expire_holds(*, now: datetime, most: int = 200) -> int:
    """Set free the seats that were held and not paid in time; return how many bookings fell.

    Call it again until it returns zero. Safe from several workers.
    """
    due = list(
        db.session.scalars(
            sa.select(_bookings.c.session_id)
            .where(_bookings.c.state == BookingState.HELD, _bookings.c.expires_at <= now)
            .distinct()
            .limit(most)
        )
    )
    if not due:
        return 0
    _locked(sorted(due))
    fallen = _let_fall(due, now=now)
    for session_id, seats in sorted(fallen.items()):
        _change_seats(session_id, held=-seats)
    return len(fallen)


@transactional
def check_in(*, code: str, actor: Actor, now: datetime) -> bool:
    """Say that the guests of a booking are here; True only the first time.

    Raises NotFound, OutOfReach, Forbidden, BookingNotOpen for one that is not paid.
    """
    row = db.session.execute(
        sa.select(_bookings.c.id, _bookings.c.session_id, _bookings.c.state, _sessions.c.station_id)
        .join(_sessions, _sessions.c.id == _bookings.c.session_id)
        .where(_bookings.c.code == code.strip().upper())
    ).one_or_none()
    if row is None:
        raise NotFound(what="booking")
    actor.require(Permission.CHECK_IN, at=stations.path_of(row.station_id))
    came = rows_changed(
        sa.update(_bookings)
        .where(
            _bookings.c.id == row.id,
            _bookings.c.state.in_(booking_sources(BookingState.CHECKED_IN)),
        )
        .values(state=BookingState.CHECKED_IN, checked_in_at=now)
    )
    if not came:
        if row.state is BookingState.CHECKED_IN:
            return False
        raise BookingNotOpen(state=row.state.value)
    events.record(
        GuestsCheckedIn(row.id, row.session_id), actor=actor, station_id=row.station_id, now=now
    )
    return True


@dataclass(frozen=True, slots=True)
class CalledOff:
    """A session that does not take place: whose money goes back, and what hosting it paid."""

    owners: list[str]
    instructor_fee: Money
    is_new: bool


@transactional
def cancel_session(*, session_id: int, actor: Actor, now: datetime) -> CalledOff:
    """Call a session off and return whose money goes back; safe to repeat.

    Their seats are set free by the refunds, which the workflow makes one by one.

    Raises NotFound, OutOfReach, Forbidden, BookingNotOpen for one that was held.
    """
    session = _session(session_id)
    actor.require(Permission.HOST_SESSIONS, at=stations.path_of(session.station_id))
    called_off = rows_changed(
        sa.update(_sessions)
        .where(
            _sessions.c.id == session_id,
            _sessions.c.state.in_(session_sources(SessionState.CANCELLED)),
        )
        .values(state=SessionState.CANCELLED)
    )
    if called_off:
        events.record(
            SessionCancelled(session_id), actor=actor, station_id=session.station_id, now=now
        )
    elif session.state is not SessionState.CANCELLED:
        raise BookingNotOpen(state=session.state.value)
    owners = db.session.scalars(
        sa.select(_bookings.c.owner)
        .where(
            _bookings.c.session_id == session_id,
            _bookings.c.state.in_([BookingState.PAID, BookingState.CHECKED_IN]),
        )
        .order_by(_bookings.c.id)
    )
    return CalledOff(
        owners=list(owners),
        instructor_fee=_hosting_facts(session_id).instructor_fee,
        is_new=bool(called_off),
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settled session was: who hosted, who came, what it costs.

    owners    of the paid bookings, whether their guests came or not.
    """

    session_id: int
    station_id: int
    workshop_id: int
    title: str
    title_en: str | None
    starts_at: datetime
    guests: int
    instructor_id: int | None
    assistant_id: int | None
    costs: SessionCosts
    owners: tuple[str, ...]
    is_new: bool


@transactional
def settle(*, session_id: int, actor: Actor, now: datetime) -> Settled:
    """End a session that has taken place and return what it was.

    Guests that were checked in were there; those that were not are noted as absent and pay all the
    same. Kits and insurance count for every paid seat, because they were prepared. An assistant is
    paid from the experience's number of guests on.

    Safe to repeat: the second call changes nothing and says so in ``is_new``.

    Raises NotFound, OutOfReach, Forbidden, SessionNotOver, InstructorMissing, BookingNotOpen for
    one that was called off. Source: domain.md 5 E12.
    """
    session = _session(session_id)
    actor.require(Permission.SETTLE_SESSION, at=stations.path_of(session.station_id))
    if session.state is SessionState.CANCELLED:
        raise BookingNotOpen(state=session.state.value)
    if session.starts_at > now:
        raise SessionNotOver
    facts = _hosting_facts(session_id)
    if session.state is SessionState.SETTLED:
        return _settled(session, facts, is_new=False)
    if session.booked and facts.instructor_id is None:
        raise InstructorMissing
    _end_bookings(session_id, now)
    db.session.execute(
        sa.update(_sessions)
        .where(
            _sessions.c.id == session_id,
            _sessions.c.state.in_(session_sources(SessionState.SETTLED)),
        )
        .values(state=SessionState.SETTLED, held=0, settled_at=now, settled_by_id=actor.user_id)
    )
    events.record(SessionSettled(session_id), actor=actor, station_id=session.station_id, now=now)
    return _settled(session, facts, is_new=True)


def _end_bookings(session_id: int, now: datetime) -> None:
    for source, target in (
        (BookingState.CHECKED_IN, BookingState.DONE),
        (BookingState.PAID, BookingState.NO_SHOW),
        (BookingState.HELD, BookingState.EXPIRED),
    ):
        db.session.execute(
            sa.update(_bookings)
            .where(_bookings.c.session_id == session_id, _bookings.c.state == source)
            .values(state=target, ended_at=now)
        )


@dataclass(frozen=True, slots=True)
class _HostingFacts:
    workshop_id: int
    title: str
    title_en: str | None
    instructor_id: int | None
    assistant_id: int | None
    kit: Money
    insurance: Money
    room: Money
    instructor_fee: Money
    assistant_fee: Money
    assistant_from: int


def _hosting_facts(session_id: int) -> _HostingFacts:
    row = db.session.execute(
        sa.select(Experience, ExperienceSession.instructor_id, ExperienceSession.assistant_id)
        .join(ExperienceSession, ExperienceSession.experience_id == Experience.id)
        .where(ExperienceSession.id == session_id)
    ).one()
    offered: Experience = row[0]
    return _HostingFacts(
        workshop_id=offered.workshop_id,
        title=offered.title,
        title_en=offered.title_en,
        instructor_id=row.instructor_id,
        assistant_id=row.assistant_id,
        kit=Money(offered.kit_minor),
        insurance=Money(offered.insurance_minor),
        room=Money(offered.room_minor),
        instructor_fee=Money(offered.instructor_fee_minor),
        assistant_fee=Money(offered.assistant_fee_minor),
        assistant_from=offered.assistant_from,
    )


def _settled(session: _SessionRow, facts: _HostingFacts, *, is_new: bool) -> Settled:
    guests, nothing = session.booked, Money(0)
    has_assistant = facts.assistant_id is not None and guests >= facts.assistant_from
    owners = db.session.scalars(
        sa.select(_bookings.c.owner)
        .where(
            _bookings.c.session_id == session.id,
            _bookings.c.state.in_([BookingState.DONE, BookingState.NO_SHOW]),
        )
        .order_by(_bookings.c.id)
    )
    return Settled(
        session_id=session.id,
        station_id=session.station_id,
        workshop_id=facts.workshop_id,
        title=facts.title,
        title_en=facts.title_en,
        starts_at=session.starts_at,
        guests=guests,
        instructor_id=facts.instructor_id if guests else None,
        assistant_id=facts.assistant_id if has_assistant else None,
        costs=SessionCosts(
            kits=facts.kit * guests,
            insurance=facts.insurance * guests,
            room=facts.room if guests else nothing,
            instructor=facts.instructor_fee if guests else nothing,
            assistant=facts.assistant_fee if has_assistant else nothing,
        ),
        owners=tuple(owners),
        is_new=is_new,
    )
