"""Is the database there, is it migrated, does a worker live."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from shop.kernel.db import db
from shop.kernel.events import last_beat


def newest_migration(folder: str) -> str | None:
    """Return the newest migration that this version of the product brings."""
    config = Config()
    config.set_main_option("script_location", folder)
    return ScriptDirectory.from_config(config).get_current_head()


def current_migration() -> str | None:
    """Return the migration the database stands at; None for an empty one."""
    return MigrationContext.configure(db.session.connection()).get_current_revision()


def readiness(*, migrations: str, now: datetime, quiet: timedelta) -> dict[str, bool]:
    """Return what is ready by name; False where it is not, never an error."""
    state = {"database": False, "migrations": False, "worker": False}
    try:
        db.session.execute(sa.select(1))
        state["database"] = True
        state["migrations"] = current_migration() == newest_migration(migrations)
        beat = last_beat()
        state["worker"] = beat is not None and now - beat < quiet
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
    return state
