from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from tests.builders.catalog import a_product
from tests.builders.earnings import an_earning
from tests.builders.orders import a_bank, a_paid_order
from tests.builders.production import a_hand_in
from tests.builders.stations import a_member, a_workshop


def words(response) -> str:
    return response.get_data(as_text=True)


def a_busy_village(noon) -> None:
    a_hand_in(now=noon - timedelta(days=2, hours=12))
    with a_bank():
        a_paid_order(now=noon - timedelta(days=5))
    a_product(now=noon, workshop_id=a_workshop(), code="W-1", is_on_sale=False)
    an_earning(member_id=a_member(), at=noon - timedelta(days=9))


@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        pytest.param(
            Role.SOCIAL_WORKER,
            ["Late parcels", "Prices waiting for a second person", "Pay run to draw up"],
            ["Hand-ins waiting for inspection"],
            id="social worker",
        ),
        pytest.param(
            Role.INSPECTOR,
            ["Hand-ins waiting for inspection"],
            ["Late parcels", "Pay run to draw up", "Prices waiting"],
            id="inspector",
        ),
        pytest.param(
            Role.WORKSHOP_LEAD,
            ["Late parcels"],
            ["Pay run to draw up", "Hand-ins waiting"],
            id="workshop lead",
        ),
        pytest.param(Role.CASHIER, [], ["Late parcels", "Pay run to draw up"], id="cashier"),
    ],
)
def test_the_desk_begins_with_what_waits_for_this_person(worker, in_app, noon, role, seen, unseen):
    in_app(a_busy_village, noon)

    page = words(worker(role).open("/desk?lang=en"))

    assert [title for title in seen if title not in page] == []
    assert [title for title in unseen if title in page] == []


def test_every_thing_to_do_opens_the_page_that_does_it(worker, in_app, noon):
    in_app(a_busy_village, noon)
    tan_yun = worker(Role.INSPECTOR)

    page = words(tan_yun.open("/desk?lang=en"))
    address = page.split('href="/desk/hand-ins/')[1].split('"')[0]

    assert "What did you find" in words(tan_yun.open(f"/desk/hand-ins/{address}?lang=en"))


def test_a_quiet_day_says_so(worker):
    assert "Nothing waits" in words(worker(Role.CASHIER).open("/desk?lang=en"))


def test_the_desk_is_shut_for_visitors_and_supervisors(worker, visitor):
    assert visitor.client.get("/desk").location.startswith("/sign-in")
    worker(Role.TOWN_SUPERVISOR).open("/desk", status=403)
