"""What must hold of orders at all times, asked of the live database in a few sums."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from shop.accounts.models import User
from shop.kernel.checks import Check, Finding
from shop.kernel.clock import utc_now
from shop.kernel.db import db
from shop.orders.models import (
    Cart,
    Fulfillment,
    Order,
    OrderBuyer,
    OrderLine,
    Parcel,
    ParcelLine,
    Return,
)
from shop.orders.rules import (
    NOT_YET_SENT,
    SENT,
    STILL_OURS,
    FulfillmentState,
    Handover,
    OrderSource,
    OrderState,
    ParcelState,
)

MOST = 100  # findings per check: whoever sees a hundred does not need the next


def keys_open_one_order() -> Iterator[Finding]:
    """Yield form keys and numbers that more than one order carries."""
    for column in (Order.key, Order.number):
        twice = sa.select(column, sa.func.count()).group_by(column).having(sa.func.count() > 1)
        for value, times in db.session.execute(twice.limit(MOST)):
            yield Finding("P1", f"order:{value}", f"{times} orders carry this {column.key}")


def states_follow_facts() -> Iterator[Finding]:
    """Yield orders whose state and whose times disagree."""
    was_paid = Order.state.in_([OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED])
    wrong = sa.or_(
        sa.and_(was_paid, Order.paid_at.is_(None)),
        sa.and_(sa.not_(was_paid), Order.paid_at.is_not(None)),
        sa.and_(Order.state == OrderState.CANCELLED, Order.cancelled_at.is_(None)),
        sa.and_(Order.state == OrderState.COMPLETED, Order.completed_at.is_(None)),
    )
    rows = sa.select(Order.id, Order.state, Order.paid_at).where(wrong).limit(MOST)
    for order_id, state, paid_at in db.session.execute(rows):
        yield Finding("P2", f"order:{order_id}", f"is {state}, paid at {paid_at}")


def completed_orders_have_no_open_part() -> Iterator[Finding]:
    """Yield parts that are still on their way although their order is complete."""
    rows = (
        sa.select(Fulfillment.id, Fulfillment.state, Fulfillment.order_id)
        .join(Order, Order.id == Fulfillment.order_id)
        .where(
            Order.state == OrderState.COMPLETED,
            Fulfillment.state.not_in([FulfillmentState.COMPLETED, FulfillmentState.CANCELLED]),
        )
        .limit(MOST)
    )
    for part_id, state, order_id in db.session.execute(rows):
        yield Finding("P2", f"fulfillment:{part_id}", f"{state}, but order:{order_id} is completed")


def returns_stay_within_lines() -> Iterator[Finding]:
    """Yield lines from which more came back than was sold, or whose counters are not their rows."""
    sums = (
        sa.select(
            Return.order_line_id,
            sa.func.sum(Return.quantity).label("pieces"),
            sa.func.sum(Return.refund_minor).label("money"),
            sa.func.sum(Return.cancelled).label("cancelled"),
        )
        .group_by(Return.order_line_id)
        .subquery()
    )
    with_rows = _line_findings(
        sa.select(
            OrderLine.id,
            OrderLine.quantity,
            OrderLine.total_minor,
            OrderLine.returned,
            OrderLine.refunded_minor,
            sums.c.pieces,
            sums.c.money,
        )
        .join(sums, sums.c.order_line_id == OrderLine.id)
        .where(
            sa.or_(
                OrderLine.returned != sums.c.pieces,
                OrderLine.refunded_minor != sums.c.money,
                OrderLine.cancelled != sums.c.cancelled,
                OrderLine.returned > OrderLine.quantity,
                OrderLine.refunded_minor > OrderLine.total_minor,
            )
        )
    )
    without_rows = _line_findings(
        sa.select(
            OrderLine.id,
            OrderLine.quantity,
            OrderLine.total_minor,
            OrderLine.returned,
            OrderLine.refunded_minor,
            sa.literal(0).label("pieces"),
            sa.literal(0).label("money"),
        ).where(
            sa.or_(OrderLine.returned != 0, OrderLine.refunded_minor != 0),
            ~sa.exists().where(Return.order_line_id == OrderLine.id),
        )
    )
    yield from with_rows
    yield from without_rows


def _line_findings(rows: sa.Select[*tuple[Any, ...]]) -> Iterator[Finding]:
    for row in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "P4",
            f"order_line:{row.id}",
            f"sold {row.quantity} for {row.total_minor}; counters say {row.returned} back for"
            f" {row.refunded_minor}; its returns say {row.pieces} for {row.money} (minor units)",
        )


def pieces_leave_in_parcels() -> Iterator[Finding]:
    """Yield lines of which more or fewer pieces have left than were in parcels that left."""
    left = Parcel.state.in_([ParcelState.SENT, ParcelState.RECEIVED, ParcelState.CAME_BACK])
    packed = (
        sa.select(
            ParcelLine.order_line_id,
            sa.func.sum(sa.case((left, ParcelLine.quantity), else_=0)).label("left"),
            sa.func.sum(
                sa.case((Parcel.state.in_(sorted(STILL_OURS)), ParcelLine.quantity), else_=0)
            ).label("ours"),
        )
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .group_by(ParcelLine.order_line_id)
        .subquery()
    )
    in_parcels = sa.func.coalesce(packed.c.left, 0)
    waiting = sa.func.coalesce(packed.c.ours, 0)
    rows = (
        sa.select(OrderLine.id, OrderLine.sent, in_parcels.label("left"), waiting.label("ours"))
        .join(Fulfillment, Fulfillment.id == OrderLine.fulfillment_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(packed, packed.c.order_line_id == OrderLine.id)
        .where(
            Fulfillment.handover == Handover.SHIP,
            Order.source != OrderSource.IMPORT,
            sa.or_(
                OrderLine.sent != in_parcels,
                OrderLine.sent + OrderLine.cancelled + waiting > OrderLine.quantity,
            ),
        )
    )
    for row in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "S7",
            f"order_line:{row.id}",
            f"says {row.sent} left; its parcels took {row.left} and hold {row.ours}",
        )


def parts_follow_their_pieces() -> Iterator[Finding]:
    """Yield parts that say they have left while pieces wait, or the other way round."""
    here = OrderLine.quantity - OrderLine.sent - OrderLine.cancelled
    waits = (
        sa.exists()
        .where(OrderLine.fulfillment_id == Fulfillment.id, here > 0)
        .correlate(Fulfillment)
    )
    is_open = Fulfillment.state.in_(sorted(NOT_YET_SENT))
    rows = (
        sa.select(Fulfillment.id, Fulfillment.state)
        .where(
            sa.or_(
                sa.and_(Fulfillment.state.in_(sorted(SENT)), waits),
                sa.and_(is_open, sa.not_(waits)),
            )
        )
        .order_by(Fulfillment.id)
    )
    for part_id, state in db.session.execute(rows.limit(MOST)):
        yield Finding("S7", f"fulfillment:{part_id}", f"is {state}, its pieces say otherwise")


def totals_are_the_sums_of_their_rows() -> Iterator[Finding]:
    """Yield lines, parts and orders whose amounts are not the sums of what is below them."""
    lines = sa.select(OrderLine.id).where(
        OrderLine.total_minor
        != OrderLine.unit_minor * OrderLine.quantity - OrderLine.discount_minor
    )
    for (line_id,) in db.session.execute(lines.limit(MOST)):
        yield Finding("P5", f"order_line:{line_id}", "its total is not its price times its pieces")
    by_part = (
        sa.select(OrderLine.fulfillment_id, sa.func.sum(OrderLine.total_minor).label("goods"))
        .group_by(OrderLine.fulfillment_id)
        .subquery()
    )
    parts = (
        sa.select(Fulfillment.id, Fulfillment.goods_minor, by_part.c.goods)
        .outerjoin(by_part, by_part.c.fulfillment_id == Fulfillment.id)
        .where(Fulfillment.goods_minor != sa.func.coalesce(by_part.c.goods, 0))
    )
    for part_id, goods, lines_sum in db.session.execute(parts.limit(MOST)):
        yield Finding("P5", f"fulfillment:{part_id}", f"goods {goods}, its lines {lines_sum}")
    by_order = (
        sa.select(
            Fulfillment.order_id,
            sa.func.sum(Fulfillment.goods_minor).label("goods"),
            sa.func.sum(Fulfillment.shipping_minor).label("shipping"),
        )
        .group_by(Fulfillment.order_id)
        .subquery()
    )
    orders = (
        sa.select(
            Order.id,
            Order.goods_minor,
            Order.discount_minor,
            Order.shipping_minor,
            by_order.c.goods,
            by_order.c.shipping,
        )
        .outerjoin(by_order, by_order.c.order_id == Order.id)
        .where(
            sa.or_(
                Order.goods_minor - Order.discount_minor != sa.func.coalesce(by_order.c.goods, 0),
                Order.shipping_minor != sa.func.coalesce(by_order.c.shipping, 0),
                Order.total_minor
                != Order.goods_minor + Order.shipping_minor - Order.discount_minor,
            )
        )
    )
    for row in db.session.execute(orders.limit(MOST)):
        yield Finding(
            "P5",
            f"order:{row.id}",
            f"goods {row.goods_minor} less {row.discount_minor} and shipping"
            f" {row.shipping_minor}; its parts say"
            f" {row.goods} and {row.shipping} (minor units)",
        )


def forgotten_buyers_are_in_no_order() -> Iterator[Finding]:
    """Yield orders and carts that still know a buyer who closed her account.

    An order under way does, and one that was over less than a day ago.
    """
    yesterday = utc_now() - timedelta(days=1)
    rows = (
        sa.select(OrderBuyer.order_id, OrderBuyer.user_id)
        .join(Order, Order.id == OrderBuyer.order_id)
        .join(User, User.id == OrderBuyer.user_id)
        .where(
            User.closed_at <= yesterday,
            Order.state == OrderState.COMPLETED,
            Order.completed_at <= yesterday,
        )
        .limit(MOST)
    )
    for order_id, user_id in db.session.execute(rows):
        yield Finding("R2", f"order:{order_id}", f"is over, but knows user {user_id}, who is gone")
    carts = (
        sa.select(Cart.id, Cart.user_id)
        .join(User, User.id == Cart.user_id)
        .where(User.closed_at.is_not(None))
        .limit(MOST)
    )
    for cart_id, owner_id in db.session.execute(carts):
        yield Finding("R2", f"cart:{cart_id}", f"is still user {owner_id}'s, who is gone")


CHECKS: tuple[Check, ...] = (
    Check("P1", "One form key opens at most one order", keys_open_one_order),
    Check("P2", "An order's state follows from its facts", states_follow_facts),
    Check("P2", "A completed order has no part on its way", completed_orders_have_no_open_part),
    Check("P4", "Never more comes back than was sold", returns_stay_within_lines),
    Check("S7", "Pieces leave in parcels, each once", pieces_leave_in_parcels),
    Check("S7", "A part has left when its last piece has", parts_follow_their_pieces),
    Check("R2", "Nobody who is gone is in an order that is over", forgotten_buyers_are_in_no_order),
    Check("P5", "Totals are the sums of their rows", totals_are_the_sums_of_their_rows),
)
