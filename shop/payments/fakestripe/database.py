"""Where the demonstration's objects lie: one table, because memory breaks across processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.clock import utc_now
from shop.kernel.db import transaction
from shop.payments.events import DemoEventEmitted
from shop.payments.fakestripe.stores import Json, Shelf
from shop.payments.models import DemoProviderObject

# PostgreSQL's advisory lock that lets the demonstration serve one call at a time, as SQLite does.
ONE_AT_A_TIME = 72_413


class DatabaseStore:
    """Objects in the application's own database; events go out through the delivery table."""

    @contextmanager
    def unit(self) -> Iterator[Shelf]:
        """Make one change in one transaction."""
        with transaction() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
            yield DatabaseShelf(session)


class DatabaseShelf:
    """The table while one change is being made."""

    def __init__(self, session: Session) -> None:
        """Work within the open transaction."""
        self._session = session

    def get(self, kind: str, name: str) -> Json | None:
        """Return one object or None."""
        body = self._session.scalar(
            sa.select(DemoProviderObject.body).where(
                DemoProviderObject.kind == kind, DemoProviderObject.name == name
            )
        )
        return None if body is None else json.loads(body)

    def put(self, kind: str, name: str, body: Json) -> None:
        """Keep one object, new or changed."""
        text = json.dumps(body, ensure_ascii=False)
        place = (DemoProviderObject.kind == kind, DemoProviderObject.name == name)
        known = self._session.scalar(sa.select(DemoProviderObject.id).where(*place))
        if known is None:
            self._session.execute(
                sa.insert(DemoProviderObject), {"kind": kind, "name": name, "body": text}
            )
        else:
            self._session.execute(sa.update(DemoProviderObject).where(*place).values(body=text))

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind, oldest first."""
        return list(
            self._session.scalars(
                sa.select(DemoProviderObject.name)
                .where(DemoProviderObject.kind == kind)
                .order_by(DemoProviderObject.id)
            )
        )

    def emitted(self, event_id: str) -> None:
        """Write the event row whose delivery brings the signed event to our own door."""
        events.record(
            DemoEventEmitted(demo_event_id=event_id), actor=SYSTEM, station_id=None, now=utc_now()
        )
