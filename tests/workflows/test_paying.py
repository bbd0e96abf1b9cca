from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.earnings import checks, queries
from shop.earnings import services as earnings
from shop.earnings.models import Earning, PayRun, PaySlip
from shop.earnings.rules import EarningKind, PayChannel, PayoutState, PayRunState, return_facts
from shop.kernel import events
from shop.kernel.access import Scope
from shop.kernel.db import db, transaction
from shop.kernel.errors import Conflict, Forbidden, NotFound, OutOfReach
from shop.kernel.i18n import amount_in_words
from shop.kernel.money import Money
from shop.ledger import checks as ledger_checks
from shop.ledger import queries as ledger
from shop.ledger.models import Entry
from shop.production.rules import Verdict
from shop.workflows.making import accept_hand_in
from shop.workflows.paying import (
    approve_pay_run,
    confirm_pay_run,
    note_returned,
    prepare_pay_run,
    record_payout,
    send_back_pay_run,
    send_transfer,
)
from tests.builders.accounts import (
    a_bookkeeper,
    a_cashier,
    a_social_worker,
    a_user,
    an_actor,
    an_inspector,
)
from tests.builders.earnings import ACCEPTED, AFTER_JULY, JULY, a_pay_run, an_earning
from tests.builders.production import a_craft, a_hand_in
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop
from tests.builders.stations import a_town as another_town

EVERYWHERE = Scope(("/",))
TENTH_OF_AUGUST = date(2026, 8, 5)
AFTER_FIFTH = AFTER_JULY + timedelta(days=14)
AFTER_TWENTIETH = AFTER_JULY + timedelta(days=30)


def prepare(*, workshop_id=None, period_end_on=JULY, now=AFTER_JULY, actor=None, **more):
    return prepare_pay_run(
        workshop_id=a_workshop() if workshop_id is None else workshop_id,
        period_end_on=period_end_on,
        actor=actor or a_social_worker(),
        now=now,
        **more,
    )


def pay(slip, *, channel=PayChannel.BANK, actor=None, now=AFTER_JULY, **more):
    return record_payout(
        pay_slip_id=slip.id, channel=channel, actor=actor or a_cashier(), now=now, **more
    )


def run_of(run_id):
    return db.session.execute(
        sa.select(PayRun.state, PayRun.total_minor, PayRun.pay_on).where(PayRun.id == run_id)
    ).one()


def owed(member_id):
    return ledger.balance(f"wages_payable:member:{member_id}")


def findings():
    found = [finding for check in checks.CHECKS for finding in check.run()]
    return found + [finding for check in ledger_checks.CHECKS for finding in check.run()]


def stamped():
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(Earning).where(Earning.pay_slip_id.is_not(None))
    )


def test_the_run_of_25_july_pays_wang_xiulan_what_her_slip_says(app, noon):
    wang = a_member()
    day = noon - timedelta(days=2)
    sandals = a_craft(minutes=120)
    pendants = a_craft(minutes=40, material_fen=320)
    inspector = an_inspector()
    for craft, pieces, verdict in (
        (sandals, 12, Verdict(passed=11, second_grade=1, reason="鞋底短 4 毫米")),
        (pendants, 30, Verdict(passed=30)),
    ):
        accept_hand_in(
            hand_in_id=a_hand_in(now=day, craft=craft, member_id=wang, pieces=pieces),
            verdict=verdict,
            actor=inspector,
            now=day,
        )
    for session in (1, 2):
        an_earning(
            member_id=wang,
            fen=12000,
            kind=EarningKind.INSTRUCTOR_FEE,
            key=f"session:{session}:instructor",
            at=day,
        )
    assert owed(wang) == Money(124254)

    run = a_pay_run(workshop_id=a_workshop())
    (slip,) = queries.slips(run)

    assert slip.amount == Money(124254)
    assert amount_in_words(slip.amount) == "人民币壹仟贰佰肆拾贰元伍角肆分"
    assert [line.amount.minor for line in queries.slip_lines(slip.id, zone="Asia/Shanghai")] == [
        54054,
        46200,
        12000,
        12000,
    ]
    assert pay(slip) == Money(124254)
    assert owed(wang) == Money(0)
    assert ledger.balance(f"bank:{a_workshop()}") == Money(124254)  # credit: it left the account
    assert run_of(run) == (PayRunState.CLOSED, 124254, date(2026, 7, 25))
    pots = queries.pots(wang, now=AFTER_JULY)
    assert (pots.sure, pots.paid, pots.last_paid_on) == (
        Money(0),
        Money(124254),
        date(2026, 7, 23),
    )
    assert findings() == []


