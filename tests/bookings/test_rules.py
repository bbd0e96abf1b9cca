from __future__ import annotations

import pytest

from shop.bookings.rules import (
    BOOKING_MOVES,
    SESSION_MOVES,
    BookingState,
    ChildrenAlone,
    NobodyComes,
    Party,
    SessionState,
    price_of,
)
from shop.kernel.money import Money

PRICES = {"adult": Money(9800), "child": Money(6800), "family": Money(14800)}


@pytest.mark.parametrize(
    ("party", "seats", "fen"),
    [
        pytest.param(Party(adults=1, families=1), 3, 24600, id="E12 A"),
        pytest.param(Party(families=2), 4, 29600, id="E12 B"),
        pytest.param(Party(adults=1), 1, 9800, id="E12 C"),
        pytest.param(Party(adults=2, children=3), 5, 40000, id="five friends"),
    ],
)
def test_a_party_needs_so_many_seats_and_pays_so_much(party, seats, fen):
    assert (party.seats, price_of(party, **PRICES)) == (seats, Money(fen))


@pytest.mark.parametrize(
    ("counts", "refusal"),
    [
        ((0, 0, 0), NobodyComes),
        ((-1, 0, 2), NobodyComes),
        ((61, 0, 0), NobodyComes),
        ((0, 2, 0), ChildrenAlone),
    ],
)
def test_a_party_that_cannot_sit_down_is_refused(counts, refusal):
    with pytest.raises(refusal):
        Party(*counts)


@pytest.mark.parametrize(
    ("table", "states", "first"),
    [
        (SESSION_MOVES, SessionState, SessionState.PLANNED),
        (BOOKING_MOVES, BookingState, BookingState.HELD),
    ],
)
def test_every_state_is_in_the_table_and_can_be_reached(table, states, first):
    reached, new = {first}, {first}
    while new:
        new = {target for state in new for target in table[state]} - reached
        reached |= new

    assert set(table) == reached == set(states)
