from __future__ import annotations

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from shop.accounts import queries as accounts
from shop.accounts.rules import Role
from shop.earnings import queries as earnings
from shop.earnings.netting import AdjustmentKind
from shop.earnings.rules import EarningKind, PayoutState, PayRunState
from shop.kernel import events
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.stations import queries as stations
from shop.web.backoffice import pay_record
from tests.builders.accounts import a_social_worker
from tests.builders.earnings import AFTER_JULY, a_deduction, an_earning
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def her_wage(in_app, clock):
    """Wang Xiulan earned 508.20 in July; it is the day after the period."""
    clock.now = AFTER_JULY

    def make():
        member = a_member()
        an_earning(member_id=member)
        return member

    return in_app(make)


def runs(in_app):
    return in_app(lambda: earnings.pay_runs(EVERYWHERE))


def drawn_up(worker):
    zhou_min = worker()
    zhou_min.send("/desk/pay-runs", {"workshop_slug": "dengliang", "period_end_on": "2026-07-20"})
    return zhou_min


def approved(worker, in_app):
    drawn_up(worker)
    (run,) = runs(in_app)
    page = f"/desk/pay-runs/{run.public_id}"
    worker(Role.BOOKKEEPER).send(f"{page}/yes", via=page)
    return page


def test_three_people_pay_a_member_and_the_run_is_closed(worker, in_app, her_wage):
    page = approved(worker, in_app)
    luo_ping = worker(Role.CASHIER)
    witness = in_app(lambda: accounts.user_by_id(a_social_worker().user_id).public_id)
    (slip,) = in_app(lambda: earnings.slips(earnings.pay_runs(EVERYWHERE)[0].id))

    luo_ping.send(
        f"{page}/payouts",
        {"slip": slip.public_id, "channel": "cash", "witness": witness},
        via=page,
    )

    (run,) = runs(in_app)
    assert (run.state, run.total) == (PayRunState.CLOSED, Money(50820))
    pots = in_app(lambda: earnings.pots(her_wage, now=AFTER_JULY))
    assert (pots.sure, pots.paid) == (Money(0), Money(50820))


def test_a_wechat_transfer_waits_for_her_comes_back_and_is_paid_anew(
    worker, in_app, clock, her_wage
):
    page = approved(worker, in_app)
    luo_ping = worker(Role.CASHIER)
    (slip,) = in_app(lambda: earnings.slips(earnings.pay_runs(EVERYWHERE)[0].id))
    hers = {"slip": slip.public_id, "channel": "wechat", "witness": ""}

    def state():
        return in_app(lambda: earnings.slips(slip.pay_run_id)[0].state)

    for _ in range(2):  # a double tap on "sent" never says that she has confirmed it
        luo_ping.send(f"{page}/payouts", hers, via=page)
        assert state() is PayoutState.SENDING
    assert "待本人确认" in words(luo_ping.open(page))
    cash = hers | {"channel": "bank"}
    luo_ping.send(f"{page}/payouts", cash, via=page, status=409)
    clock.now = AFTER_JULY + timedelta(hours=25)
    luo_ping = worker(Role.CASHIER)
    assert "超过 24 小时的微信转账" in words(luo_ping.open("/desk"))
    assert "请在手机上核实" in words(luo_ping.open(page))

    luo_ping.send(f"{page}/transfer-returned", {"slip": slip.public_id}, via=page)
    assert state() is PayoutState.RETURNED
    luo_ping.send(f"{page}/payouts", hers, via=page)
    for _ in range(2):
        luo_ping.send(f"{page}/transfer-confirmed", {"slip": slip.public_id}, via=page)

    assert state() is PayoutState.PAID
    luo_ping.send(f"{page}/payouts", hers, via=page, status=409)
    luo_ping.send(f"{page}/transfer-returned", {"slip": "slp_NOBODY00"}, via=page, status=422)
    assert in_app(lambda: earnings.pots(her_wage, now=clock.now)).paid == Money(50820)


