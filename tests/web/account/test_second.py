from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from shop.accounts import factors, queries
from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM
from tests.builders.accounts import PASSWORD, a_user, an_actor
from tests.builders.passkeys import Device
from tests.builders.stations import BEGINNING, a_room
from tests.web.account.entering import words
from tests.web.account.test_passkeys import make, options
from tests.web.conftest import Visitor


@pytest.fixture
def worker(in_app, clock):
    def prepare():
        user_id = a_user(login="zhoumin")
        accounts.grant(
            user_id=user_id,
            role=Role.SOCIAL_WORKER,
            station_id=a_room(),
            actor=SYSTEM,
            now=BEGINNING,
        )
        return user_id

    return in_app(prepare)


@pytest.fixture
def required():
    accounts.install_policy(is_required=True)
    yield
    accounts.install_policy(is_required=False)


def password(visitor, **more):
    return visitor.send("/sign-in", {"login": "zhoumin", "password": PASSWORD, **more})


def secret_on(page):
    return re.search(r'account-secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def test_the_first_sign_in_sets_the_second_step_up_and_shows_paper_codes_once(
    fresh_app, visitor, worker, clock, required
):
    landed = password(visitor, next="/desk/hand-ins")
    visitor.open("/desk", status=302)
    page = words(visitor.open(landed.location))
    assert "<svg" in page
    telephone = pyotp.TOTP(secret_on(page))
    visitor.send(landed.location, {"number": "000000"}, status=422)
    assert secret_on(words(visitor.open(landed.location))) == telephone.secret  # in another tab

    data = {"number": telephone.at(clock.now), "next": "/desk/hand-ins"}
    shown = words(visitor.send(landed.location, data, status=200))

    codes = re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", shown)
    assert len(set(codes)) == 10
    assert 'href="/desk/hand-ins"' in shown
    visitor.open("/desk/hand-ins")
    other = Visitor(fresh_app)
    landed = password(other)
    other.send(landed.location, {"number": codes[3]})
    other.open("/desk")


def test_who_has_set_it_up_is_asked_also_where_nobody_has_to(fresh_app, visitor, worker, clock):
    password(visitor)
    page = words(visitor.open("/account/second-factor"))
    telephone = pyotp.TOTP(secret_on(page))
    visitor.send("/account/second-factor", {"number": telephone.at(clock.now)}, status=200)
    other = Visitor(fresh_app)

    landed = password(other)

    assert landed.location.startswith("/sign-in/second")
    assert other.open("/desk", status=302).location.startswith("/sign-in")
    spent = {"number": telephone.at(clock.now)}
    other.send(landed.location, spent, status=422)
    clock.on(seconds=30)
    assert other.send(landed.location, {"number": telephone.at(clock.now)}).location == "/desk"


def test_without_a_password_before_it_there_is_no_second_step(visitor, worker, clock):
    assert visitor.open("/sign-in/second", status=302).location == "/sign-in"
    visitor.send("/sign-in/second", {"number": "123456"}, via="/sign-in")
    visitor.send("/sign-in/second/passkey", {"answer": "{}"}, via="/sign-in")


def test_a_passkey_is_a_second_step_and_alone_is_both(fresh_app, visitor, worker, clock, required):
    accounts.install_policy(is_required=False)
    password(visitor)
    device = Device()
    make(visitor, device)
    accounts.install_policy(is_required=True)
    second, alone = Visitor(fresh_app), Visitor(fresh_app)
    landed = password(second)
    asked = options(second, "/sign-in/passkey/options", landed.location)
    answer = {"answer": device.show(asked)}

    assert second.send("/sign-in/second/passkey", answer, via=landed.location).location == "/desk"

    asked = options(alone, "/sign-in/passkey/options", "/sign-in")
    answer = {"answer": device.show(asked)}
    assert alone.send("/sign-in/passkey", answer, via="/sign-in").location == "/desk"


def test_changing_the_second_step_asks_again_who_she_is(visitor, worker, clock):
    password(visitor)
    clock.on(minutes=16)

    led = visitor.open("/account/second-factor", status=303)
    assert led.location.startswith("/account/confirm")
    led = visitor.send("/account/recovery-codes", via="/account/sign-in", status=303)
    assert led.location.startswith("/account/confirm")
    visitor.send(
        "/account/confirm",
        {"password": PASSWORD, "next": "/account/second-factor"},
        status=303,
    )
    visitor.open("/account/second-factor")


def test_new_paper_codes_make_the_old_ones_worthless(fresh_app, visitor, worker, clock):
    password(visitor)
    telephone = pyotp.TOTP(secret_on(words(visitor.open("/account/second-factor"))))
    number = {"number": telephone.at(clock.now)}
    old = re.findall(
        r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>",
        words(visitor.send("/account/second-factor", number, status=200)),
    )
    visitor.send("/account/recovery-codes", via="/account/sign-in", status=200)
    other = Visitor(fresh_app)

    landed = password(other)

    other.send(landed.location, {"number": old[0]}, status=422)


def a_colleague(fresh_app, in_app, role):
    actor = in_app(an_actor, role)
    visitor = Visitor(fresh_app)
    login = in_app(lambda: queries.user_by_id(actor.user_id).login)
    visitor.send("/sign-in", {"login": login, "password": PASSWORD})
    return visitor


def test_two_colleagues_help_who_lost_her_telephone(fresh_app, visitor, in_app, worker, clock):
    def lost():
        secret = factors.secret_to_set_up(user_id=worker, now=clock.now)
        number = pyotp.TOTP(secret).at(clock.now)
        factors.set_up(user_id=worker, number=number, now=clock.now)
        return queries.user_by_id(worker).public_id

    name = in_app(lost)
    first = a_colleague(fresh_app, in_app, Role.BOOKKEEPER)
    second = a_colleague(fresh_app, in_app, Role.SOCIAL_WORKER)
    page = "/desk/colleagues"
    first.send(f"{page}/{name}/factor-reset", {"reason": ""}, via=page, status=422)
    first.send(f"{page}/{name}/factor-reset", {"reason": "掉河里了"}, via=page, status=303)
    shown = words(first.open(page))
    assert "掉河里了" in shown
    assert "/confirmation" not in shown
    confirm = re.search(r"/desk/factor-resets/\w+/confirmation", words(second.open(page)))[0]
    first.send(confirm, via=page, status=409)

    second.send(confirm, via=page, status=303)

    assert password(visitor).location == "/desk"


def test_the_house_asks_staff_in_production_and_where_it_is_told_to(fresh_app):
    here = fresh_app.config["SHOP"]
    assert not here.needs_second_factor
    assert replace(here, second_factor=True).needs_second_factor
    assert replace(here, mode="production").needs_second_factor


def test_a_waiting_sign_in_is_over_after_ten_minutes(visitor, worker, clock, required):
    landed = password(visitor)
    clock.now += timedelta(minutes=10)

    assert visitor.open(landed.location, status=302).location == "/sign-in"
