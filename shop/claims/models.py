"""Tables of what buyers bring forward: the matter, its pieces, and each step with its words."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.claims.rules import ClaimKind, ClaimState
from shop.kernel.db import Base, UtcDateTime, state_column


class Claim(Base):
    """One matter about one workshop's part of an order: what is wrong, and where it stands.

    ``answer_by`` is until when somebody owes the next step; ``decided_by_id`` who refused first,
    so that another person looks again.
    """

    __tablename__ = "claims"
    __table_args__ = (
        sa.Index("ix_claims_order_id", "order_id"),
        sa.Index("ix_claims_station_id_state", "station_id", "state", "answer_by"),
        sa.CheckConstraint("state <> 'refunded' OR refund_id IS NOT NULL", name="refunded"),
        sa.CheckConstraint("state <> 'sent' OR tracking <> ''", name="sent"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    fulfillment_id: Mapped[int] = mapped_column(sa.ForeignKey("fulfillments.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    kind: Mapped[ClaimKind] = mapped_column(state_column(ClaimKind))
    state: Mapped[ClaimState] = mapped_column(state_column(ClaimState))
    words: Mapped[str] = mapped_column(sa.Text)
    carrier: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    tracking: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    refund_id: Mapped[int | None] = mapped_column(sa.ForeignKey("refunds.id"))


class ClaimLine(Base):
    """So many pieces of one order line that a claim is about."""

    __tablename__ = "claim_lines"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="positive"),)

    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claims.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("order_lines.id"), primary_key=True, index=True
    )
    quantity: Mapped[int] = mapped_column()


class ClaimStep(Base):
    """One step of a claim, never changed: to which state, by whom (nobody: the buyer), why."""

    __tablename__ = "claim_steps"
    __table_args__ = (sa.Index("ix_claim_steps_claim_id", "claim_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claims.id"))
    state: Mapped[ClaimState] = mapped_column(state_column(ClaimState))
    words: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
