"""Objections to a verdict: within seven days, to another pair of eyes, once.

``workflows.making`` moves stock and wage when one is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from shop.kernel.statements import rows_changed, table_of
from shop.production import queries
from shop.production import services as production
from shop.production.events import AppealDecided, AppealSaid
from shop.production.models import Appeal, HandIn, Inspection
from shop.production.queries import HandInView
from shop.production.rules import APPEAL_TIME, AppealState, Raised, Verdict
from shop.production.services import Inspected
from shop.stations import queries as stations

_appeals = table_of(Appeal)
LONGEST_WORDS = 300


class NothingToAppeal(Conflict):
    """All pieces passed, or nobody has looked yet: there is nothing to object to."""

    code = "production.nothing_to_appeal"


class TooLateToAppeal(Conflict):
    """The seven days in which she may object are over."""

    code = "production.too_late_to_appeal"


class AnotherPair(Forbidden):
    """Whoever gave the verdict does not look again; another pair of eyes does."""

    code = "production.another_pair"


class AppealClosed(Conflict):
    """Somebody has looked again; what was decided stands."""

    code = "production.appeal_closed"


class AnswerMissing(InvalidInput):
    """Where a verdict is kept, she reads why; where it is raised, something must rise."""

    code = "production.answer_missing"


@dataclass(frozen=True, slots=True)
class AppealView:
    """One objection: what she said, and what became of it."""

    hand_in_id: int
    state: AppealState
    words: str
    on_behalf: bool
    said_at: datetime
    said_by_id: int | None
    raised: Raised
    answer: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a second look did: the work, and the verdict before and after."""

    appeal_id: int
    work: Inspected
    before: Verdict
    after: Verdict


@transactional
def say(
    *, hand_in_id: int, words: str, actor: Actor, now: datetime, on_behalf: bool = False
) -> int:
    """Note that a maker objects to a verdict and return the objection's id. Safe to repeat.

    words        hers, at most 300 signs; none are needed.
    on_behalf    a helper notes it for her; the history keeps that.

    Raises NotFound, OutOfReach, Forbidden for whoever is neither she nor takes pieces in at her
    room, NothingToAppeal, TooLateToAppeal. Source: domain.md 3 (appeal, 7 days).
    """
    # Two taps at the same moment take their turn: the second finds the objection of the first.
    db.session.execute(sa.select(HandIn.id).where(HandIn.id == hand_in_id).with_for_update())
    seen = next(iter(queries.hand_ins_by_id([hand_in_id])), None)
    if seen is None:
        raise NotFound(what=f"hand-in:{hand_in_id}")
    if actor.member_id != seen.maker.member_id:
        actor.require(Permission.RECORD_HAND_IN, at=stations.path_of(seen.station_id))
        if not on_behalf:
            raise Forbidden(permission=Permission.RECORD_HAND_IN)
    known = db.session.scalar(sa.select(_appeals.c.id).where(_appeals.c.hand_in_id == hand_in_id))
    if known is not None:
        return int(known)
    refuse(seen, now=now)
    appeal_id: int = db.session.execute(
        sa.insert(_appeals).returning(_appeals.c.id),
        {
            "hand_in_id": hand_in_id,
            "station_id": seen.station_id,
            "state": AppealState.OPEN,
            "words": words.strip()[:LONGEST_WORDS],
            "on_behalf": on_behalf,
            "said_at": now,
            "said_by_id": actor.user_id,
        },
    ).scalar_one()
    events.record(
        AppealSaid(hand_in_id, seen.maker.member_id, on_behalf),
        actor=actor,
        station_id=seen.station_id,
        now=now,
    )
    return appeal_id


@transactional
def decide(
    *, hand_in_id: int, raised: Raised | None, answer: str, actor: Actor, now: datetime
) -> Decided:
    """Write down what a second look found and return what correcting the wage needs to know.

    raised    pieces in a better grade; None keeps the verdict, and then she reads why.

    Called by ``workflows.making``, which moves stock and wage in the same transaction.

    Raises NotFound, OutOfReach, Forbidden, OwnWork, AnotherPair, AppealClosed, AnswerMissing,
    MoreThanThere. Source: domain.md 3, 14.7 (two people).
    """
    work = production.inspected(hand_in_id)
    row = db.session.execute(
        sa.select(Appeal.id, Inspection.inspector_id)
        .join(Inspection, Inspection.hand_in_id == Appeal.hand_in_id)
        .where(Appeal.hand_in_id == hand_in_id)
    ).one_or_none()
    before = queries.verdict_of(hand_in_id)
    if row is None or before is None:
        raise NotFound(what=f"appeal of hand-in:{hand_in_id}")
    actor.require(Permission.INSPECT, at=stations.path_of(work.station_id))
    production.refuse_own_work(work, actor)
    if actor.user_id is not None and actor.user_id == row.inspector_id:
        raise AnotherPair
    if not (raised.pieces if raised is not None else answer.strip()):
        raise AnswerMissing
    after = before if raised is None else raised.of(before)
    decided = rows_changed(
        sa.update(_appeals)
        .where(_appeals.c.id == row.id, _appeals.c.state == AppealState.OPEN)
        .values(
            state=AppealState.KEPT if raised is None else AppealState.UPHELD,
            answer=answer.strip()[:LONGEST_WORDS],
            decided_at=now,
            decided_by_id=actor.user_id,
            **(asdict(raised) if raised is not None else {}),
        )
    )
    if not decided:
        raise AppealClosed
    events.record(
        AppealDecided(hand_in_id, work.member_id, raised is not None),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )
    return Decided(row.id, work, before, after)


def appeals_of(hand_in_ids: Iterable[int]) -> dict[int, AppealView]:
    """Return the objections to some hand-ins, by hand-in; most have none."""
    rows = db.session.scalars(sa.select(Appeal).where(Appeal.hand_in_id.in_(list(hand_in_ids))))
    return {row.hand_in_id: _view(row) for row in rows}


def refuse(seen: HandInView, *, now: datetime) -> None:
    """Return when a hand-in can be objected to. Raises NothingToAppeal, TooLateToAppeal."""
    if seen.verdict is None or seen.inspected_at is None or not seen.verdict.lost:
        raise NothingToAppeal
    if now >= seen.inspected_at + APPEAL_TIME:
        raise TooLateToAppeal


def may_appeal(seen: HandInView, *, now: datetime) -> bool:
    """Say whether there is something to object to in a hand-in, and still time for it."""
    try:
        refuse(seen, now=now)
    except (NothingToAppeal, TooLateToAppeal):
        return False
    return True


def _view(row: Appeal) -> AppealView:
    return AppealView(
        hand_in_id=row.hand_in_id,
        state=row.state,
        words=row.words,
        on_behalf=row.on_behalf,
        said_at=row.said_at,
        said_by_id=row.said_by_id,
        raised=queries.raised_by(row),
        answer=row.answer,
        decided_at=row.decided_at,
    )
