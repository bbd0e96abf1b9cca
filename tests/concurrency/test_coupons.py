from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

from shop.kernel.db import db
from shop.kernel.money import Money
from shop.oversight import proof
from shop.workflows import quoting
from shop.workflows.selling import PlacedOrder
from tests.builders.coupons import a_coupon
from tests.builders.orders import MS_LIU, a_cart, an_order, some_goods

pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def used(coupon_id: int) -> tuple[int, int]:
    db.session.rollback()
    row = db.session.execute(
        sa.text("SELECT used, used_minor FROM coupons WHERE id = :id"), {"id": coupon_id}
    ).one()
    return row.used, row.used_minor


def said(answers) -> Counter:
    return Counter("placed" if isinstance(one, PlacedOrder) else one for one in answers)


def test_ten_uses_are_ten_however_many_buyers_come_at_once(noon, at_once):
    coupon = a_coupon(now=noon, most_uses=10, most_money=Money(20000))
    goods = some_goods(pieces=200)
    carts = [a_cart(now=noon, goods={goods: 2}) for _ in range(40)]

    answers = at_once(lambda n: an_order(now=noon, cart=carts[n], total=16400), 40)

    assert said(answers)["placed"] == 10
    assert set(said(answers)) <= {"placed", "coupons.used_up", "selling.price_changed"}
    assert used(coupon) == (10, 20000)
    assert findings() == []


def test_one_use_a_buyer_is_one_however_often_she_comes_at_once(noon, at_once):
    coupon = a_coupon(now=noon, most_per_buyer=1)
    goods = some_goods(pieces=200)
    carts = [a_cart(now=noon, goods={goods: 2}) for _ in range(5)]
    hers = replace(MS_LIU, phone="13900001111")

    answers = at_once(lambda n: an_order(now=noon, cart=carts[n], total=16400, contact=hers), 5)

    assert said(answers)["placed"] == 1
    assert set(said(answers)) <= {"placed", "coupons.used_by_buyer", "selling.price_changed"}
    assert used(coupon) == (1, 2000)
    assert findings() == []


def test_one_first_order_is_one_however_many_come_at_once(noon, at_once):
    coupon = a_coupon(now=noon, code="HELLO", is_first_order=True)
    goods = some_goods(pieces=200)
    carts = [a_cart(now=noon, goods={goods: 2}) for _ in range(5)]
    for cart in carts:
        quoting.enter_coupon(cart, "HELLO", now=noon)

    answers = at_once(lambda n: an_order(now=noon, cart=carts[n], total=16400, contact=MS_LIU), 5)

    assert said(answers)["placed"] == 1
    assert used(coupon) == (1, 2000)
    assert findings() == []
