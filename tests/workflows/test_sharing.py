from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.earnings import adjustments, checks, years
from shop.earnings import queries as earnings
from shop.earnings.models import Earning, YearPlan
from shop.earnings.netting import AdjustmentKind
from shop.earnings.rules import EarningKind, PayChannel, YearState
from shop.earnings.services import TwoPeople
from shop.earnings.surplus import MemberAccount
from shop.earnings.years import (
    MeetingNotHeld,
    MeetingTooSoon,
    NobodyWorked,
    NotAgreed,
    NothingToShare,
    TooLittleByWork,
    YearDone,
    YearNotOver,
)
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.ledger import checks as ledger_checks
from shop.ledger import queries as ledger
from shop.workflows import adjusting, sharing
from shop.workflows.paying import confirm_pay_run, record_payout
from tests.builders.accounts import (
    a_bookkeeper,
    a_cashier,
    a_social_worker,
    an_actor,
    an_inspector,
)
from tests.builders.earnings import a_pay_run, an_earning
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
IN_2026 = datetime(2026, 7, 18, 3, 0, tzinfo=UTC)
IN_2027 = datetime(2027, 1, 10, 3, 0, tzinfo=UTC)
MEETING = date(2027, 1, 25)
AT_MEETING = datetime(2027, 1, 25, 6, 0, tzinfo=UTC)
E17 = (
    ("王秀兰", 1_423_860, 31_020),
    ("李桂芳", 987_030, 21_540),
    ("陈明珍", 612_045, 13_305),
    ("刘小琴", 377_065, 8_135),
)


def findings():
    return [finding for check in (*checks.CHECKS, *ledger_checks.CHECKS) for finding in check.run()]


@pytest.fixture
def women(app):
    """Return the four members of E17 with their work of 2026 and their accounts before it."""
    return the_women()


def the_women():
    found = {}
    for name, patronage, reserve in E17:
        member = a_member(name=name)
        an_earning(member_id=member, fen=patronage, at=IN_2026)
        found[member] = MemberAccount(Money(50_000), Money(reserve), Money(100_000))
    return found


def draw_up(accounts, **changes):
    said = {
        "workshop_id": a_workshop(),
        "year": 2026,
        "surplus_of_year": Money(1_860_000),
        "old_loss": Money(60_000),
        "reserve_percent": 10,
        "patronage_percent": 70,
        "accounts": accounts,
        "actor": None,
        "now": IN_2027,
    } | changes
    said["actor"] = said["actor"] or a_social_worker()
    return plan_id(years.draw_up(**said))


def plan_id(public_id):
    return db.session.scalar(sa.select(YearPlan.id).where(YearPlan.public_id == public_id))


def open_papers(plan, *, meeting_on=MEETING, actor=None, now=IN_2027):
    return years.open_papers(
        plan_id=plan, meeting_on=meeting_on, actor=actor or a_bookkeeper(), now=now
    )


def decide(plan, *, votes=(4, 0), words="", actor=None, now=AT_MEETING):
    sharing.decide(
        plan_id=plan,
        votes_for=votes[0],
        votes_against=votes[1],
        words=words,
        actor=actor or a_bookkeeper(),
        now=now,
    )


def state(plan):
    return db.session.scalar(
        sa.select(YearPlan.state)
        .where(YearPlan.id == plan)
        .execution_options(populate_existing=True)
    )


