from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.stations import queries as stations
from tests.builders.orders import some_goods
from tests.builders.stations import a_workshop


@pytest.fixture
def pace_address(in_app):
    goods = in_app(some_goods)
    return f"/desk/pace/{in_app(stations.workshop, goods.workshop_id).public_id}"


def words(response) -> str:
    return response.get_data(as_text=True)


def test_slow_weeks_noted_at_the_desk_move_the_next_buyers_date_and_say_why(
    worker, visitor, in_app, pace_address
):
    lead = worker(Role.WORKSHOP_LEAD)
    lead.send(
        f"{pace_address}/seasons",
        {
            "reason": "tea_picking",
            "first_day": "2026-07-20",
            "last_day": "2026-07-31",
            "percent": "0",
        },
        via=pace_address,
    )

    page = words(lead.open(pace_address))
    assert "采茶" in page
    assert "7月20日至7月31日" in page
    slug = in_app(lambda: stations.workshop(a_workshop()).slug)
    goods = words(visitor.open(f"/workshops/{slug}"))
    product = re.search(r'href="(/goods/[^"?]+)"', goods)
    shown = words(visitor.open(product[1]))
    assert "8月3日" in shown
    assert "采茶季" in shown

    off = re.search(r'action="([^"]+/off)"', page)
    lead.send(off[1], {}, via=pace_address)
    assert "7月23日" in words(visitor.open(product[1]))


@pytest.mark.parametrize(
    "typed",
    [
        {
            "reason": "tea_picking",
            "first_day": "2026-07-31",
            "last_day": "2026-07-01",
            "percent": "50",
        },
        {
            "reason": "tea_picking",
            "first_day": "2026-01-01",
            "last_day": "2029-01-01",
            "percent": "50",
        },
        {"reason": "holiday", "first_day": "2026-07-01", "last_day": "2026-07-02", "percent": "50"},
        {"reason": "snow", "first_day": "2026-07-01", "last_day": "2026-07-02", "percent": "100"},
        {"reason": "snow", "first_day": "", "last_day": "", "percent": "50"},
    ],
)
def test_weeks_that_cannot_be_are_asked_again(worker, pace_address, typed):
    answer = worker(Role.WORKSHOP_LEAD).send(
        f"{pace_address}/seasons", typed, via=pace_address, status=422
    )

    assert "前面没有慢下来的日子" in words(answer)


def test_the_week_of_a_workshop_is_said_at_the_desk(worker, in_app, pace_address):
    lead = worker(Role.WORKSHOP_LEAD)

    lead.send(pace_address, {"weekly_hours": "60", "weekdays": ["2", "5"]})
    lead.send(pace_address, {"weekly_hours": "60"}, status=422)

    workshop = in_app(lambda: stations.workshop(a_workshop()))
    assert workshop.weekly_capacity_minutes == 3600
    assert workshop.pickup_weekdays == {2, 5}
