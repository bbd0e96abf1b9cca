from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import Scope
from shop.orders import queries as order_views
from shop.orders.rules import FulfillmentState, Handover
from shop.stock import queries as stock
from tests.builders.orders import (
    MS_LIU,
    a_bank,
    a_paid_order,
    an_order,
    pay,
    some_goods,
    some_pendants,
)
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))
ALL_STATES = tuple(FulfillmentState)


def words(response) -> str:
    return response.get_data(as_text=True)


def parts(in_app):
    return in_app(lambda: order_views.order_parts(EVERYWHERE, states=ALL_STATES))


@pytest.fixture
def an_order_of_two_workshops(in_app, noon):
    """One order: sandals of 灯梁, a pendant of 茨竹; returns (own part, foreign part)."""

    def make():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        sandals = some_goods()
        with a_bank():
            a_paid_order(now=noon, goods={sandals: 1, some_pendants(workshop_id=other): 1})
        return sandals.workshop_id

    own_workshop = in_app(make)
    found = parts(in_app)
    assert len(found) == 2
    own = next(row for row in found if row.part.workshop_id == own_workshop)
    return own, next(row for row in found if row is not own)


def test_a_worker_sees_her_own_workshops_part_only(worker, an_order_of_two_workshops):
    own, foreign = an_order_of_two_workshops
    zhou_min = worker()

    listed = words(zhou_min.open("/desk/orders?lang=en"))
    page = words(zhou_min.open(f"/desk/orders/{own.public_id}"))

    assert own.public_id in listed
    assert foreign.public_id not in listed
    assert "Hand-woven sandals" in page
    assert "pendant" not in page
    zhou_min.open(f"/desk/orders/{foreign.public_id}", status=404)
    zhou_min.open(f"/desk/orders/{foreign.public_id}/slip", status=404)


def test_with_carrier_and_number_a_part_leaves_and_so_does_its_stock(
    worker, in_app, noon, an_order_of_two_workshops
):
    own, _foreign = an_order_of_two_workshops
    zhou_min = worker()
    page = f"/desk/orders/{own.public_id}"

    zhou_min.send(f"{page}/packed", via=page)
    sent = {"carrier": "中国邮政", "tracking": "9861-2201", "postage": "6.50", "key": "1"}
    zhou_min.send(page, sent)

    (sent,) = [row for row in parts(in_app) if row.public_id == own.public_id]
    assert sent.part.state is FulfillmentState.SHIPPED
    assert [(one.carrier, one.tracking) for one in sent.part.parcels] == [("中国邮政", "9861-2201")]
    line = own.part.lines[0]
    levels = in_app(lambda: stock.levels([line.variant_id], now=noon))
    assert [level.on_hand for level in levels] == [9]
    assert "9861-2201" in words(zhou_min.open(page))


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param({"carrier": "中国邮政", "tracking": ""}, id="no number"),
        pytest.param({"carrier": " ", "tracking": "9861"}, id="no carrier"),
        pytest.param({"carrier": "邮政", "tracking": "1", "postage": "lots"}, id="no sum"),
    ],
)
def test_a_parcel_without_its_facts_does_not_leave(
    worker, in_app, an_order_of_two_workshops, typed
):
    own, _foreign = an_order_of_two_workshops

    given = typed | {"key": "1"}
    refused = worker().send(f"/desk/orders/{own.public_id}", given, status=422)

    for value in typed.values():
        assert f'value="{value.strip()}"' in words(refused)
    assert all(row.part.state is FulfillmentState.PLACED for row in parts(in_app))


def test_the_slip_of_a_present_bears_no_price(worker, an_order_of_two_workshops):
    own, _foreign = an_order_of_two_workshops
    zhou_min = worker()
    slip = f"/desk/orders/{own.public_id}/slip"

    assert "88.00" in words(zhou_min.open(slip))
    assert "88.00" not in words(zhou_min.open(f"{slip}?present=1"))
    assert "刘女士" in words(zhou_min.open(f"{slip}?present=1"))