def test_a_small_sum_is_carried_over_twice_and_then_paid(app):
    chen = a_member(name="陈明珍")
    li = a_member(name="李桂芳")
    an_earning(member_id=chen, fen=2310)
    an_earning(member_id=li, fen=10010)

    first = a_pay_run(workshop_id=a_workshop())
    assert [(s.member_id, s.state, s.amount.minor) for s in queries.slips(first)] == [
        (chen, PayoutState.CARRIED, 2310),
        (li, PayoutState.PENDING, 10010),
    ]
    assert run_of(first).total_minor == 10010
    pots = queries.pots(chen, now=AFTER_JULY + timedelta(days=5))
    assert (pots.sure, pots.sure_on) == (Money(2310), date(2026, 8, 10))
    assert not pots.due[0].is_late

    second = a_pay_run(workshop_id=a_workshop(), period_end_on=TENTH_OF_AUGUST, now=AFTER_FIFTH)
    assert run_of(second) == (PayRunState.CLOSED, 0, date(2026, 8, 10))
    third = a_pay_run(
        workshop_id=a_workshop(), period_end_on=date(2026, 8, 20), now=AFTER_TWENTIETH
    )

    assert [(s.state, s.amount.minor) for s in queries.slips(third)] == [
        (PayoutState.PENDING, 2310)
    ]
    assert findings() == []


def test_who_asks_gets_any_sum(app):
    chen = a_member(name="陈明珍")
    an_earning(member_id=chen, fen=2310)

    run = prepare(pay_anyway=[chen])

    assert [s.state for s in queries.slips(run)] == [PayoutState.PENDING]


def test_a_second_run_of_the_period_finds_nothing(app):
    an_earning(member_id=a_member())
    first = prepare()
    an_earning(member_id=a_member(), at=ACCEPTED)

    assert prepare() == first
    assert len(queries.slips(first)) == 1
    assert stamped() == 1


def test_what_becomes_sure_after_the_period_belongs_to_the_next(app, noon):
    member = a_member()
    an_earning(member_id=member, fen=50820, at=noon.replace(hour=15))  # 23:00 on the 20th
    an_earning(member_id=member, fen=46200, at=noon.replace(hour=16))  # midnight
    an_earning(
        member_id=member,
        fen=9240,
        kind=EarningKind.CONSIGNMENT_SHARE,
        is_sure=False,
        owner="order:1",
        key="order:1:line:1",
    )

    run = prepare()

    assert [s.amount.minor for s in queries.slips(run)] == [50820]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        pytest.param({"period_end_on": date(2026, 7, 19)}, earnings.NotAPeriodEnd, id="the 19th"),
        pytest.param({"period_end_on": TENTH_OF_AUGUST}, earnings.PeriodNotOver, id="too early"),
        pytest.param({"period_end_on": date(2026, 7, 5)}, earnings.NothingDue, id="nothing due"),
        pytest.param({"workshop_id": 999}, NotFound, id="no such workshop"),
    ],
)
def test_a_run_that_cannot_be_is_not_begun(app, said, refusal):
    an_earning(member_id=a_member())

    with pytest.raises(refusal):
        prepare(**said)

    assert queries.pay_runs(EVERYWHERE) == []
    assert stamped() == 0


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="another village"),
        pytest.param(a_cashier, Forbidden, id="the cashier"),
        pytest.param(lambda: an_actor(Role.TOWN_SUPERVISOR), Forbidden, id="the supervisor"),
    ],
)
def test_only_those_whose_task_it_is_prepare_pay(app, actor, refusal):
    an_earning(member_id=a_member())

    with pytest.raises(refusal):
        prepare(actor=actor())

    assert stamped() == 0


