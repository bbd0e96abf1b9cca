from __future__ import annotations

from dataclasses import replace

import pytest

from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.app import create_app
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.web.limits import limiter
from tests.builders.accounts import PASSWORD, PIN, a_maker, a_user
from tests.builders.stations import BEGINNING, a_member, a_room, a_town


def words(response):
    return response.get_data(as_text=True)


def sign_in(visitor, login, password=PASSWORD, **kwargs):
    return visitor.send("/sign-in", {"login": login, "password": password}, **kwargs)


def test_a_name_is_understood_in_any_case_and_with_blanks(visitor, in_app, clock):
    in_app(lambda: a_user(login="zhoumin"))

    landed = sign_in(visitor, " ZhouMin ")

    assert landed.location == "/account"  # she has no role yet, so there is no desk for her
    assert "zhoumin" in words(visitor.open("/account?lang=en"))


@pytest.mark.parametrize(
    ("role", "address"),
    [
        pytest.param(Role.SOCIAL_WORKER, "/desk", id="staff to the desk"),
        pytest.param(Role.TOWN_SUPERVISOR, "/oversight", id="supervisors to the overview"),
    ],
)
def test_after_signing_in_everybody_lands_where_her_day_begins(
    visitor, in_app, clock, role, address
):
    def prepare():
        accounts.grant(
            user_id=a_user(login="somebody"),
            role=role,
            station_id=a_room() if role is Role.SOCIAL_WORKER else a_town(),
            actor=SYSTEM,
            now=BEGINNING,
        )

    in_app(prepare)

    assert sign_in(visitor, "somebody").location == address


def test_a_maker_signs_in_with_phone_and_pin_typed_any_way(visitor, in_app, clock):
    in_app(lambda: a_maker(phone="13983720001"))

    landed = sign_in(visitor, "+86 139-8372-0001", PIN)

    assert landed.location == "/member"


def test_a_wrong_password_keeps_the_name_and_says_not_which_was_wrong(visitor, in_app, clock):
    in_app(lambda: a_user(login="zhoumin"))

    known = sign_in(visitor, "zhoumin", "not this one", via="/sign-in?lang=en", status=422)
    unknown = sign_in(visitor, "nobody", "not this one", status=422)

    assert 'value="zhoumin"' in words(known)
    sentence = "do not belong together"
    assert sentence in words(known)
    assert sentence in words(unknown)
    assert "not this one" not in words(known)


def test_five_wrong_tries_rest_the_account_and_even_the_right_password_waits(
    visitor, in_app, clock
):
    in_app(lambda: a_user(login="a-victim"))
    for _ in range(5):
        sign_in(visitor, "a-victim", "wrong guess", status=422)

    refused = sign_in(visitor, "a-victim", via="/sign-in?lang=en", status=429)

    assert "15 minutes" in words(refused)
    clock.on(minutes=15)
    assert sign_in(visitor, "a-victim").location == "/account"


@pytest.fixture
def guarded_app(fresh_app):
    """The same database behind a door that counts: the tests' own application does not."""
    settings = replace(fresh_app.config["SHOP"], mode="development")
    settings = replace(settings, database_url=fresh_app.config["SQLALCHEMY_DATABASE_URI"])
    app = create_app(settings)
    assert limiter.enabled
    yield app
    limiter.reset()
    limiter.enabled = False
    with app.app_context():
        db.engine.dispose()


def test_the_sixth_wrong_try_within_a_quarter_hour_is_turned_away_at_the_door(
    visitor, in_app, guarded_app
):
    in_app(lambda: a_user(login="another-victim"))
    guarded = type(visitor)(guarded_app)
    for _ in range(5):
        sign_in(guarded, "nobody-here", "wrong guess", status=422)

    sign_in(guarded, "Nobody-Here", "wrong guess", status=429)

    assert sign_in(guarded, "another-victim").location == "/account"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: x=1",
    ],
)
def test_the_way_after_signing_in_never_leads_off_the_site(visitor, in_app, clock, elsewhere):
    in_app(lambda: a_user(login="zhoumin"))

    landed = visitor.send("/sign-in", {"login": "zhoumin", "password": PASSWORD, "next": elsewhere})

    assert landed.location == "/account"


def test_a_page_of_ours_is_opened_after_signing_in(visitor, in_app, clock):
    in_app(lambda: a_user(login="zhoumin"))

    landed = visitor.send(
        "/sign-in",
        {"login": "zhoumin", "password": PASSWORD, "next": "/account?lang=en"},
        via="/sign-in?next=/account%3Flang%3Den",
    )

    assert landed.location == "/account?lang=en"


