"""What the books say: balances of accounts and the lines behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel.db import db
from shop.kernel.money import CNY, Money
from shop.ledger.models import Balance, Entry, LedgerAccount, Posting
from shop.ledger.rules import Line


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
