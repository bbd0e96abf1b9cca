"""Where migrations lie, how far the database has come, and what runs them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask

from shop.kernel.db import db
from shop.kernel.later import later

if TYPE_CHECKING:
    import alembic
    import flask_migrate
else:
    alembic = later("alembic")
    flask_migrate = later("flask_migrate")

_NAMES = re.compile(r'^(revision|down_revision) = "(\w+)"', re.MULTILINE)


class Migrations:
    """What Flask-Migrate finds in ``app.extensions``; it is loaded by whoever migrates."""

    def __init__(self, directory: Path) -> None:
        """Know the folder of the migrations."""
        self.directory = str(directory)

    @cached_property
    def migrate(self) -> flask_migrate.Migrate:
        """Return Flask-Migrate itself."""
        return flask_migrate.Migrate(db=db, directory=self.directory)


def init_app(app: Flask, directory: Path) -> None:
    """Tell commands and tests where the migrations are."""
    app.extensions["migrate"] = Migrations(directory)


def bring_up() -> None:
    """Bring the database to the newest migration; safe to repeat."""
    flask_migrate.upgrade()


def newest(folder: str) -> str | None:
    """Return the newest migration that this version of the product brings."""
    ours: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in Path(folder, "versions").glob("*.py"):
        for kind, name in _NAMES.findall(file.read_text(encoding="utf-8")):
            ours[kind].add(name)
    return next(iter(ours["revision"] - ours["down_revision"]), None)


def current() -> str | None:
    """Return the migration the database stands at; None for an empty one."""
    connection = db.session.connection()
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return found


def change_rules(table: str, changes: Mapping[str, tuple[str, str]]) -> None:
    """Change constraints of a table on either engine.

    changes    by the constraint's full name, such as ``ck_refunds_refundway``: its words before
               and after, as they stand between the brackets of CHECK.

    For migrations only. Raises RuntimeError when the table has no such rule.
    """
    if alembic.op.get_bind().dialect.name == "sqlite":
        build_anew(table, changes.values())
        return
    for name, (_, after) in changes.items():
        alembic.op.drop_constraint(alembic.op.f(name), table)
        alembic.op.create_check_constraint(alembic.op.f(name), table, after)


def build_anew(table: str, changes: Iterable[tuple[str, str]]) -> None:
    """Change words in the definition of a table on SQLite, which only builds tables anew.

    changes    what stands in the definition, and what is to stand there.

    For migrations only. Raises RuntimeError when the definition has no such words.
    """
    bind = alembic.op.get_bind()
    wanted = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).scalar_one()
    rows = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type <> 'table' AND tbl_name = ? AND sql IS NOT NULL",
        (table,),
    )
    besides = [str(made) for made in rows.scalars()]
    for before, after in changes:
        if before not in wanted:
            message = f"{table} has no {before}"
            raise RuntimeError(message)
        wanted = wanted.replace(before, after)
    columns = ", ".join(
        row.name for row in bind.exec_driver_sql(f"PRAGMA table_info({table})").all()
    )
    # A table that was renamed before has its name in quotes.
    head, _, body = wanted.partition("(")
    bind.exec_driver_sql(f"{head.replace(table, f'{table}_new')}({body}")
    bind.exec_driver_sql(
        f"INSERT INTO {table}_new ({columns}) SELECT {columns} FROM {table}"  # noqa: S608 - the migration's own words
    )
    bind.exec_driver_sql(f"DROP TABLE {table}")
    bind.exec_driver_sql(f"ALTER TABLE {table}_new RENAME TO {table}")
    for made in besides:
        bind.exec_driver_sql(made)
