"""What the way to buyers costs: a workshop's zones, and the least sum its goods are shown with."""

from __future__ import annotations

from datetime import datetime

from shop.delivery import services as delivery
from shop.delivery.rules import Zone, cheapest
from shop.kernel.access import Actor, Permission
from shop.kernel.db import transactional
from shop.stations import queries as stations
from shop.stations import services as workshops


@transactional
def write_zone(*, workshop_id: int, zone: Zone, actor: Actor, now: datetime) -> str:
    """Add a zone to a workshop or change one, and show its goods with the least sum of all.

    Returns the zone's outside name. Orders that were placed keep what they cost.

    Raises NotFound, OutOfReach, Forbidden, BadZone, RegionTwice.
    """
    station_id = _station(workshop_id, actor)
    name = delivery.write_zone(
        workshop_id=workshop_id, zone=zone, station_id=station_id, actor=actor, now=now
    )
    _show(workshop_id, actor, now)
    return name


@transactional
def remove_zone(*, workshop_id: int, zone: str, actor: Actor, now: datetime) -> None:
    """Take a zone out by its outside name; safe to repeat.

    Where no zone is left, the last least sum is what every parcel costs.

    Raises NotFound, OutOfReach, Forbidden.
    """
    station_id = _station(workshop_id, actor)
    delivery.remove_zone(
        workshop_id=workshop_id, zone=zone, station_id=station_id, actor=actor, now=now
    )
    _show(workshop_id, actor, now)


@transactional
def set_way(*, workshop_id: int, town_days: int | None, actor: Actor, now: datetime) -> None:
    """Say whether parcels are gathered at the town first, and for how many workdays.

    Raises NotFound, OutOfReach, Forbidden, BadTownDays.
    """
    station_id = _station(workshop_id, actor)
    delivery.set_way(
        workshop_id=workshop_id,
        town_days=town_days,
        station_id=station_id,
        actor=actor,
        now=now,
    )
    _show(workshop_id, actor, now)


def _station(workshop_id: int, actor: Actor) -> int:
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=workshop.path)
    return workshop.station_id


def _show(workshop_id: int, actor: Actor, now: datetime) -> None:
    zones = delivery.terms(workshop_id).zones
    workshops.show_shipping(
        workshop_id=workshop_id,
        least=cheapest(zones) if zones else None,
        actor=actor,
        now=now,
    )
