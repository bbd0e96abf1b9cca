from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.production import queries as making
from shop.production.rules import WorkOrderState
from shop.stations import queries as stations
from tests.builders.production import a_craft, a_work_order, an_offer
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def words(response) -> str:
    return response.get_data(as_text=True)


def a_member_and_a_craft(in_app):
    def make():
        craft = a_craft()
        return stations.member(a_member(name="陈明珍")), craft

    return in_app(make)


def all_work(in_app):
    return in_app(lambda: making.work_orders(scope=EVERYWHERE, open_only=False))


def test_work_is_offered_with_its_rate_in_sight(worker, in_app, noon):
    member, craft = a_member_and_a_craft(in_app)
    zhou_min = worker()
    page = f"/desk/work/new?member={member.public_id}"

    assert "¥46.20" in words(zhou_min.open(page))
    zhou_min.send(page, {"variant": craft.variant_id, "quantity": "12", "due_on": "2026-08-01"})

    (work,) = all_work(in_app)
    assert (work.maker.member_id, work.quantity, work.state) == (
        member.id,
        12,
        WorkOrderState.OFFERED,
    )


def test_the_same_form_sent_twice_offers_once(worker, in_app, noon):
    member, craft = a_member_and_a_craft(in_app)
    zhou_min = worker()
    page = f"/desk/work/new?member={member.public_id}"
    key = re.search(r'name="key" value="([^"]+)"', words(zhou_min.open(page)))[1]

    sent = [
        zhou_min.send(page, {"variant": craft.variant_id, "quantity": "12", "key": key})
        for _ in range(2)
    ]

    assert sent[0].location == sent[1].location
    assert len(all_work(in_app)) == 1


@pytest.mark.parametrize("quantity", ["0", "-3", "twelve", "", "999999"])
def test_a_wrong_number_comes_back_as_it_was_typed(worker, in_app, noon, quantity):
    member, craft = a_member_and_a_craft(in_app)
    zhou_min = worker()
    page = f"/desk/work/new?member={member.public_id}"

    refused = zhou_min.send(
        page,
        {"variant": craft.variant_id, "quantity": quantity, "due_on": "2026-08-01"},
        status=422,
    )

    assert f'name="quantity" value="{quantity}"' in words(refused)
    assert 'value="2026-08-01"' in words(refused)
    assert all_work(in_app) == []


def test_a_helper_notes_a_yes_and_the_history_says_that_she_did(worker, in_app, noon):
    member, craft = a_member_and_a_craft(in_app)
    in_app(lambda: an_offer(now=noon, craft=craft, member_id=member.id))
    (work,) = all_work(in_app)
    zhou_min = worker()
    page = f"/desk/work/{work.public_id}"

    zhou_min.send(f"{page}/answer", {"answer": "takes"}, via=page)

    (taken,) = all_work(in_app)
    assert (taken.state, taken.rate) == (WorkOrderState.ACCEPTED, Money(4620))
    history = in_app(lambda: events.history(f"work_order:{work.work_order_id}"))
    assert history[-1].facts["on_behalf"] is True
    assert history[-1].actor_id == zhou_min.who.user_id


def test_material_handed_out_stands_on_page_and_paper(worker, in_app, noon):
    in_app(lambda: a_work_order(now=noon))
    (work,) = all_work(in_app)
    zhou_min = worker()
    page = f"/desk/work/{work.public_id}"

    zhou_min.send(
        f"{page}/material", {"material": "棉麻绳", "quantity": "300", "unit": "g"}, via=page
    )

    assert "300 g" in words(zhou_min.open(page))
    assert "300 g" in words(zhou_min.open(f"{page}/slip"))


def test_the_rest_of_a_work_order_can_be_ended(worker, in_app, noon):
    in_app(lambda: a_work_order(now=noon))
    (work,) = all_work(in_app)
    zhou_min = worker()
    page = f"/desk/work/{work.public_id}"

    zhou_min.send(f"{page}/end", via=page)

    assert all_work(in_app)[0].state is WorkOrderState.CLOSED


def test_work_and_members_of_another_village_are_not_there(worker, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        stranger = a_member(workshop_id=other, name="向红英")
        a_work_order(now=noon, craft=a_craft(workshop_id=other), member_id=stranger)
        return stations.member(stranger)

    stranger = in_app(elsewhere)
    (work,) = all_work(in_app)
    zhou_min = worker()

    zhou_min.open(f"/desk/work/{work.public_id}", status=404)
    zhou_min.open(f"/desk/work/new?member={stranger.public_id}", status=404)
    assert "向红英" not in words(zhou_min.open("/desk/work/new?q=向"))
    assert work.number not in words(zhou_min.open("/desk/work"))


def test_an_inspector_gives_out_no_work(worker):
    worker(Role.INSPECTOR).open("/desk/work/new", status=403)
