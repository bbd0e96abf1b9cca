"""Delivery terms as tests need them: near, the rest of the mainland, far, and abroad."""

from __future__ import annotations

from datetime import datetime

from shop.delivery.rules import Zone
from shop.kernel.access import SYSTEM
from shop.kernel.money import Money
from shop.workflows import sending_terms


def a_zone(
    *,
    workshop_id: int,
    now: datetime,
    name: str = "重庆",
    regions: tuple[str, ...] = ("50",),
    first: int = 800,
    each: int = 200,
    free_from: int | None = None,
) -> str:
    """Return the outside name of a zone with weights of one kilogram."""
    return sending_terms.write_zone(
        workshop_id=workshop_id,
        zone=Zone(
            name=name,
            regions=regions,
            first_grams=1000,
            first=Money(first),
            next_grams=1000,
            next=Money(each),
            free_from=None if free_from is None else Money(free_from),
        ),
        actor=SYSTEM,
        now=now,
    )


def some_zones(*, workshop_id: int, now: datetime) -> None:
    """Send to Chongqing for 8.00 (free from 199.00), elsewhere for 12.00, to Xinjiang for 18.00."""
    a_zone(workshop_id=workshop_id, now=now, free_from=19900)
    a_zone(workshop_id=workshop_id, now=now, name="其他", regions=(), first=1200, each=600)
    a_zone(workshop_id=workshop_id, now=now, name="新疆", regions=("65",), first=1800, each=1500)
