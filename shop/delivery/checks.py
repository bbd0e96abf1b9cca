"""What must hold of delivery terms: one place belongs to one zone, and the first page says true."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.delivery.models import DeliveryTerms
from shop.delivery.queries import terms_of
from shop.delivery.rules import RegionTwice, cheapest, require_apart
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

SHOWN = sa.text("SELECT id, shipping_minor, has_delivery_terms FROM workshops ORDER BY id")


def zones_lie_apart() -> Iterator[Finding]:
    """Yield workshops two of whose zones name the same place."""
    known = terms_of(db.session.scalars(sa.select(DeliveryTerms.workshop_id)).all())
    for workshop_id, terms in known.items():
        try:
            require_apart(terms.zones)
        except RegionTwice as twice:
            yield Finding(
                "P5", f"workshop:{workshop_id}", f"two zones name {twice.details['region']!r}"
            )


def pages_say_the_cheapest_way() -> Iterator[Finding]:
    """Yield workshops whose goods are shown with another least sum than their zones ask."""
    known = terms_of(db.session.scalars(sa.select(DeliveryTerms.workshop_id)).all())
    for row in db.session.execute(SHOWN):
        terms = known.get(row.id)
        if bool(row.has_delivery_terms) is not (terms is not None):
            yield Finding("P5", f"workshop:{row.id}", "does not know whether it has terms")
        elif terms and terms.zones and cheapest(terms.zones).minor != row.shipping_minor:
            yield Finding(
                "P5",
                f"workshop:{row.id}",
                f"is shown from {row.shipping_minor}, its zones begin at"
                f" {cheapest(terms.zones).minor} (minor units)",
            )


CHECKS: tuple[Check, ...] = (
    Check("P5", "A place belongs to one zone of a workshop", zones_lie_apart),
    Check("P5", "Goods are shown with the least their way costs", pages_say_the_cheapest_way),
)
