"""Programs, their tokens, their orders and the answers that are kept for them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.programs.rules import AnswerState


class Program(Base):
    """One outside program, such as a mini-program, that a place answers for."""

    __tablename__ = "programs"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProgramToken(Base):
    """What a program proves itself with; only its digest is here.

    ``hint`` are its last letters, by which people tell one from the other.
    """

    __tablename__ = "program_tokens"
    __table_args__ = (
        sa.CheckConstraint("length(digest) = 64", name="digest"),
        sa.CheckConstraint("expires_at > made_at", name="ends"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("programs.id"), index=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hint: Mapped[str] = mapped_column(sa.String(8))
    scopes: Mapped[str] = mapped_column(sa.String(200))
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProgramOrder(Base):
    """Which program placed an order, and may therefore follow it."""

    __tablename__ = "program_orders"
    __table_args__ = (sa.Index("ix_program_orders_newest", "program_id", "order_id"),)

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), primary_key=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("programs.id"))


class KeptAnswer(Base):
    """What one caller was answered under one key of hers, for a day.

    caller     whose key it is; keys of different callers never meet.
    key        digest of the key; ``content`` of all that was sent with it.
    body       as it was sent, once ``state`` is *answered*.
    """

    __tablename__ = "kept_answers"
    __table_args__ = (
        sa.UniqueConstraint("caller", "key"),
        sa.CheckConstraint("(state = 'answered') = (body IS NOT NULL)", name="answered"),
        sa.Index("ix_kept_answers_begun_at", "begun_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str] = mapped_column(sa.String(80))
    key: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[str] = mapped_column(sa.String(64))
    state: Mapped[AnswerState] = mapped_column(state_column(AnswerState))
    status: Mapped[int] = mapped_column(default=0)
    body: Mapped[str | None] = mapped_column(sa.Text)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
