from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import VISITOR
from shop.notifications import post
from shop.orders import cart_queries, carts
from shop.orders import queries as orders_known
from shop.web.proofs import _signer
from tests.builders.accounts import an_actor
from tests.builders.messages import Wayward, senders
from tests.builders.orders import MS_LIU, a_bank, an_order, some_goods
from tests.web.account.entering import PHONE, ask, enter, words
from tests.web.conftest import Visitor


def test_a_buyer_signs_in_with_six_digits_and_finds_her_account(visitor, clock):
    landed = enter(visitor)

    assert landed.location == "/account"
    page = words(visitor.open("/account?lang=en"))
    assert PHONE in page
    assert "No orders yet" in page


def test_a_code_typed_wrongly_says_so_and_the_right_one_still_opens(visitor, clock):
    where, code = ask(visitor)

    wrong = visitor.send(where, {"code": f"{(int(code) + 1) % 10**6:06d}"}, status=422)

    assert 'class="order-code"' in words(wrong)
    assert visitor.send(where, {"code": f" {code[:3]} {code[3:]} "})


def test_two_tabs_with_two_codes_both_work(visitor, clock):
    first, code = ask(visitor)
    clock.on(minutes=2)
    ask(visitor)

    visitor.send(first, {"code": code})

    assert PHONE in words(visitor.open("/account"))


def test_the_code_page_of_one_browser_is_nowhere_in_another(fresh_app, visitor, clock):
    where, code = ask(visitor)
    stranger = Visitor(fresh_app)
    stranger.open(where, status=404)
    token = stranger.token("/sign-in")

    tried = stranger.client.post(where, data={"csrf_token": token, "code": code})

    assert tried.status_code == 404


def test_a_code_is_not_good_a_second_time(fresh_app, visitor, clock):
    where, code = ask(visitor)
    cookie = visitor.client.get_cookie("shop").value
    visitor.send(where, {"code": code})
    thief = Visitor(fresh_app)
    thief.client.set_cookie("shop", cookie)

    thief.send(where, {"code": code}, status=422)


def test_asking_again_at_once_is_refused_with_the_time_to_wait(visitor, clock):
    ask(visitor)

    again = visitor.send("/sign-in/code?lang=en", {"contact": PHONE}, via="/sign-in", status=429)

    assert "in 1 minutes" in words(again)


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", "/\\x"])
def test_after_signing_in_nobody_is_led_off_the_site(visitor, clock, wanted):
    where, code = ask(visitor, next=wanted)

    assert visitor.send(where, {"code": code, "next": wanted}).location == "/account"


def test_whoever_came_from_the_checkout_goes_back_there(visitor, clock):
    where, code = ask(visitor, next="/checkout")

    assert visitor.send(where, {"code": code, "next": "/checkout"}).location == ("/checkout")


def test_signing_in_leaves_nothing_of_the_session_before(visitor, clock):
    where, code = ask(visitor)
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
        before = session["csrf_token"]
    visitor.send(where, {"code": code})

    with visitor.client.session_transaction() as session:
        assert "planted" not in session
        assert "ticket" not in session
        assert session.get("csrf_token") != before


@pytest.mark.parametrize(("said", "is_kept"), [({}, False), ({"own_device": "y"}, True)])
def test_the_cookie_outlives_the_browser_only_on_a_device_of_her_own(visitor, clock, said, is_kept):
    landed = enter(visitor, **said)

    (cookie,) = [c for c in landed.headers.getlist("Set-Cookie") if c.startswith("shop=")]
    assert ("Expires" in cookie) is is_kept


def in_cart(visitor):
    return [
        (line.variant_id, line.quantity)
        for line in cart_queries.cart_lines(visitor.client.get_cookie("cart").value)
    ]


def test_the_cart_of_the_device_and_of_the_account_become_one(fresh_app, visitor, in_app, clock):
    sandals, pendant = in_app(lambda: (some_goods(), some_goods(title="挂件")))

    def fill(token, *wanted):
        token = carts.cart_for(token=token, now=clock.now)
        for goods, quantity in wanted:
            carts.put_goods(
                token=token, variant_id=goods.variant_id, quantity=quantity, now=clock.now
            )
        return token

    phone = Visitor(fresh_app)
    phone.client.set_cookie("cart", in_app(fill, None, (sandals, 3)))
    enter(phone)
    clock.on(minutes=2)
    visitor.client.set_cookie("cart", in_app(fill, None, (sandals, 2), (pendant, 1)))
    enter(visitor)

    both = [(sandals.variant_id, 3), (pendant.variant_id, 1)]
    assert in_app(in_cart, visitor) == both
    assert in_app(in_cart, phone) == both
    assert visitor.client.get_cookie("cart_count").value == "4"


def test_signing_out_leaves_the_next_person_at_the_device_no_cart(visitor, in_app, clock):
    goods = in_app(some_goods)

    def fill():
        token = carts.cart_for(token=None, now=clock.now)
        carts.put_goods(token=token, variant_id=goods.variant_id, quantity=2, now=clock.now)
        return token

    visitor.client.set_cookie("cart", in_app(fill))
    enter(visitor)
    visitor.send("/sign-out", via="/account")
    assert visitor.client.get_cookie("cart") is None
    clock.on(minutes=2)

    enter(visitor)

    assert in_app(in_cart, visitor) == [(goods.variant_id, 2)]


