"""What the way of a parcel costs.

Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shop.kernel.divisions import OUTSIDE
from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money

# What a piece counts whose weight nobody has written down.
UNWEIGHED_GRAMS = 500
MOST_GRAMS = 50_000
MOST_TOWN_DAYS = 14
MOST_ZONES = 20


class BadZone(InvalidInput):
    """A zone needs a name, weights up to 50 kg and sums that are not negative."""

    code = "delivery.bad_zone"


class RegionTwice(InvalidInput):
    """Two zones of one workshop name the same place; ``region`` is its code."""

    code = "delivery.region_twice"


@dataclass(frozen=True, slots=True)
class Zone:
    """What a parcel costs to some places.

    regions       codes, each with all below it; empty for the rest of the mainland.
    first, next   for the first ``first_grams`` and for each further ``next_grams`` begun.
    free_from     goods worth at least this go free; None for never.
    """

    name: str
    regions: tuple[str, ...]
    first_grams: int
    first: Money
    next_grams: int
    next: Money
    free_from: Money | None = None
    name_en: str | None = None
    public_id: str = ""

    @property
    def is_rest(self) -> bool:
        """Say whether it is for all of the mainland that no other zone names."""
        return not self.regions


@dataclass(frozen=True, slots=True)
class Terms:
    """How one workshop sends: its zones, and the days a parcel waits at the town; None for none."""

    zones: tuple[Zone, ...]
    town_days: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What one parcel's way costs and why.

    zone          None where the workshop asks one sum for every parcel.
    short_of      what goods would have to cost more for the way to be free; None for never.
    """

    fee: Money
    grams: int
    zone: Zone | None = None
    short_of: Money | None = None

    @property
    def kilograms(self) -> str:
        """Return the weight in kilograms with one place, rounded up as carriers do."""
        tenths = -(-self.grams // 100)
        return f"{tenths // 10}.{tenths % 10}"


def require_sound(zone: Zone) -> None:
    """Return when a zone makes sense. Raises BadZone."""
    weights = (zone.first_grams, zone.next_grams)
    sums = (zone.first.minor, zone.next.minor)
    if (
        not zone.name.strip()
        or not all(0 < grams <= MOST_GRAMS for grams in weights)
        or min(sums) < 0
        or (zone.free_from is not None and zone.free_from.minor <= 0)
    ):
        raise BadZone


def require_apart(zones: Sequence[Zone]) -> None:
    """Return when no two zones name the same place. Raises RegionTwice."""
    named = [region for zone in zones for region in zone.regions or ("",)]
    for region in named:
        if named.count(region) > 1:
            raise RegionTwice(region=region)


def zone_for(zones: Sequence[Zone], place: str) -> Zone | None:
    """Return the zone a place belongs to, or None where the workshop does not send.

    place    a code. The zone that names it most exactly counts. Without a code the address was
             written freely: then the dearest of the mainland counts, so that nobody is asked for
             more later.
    """
    if not place:
        inland = [zone for zone in zones if OUTSIDE not in zone.regions]
        return max(inland, key=lambda zone: (zone.first, zone.next), default=None)
    named = [
        (len(region), zone) for zone in zones for region in zone.regions if place.startswith(region)
    ]
    if named:
        return max(named, key=lambda one: one[0])[1]
    if place.startswith(OUTSIDE):
        return None
    return next((zone for zone in zones if zone.is_rest), None)


def way_to(zone: Zone, *, grams: int, goods: Money) -> Way:
    """Return what a parcel of so many grams costs.

    goods    what is in it costs, before any coupon.

    """
    if zone.free_from is not None and goods >= zone.free_from:
        return Way(Money(0, goods.currency), grams, zone)
    over = max(0, grams - zone.first_grams)
    fee = zone.first + zone.next * -(-over // zone.next_grams)
    short_of = None if zone.free_from is None else zone.free_from - goods
    return Way(fee, grams, zone, short_of)


def weight_of(grams: int, quantity: int) -> int:
    """Return what so many pieces weigh; one without a known weight counts 500 g."""
    return (grams or UNWEIGHED_GRAMS) * quantity


def cheapest(zones: Sequence[Zone]) -> Money:
    """Return the least that a parcel costs, as a product's page says "from"."""
    return min((zone.first for zone in zones), default=Money(0))
