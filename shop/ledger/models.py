"""Ledger accounts, entries, postings and stored balances. Entries and postings are append-only."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime


class LedgerAccount(Base):
    """One account, found by its key: ``sales:7`` (workshop 7), ``wages_payable:member:12``."""

    __tablename__ = "ledger_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(32), index=True)
    station_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    currency: Mapped[str] = mapped_column(sa.String(3), default="CNY")


class Entry(Base):
    """One balanced fact, found by its kind and source; never changed, only reversed once."""

    __tablename__ = "entries"
    # The source first: refunds and histories ask for all that was booked for one order.
    __table_args__ = (sa.UniqueConstraint("source", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(32))
    source: Mapped[str] = mapped_column(sa.String(64))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entries.id"), unique=True)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Posting(Base):
    """One line of an entry: plus is what we owe or earned (credit), minus what we own (debit)."""

    __tablename__ = "postings"
    __table_args__ = (
        sa.Index("ix_postings_account_id_id", "account_id", "id"),
        sa.CheckConstraint("amount_minor <> 0", name="not_zero"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entries.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_accounts.id"))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)


class Balance(Base):
    """The stored sum of an account's postings, kept in shards so that hot accounts do not queue."""

    __tablename__ = "balances"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_accounts.id"), primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
