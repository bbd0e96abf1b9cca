from __future__ import annotations

import random

import pytest

from shop.kernel.money import CurrencyMismatch, Money, total
from shop.ledger.rules import (
    AccountKind,
    Line,
    Unbalanced,
    account,
    balanced,
    credit,
    debit,
    kind_of,
    member_account,
)

K = AccountKind


def a(kind):
    return account(kind, 7)


def test_accounts_are_called_after_what_they_are_about_and_whose_they_are():
    assert account(K.SALES, 7) == "sales:7"
    assert member_account(K.WAGES_PAYABLE, 12) == "wages_payable:member:12"
    assert {kind_of(account(kind, 1)) for kind in K} == set(K)


@pytest.mark.parametrize(
    ("debits", "credits_"),
    [
        pytest.param(
            [(K.STOCK, 9590)], [(K.MATERIAL, 1890), (K.WAGES_PAYABLE, 7700)], id="E3 acceptance"
        ),
        pytest.param(
            [(K.CLEARING, 15109), (K.FEE, 91)],
            [(K.SALES, 14400), (K.SHIPPING_INCOME, 800)],
            id="E4 paid",
        ),
        pytest.param(
            [(K.COST_OF_GOODS, 9590), (K.PACKING, 500), (K.POSTAGE, 720)],
            [(K.STOCK, 9590), (K.PACKING_STOCK, 500), (K.BANK, 720)],
            id="E4 shipped",
        ),
        pytest.param([(K.BANK, 15109)], [(K.CLEARING, 15109)], id="E4 settled"),
        pytest.param(
            [(K.SALES_RETURNS, 14400), (K.STOCK, 9590)],
            [(K.BANK, 14400), (K.COST_OF_GOODS, 9590)],
            id="E5 return",
        ),
        pytest.param(
            [(K.SALES_RETURNS, 14400), (K.SHIPPING_INCOME, 800), (K.POSTAGE, 900)],
            [(K.BANK, 16100)],
            id="E6 faulty",
        ),
        pytest.param(
            [(K.CLEARING, 13121), (K.FEE, 79)],
            [(K.SALES, 12400), (K.SHIPPING_INCOME, 800)],
            id="E7 paid",
        ),
        pytest.param(
            [(K.SALES_RETURNS, 2411)], [(K.CLEARING, 2397), (K.FEE, 14)], id="E7 refunded"
        ),
        pytest.param(
            [(K.WAGES_PAYABLE, 139254)],
            [(K.BANK, 118654), (K.ADVANCE, 20000), (K.TOOLS_RECOVERED, 600)],
            id="E8 pay",
        ),
        pytest.param(
            [(K.SESSION_COSTS, 15000), (K.INSTRUCTOR_COSTS, 18000)],
            [(K.KITS, 9600), (K.BANK, 5400), (K.WAGES_PAYABLE, 18000)],
            id="E12 costs",
        ),
        pytest.param(
            [(K.CASH, 24200)], [(K.SALES, 14400), (K.SESSION_INCOME, 9800)], id="E14 till"
        ),
        pytest.param([(K.CASH_SHORT, 50), (K.BANK, 24150)], [(K.CASH, 24200)], id="E14 day close"),
    ],
)
def test_the_journal_lines_of_the_domain_balance(debits, credits_):
    lines = [debit(a(kind), Money(fen)) for kind, fen in debits]
    lines += [credit(a(kind), Money(fen)) for kind, fen in credits_]

    assert balanced(lines) == tuple(lines)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="nothing"),
        pytest.param([Line("sales:7", Money(1))], id="one side"),
        pytest.param([Line("sales:7", Money(0)), Line("bank:7", Money(0))], id="zero money"),
        pytest.param([Line("sales:7", Money(100)), Line("bank:7", Money(-99))], id="a fen short"),
    ],
)
def test_what_does_not_balance_is_no_entry(lines):
    with pytest.raises(Unbalanced):
        balanced(lines)


def test_two_currencies_never_meet_in_an_entry():
    with pytest.raises(CurrencyMismatch):
        balanced([Line("sales:7", Money(100)), Line("bank:7", Money(-100, "USD"))])


def test_random_entries_balance_only_when_their_last_line_takes_the_rest():
    dice = random.Random(20260720)
    for _ in range(300):
        amounts = [Money(dice.randrange(1, 100_000)) for _ in range(dice.randrange(1, 6))]
        lines = [credit(a(K.SALES), amount) for amount in amounts]
        rest = debit(a(K.CLEARING), total(amounts))

        assert balanced([*lines, rest])[-1] == rest
        with pytest.raises(Unbalanced):
            balanced([*lines, debit(a(K.CLEARING), total(amounts) + Money(1))])
