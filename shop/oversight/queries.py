"""Totals of a part of the tree, the same formulas on all tiers. Source: domain.md 10."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.earnings.models import Earning, PayRun, PaySlip
from shop.earnings.rules import PayoutState
from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.orders.models import Fulfillment, Order, OrderLine
from shop.orders.rules import FulfillmentState
from shop.stations import queries as stations
from shop.stations.models import Member, Station, Workshop
from shop.stations.queries import MemberView, StationView, WorkshopView
from shop.stations.rules import Tier

_Placed = Workshop | Fulfillment | Earning | PayRun

PAY_WITHIN_DAYS = 30
NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a part of the tree adds up to; counts are of rows, sums of money in its currency.

    rooms, workshops, members, wages_owed    as of now.
    orders, sales, wages_paid, pay_due, pay_on_time    of the span asked for.
    sales          goods and seats, less what was refunded.
    wages_owed     sure and not yet paid out.
    pay_due        earned in the span and either paid or older than 30 days; ``pay_on_time`` is
                   how much of it was paid within 30 days after acceptance.
    """

    rooms: int = 0
    workshops: int = 0
    members: int = 0
    orders: int = 0
    sales: Money = NOTHING
    wages_owed: Money = NOTHING
    wages_paid: Money = NOTHING
    pay_due: Money = NOTHING
    pay_on_time: Money = NOTHING

    def __add__(self, other: Totals) -> Totals:
        """Return the totals of two places together."""
        return Totals(
            rooms=self.rooms + other.rooms,
            workshops=self.workshops + other.workshops,
            members=self.members + other.members,
            orders=self.orders + other.orders,
            sales=self.sales + other.sales,
            wages_owed=self.wages_owed + other.wages_owed,
            wages_paid=self.wages_paid + other.wages_paid,
            pay_due=self.pay_due + other.pay_due,
            pay_on_time=self.pay_on_time + other.pay_on_time,
        )

    @property
    def on_time_percent(self) -> float | None:
        """Return the share of due pay that came within 30 days, one decimal; None without any."""
        if not self.pay_due:
            return None
        return round(self.pay_on_time.minor * 100 / self.pay_due.minor, 1)


@dataclass(frozen=True, slots=True)
class StationTotals:
    """One place and what everything below it adds up to."""

    station: StationView
    totals: Totals


@dataclass(frozen=True, slots=True)
class Overview:
    """One place, its total, and the places or workshops that make it up."""

    station: StationView
    above: tuple[StationView, ...]
    totals: Totals
    children: tuple[StationTotals, ...]
    workshops: tuple[WorkshopView, ...] = field(default=())
    members: tuple[MemberView, ...] = field(default=())


def own_places(scope: Scope) -> list[StationView]:
    """Return the places at which a reader's view begins, the topmost of each branch."""
    topmost = {
        path
        for path in scope.paths
        if not any(path != other and path.startswith(other) for other in scope.paths)
    }
    if stations.WHOLE_TREE in topmost:
        return stations.children(None, scope=scope)
    found = [stations.ancestors(path) for path in topmost]
    return sorted((line[-1] for line in found if line), key=lambda place: place.code)


def overview(
    code: str, *, scope: Scope, since: datetime, until: datetime, now: datetime
) -> Overview:
    """Return the totals of a place and of what lies directly below it.

    since, until    the half-open span of orders and pay.

    Raises NotFound, also for a place outside the scope.
    """
    station = stations.station_by_code(code)
    if not scope.covers(station.path):
        raise NotFound(what=f"station code {code}")
    below = Scope((station.path,))
    of_places = _totals(below, since=since, until=until, now=now)
    is_room = station.tier is Tier.ROOM
    return Overview(
        station=station,
        above=tuple(
            place for place in stations.ancestors(station.path)[:-1] if scope.covers(place.path)
        ),
        totals=_sum(of_places.values()),
        children=tuple(
            StationTotals(child, _sum(t for p, t in of_places.items() if p.startswith(child.path)))
            for child in stations.children(station.id, scope=below)
        ),
        workshops=tuple(stations.workshops(below)) if is_room else (),
        members=tuple(stations.members(below)) if is_room else (),
    )


def places_with_totals(
    places: Iterable[StationView], *, since: datetime, until: datetime, now: datetime
) -> list[StationTotals]:
    """Return the totals of several places, each with everything below it."""
    listed = list(places)
    of_places = _totals(
        Scope(tuple(place.path for place in listed)), since=since, until=until, now=now
    )
    return [
        StationTotals(place, _sum(t for p, t in of_places.items() if p.startswith(place.path)))
        for place in listed
    ]


