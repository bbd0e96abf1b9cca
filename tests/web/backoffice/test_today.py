from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from shop.accounts.rules import Role
from shop.kernel.money import Money
from shop.production import coming
from shop.production import queries as making
from shop.stations import queries as stations
from shop.workflows import adjusting
from tests.builders.accounts import a_bookkeeper, a_social_worker
from tests.builders.catalog import a_product
from tests.builders.earnings import a_deduction, an_earning
from tests.builders.orders import a_bank, a_paid_order
from tests.builders.production import a_hand_in, a_work_order
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
    ("role", "expected"),
    [
        pytest.param(
            Role.SOCIAL_WORKER,
            {
                "Hand-ins waiting for inspection",
                "Late parcels",
                "Prices waiting for a second person",
                "Pay run to draw up",
            },
            id="social worker",
        ),
        pytest.param(
            Role.INSPECTOR,
            {"Hand-ins waiting for inspection"},
            id="inspector",
        ),
        pytest.param(
            Role.WORKSHOP_LEAD,
            {"Late parcels", "Prices waiting for a second person"},
            id="workshop lead",
        ),
        pytest.param(Role.CASHIER, set(), id="cashier"),
    ],
)
def test_the_desk_begins_with_what_waits_for_this_person(worker, in_app, noon, role, expected):
    in_app(a_busy_village, noon)

    page = words(worker(role).open("/desk?lang=en"))

    titles = re.findall(r'class="todo-title">([^<]+)<', page)
    assert set(titles) == expected


def test_every_thing_to_do_opens_the_page_that_does_it(worker, in_app, noon):
    in_app(a_busy_village, noon)
    tan_yun = worker(Role.INSPECTOR)

    page = words(tan_yun.open("/desk?lang=en"))
    address = page.split('href="/desk/hand-ins/')[1].split('"')[0]

    assert "What did you find" in words(tan_yun.open(f"/desk/hand-ins/{address}?lang=en"))


def test_what_changes_pay_waits_with_whoever_answers_it(worker, in_app, noon):
    def noted():
        wang = a_member()
        a_deduction(member_id=wang, now=noon)
        work = a_work_order(now=noon, member_id=wang)
        return adjusting.propose_advance(
            member_id=wang,
            work_order_public_id=making.work_order_public_id(work),
            amount=Money(20000),
            key="advance",
            actor=a_social_worker(),
            now=noon,
        )

    advance = in_app(noted)
    advances = "Advances and corrections for a second person"
    yes_of_hers = "Deductions that wait for her yes"

    def titles(role):
        page = words(worker(role).open("/desk?lang=en"))
        return set(re.findall(r'class="todo-title">([^<]+)<', page))

    assert {advances, yes_of_hers} <= titles(Role.BOOKKEEPER)
    worker_sees = titles(Role.SOCIAL_WORKER)
    assert yes_of_hers in worker_sees
    assert advances not in worker_sees
    assert titles(Role.CASHIER) == set()
    assert titles(Role.WORKSHOP_LEAD).isdisjoint({advances, yes_of_hers})

    in_app(lambda: adjusting.agree(adjustment_id=advance, actor=a_bookkeeper(), now=noon))

    assert titles(Role.CASHIER) == {"Advances to hand out"}
    assert advances not in titles(Role.BOOKKEEPER)


def test_whoever_noted_a_deduction_is_not_asked_to_note_her_yes(worker, in_app):
    wang = in_app(lambda: stations.member(a_member()))
    zhou_min, page = worker(), f"/desk/adjustments/new?member={wang.public_id}&kind=tool"
    form = {"key": "form-1", "item": "Hook", "paper": "K-0718", "amount": "6"}

    zhou_min.send(page, form, via=page)

    yes_of_hers = "Deductions that wait for her yes"
    assert yes_of_hers not in words(zhou_min.open("/desk?lang=en"))
    assert yes_of_hers in words(worker().open("/desk?lang=en"))


def test_a_quiet_day_says_so(worker):
    assert "Nothing waits" in words(worker(Role.CASHIER).open("/desk?lang=en"))


def test_the_desk_is_shut_for_visitors_and_supervisors(worker, visitor):
    assert visitor.client.get("/desk").location.startswith("/sign-in")
    worker(Role.TOWN_SUPERVISOR).open("/desk", status=403)


def test_the_room_reads_who_brings_pieces_today(worker, in_app, clock):
    def two_come():
        halves = coming.open_halves(clock.now, holidays=(), seasons=())
        day, half = halves[0]
        for name in ("王秀兰", "陈明珍"):
            coming.say(
                member_id=a_member(name=name, name_en=None),
                on_day=day,
                half=half,
                halves=halves,
                actor=a_social_worker(),
                now=clock.now,
            )

    in_app(two_come)

    page = words(worker(Role.WORKSHOP_LEAD).open("/desk?lang=en"))

    assert "Makers who bring pieces today" in page
    assert "Afternoon: 王秀兰, 陈明珍." in page


def test_pay_that_is_late_stands_first_and_says_who_sees_it_next(worker, in_app, clock):
    clock.now = datetime(2026, 7, 26, 4, 0, tzinfo=UTC)
    in_app(lambda: an_earning(member_id=a_member()))

    for role in (Role.SOCIAL_WORKER, Role.BOOKKEEPER, Role.CASHIER):
        page = words(worker(role).open("/desk"))
        assert "工资晚发了" in page
        assert "7月25日" in page
    assert "工资晚发了" not in words(worker(Role.INSPECTOR).open("/desk"))
