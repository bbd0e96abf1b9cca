from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.earnings import queries as earnings
from shop.funds import queries as funds
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.stations import queries as stations
from tests.builders.accounts import PIN, a_maker, a_social_worker
from tests.builders.earnings import AFTER_JULY, a_pay_run
from tests.builders.funds import TRAINING, a_project, a_sheet
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
LIST = "/desk/projects"
OPEN = {
    "workshop": "dengliang",
    "number": "P-03",
    "title": "编织技能提升",
    "title_en": "",
    "funder": "城口县民政局",
    "day_rate": "50",
    "starts_on": "2026-07-01",
    "ends_on": "2026-07-31",
}


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def wang(in_app, clock):
    clock.now = AFTER_JULY

    def make():
        a_workshop()
        return stations.member(a_member())

    return in_app(make)


def the_project(in_app):
    (one,) = in_app(lambda: funds.projects(EVERYWHERE))
    return one


def ticks(member, days=TRAINING):
    return [f"{member.public_id}:{day.isoformat()}" for day in days]


def test_from_a_project_over_its_money_and_a_sheet_to_her_pay(worker, in_app, wang):
    zhou_min, xiao_hong = worker(), worker(Role.BOOKKEEPER)
    assert "还没有项目" in words(zhou_min.open(LIST))
    zhou_min.send(LIST, OPEN | {"day_rate": "0"}, via=LIST, status=422)
    zhou_min.send(LIST, OPEN, via=LIST)
    page = f"{LIST}/{the_project(in_app).public_id}"
    money = {"key": "form-1", "amount": "2000", "paper": "B-0701", "received_on": "2026-07-01"}
    zhou_min.send(f"{page}/receipts", money | {"received_on": "2026-08-01"}, via=page, status=422)
    for _ in range(2):
        zhou_min.send(f"{page}/receipts", money, via=page)
    grid = f"{page}/sheet?first=2026-07-13&last=2026-07-15"
    form = {"key": "form-2", "paper": "Q-01", "day": ticks(wang)}
    assert words(zhou_min.open(grid)).count('name="day"') == 3
    refused = words(zhou_min.send(grid, form | {"paper": ""}, via=grid, status=422))
    assert refused.count(" checked") == 3
    zhou_min.send(grid, form | {"day": []}, via=grid, status=422)
    for _ in range(2):
        zhou_min.send(grid, form, via=grid)
    (sheet,) = in_app(lambda: funds.sheets(the_project(in_app).id))
    yes = f"/desk/sheets/{sheet.public_id}/yes"
    assert yes not in words(zhou_min.open(page))
    zhou_min.send(yes, via=page, status=403)

    assert page in words(xiao_hong.open("/desk"))
    assert "7月13日、7月14日、7月15日" in words(xiao_hong.open(page))
    for _ in range(2):
        xiao_hong.send(yes, via=page)

    assert page not in words(xiao_hong.open("/desk"))
    assert in_app(lambda: ledger.balance(f"wages_payable:member:{wang.id}")) == Money(15000)
    assert "1,850.00" in words(zhou_min.open(LIST))
    xiao_hong.send(f"/desk/sheets/{sheet.public_id}/no", via=page, status=409)


def test_a_sheet_is_withdrawn_and_its_days_can_be_kept_anew(worker, in_app, wang):
    def make():
        writer = a_social_worker()
        project = a_project(workshop_id=a_workshop(), actor=writer)
        a_sheet(project_id=project, attended={wang.id: TRAINING}, is_agreed=False, actor=writer)

    in_app(make)
    page = f"{LIST}/{the_project(in_app).public_id}"
    (sheet,) = in_app(lambda: funds.sheets(the_project(in_app).id))
    zhou_min = worker()
    grid = f"{page}/sheet?first=2026-07-13&last=2026-07-15"
    form = {"key": "form-2", "paper": "Q-02", "day": ticks(wang)}
    refused = words(zhou_min.send(grid, form, via=grid, status=409))
    assert "7月13日" in refused
    assert "王秀兰" in refused

    zhou_min.send(f"/desk/sheets/{sheet.public_id}/no", via=page)
    zhou_min.send(grid, form, via=grid)

    assert the_project(in_app).set_aside == Money(15000)
    assert "不发钱" in words(zhou_min.open(page))


