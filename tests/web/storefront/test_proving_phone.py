from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.messages import senders
from tests.web.storefront.test_buying import put_goods, the_form, the_orders

PICK_UP = {"handover": "pick_up", "method": "pay_on_pick_up"}


@pytest.fixture
def asks(fresh_app):
    """Let the house ask for proved numbers, then as before."""
    before = fresh_app.config["SHOP"]

    def ask(where):
        fresh_app.config["SHOP"] = replace(before, verify_phone=where)

    yield ask
    fresh_app.config["SHOP"] = before


def words(response) -> str:
    return response.get_data(as_text=True)


def the_code(page) -> str:
    return re.search(r"验证码是 (\d{6})", words(page))[1]


def test_an_order_without_money_needs_the_code_that_its_telephone_got_and_keeps_what_was_typed(
    market, visitor, in_app, asks
):
    asks("pick_up")
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor, note="送给妈妈", **PICK_UP)

    page = visitor.send("/checkout", form, status=200)
    assert "送给妈妈" in words(page)
    code = the_code(page)
    wrong = visitor.send(
        "/checkout", form | {"phone_code": f"{(int(code) + 1) % 10**6:06d}"}, status=422
    )
    assert the_code(wrong) == code
    assert the_orders(in_app) == []
    visitor.send("/checkout", form | {"phone_code": f" {code[:3]} {code[3:]}"}, status=303)
    assert len(the_orders(in_app)) == 1

    put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor, **PICK_UP), status=303)  # proved in this browser
    assert len(the_orders(in_app)) == 2


def test_a_code_proves_its_own_number_in_its_own_browser_only(market, visitor, in_app, asks):
    asks("always")
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor)
    code = the_code(visitor.send("/checkout", form, status=200))
    other = form | {"phone": "13800009999", "phone_code": code}

    visitor.send("/checkout", other, status=422)
    thief = type(visitor)(visitor.app)
    put_goods(thief, in_app, market.sandals)
    thief.send("/checkout", the_form(thief, phone_code=code), status=422)

    assert the_orders(in_app) == []


def test_what_is_paid_online_needs_no_code_unless_all_do(market, visitor, in_app, asks):
    asks("pick_up")
    put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor), status=303)
    assert len(the_orders(in_app)) == 1


def test_a_guessed_code_is_worthless_after_five_tries(market, visitor, in_app, asks, fresh_app):
    asks("always")
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor)
    code = the_code(visitor.send("/checkout", form, status=200))
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    for _ in range(5):
        visitor.send("/checkout", form | {"phone_code": wrong}, status=422)
    visitor.send("/checkout", form | {"phone_code": code}, status=422)

    assert the_orders(in_app) == []
    visitor.send("/checkout", form | {"send_code": "1"}, status=429)  # one in a minute
    fresh_app.extensions["clock"] = lambda: market.now + timedelta(minutes=2)
    fresh = the_code(visitor.send("/checkout", form | {"send_code": "1"}, status=200))
    visitor.send("/checkout", form | {"phone_code": fresh}, status=303)


def test_nobody_is_asked_for_a_code_that_cannot_reach_her(market, visitor, in_app, asks):
    asks("always")
    put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor, phone="+49 151 23456789"), status=303)
    with senders():
        put_goods(visitor, in_app, market.sandals)
        visitor.send("/checkout", the_form(visitor), status=303)

    assert len(the_orders(in_app)) == 2
