"""What the books say: balances of accounts and the lines behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel.db import db
from shop.kernel.money import CNY, Money
from shop.kernel.seals import Stream
from shop.kernel.statements import instant_as_text, line_of_text
from shop.ledger.models import Balance, Entry, LedgerAccount, Posting
from shop.ledger.rules import Line

ENTRIES_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class EntryView:
    """One booked fact with its lines; plus is credit, minus is debit."""

    entry_id: int
    kind: str
    source: str
    happened_at: datetime
    reverses_id: int | None
    lines: tuple[Line, ...]


def balance(account_key: str) -> Money:
    """Return what stands on one account: plus we owe or earned, minus we own or spent.

    An account that nobody has used stands at zero.
    """
    return balances([account_key])[account_key]


def balances(account_keys: Iterable[str]) -> dict[str, Money]:
    """Return what stands on several accounts, by key."""
    keys = list(account_keys)
    rows = db.session.execute(
        sa.select(
            LedgerAccount.key,
            LedgerAccount.currency,
            sa.func.coalesce(sa.func.sum(Balance.amount_minor), 0).label("amount"),
        )
        .outerjoin(Balance, Balance.account_id == LedgerAccount.id)
        .where(LedgerAccount.key.in_(keys))
        .group_by(LedgerAccount.key, LedgerAccount.currency)
    )
    found = {row.key: Money(int(row.amount), row.currency) for row in rows}
    return {key: found.get(key, Money(0, CNY)) for key in keys}


def entries_of(source: str) -> list[EntryView]:
    """Return every fact booked for one source such as ``order:12``, oldest first."""
    rows = db.session.execute(
        sa.select(
            Entry.id,
            Entry.kind,
            Entry.source,
            Entry.happened_at,
            Entry.reverses_id,
            LedgerAccount.key,
            Posting.amount_minor,
            LedgerAccount.currency,
        )
        .join(Posting, Posting.entry_id == Entry.id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Entry.source == source)
        .order_by(Entry.id, Posting.id)
    )
    lines: dict[tuple[int, str, str, datetime, int | None], list[Line]] = {}
    for row in rows:
        line = Line(row.key, Money(row.amount_minor, row.currency))
        lines.setdefault((row[0], row[1], row[2], row[3], row[4]), []).append(line)
    return [EntryView(*head, lines=tuple(body)) for head, body in lines.items()]


def booked_text(first_id: int, last_id: int) -> Iterator[str]:
    """Yield entries and their lines as seals and exports write them, in pieces.

    One line an entry, ``E``, then one for each of its postings, ``P``, parts separated by tabs;
    ``shop.ledger.verify`` reads it. The same text on every database, put together there.
    """
    entry = line_of_text(
        "E",
        Entry.id,
        Entry.kind,
        Entry.source,
        Entry.station_id,
        Entry.reverses_id,
        Entry.actor_id,
        instant_as_text(Entry.happened_at),
        instant_as_text(Entry.recorded_at),
    )
    posting = line_of_text("P", LedgerAccount.key, Posting.amount_minor, LedgerAccount.currency)
    for start in range(first_id, last_id + 1, ENTRIES_AT_ONCE):
        end = min(last_id, start + ENTRIES_AT_ONCE - 1)
        rows = db.session.execute(
            sa.union_all(
                sa.select(
                    Entry.id.label("entry_id"), sa.literal(0).label("place"), entry.label("line")
                ).where(Entry.id.between(start, end)),
                sa.select(Posting.entry_id, Posting.id, posting)
                .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
                .where(Posting.entry_id.between(start, end)),
            ).order_by("entry_id", "place")
        )
        yield "".join(row.line for row in rows)


def newest_entry() -> int:
    """Return the highest number an entry has, 0 when there is none."""
    return db.session.scalar(sa.select(sa.func.max(Entry.id))) or 0


SEALED = Stream("ledger", Entry.id, Entry.recorded_at, booked_text)
