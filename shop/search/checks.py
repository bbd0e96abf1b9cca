"""What must hold of the index of workshops; the owners of goods and experiences prove theirs."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.kernel.events import Delivery, DeliveryState, EventRow
from shop.search import queries
from shop.search.rules import EntryKind
from shop.stations.models import Workshop


def workshops_can_be_found() -> Iterator[Finding]:
    """Yield workshops that the index lacks or calls otherwise and nobody is about to enter."""
    waiting = (
        sa.select(Delivery.id)
        .join(EventRow, EventRow.id == Delivery.event_id)
        .where(
            EventRow.kind == "WorkshopFounded",
            Delivery.state.in_([DeliveryState.WAITING, DeliveryState.CLAIMED]),
        )
    )
    if db.session.scalar(waiting.limit(1)) is not None:
        return
    rows = db.session.execute(sa.select(Workshop.id, Workshop.name, Workshop.name_en))
    yield from queries.entries_differ(
        EntryKind.WORKSHOP, {row.id: (row.name, row.name_en) for row in rows}
    )


CHECKS: tuple[Check, ...] = (
    Check("F2", "every workshop can be found by its name", workshops_can_be_found),
)
