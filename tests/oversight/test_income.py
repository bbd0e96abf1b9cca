from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shop.kernel.access import SYSTEM, Scope
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit
from shop.oversight.income import Quarter, income, quarter_of, quarters_before
from shop.stations import queries as stations
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))
THIRD = Quarter(2026, 3)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 1, 1), Quarter(2026, 1)),
        (date(2026, 3, 31), Quarter(2026, 1)),
        (date(2026, 7, 1), THIRD),
        (date(2026, 12, 31), Quarter(2026, 4)),
    ],
)
def test_in_which_quarter_a_day_lies(day, quarter):
    assert quarter_of(day) == quarter


def test_quarters_begin_and_end_at_midnight_of_the_place():
    assert THIRD.since == datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    assert THIRD.until == datetime(2026, 9, 30, 16, 0, tzinfo=UTC)
    assert Quarter(2026, 4).next == Quarter(2027, 1)
    assert [one.name for one in quarters_before(date(2026, 5, 2), most=3)] == [
        "2026-1",
        "2025-4",
        "2025-3",
    ]


def book(workshop, *lines, at, source):
    return ledger.post(
        kind="sale",
        source=source,
        station_id=a_room(),
        lines=lines,
        happened_at=at,
        actor=SYSTEM,
        now=at,
    )


def at(month, day, hour=4):
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_gross_returns_and_net_of_every_seller_in_reach(app):
    here = a_workshop()
    there = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
    bank = account(AccountKind.BANK, here)
    sales, back = account(AccountKind.SALES, here), account(AccountKind.SALES_RETURNS, here)
    way = account(AccountKind.SHIPPING_INCOME, here)
    # E4 and E5, and a session.
    sold = (credit(sales, Money(14400)), credit(way, Money(800)), debit(bank, Money(15200)))
    book(here, *sold, at=at(7, 20), source="order:1")
    book(here, *sold, at=at(6, 30, 15), source="order:2")
    book(here, *sold, at=at(9, 30, 16), source="order:3")
    book(
        here, debit(back, Money(14400)), credit(bank, Money(14400)), at=at(7, 26), source="return:1"
    )
    book(
        here,
        credit(account(AccountKind.SESSION_INCOME, here), Money(64000)),
        debit(account(AccountKind.PREPAYMENT, here), Money(64000)),
        at=at(7, 27),
        source="session:1",
    )
    wrong = book(
        here, debit(back, Money(100)), credit(bank, Money(100)), at=at(8, 1), source="return:2"
    )
    ledger.reverse(
        entry_id=wrong, source="mistake", happened_at=at(8, 2), actor=SYSTEM, now=at(8, 2)
    )

    found = {one.workshop.id: one for one in income(EVERYWHERE, THIRD)}

    assert (found[here].gross, found[here].returned, found[here].net) == (
        Money(79200),
        Money(14400),
        Money(64800),
    )
    assert found[there].net == Money(0)
    only = income(Scope((stations.path_of(a_room(CIZHU)),)), THIRD)
    assert [one.workshop.id for one in only] == [there]
    assert income(Scope(()), THIRD) == []
