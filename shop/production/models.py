"""Piece rates, work orders, material issues, hand-ins and inspections."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.production.rules import AppealState, HandInState, WorkOrderState


class PieceRate(Base):
    """What one good piece of a product earns, from a date, in versions; set by two people.

    Without ``approved_at`` it waits for the second person and counts for nothing.
    """

    __tablename__ = "piece_rates"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "version"),
        sa.CheckConstraint("rate_minor > 0", name="positive"),
        sa.CheckConstraint("approved_by_id IS NULL OR approved_by_id <> set_by_id", name="two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    version: Mapped[int] = mapped_column()
    minutes: Mapped[int] = mapped_column()
    rate_minor: Mapped[int] = mapped_column()
    material_minor: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date] = mapped_column()
    study: Mapped[str] = mapped_column(sa.String(120), default="")
    set_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SlipNumber(Base):
    """The last number given out at a station in one series, such as ``H260720``."""

    __tablename__ = "slip_numbers"

    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), primary_key=True)
    series: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    last: Mapped[int] = mapped_column()


class WorkOrder(Base):
    """Work offered to one member; rate and lane are frozen when she accepts."""

    __tablename__ = "work_orders"
    __table_args__ = (
        sa.UniqueConstraint("station_id", "number"),
        sa.Index("ix_work_orders_member_id_state", "member_id", "state"),
        sa.CheckConstraint("quantity > 0", name="positive"),
        sa.CheckConstraint(
            "done >= 0 AND counted >= 0 AND done + counted <= quantity", name="fits"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    number: Mapped[str] = mapped_column(sa.String(24))
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variants.id"))
    quantity: Mapped[int] = mapped_column()
    counted: Mapped[int] = mapped_column(default=0)  # handed in, not yet inspected
    done: Mapped[int] = mapped_column(default=0)  # passed, second grade or rejected
    pay_lane: Mapped[str] = mapped_column(sa.String(16))
    rate_minor: Mapped[int] = mapped_column(default=0)
    material_minor: Mapped[int] = mapped_column(default=0)
    share_percent: Mapped[int | None] = mapped_column()
    # Made for one buyer: which line of her order, what is woven in, and what that adds per piece.
    order_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("order_lines.id"), index=True)
    wish: Mapped[str] = mapped_column(sa.Text, default="")
    extra_pay_minor: Mapped[int] = mapped_column(default=0)
    extra_material_minor: Mapped[int] = mapped_column(default=0)
    state: Mapped[WorkOrderState] = mapped_column(state_column(WorkOrderState))
    due_on: Mapped[date | None] = mapped_column()
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class MaterialIssue(Base):
    """Material handed to a member for one work order, by slip."""

    __tablename__ = "material_issues"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    work_order_id: Mapped[int] = mapped_column(sa.ForeignKey("work_orders.id"), index=True)
    material: Mapped[str] = mapped_column(sa.String(80))
    quantity: Mapped[int] = mapped_column()
    unit: Mapped[str] = mapped_column(sa.String(16))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class HandIn(Base):
    """Pieces brought back on one slip; its serial number stands on paper and screen alike."""

    __tablename__ = "hand_ins"
    __table_args__ = (
        sa.UniqueConstraint("station_id", "number"),
        sa.Index("ix_hand_ins_station_id_paper", "station_id", "paper", unique=True),
        sa.Index("ix_hand_ins_station_id_state", "station_id", "state", "counted_at"),
        sa.Index("ix_hand_ins_work_order_id", "work_order_id"),
        sa.CheckConstraint("pieces > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    number: Mapped[str] = mapped_column(sa.String(24))
    paper: Mapped[int | None] = mapped_column()  # printed on the slip that was written by hand
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    work_order_id: Mapped[int] = mapped_column(sa.ForeignKey("work_orders.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"), index=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    pieces: Mapped[int] = mapped_column()
    state: Mapped[HandInState] = mapped_column(state_column(HandInState))
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class Inspection(Base):
    """What was found in one hand-in, once; never by the maker of the pieces."""

    __tablename__ = "inspections"
    __table_args__ = (
        sa.CheckConstraint(
            "passed >= 0 AND rework >= 0 AND second_grade >= 0 AND rejected >= 0", name="counts"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hand_in_id: Mapped[int] = mapped_column(sa.ForeignKey("hand_ins.id"), unique=True)
    passed: Mapped[int] = mapped_column()
    rework: Mapped[int] = mapped_column(default=0)
    second_grade: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    faults: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    by_silence: Mapped[bool] = mapped_column(default=False)
    inspector_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    inspected_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Appeal(Base):
    """A maker's objection to what was found in one hand-in, once; somebody else looks again.

    The inspection stays as it was written; what a second look raised stands here.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        sa.Index("ix_appeals_station_id_state", "station_id", "state"),
        sa.CheckConstraint(
            "second_to_passed >= 0 AND rejected_to_passed >= 0 AND rejected_to_second >= 0",
            name="counts",
        ),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hand_in_id: Mapped[int] = mapped_column(sa.ForeignKey("hand_ins.id"), unique=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    state: Mapped[AppealState] = mapped_column(state_column(AppealState))
    words: Mapped[str] = mapped_column(sa.String(300), default="")
    on_behalf: Mapped[bool] = mapped_column(default=False)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    said_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    second_to_passed: Mapped[int] = mapped_column(default=0)
    rejected_to_passed: Mapped[int] = mapped_column(default=0)
    rejected_to_second: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(sa.String(300), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class PieceCode(Base):
    """The code on the label of passed pieces: one for a batch, or one each where none is alike.

    Made when they pass, never changed; the page behind it names the maker only as she allows then.
    """

    __tablename__ = "piece_codes"
    __table_args__ = (
        sa.UniqueConstraint("hand_in_id", "serial"),
        sa.Index("ix_piece_codes_product_id_id", "product_id", "id"),
        sa.CheckConstraint("pieces > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(8), unique=True)
    hand_in_id: Mapped[int] = mapped_column(sa.ForeignKey("hand_ins.id"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variants.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    serial: Mapped[int] = mapped_column()
    pieces: Mapped[int] = mapped_column()
    inspector_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    passed_on: Mapped[date] = mapped_column()


class Coming(Base):
    """When a member means to bring her pieces next; one row each, replaced when she says another.

    ``half`` is morning or afternoon.
    """

    __tablename__ = "comings"
    __table_args__ = (sa.Index("ix_comings_station_id_on_day", "station_id", "on_day"),)

    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"), primary_key=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    on_day: Mapped[date] = mapped_column()
    half: Mapped[str] = mapped_column(sa.String(16))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    said_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