def test_signing_out_kills_the_cookie_that_a_thief_kept(visitor, in_app, clock, fresh_app):
    in_app(lambda: a_user(login="zhoumin"))
    sign_in(visitor, "zhoumin")
    kept = visitor.client.get_cookie("shop").value

    visitor.send("/sign-out", via="/account")

    thief = fresh_app.test_client()
    thief.set_cookie("shop", kept)
    assert "zhoumin" not in words(thief.get("/account"))


def test_signing_out_everywhere_ends_the_other_device_too(visitor, in_app, clock, fresh_app):
    in_app(lambda: a_user(login="zhoumin"))
    other = type(visitor)(fresh_app)
    sign_in(other, "zhoumin")
    sign_in(visitor, "zhoumin")
    assert words(visitor.open("/account?lang=en")).count("since ") == 2

    visitor.send("/account/sign-out-everywhere", via="/account")

    assert "zhoumin" not in words(other.open("/account"))
    assert "zhoumin" not in words(visitor.open("/account"))


def test_a_new_password_signs_every_device_out_and_the_old_one_is_dead(
    visitor, in_app, clock, fresh_app
):
    in_app(lambda: a_user(login="zhoumin"))
    other = type(visitor)(fresh_app)
    sign_in(other, "zhoumin")
    sign_in(visitor, "zhoumin")
    new = "three words together"

    visitor.send("/account/password", {"old": PASSWORD, "new": new, "again": new}, via="/account")

    assert "zhoumin" not in words(other.open("/account"))
    sign_in(visitor, "zhoumin", PASSWORD, status=422)
    assert sign_in(visitor, "zhoumin", new).location == "/account"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param(("wrong", "a long new one", "a long new one"), "not your present", id="wrong"),
        pytest.param((PASSWORD, "short", "short"), "10 to 200", id="too short"),
        pytest.param((PASSWORD, "a long new one", "another new one"), "differ", id="typed twice"),
    ],
)
def test_a_password_change_that_is_not_right_changes_nothing(visitor, in_app, clock, typed, says):
    in_app(lambda: a_user(login="zhoumin"))
    sign_in(visitor, "zhoumin")
    old, new, again = typed

    refused = visitor.send(
        "/account/password",
        {"old": old, "new": new, "again": again},
        via="/account?lang=en",
        status=422,
    )

    assert says in words(refused)
    visitor.send("/sign-out", via="/account")
    assert sign_in(visitor, "zhoumin").location == "/account"


def test_a_role_taken_back_is_gone_at_the_next_request(visitor, in_app, clock):
    def with_role():
        user = a_user(login="zhoumin")
        return accounts.grant(
            user_id=user,
            role=Role.SOCIAL_WORKER,
            station_id=a_room(),
            actor=SYSTEM,
            now=BEGINNING,
        )

    grant = in_app(with_role)
    sign_in(visitor, "zhoumin")
    assert "Social worker" in words(visitor.open("/account?lang=en"))

    in_app(accounts.end_grant, grant_id=grant, actor=SYSTEM, now=clock.now)

    assert "No role yet" in words(visitor.open("/account"))


def test_a_working_day_later_the_sign_in_is_over(visitor, in_app, clock):
    in_app(lambda: a_user(login="zhoumin"))
    sign_in(visitor, "zhoumin")

    clock.on(hours=12)

    assert "zhoumin" not in words(visitor.open("/account"))


def test_the_language_a_person_chose_stays_on_the_page(visitor, in_app, clock):
    in_app(lambda: a_user(login="zhoumin"))
    sign_in(visitor, "zhoumin")

    visitor.send("/account/language", {"language": "en"}, via="/account")

    assert '<html lang="en"' in words(visitor.open("/account"))


def test_a_buyer_without_account_is_led_to_her_order(visitor):
    visitor.open("/account")

    assert visitor.client.get("/account?number=260720-7k3m9").location == "/orders/260720-7K3M9"
    assert visitor.client.get("/account?number=//evil.example").status_code == 422


def test_a_visitor_asked_for_a_sign_in_comes_back_to_where_she_was(visitor, in_app, clock):
    in_app(lambda: a_maker(member_id=a_member(), phone="13983720001"))

    asked = visitor.client.get("/member")

    assert asked.location.endswith("/sign-in?next=/member")
    page = visitor.open(asked.location)
    assert 'value="/member"' in words(page)
