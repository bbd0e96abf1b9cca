"""What a product's page says at this moment: its choices, what lies ready, and when each leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shop.catalog import page as pages
from shop.catalog.page import Beside, ProductPage
from shop.catalog.queries import VariantView
from shop.catalog.rules import Promise, Supply, is_returnable, pieces_to_make, ready_on
from shop.catalog.window import Card
from shop.kernel import workdays
from shop.kernel.clock import business_day
from shop.orders.queries import MINUTES_WAITING
from shop.production.queries import LAST_INSPECTOR, LAST_PASSED_ON
from shop.stock.queries import PIECES_FREE

_BESIDE = Beside(
    free=PIECES_FREE,
    waiting=MINUTES_WAITING,
    passed_on=LAST_PASSED_ON,
    inspector_id=LAST_INSPECTOR,
)


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
    more: tuple[Card, ...]

    @property
    def promise(self) -> Promise | None:
        """Return the promise that holds for every choice, or None where they differ."""
        promises = {choice.promise for choice in self.choices}
        return promises.pop() if len(promises) == 1 else None

    @property
    def may_come_back(self) -> bool:
        """Say whether it may come back within 7 days without a reason, in its standard form."""
        return is_returnable(self.product.supply)


def product(slug: str, *, has_more: bool = True, now: datetime) -> ShownProduct:
    """Return the page of a product on public sale. Raises NotFound.

    has_more    with other goods of its workshop; whoever shows nothing of it needs none.
    """
    today = business_day(now)
    page = pages.read(slug, beside=_BESIDE, now=now, today=today)
    choices = tuple(
        Choice(variant, free, _promise(page, free, today))
        for variant in page.variants
        if (free := max(0, page.free[variant.variant_id])) or page.supply is not Supply.IN_STOCK
    )
    offered = {choice.variant.variant_id for choice in choices}
    with_wish = None
    if page.options:
        extra = sum(option.most.minutes for option in page.options)
        with_wish = ready_on(
            pace=page.pace,
            minutes=page.waiting + page.making_minutes + extra,
            today=today,
            days=workdays.china(),
        )
    return ShownProduct(
        product=page,
        choices=choices,
        gone=tuple(one for one in page.variants if one.variant_id not in offered),
        with_wish=with_wish,
        more=pages.more_like(page, now=now) if has_more else (),
    )


def _promise(page: ProductPage, free: int, today: date) -> Promise:
    missing = pieces_to_make(page.supply, quantity=1, available=free, is_to_wish=False)
    return ready_on(
        pace=page.pace,
        minutes=page.waiting + missing * page.making_minutes if missing else None,
        today=today,
        days=workdays.china(),
    )
