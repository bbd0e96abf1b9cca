"""Reads of delivery terms, for pages and workflows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from shop.delivery.models import DeliveryTerms, DeliveryZone
from shop.delivery.rules import Terms, Zone
from shop.kernel.db import db
from shop.kernel.money import Money

_TERMS = (
    sa.select(
        DeliveryTerms.workshop_id.label("of"),
        DeliveryTerms.by_town,
        DeliveryTerms.town_days,
        *DeliveryZone.__table__.c,
    )
    .outerjoin(DeliveryZone, DeliveryZone.workshop_id == DeliveryTerms.workshop_id)
    .where(DeliveryTerms.workshop_id.in_(sa.bindparam("workshops", expanding=True)))
    .order_by(DeliveryTerms.workshop_id, DeliveryZone.id)
)


def terms_of(workshop_ids: Iterable[int]) -> dict[int, Terms]:
    """Return how workshops send; one without terms of its own is missing. One query."""
    wanted = sorted(set(workshop_ids))
    if not wanted:
        return {}
    found: dict[int, Terms] = {}
    for row in db.session.execute(_TERMS, {"workshops": wanted}):
        before = found.get(row.of, Terms((), row.town_days if row.by_town else None))
        zones = before.zones if row.id is None else (*before.zones, _zone(row))
        found[row.of] = Terms(zones, before.town_days)
    return found


def _zone(row: Any) -> Zone:
    free_from = None if row.free_from_minor is None else Money(row.free_from_minor)
    return Zone(
        name=row.name,
        regions=tuple(row.regions.split()),
        first_grams=row.first_grams,
        first=Money(row.first_minor),
        next_grams=row.next_grams,
        next=Money(row.next_minor),
        free_from=free_from,
        name_en=row.name_en,
        public_id=row.public_id,
    )
