from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.catalog.rules import PayLane, Supply
from shop.earnings import queries as earnings
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.parcels import PartNotOpen, TrackingMissing
from shop.orders.rules import FulfillmentState, Handover, OrderState
from shop.orders.services import OrderNotOpen
from shop.oversight import proof
from shop.payments.rules import Method, RefundCause
from shop.stock import queries as stock
from shop.stock import services as shelf
from shop.stock.rules import Quantity
from shop.workflows import delivering, refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_maker, a_social_worker
from tests.builders.bookings import a_session
from tests.builders.orders import a_paid_order, an_order, some_goods, some_pendants
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def counts() -> list[int]:
    db.session.rollback()
    tables = ("movements", "entries", "events")
    return [db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {t}")) or 0 for t in tables]


def part_of(placed):
    db.session.rollback()
    return orders.order(placed.order_id).parts[0]


def ship(placed, now, **more) -> str:
    given = {"carrier": "中国邮政", "tracking": "EMS123", "actor": SYSTEM} | more
    return delivering.send_parcel(
        key=part_of(placed).public_id,
        fulfillment_public_id=part_of(placed).public_id,
        now=now,
        **given,
    )


def test_a_parcel_that_leaves_is_booked_as_in_e4(noon):
    sandals, pendants = some_goods(), some_pendants()
    placed = a_paid_order(now=noon, goods={sandals: 1, pendants: 2})

    name = ship(placed, noon + DAY, postage=Money(720), packing=Money(500))
    assert ship(placed, noon + DAY, postage=Money(720), packing=Money(500)) == name

    part = part_of(placed)
    assert part.state is FulfillmentState.SHIPPED
    (parcel,) = part.parcels
    assert (parcel.public_id, parcel.carrier, parcel.tracking) == (name, "中国邮政", "EMS123")
    w = a_workshop()
    expected = {
        "cost_of_goods": -9590, "stock": 9590, "packing": -500, "packing_stock": 500,
        "postage": -720, "bank": 720,
    }  # fmt: skip
    assert {k: ledger.balance(f"{k}:{w}").minor for k in expected} == expected
    # Left for running costs and surplus: 42.99 (domain.md 5 E4).
    kinds = ("sales", "shipping_income", "fee", "cost_of_goods", "packing", "postage")
    assert sum(ledger.balance(f"{kind}:{w}").minor for kind in kinds) == 4299
    on_hand = {lv.variant_id: lv.on_hand for lv in stock.levels(
        [sandals.variant_id, pendants.variant_id], now=noon)}  # fmt: skip
    assert on_hand == {sandals.variant_id: 9, pendants.variant_id: 8}
    assert findings() == []


@pytest.mark.parametrize(
    ("actor", "more", "refusal"),
    [
        pytest.param(a_maker, {}, (Forbidden, OutOfReach), id="a maker"),
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), {}, OutOfReach, id="elsewhere"),
        pytest.param(a_social_worker, {"tracking": " "}, TrackingMissing, id="no number"),
        pytest.param(a_social_worker, {"carrier": ""}, TrackingMissing, id="no carrier"),
    ],
)
def test_a_refused_dispatch_changes_nothing(noon, actor, more, refusal):
    placed = a_paid_order(now=noon)
    who, before = actor(), counts()

    with pytest.raises(refusal):
        ship(placed, noon, actor=who, **more)

    assert counts() == before
    assert part_of(placed).state is FulfillmentState.PLACED


def test_what_is_not_paid_does_not_leave(noon):
    placed = an_order(now=noon)

    with pytest.raises(OrderNotOpen):
        ship(placed, noon)
    selling.expire_unpaid(now=noon + DAY)
    with pytest.raises(OrderNotOpen):
        ship(placed, noon)


def test_pieces_made_for_the_order_leave_once_they_are_there(noon):
    goods = some_goods(supply=Supply.MADE_TO_ORDER, pieces=0)
    placed = a_paid_order(now=noon, goods={goods: 2})
    assert part_of(placed).state is FulfillmentState.MAKING
    before = counts()

    with pytest.raises(shelf.OutOfStock):
        ship(placed, noon)
    assert counts() == before
    shelf.receive(
        items=[Quantity(goods.variant_id, 2, goods.station_id)],
        source="hand_in:1",
        actor=SYSTEM,
        now=noon,
    )

    assert ship(placed, noon + DAY)
    assert stock.available([goods.variant_id], noon)[goods.variant_id] == 0


