"""When a maker means to bring her pieces: a day and its half, so that somebody is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.clock import SHANGHAI, business_day, start_of_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import InvalidInput
from shop.kernel.statements import insert_or, table_of
from shop.production.events import ComingEnded, ComingSaid
from shop.production.models import Coming, HandIn
from shop.stations import queries as stations
from shop.stations.models import Member
from shop.stations.queries import in_scope
from shop.stations.rules import Season

DAYS_AHEAD = 6
SUNDAY = 7

_coming = table_of(Coming)


class Half(StrEnum):
    """Half a day; the first ends at noon, the second at five."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


ENDS_AT = {Half.MORNING: 12, Half.AFTERNOON: 17}


class NotOpenThen(InvalidInput):
    """The room is closed in that half of a day, or it is over."""

    code = "production.not_open_then"


@dataclass(frozen=True, slots=True)
class ComingView:
    """Who comes when."""

    member_id: int
    on_day: date
    half: Half


def open_halves(
    now: datetime, *, holidays: Collection[date], seasons: Iterable[Season]
) -> list[tuple[date, Half]]:
    """Return the halves of the next six open days in which pieces can be brought.

    A room is open on every day but Sundays, public holidays and spans in which it is closed
    altogether; of today only what is not over.
    """
    local = now.astimezone(ZoneInfo(SHANGHAI))
    closed = [one for one in seasons if one.percent == 0]
    found: list[tuple[date, Half]] = []
    day, days = local.date(), 0
    # A closed month is the longest that a workshop says; further on nobody plans.
    for _ in range(45):
        halves = [half for half in Half if day > local.date() or local.hour < ENDS_AT[half]]
        is_closed = any(one.starts_on <= day < one.ends_on for one in closed)
        if day.isoweekday() != SUNDAY and day not in holidays and not is_closed and halves:
            found += [(day, half) for half in halves]
            days += 1
        if days == DAYS_AHEAD:
            break
        day += timedelta(days=1)
    return found


@transactional
def say(
    *,
    member_id: int,
    on_day: date,
    half: Half,
    halves: Collection[tuple[date, Half]],
    actor: Actor,
    now: datetime,
) -> None:
    """Note when a member means to come; what she said before is replaced. Safe to repeat.

    halves    those in which her room is open (``open_halves``).

    Raises NotOpenThen, NotFound, OutOfReach, Forbidden for whoever is neither she nor takes pieces
    in at her room.
    """
    member = _may_say(member_id, actor)
    if (on_day, half) not in halves:
        raise NotOpenThen
    values = {
        "station_id": member.station_id,
        "on_day": on_day,
        "half": half,
        "said_at": now,
        "said_by_id": actor.user_id,
    }
    db.session.execute(
        insert_or(_coming)
        .values(member_id=member_id, **values)
        .on_conflict_do_update(index_elements=["member_id"], set_=values)
    )
    events.record(ComingSaid(member_id), actor=actor, station_id=member.station_id, now=now)


@transactional
def end(*, member_id: int, actor: Actor, now: datetime) -> None:
    """Note that she does not come after all. Safe to repeat.

    Raises NotFound, OutOfReach, Forbidden.
    """
    member = _may_say(member_id, actor)
    ended = db.session.execute(
        sa.delete(_coming).where(_coming.c.member_id == member_id).returning(_coming.c.member_id)
    ).scalar_one_or_none()
    if ended is not None:
        events.record(ComingEnded(member_id), actor=actor, station_id=member.station_id, now=now)


def _may_say(member_id: int, actor: Actor) -> stations.MemberView:
    member = stations.member(member_id)
    if actor.member_id != member_id:
        actor.require(Permission.RECORD_HAND_IN, at=member.path)
    return member


def coming_of(member_id: int, *, now: datetime) -> ComingView | None:
    """Return when a member means to come; None when she said nothing, or the day is over."""
    row = db.session.execute(
        sa.select(Coming.member_id, Coming.on_day, Coming.half).where(
            Coming.member_id == member_id, Coming.on_day >= business_day(now)
        )
    ).one_or_none()
    return None if row is None else ComingView(row.member_id, row.on_day, Half(row.half))


def coming_to(scope: Scope, *, on_day: date) -> list[ComingView]:
    """Return who is still to come to the rooms within reach on a day, mornings first, by code.

    Whoever handed something in since that day began has come.
    """
    has_come = sa.exists().where(
        HandIn.member_id == Coming.member_id, HandIn.counted_at >= start_of_day(on_day)
    )
    rows = db.session.execute(
        sa.select(Coming.member_id, Coming.on_day, Coming.half)
        .join(Member, Member.id == Coming.member_id)
        .where(Coming.on_day == on_day, in_scope(scope, Coming.station_id), ~has_come)
        .order_by(Coming.half.desc(), Member.code)
    )
    return [ComingView(row.member_id, row.on_day, Half(row.half)) for row in rows]
