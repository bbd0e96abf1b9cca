from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.earnings import adjustments
from shop.earnings.netting import AdjustmentState
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.production import queries as making
from shop.stations import queries as stations
from tests.builders.accounts import PIN, a_maker, a_social_worker
from tests.builders.earnings import AFTER_JULY, a_deduction, a_pay_run, an_earning
from tests.builders.production import a_work_order
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
LIST = "/desk/adjustments"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def wang(in_app, clock):
    """Wang Xiulan, who earned 508.20 in July and makes twelve pairs more."""
    clock.now = AFTER_JULY

    def make():
        member = a_member()
        an_earning(member_id=member)
        work = a_work_order(now=AFTER_JULY, member_id=member)
        return stations.member(member), making.work_order_public_id(work)

    return in_app(make)


def new(member, kind):
    return f"{LIST}/new?member={member.public_id}&kind={kind}"


def waiting(in_app):
    return in_app(lambda: adjustments.waiting(EVERYWHERE))


def test_an_advance_goes_from_one_to_another_to_the_cashier(worker, in_app, wang):
    member, work = wang
    zhou_min, page = worker(), new(wang[0], "advance")
    form = {"key": "form-1", "work_order": work, "amount": "300"}
    assert "277.20" in words(zhou_min.send(page, form, via=page, status=422))
    zhou_min.send(page, form | {"amount": "277.20", "key": ""}, via=page, status=422)
    assert "277.20" in words(zhou_min.open(page))
    zhou_min.send(page, form | {"amount": "277.20"}, via=page)
    assert "没有在做的活" in words(zhou_min.open(page))
    (one,) = waiting(in_app)
    yes = f"{LIST}/{one.public_id}/yes"
    zhou_min.send(yes, via=LIST, status=403)

    worker(Role.BOOKKEEPER).send(yes, via=LIST)
    luo_ping = worker(Role.CASHIER)
    assert "王秀兰" in words(luo_ping.open(LIST))
    payout = f"{LIST}/{one.public_id}/payout"
    luo_ping.send(payout, {"channel": "wechat", "witness": ""}, via=LIST, status=422)
    luo_ping.send(payout, {"channel": "cash", "witness": ""}, via=LIST, status=422)
    for _ in range(2):
        luo_ping.send(payout, {"channel": "bank", "witness": ""}, via=LIST)

    assert in_app(lambda: ledger.balance(f"advance:member:{member.id}")) == Money(-27720)
    assert "277.20" in words(worker(Role.BOOKKEEPER).open(LIST))
    assert "已发给王秀兰" in words(luo_ping.open(LIST))
    assert "277.20" not in words(luo_ping.open(LIST))


def test_a_deduction_waits_for_her_and_a_colleague_can_note_her_yes(worker, in_app, wang):
    zhou_min, page = worker(), new(wang[0], "tool")
    form = {"key": "form-1", "item": "钩针", "paper": "", "amount": "6"}
    assert "凭单" in words(zhou_min.send(page, form, via=page, status=422))
    zhou_min.send(page, form | {"paper": "K-0718"}, via=page)
    (one,) = waiting(in_app)
    assert "等她本人同意" in words(zhou_min.open(LIST))
    assert "念给她听" not in words(zhou_min.open(LIST))
    zhou_min.send(f"{LIST}/{one.public_id}/yes", via=LIST, status=409)

    he_qing = worker()
    assert "念给她听" in words(he_qing.open(LIST))
    he_qing.send(f"{LIST}/{one.public_id}/yes", via=LIST)

    (stands,) = in_app(lambda: adjustments.standing(EVERYWHERE))
    assert (stands.on_behalf, stands.left) == (True, Money(600))
    he_qing.send(f"{LIST}/{one.public_id}/no", {"words": ""}, via=LIST, status=409)


@pytest.mark.parametrize(("kind", "balance"), [("back_pay", 53900), ("overpayment", 47740)])
def test_a_correction_is_booked_when_the_second_person_agrees(worker, in_app, wang, kind, balance):
    member, _ = wang
    zhou_min, page = worker(), new(member, kind)
    (earning,) = [line for line in words(zhou_min.open(page)).split('"') if line.startswith("ern_")]
    form = {"key": "form-1", "earning": earning, "reason": "数错两个", "amount": "30.80"}
    zhou_min.send(page, form, via=page)
    (one,) = waiting(in_app)

    for _ in range(2):
        worker(Role.BOOKKEEPER).send(f"{LIST}/{one.public_id}/yes", via=LIST)

    assert in_app(lambda: ledger.balance(f"wages_payable:member:{member.id}")) == Money(balance)


