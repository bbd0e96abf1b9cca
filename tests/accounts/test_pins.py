from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shop.accounts import pins, queries
from shop.accounts import services as accounts
from shop.accounts.events import PasswordChanged, UserCreated
from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from tests.builders.accounts import (
    PIN,
    a_cashier,
    a_maker,
    a_social_worker,
    an_inspector,
)
from tests.builders.stations import CIZHU, a_member, a_room

PHONE = "13983720001"
NEW = "739205"


def ask(maker, now, actor=None):
    return pins.ask(
        member_id=maker.member_id, reason="忘了", actor=actor or a_social_worker(), now=now
    )


def witness(name, now, actor=None, pin=NEW, again=None):
    pins.witness(name=name, pin=pin, again=again or pin, actor=actor or an_inspector(), now=now)


def sign_in(pin, now):
    return accounts.sign_in(login=PHONE, password=pin, device="", now=now)


def test_two_colleagues_give_a_maker_a_new_pin_and_both_stand_in_her_history(app, noon):
    maker = a_maker(phone=PHONE)
    before = sign_in(PIN, noon)
    helper, other = a_social_worker(), an_inspector()
    name = ask(maker, noon, helper)
    assert queries.actor_for_token(before.token, noon) is not None

    witness(name, noon, other)

    assert queries.actor_for_token(before.token, noon) is None
    with pytest.raises(accounts.WrongSignIn):
        sign_in(PIN, noon)
    assert sign_in(NEW, noon).user_id == maker.user_id
    told = events.history(f"member:{maker.member_id}")[1:]
    assert [(one.kind, one.actor_id) for one in told] == [
        ("PinResetAsked", helper.user_id),
        ("PinGivenAnew", other.user_id),
    ]
    assert told[1].facts["asked_by_id"] == helper.user_id


@pytest.mark.parametrize("has_account", [True, False])
def test_a_pin_that_is_not_kept_is_not_said_to_be_given(app, noon, monkeypatch, has_account):
    maker = a_maker(phone=PHONE) if has_account else None
    member = maker.member_id if maker else a_member(phone=PHONE)
    name = pins.ask(member_id=member, reason="忘了", actor=a_social_worker(), now=noon)

    record = events.record

    def die(what, **more):
        if isinstance(what, PasswordChanged | UserCreated):
            raise KeyboardInterrupt  # the process ends before the new PIN is kept
        return record(what, **more)

    monkeypatch.setattr(events, "record", die)
    with pytest.raises(KeyboardInterrupt):
        witness(name, noon)
    monkeypatch.undo()
    db.session.rollback()

    assert pins.last_given(member) is None
    witness(name, noon)  # it still stands, and works
    assert pins.last_given(member) is not None
    assert sign_in(NEW, noon).token


def test_a_new_pin_ends_the_lock(app, noon):
    maker = a_maker(phone=PHONE)
    for _ in range(5):
        with pytest.raises(accounts.WrongSignIn):
            sign_in("000000", noon)
    with pytest.raises(accounts.Locked):
        sign_in(PIN, noon)

    witness(ask(maker, noon), noon)

    assert sign_in(NEW, noon).user_id == maker.user_id


def test_who_never_had_a_pin_signs_in_with_her_number_from_then_on(app, noon):
    member_id = a_member(phone=PHONE)
    name = pins.ask(member_id=member_id, reason="新手机", actor=a_social_worker(), now=noon)

    witness(name, noon)

    opened = sign_in(NEW, noon)
    assert queries.user_by_id(opened.user_id).member_id == member_id


def test_who_has_neither_number_nor_account_has_no_pin(app, noon):
    with pytest.raises(pins.NoNumber):
        pins.ask(member_id=a_member(phone=None), reason="", actor=a_social_worker(), now=noon)


def test_one_colleague_alone_gives_no_pin(app, noon):
    helper = a_social_worker()
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon, helper)

    with pytest.raises(pins.SecondColleague):
        witness(name, noon, helper)

    assert sign_in(PIN, noon)


def test_a_maker_is_no_witness_of_her_own(app, noon):
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon)

    with pytest.raises(pins.SecondColleague):
        witness(name, noon, replace(an_inspector(), member_id=maker.member_id))


def test_two_colleagues_never_get_into_the_account_of_a_third(app, noon):
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon)
    accounts.grant(
        user_id=maker.user_id, role=Role.CASHIER, station_id=a_room(), actor=SYSTEM, now=noon
    )

    with pytest.raises(pins.AlsoStaff):
        witness(name, noon)
    pins.drop(name=name, actor=an_inspector(), now=noon)
    with pytest.raises(pins.AlsoStaff):
        ask(maker, noon)

    assert sign_in(PIN, noon)


@pytest.mark.parametrize(
    ("colleague", "refusal"),
    [
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="another village"),
        pytest.param(a_maker, OutOfReach, id="another maker"),
    ],
)
def test_only_colleagues_of_her_place_ask_and_are_witness(app, noon, colleague, refusal):
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon)

    with pytest.raises(refusal):
        witness(name, noon, colleague())
    with pytest.raises(refusal):
        pins.drop(name=name, actor=colleague(), now=noon)
    with pytest.raises(refusal):
        ask(a_maker(), noon, colleague())


def test_who_keeps_no_list_of_members_asks_for_no_pin_but_can_be_witness(app, noon):
    maker = a_maker(phone=PHONE)
    with pytest.raises(Forbidden):
        ask(maker, noon, a_cashier())

    witness(ask(maker, noon), noon, a_cashier())

    assert sign_in(NEW, noon)


@pytest.mark.parametrize(
    ("typed", "again", "refusal"),
    [
        ("123456", "123456", accounts.WeakPin),
        ("372000", "372000", accounts.WeakPin),
        ("a long password", "a long password", accounts.WeakPin),
        (NEW, "739206", pins.PinsDiffer),
    ],
)
def test_a_pin_that_does_not_serve_is_refused_and_the_witness_may_try_again(
    app, noon, typed, again, refusal
):
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon)

    with pytest.raises(refusal):
        witness(name, noon, pin=typed, again=again)
    witness(name, noon)

    assert sign_in(NEW, noon)


def test_it_stands_for_an_hour_works_once_and_can_be_dropped(app, noon):
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon)
    with pytest.raises(pins.PinResetUnderWay):
        ask(maker, noon)
    with pytest.raises(NotFound):
        witness(name, noon + timedelta(hours=1))

    witness(name, noon)
    with pytest.raises(NotFound):
        witness(name, noon)

    dropped = ask(maker, noon)
    pins.drop(name=dropped, actor=an_inspector(), now=noon)
    with pytest.raises(NotFound):
        witness(dropped, noon)
    assert pins.open_resets(a_social_worker(), now=noon) == []


def test_the_list_of_what_waits_is_of_one_s_own_place(app, noon):
    maker = a_maker(phone=PHONE)
    name = ask(maker, noon)

    (waiting,) = pins.open_resets(an_inspector(), now=noon)

    assert (waiting.public_id, waiting.member_id) == (name, maker.member_id)
    assert pins.open_resets(a_social_worker(at=a_room(CIZHU)), now=noon) == []
