"""The verbs of the books: post once, reverse once. Nothing is ever edited.

Balances are kept beside the postings in shards. On PostgreSQL each transaction takes a shard of
its own, so that two sales never wait for each other at the same account.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel.access import Actor
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, NotFound
from shop.kernel.money import CurrencyMismatch, Money
from shop.kernel.statements import insert_or, table_of
from shop.ledger.models import Balance, Entry, LedgerAccount, Posting
from shop.ledger.rules import Line, balanced, kind_of

_accounts = table_of(LedgerAccount)
_entries = table_of(Entry)
_postings = table_of(Posting)
_balances = table_of(Balance)

SHARDS = 64
# Names our locks among all advisory locks of the database: one per shard, and the next number for
# opening accounts.
LEDGER_LOCK = 1_279_607_120

REVERSAL = "reversal"

# Statements of the hot path are built once: building them anew costs more than running them.
_FIND_ACCOUNTS = sa.select(_accounts.c.key, _accounts.c.id, _accounts.c.currency).where(
    _accounts.c.key.in_(sa.bindparam("keys", expanding=True))
)
_NEW_POSTINGS = sa.insert(_postings)


class EntryReused(Conflict):
    """One event of money was to be booked a second time with other amounts."""

    code = "ledger.entry_reused"


class AlreadyReversed(Conflict):
    """The entry has its mirror already; one entry is reversed at most once."""

    code = "ledger.already_reversed"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One balanced fact to be booked, found later by its kind and source."""

    kind: str
    source: str
    station_id: int
    lines: Sequence[Line]
    happened_at: datetime
    reverses_id: int | None = None


@transactional
def post(
    *,
    kind: str,
    source: str,
    station_id: int,
    lines: Sequence[Line],
    happened_at: datetime,
    actor: Actor,
    now: datetime,
) -> int:
    """Book one fact and return its entry; the same kind and source are booked once.

    kind           what happened, such as ``acceptance``; with ``source`` it names the fact.
    lines          sum to zero; lines of zero are left out.
    happened_at    when it was so; ``now`` is when we wrote it down.

    Safe to repeat with the same amounts: the second call returns the first entry.

    Raises Unbalanced, CurrencyMismatch, EntryReused. Source: trust.md L1, L3.
    """
    entry = NewEntry(
        kind=kind, source=source, station_id=station_id, lines=lines, happened_at=happened_at
    )
    return _post_many([entry], actor=actor, now=now)[0]


@transactional
def post_many(*, entries: Iterable[NewEntry], actor: Actor, now: datetime) -> list[int]:
    """Book several facts with one statement per table; return their entries in the same order.

    Like ``post`` in everything else.
    """
    return _post_many(list(entries), actor=actor, now=now)


@transactional
def reverse(
    *, entry_id: int, source: str, happened_at: datetime, actor: Actor, now: datetime
) -> int:
    """Book the exact mirror of an entry and return it; once per entry.

    source    why, such as ``correction:5``; repeated with the same source it returns the first.

    Raises NotFound, AlreadyReversed when it was reversed for another reason. Source: trust.md L2.
    """
    original = db.session.execute(
        sa.select(_entries.c.station_id).where(_entries.c.id == entry_id)
    ).one_or_none()
    if original is None:
        raise NotFound(what="entry")
    mirror = db.session.execute(
        sa.select(_entries.c.id, _entries.c.source).where(_entries.c.reverses_id == entry_id)
    ).one_or_none()
    if mirror is not None:
        if mirror.source != source:
            raise AlreadyReversed(entry=entry_id)
        return int(mirror.id)
    entry = NewEntry(
        kind=REVERSAL,
        source=source,
        station_id=original.station_id,
        lines=[Line(line.account_key, -line.amount) for line in _lines_of([entry_id])[entry_id]],
        happened_at=happened_at,
        reverses_id=entry_id,
    )
    return _post_many([entry], actor=actor, now=now)[0]


def _post_many(entries: list[NewEntry], *, actor: Actor, now: datetime) -> list[int]:
    if not entries:
        return []
    lines = {(entry.kind, entry.source): balanced(entry.lines) for entry in entries}
    if len(lines) != len(entries):
        raise EntryReused(source=entries[0].source)
    new = _open_entries(entries, actor=actor, now=now)
    ids = dict(new)
    known = [name for name in lines if name not in new]
    if known:
        ids |= _same_as_before(known, lines)
    if new:
        stations = {(entry.kind, entry.source): entry.station_id for entry in entries}
        accounts = _account_ids(
            {line.account_key: stations[name] for name in new for line in lines[name]}
        )
        _write(
            [
                (ids[name], accounts[line.account_key], line.amount)
                for name in new
                for line in lines[name]
            ]
        )
    return [ids[entry.kind, entry.source] for entry in entries]


def _open_entries(
    entries: list[NewEntry], *, actor: Actor, now: datetime
) -> dict[tuple[str, str], int]:
    """Write the entries that are not there yet; return their ids by name."""
    rows = db.session.execute(
        _new_entries(db.engine.dialect.name),
        [
            {
                "kind": entry.kind,
                "source": entry.source,
                "station_id": entry.station_id,
                "reverses_id": entry.reverses_id,
                "actor_id": actor.user_id,
                "happened_at": entry.happened_at,
                "recorded_at": now,
            }
            for entry in entries
        ],
    )
    return {(row.kind, row.source): row.id for row in rows}


