"""What a listing may become, where a price goes, when goods leave. Pure: no database, no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money, total

PAYMENT_FEE_PERCENT = "0.6"
SECOND_GRADE_PAY_PERCENT = 70
LOWEST_PAY_SHARE_PERCENT = 45
HIGHEST_REST_PERCENT = 25
DISPATCH_DAYS = 3
MAKING_MARGIN_DAYS = 5
RETURN_DAYS = 7


class ListingState(StrEnum):
    """Where a listing stands; only *on sale* is public. *Unlisted* came in by import."""

    DRAFT = "draft"
    CHECKED = "checked"
    ON_SALE = "on_sale"
    PAUSED = "paused"
    ENDED = "ended"
    UNLISTED = "unlisted"


class Supply(StrEnum):
    """How the goods come to be, which decides delivery date and returns rule."""

    IN_STOCK = "in_stock"
    MADE_TO_ORDER = "made_to_order"
    CUSTOM = "custom"


class PayLane(StrEnum):
    """How the maker is paid: at acceptance, or a share when sold. Frozen on work order and line."""

    PIECE_WAGE = "piece_wage"
    CONSIGNMENT = "consignment"


class Quality(StrEnum):
    """First quality, or sold marked with its flaw."""

    FIRST = "first"
    SECOND = "second"


# Source: domain.md 3 (listing). *Checked* waits for the second person's approval of the price.
MOVES: dict[ListingState, frozenset[ListingState]] = {
    ListingState.DRAFT: frozenset({ListingState.CHECKED, ListingState.ON_SALE, ListingState.ENDED}),
    ListingState.CHECKED: frozenset({ListingState.DRAFT, ListingState.ON_SALE, ListingState.ENDED}),
    ListingState.ON_SALE: frozenset({ListingState.PAUSED, ListingState.ENDED}),
    ListingState.PAUSED: frozenset({ListingState.ON_SALE, ListingState.ENDED}),
    ListingState.UNLISTED: frozenset(
        {ListingState.DRAFT, ListingState.CHECKED, ListingState.ON_SALE, ListingState.ENDED}
    ),
    ListingState.ENDED: frozenset(),
}

# Written on the desk, or brought in by import.
BEGINNINGS = frozenset({ListingState.DRAFT, ListingState.UNLISTED})


def states_before(state: ListingState) -> frozenset[ListingState]:
    """Return the states from which a listing may become ``state``."""
    return frozenset(before for before, after in MOVES.items() if state in after)


class SplitDoesNotAddUp(InvalidInput):
    """The parts of a price sheet are not the price, or one of them is below zero."""

    code: ClassVar[str] = "catalog.split_does_not_add_up"


@dataclass(frozen=True, slots=True)
class PriceSplit:
    """Where the price of one piece goes; the six parts add up to the price to the fen.

    Source: domain.md 5 E2. ``rest`` is reserve and surplus and takes what is left.
    Raises SplitDoesNotAddUp.
    """

    price: Money
    pay: Money
    material: Money
    pack: Money
    fee: Money
    workshop: Money
    rest: Money

    def __post_init__(self) -> None:
        """Refuse a sheet whose parts are not its price."""
        if total(self.parts) != self.price or min(part.minor for part in self.parts) < 0:
            raise SplitDoesNotAddUp(price=self.price.minor)

    @property
    def parts(self) -> tuple[Money, ...]:
        """Return the six parts in the order in which they are shown."""
        return (self.pay, self.material, self.pack, self.fee, self.workshop, self.rest)

    @property
    def pay_share_percent(self) -> float:
        """Return how much of the price is pay for work, in percent with one decimal."""
        return round(self.pay.minor * 100 / self.price.minor, 1) if self.price.minor else 0.0

    @property
    def is_pay_share_low(self) -> bool:
        """Say whether a supervisor should look: pay under 45 % (domain.md 11)."""
        return self.pay.minor * 100 < self.price.minor * LOWEST_PAY_SHARE_PERCENT

    @property
    def is_rest_high(self) -> bool:
        """Say whether a supervisor should look: rest over 25 % (domain.md 11)."""
        return self.rest.minor * 100 > self.price.minor * HIGHEST_REST_PERCENT


def split_price(
    price: Money, *, pay: Money, material: Money, pack: Money, workshop: Money
) -> PriceSplit:
    """Return the price sheet with the payment fee (0.6 %, half-up) and the rest worked out.

    Raises SplitDoesNotAddUp when the parts pass the price. Source: domain.md 4 (fee), 5 E2.
    """
    fee = price.percent(PAYMENT_FEE_PERCENT)
    rest = price - pay - material - pack - fee - workshop
    return PriceSplit(price, pay, material, pack, fee, workshop, rest)


def ready_on(
    *,
    supply: Supply,
    quantity: int,
    available: int,
    making_minutes: int,
    weekly_capacity_minutes: int,
    today: date,
) -> date:
    """Return the day by which the workshop sends this many pieces: the promise shown to a buyer.

    What lies in stock leaves within 72 hours. What is missing is made first: its minutes ÷ the
    workshop's weekly capacity, in whole weeks' parts rounded up to days, + 5 days.

    Source: domain.md 6 (dispatch, capacity). A workshop without a stated capacity gets one
    person's half days (20 hours a week).
    """
    missing = quantity if supply is Supply.CUSTOM else max(0, quantity - max(0, available))
    if not missing:
        return today + timedelta(days=DISPATCH_DAYS)
    capacity = weekly_capacity_minutes or 20 * 60
    making_days = math.ceil(missing * making_minutes * 7 / capacity)
    return today + timedelta(days=making_days + MAKING_MARGIN_DAYS)


def is_returnable(supply: Supply) -> bool:
    """Say whether the buyer may send it back within 7 days without a reason.

    Stock and made-to-order goods in standard form: yes; custom-made ones: no, after a separate
    confirmation in each purchase. Source: domain.md 6 (returns).
    """
    return supply is not Supply.CUSTOM
