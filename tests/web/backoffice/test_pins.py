from __future__ import annotations

import pytest

from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.stations import queries as stations
from tests.builders.accounts import PIN, a_maker
from tests.builders.stations import BEGINNING, a_member

PHONE = "13983720001"
NEW = "739205"


@pytest.fixture
def her(in_app):
    """Wang Xiulan's public id as a member, who forgot her PIN."""
    return in_app(lambda: stations.member(a_maker(phone=PHONE).member_id).public_id)


def words(response):
    return response.get_data(as_text=True)


def asked(helper, her, reason="她忘了"):
    found = helper.open("/desk/pins?q=王秀兰&lang=en")
    assert f"/desk/pins/new?member={her}" in words(found)
    helper.open(f"/desk/pins/new?member={her}")
    return helper.send(f"/desk/pins/new?member={her}", {"reason": reason}, status=303)


def the_wish(visitor):
    page = words(visitor.open("/desk/pins?lang=en"))
    return page.split('href="/desk/pins/pnr_')[1].split('"')[0]


def test_one_asks_another_is_there_and_she_signs_in_with_her_new_pin(worker, in_app, her, clock):
    helper, lead = worker(), worker(Role.WORKSHOP_LEAD, name="李桂芳")

    asked(helper, her)
    assert "Waits for another colleague" in words(helper.open("/desk/pins?lang=en"))
    today = words(lead.open("/desk?lang=en"))
    assert "Makers who want a new PIN" in today
    address = f"/desk/pins/pnr_{the_wish(lead)}"
    page = words(lead.open(f"{address}?lang=en"))
    assert "她忘了" in page
    assert "look away" in page
    lead.send(address, {"pin": NEW, "again": NEW}, status=303)

    opened = in_app(accounts.sign_in, login=PHONE, password=NEW, device="", now=clock.now)
    assert opened.user_id


def test_who_asked_finds_no_place_to_type_it(worker, her):
    helper = worker()
    asked(helper, her)
    other = worker(Role.INSPECTOR)
    address = f"/desk/pins/pnr_{the_wish(other)}"

    page = words(helper.open(f"{address}?lang=en"))
    helper.send(address, {"pin": NEW, "again": NEW}, via="/desk/pins?lang=en", status=409)

    assert 'name="pin"' not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("123456", "123456"), "six digits"),
        ((NEW, "739206"), "not the same"),
        (("", ""), "six digits"),
    ],
)
def test_a_pin_that_does_not_serve_is_named_and_nothing_changes(worker, in_app, her, typed, said):
    asked(worker(), her)
    other = worker(Role.INSPECTOR)
    address = f"/desk/pins/pnr_{the_wish(other)}"
    other.open(f"{address}?lang=en")

    refused = other.send(address, {"pin": typed[0], "again": typed[1]}, status=422)

    assert said in words(refused)
    assert in_app(accounts.sign_in, login=PHONE, password=PIN, device="", now=BEGINNING)


def test_a_wish_can_be_dropped(worker, her):
    helper = worker()
    asked(helper, her)
    address = f"/desk/pins/pnr_{the_wish(worker(Role.INSPECTOR))}"

    helper.send(f"{address}/end", via="/desk/pins", status=303)

    assert "Nobody waits for a witness" in words(helper.open("/desk/pins?lang=en"))


def test_a_reason_is_needed_and_a_member_without_a_number_is_named(worker, in_app, her):
    helper = worker()
    member = in_app(lambda: stations.member(a_member(name="陈明珍", phone=None)).public_id)
    address = f"/desk/pins/new?member={member}"
    helper.open(f"{address}&lang=en")

    helper.send(f"/desk/pins/new?member={her}", {"reason": ""}, status=422)
    refused = helper.send(address, {"reason": "新手机"}, status=422)

    assert "no telephone number" in words(refused)
