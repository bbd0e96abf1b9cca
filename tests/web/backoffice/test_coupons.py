from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.coupons import queries as coupons
from shop.kernel.access import Scope
from shop.stations import queries as stations
from tests.builders.orders import some_goods

EVERYWHERE = Scope(("/",))
COUPON = {
    "title": "满一百减二十",
    "title_en": "20 off 100",
    "code": "spring20",
    "amount": "20",
    "percent": "",
    "most_off": "",
    "least_goods": "100",
    "first_day": "2026-07-01",
    "last_day": "2026-07-31",
    "most_uses": "100",
    "most_per_buyer": "1",
    "most_money": "2000",
    "funder": "workshop",
    "project": "",
}
NEW = "/desk/coupons/new"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def place(in_app):
    goods = in_app(some_goods)
    return in_app(stations.workshop, goods.workshop_id).public_id


def known(in_app):
    return in_app(coupons.coupons, EVERYWHERE)


def test_one_person_writes_a_coupon_another_lets_it_count_and_it_is_ended(worker, in_app, place):
    lead, other = worker(), worker(Role.BOOKKEEPER)
    lead.send(NEW, COUPON | {"place": place})
    (one,) = known(in_app)
    assert (one.state, one.terms.code, one.terms.funder) == ("proposed", "SPRING20", "workshop")
    assert one.terms.ends_at.isoformat() == "2026-07-31T16:00:00+00:00"
    assert "/approve" not in words(lead.open("/desk/coupons"))

    approve = re.search(r'action="([^"]+/approve)"', words(other.open("/desk/coupons")))[1]
    other.send(approve, via="/desk/coupons")
    assert known(in_app)[0].state == "open"
    end = re.search(r'action="([^"]+/end)"', words(lead.open("/desk/coupons")))[1]
    lead.send(end, via="/desk/coupons")
    assert known(in_app)[0].state == "ended"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"code": "ab"}, "code"),
        ({"code": "'; --"}, "code"),
        ({"amount": ""}, "amount"),
        ({"percent": "10"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "", "percent": "91"}, "percent"),
        ({"least_goods": "20"}, "least_goods"),
        ({"last_day": "2026-06-30"}, "last_day"),
        ({"code": "", "is_first_order": "y"}, "code"),
        ({"most_uses": "0"}, "most_uses"),
        ({"funder": "maker"}, "funder"),
        ({"funder": "project"}, "project"),
        ({"project": "P-03"}, "project"),
        ({"place": "wks_NOBODY00"}, "place"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused_and_kept_as_typed(
    worker, in_app, place, wrong, field
):
    page = words(worker().send(NEW, COUPON | {"place": place} | wrong, status=422))

    assert f'href="#{field}"' in page
    assert 'value="20 off 100"' in page
    assert known(in_app) == []


def test_who_lists_no_goods_writes_no_coupon(worker, place):
    worker(Role.CASHIER).open(NEW, status=403)
    worker(Role.CASHIER).send(NEW, COUPON | {"place": place}, via="/desk", status=403)