def test_what_the_buyer_called_a_present_has_no_price_on_any_slip_and_its_words_on_a_card(
    worker, in_app, noon
):
    contact = replace(MS_LIU, is_gift=True, gift_words="妈妈，生日快乐", note="别让她先知道")

    def make():
        with a_bank():
            pay(an_order(now=noon, contact=contact), now=noon)

    in_app(make)
    (row,) = parts(in_app)

    slip = words(worker().open(f"/desk/orders/{row.public_id}/slip"))
    page = words(worker().open(f"/desk/orders/{row.public_id}"))

    assert "88.00" not in slip
    assert "妈妈，生日快乐" in slip
    assert "别让她先知道" not in slip  # the slip lies in the parcel
    assert "别让她先知道" in page
    assert "妈妈，生日快乐" in page


def test_what_is_late_stands_first_and_says_so(worker, in_app, clock, noon):
    def two_orders():
        with a_bank():
            a_paid_order(now=noon - timedelta(days=6))
            a_paid_order(now=noon)

    in_app(two_orders)
    first, second = parts(in_app)
    assert first.part.promised_on < second.part.promised_on

    listed = words(worker().open("/desk/orders?lang=en"))

    assert listed.index(first.public_id) < listed.index(second.public_id)
    assert listed.count("late since") == 1


def test_a_part_that_is_fetched_goes_over_the_counter(worker, in_app, noon):
    def make():
        with a_bank():
            a_paid_order(now=noon, handover=Handover.PICK_UP)

    in_app(make)
    (row,) = parts(in_app)

    page = words(worker().open(f"/desk/orders/{row.public_id}?lang=en"))

    assert "Hand it over at the counter" in page
    assert 'name="tracking"' not in page


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.CASHIER, Role.TOWN_SUPERVISOR])
def test_addresses_of_buyers_are_for_those_who_send(worker, role, an_order_of_two_workshops):
    own, _foreign = an_order_of_two_workshops

    worker(role).open(f"/desk/orders/{own.public_id}", status=403)


def test_one_round_along_the_shelves_takes_each_size_once_for_all_orders(worker, in_app, noon):
    def make():
        sandals = some_goods()
        with a_bank():
            a_paid_order(now=noon, goods={sandals: 2})
            present = replace(MS_LIU, is_gift=True)
            pay(an_order(now=noon, goods={sandals: 1}, contact=present), now=noon)

    in_app(make)
    numbers = {row.order_number for row in parts(in_app)}
    zhou_min = worker()

    page = words(zhou_min.open("/desk/orders/pick-list?lang=en"))
    shelf, _, orders = page.partition("Then pack order by order")
    assert shelf.count("Hand-woven sandals") == 1
    assert re.search(r'class="table-number">3<', shelf)
    assert all(number in shelf for number in numbers)
    assert all(number in orders for number in numbers)
    assert "88.00" not in page
    assert "刘女士" not in page

    for row in parts(in_app):
        zhou_min.send(f"/desk/orders/{row.public_id}/packed", via=f"/desk/orders/{row.public_id}")
    assert "Hand-woven sandals" not in words(zhou_min.open("/desk/orders/pick-list?lang=en"))


def test_a_pick_list_holds_nothing_of_another_village(worker, an_order_of_two_workshops):
    page = words(worker().open("/desk/orders/pick-list?lang=en"))

    assert "Hand-woven sandals" in page
    assert "pendant" not in page


def test_the_label_of_a_parcel_masks_name_and_number(worker, an_order_of_two_workshops):
    own, foreign = an_order_of_two_workshops
    zhou_min = worker()

    label = words(zhou_min.open(f"/desk/orders/{own.public_id}/label"))
    assert "刘**" in label
    assert "刘女士" not in label
    phone = own.contact.phone
    assert phone not in label
    assert f"{phone[:3]}****{phone[-4:]}" in label
    assert MS_LIU.address in label
    zhou_min.open(f"/desk/orders/{foreign.public_id}/label", status=404)


def test_what_is_fetched_has_no_label(worker, in_app, noon):
    def make():
        with a_bank():
            pay(an_order(now=noon, handover=Handover.PICK_UP), now=noon)

    in_app(make)
    (row,) = parts(in_app)

    worker().open(f"/desk/orders/{row.public_id}/label", status=404)
