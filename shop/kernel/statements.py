"""Statements past the object layer, the same words for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from shop.kernel.db import db


def table_of(model: type[object]) -> sa.Table:
    """Return the table of a model, for statements that go past the object layer.

    The paths that sell and pay write by the thousand; there the object layer costs more than
    the database.
    """
    table = sa.inspect(model).local_table
    if not isinstance(table, sa.Table):
        message = f"{model!r} is not one table"
        raise TypeError(message)
    return table


def insert_or(table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that takes ``on_conflict_do_nothing`` and ``on_conflict_do_update``.

    A hot path builds its statement once per dialect and keeps it.
    """
    if db.engine.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def rows_changed(
    statement: sa.Insert | sa.Update | sa.Delete,
    parameters: Sequence[dict[str, Any]] | dict[str, Any] | None = None,
) -> int:
    """Run a change and return how many rows it wrote, over all parameters together."""
    # Any: parameters are whatever the columns take.
    result = db.session.execute(statement, parameters)
    if not isinstance(result, sa.CursorResult):
        message = "a change answers with a cursor"
        raise TypeError(message)
    return result.rowcount


def instant_as_text(column: sa.SQLColumnExpression[datetime]) -> sa.ColumnElement[str]:
    """Return an instant in UTC as text with microseconds, put together by the database.

    ``2026-07-20 04:00:00.000000``, the same on SQLite and PostgreSQL.
    """
    if db.engine.dialect.name == "sqlite":
        return sa.cast(column, sa.String)
    return sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")


def line_of_text(mark: str, *parts: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[str]:
    """Return a line of text put together by the database: parts after tabs, NULL is ``-``."""
    line: sa.ColumnElement[str] = sa.literal(mark)
    for part in parts:
        text = sa.func.coalesce(sa.cast(part, sa.String), sa.literal("-"))
        line = line.concat(sa.literal("\t")).concat(text)
    return line.concat(sa.literal("\n"))
