from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.earnings import checks as earning_checks
from shop.earnings import queries as earnings
from shop.earnings.rules import EarningKind, PayChannel
from shop.funds import checks, queries
from shop.funds import services as funds
from shop.funds.models import FundReceipt
from shop.funds.rules import SheetState
from shop.funds.services import (
    DayTaken,
    FormReused,
    MoreThanLeft,
    NameMissing,
    NobodyCame,
    NotYet,
    NumberTaken,
    OtherPerson,
    OutsideProject,
    SheetDone,
    SumMissing,
    WrongPeriod,
)
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.i18n import amount_in_words
from shop.kernel.money import Money
from shop.ledger import checks as ledger_checks
from shop.ledger import queries as ledger
from shop.production import queries as making
from shop.workflows import adjusting, funding
from shop.workflows.paying import record_payout
from tests.builders.accounts import (
    a_bookkeeper,
    a_cashier,
    a_social_worker,
    an_actor,
    an_inspector,
)
from tests.builders.earnings import ACCEPTED, AFTER_JULY, a_deduction, a_pay_run, an_earning
from tests.builders.funds import TRAINING, a_project, a_sheet
from tests.builders.production import a_craft, a_work_order
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def findings():
    rooms = (*checks.CHECKS, *earning_checks.CHECKS, *ledger_checks.CHECKS)
    return [finding for check in rooms for finding in check.run()]


def view(project):
    return next(one for one in queries.projects(EVERYWHERE) if one.id == project)


def sheets(project):
    return [(one.paper, one.state) for one in queries.sheets(project)]


def open_again(**changes):
    said = {
        "workshop_id": a_workshop(),
        "number": "P-03",
        "title": "编织技能提升",
        "title_en": "",
        "funder": "城口县民政局",
        "day_rate": Money(5000),
        "starts_on": date(2026, 7, 1),
        "ends_on": date(2026, 7, 31),
        "actor": a_social_worker(),
        "now": AFTER_JULY,
    }
    return funds.open_project(**said | changes)


def receive(project, *, fen=100, day=date(2026, 7, 2), key="more", **more):
    return funding.receive(
        project_id=project,
        amount=Money(fen),
        paper=more.pop("paper", "B-0702"),
        received_on=day,
        key=key,
        actor=more.pop("actor", None) or a_social_worker(),
        now=AFTER_JULY,
    )


def propose(project, attended, *, paper="Q-02", key="sheet", actor=None):
    return funds.propose_sheet(
        project_id=project,
        paper=paper,
        attended=attended,
        key=key,
        actor=actor or a_social_worker(),
        now=AFTER_JULY,
    )


def test_the_slip_of_25_july_is_that_of_the_worked_example_to_the_fen(app):
    wang, workshop = a_member(), a_workshop()
    work = a_work_order(
        now=ACCEPTED - timedelta(days=8), craft=a_craft(minutes=40), member_id=wang, quantity=30
    )
    advance = adjusting.propose_advance(
        member_id=wang,
        work_order_public_id=making.work_order_public_id(work),
        amount=Money(20000),
        key="advance",
        actor=a_social_worker(),
        now=ACCEPTED,
    )
    adjusting.agree(adjustment_id=advance, actor=a_bookkeeper(), now=ACCEPTED)
    adjusting.pay_advance(
        adjustment_id=advance, channel=PayChannel.BANK, actor=a_cashier(), now=ACCEPTED
    )
    for fen in (54054, 46200):
        an_earning(member_id=wang, fen=fen)
    for session in (1, 2):
        an_earning(
            member_id=wang,
            fen=12000,
            kind=EarningKind.INSTRUCTOR_FEE,
            key=f"session:{session}:instructor",
        )
    a_deduction(member_id=wang, agrees=True)
    project = a_project(workshop_id=workshop, now=ACCEPTED)
    sheet = a_sheet(project_id=project, attended={wang: TRAINING}, now=ACCEPTED)
    assert ledger.balance(f"wages_payable:member:{wang}") == Money(139254)

    run = a_pay_run(workshop_id=workshop)
    (slip,) = earnings.slips(run)

    assert (slip.gross, slip.amount) == (Money(139254), Money(118654))
    assert amount_in_words(slip.amount) == "人民币壹仟壹佰捌拾陆元伍角肆分"
    paid = record_payout(
        pay_slip_id=slip.id, channel=PayChannel.BANK, actor=a_cashier(), now=AFTER_JULY
    )
    assert paid == Money(118654)
    (booked,) = ledger.entries_of(f"allowance:{sheet}")
    assert {line.account_key: line.amount.minor for line in booked.lines} == {
        f"project_fund:project:{project}": -15000,
        f"wages_payable:member:{wang}": 15000,
    }
    (payout,) = ledger.entries_of(f"pay_slip:{slip.id}")
    assert {line.account_key: line.amount.minor for line in payout.lines} == {
        f"wages_payable:member:{wang}": -139254,
        f"bank:{workshop}": 118654,
        f"advance:member:{wang}": 20000,
        f"tools_recovered:{workshop}": 600,
    }
    assert findings() == []


