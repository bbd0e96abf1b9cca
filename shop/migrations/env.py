"""Runs the migrations over the application's own engine."""

from __future__ import annotations

from alembic import context
from flask import current_app

from shop.kernel.db import Base, db

config = context.config


def run_online() -> None:
    """Bring the database of the current application to the wanted migration."""
    engine = db.engine
    with engine.connect() as connection:
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
        connection.commit()


if context.is_offline_mode():
    message = "migrations run against a database, not into a file"
    raise RuntimeError(message)
assert current_app, "migrations need the application"  # noqa: S101 - a mistake of ours, not of a person
run_online()
