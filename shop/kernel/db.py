"""The database: one session, one way to open a transaction, and the column types of the house."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum as PyEnum
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session

try:
    import pysqlite3

    sqlite_driver: ModuleType = pysqlite3
except ImportError:  # no wheel for this platform: Python's own, whose version is then checked
    import sqlite3

    sqlite_driver = sqlite3

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")
V = TypeVar("V")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every table; names every constraint, so that migrations can name them too."""

    metadata = sa.MetaData(naming_convention=NAMING)


Base.metadata.info["bind_key"] = None

db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"expire_on_commit": False, "autoflush": False},
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant, kept in UTC and always aware; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as the database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs its zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Return the instant aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def state_column(states: type[PyEnum]) -> sa.Enum:
    """Return the column type of a state: its word as text, checked by the database."""
    return sa.Enum(
        states,
        native_enum=False,
        create_constraint=True,
        name=states.__name__.lower(),
        length=32,
        values_callable=lambda enum: [member.value for member in enum],
    )


class WriteOutsideTransaction(RuntimeError):
    """Code tried to write without ``transaction()``: a mistake of ours, never of a person."""


class NetworkInsideTransaction(RuntimeError):
    """Code tried to speak to the outside world while holding a transaction open."""


class UnsafeSqlite(RuntimeError):
    """The SQLite library loses commits under several writers (trust.md 1, fact 1)."""


_before_commit: list[Callable[[Session], None]] = []


def before_commit(act: Callable[[Session], None]) -> Callable[[Session], None]:
    """Have something done at the end of every outermost transaction that came through."""
    _before_commit.append(act)
    return act


_depth: ContextVar[int] = ContextVar("transaction_depth", default=0)
_doomed: ContextVar[bool] = ContextVar("transaction_doomed", default=False)
# What is to be done last in the open transaction, once, with everything gathered for it.
_last: ContextVar[dict[Callable[[dict[Any, Any]], None], dict[Any, Any]] | None] = ContextVar(
    "transaction_last", default=None
)

# SQLite has one writer at a time. Waiting here is fair and wakes at once; its own busy handler
# polls. Several processes (a command beside the server) still meet at SQLite's own lock.
_writer = threading.Lock()


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of an act; inside another one, join it.

    The outermost commits, once; any error undoes everything, also when somebody in between
    caught it. On SQLite it begins IMMEDIATE behind the process's writer lock.
    """
    if _depth.get():
        _depth.set(_depth.get() + 1)
        try:
            yield db.session()
        except BaseException:
            _doomed.set(True)
            raise
        finally:
            _depth.set(_depth.get() - 1)
        return
    session = db.session()
    session.rollback()  # a read snapshot of this thread cannot become a write transaction
    session.info.clear()  # what an undone act left there says nothing about this one
    on_sqlite = db.engine.dialect.name == "sqlite"
    if on_sqlite:
        _writer.acquire()
    _depth.set(1)
    _doomed.set(False)
    _last.set({})
    try:
        yield session
        _refuse_doomed()
        _do_last()
        for act in _before_commit:
            act(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _depth.set(0)
        _last.set(None)
        if on_sqlite:
            _writer.release()


def last_in_transaction(act: Callable[[dict[K, V]], None], things: Mapping[K, V]) -> None:
    """Have ``act`` called once, last in the open transaction, with all that was gathered for it.

    For what mirrors other rows: however many acts touch a thing, its mirror is written once, and
    the mirrors' locks come after all others, in one order. An act may gather for another.

    Raises WriteOutsideTransaction outside one.
    """
    gathered = _last.get()
    if gathered is None:
        raise WriteOutsideTransaction
    gathered.setdefault(act, {}).update(things)


def _do_last() -> None:
    gathered = _last.get()
    while gathered:
        act, things = next(iter(gathered.items()))
        del gathered[act]
        act(things)


def _refuse_doomed() -> None:
    if _doomed.get():
        message = "an inner act failed and its error was swallowed"
        raise RuntimeError(message)


def transactional(service: Callable[P, R]) -> Callable[P, R]:
    """Run a service inside ``transaction()``."""

    @functools.wraps(service)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction():
            return service(*args, **kwargs)

    return in_transaction


def outside_transaction() -> None:
    """Return only when no transaction is open; every gateway asks before it speaks.

    Raises NetworkInsideTransaction.
    """
    if _depth.get():
        raise NetworkInsideTransaction


def in_transaction() -> bool:
    """Say whether a write transaction of ours is open in this thread."""
    return _depth.get() > 0


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use."""
    return tuple(int(part) for part in sqlite_driver.sqlite_version.split("."))


def sqlite_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether this SQLite is free of the WAL-reset bug, so that several processes may write.

    Source: trust.md 1 fact 1: fixed in 3.51.3, backported to 3.44.6 and 3.50.7.
    """
    if (3, 44, 6) <= version < (3, 45):
        return True
    if (3, 50, 7) <= version < (3, 51):
        return True
    return version >= (3, 51, 3)


def sqlite_module() -> ModuleType:
    """Return the SQLite driver: the current one from the lock file, else Python's own."""
    return sqlite_driver


def init_app(app: Flask) -> None:
    """Bind the session to the application and set every connection up as trust.md 1 asks."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _set_up_sqlite(connection: Any, record: object) -> None:  # noqa: ARG001 - the signature is SQLAlchemy's
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged order survives a power cut (trust.md 1, fact 2)
        "foreign_keys=ON",
        "busy_timeout=10000",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # Past what listens to statements: every request begins so, and nobody learns from it.
    cursor = connection.connection.cursor()
    cursor.execute("BEGIN IMMEDIATE" if _depth.get() else "BEGIN")
    cursor.close()


@event.listens_for(Session, "before_flush")
def _refuse_flush_outside(session: Session, *_: object) -> None:
    if not _depth.get() and (session.new or session.dirty or session.deleted):
        raise WriteOutsideTransaction


@event.listens_for(Session, "do_orm_execute")
def _refuse_statement_outside(state: ORMExecuteState) -> None:
    if not _depth.get() and (state.is_insert or state.is_update or state.is_delete):
        raise WriteOutsideTransaction
