"""Pay whose promised day has gone by: which workshop, how much, since when, who has to see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.earnings import rules
from shop.earnings.models import Earning, PayRun, PaySlip
from shop.earnings.rules import PayoutState
from shop.kernel.access import Scope
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.stations.queries import in_scope
from shop.stations.rules import Tier

OWED = (PayoutState.PENDING, PayoutState.SENDING, PayoutState.RETURNED)


@dataclass(frozen=True, slots=True)
class LatePay:
    """What one workshop has not paid although its pay day is over.

    promised_on    the oldest day that was promised.
    days           how long ago that was.
    """

    workshop_id: int
    station_id: int
    members: int
    amount: Money
    promised_on: date
    days: int

    def reaches(self, tier: Tier) -> bool:
        """Say whether it has been late for so long that this tier has to see it."""
        return self.days >= rules.LATE_PAY_CLIMBS[tier]


def late_pay(scope: Scope, *, now: datetime) -> list[LatePay]:
    """Return the workshops within reach whose pay is late, the longest first.

    A small sum that the last run carried over is not late, and neither is what waits for a day
    to come. Money that came back is: she has not got it.

    Source: features.md 20 of what nobody has; domain.md 1 (the sin to prevent).
    """
    today = business_day(now)
    end = _last_end_paid_before(today)
    found: dict[int, LatePay] = {}
    for row in db.session.execute(sa.union_all(_in_no_run(scope, end), _in_a_run(scope, today))):
        _add(found, row, row.pay_on or rules.pay_day_for(business_day(row.since)), today)
    return sorted(found.values(), key=lambda one: (one.promised_on, one.workshop_id))


def _add(found: dict[int, LatePay], row: Any, promised_on: date, today: date) -> None:
    known = found.get(row.workshop_id)
    oldest = promised_on if known is None else min(promised_on, known.promised_on)
    found[row.workshop_id] = LatePay(
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        members=int(row.members) + (known.members if known else 0),
        amount=Money(int(row.amount)) + (known.amount if known else Money(0)),
        promised_on=oldest,
        days=(today - oldest).days,
    )


def _last_end_paid_before(today: date) -> date:
    """Return the latest end of a period whose pay day is over."""
    end = rules.last_period_end(today)
    while rules.pay_day_for(end) >= today:
        end = rules.last_period_end(end)
    return end


def _in_no_run(scope: Scope, end: date) -> sa.Select[*tuple[object, ...]]:
    """Select sums that no run has taken, of members whose last run did not carry them over."""
    carried = sa.exists().where(
        PaySlip.member_id == Earning.member_id,
        PaySlip.state == PayoutState.CARRIED,
        PaySlip.pay_run_id == PayRun.id,
        PayRun.period_end_on >= end,
    )
    hers = (
        sa.select(
            Earning.workshop_id,
            Earning.station_id,
            sa.func.sum(Earning.amount_minor).label("amount"),
            sa.func.min(Earning.sure_at, type_=Earning.sure_at.type).label("since"),
        )
        .where(
            Earning.pay_slip_id.is_(None),
            Earning.sure_at < start_of_day(end + timedelta(days=1)),
            in_scope(scope, Earning.station_id),
            sa.not_(carried),
        )
        .group_by(Earning.workshop_id, Earning.station_id, Earning.member_id)
        .having(sa.func.sum(Earning.amount_minor) > 0)
        .subquery()
    )
    return sa.select(
        hers.c.workshop_id,
        hers.c.station_id,
        sa.func.count().label("members"),
        sa.func.sum(hers.c.amount).label("amount"),
        sa.func.min(hers.c.since, type_=Earning.sure_at.type).label("since"),
        sa.cast(sa.null(), PayRun.pay_on.type).label("pay_on"),
    ).group_by(hers.c.workshop_id, hers.c.station_id)


def _in_a_run(scope: Scope, today: date) -> sa.Select[*tuple[object, ...]]:
    """Select slips that were promised for a day gone by and have not reached their members."""
    return (
        sa.select(
            PayRun.workshop_id,
            PayRun.station_id,
            sa.func.count().label("members"),
            sa.func.sum(PaySlip.amount_minor).label("amount"),
            sa.cast(sa.null(), Earning.sure_at.type).label("since"),
            sa.func.min(PayRun.pay_on).label("pay_on"),
        )
        .join(PayRun, PayRun.id == PaySlip.pay_run_id)
        .where(PaySlip.state.in_(OWED), PayRun.pay_on < today, in_scope(scope, PayRun.station_id))
        .group_by(PayRun.workshop_id, PayRun.station_id)
    )
