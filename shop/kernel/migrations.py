"""Where migrations lie, how far the database has come, and what runs them."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask

from shop.kernel.db import db
from shop.kernel.later import later

if TYPE_CHECKING:
    import flask_migrate
else:
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
