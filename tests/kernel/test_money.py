from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.money import CurrencyMismatch, Money, total


def test_a_coupon_is_split_to_the_fen_as_in_example_e7():
    assert Money(2000).share_out([8800, 2800, 2800]) == (Money(1222), Money(389), Money(389))


@pytest.mark.parametrize(
    ("captured", "fee"),
    [(15200, 91), (13200, 79), (10789, 65), (24600, 148), (29600, 178), (9800, 59), (8800, 53)],
)
def test_fees_are_half_up_per_payment_as_in_the_examples(captured, fee):
    assert Money(captured).percent("0.6") == Money(fee)


def test_half_a_fen_goes_up():
    assert Money(50).percent(1) == Money(1)
    assert Money(-50).percent(1) == Money(-1)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_parts_always_add_up(amount, weights):
    parts = Money(amount).share_out(weights)
    assert total(parts) == Money(amount)
    assert len(parts) == len(weights)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_no_part_differs_from_its_exact_share_by_a_fen_or_more(amount, weights):
    whole = sum(weights) or len(weights)
    shares = weights if sum(weights) else [1] * len(weights)
    for part, weight in zip(Money(amount).share_out(weights), shares, strict=True):
        assert abs(part.minor * whole - amount * weight) < whole


def test_the_odd_fen_goes_to_the_earlier_place_on_a_tie():
    assert Money(5).share_out([1, 1]) == (Money(3), Money(2))


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_impossible_shares_are_refused(weights):
    with pytest.raises(ValueError, match="shares"):
        Money(5).share_out(weights)


@pytest.mark.parametrize(
    ("fen", "figures"),
    [(118654, "1186.54"), (10, "0.10"), (5, "0.05"), (0, "0.00"), (-511, "-5.11"), (-5, "-0.05")],
)
def test_figures_are_what_programs_read(fen, figures):
    assert Money(fen).figures == figures


def test_two_currencies_never_meet():
    with pytest.raises(CurrencyMismatch):
        Money(1, "CNY") + Money(1, "GBP")


@pytest.mark.parametrize("wrong", [1.0, "1", True])
def test_money_is_whole(wrong):
    with pytest.raises(TypeError):
        Money(wrong)
