from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from shop.accounts import queries as accounts
from shop.accounts.rules import Role
from shop.earnings import payees
from shop.earnings import queries as earnings
from shop.kernel.access import Scope
from shop.payments import transfers
from shop.stations import queries as stations
from tests.builders.accounts import PIN, a_maker, a_social_worker
from tests.builders.earnings import AFTER_JULY, NUMBER, a_pay_run, an_account, an_earning
from tests.builders.payments import AN_ACCOUNT
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
LIST = "/desk/payees"
DIGITS = "6228480402564890018"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def wang(in_app, clock):
    clock.now = AFTER_JULY

    def make():
        a_workshop()
        return stations.member(a_member())

    return in_app(make)


def form_for(member, **changes):
    return {
        "key": "form-1",
        "member": member.public_id,
        "holder": "王秀兰",
        "bank": "农业银行城口支行",
        "number": NUMBER,
        "relation": "",
        "witness": "",
    } | changes


def test_from_a_card_on_the_table_to_pay_that_goes_there(worker, visitor, in_app, wang):
    zhou_min, xiao_hong = worker(), worker(Role.BOOKKEEPER)
    zhou_min.send(LIST, form_for(wang, number="12"), via=LIST, status=422)
    zhou_min.send(LIST, form_for(wang, holder="陈大山"), via=LIST, status=422)
    for _ in range(2):
        zhou_min.send(LIST, form_for(wang), via=LIST)
    (one,) = in_app(lambda: payees.waiting(EVERYWHERE))
    yes = f"{LIST}/{one.public_id}/yes"
    assert yes not in words(zhou_min.open(LIST))
    assert LIST in words(xiao_hong.open("/desk"))
    refused = words(xiao_hong.send(yes, {"again": "6228480402564890019"}, via=LIST, status=422))
    assert "和同事录的账号不一样" in refused
    assert yes in refused
    assert 'value="6228480402564890019"' in refused

    for _ in range(2):
        xiao_hong.send(yes, {"again": DIGITS}, via=LIST)

    page = words(xiao_hong.open(LIST))
    assert "0018" in page
    assert DIGITS not in page
    in_app(lambda: a_maker(member_id=wang.id, phone="13983720001"))
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})
    hers = words(visitor.open("/member/slips"))
    assert "0018" in hers
    xiao_hong.send(f"{LIST}/{one.public_id}/no", via=LIST)
    assert "0018" not in words(visitor.open("/member/slips"))


def test_an_account_in_her_husbands_name_has_its_reason_and_who_heard_it(worker, in_app, wang):
    def witness(at=None):
        return accounts.user_by_id(a_social_worker(at=at).user_id or 0).public_id

    he_qing = in_app(witness)
    far = in_app(lambda: witness(at=a_room(CIZHU)))
    zhou_min = worker()
    his = form_for(wang, holder="陈大山", relation="丈夫，她没有卡")
    zhou_min.send(LIST, his, via=LIST, status=422)
    in_app(lambda: a_member(workshop_id=a_workshop(slug="cizhu", station_id=a_room(CIZHU))))
    of_both_rooms = worker(Role.OPERATOR)
    assert far in words(of_both_rooms.open(LIST))
    of_both_rooms.send(LIST, his | {"witness": far}, via=LIST, status=422)

    zhou_min.send(LIST, his | {"witness": he_qing}, via=LIST)

    assert "丈夫，她没有卡" in words(zhou_min.open(LIST))


@pytest.fixture
def run(in_app, wang):
    def make():
        transfers.install(AN_ACCOUNT)
        an_earning(member_id=wang.id)
        chen = a_member(name="陈明珍")
        an_earning(member_id=chen)
        an_account(member_id=wang.id)
        run = a_pay_run(workshop_id=wang.workshop_id)
        return earnings.pay_run_by_id(run).public_id

    yield in_app(make)
    transfers.install(None)


def test_the_cashier_takes_the_list_for_the_bank(worker, run):
    page = f"/desk/pay-runs/{run}"
    luo_ping = worker(Role.CASHIER)
    assert "尾号 0018" in words(luo_ping.open(page))
    envelopes = words(luo_ping.open(f"{page}/cash"))
    assert "陈明珍" in envelopes
    assert "王秀兰" not in envelopes
    assert "bank-list" not in words(worker().open(page))
    worker().send(f"{page}/bank-list/csv", via=page, status=403)

    table = words(luo_ping.send(f"{page}/bank-list/csv", via=page, status=200)).splitlines()

    assert table[1].split(",")[1:5] == ["王秀兰", DIGITS, "农业银行城口支行", "508.20"]
    assert len(table) == 2


def test_the_workbook_has_the_columns_of_the_bank(worker, run):
    page = f"/desk/pay-runs/{run}"

    answer = worker(Role.CASHIER).send(f"{page}/bank-list/icbc", via=page, status=200)

    head, line = load_workbook(io.BytesIO(answer.data))["批量支付"].iter_rows(values_only=True)
    said = dict(zip(head, line, strict=True))
    assert len(head) == 19
    assert said["币种"] == "RMB"
    assert said["收款账号"] == DIGITS
    assert said["金额"] == "508.20"
    assert said["付款账号/卡号"] == "622200001111"
    assert said["付款账号名称/卡名称"] == "灯梁合作社"


def test_accounts_are_nobodys_business_beside_pay(worker, in_app, wang):
    in_app(lambda: an_account(member_id=wang.id))
    for role in (Role.CASHIER, Role.INSPECTOR, Role.WORKSHOP_LEAD):
        worker(role).open(LIST, status=403)
    far = worker(Role.BOOKKEEPER, at=in_app(lambda: a_room(CIZHU)))

    assert "0018" not in words(far.open(LIST))