def test_the_year_of_the_worked_example_is_decided_booked_and_paid(women):
    plan = draw_up(women)
    open_papers(plan)
    bookkeeper = a_bookkeeper()
    for _ in range(2):
        decide(plan, votes=(3, 1), words="陈明珍想多留公积金", actor=bookkeeper)

    workshop = a_workshop()
    booked = {one.kind: one for one in ledger.entries_of(f"year:{plan}")}
    assert {one.account_key: one.amount.minor for one in booked["surplus"].lines} == {
        f"surplus:{workshop}": -1_860_000,
        f"old_loss:{workshop}": 60_000,
        f"reserve:{workshop}": 180_000,
        f"patronage_payable:{workshop}": 1_134_000,
        f"account_share_payable:{workshop}": 486_000,
    }
    assert ledger.balance(f"patronage_payable:{workshop}") == Money(0)
    wang = next(iter(women))
    assert ledger.balance(f"wages_payable:member:{wang}") == Money(1_423_860 + 605_427)
    after = years.account_after(workshop, before_year=2027)
    assert after[wang] == MemberAccount(Money(50_000), Money(31_020 + 75_381), Money(100_000))

    run = a_pay_run(
        workshop_id=workshop,
        period_end_on=date(2027, 2, 5),
        now=datetime(2027, 2, 8, 1, 0, tzinfo=UTC),
    )
    confirm_pay_run(
        pay_run_id=run,
        actor=an_actor(Role.TOWN_SUPERVISOR),
        now=datetime(2027, 2, 8, 2, 0, tzinfo=UTC),
    )
    slips = {slip.member_id: slip for slip in earnings.slips(run)}
    assert slips[wang].amount == Money(1_423_860 + 605_427)
    record_payout(
        pay_slip_id=slips[wang].id,
        channel=PayChannel.BANK,
        actor=a_cashier(),
        now=datetime(2027, 2, 9, 1, 0, tzinfo=UTC),
    )
    lines = earnings.slip_lines(slips[wang].id, zone="Asia/Shanghai")
    assert [line.amount.minor for line in lines] == [1_423_860, 474_899, 130_528]
    assert lines[1].sentence.blanks["hers"] == Money(1_423_860)
    assert lines[1].sentence.blanks["all"] == Money(3_400_000)
    assert findings() == []


