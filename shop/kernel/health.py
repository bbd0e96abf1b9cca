"""Is the database there, is it migrated, does a worker live."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.kernel import migrations as migrating
from shop.kernel.db import db
from shop.kernel.events import last_beat


def readiness(*, migrations: str, now: datetime, quiet: timedelta) -> dict[str, bool]:
    """Return what is ready by name; False where it is not, never an error."""
    state = {"database": False, "migrations": False, "worker": False}
    try:
        db.session.execute(sa.select(1))
        state["database"] = True
        state["migrations"] = migrating.current() == migrating.newest(migrations)
        beat = last_beat()
        state["worker"] = beat is not None and now - beat < quiet
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
    return state
