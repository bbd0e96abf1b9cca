"""Funded projects, the money that came in for them, and the days of training they pay for."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.funds.rules import SheetState
from shop.kernel.db import Base, UtcDateTime, state_column


class FundedProject(Base):
    """Somebody's money for one purpose, kept apart from what is earned by selling."""

    __tablename__ = "funded_projects"
    __table_args__ = (
        sa.UniqueConstraint("workshop_id", "number"),
        sa.CheckConstraint("day_rate_minor > 0", name="day_rate"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    number: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(80))
    title_en: Mapped[str | None] = mapped_column(sa.String(80))
    funder: Mapped[str] = mapped_column(sa.String(80))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    day_rate_minor: Mapped[int] = mapped_column(sa.BigInteger)  # for one member and day
    starts_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date] = mapped_column()
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))


class FundReceipt(Base):
    """Money that came in for a project. A withdrawn one was written by mistake and counts not."""

    __tablename__ = "fund_receipts"
    __table_args__ = (
        sa.CheckConstraint("amount_minor > 0", name="positive"),
        sa.CheckConstraint("withdrawn_by_id <> noted_by_id", name="two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("funded_projects.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    paper: Mapped[str] = mapped_column(sa.String(60))
    received_on: Mapped[date] = mapped_column()
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    noted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class AllowanceSheet(Base):
    """One attendance sheet and what it comes to; ``amount_minor`` is frozen with its days."""

    __tablename__ = "allowance_sheets"
    __table_args__ = (
        sa.CheckConstraint("amount_minor > 0", name="positive"),
        sa.CheckConstraint("decided_by_id <> proposed_by_id OR state = 'refused'", name="two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("funded_projects.id"), index=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    paper: Mapped[str] = mapped_column(sa.String(60))
    day_rate_minor: Mapped[int] = mapped_column(sa.BigInteger)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[SheetState] = mapped_column(state_column(SheetState))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class AllowanceDay(Base):
    """One day on which one member came. A day of hers counts once, whoever pays for it."""

    __tablename__ = "allowance_days"
    __table_args__ = (
        sa.Index(
            "uq_allowance_days_counting",
            "member_id",
            "day",
            unique=True,
            sqlite_where=sa.text("counts"),
            postgresql_where=sa.text("counts"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("allowance_sheets.id"), index=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    day: Mapped[date] = mapped_column()
    counts: Mapped[bool] = mapped_column(default=True)  # not once its sheet was refused