def test_an_allowance_is_not_pay_for_work_when_a_deduction_is_measured(app):
    wang, workshop = a_member(), a_workshop()
    a_sheet(
        project_id=a_project(workshop_id=workshop, now=ACCEPTED),
        attended={wang: TRAINING},
        now=ACCEPTED,
    )
    an_earning(member_id=wang, fen=10000)
    a_deduction(member_id=wang, fen=4000, agrees=True)

    # A fifth of 100.00 for work, not of 250.00.
    before = earnings.pots(wang, now=ACCEPTED)
    (slip,) = earnings.slips(a_pay_run(workshop_id=workshop))

    assert (before.sure, before.taken) == (Money(23000), Money(2000))
    assert (slip.gross, slip.amount) == (Money(25000), Money(23000))
    assert findings() == []


def test_project_money_is_set_aside_at_once_and_booked_when_agreed(app):
    wang, chen = a_member(), a_member(name="陈明珍")
    project = a_project(workshop_id=a_workshop())
    sheet = a_sheet(
        project_id=project, attended={wang: TRAINING, chen: TRAINING[:1]}, is_agreed=False
    )

    waiting = view(project)
    assert (waiting.set_aside, waiting.spent, waiting.left) == (
        Money(20000),
        Money(0),
        Money(180000),
    )
    assert ledger.balance(f"project_fund:project:{project}") == Money(200000)
    assert len(queries.sheets_waiting(EVERYWHERE)) == 1
    for _ in range(2):
        funding.agree(sheet_id=sheet, actor=a_bookkeeper(), now=AFTER_JULY)

    agreed = view(project)
    assert (agreed.set_aside, agreed.spent, agreed.left) == (Money(0), Money(20000), Money(180000))
    assert ledger.balance(f"project_fund:project:{project}") == Money(180000)
    assert ledger.balance(f"wages_payable:member:{chen}") == Money(5000)
    assert queries.sheets_waiting(EVERYWHERE) == []
    with pytest.raises(SheetDone):
        funds.refuse(sheet_id=sheet, actor=a_bookkeeper(), now=AFTER_JULY)
    assert findings() == []


def test_a_project_spends_no_more_than_came_in(app):
    wang = a_member()
    project = a_project(workshop_id=a_workshop(), fen=10000)
    with pytest.raises(MoreThanLeft) as refused:
        propose(project, {wang: TRAINING})
    assert refused.value.details["left"] == Money(10000)

    receive(project, fen=5000)
    propose(project, {wang: TRAINING})

    with pytest.raises(MoreThanLeft):
        propose(project, {wang: [date(2026, 7, 16)]}, key="other")
    assert view(project).left == Money(0)
    assert findings() == []


def test_one_day_of_hers_counts_once_whoever_pays_for_it(app):
    wang, chen = a_member(), a_member(name="陈明珍")
    first, other = (
        a_project(workshop_id=a_workshop(), number=number) for number in ("P-03", "P-04")
    )
    sheet = a_sheet(project_id=first, attended={wang: TRAINING}, is_agreed=False)
    with pytest.raises(DayTaken) as refused:
        propose(other, {wang: [TRAINING[2]], chen: TRAINING})
    assert refused.value.details == {"who": "王秀兰", "day": TRAINING[2]}
    assert sheets(other) == []

    assert funds.refuse(sheet_id=sheet, actor=a_social_worker(), now=AFTER_JULY)
    assert not funds.refuse(sheet_id=sheet, actor=a_social_worker(), now=AFTER_JULY)
    propose(other, {wang: [TRAINING[2]], chen: TRAINING})

    assert sheets(first) == [("Q-01", SheetState.REFUSED)]
    assert view(first).left == Money(200000)
    with pytest.raises(SheetDone):
        funding.agree(sheet_id=sheet, actor=a_bookkeeper(), now=AFTER_JULY)
    assert findings() == []


def test_a_form_sent_twice_is_one_sheet_and_another_under_its_key_is_refused(app):
    wang = a_member()
    project = a_project(workshop_id=a_workshop())
    sheet = propose(project, {wang: TRAINING})

    assert propose(project, {wang: TRAINING}) == sheet
    for attended, paper in (({wang: TRAINING[:2]}, "Q-02"), ({wang: TRAINING}, "Q-03")):
        with pytest.raises(FormReused):
            propose(project, attended, paper=paper)
    receipt = receive(project)
    assert receive(project) == receipt
    with pytest.raises(FormReused):
        receive(project, fen=200)
    assert view(project).received == Money(200100)
    assert findings() == []


