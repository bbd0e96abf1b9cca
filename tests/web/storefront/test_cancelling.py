from __future__ import annotations

import pytest

from shop.kernel.access import SYSTEM
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.payments import queries as payments
from shop.workflows import delivering
from tests.builders.orders import pay
from tests.web.storefront.test_buying import hidden, put_goods, the_form, the_orders


@pytest.fixture
def order(market, visitor, in_app):
    """Return the number of an order of two workshops that this device has placed."""
    put_goods(visitor, in_app, market.sandals)
    put_goods(visitor, in_app, market.coasters)
    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    return number


def known(in_app, number):
    return in_app(lambda: orders.order(orders.order_id_of(number)))


def paid(in_app, market, number):
    def take():
        order = orders.order(orders.order_id_of(number))
        payment = payments.payment_of_order(order.id)

        class Placed:
            payment_public_id = payment.public_id

        pay(Placed(), now=market.now, provider_ref=payment.provider_ref)

    in_app(take)


def key_of(visitor, number):
    return hidden(visitor.open(f"/orders/{number}/cancelling"), "key")


def test_what_is_not_paid_is_cancelled_and_owes_nothing(visitor, in_app, order):
    assert f"/orders/{order}/cancelling" in visitor.open(f"/orders/{order}").get_data(as_text=True)
    here = f"/orders/{order}/cancelling"
    visitor.send(here, key_of(visitor, order), status=303)
    assert known(in_app, order).state is OrderState.CANCELLED


def test_what_is_paid_and_has_not_left_goes_back_once(visitor, in_app, market, order):
    paid(in_app, market, order)
    here = f"/orders/{order}/cancelling"
    page = visitor.open(here).get_data(as_text=True)
    assert "152.00" in page  # 88.00 + 48.00 + 2 x 8.00
    key = key_of(visitor, order)

    for _ in range(2):
        visitor.send(here, key, via="/orders", status=303)

    gone = known(in_app, order)
    assert gone.state is OrderState.REFUNDED
    (refund,) = in_app(payments.refunds_of_order, gone.id)
    assert refund.amount == Money(15200)
    assert here not in visitor.open(f"/orders/{order}").get_data(as_text=True)


def test_a_parcel_that_has_left_stays_and_the_rest_goes_back(visitor, in_app, market, order):
    paid(in_app, market, order)

    def leave():
        part = orders.order(orders.order_id_of(order)).parts[0]
        delivering.send_parcel(
            key=part.public_id,
            fulfillment_public_id=part.public_id,
            carrier="邮政",
            tracking="1",
            actor=SYSTEM,
            now=market.now,
        )

    in_app(leave)
    visitor.send(f"/orders/{order}/cancelling", key_of(visitor, order), status=303)

    (refund,) = in_app(payments.refunds_of_order, known(in_app, order).id)
    assert refund.amount == Money(5600)
    page = visitor.open(f"/orders/{order}/cancelling").get_data(as_text=True)
    assert "这部分已经寄出，不能取消；收到后可以退货。" in page
    key = {"key": "another-key-1"}
    visitor.send(f"/orders/{order}/cancelling", key, via=f"/orders/{order}", status=409)
    assert len(in_app(payments.refunds_of_order, known(in_app, order).id)) == 1


def test_a_stranger_cancels_nothing(visitor, in_app, fresh_app, order):
    stranger = type(visitor)(fresh_app)
    stranger.open(f"/orders/{order}/cancelling", status=404)
    key = {"key": "0123456789"}
    stranger.send(f"/orders/{order}/cancelling", key, via="/orders", status=404)
    assert known(in_app, order).state is OrderState.PLACED
