"""Programs, their tokens, their orders and the answers that are kept for them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.programs.rules import AnswerState, TellingState


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


class Hook(Base):
    """An address of a program that is told what happens; its secret follows from its name.

    secret_version     the secret that signs; the one before signs too until ``old_secret_until``.
    """

    __tablename__ = "hooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("programs.id"), index=True)
    url: Mapped[str] = mapped_column(sa.String(300))
    kinds: Mapped[str] = mapped_column(sa.String(400))
    secret_version: Mapped[int] = mapped_column(default=1)
    old_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HookMessage(Base):
    """One message to one address, from the moment something happened to its answer.

    event_id    None for one that was sent to try.
    status      of the last answer; 0 where none came.
    """

    __tablename__ = "hook_messages"
    __table_args__ = (
        sa.UniqueConstraint("hook_id", "event_id"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        sa.Index("ix_hook_messages_newest", "hook_id", "id"),
        sa.Index(
            "ix_hook_messages_due",
            "due_at",
            sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
            postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    hook_id: Mapped[int] = mapped_column(sa.ForeignKey("hooks.id"))
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("events.id"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    body: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[TellingState] = mapped_column(state_column(TellingState))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.String(240), default="")
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
