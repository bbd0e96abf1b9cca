"""Sales of before this shop: what was sold to whom, and returns that fit none of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.orders.models import (
    Fulfillment,
    Order,
    OrderLine,
    Return,
    UnmatchedReturn,
)
from shop.orders.rules import OrderSource
from shop.stations import queries as stations


def digests_by_key(keys: Collection[str]) -> dict[str, str]:
    """Return key → digest of the orders that are known by these keys."""
    if not keys:
        return {}
    rows = db.session.execute(
        sa.select(Order.key, Order.key_digest).where(Order.key.in_(sorted(set(keys))))
    )
    return {row.key: row.key_digest for row in rows}


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of the past from which a return may be taken."""

    line_id: int
    order_id: int
    variant_id: int
    unit: Money
    order_number: str
    buyer_reference: str | None
    left: int


# The import of past sales asks these by the thousand: built once.
_IS_NAMED = Order.number == sa.bindparam("order_number")
_SOLD_TO = (
    sa.select(
        OrderLine.id,
        OrderLine.order_id,
        OrderLine.variant_id,
        OrderLine.unit_minor,
        Order.number,
        Order.buyer_reference,
        (OrderLine.quantity - OrderLine.returned).label("left"),
    )
    .join(Order, Order.id == OrderLine.order_id)
    .join(Fulfillment, Fulfillment.id == OrderLine.fulfillment_id)
    .where(
        OrderLine.variant_id.in_(sa.bindparam("variants", expanding=True)),
        OrderLine.returned < OrderLine.quantity,
        Fulfillment.workshop_id == sa.bindparam("workshop"),
        Order.source == OrderSource.IMPORT,
        Order.placed_at <= sa.bindparam("before"),
        sa.or_(_IS_NAMED, Order.buyer_reference.in_(sa.bindparam("buyers", expanding=True))),
    )
    .order_by(sa.case((_IS_NAMED, 0), else_=1), Order.placed_at.desc(), OrderLine.id)
)
_RETURN_KEYS = sa.select(Return.key).where(Return.key.in_(sa.bindparam("keys", expanding=True)))
_UNMATCHED_PIECES = sa.select(UnmatchedReturn.key, UnmatchedReturn.quantity).where(
    UnmatchedReturn.key.in_(sa.bindparam("keys", expanding=True))
)


def sold_to(
    *,
    workshop_id: int,
    buyer_references: Sequence[str],
    order_number: str,
    variant_ids: Sequence[int],
    before: datetime,
) -> list[SoldLine]:
    """Return imported lines of some buyers and goods with pieces left, nearest sale first.

    Lines of the order that the return names come first; without a buyer only those count.
    """
    rows = db.session.execute(
        _SOLD_TO,
        {
            "variants": variant_ids,
            "workshop": workshop_id,
            "before": before,
            "order_number": order_number,
            "buyers": buyer_references,
        },
    )
    return [
        SoldLine(
            line_id=row.id,
            order_id=row.order_id,
            variant_id=row.variant_id,
            unit=Money(row.unit_minor),
            order_number=row.number,
            buyer_reference=row.buyer_reference,
            left=row.left,
        )
        for row in rows
    ]


def return_keys(keys: Sequence[str]) -> set[str]:
    """Return those of the keys under which something was returned before."""
    return set(db.session.scalars(_RETURN_KEYS, {"keys": keys}))


def unmatched_pieces(keys: Sequence[str]) -> dict[str, int]:
    """Return how many pieces of past returns went to the queue, by key."""
    rows = db.session.execute(_UNMATCHED_PIECES, {"keys": keys})
    return {row.key: row.quantity for row in rows}


@dataclass(frozen=True, slots=True)
class UnmatchedView:
    """A return of the past that waits for a person."""

    id: int
    station_id: int
    workshop_id: int
    order_number: str
    line_number: int
    buyer_reference: str | None
    sku: str
    title: str
    quantity: int
    unit: Money
    reason: str
    returned_at: datetime
    closed_at: datetime | None
    note: str

    @property
    def amount(self) -> Money:
        """Return what the file says went back."""
        return self.unit * self.quantity


def unmatched(
    scope: Scope, *, is_open: bool = True, after: int | None = None, most: int = 50
) -> list[UnmatchedView]:
    """Return the queue of returns without a sale in a reader's reach, oldest row first."""
    closed = UnmatchedReturn.closed_at
    wanted = [
        stations.in_scope(scope, UnmatchedReturn.station_id),
        closed.is_(None) if is_open else closed.is_not(None),
    ]
    if after is not None:
        wanted.append(UnmatchedReturn.id > after)
    rows = db.session.scalars(
        sa.select(UnmatchedReturn).where(*wanted).order_by(UnmatchedReturn.id).limit(most)
    )
    return [
        UnmatchedView(
            id=row.id,
            station_id=row.station_id,
            workshop_id=row.workshop_id,
            order_number=row.order_number,
            line_number=row.line_number,
            buyer_reference=row.buyer_reference,
            sku=row.sku,
            title=row.title,
            quantity=row.quantity,
            unit=Money(row.unit_minor),
            reason=row.reason,
            returned_at=row.returned_at,
            closed_at=row.closed_at,
            note=row.note,
        )
        for row in rows
    ]


def count_unmatched(scope: Scope) -> int:
    """Return how many returns wait in the queue of a reader's reach."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                UnmatchedReturn.closed_at.is_(None),
                stations.in_scope(scope, UnmatchedReturn.station_id),
            )
        )
        or 0
    )
