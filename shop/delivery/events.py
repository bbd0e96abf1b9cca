"""What happened to delivery terms."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class DeliveryTermsChanged(Event):
    """A workshop sends at other sums, to other places or by another way."""

    workshop_id: int