def test_what_is_not_true_is_refused_by_name(app):
    wang, workshop = a_member(), a_workshop()
    stranger = a_member(
        workshop_id=a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
    )
    project = a_project(workshop_id=workshop)
    for refusal, attended in (
        (NobodyCame, {}),
        (NobodyCame, {wang: []}),
        (NotYet, {wang: [date(2026, 7, 24)]}),
        (OutsideProject, {wang: [date(2026, 6, 30)]}),
        (OutsideProject, {stranger: TRAINING}),
        (OutsideProject, {999_999: TRAINING}),
    ):
        with pytest.raises(refusal):
            propose(project, attended)
    with pytest.raises(NameMissing):
        propose(project, {wang: TRAINING}, paper=" ")
    for refusal, wrong in (
        (SumMissing, {"fen": 0}),
        (SumMissing, {"fen": -5}),
        (NameMissing, {"paper": " "}),
        (NotYet, {"day": date(2026, 7, 24)}),
    ):
        with pytest.raises(refusal):
            receive(project, **wrong)
    for refusal, wrong in (
        (NameMissing, {"number": " "}),
        (NameMissing, {"funder": ""}),
        (SumMissing, {"day_rate": Money(0)}),
        (WrongPeriod, {"ends_on": date(2026, 6, 30)}),
        (NumberTaken, {"day_rate": Money(6000)}),
    ):
        with pytest.raises(refusal):
            open_again(**wrong)
    same = open_again(title_en="Better weaving")
    assert same == view(project).public_id
    assert (sheets(project), len(queries.receipts(project))) == ([], 1)
    with pytest.raises(NotFound):
        propose(999, {wang: TRAINING})


def test_a_second_person_agrees_who_is_not_paid_by_it(app):
    wang, chen = a_member(), a_member(name="陈明珍")
    project = a_project(workshop_id=a_workshop())
    writer = a_bookkeeper()
    sheet = a_sheet(project_id=project, attended={wang: TRAINING}, is_agreed=False, actor=writer)
    herself = an_actor(Role.BOOKKEEPER, at=a_room(), member_id=wang)
    far = an_actor(Role.BOOKKEEPER, at=a_room(CIZHU))
    for refusal, actor in (
        (OtherPerson, writer),
        (OtherPerson, herself),
        (Forbidden, an_inspector()),
        (Forbidden, a_cashier()),
        (OutOfReach, far),
    ):
        with pytest.raises(refusal):
            funding.agree(sheet_id=sheet, actor=actor, now=AFTER_JULY)
    for refusal, actor in (
        (Forbidden, an_inspector()),
        (Forbidden, a_cashier()),
        (OutOfReach, far),
    ):
        with pytest.raises(refusal):
            funds.refuse(sheet_id=sheet, actor=actor, now=AFTER_JULY)
        with pytest.raises(refusal):
            propose(project, {chen: TRAINING}, actor=actor)
        with pytest.raises(refusal):
            receive(project, actor=actor)
        with pytest.raises(refusal):
            open_again(number="P-09", actor=actor)
    assert view(project).spent == Money(0)


def test_a_receipt_written_by_mistake_leaves_the_books_by_a_second_person(app):
    wang, writer = a_member(), a_social_worker()
    project = a_project(workshop_id=a_workshop())
    wrong = receive(project, fen=20000, actor=writer)
    for refusal, actor in ((Forbidden, writer), (Forbidden, a_cashier())):
        with pytest.raises(refusal):
            funding.withdraw_receipt(receipt_id=wrong, actor=actor, now=AFTER_JULY)
    both = a_bookkeeper()
    own = receive(project, fen=300, actor=both, key="own")
    with pytest.raises(OtherPerson):
        funding.withdraw_receipt(receipt_id=own, actor=both, now=AFTER_JULY)

    for _ in range(2):
        funding.withdraw_receipt(receipt_id=wrong, actor=a_bookkeeper(), now=AFTER_JULY)

    assert view(project).received == Money(200300)
    assert ledger.balance(f"project_fund:project:{project}") == Money(200300)
    a_sheet(project_id=project, attended={wang: TRAINING}, is_agreed=False)
    first = db.session.scalar(sa.select(sa.func.min(FundReceipt.id)))
    with pytest.raises(MoreThanLeft):
        funding.withdraw_receipt(receipt_id=first, actor=a_bookkeeper(), now=AFTER_JULY)
    with pytest.raises(NotFound):
        funding.withdraw_receipt(receipt_id=999, actor=a_bookkeeper(), now=AFTER_JULY)
    assert findings() == []