def together(places: Iterable[StationTotals]) -> Totals:
    """Return what several places add up to."""
    return _sum(one.totals for one in places)


def _sum(parts: Iterable[Totals]) -> Totals:
    result = Totals()
    for part in parts:
        result += part
    return result


def _totals(scope: Scope, *, since: datetime, until: datetime, now: datetime) -> dict[str, Totals]:
    """Return the totals of every place that has anything, by path; one query a figure."""
    found: dict[str, dict[str, Any]] = {}

    # Any: a select of a path and of as many sums as there are figures.
    def take(select: sa.Select[*tuple[Any, ...]], **figures: Callable[[int], int | Money]) -> None:
        for path, *values in db.session.execute(select):
            for (figure, kind), value in zip(figures.items(), values, strict=True):
                found.setdefault(path, {})[figure] = kind(int(value or 0))

    def at(table: type[_Placed], *columns: sa.ColumnElement[Any]) -> sa.Select[*tuple[Any, ...]]:
        return (
            sa.select(Station.path, *columns)
            .select_from(table)
            .join(Station, Station.id == table.station_id)
            .where(stations.in_scope(scope, Station.id))
            .group_by(Station.path)
        )

    count = sa.func.count()
    take(
        sa.select(Station.path, count)
        .where(
            Station.tier == Tier.ROOM,
            Station.opened_on <= business_day(now),
            stations.in_scope(scope, Station.id),
        )
        .group_by(Station.path),
        rooms=int,
    )
    take(at(Workshop, count), workshops=int)
    take(
        at(Workshop, sa.func.count(Member.id))
        .join(Member, Member.workshop_id == Workshop.id)
        .where(Member.left_on.is_(None)),
        members=int,
    )
    sold = sa.and_(
        Order.paid_at.is_not(None),
        Order.placed_at >= since,
        Order.placed_at < until,
        Fulfillment.state != FulfillmentState.CANCELLED,
    )
    refunded = (
        sa.select(sa.func.coalesce(sa.func.sum(OrderLine.refunded_minor), 0))
        .where(OrderLine.fulfillment_id == Fulfillment.id)
        .correlate(Fulfillment)
        .scalar_subquery()
    )
    take(
        at(
            Fulfillment,
            sa.func.count(Fulfillment.order_id.distinct()),
            sa.func.sum(Fulfillment.goods_minor - refunded),
        )
        .join(Order, Order.id == Fulfillment.order_id)
        .where(sold),
        orders=int,
        sales=Money,
    )
    is_paid = PaySlip.state == PayoutState.PAID
    take(
        at(Earning, sa.func.sum(Earning.amount_minor))
        .outerjoin(PaySlip, PaySlip.id == Earning.pay_slip_id)
        .where(
            Earning.sure_at <= now,
            sa.or_(Earning.pay_slip_id.is_(None), PaySlip.state != PayoutState.PAID),
        ),
        wages_owed=Money,
    )
    take(
        at(PayRun, sa.func.sum(PaySlip.amount_minor))
        .join(PaySlip, PaySlip.pay_run_id == PayRun.id)
        .where(is_paid, PaySlip.paid_at >= since, PaySlip.paid_at < until),
        wages_paid=Money,
    )
    in_time = sa.and_(is_paid, _is_within_days(PaySlip.paid_at, Earning.earned_at, PAY_WITHIN_DAYS))
    take(
        at(
            Earning,
            sa.func.sum(Earning.amount_minor),
            sa.func.sum(sa.case((in_time, Earning.amount_minor), else_=0)),
        )
        .outerjoin(PaySlip, PaySlip.id == Earning.pay_slip_id)
        .where(
            Earning.sure_at <= now,
            Earning.earned_at >= since,
            Earning.earned_at < until,
            sa.or_(is_paid, Earning.earned_at <= now - timedelta(days=PAY_WITHIN_DAYS)),
        ),
        pay_due=Money,
        pay_on_time=Money,
    )
    return {path: Totals(**figures) for path, figures in found.items()}


def _is_within_days(
    later: sa.SQLColumnExpression[Any], earlier: sa.SQLColumnExpression[Any], days: int
) -> sa.ColumnElement[bool]:
    if db.engine.dialect.name == "sqlite":
        return sa.func.julianday(later) - sa.func.julianday(earlier) <= days
    return later - earlier <= sa.literal(timedelta(days=days), sa.Interval())
