from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.delivery import queries as delivery
from shop.kernel.money import Money
from shop.stations import queries as stations
from tests.builders.orders import some_goods

ZONE = {
    "zone": "",
    "name": "重庆",
    "name_en": "Chongqing",
    "regions": "50",
    "first_grams": "1000",
    "first": "8",
    "next_grams": "１000",
    "next": "2.50",
    "free_from": "199",
}


@pytest.fixture
def workshop(in_app):
    goods = in_app(some_goods)
    return in_app(stations.workshop, goods.workshop_id)


@pytest.fixture
def desk(workshop):
    return f"/desk/delivery/{workshop.public_id}"


def words(response) -> str:
    return response.get_data(as_text=True)


def zones(in_app, workshop):
    terms = in_app(lambda: delivery.terms_of([workshop.id]))
    return terms[workshop.id].zones if terms else ()


def test_a_worker_writes_a_zone_sees_examples_changes_it_and_takes_it_out(
    worker, in_app, desk, workshop
):
    zhou_min = worker()
    zhou_min.send(desk, ZONE, status=302)
    (zone,) = zones(in_app, workshop)
    assert (zone.first, zone.next, zone.free_from) == (Money(800), Money(250), Money(19900))
    page = words(zhou_min.open(desk))
    assert "重庆市" in page
    assert "3000 g" in page
    assert "13.00" in page  # 8.00 + 2 x 2.50

    kept = words(zhou_min.open(f"{desk}?zone={zone.public_id}"))
    assert 'value="2.50"' in kept
    zhou_min.send(desk, ZONE | {"zone": zone.public_id, "first": "9"}, status=302)
    (changed,) = zones(in_app, workshop)
    assert (changed.public_id, changed.first) == (zone.public_id, Money(900))

    off = re.search(r'action="([^"]+/off)"', words(zhou_min.open(desk)))
    zhou_min.send(off[1], via=desk, status=302)
    assert zones(in_app, workshop) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"first": "-1"},
        {"first": ""},
        {"first_grams": "0"},
        {"next_grams": "50001"},
        {"next": "2.505"},
        {"regions": "00"},
        {"free_from": "0"},
    ],
)
def test_a_zone_that_makes_no_sense_is_refused_and_kept_as_typed(
    worker, in_app, desk, workshop, wrong
):
    page = words(worker().send(desk, ZONE | wrong, status=422))

    for name in ("name", "first", "next", "free_from"):
        assert f'value="{(ZONE | wrong)[name]}"' in page
    assert zones(in_app, workshop) == ()


def test_a_zone_of_another_workshop_is_not_there(worker, desk):
    worker().send(desk, ZONE | {"zone": "dlz_NOBODY00"}, status=404)
    worker().open(f"{desk}?zone=dlz_NOBODY00", status=404)


def test_the_way_by_the_town_is_noted_and_absurd_days_are_not(worker, in_app, desk, workshop):
    zhou_min = worker()
    zhou_min.send(f"{desk}/way", {"by_town": "yes", "town_days": "15"}, via=desk, status=422)
    zhou_min.send(f"{desk}/way", {"by_town": "yes", "town_days": "2"}, via=desk, status=302)

    assert in_app(lambda: delivery.terms_of([workshop.id]))[workshop.id].town_days == 2


def test_who_lists_no_goods_sets_no_shipping(worker, desk):
    worker(Role.CASHIER).open(desk, status=403)
    worker(Role.CASHIER).send(desk, ZONE, via="/desk", status=403)
