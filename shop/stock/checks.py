"""What must hold in stock at all times: S1 and S3 of trust.md 2."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.catalog import offers
from shop.catalog.models import Product
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.stock import queries
from shop.stock.models import Hold, Movement, StockItem
from shop.stock.rules import HoldState


def _sum_of_movements() -> Iterator[Finding]:
    # Plus nothing: grouped by the bare column, SQLite walks an index and fetches row after row,
    # which takes longer than reading the table once.
    item_id = (Movement.stock_item_id + 0).label("stock_item_id")
    moved = (
        sa.select(item_id, sa.func.sum(Movement.quantity).label("quantity"))
        .group_by(item_id)
        .subquery()
    )
    quantity = sa.func.coalesce(moved.c.quantity, 0)
    rows = db.session.execute(
        sa.select(StockItem.id, StockItem.on_hand, quantity.label("quantity"))
        .outerjoin(moved, moved.c.stock_item_id == StockItem.id)
        .where(StockItem.on_hand != quantity)
        .order_by(StockItem.id)
    )
    for row in rows:
        yield Finding(
            "S1",
            f"stock_item:{row.id}",
            f"counts {row.on_hand} on hand, its movements sum to {row.quantity}",
        )


def _never_negative() -> Iterator[Finding]:
    rows = db.session.execute(
        sa.select(StockItem.id, StockItem.on_hand, StockItem.held, StockItem.allocated)
        .where(
            sa.or_(
                StockItem.held < 0,
                StockItem.allocated < 0,
                StockItem.held + StockItem.allocated > StockItem.on_hand,
            )
        )
        .order_by(StockItem.id)
    )
    for row in rows:
        yield Finding(
            "S1",
            f"stock_item:{row.id}",
            f"promises {row.held} held and {row.allocated} allocated of {row.on_hand} on hand",
        )


def _sum_of_holds() -> Iterator[Finding]:
    standing = (
        sa.select(
            Hold.stock_item_id,
            sa.func.sum(sa.case((Hold.state == HoldState.HELD, Hold.quantity), else_=0)).label(
                "held"
            ),
            sa.func.sum(sa.case((Hold.state == HoldState.ALLOCATED, Hold.quantity), else_=0)).label(
                "allocated"
            ),
        )
        .where(Hold.state.in_([HoldState.HELD, HoldState.ALLOCATED]))
        .group_by(Hold.stock_item_id)
        .subquery()
    )
    held = sa.func.coalesce(standing.c.held, 0)
    allocated = sa.func.coalesce(standing.c.allocated, 0)
    rows = db.session.execute(
        sa.select(
            StockItem.id,
            StockItem.held,
            StockItem.allocated,
            held.label("sum_held"),
            allocated.label("sum_allocated"),
        )
        .outerjoin(standing, standing.c.stock_item_id == StockItem.id)
        .where(sa.or_(StockItem.held != held, StockItem.allocated != allocated))
        .order_by(StockItem.id)
    )
    for row in rows:
        yield Finding(
            "S3",
            f"stock_item:{row.id}",
            f"counts {row.held} held and {row.allocated} allocated, its holds sum to "
            f"{row.sum_held} and {row.sum_allocated}",
        )


def _ends_once() -> Iterator[Finding]:
    ended = Hold.state.in_([HoldState.SHIPPED, HoldState.RELEASED, HoldState.EXPIRED])
    rows = db.session.execute(
        sa.select(Hold.id, Hold.owner, Hold.state)
        .where(ended != Hold.ended_at.is_not(None))
        .order_by(Hold.id)
    )
    for row in rows:
        yield Finding(
            "S3", f"hold:{row.id}", f"of {row.owner} is {row.state}, its end says otherwise"
        )


def _readiness() -> Iterator[Finding]:
    """Yield the products of which the catalog says another hour than the shelves do."""
    said = dict(
        db.session.execute(sa.select(Product.id, Product.ready_at).order_by(Product.id)).all()
    )
    for some in offers.some_of(list(said)):
        for product_id, found in queries.readiness(some).items():
            if said[product_id] != found:
                detail = f"is ready at {said[product_id]}, its shelves say {found}"
                yield Finding("S3", f"product:{product_id}", detail)


CHECKS: tuple[Check, ...] = (
    Check("S1", "every count is the sum of its movements", _sum_of_movements),
    Check("S1", "nothing is promised twice and nothing is below zero", _never_negative),
    Check("S3", "every promise has its hold", _sum_of_holds),
    Check("S3", "every hold ends once, in one way", _ends_once),
    Check("S3", "lists know when a piece is free", _readiness),
)
