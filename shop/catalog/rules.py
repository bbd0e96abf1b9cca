"""What a listing may become, where a price goes, when goods leave. Pure: no database, no clock."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money, total
from shop.kernel.workdays import DayName, WorkDays
from shop.stations.rules import (
    FULL_PERCENT,
    ONE_PERSON_MINUTES,
    WEEK,
    Pace,
    Season,
    SeasonReason,
)

PAYMENT_FEE_PERCENT = "0.6"
SECOND_GRADE_PAY_PERCENT = 70
LOWEST_PAY_SHARE_PERCENT = 45
HIGHEST_REST_PERCENT = 25
DISPATCH_DAYS = 3
MAKING_MARGIN_DAYS = 5
# Ten years: beyond that a date says nothing, and a calendar has an end.
LONGEST_WAIT_DAYS = 3660
MOST_MINUTES = 10**12


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
    """First quality, sold marked with its flaw, or woven to one buyer's wish: never sold again."""

    FIRST = "first"
    SECOND = "second"
    TO_WISH = "to_wish"


class TermKind(StrEnum):
    """What a word of the vocabulary says of a piece: of what it is, or how it is made."""

    MATERIAL = "material"
    CRAFT = "craft"


class Facet(StrEnum):
    """The sides from which a list of goods can be narrowed; ``all`` counts everything."""

    ALL = "all"
    CATEGORY = "category"
    CRAFT = "craft"
    MATERIAL = "material"
    PRICE = "price"
    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    WORKSHOP = "workshop"
    SUPPLY = "supply"


# The two values of the facet *supply*. A piece that lies ready and can also be made is both.
READY = "ready"
MADE = "made"

# Where one price band ends and the next begins, in fen.
BAND_EDGES = (3000, 6000, 10000, 20000)
SOLD_OUT_DAYS = 9999
MIDDLE_STARS = 3
HEARTS_OF_A_STAR = 10

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


@dataclass(frozen=True, slots=True)
class Promise:
    """The day by which a workshop sends or has it ready, and what moved that day.

    is_made_first    nothing lies ready: it is woven after the order.
    season           slower weeks that the weaving, or the parcel, falls into.
    holiday          public holiday on which the carrier would have come.
    """

    leaves_on: date
    is_made_first: bool
    season: SeasonReason | None = None
    holiday: DayName | None = None


def pieces_to_make(supply: Supply, *, quantity: int, available: int, is_to_wish: bool) -> int:
    """Return how many of the wanted pieces have to be woven first.

    available     pieces that lie ready.
    is_to_wish    with a custom option: then none of those that lie there is the one.
    """
    if is_to_wish or supply is Supply.CUSTOM:
        return quantity
    return max(0, quantity - max(0, available))


def ready_on(
    *, pace: Pace, minutes: int | None, today: date, days: WorkDays, by_carrier: bool = True
) -> Promise:
    """Return the promise shown to a buyer: when this leaves, or can be fetched, at the latest.

    minutes       to weave before it is ready: what waits before it and its own; None when all
                  of it lies in stock.
    by_carrier    False where the buyer fetches it: the carrier's weekdays do not matter then.

    Stock leaves within 72 hours, on the last day in them on which the carrier comes, else on the
    next after them. What is made first is ready when its minutes are woven at the workshop's pace,
    slower in its slow weeks, + 5 days, and leaves when the carrier comes next. Nothing leaves on a
    public holiday or while the workshop is closed; a weekend worked in a holiday's place is a
    pick-up day, because it makes up for one that fell out.

    Source: domain.md 6 (dispatch, capacity). Weaving goes on on holidays: makers work at home.
    """
    slow: Season | None = None
    if minutes is None:
        window = [today + timedelta(days=n) for n in range(1, DISPATCH_DAYS + 1)]
        if by_carrier:
            fit = [day for day in window if _leaves(day, pace, days, by_carrier=True)]
            if fit:
                return Promise(fit[-1], is_made_first=False)
        earliest = window[0] if by_carrier else window[-1]
    else:
        woven, slow = _woven_on(minutes, pace, today)
        earliest = woven + timedelta(days=MAKING_MARGIN_DAYS)
    leaves_on, closed, holiday = _first_way_out(earliest, pace, days, by_carrier=by_carrier)
    season = slow or closed
    return Promise(
        leaves_on,
        is_made_first=minutes is not None,
        season=season.reason if season else None,
        holiday=holiday,
    )


