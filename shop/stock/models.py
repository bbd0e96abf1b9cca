"""Stock items, movements and holds. Movements are append-only."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.stock.rules import HoldState, MovementReason


class StockItem(Base):
    """The count of one variant at one place; available = on_hand - held - allocated, computed."""

    __tablename__ = "stock_items"
    __table_args__ = (
        sa.UniqueConstraint("variant_id", "station_id"),
        sa.CheckConstraint(
            "held >= 0 AND allocated >= 0 AND held + allocated <= on_hand",
            name="never_promised_twice",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variants.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    allocated: Mapped[int] = mapped_column(default=0)


class Movement(Base):
    """One signed change of a count, with its reason and its source; never changed."""

    __tablename__ = "movements"
    __table_args__ = (
        sa.UniqueConstraint("source", "stock_item_id", "reason"),
        sa.Index("ix_movements_stock_item_id_id", "stock_item_id", "id"),
        sa.CheckConstraint("quantity <> 0", name="not_zero"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stock_item_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_items.id"))
    quantity: Mapped[int] = mapped_column()
    reason: Mapped[MovementReason] = mapped_column(state_column(MovementReason))
    source: Mapped[str] = mapped_column(sa.String(64))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Hold(Base):
    """Pieces promised to one owner (``order:12``), with an end until they are paid for."""

    __tablename__ = "holds"
    __table_args__ = (
        sa.Index("ix_holds_owner", "owner"),
        # A fallen hold stays as it fell; late money takes the pieces anew, in a row of its own.
        sa.Index(
            "uq_holds_standing",
            "owner",
            "stock_item_id",
            unique=True,
            sqlite_where=sa.text("state IN ('held', 'allocated')"),
            postgresql_where=sa.text("state IN ('held', 'allocated')"),
        ),
        sa.Index(
            "ix_holds_running",
            "stock_item_id",
            "expires_at",
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        ),
        sa.CheckConstraint("quantity > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(sa.String(40))
    stock_item_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_items.id"))
    quantity: Mapped[int] = mapped_column()
    state: Mapped[HoldState] = mapped_column(state_column(HoldState))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