def test_whoever_prepared_a_run_never_approves_it(app):
    an_earning(member_id=a_member())
    bookkeeper = a_bookkeeper()
    run = prepare(actor=bookkeeper)

    with pytest.raises(earnings.TwoPeople):
        approve_pay_run(pay_run_id=run, actor=bookkeeper, now=AFTER_JULY)

    assert run_of(run).state is PayRunState.DRAFT


def test_nobody_approves_a_run_that_pays_herself(app):
    member = a_member()
    an_earning(member_id=member)
    run = prepare()

    with pytest.raises(earnings.OwnPay):
        approve_pay_run(
            pay_run_id=run, actor=an_actor(Role.BOOKKEEPER, member_id=member), now=AFTER_JULY
        )

    assert run_of(run).state is PayRunState.DRAFT


def test_a_run_is_approved_once(app):
    an_earning(member_id=a_member())
    run = a_pay_run(workshop_id=a_workshop())

    with pytest.raises(Conflict):
        approve_pay_run(pay_run_id=run, actor=a_bookkeeper(), now=AFTER_JULY)

    kinds = [row.kind for row in events.history(f"pay_run:{run}")]
    assert kinds == ["PayRunPrepared", "PayRunApproved"]


def test_no_money_leaves_before_a_second_person_approved(app):
    member = a_member()
    an_earning(member_id=member)
    (slip,) = queries.slips(prepare())

    with pytest.raises(earnings.RunNotApproved):
        pay(slip)

    assert owed(member) == Money(50820)
    assert queries.pots(member, now=AFTER_JULY).paid == Money(0)


def test_telling_a_payout_twenty_times_books_it_once(app):
    member = a_member()
    an_earning(member_id=member)
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))
    cashier = a_cashier()

    sums = {pay(slip, actor=cashier).minor for _ in range(20)}

    assert sums == {50820}
    assert owed(member) == Money(0)
    assert findings() == []


@pytest.mark.parametrize("other", [{"channel": PayChannel.WECHAT}, {}], ids=["channel", "person"])
def test_a_paid_slip_is_not_paid_again_in_another_way_or_by_another_person(app, other):
    an_earning(member_id=a_member())
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))
    cashier = a_cashier()
    pay(slip, actor=cashier)

    with pytest.raises(earnings.AlreadyPaid):
        pay(slip, **({"actor": cashier} | other if other else {}))

    entries = sa.select(sa.func.count()).select_from(Entry).where(Entry.kind == "payout")
    assert db.session.scalar(entries) == 1


def test_a_carried_slip_is_not_paid_out(app):
    an_earning(member_id=a_member(), fen=2310)
    an_earning(member_id=a_member(), fen=10010)
    slips = queries.slips(a_pay_run(workshop_id=a_workshop()))

    with pytest.raises(earnings.NothingToPayOut):
        pay(slips[0])

    assert findings() == []


def test_cash_is_drawn_from_the_bank_and_the_till_stays_as_it_was(app):
    li = a_member(name="李桂芳")
    an_earning(member_id=li, fen=8008)
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))

    paid = pay(slip, channel=PayChannel.CASH, witness_id=a_user(name="见证人"))

    assert amount_in_words(paid) == "人民币捌拾元零捌分"
    assert ledger.balance(f"cash:{a_workshop()}") == Money(0)
    assert ledger.balance(f"bank:{a_workshop()}") == Money(8008)
    assert findings() == []


def test_cash_needs_a_witness_who_neither_pays_nor_gets_it(app):
    member = a_member()
    an_earning(member_id=member)
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))
    cashier = a_cashier()
    herself = a_user(member_id=member)

    for witness in (None, cashier.user_id, herself):
        with pytest.raises(earnings.WitnessMissing):
            pay(slip, channel=PayChannel.CASH, actor=cashier, witness_id=witness)

    assert owed(member) == Money(50820)


def test_nobody_hands_out_her_own_pay(app):
    member = a_member()
    an_earning(member_id=member)
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))

    with pytest.raises(earnings.OwnPay):
        pay(slip, actor=a_cashier(member_id=member))


def test_a_run_is_paying_until_its_last_slip(app):
    for _ in range(2):
        an_earning(member_id=a_member())
    run = a_pay_run(workshop_id=a_workshop())
    first, last = queries.slips(run)

    pay(first)
    assert run_of(run).state is PayRunState.PAYING
    pay(last)
    assert run_of(run).state is PayRunState.CLOSED


