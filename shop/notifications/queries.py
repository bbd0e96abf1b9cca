"""What was told about a subject, for its own pages, and what was not told yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.bookings.models import Booking, ExperienceSession
from shop.bookings.rules import BookingState, SessionState
from shop.kernel.db import db
from shop.notifications.models import Message
from shop.notifications.post import thawed
from shop.notifications.rules import Kind, Letter
from shop.orders.models import Fulfillment, Order
from shop.orders.queries import IS_CONFIRMED
from shop.orders.rules import NOT_YET_SENT, Handover

AT_ONCE = 200
ORDERS_AT_ONCE = 50
# What is later than that is a person's to talk about, not a machine's.
TOLD_LATE_WITHIN = timedelta(days=30)
# Whoever has just paid knows when it begins.
KNOWS_IT = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Told:
    """One message as its own reader finds it again on her page."""

    kind: Kind
    letter: Letter
    locale: str
    written_at: datetime


def told_about_orders(order_ids: Sequence[int]) -> Iterator[Told]:
    """Yield all that was told about some orders, oldest first; fifty orders are in memory.

    Codes are no part of it: their words go as soon as they have served.
    """
    for start in range(0, len(order_ids), ORDERS_AT_ONCE):
        subjects = [f"order:{one}" for one in order_ids[start : start + ORDERS_AT_ONCE]]
        rows = db.session.execute(
            _told_rows().where(Message.subject.in_(subjects)).order_by(Message.id)
        ).all()
        yield from map(_as_told, rows)


def told(subject: str, *, most: int = 20) -> list[Told]:
    """Return what was told about a subject such as ``order:12``, the newest first."""
    rows = db.session.execute(
        _told_rows().where(Message.subject == subject).order_by(Message.id.desc()).limit(most)
    )
    return [_as_told(row) for row in rows]


def _told_rows() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        Message.kind,
        Message.short,
        Message.letter,
        Message.is_essential,
        Message.locale,
        Message.written_at,
    )


def _as_told(row: Any) -> Told:
    return Told(
        kind=Kind(row.kind),
        letter=thawed(
            kind=row.kind, short=row.short, letter=row.letter, is_essential=row.is_essential
        ),
        locale=row.locale,
        written_at=row.written_at,
    )


def _untold(beginning: str, column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    key = sa.literal(beginning) + sa.cast(column, sa.String)
    return ~sa.exists().where(Message.key == key)


def late_untold(*, before: date, most: int = AT_ONCE) -> list[tuple[int, int]]:
    """Return order and part ids of what should have left before a day, and nobody was told."""
    rows = db.session.execute(
        sa.select(Fulfillment.order_id, Fulfillment.id)
        .join(Order, Order.id == Fulfillment.order_id)
        .where(
            Fulfillment.state.in_(sorted(NOT_YET_SENT)),
            Fulfillment.handover != Handover.ATTEND,
            Fulfillment.promised_on < before,
            Fulfillment.promised_on >= before - TOLD_LATE_WITHIN,
            IS_CONFIRMED,
            _untold("late:", Fulfillment.id),
        )
        .order_by(Fulfillment.id)
        .limit(most)
    )
    return [(row.order_id, row.id) for row in rows]


def reminders_untold(*, now: datetime, before: datetime, most: int = AT_ONCE) -> list[str]:
    """Return the codes of paid bookings whose session begins soon, and nobody was reminded."""
    return list(
        db.session.scalars(
            sa.select(Booking.code)
            .join(ExperienceSession, ExperienceSession.id == Booking.session_id)
            .join(Order, sa.literal("order:") + sa.cast(Order.id, sa.String) == Booking.owner)
            .where(
                Booking.state == BookingState.PAID,
                ExperienceSession.state != SessionState.CANCELLED,
                ExperienceSession.starts_at > now,
                ExperienceSession.starts_at <= before,
                Order.paid_at <= now - KNOWS_IT,
                _untold("reminder:", Booking.id),
            )
            .order_by(Booking.id)
            .limit(most)
        )
    )
