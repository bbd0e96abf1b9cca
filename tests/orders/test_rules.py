from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from shop.kernel.money import Money
from shop.orders import rules
from shop.orders.rules import (
    ORDER_MOVES,
    PART_MOVES,
    RETURN_MOVES,
    FulfillmentState,
    OrderState,
    ReturnState,
)


@pytest.mark.parametrize(
    ("table", "states", "first"),
    [
        (ORDER_MOVES, OrderState, OrderState.PLACED),
        (PART_MOVES, FulfillmentState, FulfillmentState.PLACED),
        (RETURN_MOVES, ReturnState, ReturnState.ASKED),
    ],
)
def test_every_state_is_in_the_table_and_can_be_reached(table, states, first):
    reached, new = {first}, {first}
    while new:
        new = {target for state in new for target in table[state]} - reached
        reached |= new

    assert set(table) == reached == set(states)


def test_parts_of_a_line_add_up_to_it_whatever_the_order_of_returns():
    chance = random.Random(7)
    for _ in range(400):
        quantity = chance.randint(1, 40)
        line = Money(chance.randint(0, 20_000))
        returned, refunded = 0, Money(0)
        while returned < quantity:
            pieces = chance.randint(1, quantity - returned)
            back = rules.refund_of_pieces(
                total=line,
                quantity=quantity,
                returned_before=returned,
                refunded_before=refunded,
                pieces=pieces,
            )
            assert Money(0) <= back <= line - refunded
            returned, refunded = returned + pieces, refunded + back
        assert refunded == line


def test_equal_pieces_are_worth_what_share_out_says():
    chance = random.Random(11)
    for _ in range(200):
        quantity, line = chance.randint(1, 30), Money(chance.randint(0, 5_000))
        parts = line.share_out([1] * quantity)
        each = [
            rules.refund_of_pieces(
                total=line,
                quantity=quantity,
                returned_before=place,
                refunded_before=Money(0),
                pieces=1,
            )
            for place in range(quantity)
        ]
        assert each == list(parts)


def test_never_more_goes_back_than_is_left_of_a_line():
    back = rules.refund_of_pieces(
        total=Money(1000), quantity=2, returned_before=1, refunded_before=Money(900), pieces=1
    )
    assert back == Money(100)


def test_steps_of_a_falling_share_add_up_to_the_share():
    chance = random.Random(3)
    for _ in range(400):
        line = Money(chance.randint(1, 30_000))
        share = line.percent(chance.randint(1, 100))
        refunded, fallen = Money(0), Money(0)
        while refunded < line:
            back = Money(chance.randint(1, (line - refunded).minor))
            step = rules.share_reversed(
                share=share, line_total=line, refunded_before=refunded, refund=back
            )
            assert Money(0) <= step
            refunded, fallen = refunded + back, fallen + step
        assert fallen == share


def test_a_line_without_a_price_has_no_share_to_lose():
    nothing = Money(0)
    assert (
        rules.share_reversed(
            share=nothing, line_total=nothing, refunded_before=nothing, refund=nothing
        )
        == nothing
    )


def test_a_digest_tells_content_apart_and_not_its_order():
    one = rules.content_digest({"a": 1, "b": ["x", "y"]})
    assert rules.content_digest({"b": ["x", "y"], "a": 1}) == one
    assert rules.content_digest({"a": 1, "b": ["y", "x"]}) != one


def test_a_lookup_code_is_six_digits_and_follows_from_the_key():
    codes = [rules.lookup_code(f"key {number}") for number in range(500)]

    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert rules.lookup_code("key 7") == codes[7]
    assert len(set(codes)) > 490


def test_the_same_code_of_two_orders_is_kept_differently():
    assert rules.code_digest("260720-A", "123456") != rules.code_digest("260720-B", "123456")


def test_a_number_says_its_day():
    assert rules.order_number(date(2026, 7, 20), "7K3M9") == "260720-7K3M9"


def test_the_seven_days_are_counted_to_the_second():
    received = datetime(2028, 2, 24, 15, 59, 59, tzinfo=UTC)  # a leap year, 23:59:59 at the place
    assert rules.may_return_until(received) == datetime(2028, 3, 2, 15, 59, 59, tzinfo=UTC)
    assert rules.may_return_until(received) - received == timedelta(days=7)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("刘女士", "刘**"), (" Anna Weber", "A**"), ("", ""), ("王", "王**")],
)
def test_a_name_on_a_label_says_its_first_sign_only(name, shown):
    assert rules.name_on_label(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13800001234", "138****1234"), ("+491701234567", "+49****4567"), ("1234567", "****")],
)
def test_a_number_on_a_label_says_its_ends_only(phone, shown):
    assert rules.phone_on_label(phone) == shown
