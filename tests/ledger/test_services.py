from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.errors import NotFound
from shop.kernel.money import CurrencyMismatch, Money
from shop.ledger import checks, queries
from shop.ledger import services as ledger
from shop.ledger.models import Balance, Entry, Posting
from shop.ledger.rules import AccountKind, Line, Unbalanced, account, credit, debit, member_account
from shop.ledger.services import AlreadyReversed, EntryReused, NewEntry
from tests.builders.ledger import a_sale_of, an_entry
from tests.builders.stations import a_room

K = AccountKind


def reverse(entry_id, *, source, now):
    return ledger.reverse(entry_id=entry_id, source=source, happened_at=now, actor=SYSTEM, now=now)


def findings():
    db.session.rollback()
    return [(f.code, f.subject) for check in checks.CHECKS for f in check.run()]


def test_a_booked_fact_stands_on_both_its_accounts(app, noon):
    entry_id = an_entry(now=noon, source="order:1")

    assert queries.balance("clearing:1") == Money(-15200)
    assert queries.balance("sales:1") == Money(15200)
    assert queries.balance("sales:2") == Money(0)
    (entry,) = queries.entries_of("order:1")
    assert (entry.entry_id, entry.kind) == (entry_id, "sale")
    assert list(entry.lines) == a_sale_of(15200)
    assert findings() == []


def test_one_fact_is_booked_once_however_often_it_is_told(app, noon):
    first = an_entry(now=noon)

    assert [an_entry(now=noon) for _ in range(3)] == [first] * 3
    assert queries.balance("sales:1") == Money(15200)


def test_the_same_fact_with_other_amounts_is_refused_and_changes_nothing(app, noon):
    an_entry(now=noon)

    with pytest.raises(EntryReused):
        an_entry(now=noon, lines=a_sale_of(15300))

    assert queries.balance("sales:1") == Money(15200)
    assert findings() == []


def test_an_unbalanced_entry_leaves_no_trace(app, noon):
    with pytest.raises(Unbalanced):
        an_entry(
            now=noon,
            lines=[
                debit(account(K.CLEARING, 1), Money(15200)),
                credit(account(K.SALES, 1), Money(15199)),
            ],
        )

    assert db.session.scalar(sa.select(sa.func.count(Entry.id))) == 0
    assert queries.balance("sales:1") == Money(0)


def test_an_account_in_yuan_takes_no_dollars(app, noon):
    an_entry(now=noon)

    with pytest.raises(CurrencyMismatch):
        an_entry(
            now=noon,
            source="order:2",
            lines=[Line("clearing:1", Money(-100, "USD")), Line("sales:1", Money(100, "USD"))],
        )

    assert queries.entries_of("order:2") == []


def test_lines_of_zero_are_left_out_and_one_account_may_stand_twice(app, noon):
    sales = account(K.SALES, 1)
    an_entry(
        now=noon,
        lines=[
            debit(account(K.CLEARING, 1), Money(300)),
            credit(sales, Money(100)),
            credit(sales, Money(200)),
            credit(account(K.SHIPPING_INCOME, 1), Money(0)),
        ],
    )

    assert queries.balance(sales) == Money(300)
    assert len(queries.entries_of("order:1")[0].lines) == 3
    assert findings() == []


def test_many_facts_are_booked_together_and_known_ones_are_met_again(app, noon):
    known = an_entry(now=noon, source="order:2")
    entries = [NewEntry("sale", f"order:{n}", a_room(), a_sale_of(15200), noon) for n in (1, 2, 3)]

    ids = ledger.post_many(entries=entries, actor=SYSTEM, now=noon)

    assert ids[1] == known
    assert len(set(ids)) == 3
    assert queries.balances(["sales:1", "clearing:1", "bank:1"]) == {
        "sales:1": Money(45600),
        "clearing:1": Money(-45600),
        "bank:1": Money(0),
    }
    assert ledger.post_many(entries=[], actor=SYSTEM, now=noon) == []
    assert findings() == []


def test_the_same_fact_twice_in_one_batch_is_refused(app, noon):
    entry = NewEntry("sale", "order:1", a_room(), a_sale_of(15200), noon)

    with pytest.raises(EntryReused):
        ledger.post_many(entries=[entry, entry], actor=SYSTEM, now=noon)

    assert queries.balance("sales:1") == Money(0)


def test_a_reversal_is_the_exact_mirror_and_names_what_it_reverses(app, noon):
    wages = member_account(K.WAGES_PAYABLE, 12)
    entry_id = an_entry(
        now=noon,
        lines=[
            debit(account(K.STOCK, 1), Money(9590)),
            credit(account(K.MATERIAL, 1), Money(1890)),
            credit(wages, Money(7700)),
        ],
    )

    mirror = reverse(entry_id, source="correction:1", now=noon)

    assert reverse(entry_id, source="correction:1", now=noon) == mirror
    assert queries.entries_of("correction:1")[0].reverses_id == entry_id
    assert set(queries.balances([wages, "stock:1", "material:1"]).values()) == {Money(0)}
    assert findings() == []


def test_one_entry_is_reversed_at_most_once(app, noon):
    entry_id = an_entry(now=noon)
    reverse(entry_id, source="correction:1", now=noon)

    with pytest.raises(AlreadyReversed):
        reverse(entry_id, source="correction:2", now=noon)

    assert queries.balance("sales:1") == Money(0)
    with pytest.raises(NotFound):
        reverse(9999, source="correction:3", now=noon)


def test_the_database_itself_refuses_to_change_what_is_booked(app, noon):
    an_entry(now=noon)

    for change in (
        sa.update(Entry).values(kind="gift"),
        sa.update(Posting).values(amount_minor=1),
        sa.delete(Posting),
        sa.delete(Entry),
    ):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), transaction() as session:
            session.execute(change)

    assert queries.balance("sales:1") == Money(15200)


def test_the_checks_name_the_entry_and_the_account_that_lie(app, noon):
    an_entry(now=noon)
    with transaction() as session:
        session.execute(
            sa.insert(Entry),
            {
                "kind": "gift", "source": "order:9", "station_id": a_room(),
                "happened_at": noon, "recorded_at": noon,
            },
        )  # fmt: skip
        session.execute(sa.insert(Posting), {"entry_id": 2, "account_id": 1, "amount_minor": 100})
        session.execute(
            sa.update(Balance).where(Balance.account_id == 2).values(amount_minor=15100)
        )

    found = findings()

    assert ("L1", "entry:2") in found
    assert ("L1", "currency:CNY") in found
    assert {subject for code, subject in found if code == "L2"} == {
        "account:clearing:1",
        "account:sales:1",
    }


def test_a_crooked_mirror_is_found(app, noon):
    first = an_entry(now=noon)
    mirror = reverse(first, source="correction:1", now=noon)
    with transaction() as session:
        for account_id, amount in ((1, 50), (2, -50)):
            session.execute(
                sa.insert(Posting),
                {"entry_id": mirror, "account_id": account_id, "amount_minor": amount},
            )

    assert ("L2", f"entry:{mirror}") in findings()
