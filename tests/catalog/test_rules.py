from __future__ import annotations

import random
from datetime import date

import pytest

from shop.catalog.rules import (
    MOVES,
    ListingState,
    PriceSplit,
    SplitDoesNotAddUp,
    Supply,
    ready_on,
    split_price,
)
from shop.kernel.money import Money, total

TODAY = date(2026, 7, 20)


# Source: domain.md 11, the whole table: pay, material, pack, fee, workshop, rest, price.
@pytest.mark.parametrize(
    "row",
    [
        (4620, 1250, 300, 53, 900, 1677, 8800, 52.5),
        (3470, 900, 300, 41, 700, 1389, 6800, 51.0),
        (5780, 1600, 300, 65, 1100, 1955, 10800, 53.5),
        (1540, 320, 100, 17, 300, 523, 2800, 55.0),
        (2310, 380, 100, 25, 400, 985, 4200, 55.0),
        (970, 200, 100, 11, 200, 319, 1800, 53.9),
        (9240, 2200, 400, 101, 1700, 3159, 16800, 55.0),
        (2310, 600, 200, 29, 500, 1161, 4800, 48.1),
        (6930, 2800, 400, 83, 1400, 2187, 13800, 50.2),
    ],
)
def test_the_nine_sample_prices_split_to_the_fen(row):
    pay, material, pack, fee, workshop, rest, price, share = row
    split = split_price(
        Money(price),
        pay=Money(pay),
        material=Money(material),
        pack=Money(pack),
        workshop=Money(workshop),
    )

    assert split.fee == Money(fee)
    assert split.rest == Money(rest)
    assert split.pay_share_percent == share
    assert not split.is_pay_share_low


def test_any_split_adds_up_or_is_refused():
    dice = random.Random(20260720)
    for _ in range(300):
        price = Money(dice.randrange(0, 50_000))
        parts = {name: Money(dice.randrange(0, 12_000)) for name in ("pay", "material", "pack")}
        try:
            split = split_price(price, workshop=Money(dice.randrange(0, 9_000)), **parts)
        except SplitDoesNotAddUp:
            continue
        assert total(split.parts) == price
        assert min(part.minor for part in split.parts) >= 0


def test_parts_that_are_not_the_price_are_refused():
    with pytest.raises(SplitDoesNotAddUp):
        PriceSplit(Money(100), Money(50), Money(20), Money(0), Money(1), Money(10), rest=Money(20))


@pytest.mark.parametrize(
    ("supply", "quantity", "available", "expected"),
    [
        pytest.param(Supply.IN_STOCK, 2, 2, date(2026, 7, 23), id="in stock: within 72 hours"),
        pytest.param(Supply.IN_STOCK, 3, 2, date(2026, 7, 26), id="one is missing: made first"),
        pytest.param(
            Supply.MADE_TO_ORDER, 1, 4, date(2026, 7, 23), id="to order, but one is there"
        ),
        pytest.param(Supply.MADE_TO_ORDER, 50, 0, date(2026, 8, 1), id="50 x 120 min at 100 h"),
        pytest.param(Supply.CUSTOM, 1, 9, date(2026, 7, 26), id="custom is always made"),
    ],
)
def test_the_promised_day_follows_stock_and_capacity(supply, quantity, available, expected):
    promised = ready_on(
        supply=supply,
        quantity=quantity,
        available=available,
        making_minutes=120,
        weekly_capacity_minutes=6000,
        today=TODAY,
    )

    assert promised == expected


def test_every_listing_state_can_be_reached_but_the_two_beginnings():
    reached = frozenset().union(*MOVES.values())

    # A draft is written, an unlisted product imported; everything else is moved into.
    assert set(ListingState) - reached == {ListingState.UNLISTED}
    assert set(MOVES) == set(ListingState)