@functools.cache
def _new_entries(_dialect: str) -> sa.Executable:
    return (
        insert_or(_entries)
        .on_conflict_do_nothing(index_elements=["kind", "source"])
        .returning(_entries.c.id, _entries.c.kind, _entries.c.source)
    )


@functools.cache
def _add_to_balances(_dialect: str) -> sa.Executable:
    statement = insert_or(_balances)
    return statement.on_conflict_do_update(
        index_elements=["account_id", "shard"],
        set_={"amount_minor": _balances.c.amount_minor + statement.excluded.amount_minor},
    )


def _same_as_before(
    names: list[tuple[str, str]], lines: dict[tuple[str, str], tuple[Line, ...]]
) -> dict[tuple[str, str], int]:
    """Return the entries booked before under these names, once their amounts are the same."""
    rows = db.session.execute(
        sa.select(_entries.c.id, _entries.c.kind, _entries.c.source).where(
            sa.tuple_(_entries.c.kind, _entries.c.source).in_(names)
        )
    ).all()
    booked = _lines_of([row.id for row in rows])
    for row in rows:
        if sorted(map(_plain, booked[row.id])) != sorted(map(_plain, lines[row.kind, row.source])):
            raise EntryReused(source=row.source)
    return {(row.kind, row.source): row.id for row in rows}


def _plain(line: Line) -> tuple[str, int, str]:
    return line.account_key, line.amount.minor, line.amount.currency


def _lines_of(entry_ids: list[int]) -> dict[int, list[Line]]:
    rows = db.session.execute(
        sa.select(
            _postings.c.entry_id, _accounts.c.key, _postings.c.amount_minor, _accounts.c.currency
        )
        .join(_accounts, _accounts.c.id == _postings.c.account_id)
        .where(_postings.c.entry_id.in_(entry_ids))
        .order_by(_postings.c.id)
    )
    lines: dict[int, list[Line]] = {entry_id: [] for entry_id in entry_ids}
    for row in rows:
        lines[row.entry_id].append(Line(row.key, Money(row.amount_minor, row.currency)))
    return lines


def _account_ids(stations_by_key: dict[str, int]) -> dict[str, tuple[int, str]]:
    """Return account ids and currencies by key, opening the accounts that are new."""
    found = _find_accounts(stations_by_key)
    new = [key for key in stations_by_key if key not in found]
    if new:
        _take_turns_opening()
        db.session.execute(
            insert_or(_accounts).on_conflict_do_nothing(index_elements=["key"]),
            [
                {
                    "key": key,
                    "kind": kind_of(key).value,
                    "station_id": stations_by_key[key],
                    "currency": "CNY",
                }
                for key in sorted(new)
            ],
        )
        found |= _find_accounts(new)
    return found


def _take_turns_opening() -> None:
    # Two transactions that open the same two accounts in either order would wait for each other
    # for ever; SQLite has one writer anyway.
    if db.engine.dialect.name != "sqlite":
        turn = sa.select(sa.func.pg_advisory_xact_lock(LEDGER_LOCK, SHARDS))
        db.session.execute(turn)


def _find_accounts(keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    rows = db.session.execute(_FIND_ACCOUNTS, {"keys": list(keys)})
    return {row.key: (row.id, row.currency) for row in rows}


def _write(postings: list[tuple[int, tuple[int, str], Money]]) -> None:
    sums: dict[int, int] = {}
    for _, (account_id, currency), amount in postings:
        if amount.currency != currency:
            message = f"{amount.currency} cannot be booked on an account in {currency}"
            raise CurrencyMismatch(message)
        sums[account_id] = sums.get(account_id, 0) + amount.minor
    db.session.execute(
        _NEW_POSTINGS,
        [
            {"entry_id": entry_id, "account_id": account_id, "amount_minor": amount.minor}
            for entry_id, (account_id, _), amount in postings
        ],
    )
    shard = _own_shard()
    db.session.execute(
        _add_to_balances(db.engine.dialect.name),
        [
            {"account_id": account_id, "shard": shard, "amount_minor": amount}
            for account_id, amount in sorted(sums.items())
            if amount
        ],
    )


def _own_shard() -> int:
    """Return the shard of all balances that only this transaction changes.

    SQLite has one writer anyway. On PostgreSQL a lock that ends with the transaction marks the
    shard as taken; asked again, the same transaction finds its own. Rows of hot accounts are so
    never waited for, and two transactions cannot lock each other out over them.
    """
    if db.engine.dialect.name == "sqlite":
        return 0
    number = sa.text(
        "SELECT (n + pg_backend_pid()) % :shards FROM generate_series(0, :shards - 1) AS n "
        "WHERE pg_try_advisory_xact_lock(:lock, (n + pg_backend_pid()) % :shards) LIMIT 1"
    )
    shard = db.session.execute(number, {"shards": SHARDS, "lock": LEDGER_LOCK}).scalar()
    # More transactions at once than shards: share one, and wait for its rows.
    return 0 if shard is None else int(shard)