def test_a_share_taken_back_after_its_payout_lowers_the_next_one(app):
    member = a_member()
    share = an_earning(
        member_id=member,
        fen=9240,
        kind=EarningKind.CONSIGNMENT_SHARE,
        key="order:1:line:1",
        owner="order:1",
    )
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))
    pay(slip)
    earnings.reverse(
        earning_id=share,
        amount=Money(2411),
        key="refund:1:line:1",
        facts=return_facts(title="墙饰", title_en=None, quantity=1),
        now=AFTER_JULY,
    )
    an_earning(member_id=member, fen=10000, at=AFTER_JULY)

    run = a_pay_run(workshop_id=a_workshop(), period_end_on=TENTH_OF_AUGUST, now=AFTER_FIFTH)

    assert [s.amount.minor for s in queries.slips(run)] == [7589]


def test_runs_are_seen_within_reach_only(app):
    an_earning(member_id=a_member())
    run = queries.pay_runs(EVERYWHERE) or prepare()
    (view,) = queries.pay_runs(EVERYWHERE)

    assert view.id == run
    assert queries.pay_run(view.public_id, scope=Scope(("/500229/212/",))) == view
    assert queries.pay_runs(Scope(("/500229/107/",))) == []
    with pytest.raises(NotFound):
        queries.pay_run(view.public_id, scope=Scope(("/500229/107/",)))
    assert queries.pay_runs(EVERYWHERE, state=view.state) == [view]


def test_two_people_preparing_at_the_same_moment_make_one_run(fresh_app):
    with fresh_app.app_context():
        for _ in range(3):
            an_earning(member_id=a_member())
        workshop, actors = a_workshop(), [a_social_worker(), a_bookkeeper()]
        db.session.remove()
    start = Barrier(2)
    answers = []

    def act(actor):
        with fresh_app.app_context():
            start.wait()
            try:
                answers.append(prepare(workshop_id=workshop, actor=actor))
            finally:
                db.session.remove()

    threads = [Thread(target=act, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with fresh_app.app_context():
        assert answers == [queries.pay_runs(EVERYWHERE)[0].id] * 2
        assert len(queries.pay_runs(EVERYWHERE)) == 1
        assert stamped() == 3
        assert findings() == []


PLANTED = {
    "an earning without its entry": (
        lambda member: an_earning(member_id=member, fen=1, is_booked=False),
        {"L3", "L5"},
    ),
    "a slip that does not add up": (
        lambda _: change(sa.update(PaySlip).values(amount_minor=PaySlip.amount_minor + 1)),
        {"L6", "L3"},
    ),
    "a run that does not add up": (
        lambda _: change(sa.update(PayRun).values(total_minor=1)),
        {"L6"},
    ),
    "a stamp taken off": (
        lambda _: change(sa.update(Earning).values(pay_slip_id=None)),
        {"L6", "L5"},
    ),
    "an earning given to another": (
        lambda _: change(sa.update(Earning).values(member_id=a_member())),
        {"L3", "L6"},
    ),
    "a run without its second person": (
        lambda _: change(sa.update(PayRun).values(approved_by_id=None)),
        {"A3"},
    ),
    "a paid slip called unpaid": (
        lambda _: change(sa.update(PaySlip).values(state=PayoutState.PENDING)),
        {"L3", "L5"},
    ),
}


def change(statement):
    with transaction() as session:
        session.execute(statement)


@pytest.mark.parametrize("fault", list(PLANTED))
def test_the_proof_finds_what_is_planted(app, fault):
    member = a_member()
    an_earning(member_id=member)
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop()))
    pay(slip)
    assert findings() == []
    plant, codes = PLANTED[fault]

    plant(member)

    assert {finding.code for finding in findings()} == codes


LARGE = Money(500_001)
SECOND = timedelta(seconds=1)


def a_town():
    return an_actor(Role.TOWN_SUPERVISOR)


def a_large_run(amount=LARGE):
    """Return a run that two people of the room have approved."""
    an_earning(member_id=a_member(), fen=amount.minor)
    return a_pay_run(workshop_id=a_workshop())