def test_a_receipt_by_mistake_is_taken_out_by_a_colleague(worker, in_app, wang):
    in_app(lambda: a_project(workshop_id=wang.workshop_id))
    project = the_project(in_app)
    (receipt,) = in_app(lambda: funds.receipts(project.id))
    page = f"{LIST}/{project.public_id}"
    away = f"{page}/receipts/{receipt.public_id}/withdraw"
    zhou_min = worker()
    assert away not in words(zhou_min.open(page))
    zhou_min.send(away, via=page, status=403)

    worker(Role.BOOKKEEPER).send(away, via=page)
    worker(Role.BOOKKEEPER).send(
        away.replace(receipt.public_id, "fin_NOBODY22"), via=page, status=404
    )

    assert the_project(in_app).received == Money(0)


@pytest.mark.parametrize("days", ["", "?first=2026-07-15&last=2026-07-13", "?first=x&last=y"])
def test_without_days_the_page_asks_for_them(worker, in_app, wang, days):
    in_app(lambda: a_project(workshop_id=wang.workshop_id))
    page = f"{LIST}/{the_project(in_app).public_id}/sheet{days}"

    assert 'name="day"' not in words(worker().open(page))
    assert 'name="first"' in words(worker().open(page))


def test_a_sheet_of_more_days_than_its_paper_says_where_it_ends(worker, in_app, wang):
    in_app(lambda: a_project(workshop_id=wang.workshop_id))
    page = f"{LIST}/{the_project(in_app).public_id}/sheet?first=2026-06-01&last=2026-"

    assert "一张签到表最多 31 天" in words(worker().open(f"{page}07-02"))
    assert "一张签到表最多" not in words(worker().open(f"{page}07-01"))


def test_ticks_of_days_and_women_that_the_page_did_not_show_are_none(worker, in_app, wang):
    def make():
        a_project(workshop_id=wang.workshop_id)
        elsewhere = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
        return stations.member(a_member(workshop_id=elsewhere))

    stranger = in_app(make)
    grid = f"{LIST}/{the_project(in_app).public_id}/sheet?first=2026-07-13&last=2026-07-13"
    day = [*ticks(stranger), *ticks(wang, TRAINING[1:]), "x"]

    worker().send(grid, {"key": "k", "paper": "Q-1", "day": day}, via=grid, status=422)


def test_whoever_hands_money_out_sees_no_project_and_nobody_sees_another_rooms(
    worker, in_app, wang
):
    in_app(lambda: a_project(workshop_id=wang.workshop_id))
    page = f"{LIST}/{the_project(in_app).public_id}"
    for role in (Role.CASHIER, Role.INSPECTOR):
        worker(role).open(LIST, status=403)
    far = worker(Role.BOOKKEEPER, at=in_app(lambda: a_room(CIZHU)))

    assert "P-03" not in words(far.open(LIST))
    far.open(page, status=404)
    far.open(f"{page}/sheet", status=404)


def test_her_page_and_the_wage_record_name_the_project(worker, in_app, wang, visitor):
    def make():
        a_sheet(
            project_id=a_project(workshop_id=wang.workshop_id, now=AFTER_JULY),
            attended={wang.id: TRAINING},
        )
        a_maker(member_id=wang.id, phone="13983720001")

    in_app(make)
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})

    page = words(visitor.open("/member/sure"))

    assert "编织技能提升" in page
    assert "3 天" in page
    assert "150.00" in page


def test_the_run_that_pays_it_records_it_in_its_own_column(worker, in_app, wang):
    def make():
        before = AFTER_JULY - timedelta(days=5)
        a_sheet(
            project_id=a_project(workshop_id=wang.workshop_id, now=before),
            attended={wang.id: TRAINING},
            now=before,
        )
        run = a_pay_run(workshop_id=wang.workshop_id)
        return next(one for one in earnings.pay_runs(EVERYWHERE) if one.id == run).public_id

    page = f"/desk/pay-runs/{in_app(make)}"
    zhou_min = worker()
    table = words(zhou_min.send(f"{page}/record.csv", via=page, status=200)).splitlines()

    heading, line = (row.split(",") for row in table[:2])
    assert line[heading.index("误工补贴")] == "150.00"
