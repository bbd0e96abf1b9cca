"""Messages, kept as a log of who was told what, and the ways each of them goes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.notifications.rules import Channel, SendingState


class Message(Base):
    """What was said to one person, written once per key; names nobody."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(32))  # a Kind; new ones come with every release
    subject: Mapped[str] = mapped_column(sa.String(64), index=True)
    station_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stations.id"))
    locale: Mapped[str] = mapped_column(sa.String(16))
    # Empty where it was a code that has left, or that nobody can use any more.
    short: Mapped[str] = mapped_column(sa.Text)
    letter: Mapped[str] = mapped_column(sa.Text)
    is_essential: Mapped[bool] = mapped_column(default=True)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Sending(Base):
    """One way of telling one message; ``tail`` is all that lists and logs show of the address."""

    __tablename__ = "sendings"
    __table_args__ = (
        sa.UniqueConstraint("message_id", "channel"),
        sa.Index(
            "ix_sendings_due",
            "urgency",
            "due_at",
            sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
            postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
        ),
        sa.Index("ix_sendings_station_id_state", "station_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("messages.id"))
    station_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stations.id"))
    channel: Mapped[Channel] = mapped_column(state_column(Channel))
    state: Mapped[SendingState] = mapped_column(state_column(SendingState))
    urgency: Mapped[int] = mapped_column()
    tail: Mapped[str] = mapped_column(sa.String(80), default="")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What went wrong last: a word of ours and the provider's own, without the address.
    error: Mapped[str] = mapped_column(sa.String(240), default="", server_default="")
    provider_ref: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")


class Unwanted(Base):
    """An address that wants no messages but the needful ones; only its pseudonym is kept."""

    __tablename__ = "unwanted_messages"

    pseudonym: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class SendingAddress(Base):
    """Where one sending goes: personal data, apart, deleted when it has served."""

    __tablename__ = "sending_addresses"

    sending_id: Mapped[int] = mapped_column(sa.ForeignKey("sendings.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), default="")
    address: Mapped[str] = mapped_column(sa.String(254), default="")