def test_a_small_sum_waits_unless_she_asks_for_it(worker, in_app, clock):
    clock.now = AFTER_JULY

    def two_small_sums():
        asks, waits = a_member(), a_member(name="陈明珍")
        an_earning(member_id=asks, fen=4900)
        an_earning(member_id=waits, fen=4900)
        return stations.member(asks).public_id

    asks = in_app(two_small_sums)

    worker().send(
        "/desk/pay-runs",
        {"workshop_slug": "dengliang", "period_end_on": "2026-07-20", "pay_anyway": [asks]},
    )

    slips = in_app(lambda: earnings.slips(earnings.pay_runs(EVERYWHERE)[0].id))
    assert {slip.member_name: slip.state for slip in slips} == {
        "王秀兰": PayoutState.PENDING,
        "陈明珍": PayoutState.CARRIED,
    }


def test_whoever_draws_a_run_up_does_not_approve_it(worker, in_app, her_wage):
    xiao_hong = worker(Role.BOOKKEEPER)
    xiao_hong.send("/desk/pay-runs", {"workshop_slug": "dengliang", "period_end_on": "2026-07-20"})
    (run,) = runs(in_app)
    page = f"/desk/pay-runs/{run.public_id}"

    token = xiao_hong.token("/desk/pay-runs")
    sent = xiao_hong.client.post(f"{page}/yes", data={"csrf_token": token})

    assert sent.status_code in {403, 409}
    assert "/yes" not in words(xiao_hong.open(page))
    assert runs(in_app)[0].state is PayRunState.DRAFT


@pytest.mark.parametrize("witness", ["", "herself", "nobody-known"])
def test_cash_leaves_only_before_the_eyes_of_a_second_person(worker, in_app, her_wage, witness):
    page = approved(worker, in_app)
    luo_ping = worker(Role.CASHIER)
    own = in_app(lambda: accounts.user_by_id(luo_ping.who.user_id).public_id)
    (slip,) = in_app(lambda: earnings.slips(earnings.pay_runs(EVERYWHERE)[0].id))

    refused = luo_ping.send(
        f"{page}/payouts",
        {
            "slip": slip.public_id,
            "channel": "cash",
            "witness": own if witness == "herself" else witness,
        },
        via=page,
        status=422,
    )

    assert f'value="{slip.public_id}"' in words(refused)
    (waiting,) = in_app(lambda: earnings.slips(earnings.pay_runs(EVERYWHERE)[0].id))
    assert waiting.state is PayoutState.PENDING


def test_the_slip_tells_every_amount_and_the_sum_in_words(worker, in_app, her_wage):
    drawn_up(worker)
    (run,) = runs(in_app)

    paper = words(worker().open(f"/desk/pay-runs/{run.public_id}/slips"))

    assert "人民币伍佰零捌元贰角" in paper
    assert "46.20" in paper
    assert "王秀兰" in paper


def test_a_period_that_is_not_over_cannot_be_paid(worker, in_app, her_wage):
    zhou_min = worker()

    zhou_min.send(
        "/desk/pay-runs",
        {"workshop_slug": "dengliang", "period_end_on": "2026-08-05"},
        status=422,
    )

    assert runs(in_app) == []


@pytest.mark.parametrize("role", [Role.WORKSHOP_LEAD, Role.INSPECTOR, Role.INSTRUCTOR])
def test_what_other_women_earn_is_not_shown_to_everybody_at_the_desk(
    worker, in_app, her_wage, role
):
    drawn_up(worker)
    (run,) = runs(in_app)
    somebody = worker(role)

    somebody.open("/desk/pay-runs", status=403)
    somebody.open(f"/desk/pay-runs/{run.public_id}", status=403)
    somebody.open(f"/desk/pay-runs/{run.public_id}/slips", status=403)


def test_runs_of_another_village_are_not_there(worker, in_app, clock):
    clock.now = AFTER_JULY

    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        an_earning(member_id=a_member(workshop_id=other))

    in_app(elsewhere)
    peng_li = worker(at=in_app(lambda: a_room(CIZHU)))
    peng_li.send("/desk/pay-runs", {"workshop_slug": "cizhu", "period_end_on": "2026-07-20"})
    (run,) = runs(in_app)
    zhou_min = worker()

    zhou_min.open(f"/desk/pay-runs/{run.public_id}", status=404)
    assert run.public_id not in words(zhou_min.open("/desk/pay-runs"))


