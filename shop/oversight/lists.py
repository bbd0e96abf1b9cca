"""The lists behind the figures of a place: workshops, makers by code, orders as counts, looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.orders.models import Fulfillment, Order
from shop.orders.rules import FulfillmentState
from shop.oversight.events import PersonLookedAt
from shop.stations import queries as stations
from shop.stations.models import Member, Station, Workshop
from shop.stations.queries import StationView, WorkshopView


@dataclass(frozen=True, slots=True)
class WorkshopCounts:
    """One workshop with how many makers it has and how many orders it had in a span."""

    workshop: WorkshopView
    members: int
    orders: int


@dataclass(frozen=True, slots=True)
class Look:
    """One time somebody above opened a maker's page: why, who and when."""

    reason: str
    by_id: int | None
    at: datetime


def place(code: str, scope: Scope) -> StationView:
    """Return a place with this official code. Raises NotFound, also for one outside the scope."""
    station = stations.station_by_code(code)
    if not scope.covers(station.path):
        raise NotFound(what=f"station code {code}")
    return station


def place_of_member(path: str, scope: Scope) -> tuple[StationView, ...]:
    """Return the places from the top of a reader's reach down to a maker's own, highest first."""
    return tuple(one for one in stations.ancestors(path) if scope.covers(one.path))


def workshops_behind(
    station: StationView, *, since: datetime, until: datetime
) -> list[WorkshopCounts]:
    """Return the workshops at a place and below it, with counts and without any sum of money.

    since, until    the half-open span in which orders were placed; only paid ones count.
    """
    below = Scope((station.path,))
    found = stations.workshops(below)
    ids = [one.id for one in found]
    members = {
        row[0]: row[1]
        for row in db.session.execute(
            sa.select(Member.workshop_id, sa.func.count())
            .where(Member.workshop_id.in_(ids), Member.left_on.is_(None))
            .group_by(Member.workshop_id)
        )
    }
    orders = {
        row[0]: row[1]
        for row in db.session.execute(
            sa.select(Fulfillment.workshop_id, sa.func.count(Fulfillment.order_id.distinct()))
            .join(Order, Order.id == Fulfillment.order_id)
            .where(
                Fulfillment.workshop_id.in_(ids),
                Fulfillment.state != FulfillmentState.CANCELLED,
                *_sold(since, until),
            )
            .group_by(Fulfillment.workshop_id)
        )
    }
    return [WorkshopCounts(one, members.get(one.id, 0), orders.get(one.id, 0)) for one in found]


def parts_by_state(
    station: StationView, *, since: datetime, until: datetime
) -> dict[FulfillmentState, int]:
    """Return how many parts of paid orders stand where, at a place and below it.

    since, until    the half-open span in which the orders were placed.
    """
    rows = db.session.execute(
        sa.select(Fulfillment.state, sa.func.count())
        .join(Order, Order.id == Fulfillment.order_id)
        .join(Station, Station.id == Fulfillment.station_id)
        .where(
            stations.in_scope(Scope((station.path,)), Fulfillment.station_id),
            *_sold(since, until),
        )
        .group_by(Fulfillment.state)
    )
    counts = {row[0]: row[1] for row in rows}
    return {state: counts[state] for state in FulfillmentState if state in counts}


def _sold(since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (Order.paid_at.is_not(None), Order.placed_at >= since, Order.placed_at < until)


def member_count(station: StationView) -> int:
    """Return how many makers work at a place and below it."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Member)
            .join(Workshop, Workshop.id == Member.workshop_id)
            .where(
                Member.left_on.is_(None),
                stations.in_scope(Scope((station.path,)), Workshop.station_id),
            )
        )
        or 0
    )


def looks_at(member_id: int) -> list[Look]:
    """Return who above opened a maker's page and why, the latest first: hers to read."""
    return [
        Look(reason=str(row.facts["reason"]), by_id=row.actor_id, at=row.happened_at)
        for row in reversed(events.history(f"member:{member_id}", kinds=(PersonLookedAt.__name__,)))
    ]
