"""Statements past the object layer, the same words for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
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
    statement: sa.Update | sa.Delete,
    parameters: Sequence[dict[str, Any]] | dict[str, Any] | None = None,
) -> int:
    """Run a change and return how many rows met its condition, over all parameters together."""
    # Any: parameters are whatever the columns take.
    result = db.session.execute(statement, parameters)
    if not isinstance(result, sa.CursorResult):
        message = "a change answers with a cursor"
        raise TypeError(message)
    return result.rowcount
