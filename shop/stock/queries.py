"""What is there, what is free, and why. A hold that has run out counts as free in every answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.catalog.models import Variant
from shop.kernel.clock import ticks
from shop.kernel.db import UtcDateTime, db
from shop.stock.models import Hold, Movement, StockItem
from shop.stock.rules import MovementReason

# The next instant at which a hold runs out and its pieces count as free: anywhere, or of variants.
NEXT_FALL = sa.select(sa.func.min(Hold.expires_at)).where(
    sa.literal_column("holds.state = 'held'"), Hold.expires_at > sa.bindparam("now")
)
NEXT_FALL_OF_VARIANTS = NEXT_FALL.join(StockItem, StockItem.id == Hold.stock_item_id).where(
    StockItem.variant_id.in_(sa.bindparam("variant", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Level:
    """The counts of one variant at one place, in pieces; ``available`` is what can be sold."""

    variant_id: int
    station_id: int
    on_hand: int
    promised: int
    available: int


@dataclass(frozen=True, slots=True)
class MovementView:
    """One signed change of a count and what stood on the shelf after it."""

    moved_at: datetime
    quantity: int
    reason: MovementReason
    source: str
    actor_id: int | None
    on_hand_after: int


# The same for one variant inside a statement of a room below: ``v`` is the variant, ``:now`` bound.
PIECES_FREE = """(SELECT COALESCE(SUM(i.on_hand - i.allocated - COALESCE((SELECT SUM(h.quantity)
 FROM holds h WHERE h.stock_item_id = i.id AND h.state = 'held' AND h.expires_at > :now), 0)), 0)
 FROM stock_items i WHERE i.variant_id = v.id)"""


def free_at(variant: sa.ColumnElement[int], station: sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    """Return, inside a statement of another room, what of a variant is free at a place.

    variant, station    columns of that statement, which is run with the moment as ``now``.
    """
    held = (
        sa.select(sa.func.sum(Hold.quantity))
        .where(
            Hold.stock_item_id == StockItem.id,
            sa.literal_column("holds.state = 'held'"),
            Hold.expires_at > sa.bindparam("now", type_=UtcDateTime()),
        )
        .scalar_subquery()
    )
    free = StockItem.on_hand - StockItem.allocated - sa.func.coalesce(held, 0)
    return (
        sa.select(sa.func.coalesce(sa.func.sum(free), 0))
        .where(StockItem.variant_id == variant, StockItem.station_id == station)
        .scalar_subquery()
    )


def levels(variant_ids: Iterable[int], *, now: datetime) -> list[Level]:
    """Return the counts of some variants at every place that ever had them."""
    ids = list(set(variant_ids))
    if not ids:
        return []
    running = (
        sa.select(Hold.stock_item_id, sa.func.sum(Hold.quantity).label("quantity"))
        .join(StockItem, StockItem.id == Hold.stock_item_id)
        # The word itself, not a parameter: so SQLite can use the index of running holds.
        .where(
            sa.literal_column("holds.state = 'held'"),
            Hold.expires_at > now,
            StockItem.variant_id.in_(ids),
        )
        .group_by(Hold.stock_item_id)
        .subquery()
    )
    promised = sa.func.coalesce(running.c.quantity, 0) + StockItem.allocated
    rows = db.session.execute(
        sa.select(
            StockItem.variant_id,
            StockItem.station_id,
            StockItem.on_hand,
            promised.label("promised"),
        )
        .outerjoin(running, running.c.stock_item_id == StockItem.id)
        .where(StockItem.variant_id.in_(ids))
        .order_by(StockItem.variant_id, StockItem.station_id)
    )
    return [
        Level(
            variant_id=row.variant_id,
            station_id=row.station_id,
            on_hand=row.on_hand,
            promised=int(row.promised),
            available=row.on_hand - int(row.promised),
        )
        for row in rows
    ]


def available(variant_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Return how many pieces of each variant can be sold, at all places together.

    Every id asked for is in the answer; zero for what was never here.
    """
    free = dict.fromkeys(variant_ids, 0)
    for level in levels(free, now=now):
        free[level.variant_id] += level.available
    return free


def available_at(variant_id: int, station_id: int, now: datetime) -> int:
    """Return how many pieces of one variant can be sold at one place."""
    return sum(
        level.available for level in levels([variant_id], now=now) if level.station_id == station_id
    )


def why(variant_id: int, station_id: int) -> list[MovementView]:
    """Return every movement that made one count, oldest first."""
    running = sa.func.sum(Movement.quantity).over(order_by=Movement.id)
    rows = db.session.execute(
        sa.select(
            Movement.moved_at,
            Movement.quantity,
            Movement.reason,
            Movement.source,
            Movement.actor_id,
            running,
        )
        .join(StockItem, StockItem.id == Movement.stock_item_id)
        .where(StockItem.variant_id == variant_id, StockItem.station_id == station_id)
        .order_by(Movement.id)
    )
    return [MovementView(*row) for row in rows]


def products_of(variant_ids: Iterable[int]) -> list[int]:
    """Return the products of some variants."""
    return list(
        db.session.scalars(
            sa.select(Variant.product_id).where(Variant.id.in_(list(variant_ids))).distinct()
        )
    )


def readiness(product_ids: Iterable[int]) -> dict[int, int | None]:
    """Return when a piece of each product is free: 0 now, the tick its first hold ends, or None.

    Every id asked for is in the answer. The catalog keeps it beside the product (trust.md S3: what
    ran out is free in every list, although nobody has swept it).
    """
    ready: dict[int, int | None] = dict.fromkeys(product_ids)
    first_end = (
        sa.select(sa.func.min(Hold.expires_at))
        .where(Hold.stock_item_id == StockItem.id, sa.literal_column("holds.state = 'held'"))
        .correlate(StockItem)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            Variant.product_id,
            (StockItem.on_hand - StockItem.held - StockItem.allocated).label("free"),
            first_end.label("first_end"),
        )
        .join(Variant, Variant.id == StockItem.variant_id)
        .where(Variant.product_id.in_(list(ready)), Variant.is_for_sale)
    )
    for row in rows:
        if row.free <= 0 and row.first_end is None:
            continue
        at = 0 if row.free > 0 else ticks(row.first_end)
        known = ready[row.product_id]
        ready[row.product_id] = at if known is None else min(known, at)
    return ready
