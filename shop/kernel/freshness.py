"""How fresh what the public sees can be: one number per tag, raised in the transaction of a change.

A kept page remembers the sum of its tags' numbers; it may be shown again as long as the sum is the
same. Numbers only rise, so nothing can change and leave the sum as it was.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.kernel import db as database
from shop.kernel.db import Base, WriteOutsideTransaction, db, in_transaction
from shop.kernel.statements import insert_or, table_of

# Every kept page carries it: what is raised here makes all of them stale.
EVERYTHING = "everything"

# A tag that many acts raise at once has so many rows on PostgreSQL, so that they seldom wait for
# each other; SQLite has one writer anyway.
SHARDS = 8

_TOUCHED = "touched"
_NOW = "now"


class Freshness(Base):
    """How often something under a tag has changed, in shards; the sum is what counts."""

    __tablename__ = "freshness"

    tag: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(sa.BigInteger)


# Any: each rule takes the one kind of event that it stands beside.
Rule = Callable[[Any, int | None], Iterable[str]]
_rules: dict[type[object], Rule] = {}

# Any: whatever instant the clock alone will change something at, the select finds it.
Ending = sa.Select[Any]
_endings: dict[str, Ending] = {}


def connect(rules: Mapping[type[Any], Rule], endings: Mapping[str, Ending]) -> None:
    """Tell the kernel which tags an event raises; called once by the application.

    rules      by event: a function of it and of the station that it was recorded at.
    endings    by tag, or by what stands before the colon of one: a select of the next instant
               after the parameter ``now`` at which the clock alone changes what is shown. A tag
               with a number hands its numbers over in the parameter of its own name.
    """
    _rules.clear()
    _rules.update(rules)
    _endings.clear()
    _endings.update(endings)
    _standing.cache_clear()


def follow(event: object, *, station_id: int | None = None) -> None:
    """Raise the tags of an event in the transaction that is open.

    ``events.record`` calls it; events that no history keeps (a shown count) come here directly.

    Raises WriteOutsideTransaction outside a transaction when the event has tags.
    """
    rule = _rules.get(type(event))
    if rule is not None:
        touch(*rule(event, station_id))


def touch(*tags: str) -> None:
    """Raise tags in the transaction that is open, each once, as its last statement.

    Raises WriteOutsideTransaction outside one.
    """
    if not in_transaction():
        raise WriteOutsideTransaction
    db.session().info.setdefault(_TOUCHED, set()).update(tags)


@database.before_commit
def _write(session: Session) -> None:
    # Last and in one order: whoever waits here for somebody else holds nothing that she waits for.
    touched = session.info.pop(_TOUCHED, None)
    if touched:
        dialect = db.engine.dialect.name
        session.execute(
            _raise(dialect),
            sorted(
                ({"tag": tag, "shard": _shard(tag, dialect), "version": 1} for tag in touched),
                key=lambda row: (row["tag"], row["shard"]),
            ),
        )


def _shard(tag: str, dialect: str) -> int:
    # A tag with a number is one thing, whose own rows have made its changes queue up already.
    return 0 if dialect == "sqlite" or ":" in tag else random.randrange(SHARDS)  # noqa: S311 - spreads, hides nothing


@functools.cache
def _raise(_dialect: str) -> sa.Executable:
    statement = insert_or(table_of(Freshness))
    version = table_of(Freshness).c.version
    return statement.on_conflict_do_update(
        index_elements=["tag", "shard"], set_={"version": version + 1}
    )


def snapshot() -> object:
    """Begin to read, all as of one moment, and return what ``standing`` asks for in the end.

    SQLite reads so anyway; PostgreSQL is asked to.
    """
    session = db.session()
    is_sqlite = db.engine.dialect.name == "sqlite"
    session.connection(
        execution_options={} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
    )
    return session.get_transaction()


def standing(
    tags: Sequence[str], *, now: datetime, begun: object
) -> tuple[int, datetime | None] | None:
    """Return the sum of tags as of the snapshot, and when the clock alone changes what they show.

    None when the snapshot is no longer the one that was begun: what was read since may be newer.
    """
    if db.session().get_transaction() is not begun:
        return None
    numbers: dict[str, list[int]] = {}
    for tag in tags:
        kind, _, number = tag.partition(":")
        if kind in _endings:
            numbers.setdefault(kind, []).extend([int(number)] if number else [])
    row = db.session.execute(
        _standing(tuple(sorted(numbers))),
        {"tags": [EVERYTHING, *tags], _NOW: now, **numbers},
    ).one()
    total, *instants = row
    return int(total), min((instant for instant in instants if instant is not None), default=None)


@functools.cache
def _standing(kinds: tuple[str, ...]) -> sa.Select[Any]:
    total = sa.select(
        sa.cast(sa.func.coalesce(sa.func.sum(Freshness.version), 0), sa.BigInteger)
    ).where(Freshness.tag.in_(sa.bindparam("tags", expanding=True)))
    return sa.select(total.scalar_subquery(), *(_endings[kind].scalar_subquery() for kind in kinds))


class Versions:
    """Reads how often tags have changed, past the session: every request asks, so it must be cheap.

    It keeps connections of its own, one for each thread that asks at the same moment, and never
    opens a transaction on them.
    """

    def __init__(self, engine: sa.Engine) -> None:
        """Read from an engine's database; ``engine.dispose()`` closes the connections."""
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self.refused: type[Exception] = engine.dialect.loaded_dbapi.Error
        # Any: the connections are the drivers' own, whose types are not ours to know.
        self._idle: deque[tuple[int, Any]] = deque()
        sqlalchemy_event.listen(engine, "engine_disposed", lambda _engine: self._close())

    def total(self, tags: Sequence[str]) -> int:
        """Return a number that is another one once anything under one of the tags has changed."""
        wanted = (EVERYTHING, *tags)
        try:
            return self._ask_over(self._take(), wanted)
        except self.refused:  # a server that went away: asked once more on a new connection
            return self._ask_over(self._open(), wanted)

    def _ask_over(self, connection: Any, tags: Sequence[str]) -> int:
        try:
            found = self._ask(connection, tags)
        except self.refused:
            with contextlib.suppress(self.refused):
                connection.close()
            raise
        self._idle.append((os.getpid(), connection))
        return found

    def _ask(self, connection: Any, tags: Sequence[str]) -> int:
        if self._is_sqlite:
            places = ", ".join("?" * len(tags))
            words = f"SELECT sum(version) FROM freshness WHERE tag IN ({places})"  # noqa: S608 - question marks
            row = connection.execute(words, tags).fetchone()
        else:
            words = "SELECT sum(version)::bigint FROM freshness WHERE tag = ANY(%s)"
            row = connection.execute(words, [list(tags)], prepare=True).fetchone()
        return int(row[0] or 0)

    def _take(self) -> Any:
        while True:
            try:
                process, connection = self._idle.pop()
            except IndexError:
                return self._open()
            if process == os.getpid():  # a forked child leaves its parent's connections alone
                return connection

    def _open(self) -> Any:
        borrowed = self._engine.raw_connection()
        borrowed.detach()
        connection: Any = borrowed.dbapi_connection
        if not self._is_sqlite:
            connection.autocommit = True
        return connection

    def _close(self) -> None:
        while self._idle:
            process, connection = self._idle.pop()
            if process == os.getpid():
                connection.close()
