from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.earnings import rules
from shop.earnings.rules import EarningKind, PayoutState, PayRunState, Words
from shop.kernel.money import Money
from tests.builders.earnings import wage_facts

DAY = date(2026, 7, 20)


@pytest.mark.parametrize(
    ("rate", "passed", "second_grade", "fen"),
    [
        pytest.param(4620, 11, 0, 50820, id="E8: eleven pairs of sandals"),
        pytest.param(4620, 0, 1, 3234, id="E8: one pair of second grade"),
        pytest.param(4620, 11, 1, 54054, id="E8: both"),
        pytest.param(1540, 30, 0, 46200, id="E8: thirty pendants"),
        pytest.param(3470, 0, 3, 7287, id="three of second grade, each rounded half up"),
        pytest.param(4620, 0, 0, 0, id="nothing passed"),
    ],
)
def test_a_wage_is_paid_by_the_good_piece_and_seventy_percent_for_second_grade(
    rate, passed, second_grade, fen
):
    wage = rules.piece_wage(Money(rate), passed=passed, second_grade=second_grade)

    assert wage == Money(fen)


def test_a_consignment_share_is_a_percentage_of_the_price():
    assert rules.consignment_share(Money(8800), 55) == Money(4840)
    assert rules.consignment_share(Money(333), 50) == Money(167)


@pytest.mark.parametrize(
    ("accepted", "paid"),
    [
        (date(2026, 7, 5), date(2026, 7, 10)),
        (date(2026, 7, 6), date(2026, 7, 25)),
        (date(2026, 7, 20), date(2026, 7, 25)),
        (date(2026, 7, 21), date(2026, 8, 10)),
        (date(2026, 7, 31), date(2026, 8, 10)),
        (date(2026, 12, 31), date(2027, 1, 10)),
        (date(2028, 2, 29), date(2028, 3, 10)),
    ],
)
def test_accepted_to_the_fifth_is_paid_on_the_tenth_and_to_the_twentieth_on_the_25th(
    accepted, paid
):
    assert rules.pay_day_for(accepted) == paid


def test_nobody_waits_longer_than_twenty_days():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(366)]

    assert max((rules.pay_day_for(day) - day).days for day in days) == 20


@pytest.mark.parametrize(
    ("today", "pay_day", "period_end"),
    [
        (date(2026, 7, 10), date(2026, 7, 10), date(2026, 7, 5)),
        (date(2026, 7, 11), date(2026, 7, 25), date(2026, 7, 5)),
        (date(2026, 7, 20), date(2026, 7, 25), date(2026, 7, 5)),
        (date(2026, 7, 21), date(2026, 7, 25), date(2026, 7, 20)),
        (date(2026, 7, 26), date(2026, 8, 10), date(2026, 7, 20)),
        (date(2026, 1, 5), date(2026, 1, 10), date(2025, 12, 20)),
        (date(2026, 1, 1), date(2026, 1, 10), date(2025, 12, 20)),
    ],
)
def test_the_next_pay_day_and_the_last_period_are_known_on_any_day(today, pay_day, period_end):
    assert rules.next_pay_day(today) == pay_day
    assert rules.last_period_end(today) == period_end
    assert rules.is_period_end(period_end)
    assert period_end < today


@pytest.mark.parametrize(
    ("fen", "carried_before", "asked", "waits"),
    [
        pytest.param(2310, 0, False, True, id="E9: one coaster set waits"),
        pytest.param(2310, 1, False, True, id="and once more"),
        pytest.param(2310, 2, False, False, id="but after two runs it is paid"),
        pytest.param(2310, 0, True, False, id="or when she asks"),
        pytest.param(5000, 0, False, False, id="fifty yuan are enough"),
        pytest.param(4999, 0, False, True, id="a fen less is not"),
        pytest.param(0, 5, True, True, id="nothing is never paid"),
        pytest.param(-100, 5, True, True, id="less than nothing neither"),
    ],
)
def test_small_sums_wait_for_the_next_run_twice_at_most(fen, carried_before, asked, waits):
    assert rules.is_carried(Money(fen), carried_before=carried_before, asked=asked) is waits


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("hand_in:12", "hand_in:12"),
        ("order:31:line:2", "order:31"),
        ("session:5:instructor", "session:5"),
    ],
)
def test_the_key_of_an_earning_begins_with_its_source_in_the_books(key, source):
    assert rules.source_of(key) == source


