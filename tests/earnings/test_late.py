from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shop.earnings import queries
from shop.earnings.late import LatePay, late_pay
from shop.earnings.rules import EarningKind, PayChannel
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.stations import queries as stations
from shop.stations.rules import Tier
from shop.workflows.paying import record_payout, send_transfer
from tests.builders.accounts import a_cashier
from tests.builders.earnings import ACCEPTED, AFTER_JULY, a_pay_run, an_earning
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
# Accepted on 18 July: promised for the 25th.
ON_25_JULY = datetime(2026, 7, 25, 1, 0, tzinfo=UTC)
ON_26_JULY = ON_25_JULY + timedelta(days=1)


def late(now=ON_26_JULY, scope=EVERYWHERE):
    return [(one.workshop_id, one.members, one.amount.minor) for one in late_pay(scope, now=now)]


def test_pay_is_late_from_the_day_after_the_promised_one(app):
    wang = a_member()
    an_earning(member_id=wang)
    an_earning(member_id=wang, fen=1000, kind=EarningKind.INSTRUCTOR_FEE, key="session:1:i")
    an_earning(member_id=a_member(name="陈明珍"), fen=9240)

    assert late(ON_25_JULY) == []
    (one,) = late_pay(EVERYWHERE, now=ON_26_JULY)

    assert (one.members, one.amount) == (2, Money(61060))
    assert (one.promised_on, one.days) == (date(2026, 7, 25), 1)
    (longer,) = late_pay(EVERYWHERE, now=ON_26_JULY + timedelta(days=20))
    assert (longer.promised_on, longer.days) == (date(2026, 7, 25), 21)


def test_what_is_promised_for_a_day_to_come_is_not_late(app):
    wang = a_member()
    an_earning(member_id=wang, at=datetime(2026, 7, 21, 3, 0, tzinfo=UTC))
    an_earning(member_id=wang, at=ACCEPTED, is_sure=False)

    assert late() == []
    assert late(datetime(2026, 8, 11, 1, 0, tzinfo=UTC)) == [(a_workshop(), 1, 50820)]


def test_a_run_that_was_drawn_up_and_not_paid_is_late_by_what_it_pays(app):
    wang, chen = a_member(), a_member(name="陈明珍")
    for member in (wang, chen):
        an_earning(member_id=member)
    run = a_pay_run(workshop_id=a_workshop())
    slips = {slip.member_id: slip.id for slip in queries.slips(run)}
    assert late(ON_25_JULY) == []
    assert late() == [(a_workshop(), 2, 101640)]

    cashier = a_cashier()
    record_payout(pay_slip_id=slips[wang], channel=PayChannel.BANK, actor=cashier, now=AFTER_JULY)
    send_transfer(pay_slip_id=slips[chen], actor=cashier, now=AFTER_JULY)
    assert late() == [(a_workshop(), 1, 50820)]
    record_payout(pay_slip_id=slips[chen], channel=PayChannel.WECHAT, actor=cashier, now=AFTER_JULY)

    assert late() == []


def test_a_small_sum_carried_over_is_not_late_until_its_next_run_is(app):
    wang, chen = a_member(), a_member(name="陈明珍")
    an_earning(member_id=wang)
    an_earning(member_id=chen, fen=2310)
    run = a_pay_run(workshop_id=a_workshop())
    (slip,) = [one for one in queries.slips(run) if one.member_id == wang]
    record_payout(pay_slip_id=slip.id, channel=PayChannel.BANK, actor=a_cashier(), now=AFTER_JULY)

    assert late() == []
    # Nobody drew up the run of 10 August.
    assert late(datetime(2026, 8, 11, 1, 0, tzinfo=UTC)) == [(a_workshop(), 1, 2310)]


def test_only_workshops_within_reach_are_seen_the_longest_late_first(app):
    there = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
    an_earning(member_id=a_member())
    an_earning(
        member_id=a_member(workshop_id=there, name="向红英"),
        at=datetime(2026, 7, 3, 3, 0, tzinfo=UTC),
    )

    assert [workshop for workshop, *_ in late()] == [there, a_workshop()]
    assert late(scope=Scope((stations.path_of(a_room(CIZHU)),))) == [(there, 1, 50820)]
    assert late(scope=Scope(())) == []


@pytest.mark.parametrize(
    ("days", "tiers"),
    [
        (1, {Tier.ROOM}),
        (2, {Tier.ROOM}),
        (3, {Tier.ROOM, Tier.TOWN}),
        (6, {Tier.ROOM, Tier.TOWN}),
        (7, {Tier.ROOM, Tier.TOWN, Tier.COUNTY}),
    ],
)
def test_what_stays_late_climbs(days, tiers):
    one = LatePay(1, 1, 1, Money(1), date(2026, 7, 25), days)

    assert {tier for tier in Tier if one.reaches(tier)} == tiers
