"""A maker's PIN given anew at the room: one colleague asks, another is there when she types it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.accounts import queries, rules
from shop.accounts.events import PinGivenAnew, PinResetAsked, PinResetDropped
from shop.accounts.models import PinReset
from shop.accounts.services import LoginTaken, WeakPin, create_user, refuse_weak, replace_password
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.statements import rows_changed
from shop.stations import queries as stations


class SecondColleague(Conflict):
    """Whoever asked for the new PIN is not its witness, and nobody does it for herself."""

    code = "accounts.second_colleague"


class PinResetUnderWay(Conflict):
    """It is asked for already; another colleague is her witness."""

    code = "accounts.pin_reset_under_way"


class AlsoStaff(Conflict):
    """She works at the desk too: what opens that is more than two colleagues may give."""

    code = "accounts.also_staff"


class NoNumber(InvalidInput):
    """She has no telephone number to sign in with."""

    code = "accounts.no_number"


class PinsDiffer(InvalidInput):
    """The two times she typed it are not the same six digits."""

    code = "accounts.pins_differ"


@dataclass(frozen=True, slots=True)
class PinResetView:
    """A new PIN that is asked for: whose, by whom (user id), why."""

    public_id: str
    member_id: int
    asked_by_id: int
    asked_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PinGiven:
    """A PIN that was given anew: who asked, who was there (user ids), when."""

    asked_by_id: int
    witness_id: int
    given_at: datetime


@transactional
def ask(*, member_id: int, reason: str, actor: Actor, now: datetime) -> str:
    """Ask for a new PIN for a maker who stands at the table; return the public id of the wish.

    Within an hour another colleague is her witness; until then her old PIN stays.

    reason    what happened, at most 200 characters; the maker can read who asked.

    Raises SecondColleague for one's own, NoNumber, AlsoStaff, PinResetUnderWay, NotFound,
    OutOfReach, Forbidden. Source: domain.md 8 (a helper can reset the PIN with a witness), 14.7.
    """
    member = stations.member(member_id)
    actor.require(Permission.MANAGE_MEMBERS, at=member.path)
    if actor.user_id is None or actor.member_id == member_id:
        raise SecondColleague
    user = queries.user_of_member(member_id)
    if user is None and not member.phone:
        raise NoNumber
    if user is not None and queries.grants_of(user.id):
        raise AlsoStaff
    if _open(PinReset.member_id == member_id, now) is not None:
        raise PinResetUnderWay
    name = public_id("pnr")
    reset_id = db.session.execute(
        sa.insert(PinReset).returning(PinReset.id),
        {
            "public_id": name,
            "member_id": member_id,
            "asked_by_id": actor.user_id,
            "asked_at": now,
            "reason": reason[: rules.LONGEST_REASON],
        },
    ).scalar_one()
    events.record(
        PinResetAsked(member_id, reset_id), actor=actor, station_id=member.station_id, now=now
    )
    return name


def witness(*, name: str, pin: str, again: str, actor: Actor, now: datetime) -> None:
    """Keep the PIN that she has typed before the second colleague; sign her out everywhere.

    Who has no account yet signs in with her telephone number from now on. Tries and lock end.

    Raises SecondColleague for who asked and for the maker herself, AlsoStaff, PinsDiffer, WeakPin,
    LoginTaken, NotFound (also after an hour), OutOfReach, Forbidden.
    """
    reset = _open(PinReset.public_id == name, now)
    if reset is None:
        raise NotFound(what=f"pin reset {name}")
    member = stations.member(reset.member_id)
    actor.require(Permission.SEE_DESK, at=member.path)
    if actor.user_id == reset.asked_by_id or actor.member_id == reset.member_id:
        raise SecondColleague
    if pin != again:
        raise PinsDiffer
    user = queries.user_of_member(member.id)
    login = user.login if user is not None else rules.login_name(member.phone or "")
    if user is not None and queries.grants_of(user.id):
        raise AlsoStaff
    if not rules.is_pin(pin):
        raise WeakPin(digits=rules.PIN_DIGITS)
    refuse_weak(pin, login=login, is_maker=True)
    if user is None and queries.is_taken(login):
        raise LoginTaken(login=login)

    def together() -> None:
        _close(reset, actor=actor, station_id=member.station_id, now=now)

    if user is not None:
        replace_password(user_id=user.id, password=pin, together=together, now=now)
    else:
        create_user(
            login=login,
            name=member.name,
            password=pin,
            member_id=member.id,
            together=together,
            now=now,
        )


@transactional
def _close(reset: PinReset, *, actor: Actor, station_id: int, now: datetime) -> None:
    closed = rows_changed(
        sa.update(PinReset)
        .where(PinReset.id == reset.id, PinReset.closed_at.is_(None))
        .values(witness_id=actor.user_id, closed_at=now)
    )
    if not closed:
        raise NotFound(what=f"pin reset {reset.public_id}")
    events.record(
        PinGivenAnew(reset.member_id, reset.id, reset.asked_by_id),
        actor=actor,
        station_id=station_id,
        now=now,
    )


@transactional
def drop(*, name: str, actor: Actor, now: datetime) -> None:
    """Drop what was asked for; her PIN stays. Raises NotFound, OutOfReach, Forbidden."""
    reset = _open(PinReset.public_id == name, now)
    if reset is None:
        raise NotFound(what=f"pin reset {name}")
    member = stations.member(reset.member_id)
    actor.require(Permission.SEE_DESK, at=member.path)
    db.session.execute(sa.update(PinReset).where(PinReset.id == reset.id).values(closed_at=now))
    events.record(
        PinResetDropped(member.id, reset.id), actor=actor, station_id=member.station_id, now=now
    )


def last_given(member_id: int) -> PinGiven | None:
    """Return when a maker was last given a new PIN and by which two (user ids), for her to read."""
    row = db.session.scalars(
        sa.select(PinReset)
        .where(PinReset.member_id == member_id, PinReset.witness_id.is_not(None))
        .order_by(PinReset.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.witness_id is None or row.closed_at is None:
        return None
    return PinGiven(row.asked_by_id, row.witness_id, row.closed_at)


def open_resets(actor: Actor, *, now: datetime) -> list[PinResetView]:
    """Return what is asked for within a colleague's reach and waits for a witness, oldest first."""
    rows = db.session.scalars(_standing(now).order_by(PinReset.id)).all()
    members = stations.members_by_id(row.member_id for row in rows)
    return [
        _view(row) for row in rows if actor.may(Permission.SEE_DESK, at=members[row.member_id].path)
    ]


def open_reset(name: str, *, actor: Actor, now: datetime) -> PinResetView:
    """Return what is asked for and waits. Raises NotFound, OutOfReach, Forbidden."""
    reset = _open(PinReset.public_id == name, now)
    if reset is None:
        raise NotFound(what=f"pin reset {name}")
    actor.require(Permission.SEE_DESK, at=stations.member(reset.member_id).path)
    return _view(reset)


def _standing(now: datetime) -> sa.Select[PinReset]:
    return sa.select(PinReset).where(
        PinReset.closed_at.is_(None), PinReset.asked_at > now - rules.PIN_RESET_LIFE
    )


def _open(meant: sa.ColumnElement[bool], now: datetime) -> PinReset | None:
    return db.session.scalar(_standing(now).where(meant).execution_options(populate_existing=True))


def _view(row: PinReset) -> PinResetView:
    return PinResetView(row.public_id, row.member_id, row.asked_by_id, row.asked_at, row.reason)
