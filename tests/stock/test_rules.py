from __future__ import annotations

import pytest

from shop.stock.rules import (
    MOST_PIECES,
    MOVES,
    BadQuantity,
    HoldState,
    Quantity,
    merged,
    sources_of,
)


def test_lines_that_share_goods_are_counted_together_and_in_one_order():
    wanted = merged([Quantity(9, 2, 1), Quantity(3, 1, 2), Quantity(9, 3, 1), Quantity(3, 1, 1)])

    assert list(wanted.items()) == [((3, 1), 1), ((3, 2), 1), ((9, 1), 5)]


@pytest.mark.parametrize("pieces", [0, -1, MOST_PIECES + 1])
def test_zero_negative_and_absurd_quantities_are_refused(pieces):
    with pytest.raises(BadQuantity):
        merged([Quantity(1, pieces, 1)])


def test_every_state_of_a_hold_is_reached_and_ends_are_final():
    reached = {HoldState.HELD, *(target for targets in MOVES.values() for target in targets)}

    assert reached == set(HoldState) == set(MOVES)
    for end in (HoldState.SHIPPED, HoldState.RELEASED, HoldState.EXPIRED):
        assert not MOVES[end]
    assert sources_of(HoldState.SHIPPED) == {HoldState.ALLOCATED}
