from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from shop.earnings import checks as earning_checks
from shop.earnings import payees, years
from shop.earnings.models import PayeeAccount
from shop.earnings.rules import PayeeState
from shop.funds import checks as fund_checks
from shop.funds import queries as funds_known
from shop.funds import services as funds
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.ledger import checks as ledger_checks
from shop.ledger import queries as ledger
from shop.workflows import funding, sharing
from tests.builders.accounts import a_bookkeeper, a_social_worker
from tests.builders.earnings import ACCEPTED, AFTER_JULY, an_account, an_earning
from tests.builders.funds import TRAINING, a_project, a_sheet
from tests.builders.stations import a_member, a_workshop

EVERYWHERE = Scope(("/",))
HANDS = 8
pytestmark = pytest.mark.usefixtures("app")


def findings():
    rooms = (*fund_checks.CHECKS, *earning_checks.CHECKS, *ledger_checks.CHECKS)
    return [finding for check in rooms for finding in check.run()]


def propose(project, member, number, actor):
    return funds.propose_sheet(
        project_id=project,
        paper=f"Q-{number}",
        attended={member: TRAINING},
        key=f"sheet-{number}",
        actor=actor,
        now=AFTER_JULY,
    )


def test_sheets_keyed_in_at_once_never_promise_the_same_money(at_once):
    members = [a_member(name=f"成员{number}") for number in range(HANDS)]
    project = a_project(workshop_id=a_workshop(), fen=20000)
    actor = a_social_worker()

    answers = at_once(lambda number: propose(project, members[number], number, actor), HANDS)

    assert Counter(map(str, answers))["funds.more_than_left"] == HANDS - 1
    (one,) = funds_known.projects(EVERYWHERE)
    assert one.left == Money(5000)
    assert findings() == []


def test_projects_at_once_never_pay_the_same_day(at_once):
    wang = a_member()
    projects = [a_project(workshop_id=a_workshop(), number=f"P-{one}") for one in range(HANDS)]
    actor = a_social_worker()

    answers = at_once(lambda number: propose(projects[number], wang, number, actor), HANDS)

    assert Counter(map(str, answers))["funds.day_taken"] == HANDS - 1
    assert sum(len(funds_known.sheets(project)) for project in projects) == 1
    assert findings() == []


def test_a_sheet_agreed_to_by_many_at_once_is_owed_once(at_once):
    wang = a_member()
    project = a_project(workshop_id=a_workshop())
    sheet = a_sheet(project_id=project, attended={wang: TRAINING}, is_agreed=False)
    actors = [a_bookkeeper() for _ in range(HANDS)]

    at_once(
        lambda number: funding.agree(sheet_id=sheet, actor=actors[number], now=AFTER_JULY), HANDS
    )

    assert ledger.balance(f"wages_payable:member:{wang}") == Money(15000)
    assert happened("AllowanceDecided") == 1
    assert findings() == []


def happened(kind):
    return db.session.scalar(
        sa.text("SELECT count(*) FROM events WHERE kind = :kind"), {"kind": kind}
    )


def test_of_accounts_agreed_to_at_once_one_stands(at_once):
    wang = a_member()
    numbers = [f"62284804025648900{number:02}" for number in range(HANDS)]
    accounts = [an_account(member_id=wang, number=one, agrees=False) for one in numbers]
    actors = [a_bookkeeper() for _ in accounts]

    answers = at_once(
        lambda number: payees.agree(
            payee_id=accounts[number],
            number=numbers[number],
            actor=actors[number],
            now=ACCEPTED,
        ),
        HANDS,
    )

    assert answers == [True] * HANDS
    states = Counter(db.session.scalars(sa.select(PayeeAccount.state)))
    assert states == {PayeeState.STANDING: 1, PayeeState.ENDED: HANDS - 1}
    assert findings() == []


def test_a_year_drawn_up_by_many_at_once_is_one_plan(at_once):
    an_earning(member_id=a_member())
    workshop, actor = a_workshop(), a_social_worker()

    answers = at_once(
        lambda _: years.draw_up(
            workshop_id=workshop,
            year=2026,
            surplus_of_year=Money(100_000),
            old_loss=Money(0),
            reserve_percent=10,
            patronage_percent=70,
            accounts={},
            actor=actor,
            now=AFTER_JULY,
        ),
        HANDS,
    )

    (plan,) = years.years(EVERYWHERE)
    assert set(answers) == {plan.public_id}


def test_a_decision_written_down_by_many_at_once_is_booked_once(at_once):
    wang = a_member()
    an_earning(member_id=wang)
    january = datetime(2027, 1, 8, 3, 0, tzinfo=UTC)
    meeting = datetime(2027, 1, 28, 3, 0, tzinfo=UTC)
    drawn_up = years.draw_up(
        workshop_id=a_workshop(),
        year=2026,
        surplus_of_year=Money(100_000),
        old_loss=Money(0),
        reserve_percent=10,
        patronage_percent=70,
        accounts={},
        actor=a_social_worker(),
        now=january,
    )
    plan = years.year(drawn_up, scope=EVERYWHERE).id
    years.open_papers(plan_id=plan, meeting_on=meeting.date(), actor=a_bookkeeper(), now=january)
    actors = [a_bookkeeper() for _ in range(HANDS)]

    at_once(
        lambda number: sharing.decide(
            plan_id=plan,
            votes_for=4,
            votes_against=0,
            words="",
            actor=actors[number],
            now=meeting,
        ),
        HANDS,
    )

    assert ledger.balance(f"wages_payable:member:{wang}") == Money(50820 + 90_000)
    assert len(ledger.entries_of(f"year:{plan}")) == 2
    assert happened("YearDecided") == 1
    assert findings() == []