def test_the_cash_sheet_names_notes_and_whoever_has_not_been_paid(worker, in_app, her_wage):
    li = in_app(lambda: a_member(name="李桂芳"))
    in_app(lambda: an_earning(member_id=li, fen=8008))
    page = approved(worker, in_app)
    luo_ping = worker(Role.CASHIER)

    sheet = words(luo_ping.open(f"{page}/cash"))
    assert "人民币伍佰捌拾捌元贰角捌分" in sheet
    assert "5 × 100, 1 × 5, 3 × 1, 2 × 0.1" in sheet
    assert "李桂芳" in sheet
    run = runs(in_app)[0]
    slip = next(one for one in in_app(lambda: earnings.slips(run.id)) if one.member_id == li)
    luo_ping.send(
        f"{page}/payouts", {"slip": slip.public_id, "channel": "bank", "witness": ""}, via=page
    )

    sheet = words(luo_ping.open(f"{page}/cash"))
    assert "人民币伍佰零捌元贰角" in sheet
    assert "李桂芳" not in sheet
    worker(Role.INSPECTOR).open(f"{page}/cash", status=403)


def test_the_wage_record_names_what_was_earned_taken_and_paid_to_the_fen(worker, in_app, her_wage):
    def more():
        an_earning(member_id=her_wage, fen=24000, kind=EarningKind.INSTRUCTOR_FEE)
        a_deduction(member_id=her_wage, agrees=True)
        an_earning(member_id=a_member(name="=陈明珍"), fen=2310)

    in_app(more)
    page = approved(worker, in_app)
    luo_ping = worker(Role.CASHIER)
    wang = next(
        one
        for one in in_app(lambda: earnings.slips(earnings.pay_runs(EVERYWHERE)[0].id))
        if one.member_id == her_wage
    )
    payout = {"slip": wang.public_id, "channel": "bank", "witness": ""}
    luo_ping.send(f"{page}/payouts", payout, via=page)

    luo_ping.open(f"{page}?lang=en")
    answer = luo_ping.send(f"{page}/record.csv", via=page, status=200)

    assert (
        answer.headers["Content-Disposition"]
        == 'attachment; filename="pay-dengliang-2026-07-25.csv"'
    )
    head, *rows = csv.reader(io.StringIO(words(answer).removeprefix("\ufeff")))
    record = {row[head.index("Name")]: dict(zip(head, row, strict=True)) for row in rows}
    hers, carried = record["王秀兰"], record["'=陈明珍"]
    sums = ["Pay for pieces", "Shares of sales", "Hosting", "Back pay", "Earned"]
    assert [hers[one] for one in sums] == ["508.20", "0.00", "240.00", "0.00", "748.20"]
    sums = ["Advance", "Tools", "Material", "Too much written", "Net pay", "Carried over"]
    assert [hers[one] for one in sums] == ["0.00", "6.00", "0.00", "0.00", "742.20", "0.00"]
    assert (hers["How"], hers["State"], hers["Who saw it"]) == ("Bank", "Paid out", "")
    assert (hers["Accepted until"], hers["Pay day"]) == ("2026-07-20", "2026-07-25")
    assert hers["Paid at"] == f"{AFTER_JULY.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    assert hers["Paid by"]
    sums = ["Pay for pieces", "Earned", "Net pay", "Carried over", "How"]
    assert [carried[one] for one in sums] == ["0.00", "0.00", "0.00", "23.10", ""]
    run = in_app(lambda: earnings.pay_runs(EVERYWHERE)[0].id)
    taken = in_app(lambda: events.history(f"pay_run:{run}", kinds=["WageRecordTaken"]))
    assert len(taken) == 1
    assert taken[0].actor_id
    worker(Role.INSPECTOR).send(f"{page}/record.csv", via="/desk", status=404)


def test_every_kind_of_earning_and_taking_has_its_column_in_the_record():
    columns = [kind for kinds in pay_record.EARNED for kind in kinds]
    assert sorted(columns) == sorted(EarningKind)
    assert {*pay_record.TAKEN, AdjustmentKind.BACK_PAY} == set(AdjustmentKind)
