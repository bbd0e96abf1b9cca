"""What happened in claims."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ClaimOpened(Event):
    """A buyer announced a return or said that something is not right."""

    order_id: int
    fulfillment_id: int
    claim_id: int


@dataclass(frozen=True, slots=True)
class ClaimMoved(Event):
    """A claim went one step on; ``state`` is the one it came to."""

    order_id: int
    fulfillment_id: int
    claim_id: int
    state: str
