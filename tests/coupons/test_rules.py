from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.coupons.rules import (
    BadCoupon,
    Funder,
    Unfit,
    buyer_digest,
    normal_code,
    require_sound,
    split,
    taken_off,
    when_unfit,
)
from shop.kernel.money import Money, total
from tests.builders.coupons import TWENTY_OFF

HALF = replace(TWENTY_OFF, amount=None, percent=50, least_goods=Money(0))


def test_twenty_yuan_over_three_lines_are_split_as_in_e7():
    lines = [Money(8800), Money(2800), Money(2800)]

    assert taken_off(TWENTY_OFF, total(lines)) == Money(2000)
    assert split(Money(2000), lines) == (Money(1222), Money(389), Money(389))


@given(
    off=st.integers(0, 10_000), lines=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=60)
)
def test_the_parts_of_a_coupon_add_up_and_leave_no_line_below_zero(off, lines):
    sums = [Money(line) for line in lines]
    off = min(off, sum(lines))

    parts = split(Money(off), sums)

    assert total(list(parts)) == Money(off)
    assert all(Money(0) <= part <= line for part, line in zip(parts, sums, strict=True))


@pytest.mark.parametrize(
    ("terms", "goods", "off"),
    [
        (TWENTY_OFF, 9999, 0),
        (TWENTY_OFF, 10000, 2000),
        (HALF, 0, 0),
        (HALF, 101, 51),
        (replace(HALF, most_off=Money(3000)), 8000, 3000),
        (replace(HALF, least_goods=Money(5000)), 4999, 0),
    ],
)
def test_a_coupon_takes_off_what_it_says_from_its_threshold_on(terms, goods, off):
    assert taken_off(terms, Money(goods)) == Money(off)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"title": " "}, "title"),
        ({"code": "ABC"}, "code"),
        ({"code": "lower"}, "code"),
        ({"code": "A-B-C"}, "code"),
        ({"amount": None}, "value"),
        ({"percent": 10}, "value"),
        ({"amount": Money(0)}, "amount"),
        ({"amount": None, "percent": 91}, "percent"),
        ({"amount": None, "percent": 0}, "percent"),
        ({"least_goods": Money(2000)}, "least"),
        ({"is_first_order": True}, "first"),
        ({"most_uses": 0}, "limits"),
        ({"most_money": Money(-1)}, "limits"),
        ({"funder": Funder.PROJECT}, "project"),
        ({"project": "P-03"}, "project"),
    ],
)
def test_a_coupon_that_gives_nothing_or_everything_is_refused(changes, why):
    with pytest.raises(BadCoupon) as refused:
        require_sound(replace(TWENTY_OFF, **changes))
    assert refused.value.details["why"] == why


def test_a_coupon_counts_from_its_first_instant_up_to_its_end(noon):
    terms = replace(TWENTY_OFF, starts_at=noon, ends_at=noon + timedelta(hours=1))

    def at(moment):
        return when_unfit(terms, used=0, used_money=Money(0), off=Money(1), now=moment)

    assert at(noon - timedelta(seconds=1)) is Unfit.NOT_YET
    assert at(noon) is None
    assert at(noon + timedelta(hours=1)) is Unfit.OVER


def test_a_coupon_whose_uses_or_money_are_spent_is_used_up(noon):
    terms = replace(TWENTY_OFF, most_uses=2, most_money=Money(3000))

    def after(used, money):
        return when_unfit(terms, used=used, used_money=Money(money), off=Money(2000), now=noon)

    assert after(1, 1000) is None
    assert after(2, 0) is Unfit.USED_UP
    assert after(1, 1001) is Unfit.USED_UP


def test_a_code_is_the_same_however_it_is_typed():
    assert normal_code(" ｓpring 20\u3000") == "SPRING20"


def test_a_buyer_is_known_by_her_digits_and_never_across_coupons():
    assert buyer_digest(1, "138 0000 1111") == buyer_digest(1, "13800001111")
    assert buyer_digest(1, "13800001111") != buyer_digest(2, "13800001111")
