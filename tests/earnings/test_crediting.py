from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from shop.earnings import queries
from shop.earnings import services as earnings
from shop.earnings.models import Earning
from shop.earnings.rules import EarningKind, Pot, return_facts
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from tests.builders.earnings import ACCEPTED, an_earning, wage_facts
from tests.builders.stations import a_member

SHARE = EarningKind.CONSIGNMENT_SHARE
BACK = return_facts(title="墙饰", title_en="Wall hanging", quantity=1)


def rows():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Earning))


def credit(member_id, *, key="hand_in:1", fen=50820, kind=EarningKind.PIECE_WAGE):
    return earnings.credit(
        key=key,
        member_id=member_id,
        kind=kind,
        amount=Money(fen),
        facts=wage_facts(),
        earned_at=ACCEPTED,
        sure_at=ACCEPTED,
        now=ACCEPTED,
    )


def test_the_same_work_is_credited_once_however_often_it_is_told(app):
    member = a_member()

    ids = {credit(member) for _ in range(20)}

    assert len(ids) == 1
    assert queries.pots(member, now=ACCEPTED).sure == Money(50820)


@pytest.mark.parametrize(
    "other", [{"fen": 1}, {"kind": EarningKind.INSTRUCTOR_FEE}], ids=["another sum", "another kind"]
)
def test_the_same_key_with_another_content_is_refused(app, other):
    member = a_member()
    credit(member)

    with pytest.raises(earnings.EarningReused):
        credit(member, **other)

    assert queries.pots(member, now=ACCEPTED).sure == Money(50820)


def test_the_same_key_for_another_member_is_refused(app):
    credit(a_member())
    other = a_member()

    with pytest.raises(earnings.EarningReused):
        credit(other)

    assert queries.pots(other, now=ACCEPTED).sure == Money(0)


@pytest.mark.parametrize("fen", [0, -1])
def test_nothing_and_less_is_no_earning(app, fen):
    with pytest.raises(earnings.NothingEarned):
        credit(a_member(), fen=fen)

    assert rows() == 0


def test_nobody_is_credited_who_is_not_there(app):
    with pytest.raises(NotFound):
        credit(999)


def test_waiting_becomes_sure_when_what_it_hangs_on_is_over_and_nothing_else_does(app, noon):
    member = a_member()
    an_earning(
        member_id=member, fen=9240, kind=SHARE, is_sure=False, owner="order:1", key="order:1:line:1"
    )
    an_earning(
        member_id=member,
        fen=4840,
        kind=SHARE,
        is_sure=False,
        owner="order:12",
        key="order:12:line:2",
    )

    changed = [earnings.make_sure(owners=["order:1"], now=noon) for _ in range(2)]

    assert changed == [1, 0]
    pots = queries.pots(member, now=noon)
    assert (pots.sure, pots.waiting) == (Money(9240), Money(4840))
    assert earnings.make_sure(keys=["order:12:line:2"], now=noon) == 1
    assert earnings.make_sure(now=noon) == 0


def test_a_return_takes_back_exactly_her_part_in_the_pot_where_it_lies(app, noon):
    member = a_member()
    share = an_earning(
        member_id=member, fen=9240, kind=SHARE, is_sure=False, owner="order:1", key="order:1:line:1"
    )

    for _ in range(3):
        earnings.reverse(
            earning_id=share, amount=Money(2411), key="refund:5:line:1", facts=BACK, now=noon
        )

    assert queries.pots(member, now=noon).waiting == Money(9240 - 2411)
    earnings.make_sure(owners=["order:1"], now=noon)
    pots = queries.pots(member, now=noon)
    assert (pots.sure, pots.waiting) == (Money(6829), Money(0))


def test_never_more_is_taken_back_than_was_earned(app, noon):
    share = an_earning(member_id=a_member(), fen=9240, kind=SHARE, key="order:1:line:1")
    earnings.reverse(earning_id=share, amount=Money(9000), key="refund:1", facts=BACK, now=noon)

    with pytest.raises(earnings.ReversedTooMuch):
        earnings.reverse(earning_id=share, amount=Money(241), key="refund:2", facts=BACK, now=noon)
    earnings.reverse(earning_id=share, amount=Money(240), key="refund:3", facts=BACK, now=noon)

    assert rows() == 3


