from __future__ import annotations

from datetime import date, timedelta

import pytest

from shop.catalog.rules import PayLane
from shop.earnings import checks, queries
from shop.earnings.rules import Pot
from shop.kernel.access import SYSTEM
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.workflows.delivering import complete_due, receive_part, send_parcel
from tests.builders.orders import a_paid_order, some_goods
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

WEEK = timedelta(days=7)


@pytest.fixture
def her(app):
    return a_member()


def on_consignment(her):
    return some_goods(
        fen=16800,
        pay=0,
        pay_lane=PayLane.CONSIGNMENT,
        share_percent=55,
        maker_id=her,
        title="墙饰",
        title_en="Wall hanging",
    )


def send_and_receive(part, *, now):
    send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="中国邮政",
        tracking="EMS1",
        actor=SYSTEM,
        now=now,
    )
    receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=now)


def test_a_share_waits_with_the_date_of_its_own_part_and_becomes_sure_after_it(bank, her, noon):
    other = some_goods(workshop_id=a_workshop(slug="cizhu", station_id=a_room(CIZHU)))
    placed = a_paid_order(now=noon, goods={on_consignment(her): 1, other: 1})
    parts = {part.workshop_id: part for part in orders.order(placed.order_id).parts}

    waiting = queries.pots(her, now=noon)
    assert (waiting.sure, waiting.waiting) == (Money(0), Money(9240))
    assert waiting.waiting_until is None

    send_and_receive(parts[a_workshop()], now=noon)
    assert queries.pots(her, now=noon).waiting_until == date(2026, 7, 27)

    complete_due(now=noon + WEEK)
    sure = queries.pots(her, now=noon + WEEK)
    assert (sure.sure, sure.waiting, sure.sure_on) == (Money(9240), Money(0), date(2026, 8, 10))
    (line,) = queries.statement(her, pot=Pot.SURE, now=noon + WEEK)
    assert line.sentence.blanks["price"] == Money(16800)
    assert line.sentence.blanks["percent"] == 55
    assert [finding for check in checks.CHECKS for finding in check.run()] == []