@pytest.mark.parametrize(
    ("amount", "state"),
    [
        pytest.param(Money(500_000), PayRunState.APPROVED, id="at the limit"),
        pytest.param(LARGE, PayRunState.REVIEWED, id="a fen above it"),
    ],
)
def test_a_run_above_the_limit_waits_for_the_town(app, amount, state):
    run = a_large_run(amount)

    assert run_of(run).state is state
    frozen = db.session.scalar(sa.select(PayRun.town_limit_minor).where(PayRun.id == run))
    assert frozen == 500_000  # whatever the limit becomes, this run was judged by it
    waiting = [one.id for one in queries.pay_runs(EVERYWHERE, state=PayRunState.REVIEWED)]
    assert waiting == ([run] if state is PayRunState.REVIEWED else [])


def test_no_money_of_a_large_run_leaves_before_the_town_has_confirmed(app):
    run = a_large_run()
    (slip,) = queries.slips(run)
    with pytest.raises(earnings.RunNotApproved):
        pay(slip)

    town = a_town()
    assert confirm_pay_run(pay_run_id=run, actor=town, now=AFTER_JULY)
    assert not confirm_pay_run(pay_run_id=run, actor=town, now=AFTER_JULY)
    pay(slip)

    assert run_of(run).state is PayRunState.CLOSED
    kinds = [one.kind for one in events.history(f"pay_run:{run}")]
    assert kinds == ["PayRunPrepared", "PayRunReviewed", "PayRunApproved"]
    assert findings() == []


def test_what_the_town_sends_back_is_approved_anew_by_the_rooms_second_person(app):
    run = a_large_run()
    with pytest.raises(earnings.WordsMissing):
        send_back_pay_run(pay_run_id=run, words=" ", actor=a_town(), now=AFTER_JULY)
    send_back_pay_run(pay_run_id=run, words="M-001 两次", actor=a_town(), now=AFTER_JULY)

    (view,) = queries.pay_runs(EVERYWHERE)
    assert (view.state, view.approved_by_id) == (PayRunState.DRAFT, None)
    assert view.sent_back == "M-001 两次"
    with pytest.raises(Conflict):
        confirm_pay_run(pay_run_id=run, actor=a_town(), now=AFTER_JULY)
    approve_pay_run(pay_run_id=run, actor=a_bookkeeper(), now=AFTER_JULY)
    assert run_of(run).state is PayRunState.REVIEWED
    assert findings() == []


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        pytest.param(a_bookkeeper, Forbidden, id="a bookkeeper"),
        pytest.param(lambda: an_actor(Role.COUNTY_OFFICER), Forbidden, id="the county"),
        pytest.param(
            lambda: an_actor(Role.TOWN_SUPERVISOR, at=another_town("500229107")),
            OutOfReach,
            id="another town",
        ),
    ],
)
def test_nobody_else_confirms_a_large_run(app, who, refusal):
    run = a_large_run()

    with pytest.raises((refusal, OutOfReach)):
        confirm_pay_run(pay_run_id=run, actor=who(), now=AFTER_JULY)
    with pytest.raises((refusal, OutOfReach)):
        send_back_pay_run(pay_run_id=run, words="why", actor=who(), now=AFTER_JULY)

    assert run_of(run).state is PayRunState.REVIEWED


def test_whoever_is_paid_or_has_approved_is_no_third_person(app):
    member = a_member()
    an_earning(member_id=member, fen=LARGE.minor)
    second = an_actor(Role.TOWN_SUPERVISOR)
    run = a_pay_run(workshop_id=a_workshop())
    with pytest.raises(earnings.OwnPay):
        confirm_pay_run(
            pay_run_id=run,
            actor=an_actor(Role.TOWN_SUPERVISOR, member_id=member),
            now=AFTER_JULY,
        )

    with transaction():
        db.session.execute(
            sa.update(PayRun).where(PayRun.id == run).values(approved_by_id=second.user_id)
        )
    with pytest.raises(earnings.TwoPeople):
        confirm_pay_run(pay_run_id=run, actor=second, now=AFTER_JULY)