def test_the_same_refund_with_another_sum_is_refused(app, noon):
    share = an_earning(member_id=a_member(), fen=9240, kind=SHARE, key="order:1:line:1")
    earnings.reverse(earning_id=share, amount=Money(100), key="refund:1", facts=BACK, now=noon)

    with pytest.raises(earnings.EarningReused):
        earnings.reverse(earning_id=share, amount=Money(101), key="refund:1", facts=BACK, now=noon)


@pytest.mark.parametrize("kind", [EarningKind.PIECE_WAGE, EarningKind.INSTRUCTOR_FEE])
def test_pay_for_work_is_never_taken_back(app, noon, kind):
    member = a_member()
    wage = an_earning(member_id=member, kind=kind)

    with pytest.raises(earnings.WageStands):
        earnings.reverse(earning_id=wage, amount=Money(1), key="refund:1", facts=BACK, now=noon)

    assert queries.pots(member, now=noon).sure == Money(50820)


def test_the_sure_sum_is_parted_by_pay_day(app, noon):
    member = a_member()
    an_earning(member_id=member, fen=50820, at=noon)
    an_earning(member_id=member, fen=46200, at=noon + timedelta(days=1))

    pots = queries.pots(member, now=noon + timedelta(days=1))

    assert pots.sure == Money(97020)
    assert [(due.pay_on, due.amount, due.is_late) for due in pots.due] == [
        (date(2026, 7, 25), Money(50820), False),
        (date(2026, 8, 10), Money(46200), False),
    ]
    assert pots.sure_on == date(2026, 7, 25)


def test_the_business_day_is_that_of_the_place_and_not_of_the_clock_in_greenwich(app, noon):
    member = a_member()
    an_earning(member_id=member, at=noon.replace(hour=16))  # 00:00 on the 21st in 灯梁村

    assert queries.pots(member, now=noon.replace(hour=17)).sure_on == date(2026, 8, 10)


def test_pay_that_is_overdue_says_so(app, noon):
    member = a_member()
    an_earning(member_id=member, at=noon)

    due = queries.pots(member, now=noon + timedelta(days=6)).due[0]

    assert (due.pay_on, due.is_late) == (date(2026, 7, 25), True)


def test_a_statement_tells_each_pot_apart_and_pages_by_key(app, noon):
    member = a_member()
    for pieces in range(1, 6):
        an_earning(member_id=member, fen=1000 * pieces)
    an_earning(member_id=member, fen=9240, kind=SHARE, is_sure=False, owner="order:1")
    an_earning(member_id=a_member(), fen=77)

    first = queries.statement(member, pot=Pot.SURE, now=noon, most=3)
    rest = queries.statement(member, pot=Pot.SURE, now=noon, most=3, after=first[-1].id)

    assert [line.amount.minor for line in [*first, *rest]] == [5000, 4000, 3000, 2000, 1000]
    assert [line.amount.minor for line in queries.statement(member, pot=Pot.WAITING, now=noon)] == [
        9240
    ]
    assert queries.statement(member, pot=Pot.PAID, now=noon) == []
    assert {line.pay_on for line in first} == {date(2026, 7, 25)}


def test_many_are_credited_at_once_in_the_order_asked(app):
    members = [a_member() for _ in range(3)]
    asked = [
        earnings.NewEarning(
            key=f"order:{n}:line:{n}",
            member_id=member,
            kind=SHARE,
            amount=Money(100 + n),
            facts={},
            earned_at=ACCEPTED,
            sure_at=None,
            waiting_for="return_window",
            owner=f"order:{n}",
        )
        for n, member in enumerate(members)
    ]

    ids = earnings.credit_many(earnings=asked, now=ACCEPTED)

    assert earnings.credit_many(earnings=list(reversed(asked)), now=ACCEPTED) == ids[::-1]
    assert [queries.pots(m, now=ACCEPTED).waiting.minor for m in members] == [100, 101, 102]
    assert earnings.credit_many(earnings=[], now=ACCEPTED) == []
