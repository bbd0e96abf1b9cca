"""Tables of payments, refunds, the inbox of provider events, and the demonstration's provider."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.payments.rules import (
    Against,
    DifferenceKind,
    DisputeState,
    EventState,
    Method,
    PaymentState,
    RefundBearer,
    RefundCause,
    RefundState,
    RefundWay,
)


class Payment(Base):
    """What one order asks of its buyer by one way, and what came of it."""

    __tablename__ = "payments"
    __table_args__ = (
        sa.Index("ix_payments_order_id", "order_id"),
        sa.Index("ix_payments_state_opened_at", "state", "opened_at"),
        # P4: 0 <= refunded + pending refunds <= captured <= amount, after every commit.
        sa.CheckConstraint(
            "refunded_minor >= 0 AND pending_refund_minor >= 0 AND fee_minor >= 0",
            name="not_negative",
        ),
        sa.CheckConstraint(
            "refunded_minor + pending_refund_minor <= captured_minor", name="refunds_in_captured"
        ),
        sa.CheckConstraint("captured_minor <= amount_minor", name="captured_in_amount"),
        # What a bank has taken until it decides cannot go back a second time.
        sa.CheckConstraint(
            "disputed_minor >= 0 AND"
            " refunded_minor + pending_refund_minor + disputed_minor <= captured_minor",
            name="disputed_in_captured",
        ),
        sa.CheckConstraint(
            "state = 'succeeded' OR captured_minor = 0", name="only_success_captures"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    method: Mapped[Method] = mapped_column(state_column(Method))
    provider: Mapped[str] = mapped_column(sa.String(16), default="")
    provider_ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    redirect_url: Mapped[str] = mapped_column(sa.String(1000), default="")
    state: Mapped[PaymentState] = mapped_column(state_column(PaymentState))
    failure_code: Mapped[str] = mapped_column(sa.String(64), default="")
    currency: Mapped[str] = mapped_column(sa.String(3), default="CNY")
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    captured_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    pending_refund_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    disputed_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    succeeded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Refund(Base):
    """Money on its way back to a buyer, with its cause and who bears it.

    A refused one stays refused: the next try is a row of its own that names it.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        sa.Index("ix_refunds_payment_id", "payment_id"),
        sa.Index("ix_refunds_state_opened_at", "state", "opened_at"),
        # A refused refund has one next try.
        sa.Index("uq_refunds_again_of_id", "again_of_id", unique=True),
        sa.CheckConstraint("amount_minor > 0", name="positive"),
        sa.CheckConstraint("given_by_id IS NULL OR given_by_id <> asked_by_id", name="two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payments.id"))
    again_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("refunds.id"))
    way: Mapped[RefundWay] = mapped_column(
        state_column(RefundWay), default=RefundWay.AS_PAID, server_default="as_paid"
    )
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    cause: Mapped[RefundCause] = mapped_column(state_column(RefundCause))
    bearer: Mapped[RefundBearer] = mapped_column(state_column(RefundBearer))
    state: Mapped[RefundState] = mapped_column(state_column(RefundState))
    provider_ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    failure_code: Mapped[str] = mapped_column(sa.String(64), default="")
    # Cash crosses the counter by two people: one asks for it, the other counts it out on proof.
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    given_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    proof: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TransferSeen(Base):
    """A buyer's transfer that one person saw on our bank account and another one confirms.

    Taken back when it was written down by mistake: then the bank's number is free again.
    """

    __tablename__ = "transfers_seen"
    __table_args__ = (
        sa.Index(
            "uq_transfers_seen_reference",
            "reference",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "uq_transfers_seen_payment_id",
            "payment_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> seen_by_id", name="two"),
        sa.CheckConstraint("confirmed_at IS NULL OR ended_at IS NULL", name="one_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payments.id"))
    reference: Mapped[str] = mapped_column(sa.String(60))
    payer: Mapped[str] = mapped_column(sa.String(100))
    came_on: Mapped[date] = mapped_column()
    seen_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Dispute(Base):
    """A buyer's bank wants a payment back: until when we may answer, and how it decided.

    ``claimed_minor`` is what of the payment had not gone back before; only that can be lost.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        sa.UniqueConstraint("provider", "provider_ref"),
        sa.Index("ix_disputes_payment_id", "payment_id"),
        sa.Index("ix_disputes_state_answer_by", "state", "answer_by"),
        sa.CheckConstraint("amount_minor > 0", name="positive"),
        sa.CheckConstraint("claimed_minor BETWEEN 0 AND amount_minor", name="claimed"),
        sa.CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('won', 'lost'))", name="closed_once"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    provider: Mapped[str] = mapped_column(sa.String(16))
    provider_ref: Mapped[str] = mapped_column(sa.String(120))
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payments.id"))
    state: Mapped[DisputeState] = mapped_column(state_column(DisputeState))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    claimed_minor: Mapped[int] = mapped_column(sa.BigInteger)
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    reason: Mapped[str] = mapped_column(sa.String(64), default="")
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProviderEventRow(Base):
    """One event that a provider sent, taken in once; what it is about, not its body.

    The truth is fetched again from the provider, so nothing personal is kept here.
    """

    __tablename__ = "provider_events"
    __table_args__ = (
        sa.UniqueConstraint("provider", "external_id"),
        sa.Index("ix_provider_events_state_received_at", "state", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(16))
    external_id: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(80))
    payload: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[EventState] = mapped_column(state_column(EventState))
    detail: Mapped[str] = mapped_column(sa.String(400), default="")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Comparison(Base):
    """One look at our payments beside the provider's list, or beside a file of what it paid out.

    The provider's list is compared every few minutes: of those only the latest is kept.
    """

    __tablename__ = "payment_comparisons"
    __table_args__ = (sa.CheckConstraint("agreed >= 0 AND differing >= 0", name="counts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # The file's digest, so that the same one is not taken in twice; for the list, whose it is.
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    against: Mapped[Against] = mapped_column(state_column(Against))
    file_name: Mapped[str] = mapped_column(sa.String(120), default="")
    agreed: Mapped[int] = mapped_column()
    agreed_minor: Mapped[int] = mapped_column(sa.BigInteger)
    differing: Mapped[int] = mapped_column()
    since_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    compared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class Difference(Base):
    """Something about one payment in which the other side and we differ, until a person closes it.

    Source: trust.md 2, P7.
    """

    __tablename__ = "payment_differences"
    __table_args__ = (
        sa.UniqueConstraint("against", "kind", "ref", "found_minor"),
        sa.Index("ix_payment_differences_closed_at", "closed_at", "id"),
        sa.CheckConstraint("(closed_at IS NULL) = (note = '')", name="closed_with_words"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    against: Mapped[Against] = mapped_column(state_column(Against))
    kind: Mapped[DifferenceKind] = mapped_column(state_column(DifferenceKind))
    ref: Mapped[str] = mapped_column(sa.String(120))
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payments.id"))
    currency: Mapped[str] = mapped_column(sa.String(3), default="CNY")
    expected_minor: Mapped[int] = mapped_column(sa.BigInteger)
    found_minor: Mapped[int] = mapped_column(sa.BigInteger)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agrees_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(sa.String(200), default="")


class DemoProviderObject(Base):
    """One object of the demonstration's pretended provider; empty where a real one is connected."""

    __tablename__ = "demo_provider_objects"
    __table_args__ = (sa.UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
