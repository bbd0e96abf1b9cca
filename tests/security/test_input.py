"""What is forged is refused and changes nothing; what people wrote is shown as text."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.accounts import queries as accounts_known
from shop.kernel.db import db
from tests.builders.accounts import PASSWORD
from tests.security.addresses import address, rules
from tests.security.conftest import SCRIPT, Guest, Town
from tests.security.forms import NUMBERS, WORDS, Form, forms_of, put_in_cart, send


@pytest.mark.parametrize("role", ["visitor", "social_worker", "town_supervisor", "maker"])
def test_what_people_wrote_is_shown_as_text(town, role):
    guest = town.guest(role)
    shown = set()
    for rule in rules(town, "GET"):
        answer = guest.get(address(town, rule, "own"))
        if answer.mimetype == "text/html":
            text = answer.get_data(as_text=True)
            assert SCRIPT not in text, rule.rule
            if "&lt;script&gt;alert(1)" in text:
                shown.add(rule.rule)
    expected = {
        "visitor": {
            "/goods",
            "/goods/<string:slug>",
            "/goods/<string:slug>/questions",
            "/goods/<string:slug>/reviews",
            "/review/<string:token>",
            "/workshops",
            "/workshops/<string:slug>",
            "/experiences",
            "/experiences/<string:slug>",
        },
        "social_worker": {
            "/desk/goods/<string:public_id>",
            "/desk/orders/<string:public_id>",
            "/desk/orders/<string:public_id>/slip",
            "/desk/orders/<string:public_id>/label",
            "/desk/work/<string:public_id>",
            "/desk/hand-ins/<string:public_id>",
            "/desk/pins",
            "/desk/pins/<string:public_id>",
            "/desk/unmatched-returns",
            "/desk/voices",
            "/desk/voices/cards",
            "/desk/voices/reviews",
            "/desk/voices/reviews/<string:public_id>",
            "/desk/sessions/<string:public_id>",
        },
        "town_supervisor": {"/oversight/<string:code>/members", "/oversight/objections"},
        "maker": {"/member", "/member/cards", "/member/hand-ins", "/member/work"},
    }[role]
    assert expected <= shown


def test_a_search_is_shown_as_text_and_breaks_nothing(town):
    guest = town.guest()
    for words in (*WORDS.values(), *NUMBERS, '"', "凉鞋*", "NEAR(", "a AND", "%_%", "'", "\\"):
        answer = guest.client.get("/search", query_string={"q": words})
        assert answer.status_code in ({404} if "\x00" in words else {200}), words
        assert SCRIPT not in answer.get_data(as_text=True)


def checkout_of(guest: Guest) -> Form:
    page = guest.get("/checkout").get_data(as_text=True)
    (form,) = [form for form in forms_of(page, "/checkout") if "key" in form.values]
    form.values.update(
        name="刘女士",
        place="",
        region="重庆市渝中区",
        address="民生路 1 号",
        phone="13800001111",
    )
    return form


def orders_in(town: Town) -> int:
    with town.app.app_context():
        count = db.session.scalar(sa.text("SELECT COUNT(*) FROM orders"))
        db.session.remove()
    return int(count or 0)


@pytest.mark.parametrize(
    "forged",
    [
        {"total_sent": "1", "total_fetched": "1"},
        {"total_sent": "-9600"},
        {"total_sent": "0"},
        {"handover": "pick_up", "total_fetched": "100"},
        {"method": "free"},
        {"method": "cash"},
        {"handover": "attend"},
        {"key": "short"},
        {"key": ""},
        {"phone": "110"},
    ],
    ids=str,
)
def test_a_forged_checkout_makes_no_order_and_keeps_the_cart(town, forged):
    guest = town.guest()
    put_in_cart(town, guest)
    form = checkout_of(guest)
    before = orders_in(town)

    status = send(guest, form, forged)

    assert status in {409, 422}
    assert orders_in(town) == before
    assert guest.get("/checkout").status_code == 200


@pytest.mark.parametrize("quantity", ["-1", "0", "100", "1.5", "", "many", "9" * 40])
def test_a_forged_quantity_puts_nothing_in_the_cart(town, quantity):
    guest = town.guest()
    page = f"/goods/{town.own.ids['product_slug']}"
    (form,) = [
        f for f in forms_of(guest.get(page).get_data(as_text=True), page) if "variant" in f.values
    ]
    assert send(guest, form, {"quantity": quantity}) in {409, 422}
    assert guest.get("/checkout").status_code == 302


def test_a_variant_of_other_goods_is_refused_on_a_page(town):
    guest = town.guest()
    page = f"/goods/{town.own.ids['product_slug']}"
    (form,) = [
        f for f in forms_of(guest.get(page).get_data(as_text=True), page) if "variant" in f.values
    ]
    with town.app.app_context():
        foreign = db.session.scalar(
            sa.text("SELECT public_id FROM variants WHERE id = :id"),
            {"id": town.other.goods.variant_id},
        )
        db.session.remove()
    for variant in (foreign, "var_NOBODY00", "", "1"):
        assert send(guest, form, {"variant": variant}) in {404, 409, 422}
    assert guest.get("/checkout").status_code == 302


def test_a_line_of_another_cart_cannot_be_changed(town):
    owner, stranger = town.guest(), town.guest()
    put_in_cart(town, owner)
    put_in_cart(town, stranger)
    lines = re.findall(r"/cart/lines/(\d+)", owner.get("/cart").get_data(as_text=True))
    before = checkout_of(owner).values["total_sent"]

    for data in ({"quantity": "9"}, {"remove": "1"}):
        stranger.post(f"/cart/lines/{lines[0]}", data)

    assert checkout_of(owner).values["total_sent"] == before


def test_an_order_is_shown_to_nobody_who_has_not_proved_it(town):
    guest = town.guest()
    number = town.own.ids["order"]
    page = guest.get(f"/orders/{number}").get_data(as_text=True)
    assert "女士" not in page
    assert guest.post(f"/orders/{number}/pay").status_code == 404
    part = town.own.ids["part"]
    assert guest.post(f"/orders/{number}/parts/{part}/received").status_code == 404
    guest.client.set_cookie("orders", "forged.AAAA.BBBB")
    assert "女士" not in guest.get(f"/orders/{number}").get_data(as_text=True)


@pytest.mark.parametrize("signature", [None, "", "t=1,v1=00", "t=1784779200,v1=" + "0" * 64])
def test_a_webhook_with_a_wrong_signature_changes_nothing(town, signature):
    headers = {} if signature is None else {"Stripe-Signature": signature}
    body = b'{"id":"evt_1","object":"event","type":"checkout.session.completed","data":{}}'

    answer = town.app.test_client().post("/hooks/stripe", data=body, headers=headers)

    assert answer.status_code == 400
    with town.app.app_context():
        assert db.session.scalar(sa.text("SELECT COUNT(*) FROM provider_events")) == 0
        db.session.remove()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_house(town, wanted):
    with town.app.app_context():
        login = accounts_known.user_by_id(town.staff["cashier"].user_id).login
        db.session.remove()
    guest = town.guest()

    answer = guest.post("/sign-in", {"login": login, "password": PASSWORD, "next": wanted})

    assert answer.status_code in {302, 303}
    assert answer.headers["Location"] in {"/desk", "/counter", "/"}


def test_signing_in_leads_back_to_where_one_was(town):
    with town.app.app_context():
        login = accounts_known.user_by_id(town.staff["cashier"].user_id).login
        db.session.remove()
    answer = town.guest().post(
        "/sign-in", {"login": login, "password": PASSWORD, "next": "/counter"}
    )
    assert answer.headers["Location"] == "/counter"
