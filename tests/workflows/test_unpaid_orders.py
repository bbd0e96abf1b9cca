from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.kernel.access import VISITOR
from shop.kernel.db import db
from shop.orders.rules import HOLD, MOST_UNPAID_PER_NETWORK, MOST_UNPAID_PER_PHONE, Handover
from shop.orders.services import TooManyUnpaid, TooManyUnpaidNearby
from shop.oversight import proof
from shop.payments.rules import Method
from shop.stock import queries as stock
from shop.workflows import quoting, selling
from tests.builders.orders import MS_LIU, a_buyer, a_cart, an_order, pay, some_goods
from tests.workflows.test_making_concurrency import HANDS, all_at_once

pytestmark = pytest.mark.usefixtures("app", "bank")


def from_network(network: str, key: str, now, *, cart=None, contact=None):
    cart = cart or a_cart(now=now, goods={some_goods(): 1})
    return selling.place_order(
        cart_token=cart,
        contact=contact or a_buyer(key),
        method=Method.ONLINE,
        expected_total=quoting.quote(cart, now=now).total,
        key=key,
        network=network,
        actor=VISITOR,
        now=now,
    )


def networks() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(sa.text("SELECT network FROM orders")))


def test_one_telephone_holds_few_orders_that_nobody_pays(noon):
    goods = some_goods(pieces=20)
    held = [
        an_order(now=noon, goods={goods: 1}, contact=MS_LIU) for _ in range(MOST_UNPAID_PER_PHONE)
    ]
    cart = a_cart(now=noon, goods={goods: 1})

    with pytest.raises(TooManyUnpaid):
        an_order(now=noon, cart=cart, contact=MS_LIU)

    assert stock.available([goods.variant_id], noon) == {goods.variant_id: 15}
    assert [line.quantity for line in quoting.quote(cart, now=noon).lines] == [1]
    an_order(now=noon, goods={goods: 1})  # somebody else's telephone
    pay(held[0], now=noon)
    an_order(now=noon, cart=cart, contact=MS_LIU)
    assert proof.prove(tell=lambda _: None) == []


def test_what_fell_unpaid_counts_no_more_whether_swept_or_not(noon):
    for _ in range(MOST_UNPAID_PER_PHONE):
        an_order(now=noon, contact=MS_LIU)

    an_order(now=noon + HOLD, contact=MS_LIU)


def test_orders_to_be_paid_on_pick_up_count_until_they_are_paid(noon):
    terms = {"method": Method.PAY_ON_PICK_UP, "handover": Handover.PICK_UP, "contact": MS_LIU}
    for _ in range(MOST_UNPAID_PER_PHONE):
        placed = an_order(now=noon, **terms)
    later = noon + timedelta(days=1)
    with pytest.raises(TooManyUnpaid):
        an_order(now=later, **terms)

    selling.cancel_unpaid(order_id=placed.order_id, actor=selling.SYSTEM, now=later)

    an_order(now=later, **terms)


def test_one_network_holds_few_orders_however_many_telephones_it_names(noon):
    goods = some_goods(pieces=30)
    for number in range(MOST_UNPAID_PER_NETWORK):
        cart = a_cart(now=noon, goods={goods: 1})
        placed = from_network("a house", f"f-{number}", noon, cart=cart)
    with pytest.raises(TooManyUnpaidNearby):
        from_network("a house", "one more", noon)

    from_network("another house", "next door", noon)
    from_network("", "unknown", noon)
    pay(placed, now=noon)
    from_network("a house", "one more after all", noon)


def test_the_network_is_forgotten_when_an_order_is_paid_or_falls(noon):
    paid = from_network("a house", "paid", noon)
    from_network("a house", "fallen", noon)
    cancelled = from_network("a house", "cancelled", noon)
    assert networks() == {"a house"}

    pay(paid, now=noon)
    selling.cancel_unpaid(order_id=cancelled.order_id, actor=selling.SYSTEM, now=noon)
    selling.expire_unpaid(now=noon + HOLD)

    assert networks() == {""}


def test_a_form_sent_again_at_the_limit_gets_its_first_answer(noon):
    cart = a_cart(now=noon, goods={some_goods(): 1})
    for number in range(MOST_UNPAID_PER_PHONE - 1):
        an_order(now=noon, contact=MS_LIU, key=f"f-{number}")

    first, again = [
        an_order(now=noon, cart=cart, contact=MS_LIU, key="tap", total=9600) for _ in range(2)
    ]

    assert (again.number, again.is_new) == (first.number, False)


def test_many_forms_of_one_telephone_at_once_hold_no_more_than_few(app, noon):
    goods = some_goods(pieces=30)
    carts = [a_cart(now=noon, goods={goods: 1}) for _ in range(HANDS)]
    liu = replace(MS_LIU, phone="13800001111")

    answers = all_at_once(
        app,
        lambda n: from_network("a house", f"f-{n}", noon, cart=carts[n], contact=liu).is_new,
    )

    assert answers.count(True) == MOST_UNPAID_PER_PHONE
    assert answers.count("orders.too_many_unpaid") == HANDS - MOST_UNPAID_PER_PHONE
    assert proof.prove(tell=lambda _: None) == []
