"""Seals over append-only rows: each closed day gets a digest, chained to the day before.

Whoever changes, removes or slips in a row of a sealed day must write every later seal anew, and
the head of the chain that stands on paper at the town station will not agree any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.checks import Finding
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.db import Base, UtcDateTime, db, transaction

BEGINNING = "0" * 64


class Seal(Base):
    """The digest of one closed day of one stream; never changed (the database refuses it)."""

    __tablename__ = "seals"
    __table_args__ = (sa.UniqueConstraint("stream", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(sa.String(16))
    day: Mapped[date] = mapped_column()
    first_id: Mapped[int] = mapped_column()
    last_id: Mapped[int] = mapped_column()
    rows: Mapped[int] = mapped_column()
    previous: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Stream:
    """Append-only rows to be sealed.

    name        of the stream, as seals carry it.
    ids         the column of their numbers, which only grow.
    recorded    the column of the instant at which a row was written.
    text        yields all that is written in the rows first to last, in their order, in pieces;
                the same text for the same rows on every database.
    """

    name: str
    ids: sa.SQLColumnExpression[int]
    recorded: sa.SQLColumnExpression[datetime]
    text: Callable[[int, int], Iterator[str]]


@dataclass(frozen=True, slots=True)
class SealView:
    """One seal as it was set: rows ``first_id`` to ``last_id``, both included."""

    day: date
    first_id: int
    last_id: int
    rows: int
    previous: str
    digest: str

    @property
    def head_line(self) -> str:
        """Return what the digest covers beside the rows, in one line."""
        return f"{self.day}\t{self.first_id}\t{self.last_id}\t{self.rows}\n"


def digest_of(previous: str, head_line: str, text: Iterable[str]) -> str:
    """Return the digest of a day: the one before, the day's own line, then its rows."""
    digest = hashlib.sha256(f"{previous}\n{head_line}".encode())
    for piece in text:
        digest.update(piece.encode())
    return digest.hexdigest()


def seals_of(stream: str) -> list[SealView]:
    """Return every seal of a stream, the oldest first."""
    rows = db.session.execute(
        sa.select(Seal.day, Seal.first_id, Seal.last_id, Seal.rows, Seal.previous, Seal.digest)
        .where(Seal.stream == stream)
        .order_by(Seal.id)
    )
    return [SealView(*row) for row in rows]


def head_of(stream: str) -> SealView | None:
    """Return the newest seal of a stream, whose digest stands for all before it."""
    row = db.session.execute(
        sa.select(Seal.day, Seal.first_id, Seal.last_id, Seal.rows, Seal.previous, Seal.digest)
        .where(Seal.stream == stream)
        .order_by(Seal.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else SealView(*row)


def seal_closed_days(stream: Stream, *, now: datetime) -> int:
    """Seal every day of a stream that has ended and is not sealed yet; return how many. Repeatable.

    A row that was begun before midnight and comes through after the seal belongs to the next one.
    """
    today = business_day(now)
    if _next_day(stream, head_of(stream.name), today) is None:
        return 0
    newest = _newest_id(stream)
    sealed = 0
    while (seal := _next_seal(stream, newest, today)) is not None:
        with transaction() as session:
            known = session.scalar(
                sa.select(Seal.id).where(Seal.stream == stream.name, Seal.day == seal.day)
            )
            if known is not None:  # another worker was quicker
                return sealed
            session.execute(
                sa.insert(Seal),
                {
                    "stream": stream.name,
                    "day": seal.day,
                    "first_id": seal.first_id,
                    "last_id": seal.last_id,
                    "rows": seal.rows,
                    "previous": seal.previous,
                    "digest": seal.digest,
                    "sealed_at": now,
                },
            )
        sealed += 1
    return sealed


def _newest_id(stream: Stream) -> int:
    """Return the highest number below which no row can appear any more."""
    with transaction() as session:
        if db.engine.dialect.name == "postgresql":
            # Numbers are drawn before their transactions commit: wait for those that are under
            # way, and let nobody draw one while we look.
            table = stream.ids.table.name  # type: ignore[attr-defined]
            session.execute(sa.text(f"LOCK TABLE {table} IN SHARE MODE"))
        return session.scalar(sa.select(sa.func.max(stream.ids))) or 0


def _next_day(stream: Stream, before: SealView | None, today: date) -> date | None:
    """Return the oldest day that is over and not sealed."""
    if before is not None:
        day = before.day + timedelta(days=1)
    else:
        first = db.session.scalar(sa.select(stream.recorded).order_by(stream.ids).limit(1))
        if first is None:
            return None
        day = business_day(first)
    return day if day < today else None


def _next_seal(stream: Stream, newest: int, today: date) -> SealView | None:
    before = head_of(stream.name)
    day = _next_day(stream, before, today)
    if day is None:
        return None
    first_id, previous = (1, BEGINNING) if before is None else (before.last_id + 1, before.digest)
    later = db.session.scalar(
        sa.select(stream.ids)
        .where(stream.ids >= first_id, stream.recorded >= start_of_day(day + timedelta(days=1)))
        .order_by(stream.ids)
        .limit(1)
    )
    last_id = max(newest if later is None else min(newest, later - 1), first_id - 1)
    rows = db.session.scalar(
        sa.select(sa.func.count()).where(stream.ids.between(first_id, last_id))
    )
    unsigned = SealView(day, first_id, last_id, rows or 0, previous, "")
    digest = digest_of(previous, unsigned.head_line, stream.text(first_id, last_id))
    return replace(unsigned, digest=digest)


def broken_seals(stream: Stream, code: str) -> Iterator[Finding]:
    """Yield every sealed day whose rows are not what they were, and every broken link."""
    previous, next_id = BEGINNING, 1
    for seal in seals_of(stream.name):
        subject = f"seal:{stream.name}:{seal.day}"
        if seal.previous != previous or seal.first_id != next_id:
            yield Finding(code, subject, "does not follow the day before")
        if digest_of(seal.previous, seal.head_line, stream.text(seal.first_id, seal.last_id)) != (
            seal.digest
        ):
            yield Finding(code, subject, "its rows are not what they were when it was sealed")
        previous, next_id = seal.digest, seal.last_id + 1
