"""Runs the migrations over the application's own engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import context
from flask import current_app

from shop.kernel.db import Base, db

config = context.config


def run_online() -> None:
    """Bring the database of the current application to the wanted migration."""
    engine = db.engine
    with engine.connect() as connection, _references_resting(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=engine.dialect.name == "sqlite",
            compare_type=True,
            include_object=lambda obj, name, kind, reflected, compare_to: (
                not (kind == "table" and reflected and (name or "").startswith("index_"))
            ),
        )
        with context.begin_transaction():
            context.run_migrations()
            _refuse_lost_references(connection)
        connection.commit()


@contextmanager
def _references_resting(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite rebuild a table that others refer to; it cannot while it watches references."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def _refuse_lost_references(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if lost:
            message = f"rows refer to what is not there: {lost[:5]}"
            raise RuntimeError(message)


if context.is_offline_mode():
    message = "migrations run against a database, not into a file"
    raise RuntimeError(message)
assert current_app, "migrations need the application"  # noqa: S101 - a mistake of ours, not of a person
run_online()
