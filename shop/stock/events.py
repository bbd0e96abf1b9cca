"""What happened in stock."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ShownCountChanged(Event):
    """More or fewer pieces are free than pages say; no history keeps it.

    ``came_or_went`` says that there were none and now are some, or the other way.
    """

    variant_id: int
    came_or_went: bool


@dataclass(frozen=True, slots=True)
class StockCorrected(Event):
    """A person counted a shelf and set the count; pieces before and after."""

    stock_item_id: int
    variant_id: int
    before: int
    after: int
