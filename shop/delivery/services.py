"""The verbs of delivery terms: write a zone, take it out, say by which way parcels leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from shop.delivery import queries
from shop.delivery.events import DeliveryTermsChanged
from shop.delivery.models import DeliveryTerms, DeliveryZone
from shop.delivery.rules import (
    MOST_TOWN_DAYS,
    MOST_ZONES,
    BadZone,
    Terms,
    Zone,
    require_apart,
    require_sound,
)
from shop.kernel import events
from shop.kernel.access import Actor
from shop.kernel.db import db, transactional
from shop.kernel.errors import InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.statements import insert_or, rows_changed, table_of

_terms = table_of(DeliveryTerms)
_zones = table_of(DeliveryZone)


class BadTownDays(InvalidInput):
    """Parcels wait at the town between no and fourteen workdays."""

    code = "delivery.bad_town_days"


@transactional
def write_zone(
    *, workshop_id: int, zone: Zone, station_id: int, actor: Actor, now: datetime
) -> str:
    """Add a zone, or change the one that carries the same outside name; return that name.

    The caller has asked whether the actor may. Orders that were placed keep what they cost.

    Raises BadZone, RegionTwice, NotFound for a name that is not this workshop's.
    """
    require_sound(zone)
    _begin(workshop_id, actor, now)
    others = [
        one
        for one in queries.terms_of([workshop_id])[workshop_id].zones
        if one.public_id != zone.public_id
    ]
    require_apart([*others, zone])
    if len(others) >= MOST_ZONES:
        raise BadZone
    columns = _columns(zone)
    if zone.public_id:
        written = rows_changed(
            sa.update(_zones)
            .where(_zones.c.public_id == zone.public_id, _zones.c.workshop_id == workshop_id)
            .values(**columns)
        )
        if not written:
            raise NotFound(what=zone.public_id)
    else:
        zone = replace(zone, public_id=public_id("dlz"))
        db.session.execute(
            sa.insert(_zones),
            {"public_id": zone.public_id, "workshop_id": workshop_id, **columns},
        )
    _changed(workshop_id, station_id, actor, now)
    return zone.public_id


@transactional
def remove_zone(
    *, workshop_id: int, zone: str, station_id: int, actor: Actor, now: datetime
) -> None:
    """Take a zone out by its outside name; safe to repeat."""
    removed = rows_changed(
        sa.delete(_zones).where(_zones.c.public_id == zone, _zones.c.workshop_id == workshop_id)
    )
    if removed:
        _changed(workshop_id, station_id, actor, now)


@transactional
def set_way(
    *, workshop_id: int, town_days: int | None, station_id: int, actor: Actor, now: datetime
) -> None:
    """Say whether parcels are gathered at the town first, and for how many workdays.

    town_days    None when the carrier takes them in the village.

    Raises BadTownDays.
    """
    if town_days is not None and not 0 <= town_days <= MOST_TOWN_DAYS:
        raise BadTownDays
    _begin(workshop_id, actor, now)
    db.session.execute(
        sa.update(_terms)
        .where(_terms.c.workshop_id == workshop_id)
        .values(by_town=town_days is not None, town_days=town_days or 0)
    )
    _changed(workshop_id, station_id, actor, now)


def terms(workshop_id: int) -> Terms:
    """Return a workshop's terms as they stand inside the transaction that changes them."""
    return queries.terms_of([workshop_id]).get(workshop_id, Terms(()))


def _begin(workshop_id: int, actor: Actor, now: datetime) -> None:
    """Write or touch the row of the workshop, which lets one change after the other."""
    said = {"changed_at": now, "changed_by_id": actor.user_id}
    db.session.execute(
        insert_or(_terms)
        .values(workshop_id=workshop_id, by_town=False, town_days=0, **said)
        .on_conflict_do_update(index_elements=["workshop_id"], set_=said)
    )


def _columns(zone: Zone) -> dict[str, object]:
    return {
        "name": zone.name.strip(),
        "name_en": (zone.name_en or "").strip() or None,
        "regions": " ".join(zone.regions),
        "first_grams": zone.first_grams,
        "first_minor": zone.first.minor,
        "next_grams": zone.next_grams,
        "next_minor": zone.next.minor,
        "free_from_minor": None if zone.free_from is None else zone.free_from.minor,
    }


def _changed(workshop_id: int, station_id: int, actor: Actor, now: datetime) -> None:
    events.record(DeliveryTermsChanged(workshop_id), actor=actor, station_id=station_id, now=now)