def test_a_withdrawn_one_changes_nothing(worker, in_app, wang):
    one = in_app(lambda: a_deduction(member_id=wang[0].id))
    public_id = waiting(in_app)[0].public_id

    worker(Role.BOOKKEEPER).send(f"{LIST}/{public_id}/no", {"words": "找到了"}, via=LIST)

    assert waiting(in_app) == []
    assert in_app(lambda: adjustments.of_member(wang[0].id)) == []
    assert one


def test_whoever_has_nothing_to_do_with_it_sees_nothing(worker, in_app, wang):
    for role in (Role.INSTRUCTOR, Role.INSPECTOR, Role.WORKSHOP_LEAD):
        worker(role).open(LIST, status=403)
    elsewhere = worker(at=in_app(lambda: a_room(CIZHU)))
    in_app(lambda: a_deduction(member_id=wang[0].id))

    assert "王秀兰" not in words(elsewhere.open(LIST))
    elsewhere.open(new(wang[0], "tool"), status=404)
    elsewhere.send(f"{LIST}/{waiting(in_app)[0].public_id}/no", via=LIST, status=404)


def test_the_cashier_sees_only_what_can_be_handed_out(worker, in_app, wang):
    in_app(lambda: a_deduction(member_id=wang[0].id))
    in_app(lambda: a_deduction(member_id=wang[0].id, item="剪刀", agrees=True))

    page = words(worker(Role.CASHIER).open(LIST))

    assert "钩针" not in page
    assert "剪刀" not in page


def test_only_what_is_on_the_closed_list_can_be_noted(worker, wang):
    page = words(worker().open(f"{LIST}/new?member={wang[0].public_id}"))

    assert page.count("kind=") == 5
    assert "不罚款" in page
    assert "amount" not in words(worker().open(new(wang[0], "fine")))


def test_the_printed_slip_says_what_came_off_and_why(worker, in_app, wang):
    def run():
        a_deduction(member_id=wang[0].id, agrees=True)
        return a_pay_run(workshop_id=a_workshop(), preparer=a_social_worker())

    in_app(run)
    bookkeeper = worker(Role.BOOKKEEPER)
    public_id = words(bookkeeper.open("/desk/pay-runs")).split("/desk/pay-runs/")[1].split('"')[0]

    slip = words(bookkeeper.open(f"/desk/pay-runs/{public_id}/slips"))

    assert "人民币伍佰零贰元贰角" in slip
    assert "钩针" in slip
    assert "¥6.00" in words(bookkeeper.open(f"/desk/pay-runs/{public_id}"))


def test_she_says_yes_on_her_own_page_and_reads_her_slip(in_app, clock, wang, visitor):
    member, _ = wang
    in_app(lambda: a_maker(member_id=member.id, phone="13983720001"))
    in_app(lambda: a_deduction(member_id=member.id))
    public_id = waiting(in_app)[0].public_id
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})
    assert "您同意吗" in words(visitor.open("/member", most=26))

    answer = f"/member/adjustments/{public_id}"
    for _ in range(2):
        visitor.send(answer, {"answer": "yes"}, via="/member/slips")

    page = words(visitor.open("/member", most=26))
    assert "要从您工资里扣的" in page
    assert "502.20" in page.replace("<span>", "").replace("</span>", "")
    assert in_app(lambda: adjustments.of_member(member.id)[0].state) is AdjustmentState.STANDING
    in_app(lambda: a_pay_run(workshop_id=a_workshop()))
    slips = words(visitor.open("/member/slips"))
    mine = words(visitor.open("/member/slips/" + slips.split("/member/slips/")[1].split('"')[0]))
    assert "人民币伍佰零贰元贰角" in mine
    assert "K-0718" in mine
    assert "工资条上写着为什么扣" in words(visitor.open("/member", most=26))
    clock.now = AFTER_JULY + timedelta(days=4)
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})
    assert "还没发" in words(visitor.open("/member/slips"))


def test_she_says_no_and_nothing_comes_off(in_app, wang, visitor):
    member, _ = wang
    in_app(lambda: a_maker(member_id=member.id, phone="13983720001"))
    in_app(lambda: a_deduction(member_id=member.id))
    public_id = waiting(in_app)[0].public_id
    visitor.send("/sign-in", {"login": "13983720001", "password": PIN})

    visitor.send(f"/member/adjustments/{public_id}", {"answer": "no"}, via="/member/slips")

    assert waiting(in_app) == []
    assert "您同意吗" not in words(visitor.open("/member"))
    visitor.open("/member/slips/slp_NOBODY22", status=404)
