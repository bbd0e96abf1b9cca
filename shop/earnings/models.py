"""Earnings, pay runs, pay slips and payouts."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.earnings.netting import AdjustmentKind, AdjustmentState
from shop.earnings.rules import (
    EarningKind,
    PayChannel,
    PayeeState,
    PayoutState,
    PayRunState,
    YearState,
)
from shop.kernel.db import Base, UtcDateTime, state_column


class Earning(Base):
    """One amount a member earned, with the facts of the sentence that explains it.

    *Sure* from ``sure_at`` on; without it the amount is waiting (``waiting_for`` says for what).
    Amount, member and source never change; a pay run stamps the row once.
    """

    __tablename__ = "earnings"
    __table_args__ = (
        sa.Index("ix_earnings_member_id_id", "member_id", "id"),
        sa.Index(
            "ix_earnings_unpaid",
            "workshop_id",
            "member_id",
            sqlite_where=sa.text("pay_slip_id IS NULL"),
            postgresql_where=sa.text("pay_slip_id IS NULL"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name="not_zero"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    kind: Mapped[EarningKind] = mapped_column(state_column(EarningKind))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    facts: Mapped[str] = mapped_column(sa.Text)  # JSON: the numbers and words of its sentence
    earned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_for: Mapped[str | None] = mapped_column(sa.String(32))
    owner: Mapped[str | None] = mapped_column(sa.String(40), index=True)
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("earnings.id"))
    pay_slip_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pay_slips.id"), index=True)


class PayRun(Base):
    """One batch of pay of a workshop up to a day; a closed one is never edited."""

    __tablename__ = "pay_runs"
    __table_args__ = (
        sa.UniqueConstraint("workshop_id", "period_end_on"),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> prepared_by_id", name="two"
        ),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id NOT IN (prepared_by_id, approved_by_id)",
            name="three",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    period_end_on: Mapped[date] = mapped_column()
    pay_on: Mapped[date] = mapped_column()
    state: Mapped[PayRunState] = mapped_column(state_column(PayRunState))
    total_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    prepared_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The limit above which the town confirms a run, as it was when this one was approved.
    town_limit_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_back: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PaySlip(Base):
    """What one member gets in one run, and how the money left.

    ``gross_minor`` is what she earned; ``amount_minor`` is left of it after what ``takings`` name.
    """

    __tablename__ = "pay_slips"
    __table_args__ = (sa.UniqueConstraint("pay_run_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    pay_run_id: Mapped[int] = mapped_column(sa.ForeignKey("pay_runs.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"), index=True)
    gross_minor: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    channel: Mapped[PayChannel] = mapped_column(state_column(PayChannel))
    state: Mapped[PayoutState] = mapped_column(state_column(PayoutState))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the last transfer by phone
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    witness_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class PayRequest(Base):
    """A member's wish to have a small sum now; the run that pays it answers it."""

    __tablename__ = "pay_requests"
    __table_args__ = (
        sa.Index(
            "uq_pay_requests_standing",
            "member_id",
            unique=True,
            sqlite_where=sa.text("pay_run_id IS NULL"),
            postgresql_where=sa.text("pay_run_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    pay_run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pay_runs.id"))


class Adjustment(Base):
    """An advance, a deduction or a correction: one amount that changes her pay, and its reason.

    Amount, member and kind never change. ``left_minor`` is what runs have still to take of it.
    """

    __tablename__ = "adjustments"
    __table_args__ = (
        sa.Index("ix_adjustments_workshop_id_state", "workshop_id", "state"),
        sa.Index("ix_adjustments_member_id_id", "member_id", "id"),
        sa.CheckConstraint("amount_minor > 0", name="positive"),
        sa.CheckConstraint("left_minor BETWEEN 0 AND amount_minor", name="left"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[AdjustmentKind] = mapped_column(state_column(AdjustmentKind))
    state: Mapped[AdjustmentState] = mapped_column(state_column(AdjustmentState))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    left_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    facts: Mapped[str] = mapped_column(sa.Text)  # JSON: the numbers and words of its sentence
    earning_id: Mapped[int | None] = mapped_column(sa.ForeignKey("earnings.id"), index=True)
    work_order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("work_orders.id"), index=True)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    on_behalf: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(sa.String(300), default="")
    channel: Mapped[PayChannel | None] = mapped_column(state_column(PayChannel))
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    witness_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class PayeeAccount(Base):
    """A bank account to which a member's pay may be sent. Its number is sealed.

    Content never changes: another number is another row, and the older one ends.
    """

    __tablename__ = "payee_accounts"
    __table_args__ = (
        sa.Index(
            "uq_payee_accounts_standing",
            "member_id",
            unique=True,
            sqlite_where=sa.text("state = 'standing'"),
            postgresql_where=sa.text("state = 'standing'"),
        ),
        sa.Index("ix_payee_accounts_digest", "digest"),
        sa.Index("ix_payee_accounts_station_id_state", "station_id", "state"),
        sa.CheckConstraint(
            "state IN ('proposed', 'refused') OR decided_by_id <> proposed_by_id", name="two"
        ),
        sa.CheckConstraint(
            "is_own OR (relation <> '' AND witness_id IS NOT NULL)", name="another_name"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"), index=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    holder: Mapped[str] = mapped_column(sa.String(40))
    bank: Mapped[str] = mapped_column(sa.String(60))
    number: Mapped[str] = mapped_column(sa.String(255))  # sealed
    digest: Mapped[str] = mapped_column(sa.String(64))  # finds the same number again
    tail: Mapped[str] = mapped_column(sa.String(4))
    is_own: Mapped[bool] = mapped_column()
    relation: Mapped[str] = mapped_column(sa.String(60), default="")
    witness_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    state: Mapped[PayeeState] = mapped_column(state_column(PayeeState))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class YearPlan(Base):
    """How the surplus of one year of a workshop is shared out. Source: domain.md 5 E17."""

    __tablename__ = "year_plans"
    __table_args__ = (
        sa.Index(
            "uq_year_plans_standing",
            "workshop_id",
            "year",
            unique=True,
            sqlite_where=sa.text("state <> 'dropped'"),
            postgresql_where=sa.text("state <> 'dropped'"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'dropped') OR opened_by_id <> drawn_up_by_id", name="two"
        ),
        sa.CheckConstraint(
            "reserve_percent BETWEEN 0 AND 100 AND patronage_percent BETWEEN 60 AND 100",
            name="percents",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    year: Mapped[int] = mapped_column()
    surplus_minor: Mapped[int] = mapped_column(sa.BigInteger)
    old_loss_minor: Mapped[int] = mapped_column(sa.BigInteger)
    reserve_percent: Mapped[int] = mapped_column()
    patronage_percent: Mapped[int] = mapped_column()
    state: Mapped[YearState] = mapped_column(state_column(YearState))
    drawn_up_at: Mapped[datetime] = mapped_column(UtcDateTime)
    drawn_up_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    meeting_on: Mapped[date | None] = mapped_column()
    votes_for: Mapped[int | None] = mapped_column()
    votes_against: Mapped[int | None] = mapped_column()
    words: Mapped[str] = mapped_column(sa.String(300), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class YearShare(Base):
    """One member's line of a year: her work, her account before it, and what she gets."""

    __tablename__ = "year_shares"
    __table_args__ = (sa.UniqueConstraint("plan_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("year_plans.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"), index=True)
    patronage_minor: Mapped[int] = mapped_column(sa.BigInteger)
    capital_minor: Mapped[int] = mapped_column(sa.BigInteger)
    reserve_minor: Mapped[int] = mapped_column(sa.BigInteger)
    subsidy_minor: Mapped[int] = mapped_column(sa.BigInteger)
    refund_minor: Mapped[int] = mapped_column(sa.BigInteger)
    share_minor: Mapped[int] = mapped_column(sa.BigInteger)
    new_reserve_minor: Mapped[int] = mapped_column(sa.BigInteger)


class Taking(Base):
    """What one slip took of one adjustment."""

    __tablename__ = "takings"
    __table_args__ = (
        sa.UniqueConstraint("pay_slip_id", "adjustment_id"),
        sa.CheckConstraint("amount_minor > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    adjustment_id: Mapped[int] = mapped_column(sa.ForeignKey("adjustments.id"), index=True)
    pay_slip_id: Mapped[int] = mapped_column(sa.ForeignKey("pay_slips.id"))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
