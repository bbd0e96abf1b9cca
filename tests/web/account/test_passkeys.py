from __future__ import annotations

import json

import pytest

from shop.accounts import passkeys, queries
from shop.accounts.rules import Role
from tests.builders.accounts import PASSWORD, a_maker, an_actor
from tests.builders.passkeys import PRESENT, Device
from tests.web.account.entering import PHONE, enter, words
from tests.web.account.test_own import confirm, me
from tests.web.conftest import Visitor

WAYS = "/account/sign-in"


def options(visitor, path, via, status=200):
    token = visitor.token(via)
    answer = visitor.client.post(path, headers={"X-CSRFToken": token, "Origin": "http://localhost"})
    assert answer.status_code == status, answer.get_data(as_text=True)[:300]
    return json.loads(answer.data) if status == 200 else {}


def make(visitor, device, status=303):
    asked = options(visitor, "/account/passkeys/options", WAYS)
    data = {"answer": device.make(asked)}
    return visitor.send("/account/passkeys", data, via=WAYS, status=status)


def show(visitor, device, status=302, asked=None, **more):
    asked = asked or options(visitor, "/sign-in/passkey/options", "/sign-in")
    data = {"answer": device.show(asked), **more}
    return visitor.send("/sign-in/passkey", data, via="/sign-in", status=status)


@pytest.fixture
def phone(visitor, clock):
    """The device of a buyer who has an account and a passkey on it."""
    device = Device()
    enter(visitor)
    make(visitor, device)
    return device


def test_a_passkey_signs_a_buyer_in_without_anything_typed(fresh_app, phone):
    other = Visitor(fresh_app)

    assert show(other, phone, next="/checkout").location == "/checkout"

    assert PHONE in words(other.open("/account"))


def test_where_a_passkey_leads_is_never_off_the_site(fresh_app, phone):
    assert show(Visitor(fresh_app), phone, next="//elsewhere.example").location == "/account"


@pytest.mark.parametrize(
    ("lie", "value"),
    [
        pytest.param("origin", "https://dengliang.example", id="a page of another name"),
        pytest.param("origin", "http://localhost.elsewhere.example", id="a longer name"),
        pytest.param("host", "elsewhere.example", id="a key for another house"),
        pytest.param("flags", PRESENT, id="nobody showed finger, face or number"),
        pytest.param("count", -1, id="a copy whose counter is behind"),
    ],
)
def test_what_a_device_says_wrongly_signs_nobody_in(fresh_app, phone, lie, value):
    show(Visitor(fresh_app), phone)
    setattr(phone, lie, value if lie != "count" else 0)
    other = Visitor(fresh_app)

    show(other, phone, status=422)

    other.open("/account/orders", status=302)


def test_a_key_of_the_same_name_but_another_secret_signs_nobody_in(fresh_app, phone):
    forger = Device(credential=phone.credential, count=50)

    show(Visitor(fresh_app), forger, status=422)


def test_an_answer_is_good_once(fresh_app, phone):
    other = Visitor(fresh_app)
    asked = options(other, "/sign-in/passkey/options", "/sign-in")
    cookie = other.client.get_cookie("shop").value
    answer = phone.show(asked)
    other.send("/sign-in/passkey", {"answer": answer}, via="/sign-in")
    thief = Visitor(fresh_app)
    thief.client.set_cookie("shop", cookie)

    thief.send("/sign-in/passkey", {"answer": answer}, via="/sign-in", status=422)


def test_an_answer_to_another_browsers_question_proves_nothing(fresh_app, phone):
    asked = options(Visitor(fresh_app), "/sign-in/passkey/options", "/sign-in")

    show(Visitor(fresh_app), phone, status=422, asked=asked)


def test_a_question_is_too_old_after_five_minutes(fresh_app, phone, clock):
    other = Visitor(fresh_app)
    asked = options(other, "/sign-in/passkey/options", "/sign-in")
    clock.on(minutes=5)

    show(other, phone, status=422, asked=asked)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "nonsense", '{"id": 7}', "{" * 30_000])
def test_nonsense_is_refused(fresh_app, phone, answer):
    other = Visitor(fresh_app)
    options(other, "/sign-in/passkey/options", "/sign-in")

    other.send("/sign-in/passkey", {"answer": answer}, via="/sign-in", status=422)