def test_patronage_is_the_accepted_pay_of_members_in_the_year(app):
    wang, guest = a_member(), a_member(name="向红英")
    outside = sa.text("UPDATE members SET is_coop_member = FALSE WHERE id = :id")
    db.session.execute(outside, {"id": guest})
    db.session.commit()
    an_earning(member_id=guest)
    counted = an_earning(member_id=wang, fen=10000, at=datetime(2025, 12, 31, 16, 0, tzinfo=UTC))
    an_earning(member_id=wang, fen=500, kind=EarningKind.INSTRUCTOR_FEE, key="session:1:i")
    an_earning(member_id=wang, fen=7, at=datetime(2025, 12, 31, 15, 59, tzinfo=UTC))
    an_earning(member_id=wang, fen=9, at=datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    an_earning(member_id=wang, fen=11, kind=EarningKind.PROJECT_ALLOWANCE, key="allowance:1:m")
    noted = adjustments.propose_correction(
        kind=AdjustmentKind.OVERPAYMENT,
        member_id=wang,
        earning_public_id=db.session.scalar(
            sa.select(Earning.public_id).where(Earning.id == counted)
        ),
        amount=Money(1000),
        reason="数重了",
        key="correct",
        actor=a_social_worker(),
        now=datetime(2026, 2, 1, 3, 0, tzinfo=UTC),
    )
    assert years.patronage_of(a_workshop(), 2026) == {wang: Money(10500)}

    adjusting.agree(
        adjustment_id=noted, actor=a_bookkeeper(), now=datetime(2026, 2, 1, 4, 0, tzinfo=UTC)
    )

    assert years.patronage_of(a_workshop(), 2026) == {wang: Money(9500)}


def test_a_draft_can_be_written_anew_until_its_papers_lie_open(women):
    plan = draw_up(women)
    assert draw_up(women, surplus_of_year=Money(2_000_000)) == plan
    (view,) = years.years(EVERYWHERE)
    assert view.parts.surplus == Money(2_000_000)
    assert years.shown_to(next(iter(women))) is None

    assert open_papers(plan)
    second = a_bookkeeper()
    assert not open_papers(plan, actor=second)

    for act in (
        lambda: draw_up(women),
        lambda: open_papers(plan, meeting_on=MEETING + timedelta(days=1)),
    ):
        with pytest.raises(YearDone):
            act()
    assert years.shown_to(next(iter(women)))[1].code == "001"
    assert findings() == []


def test_work_of_the_year_is_counted_once_more_when_the_papers_open(women):
    wang = next(iter(women))
    plan = draw_up(women)
    an_earning(member_id=wang, fen=100_000, at=IN_2026)

    open_papers(plan)

    assert years.shown_to(wang)[1].patronage == Money(1_523_860)
    assert findings() == []


def test_what_the_law_or_the_calendar_forbids_is_refused_by_name(women):
    for refusal, wrong in (
        (NothingToShare, {"old_loss": Money(1_860_000)}),
        (NothingToShare, {"surplus_of_year": Money(-5)}),
        (NothingToShare, {"old_loss": Money(-5)}),
        (TooLittleByWork, {"patronage_percent": 59}),
        (TooLittleByWork, {"patronage_percent": 101}),
        # 59 percent of one fen is rounded to the fen that the law wants.
        (TooLittleByWork, {"surplus_of_year": Money(60_001), "patronage_percent": 59}),
        (NothingToShare, {"reserve_percent": 100}),
        (NothingToShare, {"reserve_percent": 101}),
        (NobodyWorked, {"year": 2025}),
        (YearNotOver, {"year": 2028}),
        (YearNotOver, {"year": 1999}),
    ):
        with pytest.raises(refusal):
            draw_up(women, **wrong)
    early = draw_up(women, now=datetime(2026, 12, 20, 3, 0, tzinfo=UTC))
    with pytest.raises(YearNotOver):
        open_papers(early, now=datetime(2026, 12, 31, 3, 0, tzinfo=UTC))
    with pytest.raises(MeetingTooSoon) as refused:
        open_papers(early, meeting_on=MEETING - timedelta(days=1))
    assert refused.value.details["first"] == MEETING
    with pytest.raises(YearDone):
        decide(early)
    open_papers(early)
    with pytest.raises(MeetingNotHeld):
        decide(early, now=AT_MEETING - timedelta(days=1))
    for votes in ((2, 2), (0, 0), (1, 3), (1, -1)):
        with pytest.raises(NotAgreed):
            decide(early, votes=votes)
    with pytest.raises(NotFound):
        decide(999)
    assert state(early) is YearState.OPEN


def test_two_people_lay_the_papers_open_and_strangers_do_nothing(women):
    writer = a_bookkeeper()
    plan = draw_up(women, actor=writer)
    for refusal, actor in (
        (TwoPeople, writer),
        (Forbidden, a_social_worker()),
        (Forbidden, an_inspector()),
        (OutOfReach, a_bookkeeper(at=a_room(CIZHU))),
    ):
        with pytest.raises(refusal):
            open_papers(plan, actor=actor)
    for actor in (an_inspector(), a_cashier()):
        with pytest.raises(Forbidden):
            draw_up(women, actor=actor)
        with pytest.raises(Forbidden):
            years.drop(plan_id=plan, words="", actor=actor, now=IN_2027)
    assert state(plan) is YearState.DRAFT


def test_a_plan_the_meeting_did_not_want_is_dropped_and_another_drawn_up(women):
    plan = draw_up(women)
    open_papers(plan)
    assert years.drop(plan_id=plan, words="再算一次", actor=a_social_worker(), now=AT_MEETING)
    assert not years.drop(plan_id=plan, words="", actor=a_social_worker(), now=AT_MEETING)
    with pytest.raises(YearDone):
        decide(plan)

    again = draw_up(women, now=AT_MEETING)

    assert again != plan
    assert [one.id for one in years.years(EVERYWHERE)] == [again]
    assert findings() == []
