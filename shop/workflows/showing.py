"""What a product's page says at this moment: its choices, what lies ready, and when each leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shop.catalog import window
from shop.catalog.queries import VariantView
from shop.catalog.rules import Promise, Supply, pieces_to_make, ready_on
from shop.catalog.window import ProductPage
from shop.kernel import workdays
from shop.kernel.clock import business_day
from shop.orders import queries as orders
from shop.stations import queries as stations
from shop.stock import queries as stock


@dataclass(frozen=True, slots=True)
class Choice:
    """One variant that can be had: how many lie ready, and what is promised for one piece."""

    variant: VariantView
    available: int
    promise: Promise


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """One product's page with what can be had of it now; ``gone`` cannot.

    with_wish    what is promised for one piece whatever of the custom options is chosen; None
                 where there are none.
    """

    product: ProductPage
    choices: tuple[Choice, ...]
    gone: tuple[VariantView, ...]
    with_wish: Promise | None

    @property
    def promise(self) -> Promise | None:
        """Return the promise that holds for every choice, or None where they differ."""
        promises = {choice.promise for choice in self.choices}
        return promises.pop() if len(promises) == 1 else None


def product(slug: str, *, now: datetime) -> ShownProduct:
    """Return the page of a product on public sale. Raises NotFound."""
    page = window.product_page(slug, now=now)
    free = stock.available([variant.variant_id for variant in page.variants], now)
    today = business_day(now)
    pace = stations.pace_of(page.workshop, stations.seasons([page.workshop.id], after=today))
    waiting = 0
    if page.supply is not Supply.IN_STOCK or page.options:
        waiting = orders.minutes_waiting([page.workshop.id]).get(page.workshop.id, 0)
    choices = []
    for variant in page.variants:
        available = max(0, free[variant.variant_id])
        if page.supply is Supply.IN_STOCK and not available:
            continue
        missing = pieces_to_make(page.supply, quantity=1, available=available, is_to_wish=False)
        promise = ready_on(
            pace=pace,
            minutes=waiting + missing * page.making_minutes if missing else None,
            today=today,
            days=workdays.china(),
        )
        choices.append(Choice(variant, available, promise))
    with_wish = None
    if page.options:
        extra = sum(option.most.minutes for option in page.options)
        with_wish = ready_on(
            pace=pace,
            minutes=waiting + page.making_minutes + extra,
            today=today,
            days=workdays.china(),
        )
    offered = {choice.variant.variant_id for choice in choices}
    return ShownProduct(
        product=page,
        choices=tuple(choices),
        gone=tuple(one for one in page.variants if one.variant_id not in offered),
        with_wish=with_wish,
    )