@pytest.fixture
def liu(app):
    """Return the slip of Liu Xiaoqin, 612.30, and a run in which somebody else is paid too."""
    member, other = a_member(name="刘小琴"), a_member(name="李桂芳")
    an_earning(member_id=member, fen=61230)
    an_earning(member_id=other, fen=8008)
    run = a_pay_run(workshop_id=a_workshop())
    hers, rest = queries.slips(run)
    pay(rest)
    return hers


def by_wechat(slip, *, act=send_transfer, actor=None, now=AFTER_JULY):
    return act(pay_slip_id=slip.id, actor=actor or a_cashier(), now=now)


def state_of(slip):
    db.session.rollback()
    (seen,) = [one for one in queries.slips(slip.pay_run_id) if one.id == slip.id]
    return seen.state


def test_a_transfer_by_phone_counts_when_she_has_confirmed_it(liu):
    with pytest.raises(earnings.TransferNotSent):
        pay(liu, channel=PayChannel.WECHAT)
    assert by_wechat(liu)
    assert not by_wechat(liu)
    assert (state_of(liu), owed(liu.member_id)) == (PayoutState.SENDING, Money(61230))
    assert run_of(liu.pay_run_id).state is PayRunState.PAYING

    pay(liu, channel=PayChannel.WECHAT)

    assert (state_of(liu), owed(liu.member_id)) == (PayoutState.PAID, Money(0))
    assert run_of(liu.pay_run_id).state is PayRunState.CLOSED
    assert findings() == []


def test_while_a_transfer_waits_for_her_no_other_money_leaves(liu):
    by_wechat(liu)

    with pytest.raises(earnings.TransferUnderWay):
        pay(liu)
    with pytest.raises(earnings.TransferUnderWay):
        pay(liu, channel=PayChannel.CASH, witness_id=a_user())

    assert (state_of(liu), owed(liu.member_id)) == (PayoutState.SENDING, Money(61230))


def test_what_came_back_stays_owed_and_is_paid_anew_while_its_closed_run_stays_as_it_was(liu):
    by_wechat(liu)
    day_after = AFTER_JULY + timedelta(days=1)
    assert by_wechat(liu, act=note_returned, now=day_after)
    assert not by_wechat(liu, act=note_returned, now=day_after)

    # E11: the run is open until every line is paid, returned or carried.
    closed = run_of(liu.pay_run_id)
    assert closed.state is PayRunState.CLOSED
    assert (state_of(liu), owed(liu.member_id)) == (PayoutState.RETURNED, Money(61230))
    with pytest.raises(earnings.TransferNotSent):
        pay(liu, channel=PayChannel.WECHAT)
    assert by_wechat(liu, now=day_after)
    assert run_of(liu.pay_run_id) == closed
    by_wechat(liu, act=note_returned, now=day_after)
    pay(liu, now=day_after)

    assert (state_of(liu), owed(liu.member_id)) == (PayoutState.PAID, Money(0))
    assert run_of(liu.pay_run_id) == closed
    assert findings() == []


def test_transfers_over_their_time_are_to_be_looked_at(liu):
    by_wechat(liu)
    day = timedelta(hours=24)

    assert queries.transfers_to_look_at(EVERYWHERE, now=AFTER_JULY + day - SECOND) == []
    assert len(queries.transfers_to_look_at(EVERYWHERE, now=AFTER_JULY + day)) == 1


def test_nobody_sends_her_own_pay_or_for_another_room_or_twice(liu):
    with pytest.raises(earnings.OwnPay):
        by_wechat(liu, actor=a_cashier(member_id=liu.member_id))
    with pytest.raises((Forbidden, OutOfReach)):
        by_wechat(liu, actor=a_cashier(at=a_room(CIZHU)))
    pay(liu)
    with pytest.raises(earnings.AlreadyPaid):
        by_wechat(liu)
    with pytest.raises(earnings.TransferNotSent):
        by_wechat(liu, act=note_returned)

    assert state_of(liu) is PayoutState.PAID


def test_no_transfer_leaves_before_the_second_person_has_approved(app):
    an_earning(member_id=a_member())
    (slip,) = queries.slips(a_pay_run(workshop_id=a_workshop(), is_approved=False))

    with pytest.raises(earnings.RunNotApproved):
        by_wechat(slip)