def _woven_on(minutes: int, pace: Pace, today: date) -> tuple[date, Season | None]:
    """Return the day on which so many minutes are woven, beginning tomorrow, and what slowed it."""
    # Whole numbers to the end: minutes x 7 days x 100 percent against weekly minutes x percent.
    left = min(minutes, MOST_MINUTES) * WEEK * FULL_PERCENT
    weekly = pace.weekly_minutes or ONE_PERSON_MINUTES
    last = today
    slow: list[Season] = []
    for start, end, percent in pace.stretches(today + timedelta(days=1)):
        if left <= 0:
            break
        season = pace.season_on(start)
        if season is not None:
            slow.append(season)
        gain = weekly * percent
        needed = -(-left // gain) if gain else LONGEST_WAIT_DAYS
        days = needed if end is None else min(needed, (end - start).days)
        last = start + timedelta(days=min(days, LONGEST_WAIT_DAYS) - 1)
        left -= gain * days
    return last, min(slow, key=lambda one: one.percent, default=None)


def _leaves(day: date, pace: Pace, days: WorkDays, *, by_carrier: bool) -> bool:
    if day in days.holidays or _is_closed(day, pace):
        return False
    return not by_carrier or day in days.makeup or day.isoweekday() in pace.pickup_weekdays


def _is_closed(day: date, pace: Pace) -> bool:
    season = pace.season_on(day)
    return season is not None and season.percent == 0


def _first_way_out(
    earliest: date, pace: Pace, days: WorkDays, *, by_carrier: bool
) -> tuple[date, Season | None, DayName | None]:
    """Return the first day from ``earliest`` on which it can leave, and what stood in the way."""
    day = earliest
    closed: Season | None = None
    holiday: DayName | None = None
    for _ in range(LONGEST_WAIT_DAYS):
        if _leaves(day, pace, days, by_carrier=by_carrier):
            break
        if _is_closed(day, pace):
            closed = closed or pace.season_on(day)
        elif not by_carrier or day.isoweekday() in pace.pickup_weekdays:
            holiday = holiday or days.holidays.get(day)
        day += timedelta(days=1)
    return day, closed, holiday


def waiting_days(
    *, supply: Supply, has_pieces: bool, making_minutes: int, weekly_capacity_minutes: int
) -> int:
    """Return for how many days a buyer of one piece waits in an ordinary week, to sort a list by.

    has_pieces    one lies there, even if somebody holds it this quarter of an hour.

    No promise: that counts slow weeks and what waits already, and stands on the product's page.
    """
    if has_pieces and supply is not Supply.CUSTOM:
        return DISPATCH_DAYS
    if supply is Supply.IN_STOCK:
        return SOLD_OUT_DAYS
    weekly = weekly_capacity_minutes or ONE_PERSON_MINUTES
    return -(-making_minutes * WEEK // weekly) + MAKING_MARGIN_DAYS


def love(*, rating_sum: int, rating_count: int, hearts: int) -> int:
    """Return how much a piece is loved, to sort a list by: what buyers gave, then what looked nice.

    Five stars count two, four one, three nothing; fewer take away. So ten that are happy come
    before one that is delighted, and a piece nobody has rated stands with those found middling.
    A heart needs no purchase: so many of them weigh as little as one star beyond the middle.
    """
    return max(0, HEARTS_OF_A_STAR * (rating_sum - MIDDLE_STARS * rating_count) + hearts)


def price_band(price: Money) -> int:
    """Return the band of a price, counted from 0: under 30 yuan, 30 to 60, … 200 and more."""
    return bisect.bisect_right(BAND_EDGES, price.minor)


def is_returnable(supply: Supply, *, is_to_wish: bool = False) -> bool:
    """Say whether the buyer may send it back within 7 days without a reason.

    Stock and made-to-order goods in standard form: yes; custom-made ones and those with a wish
    woven in: no, after a separate confirmation in each purchase. Source: domain.md 6 (returns).
    """
    return supply is not Supply.CUSTOM and not is_to_wish
