"""What a request asks of the database: statements, and on SQLite the steps its machine takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from shop.kernel.db import db

BEGINS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class Count:
    """What was asked between the beginning and the end of a block.

    statements    without those that only begin and end, which are counted in ``begins``.
    freshness     the one statement that a page costs when it is kept.
    steps         of SQLite's virtual machine, those of ``freshness`` too; zero on PostgreSQL.
    """

    statements: list[str] = field(default_factory=list)
    freshness: list[str] = field(default_factory=list)
    begins: int = 0
    steps: int = 0


@contextmanager
def counted(app: Flask) -> Iterator[Count]:
    """Count what an application's engine is asked in the block, whichever thread asks."""
    with app.app_context():
        engine = db.engine
    count = Count()
    watched: list[Any] = []

    def tick() -> int:
        count.steps += 1
        return 0

    def note(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if engine.dialect.name == "sqlite" and cursor.connection not in watched:
            # Called at every single step, so that the number does not depend on where one begins.
            cursor.connection.set_progress_handler(tick, 1)
            watched.append(cursor.connection)
        if statement.lstrip().upper().startswith(BEGINS):
            count.begins += 1
        elif "FROM freshness" in statement:
            count.freshness.append(statement)
        else:
            count.statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield count
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
        for connection in watched:
            connection.set_progress_handler(None, 1)
