from __future__ import annotations

import pytest

from shop.accounts.rules import Role
from shop.earnings import queries as earnings
from shop.earnings.rules import PayRunState
from shop.kernel.access import Scope
from tests.builders.earnings import AFTER_JULY, a_pay_run, an_earning
from tests.builders.stations import a_member, a_town, a_workshop

LIST = "/oversight/pay-runs"
EVERYWHERE = Scope(("/",))


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def run(in_app, clock):
    """Return the outside name of a run of 5,000.01 that two people of the room have approved."""
    clock.now = AFTER_JULY

    def make():
        an_earning(member_id=a_member(name="王秀兰"), fen=500_001)
        a_pay_run(workshop_id=a_workshop())
        (one,) = earnings.pay_runs(EVERYWHERE)
        return one.public_id

    return in_app(make)


def state(in_app, run):
    return in_app(lambda: earnings.pay_run(run, scope=EVERYWHERE)).state


def test_the_town_sees_codes_and_sums_and_confirms(worker, in_app, run):
    du_chuan = worker(Role.TOWN_SUPERVISOR)
    assert run in words(du_chuan.open(LIST))
    page = words(du_chuan.open(f"{LIST}/{run}"))
    (slip,) = in_app(lambda: earnings.slips(earnings.pay_run(run, scope=EVERYWHERE).id))
    assert slip.member_code in page
    assert 'value="5000.01"' in page
    assert "王秀兰" not in page
    desk = words(worker(Role.BOOKKEEPER).open(f"/desk/pay-runs/{run}"))
    assert "待镇街批准" in desk

    du_chuan.send(f"{LIST}/{run}/confirmed", via=f"{LIST}/{run}")

    assert state(in_app, run) is PayRunState.APPROVED
    assert run not in words(du_chuan.open(LIST))
    assert "镇街批准人" in words(worker(Role.CASHIER).open(f"/desk/pay-runs/{run}"))


def test_a_run_goes_back_only_with_words_and_the_room_reads_them(worker, in_app, run):
    du_chuan, page = worker(Role.TOWN_SUPERVISOR), f"{LIST}/{run}"
    empty = du_chuan.send(f"{page}/sent-back", {"words": " "}, via=page, status=422)
    assert '<details class="panel" open>' in words(empty)

    du_chuan.send(f"{page}/sent-back", {"words": "M-001 两次"}, via=page)

    assert state(in_app, run) is PayRunState.DRAFT
    assert "M-001 两次" in words(worker(Role.BOOKKEEPER).open(f"/desk/pay-runs/{run}"))


def test_another_town_finds_nothing(worker, in_app, run):
    far = worker(Role.TOWN_SUPERVISOR, at=in_app(a_town, "500229107"))

    assert run not in words(far.open(LIST))
    far.open(f"{LIST}/{run}", status=404)
    for act in ("confirmed", "sent-back"):
        far.send(f"{LIST}/{run}/{act}", {"words": "why"}, via=LIST, status=404)
