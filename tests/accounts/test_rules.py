from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shop.accounts import rules
from shop.accounts.rules import PERMISSIONS, Role
from shop.kernel.access import Permission

NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
READING = {Permission.SEE_OVERSIGHT, Permission.SEE_PERSON}
CURATING = {Permission.CURATE}
# The town's own writing: its answers, the parcels that are gathered there, and large pay runs.
OF_THE_TOWN = {Permission.DECIDE_OBJECTIONS, Permission.DISPATCH, Permission.CONFIRM_PAY}


def test_every_role_has_its_permissions():
    assert set(PERMISSIONS) == set(Role)


@pytest.mark.parametrize("role", [Role.TOWN_SUPERVISOR, Role.COUNTY_OFFICER])
def test_supervisors_read_and_curate_and_the_town_answers_dispatches_and_confirms(role):
    own = OF_THE_TOWN if role is Role.TOWN_SUPERVISOR else set()

    assert PERMISSIONS[role] <= READING | CURATING | OF_THE_TOWN
    assert OF_THE_TOWN & PERMISSIONS[role] == own


def test_whoever_touches_money_or_peoples_data_needs_more_than_a_password():
    light = {Role.MAKER, Role.WORKSHOP_LEAD, Role.INSPECTOR, Role.INSTRUCTOR}

    assert {role for role in Role if not rules.needs_second(role)} == light


def test_the_lead_and_the_inspector_see_no_pay():
    seeing = {Permission.SEE_EARNINGS, Permission.PREPARE_PAY, Permission.PAY_OUT}

    assert not PERMISSIONS[Role.WORKSHOP_LEAD] & seeing
    assert not PERMISSIONS[Role.INSPECTOR] & seeing


def test_nobody_but_the_operator_can_bring_pay_from_draft_to_cash_alone():
    whole_way = {Permission.PREPARE_PAY, Permission.APPROVE_PAY, Permission.PAY_OUT}

    assert [role for role in Role if whole_way <= PERMISSIONS[role]] == [Role.OPERATOR]


def test_a_maker_s_own_place_is_no_place_of_the_tree():
    reach = rules.maker_reach(12)

    assert not reach.path.startswith("/")
    assert not rules.own_place(123).startswith(reach.path)
    assert reach.permissions == {Permission.SEE_OWN_EARNINGS}


@pytest.mark.parametrize(
    ("tries", "minutes"),
    [(1, None), (4, None), (5, 15), (6, 30), (7, 60), (11, 960), (12, 1440), (500, 1440)],
)
def test_each_failure_after_the_fourth_doubles_the_rest(tries, minutes):
    until = None if minutes is None else NOW + timedelta(minutes=minutes)

    assert rules.lock_after(tries, now=NOW) == until


@pytest.mark.parametrize(
    ("pin", "weak"),
    [
        ("111111", True),
        ("112211", True),
        ("123456", True),
        ("456789", True),
        ("567890", True),
        ("654321", True),
        ("098765", True),
        ("720001", True),
        ("983720", True),
        ("246810", False),
        ("583920", False),
    ],
)
def test_a_pin_that_anybody_would_try_first_is_weak(pin, weak):
    assert rules.pin_is_weak(pin, login="13983720001") is weak


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("139 8372 0001", "13983720001"),
        ("＋86 １３９８３７２０００１", "13983720001"),
        (" ZhouMin", "zhoumin"),
        ("周敏", "周敏"),
        ("", ""),
    ],
)
def test_a_sign_in_name_has_one_writing(typed, name):
    assert rules.login_name(typed) == name


def test_the_digest_of_a_device_fits_one_secret_and_one_uniquifier():
    digest = rules.sign_in_digest("secret", "uniquifier")

    assert digest != rules.sign_in_digest("secret2", "uniquifier")
    assert digest != rules.sign_in_digest("secret", "uniquifier2")
    assert "secret" not in digest
    assert len(digest) == 64