def test_goods_paid_at_the_counter_are_handed_over_after_their_money(noon):
    placed = an_order(now=noon, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP)

    def hand_over() -> bool:
        name = part_of(placed).public_id
        return delivering.hand_over_part(fulfillment_public_id=name, actor=SYSTEM, now=noon)

    with pytest.raises(delivering.MoneyStillDue):
        hand_over()
    selling.take_money(order_id=placed.order_id, actor=SYSTEM, now=noon)
    assert part_of(placed).state is FulfillmentState.PLACED
    assert hand_over()
    assert not hand_over()

    part = part_of(placed)
    assert (part.state, part.received_at) == (FulfillmentState.RECEIVED, noon)
    assert findings() == []


def test_a_part_moves_forward_only(noon):
    placed = a_paid_order(now=noon)
    part = part_of(placed)
    with pytest.raises(PartNotOpen):
        delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)
    assert delivering.pack_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)
    assert not delivering.pack_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)
    ship(placed, noon)
    with pytest.raises(PartNotOpen):
        delivering.pack_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)


def test_seats_are_not_sent_by_post(noon):
    placed = a_paid_order(now=noon, seats={a_session(now=noon): (1, 0, 0)})

    with pytest.raises(PartNotOpen):
        ship(placed, noon)


def test_an_order_is_complete_a_week_after_its_last_part_was_received(noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    placed = a_paid_order(now=noon, goods={some_goods(): 1, some_pendants(workshop_id=other): 1})
    parts = orders.order(placed.order_id).parts
    for days, part in enumerate(parts):
        delivering.send_parcel(
            key=part.public_id,
            fulfillment_public_id=part.public_id,
            carrier="c",
            tracking="t",
            actor=SYSTEM,
            now=noon,
        )
        delivering.receive_part(
            fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon + days * DAY
        )

    assert delivering.complete_due(now=noon + 7 * DAY) == 1
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert delivering.complete_due(now=noon + 8 * DAY) == 1
    assert orders.order(placed.order_id).state is OrderState.COMPLETED
    assert delivering.complete_due(now=noon + 9 * DAY) == 0
    assert findings() == []


def test_a_parcel_nobody_confirmed_counts_as_received_after_ten_days(noon):
    placed = a_paid_order(now=noon)
    ship(placed, noon)

    delivering.complete_due(now=noon + 9 * DAY)
    assert part_of(placed).state is FulfillmentState.SHIPPED
    delivering.complete_due(now=noon + 10 * DAY)
    assert part_of(placed).state is FulfillmentState.RECEIVED
    delivering.complete_due(now=noon + 17 * DAY)
    assert part_of(placed).state is FulfillmentState.COMPLETED


def test_a_consignment_share_is_sure_when_the_return_window_closes(noon):
    far = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    maker, other = a_member(), a_member(workshop_id=far, name="陈明珍")
    hers = some_goods(pay_lane=PayLane.CONSIGNMENT, share_percent=60, maker_id=maker)
    theirs = some_goods(
        workshop_id=far, pay_lane=PayLane.CONSIGNMENT, share_percent=50, maker_id=other
    )
    placed = a_paid_order(now=noon, goods={hers: 2, theirs: 1})
    part = next(
        one for one in orders.order(placed.order_id).parts if one.workshop_id == hers.workshop_id
    )
    line = part.lines[0]
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="c",
        tracking="t",
        actor=SYSTEM,
        now=noon,
    )
    delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)
    refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.NO_REASON_RETURN,
        are_goods_back=True,
        actor=SYSTEM,
        key="one back",
        now=noon + DAY,
    )
    assert earnings.pots(maker, now=noon + DAY).waiting == Money(5280)

    delivering.complete_due(now=noon + 7 * DAY)

    pots = earnings.pots(maker, now=noon + 7 * DAY)
    assert (pots.sure, pots.waiting) == (Money(5280), Money(0))
    # The other workshop's part has not even left: her share goes on waiting.
    pots = earnings.pots(other, now=noon + 7 * DAY)
    assert (pots.sure, pots.waiting) == (Money(0), Money(4400))
    assert findings() == []