def test_signing_out_everywhere_closes_the_cart_on_every_device(fresh_app, visitor, in_app, clock):
    goods = in_app(some_goods)

    def fill():
        token = carts.cart_for(token=None, now=clock.now)
        carts.put_goods(token=token, variant_id=goods.variant_id, quantity=2, now=clock.now)
        return token

    lost = Visitor(fresh_app)
    lost.client.set_cookie("cart", in_app(fill))
    enter(lost)
    clock.on(minutes=2)
    enter(visitor)

    visitor.send("/account/sign-out-everywhere", via="/account")

    assert in_app(in_cart, lost) == []
    assert lost.open("/account/orders", status=302).location.startswith("/sign-in")


def test_a_lost_phone_is_signed_out_from_another(fresh_app, visitor, clock):
    lost = Visitor(fresh_app)
    enter(lost)
    clock.on(minutes=2)
    enter(visitor)
    device = re.search(r"/account/devices/(\d+)/sign-out", words(visitor.open("/account")))[0]

    visitor.send(device, via="/account", status=303)

    lost.open("/account/orders", status=302)
    visitor.open("/account/orders")


def a_placed_order(now, *, phone=PHONE, actor=None):
    with a_bank():
        return an_order(now=now, contact=replace(MS_LIU, phone=phone), actor=actor or VISITOR)


def test_an_order_from_before_comes_in_with_its_phone_and_code_and_no_other_way(
    visitor, in_app, clock
):
    placed = in_app(a_placed_order, clock.now, phone="13900002222")
    enter(visitor)
    visitor.open(f"/orders/{placed.number}")  # a stranger is asked for the proof
    wrong = {"phone": PHONE, "code": placed.code}
    visitor.send("/account/orders", wrong, status=422)
    assert placed.number not in words(visitor.open("/account/orders"))

    visitor.send("/account/orders", {"phone": "139 0000 2222", "code": placed.code}, status=303)

    assert placed.number in words(visitor.open("/account/orders"))
    assert "民生路 1 号" in words(visitor.open(f"/orders/{placed.number}"))


def test_an_order_is_in_one_account(fresh_app, visitor, in_app, clock):
    placed = in_app(a_placed_order, clock.now)
    proof = {"phone": PHONE, "code": placed.code}
    enter(visitor)
    visitor.send("/account/orders", proof, status=303)
    other = Visitor(fresh_app)
    enter(other, "13900002222")

    refused = other.send("/account/orders?lang=en", proof, status=422)

    assert "in another account" in words(refused)


def test_a_phone_number_alone_shows_no_order(visitor, in_app, clock):
    # Numbers are given to other people after a while, and presents are sent to one's own.
    placed = in_app(a_placed_order, clock.now)

    enter(visitor)

    assert placed.number not in words(visitor.open("/account/orders"))


def remembered(app, codes):
    with app.test_request_context():
        return _signer().dumps(codes)


def test_what_this_device_ordered_under_her_number_comes_along_when_she_signs_in(
    fresh_app, visitor, in_app, clock
):
    own = in_app(a_placed_order, clock.now)
    neighbours = in_app(a_placed_order, clock.now, phone="13900002222")
    kept = {own.number: own.code, neighbours.number: neighbours.code}
    visitor.client.set_cookie("orders", remembered(fresh_app, kept))

    enter(visitor)

    page = words(visitor.open("/account/orders"))
    assert own.number in page
    assert neighbours.number not in page
    visitor.send("/sign-out", via="/account")
    # Her own needs her sign-in from now on; what was the neighbour's stays as it was.
    assert "刘女士" not in words(visitor.open(f"/orders/{own.number}"))
    assert "刘女士" in words(visitor.open(f"/orders/{neighbours.number}"))


def test_an_order_placed_while_signed_in_is_in_the_account_at_once(visitor, in_app, clock):
    worker = in_app(an_actor, Role.SOCIAL_WORKER)
    placed = in_app(a_placed_order, clock.now, actor=worker)

    numbers = in_app(lambda: [one.number for one in orders_known.orders_of_account(worker.user_id)])

    assert numbers == [placed.number]


def test_a_house_without_a_way_to_send_offers_no_code(visitor, clock):
    with senders():
        assert "/sign-in/code" not in words(visitor.open("/sign-in"))
        visitor.send("/sign-in/code", {"contact": PHONE}, via="/sign-in", status=404)


def test_where_messages_really_leave_no_page_shows_a_code(visitor, in_app, clock):
    phone = Wayward()
    with senders(sms=phone):
        landed = visitor.send("/sign-in/code", {"contact": PHONE}, via="/sign-in", status=303)
        page = words(visitor.open(landed.location))
        in_app(post.send_due, now=clock.now)

    (parcel,) = phone.took
    code = parcel.letter.parts["code"]
    assert (parcel.to, len(code)) == (PHONE, 6)
    assert code not in page
    with visitor.client.session_transaction() as session:
        assert code not in str(dict(session))
    assert visitor.send(landed.location, {"code": code}).location == "/account"
