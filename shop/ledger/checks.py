"""What must hold in the books at all times: L1 and L2 of trust.md 2."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.kernel.seals import broken_seals
from shop.ledger import queries
from shop.ledger.models import Balance, Entry, LedgerAccount, Posting

APPEND_ONLY = ("entries", "postings", "seals")


def _entries_balance() -> Iterator[Finding]:
    lines = sa.func.count(Posting.id)
    amount = sa.func.coalesce(sa.func.sum(Posting.amount_minor), 0)
    rows = db.session.execute(
        sa.select(Entry.id, Entry.kind, Entry.source, lines.label("lines"), amount.label("amount"))
        .outerjoin(Posting, Posting.entry_id == Entry.id)
        .group_by(Entry.id, Entry.kind, Entry.source)
        .having(sa.or_(lines < 2, amount != 0))  # noqa: PLR2004 - double entry has two sides
        .order_by(Entry.id)
    )
    for row in rows:
        yield Finding(
            "L1",
            f"entry:{row.id}",
            f"{row.kind} of {row.source} has {row.lines} lines that sum to {row.amount}",
        )


def _all_accounts_are_zero() -> Iterator[Finding]:
    rows = db.session.execute(
        sa.select(LedgerAccount.currency, sa.func.sum(Balance.amount_minor).label("amount"))
        .join(Balance, Balance.account_id == LedgerAccount.id)
        .group_by(LedgerAccount.currency)
        .having(sa.func.sum(Balance.amount_minor) != 0)
    )
    for row in rows:
        yield Finding("L1", f"currency:{row.currency}", f"all accounts sum to {row.amount}")


def _balances_are_postings() -> Iterator[Finding]:
    kept = (
        sa.select(Balance.account_id, sa.func.sum(Balance.amount_minor).label("amount"))
        .group_by(Balance.account_id)
        .subquery()
    )
    # Plus nothing: grouped by the bare column, SQLite walks an index and fetches row after row,
    # which takes several times as long as reading the table once.
    account_id = (Posting.account_id + 0).label("account_id")
    posted = (
        sa.select(account_id, sa.func.sum(Posting.amount_minor).label("amount"))
        .group_by(account_id)
        .subquery()
    )
    balance = sa.func.coalesce(kept.c.amount, 0)
    postings = sa.func.coalesce(posted.c.amount, 0)
    rows = db.session.execute(
        sa.select(LedgerAccount.key, balance.label("balance"), postings.label("postings"))
        .outerjoin(kept, kept.c.account_id == LedgerAccount.id)
        .outerjoin(posted, posted.c.account_id == LedgerAccount.id)
        .where(balance != postings)
        .order_by(LedgerAccount.key)
    )
    for row in rows:
        yield Finding(
            "L2",
            f"account:{row.key}",
            f"stands at {row.balance}, its postings sum to {row.postings}",
        )


def _reversals_mirror() -> Iterator[Finding]:
    mirrors = (
        sa.select(
            Entry.id,
            Entry.reverses_id,
            Posting.account_id,
            Posting.amount_minor,
        )
        .join(Posting, Posting.entry_id.in_([Entry.id, Entry.reverses_id]))
        .where(Entry.reverses_id.is_not(None))
        .subquery()
    )
    rows = db.session.execute(
        sa.select(mirrors.c.id, mirrors.c.reverses_id)
        .group_by(mirrors.c.id, mirrors.c.reverses_id, mirrors.c.account_id)
        .having(sa.func.sum(mirrors.c.amount_minor) != 0)
        .distinct()
    )
    for row in rows:
        yield Finding("L2", f"entry:{row.id}", f"is no exact mirror of entry:{row.reverses_id}")


def _database_refuses_changes() -> Iterator[Finding]:
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname AS name FROM pg_trigger WHERE tgenabled <> 'D'"
    triggers = set(db.session.execute(sa.text(query)).scalars())
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            if f"{table}_refuse_{verb}" not in triggers:
                yield Finding("L2", f"table:{table}", f"the database would take an {verb.upper()}")


def _seals_hold() -> Iterator[Finding]:
    yield from broken_seals(queries.SEALED, "L2")


CHECKS: tuple[Check, ...] = (
    Check("L1", "every entry balances", _entries_balance),
    Check("L1", "all accounts together are zero", _all_accounts_are_zero),
    Check("L2", "every balance is the sum of its postings", _balances_are_postings),
    Check("L2", "every reversal is an exact mirror", _reversals_mirror),
    Check("L2", "the database refuses to change what is booked", _database_refuses_changes),
    Check("L2", "every sealed day of the books is as it was sealed", _seals_hold),
)
