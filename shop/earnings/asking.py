"""A small sum that a member wants now: it goes into the next pay run instead of waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.earnings import netting, queries
from shop.earnings.events import PayAsked
from shop.earnings.models import Earning, PayRequest, PayRun, PaySlip
from shop.earnings.rules import MINIMUM_PAYOUT, PayoutState
from shop.kernel import events
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, table_of
from shop.stations import queries as stations
from shop.stations.models import Member, Workshop
from shop.stations.queries import in_scope

_requests = table_of(PayRequest)


class NothingToAsk(Conflict):
    """Nothing small is waiting: there is no sum, or it is paid on the next pay day anyway."""

    code = "earnings.nothing_to_ask"


@dataclass(frozen=True, slots=True)
class Small:
    """What would wait because it is small, and whether she has asked for it."""

    amount: Money
    is_asked: bool

    @property
    def may_ask(self) -> bool:
        """Say whether asking changes anything."""
        return Money(0) < self.amount < MINIMUM_PAYOUT and not self.is_asked


def small_sum(member_id: int, *, now: datetime) -> Small:
    """Return what a run would pay of what is sure and in none yet, and whether she asked for it."""

    def unpaid(part: sa.SQLColumnExpression[int]) -> sa.ScalarSelect[int]:
        return (
            sa.select(sa.func.coalesce(sa.func.sum(part), 0))
            .where(
                Earning.member_id == member_id,
                Earning.pay_slip_id.is_(None),
                Earning.sure_at <= now,
            )
            .scalar_subquery()
        )

    row = db.session.execute(
        sa.select(
            unpaid(Earning.amount_minor).label("amount"),
            unpaid(queries.for_work()).label("for_work"),
            _standing(PayRequest.member_id == member_id).label("is_asked"),
            queries.changes_of(sa.literal(member_id)).label("has_changes"),
        )
    ).one()
    gross = Money(int(row.amount))
    if row.has_changes:
        gross = netting.net(
            queries.owing_of(member_id), gross=gross, for_work=Money(int(row.for_work))
        )
    return Small(gross, bool(row.is_asked))


def _standing(meant: sa.ColumnElement[bool]) -> sa.Exists:
    return sa.exists().where(PayRequest.pay_run_id.is_(None), meant)


@transactional
def ask(*, member_id: int, actor: Actor, now: datetime) -> Money:
    """Let a member have her small sum in the next run, and return it. Safe to repeat.

    She says it herself, or whoever prepares the pay of her room notes it for her.

    Raises NothingToAsk, NotFound, OutOfReach, Forbidden.
    Source: domain.md 6 (minimum payout 50 yuan, any smaller sum on request).
    """
    member = stations.member(member_id)
    if actor.member_id != member_id:
        actor.require(Permission.PREPARE_PAY, at=member.path)
    small = small_sum(member_id, now=now)
    if not Money(0) < small.amount < MINIMUM_PAYOUT:
        raise NothingToAsk
    new_id = db.session.execute(
        insert_or(_requests)
        .values(member_id=member_id, asked_at=now, asked_by_id=actor.user_id)
        .on_conflict_do_nothing()
        .returning(_requests.c.id)
    ).scalar_one_or_none()
    if new_id is not None:
        events.record(
            PayAsked(member_id, int(new_id)), actor=actor, station_id=member.station_id, now=now
        )
    return small.amount


def who_asked(workshop_id: int) -> frozenset[int]:
    """Return the members of a workshop whose small sums go into its next run."""
    return frozenset(
        db.session.scalars(
            sa.select(PayRequest.member_id)
            .join(Member, Member.id == PayRequest.member_id)
            .where(Member.workshop_id == workshop_id, PayRequest.pay_run_id.is_(None))
        )
    )


def asking(scope: Scope) -> list[int]:
    """Return the members within reach who asked and wait for the next run, the first first."""
    return list(
        db.session.scalars(
            sa.select(PayRequest.member_id)
            .join(Member, Member.id == PayRequest.member_id)
            .join(Workshop, Workshop.id == Member.workshop_id)
            .where(PayRequest.pay_run_id.is_(None), in_scope(scope, Workshop.station_id))
            .order_by(PayRequest.id)
        )
    )


@transactional
def answer(*, pay_run_id: int) -> None:
    """Note which wishes a run has answered: of those it pays. The others stand. Safe to repeat."""
    paid: sa.Select[int] = sa.select(PaySlip.member_id).where(
        PaySlip.pay_run_id == pay_run_id, PaySlip.state != PayoutState.CARRIED
    )
    prepared_at = sa.select(PayRun.prepared_at).where(PayRun.id == pay_run_id).scalar_subquery()
    db.session.execute(
        sa.update(PayRequest)
        .where(
            PayRequest.pay_run_id.is_(None),
            PayRequest.asked_at <= prepared_at,
            PayRequest.member_id.in_(paid),
        )
        .values(pay_run_id=pay_run_id)
        .execution_options(synchronize_session=False)
    )
