from __future__ import annotations

import random

import pytest

from shop.kernel.money import Money
from shop.payments.rules import PaymentState, fee_given_back, payment_fee, sources_of


@pytest.mark.parametrize(
    ("paid", "fee"),
    [
        pytest.param(15200, 91, id="E4"),
        pytest.param(13200, 79, id="E7"),
        pytest.param(24600, 148, id="E12 A"),
        pytest.param(29600, 178, id="E12 B"),
        pytest.param(9800, 59, id="E12 C"),
        pytest.param(0, 0, id="free"),
    ],
)
def test_the_fee_is_six_in_a_thousand_half_up_per_payment(paid, fee):
    assert payment_fee(Money(paid)) == Money(fee)


def test_before_settlement_the_fee_is_computed_anew_on_the_rest():
    back = fee_given_back(
        captured=Money(13200), refunded_before=Money(0), refund=Money(2411), is_settled=False
    )

    assert back == Money(14)  # E7: 0.79 becomes 0.65


def test_after_settlement_the_fee_is_lost():
    back = fee_given_back(
        captured=Money(15200), refunded_before=Money(0), refund=Money(14400), is_settled=True
    )

    assert back == Money(0)  # E5


def test_refunding_all_in_parts_gives_back_exactly_the_whole_fee():
    dice = random.Random(7)
    for _ in range(300):
        captured = Money(dice.randrange(1, 500_000))
        gone, back = Money(0), Money(0)
        while gone < captured:
            part = Money(dice.randint(1, (captured - gone).minor))
            back += fee_given_back(
                captured=captured, refunded_before=gone, refund=part, is_settled=False
            )
            gone += part
        assert back == payment_fee(captured)


def test_late_money_is_money_but_a_success_is_final():
    assert sources_of(PaymentState.SUCCEEDED) == set(PaymentState) - {PaymentState.SUCCEEDED}
    assert all(
        PaymentState.SUCCEEDED not in sources_of(state)
        for state in PaymentState
        if state is not PaymentState.SUCCEEDED
    )
