"""Several hands pack, send, cancel and receive pieces of one order in the same moment."""

from __future__ import annotations

import pytest

from shop.kernel.access import SYSTEM, VISITOR
from shop.kernel.db import db
from shop.orders import parcels
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState, ParcelState
from shop.stock import queries as stock
from shop.workflows import delivering, refunding
from tests.builders.orders import a_paid_order, some_goods
from tests.concurrency.test_buyers import findings

HANDS = 12
pytestmark = pytest.mark.usefixtures("app", "bank")


def part_of(order_id):
    db.session.rollback()
    (part,) = orders.order(order_id).parts
    return part


def send(part, pieces, *, key, now):
    return delivering.send_parcel(
        fulfillment_public_id=part.public_id,
        pieces=pieces and {part.lines[0].id: pieces},
        carrier="邮政",
        tracking=key,
        key=key,
        actor=SYSTEM,
        now=now,
    )


def test_twelve_hands_never_send_a_piece_twice(at_once, noon):
    goods = some_goods(pieces=10)
    part = part_of(a_paid_order(now=noon, goods={goods: 5}).order_id)

    answers = at_once(lambda n: send(part, 1, key=f"hand {n}", now=noon), HANDS)

    after = part_of(part.order_id)
    assert sum(str(one).startswith("par_") for one in answers) == 5
    assert (after.state, len(after.parcels)) == (FulfillmentState.SHIPPED, 5)
    assert stock.levels([goods.variant_id], now=noon)[0].on_hand == 5
    assert findings() == []


def test_one_form_sent_twelve_times_packs_one_parcel(at_once, noon):
    part = part_of(a_paid_order(now=noon, goods={some_goods(pieces=10): 5}).order_id)

    answers = at_once(lambda _: send(part, 2, key="form", now=noon), HANDS)

    assert len(set(answers)) == 1
    assert [list(one.pieces.values()) for one in part_of(part.order_id).parcels] == [[2]]


def test_parcels_received_in_the_same_moment_are_all_received(at_once, noon):
    part = part_of(a_paid_order(now=noon, goods={some_goods(pieces=10): 6}).order_id)
    for number in range(6):
        send(part, 1, key=f"parcel {number}", now=noon)
    known = [one.id for one in part_of(part.order_id).parcels]

    at_once(lambda n: parcels.receive(parcel_id=known[n % 6], actor=VISITOR, now=noon), HANDS)

    after = part_of(part.order_id)
    assert {one.state for one in after.parcels} == {ParcelState.RECEIVED}
    assert after.state is FulfillmentState.RECEIVED


def test_two_parcels_that_come_in_the_same_moment_complete_their_part_every_time(at_once, noon):
    pairs = []
    for order in range(HANDS // 2):
        part = part_of(a_paid_order(now=noon, goods={some_goods(pieces=10): 2}).order_id)
        for number in range(2):
            send(part, 1, key=f"order {order} parcel {number}", now=noon)
        pairs.append(part_of(part.order_id))
    known = [parcel.id for part in pairs for parcel in part.parcels]

    at_once(lambda n: parcels.receive(parcel_id=known[n], actor=VISITOR, now=noon), HANDS)

    assert {part_of(one.order_id).state for one in pairs} == {FulfillmentState.RECEIVED}


def test_pieces_are_sent_or_cancelled_never_both(at_once, noon):
    goods = some_goods(pieces=10)
    part = part_of(a_paid_order(now=noon, goods={goods: 5}).order_id)

    def act(number):
        if number % 2:
            return send(part, 1, key=f"hand {number}", now=noon)
        key = f"cancel {number}"
        return refunding.cancel_by_buyer(order_id=part.order_id, key=key, now=noon).refund_id

    at_once(act, HANDS)

    (line,) = part_of(part.order_id).lines
    assert line.sent + line.cancelled == 5
    assert stock.levels([goods.variant_id], now=noon)[0].on_hand == 10 - line.sent
    assert findings() == []
