from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.earnings.netting import AdjustmentKind as Kind
from shop.earnings.netting import Owing, most_advanced, net, reaches_back_to, taken
from shop.kernel.money import Money, total


def owing(*sums):
    return [Owing(number, kind, Money(left)) for number, (kind, left) in enumerate(sums, 1)]


@pytest.mark.parametrize(
    ("sums", "gross", "for_work", "paid"),
    [
        # E8: of 1,392.54 due a hook of 6.00 and an advance of 200.00; E10: a fifth of 100.10.
        ([(Kind.TOOL, 600), (Kind.ADVANCE, 20000)], 139254, 124254, 118654),
        ([(Kind.OVERPAYMENT, 3080)], 10010, 10010, 8008),
        # A fifth of pay for work is taken for deductions, half of all for advances.
        ([(Kind.TOOL, 99999)], 20000, 10000, 18000),
        ([(Kind.ADVANCE, 99999)], 20001, 20001, 10001),
        ([(Kind.ADVANCE, 99999), (Kind.TOOL, 99999)], 20000, 20000, 10000),
        ([(Kind.TOOL, 3000), (Kind.OVERPAYMENT, 3000)], 20000, 20000, 16000),
        # The fen of a fifth that does not come out even stays hers.
        ([(Kind.TOOL, 99)], 104, 104, 84),
        ([(Kind.ADVANCE, 100)], 0, 0, 0),
        ([(Kind.ADVANCE, 100), (Kind.TOOL, 100)], -50, -50, -50),
    ],
)
def test_what_a_run_takes_stays_within_its_caps(sums, gross, for_work, paid):
    assert net(owing(*sums), gross=Money(gross), for_work=Money(for_work)) == Money(paid)


def test_deductions_go_before_advances_and_the_older_before_the_younger():
    sums = owing((Kind.ADVANCE, 9000), (Kind.TOOL, 1500), (Kind.MATERIAL, 1500))

    assert taken(sums, gross=Money(10000), for_work=Money(10000)) == {
        2: Money(1500),
        3: Money(500),
        1: Money(3000),
    }


@given(
    sums=st.lists(st.tuples(st.sampled_from(list(Kind)), st.integers(1, 100_000)), max_size=6),
    gross=st.integers(-10_000, 200_000),
    allowance=st.integers(0, 50_000),
)
def test_no_run_takes_more_than_is_owed_or_allowed(sums, gross, allowance):
    for_work = gross - allowance
    parts = taken(owing(*sums), gross=Money(gross), for_work=Money(for_work))

    assert all(Money(0) < part <= Money(sums[one - 1][1]) for one, part in parts.items())
    assert 2 * total(list(parts.values())).minor <= max(0, gross)
    recovered = [part for one, part in parts.items() if sums[one - 1][0] is not Kind.ADVANCE]
    assert 5 * total(recovered).minor <= max(0, for_work)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 7, 25), date(2026, 4, 25)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2028, 5, 31), date(2028, 2, 29)),
        (date(2026, 1, 1), date(2025, 10, 1)),
    ],
)
def test_a_correction_against_her_reaches_three_months_back(today, first):
    assert reaches_back_to(today) == first


def test_half_of_an_order_is_advanced_and_no_fen_more():
    assert most_advanced(Money(154000), before=Money(0)) == Money(77000)  # E16
    assert most_advanced(Money(154001), before=Money(70000)) == Money(7000)
    assert most_advanced(Money(100), before=Money(90)) == Money(0)