def test_a_wage_says_how_many_pieces_passed_and_what_each_earned():
    said = rules.sentence(EarningKind.PIECE_WAGE, wage_facts(), amount=Money(50820), day=DAY)

    assert said.msgid == rules.WAGE
    assert said.blanks == {
        "day": date(2026, 7, 18),
        "slip": "J-20260718-1",
        "pieces": 12,
        "passed": 11,
        "rate": Money(4620),
        "title": Words("手编凉鞋", "Hand-woven sandals"),
        "sum": Money(50820),
    }
    assert said.msgid % said.blanks


def test_second_grade_is_said_with_its_reason():
    facts = wage_facts() | {
        "second_grade": 1,
        "second_grade_minor": 3234,
        "reason": "鞋底短 4 毫米",
    }

    said = rules.sentence(EarningKind.PIECE_WAGE, facts, amount=Money(54054), day=DAY)

    assert said.msgid == rules.WAGE_WITH_SECONDS
    assert said.blanks["second_rate"] == Money(3234)
    assert "鞋底短 4 毫米" in said.msgid % said.blanks


@pytest.mark.parametrize(
    ("kind", "facts", "msgid"),
    [
        (
            EarningKind.CONSIGNMENT_SHARE,
            rules.share_facts(
                title="墙饰", title_en=None, quantity=1, price=Money(16800), percent=55
            ),
            rules.SHARE,
        ),
        (
            EarningKind.INSTRUCTOR_FEE,
            rules.fee_facts(title="编挂件", title_en="Weave a pendant", guests=8),
            rules.INSTRUCTOR,
        ),
        (
            EarningKind.ASSISTANT_FEE,
            rules.fee_facts(title="编挂件", title_en="Weave a pendant", guests=8),
            rules.ASSISTANT,
        ),
        (
            EarningKind.REVERSAL,
            rules.return_facts(title="墙饰", title_en=None, quantity=1),
            rules.TAKEN_BACK,
        ),
    ],
)
def test_every_kind_has_its_sentence(kind, facts, msgid):
    said = rules.sentence(kind, facts, amount=Money(9240), day=DAY)

    assert said.msgid == msgid
    assert said.msgid % said.blanks


@pytest.mark.parametrize("kind", list(EarningKind))
@pytest.mark.parametrize("facts", [{}, {"title": "x"}, {"title": "x", "pieces": "many"}])
def test_facts_that_say_too_little_still_give_day_and_sum(kind, facts):
    said = rules.sentence(kind, facts, amount=Money(100), day=DAY)

    assert said.msgid == rules.PLAIN
    assert said.blanks == {"day": DAY, "sum": Money(100)}


def test_every_state_can_be_reached_and_closed_stays_closed():
    assert set(rules.RUN_MOVES) == set(PayRunState)
    assert set(rules.PAYOUT_MOVES) == set(PayoutState)
    assert rules.RUN_MOVES[PayRunState.CLOSED] == frozenset()
    assert rules.PAYOUT_MOVES[PayoutState.PAID] == frozenset()


@pytest.mark.parametrize(
    ("fen", "pieces", "rest"),
    [
        pytest.param(
            118654,
            {10000: 11, 5000: 1, 2000: 1, 1000: 1, 500: 1, 100: 1, 50: 1},
            4,
            id="E8: 1,186.54",
        ),
        pytest.param(8008, {5000: 1, 2000: 1, 1000: 1}, 8, id="E10: 80.08"),
        pytest.param(61230, {10000: 6, 1000: 1, 100: 2, 10: 3}, 0, id="E11: 612.30"),
        pytest.param(9, {}, 9, id="nothing but fen"),
    ],
)
def test_an_envelope_holds_few_pieces_and_names_the_fen_without_a_coin(fen, pieces, rest):
    assert rules.in_notes(Money(fen)) == (pieces, Money(rest))


@given(st.integers(0, 10_000_000))
def test_what_lies_in_an_envelope_is_the_sum(fen):
    pieces, rest = rules.in_notes(Money(fen))

    assert sum(worth * many for worth, many in pieces.items()) + rest.minor == fen
    assert rest < Money(10)
