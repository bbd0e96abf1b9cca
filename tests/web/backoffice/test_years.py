from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shop.accounts.rules import Role
from shop.earnings import years
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.stations import queries as stations
from tests.builders.accounts import PIN, a_maker
from tests.builders.earnings import an_earning
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
LIST = "/desk/years"
IN_2026 = datetime(2026, 7, 18, 3, 0, tzinfo=UTC)
IN_2027 = datetime(2027, 1, 10, 3, 0, tzinfo=UTC)
AT_MEETING = datetime(2027, 1, 25, 6, 0, tzinfo=UTC)
# domain.md 5 E17
E17 = (
    ("王秀兰", 1_423_860, "310.20"),
    ("李桂芳", 987_030, "215.40"),
    ("陈明珍", 612_045, "133.05"),
    ("刘小琴", 377_065, "81.35"),
)
PLAN = {
    "workshop": "dengliang",
    "year": "2026",
    "surplus": "18600",
    "old_loss": "600",
    "reserve": "10",
    "patronage": "70",
}


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def women(in_app, clock):
    clock.now = IN_2027

    def make():
        a_workshop()
        found = []
        for name, fen, _ in E17:
            member = a_member(name=name)
            an_earning(member_id=member, fen=fen, at=IN_2026)
            found.append(stations.member(member))
        return found

    return in_app(make)


def the_year(in_app):
    (one,) = in_app(lambda: years.years(EVERYWHERE))
    return one


def test_from_the_closed_books_over_the_meeting_to_what_each_gets(
    worker, visitor, in_app, clock, women
):
    zhou_min = worker()
    zhou_min.send(LIST, PLAN | {"patronage": "59"}, via=LIST, status=422)
    zhou_min.send(LIST, PLAN | {"old_loss": "20000"}, via=LIST, status=422)
    for _ in range(2):
        zhou_min.send(LIST, PLAN, via=LIST)
    page = f"{LIST}/{the_year(in_app).public_id}"
    typed = {}
    for member, (_, _, reserve) in zip(women, E17, strict=True):
        typed |= {
            f"{member.code}-capital": "500",
            f"{member.code}-reserve": reserve,
            f"{member.code}-subsidy": "1,000",
        }
    wrong = typed | {f"{women[0].code}-capital": "五百"}
    refused = words(zhou_min.send(f"{page}/accounts", wrong, via=page, status=422))
    assert 'value="五百"' in refused
    assert 'value="81.35"' in refused
    assert f'href="#{women[0].code}-capital"' in refused
    zhou_min.send(f"{page}/accounts", typed, via=page)
    # Another surplus keeps the accounts that were typed.
    for surplus in ("20000", "18600"):
        zhou_min.send(LIST, PLAN | {"surplus": surplus}, via=LIST)

    table = words(zhou_min.open(page))
    for sum_of_e17 in ("16,200.00", "11,340.00", "9,720.00", "4,748.99", "1,305.28", "6,054.27",
                       "753.81", "4,528.96", "3,218.89", "2,397.88", "6,740.00"):  # fmt: skip
        assert sum_of_e17 in table, sum_of_e17
    zhou_min.send(f"{page}/open", {"meeting_on": "2027-01-25"}, via=page, status=403)
    xiao_hong = worker(Role.BOOKKEEPER)
    assert page in words(xiao_hong.open("/desk"))
    xiao_hong.send(f"{page}/open", {"meeting_on": "2027-01-24"}, via=page, status=422)
    for _ in range(2):
        xiao_hong.send(f"{page}/open", {"meeting_on": "2027-01-25"}, via=page)
    votes = {"votes_for": "3", "votes_against": "1", "words": "陈明珍想多留公积金"}
    xiao_hong.send(f"{page}/decide", votes, via=page, status=422)

    in_app(lambda: a_maker(member_id=women[0].id, phone="13983720001"))
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})
    hers = words(visitor.open("/member/year"))
    assert "6,054.27" in hers.replace("<span>", "").replace("</span>", "")
    assert "34,000.00" in hers
    assert "刘小琴" not in hers

    clock.now = AT_MEETING
    xiao_hong = worker(Role.BOOKKEEPER)
    assert page in words(xiao_hong.open("/desk"))
    xiao_hong.send(f"{page}/decide", votes | {"votes_against": "3"}, via=page, status=422)
    for _ in range(2):
        xiao_hong.send(f"{page}/decide", votes, via=page)
    assert "陈明珍想多留公积金" in words(xiao_hong.open(page))
    payable = f"wages_payable:member:{women[0].id}"
    assert in_app(lambda: ledger.balance(payable)) == Money(1_423_860 + 605_427)
    worker().send(f"{page}/drop", {"words": ""}, via=page, status=409)


def test_a_plan_is_dropped_and_its_year_is_free_again(worker, in_app, women):
    zhou_min = worker()
    zhou_min.send(LIST, PLAN, via=LIST)
    page = f"{LIST}/{the_year(in_app).public_id}"

    zhou_min.send(f"{page}/drop", {"words": "算错了"}, via=page)

    assert in_app(lambda: years.years(EVERYWHERE)) == []
    zhou_min.send(LIST, PLAN, via=LIST)
    assert the_year(in_app).public_id not in page


def test_before_any_papers_lie_open_she_reads_that_there_are_none(visitor, in_app, women, worker):
    worker().send(LIST, PLAN, via=LIST)
    in_app(lambda: a_maker(member_id=women[0].id, phone="13983720001"))
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})

    page = words(visitor.open("/member/year"))

    assert "还没有公开的材料" in page
    assert "18,600.00" not in page


def test_others_see_no_year(worker, in_app, women):
    worker().send(LIST, PLAN, via=LIST)
    page = f"{LIST}/{the_year(in_app).public_id}"
    for role in (Role.CASHIER, Role.INSPECTOR, Role.WORKSHOP_LEAD):
        worker(role).open(LIST, status=403)
    far = worker(Role.BOOKKEEPER, at=in_app(lambda: a_room(CIZHU)))

    assert "18,600.00" not in words(far.open(LIST))
    far.open(page, status=404)


def test_a_plan_drawn_up_ahead_waits_for_the_years_end(worker, in_app, clock, women):
    clock.now = datetime(2026, 12, 20, 3, 0, tzinfo=UTC)
    worker().send(LIST, PLAN, via=LIST)
    page = f"{LIST}/{the_year(in_app).public_id}"
    xiao_hong = worker(Role.BOOKKEEPER)

    assert page not in words(xiao_hong.open("/desk"))
    assert f"{page}/open" not in words(xiao_hong.open(page))
    xiao_hong.send(f"{page}/open", {"meeting_on": "2027-01-25"}, via=page, status=422)
