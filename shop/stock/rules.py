"""What may become of a hold, and what a list of pieces is. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shop.kernel.errors import InvalidInput

# More pieces than one place could hold: a slip of the keyboard, not an order.
MOST_PIECES = 1_000_000
# Up to so many free pieces pages say how many; beyond it they only say that there are some.
MOST_COUNTED = 12


class MovementReason(StrEnum):
    """Why a count changed."""

    RECEIVED = "received"
    SHIPPED = "shipped"
    RETURNED = "returned"
    CORRECTED = "corrected"
    IMPORTED = "imported"


class HoldState(StrEnum):
    """A hold ends in exactly one of shipped, released, expired. Source: trust.md S3."""

    HELD = "held"
    ALLOCATED = "allocated"
    SHIPPED = "shipped"
    RELEASED = "released"
    EXPIRED = "expired"


MOVES: dict[HoldState, frozenset[HoldState]] = {
    HoldState.HELD: frozenset({HoldState.ALLOCATED, HoldState.RELEASED, HoldState.EXPIRED}),
    HoldState.ALLOCATED: frozenset({HoldState.SHIPPED, HoldState.RELEASED}),
    HoldState.SHIPPED: frozenset(),
    HoldState.RELEASED: frozenset(),
    HoldState.EXPIRED: frozenset(),
}
FALLEN = frozenset({HoldState.RELEASED, HoldState.EXPIRED})


class BadQuantity(InvalidInput):
    """A number of pieces is zero, negative or absurd."""

    code = "stock.bad_quantity"


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """So many pieces of one variant at one place."""

    variant_id: int
    quantity: int
    station_id: int


def shown_count(free: int) -> int:
    """Return how pages tell so many free pieces: two numbers that come out the same look alike."""
    return min(max(free, 0), MOST_COUNTED + 1)


def sources_of(state: HoldState) -> frozenset[HoldState]:
    """Return the states from which a hold may move to ``state``."""
    return frozenset(source for source, targets in MOVES.items() if state in targets)


def merged(items: Iterable[Quantity]) -> dict[tuple[int, int], int]:
    """Return pieces by (variant, station), equal ones summed, in the one order of all locks.

    Raises BadQuantity for a quantity below one or beyond MOST_PIECES. Source: trust.md S4.
    """
    sums: dict[tuple[int, int], int] = {}
    for item in items:
        if not 0 < item.quantity <= MOST_PIECES:
            raise BadQuantity(quantity=item.quantity, most=MOST_PIECES)
        place = (item.variant_id, item.station_id)
        sums[place] = sums.get(place, 0) + item.quantity
    return dict(sorted(sums.items()))