def test_making_one_asks_again_who_she_is(visitor, clock):
    enter(visitor)
    clock.on(minutes=16)

    options(visitor, "/account/passkeys/options", WAYS, status=401)


def test_a_passkey_answers_who_is_here(visitor, phone, clock):
    clock.on(minutes=16)
    visitor.open("/account/closing", status=303)
    asked = options(visitor, "/sign-in/passkey/options", "/account/confirm")
    data = {"answer": phone.show(asked), "next": "/account/closing"}

    visitor.send("/account/confirm/passkey", data, via="/account/confirm", status=303)

    visitor.open("/account/closing")


def test_the_passkey_of_somebody_else_does_not_answer_for_her(fresh_app, phone, clock):
    other = Visitor(fresh_app)
    enter(other, "13900002222")
    clock.on(minutes=16)
    asked = options(other, "/sign-in/passkey/options", "/account/confirm")

    data = {"answer": phone.show(asked)}
    other.send("/account/confirm/passkey", data, via="/account/confirm", status=422)

    other.open("/account/closing", status=303)


def test_a_removed_passkey_opens_nothing_and_nobody_removes_another_ones(
    fresh_app, visitor, in_app, phone
):
    (kept,) = in_app(lambda: passkeys.passkeys_of(me()))
    removal = f"/account/passkeys/{kept.public_id}/removal"
    other = Visitor(fresh_app)
    enter(other, "13900002222")
    other.send(removal, via="/account", status=404)
    show(Visitor(fresh_app), phone)

    visitor.send(removal, via=WAYS, status=303)

    show(Visitor(fresh_app), phone, status=422)


def test_staff_may_have_passkeys_and_makers_keep_to_number_and_pin(fresh_app, in_app, clock):
    def login(actor):
        return queries.user_by_id(actor.user_id).login

    worker, maker = in_app(an_actor, Role.SOCIAL_WORKER), in_app(a_maker)
    names = [in_app(login, one) for one in (worker, maker)]
    at_desk, at_home = Visitor(fresh_app), Visitor(fresh_app)
    at_desk.send("/sign-in", {"login": names[0], "password": PASSWORD})
    at_home.send("/sign-in", {"login": names[1], "password": "583920"})

    make(at_desk, Device())
    at_home.open(WAYS, status=404)


def test_a_password_is_a_second_way_for_who_wants_it(fresh_app, visitor, clock):
    enter(visitor)
    page = "/account/own-password"
    visitor.send(page, {"new": "short", "again": "short"}, via=WAYS, status=422)
    visitor.send(page, {"new": PASSWORD, "again": PASSWORD}, via=WAYS, status=303)
    other = Visitor(fresh_app)

    landed = other.send("/sign-in", {"login": "138 0000 1111", "password": PASSWORD})
    assert landed.location == "/account"

    clock.on(minutes=16)
    assert visitor.send(page, {"remove": "1"}, via=WAYS, status=303).location != WAYS
    confirm(visitor, WAYS)
    visitor.send(page, {"remove": "1"}, via=WAYS, status=303)
    third = Visitor(fresh_app)
    third.send("/sign-in", {"login": PHONE, "password": PASSWORD}, status=422)


def test_a_new_password_signs_the_other_devices_out_and_keeps_this_one(fresh_app, visitor, clock):
    lost = Visitor(fresh_app)
    enter(lost)
    clock.on(minutes=2)
    enter(visitor)

    wanted = {"new": PASSWORD, "again": PASSWORD}
    visitor.send("/account/own-password", wanted, via=WAYS, status=303)

    lost.open("/account/orders", status=302)
    visitor.open("/account/orders")


def test_a_maker_and_a_buyer_with_one_number_each_sign_in_as_themselves(
    fresh_app, visitor, in_app, clock
):
    in_app(a_maker, phone=PHONE)
    enter(visitor)
    wanted = {"new": PASSWORD, "again": PASSWORD}
    visitor.send("/account/own-password", wanted, via=WAYS, status=303)
    as_maker, as_buyer = Visitor(fresh_app), Visitor(fresh_app)

    assert as_maker.send("/sign-in", {"login": PHONE, "password": "583920"}).location == "/member"
    assert as_buyer.send("/sign-in", {"login": PHONE, "password": PASSWORD}).location == "/account"
    Visitor(fresh_app).send("/sign-in", {"login": PHONE, "password": ""}, status=422)
