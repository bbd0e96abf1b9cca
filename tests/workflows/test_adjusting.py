from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from shop.accounts import queries as accounts
from shop.accounts.rules import Role
from shop.catalog.rules import PayLane
from shop.earnings import adjustments, asking, checks, queries
from shop.earnings.adjustments import (
    AdjustmentDone,
    AdjustmentReused,
    AdvanceTooLarge,
    AmountMissing,
    ByTransferOrCash,
    HersToSay,
    NotCorrectable,
    ReasonNeeded,
    TooLongAgo,
    TooMuchCorrected,
)
from shop.earnings.models import Adjustment, Earning, PaySlip, Taking
from shop.earnings.netting import AdjustmentKind, AdjustmentState
from shop.earnings.rules import EarningKind, PayChannel
from shop.earnings.services import OwnPay, TwoPeople, WitnessMissing
from shop.kernel.access import Scope
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.i18n import amount_in_words
from shop.kernel.money import Money
from shop.ledger import checks as ledger_checks
from shop.ledger import queries as ledger
from shop.production import queries as making
from shop.production.rules import Verdict
from shop.workflows import adjusting
from shop.workflows.making import accept_hand_in
from shop.workflows.paying import record_payout
from tests.builders.accounts import (
    a_bookkeeper,
    a_cashier,
    a_maker,
    a_social_worker,
    an_actor,
    an_inspector,
)
from tests.builders.earnings import (
    ACCEPTED,
    AFTER_JULY,
    JULY,
    a_deduction,
    a_pay_run,
    an_earning,
)
from tests.builders.production import a_craft, a_hand_in, a_work_order, an_offer
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
TENTH = ACCEPTED - timedelta(days=8)
FORTNIGHT = timedelta(days=14)


def findings():
    return [finding for check in (*checks.CHECKS, *ledger_checks.CHECKS) for finding in check.run()]


def owed(member):
    return ledger.balance(f"wages_payable:member:{member}")


def work_of(member, *, quantity=30, now=TENTH, minutes=40):
    work = a_work_order(
        now=now, craft=a_craft(minutes=minutes), member_id=member, quantity=quantity
    )
    return making.work_order_public_id(work)


def propose_advance(member, *, fen=20000, work=None, key="advance", actor=None):
    return adjusting.propose_advance(
        member_id=member,
        work_order_public_id=work or work_of(member),
        amount=Money(fen),
        key=key,
        actor=actor or a_social_worker(),
        now=TENTH,
    )


def agree(adjustment, *, actor=None, now=ACCEPTED, **more):
    adjusting.agree(adjustment_id=adjustment, actor=actor or a_bookkeeper(), now=now, **more)


def hand_over(adjustment, *, channel=PayChannel.BANK, actor=None, now=ACCEPTED, **more):
    return adjusting.pay_advance(
        adjustment_id=adjustment, channel=channel, actor=actor or a_cashier(), now=now, **more
    )


def an_advance(member, **more):
    adjustment = propose_advance(member, **more)
    agree(adjustment)
    hand_over(adjustment)
    return adjustment


def correct(member, earning, *, kind=AdjustmentKind.OVERPAYMENT, fen=3080, key="correct", **more):
    return adjustments.propose_correction(
        kind=kind,
        member_id=member,
        earning_public_id=public(Earning, earning),
        amount=Money(fen),
        reason=more.pop("reason", "数重了两个"),
        key=key,
        actor=more.pop("actor", None) or a_social_worker(),
        now=more.pop("now", ACCEPTED),
    )


def public(model, row_id):
    return db.session.scalar(sa.select(model.public_id).where(model.id == row_id))


def state(adjustment):
    return db.session.scalar(
        sa.select(Adjustment.state)
        .where(Adjustment.id == adjustment)
        .execution_options(populate_existing=True)
    )


def slip_of(member, run):
    return next(slip for slip in queries.slips(run) if slip.member_id == member)


def pay(slip, *, now=AFTER_JULY, actor=None):
    return record_payout(
        pay_slip_id=slip.id, channel=PayChannel.BANK, actor=actor or a_cashier(), now=now
    )


def test_e8_a_hook_and_an_advance_come_off_and_every_line_adds_up(app):
    wang = a_member()
    an_advance(wang)
    a_deduction(member_id=wang, agrees=True)
    an_earning(member_id=wang, fen=54054)
    an_earning(member_id=wang, fen=46200)
    an_earning(member_id=wang, fen=24000, kind=EarningKind.INSTRUCTOR_FEE)

    before = queries.pots(wang, now=AFTER_JULY)
    slip = slip_of(wang, a_pay_run(workshop_id=a_workshop()))
    drawn_up = queries.pots(wang, now=AFTER_JULY)

    # E8 without the project's 150.00: 1,242.54 due, 6.00 and 200.00 come off.
    assert (slip.gross, slip.amount) == (Money(124254), Money(103654))
    assert amount_in_words(slip.amount) == "人民币壹仟零叁拾陆元伍角肆分"
    assert [part.minor for part, _ in adjustments.taken_by([slip.id])[slip.id]] == [600, 20000]
    assert (before.sure, before.taken) == (drawn_up.sure, drawn_up.taken)
    assert (before.sure, before.taken) == (Money(103654), Money(20600))
    assert findings() == []

    cashier = a_cashier()
    assert [pay(slip, actor=cashier) for _ in range(2)] == [Money(103654)] * 2

    assert owed(wang) == Money(0)
    assert ledger.balance(f"bank:{a_workshop()}") == Money(103654 + 20000)
    assert ledger.balance(f"advance:member:{wang}") == Money(0)
    assert ledger.balance(f"tools_recovered:{a_workshop()}") == Money(600)
    assert queries.pots(wang, now=AFTER_JULY).paid == Money(103654 + 20000)
    assert findings() == []


def test_e10_a_correction_takes_a_fifth_and_the_rest_waits(app):
    li = a_member()
    in_june = an_earning(member_id=li, fen=10010, at=ACCEPTED - timedelta(days=25))
    pay(slip_of(li, a_pay_run(workshop_id=a_workshop(), period_end_on=JULY.replace(day=5))))
    an_earning(member_id=li, fen=5 * 1540 + 2310)
    stock = ledger.balance(f"stock:{a_workshop()}")

    agree(correct(li, in_june))

    assert owed(li) == Money(10010 - 3080)
    assert ledger.balance(f"stock:{a_workshop()}") == stock + Money(3080)
    slip = slip_of(li, a_pay_run(workshop_id=a_workshop()))
    assert (slip.gross, slip.amount) == (Money(10010), Money(8008))
    assert amount_in_words(slip.amount) == "人民币捌拾元零捌分"
    pay(slip)
    assert owed(li) == Money(-1078)
    (left,) = adjustments.standing(EVERYWHERE)
    assert left.left == Money(1078)
    assert findings() == []

    an_earning(member_id=li, fen=10000, at=ACCEPTED + FORTNIGHT)
    august = a_pay_run(
        workshop_id=a_workshop(),
        period_end_on=JULY.replace(month=8, day=5),
        now=AFTER_JULY + FORTNIGHT,
    )
    last = slip_of(li, august)
    pay(last, now=AFTER_JULY + FORTNIGHT)
    assert last.amount == Money(10000 - 1078)
    assert (owed(li), adjustments.standing(EVERYWHERE), findings()) == (Money(0), [], [])


def test_what_was_too_little_is_owed_at_once_and_paid_with_the_next_run(app):
    li = a_member()
    hers = an_earning(member_id=li, fen=10000)
    more = correct(li, hers, kind=AdjustmentKind.BACK_PAY, fen=1540, reason="漏记一个")
    assert owed(li) == Money(10000)

    for _ in range(2):
        agree(more)

    assert owed(li) == Money(11540)
    slip = slip_of(li, a_pay_run(workshop_id=a_workshop()))
    assert (slip.gross, slip.amount) == (Money(11540), Money(11540))
    assert "漏记一个" in str(queries.slip_lines(slip.id, zone="Asia/Shanghai")[-1].sentence)
    pay(slip)
    assert findings() == []


def test_a_fee_is_corrected_at_its_own_account(app):
    li = a_member()
    fee = an_earning(member_id=li, fen=12000, kind=EarningKind.INSTRUCTOR_FEE)

    agree(correct(li, fee, fen=2000))

    assert ledger.balance(f"instructor_costs:{a_workshop()}") == Money(2000)
    assert findings() == []


def test_a_deduction_waits_for_her_own_yes(app):
    wang = a_member()
    an_earning(member_id=wang)
    hook = a_deduction(member_id=wang)
    slip = slip_of(wang, a_pay_run(workshop_id=a_workshop()))

    assert slip.gross == slip.amount
    for actor, refusal in (
        (an_actor(Role.WORKSHOP_LEAD), Forbidden),
        (a_social_worker(), HersToSay),
        (a_maker(member_id=a_member()), OutOfReach),
        (a_social_worker(at=a_room(CIZHU)), OutOfReach),
    ):
        with pytest.raises(refusal):
            agree(hook, actor=actor)
    assert state(hook) is AdjustmentState.PROPOSED
    agree(hook, actor=a_social_worker(), on_behalf=True)
    assert state(hook) is AdjustmentState.STANDING
    assert findings() == []


def test_whoever_noted_a_deduction_does_not_say_her_yes(app):
    worker = a_social_worker()
    hook = a_deduction(member_id=a_member(), actor=worker)

    with pytest.raises(TwoPeople):
        agree(hook, actor=worker, on_behalf=True)


def test_who_pays_and_weaves_does_not_agree_to_what_she_noted_herself(app):
    wang = a_member()
    hers = an_actor(Role.BOOKKEEPER, member_id=wang)

    with pytest.raises(TwoPeople):
        agree(a_deduction(member_id=wang, actor=hers), actor=hers)


def test_she_says_no_and_nothing_is_ever_taken(app):
    wang = a_member()
    an_earning(member_id=wang)
    hook = a_deduction(member_id=wang)
    her = a_maker(member_id=wang)

    said = [
        adjustments.refuse(adjustment_id=hook, words="还过了", actor=her, now=ACCEPTED)
        for _ in range(2)
    ]

    assert said == [True, False]
    with pytest.raises(AdjustmentDone):
        agree(hook, actor=her)
    assert slip_of(wang, a_pay_run(workshop_id=a_workshop())).amount == Money(50820)
    assert adjustments.of_member(wang) == []


def test_only_she_or_whoever_has_to_do_with_pay_ends_it(app):
    hook = a_deduction(member_id=a_member())
    advance = propose_advance(a_member())

    for one, actor, refusal in (
        (hook, an_inspector(), Forbidden),
        (hook, a_social_worker(at=a_room(CIZHU)), OutOfReach),
        (advance, a_maker(member_id=a_member()), OutOfReach),
    ):
        with pytest.raises(refusal):
            adjustments.refuse(adjustment_id=one, words="", actor=actor, now=ACCEPTED)
    assert adjustments.refuse(adjustment_id=advance, words="", actor=a_bookkeeper(), now=ACCEPTED)


def test_a_second_person_agrees_to_an_advance_and_the_cashier_pays_it_once(app):
    wang, worker = a_member(), a_social_worker()
    advance = propose_advance(wang, actor=worker)

    for actor, refusal in (
        (worker, Forbidden),
        (an_actor(Role.BOOKKEEPER, member_id=wang), OwnPay),
    ):
        with pytest.raises(refusal):
            agree(advance, actor=actor)
    with pytest.raises(AdjustmentDone):
        hand_over(advance)
    agree(advance)
    agree(advance)
    with pytest.raises(ByTransferOrCash):
        hand_over(advance, channel=PayChannel.WECHAT)
    with pytest.raises(WitnessMissing):
        hand_over(advance, channel=PayChannel.CASH)
    with pytest.raises(Forbidden):
        hand_over(advance, actor=worker)
    cashier = a_cashier()
    seen = {"witness_id": worker.user_id, "channel": PayChannel.CASH, "actor": cashier}
    assert [hand_over(advance, **seen) for _ in range(2)] == [Money(20000)] * 2
    with pytest.raises(AdjustmentDone):
        hand_over(advance, actor=cashier)

    assert ledger.balance(f"cash:{a_workshop()}") == Money(0)
    assert ledger.balance(f"bank:{a_workshop()}") == Money(20000)
    assert ledger.balance(f"advance:member:{wang}") == Money(-20000)
    assert findings() == []


def test_nobody_hands_out_her_own_advance(app):
    wang = a_member()
    advance = propose_advance(wang)
    agree(advance)

    with pytest.raises(OwnPay):
        hand_over(advance, actor=a_cashier(member_id=wang))


def test_whoever_notes_an_advance_or_correction_does_not_agree_to_it(app):
    bookkeeper, wang = a_bookkeeper(), a_member()

    for one in (
        propose_advance(wang, actor=bookkeeper),
        correct(wang, an_earning(member_id=wang), actor=bookkeeper),
    ):
        with pytest.raises(TwoPeople):
            agree(one, actor=bookkeeper)


def test_half_of_an_open_order_is_advanced_however_often_it_is_asked(app):
    wang = a_member()
    work = work_of(wang, quantity=100)  # E16: 100 × 15.40, so at most 770.00
    first = propose_advance(wang, work=work, fen=50000, key="first")

    with pytest.raises(AdvanceTooLarge) as refused:
        propose_advance(wang, work=work, fen=27001, key="second")
    assert refused.value.details["most"] == Money(27000)
    assert propose_advance(wang, work=work, fen=50000, key="first") == first
    propose_advance(wang, work=work, fen=27000, key="second")
    adjustments.refuse(adjustment_id=first, words="", actor=a_bookkeeper(), now=ACCEPTED)
    propose_advance(wang, work=work, fen=50000, key="third")


def test_no_advance_without_open_work_of_her_own(app):
    wang, li = a_member(), a_member()

    with pytest.raises(AdvanceTooLarge):
        propose_advance(wang, work=work_of(li))
    with pytest.raises(NotFound):
        propose_advance(wang, work="wko_NOBODY22")


@pytest.mark.parametrize("what", ["offered", "handed in", "on consignment"])
def test_an_advance_needs_work_that_is_accepted_open_and_paid_by_the_piece(app, what):
    wang = a_member()
    if what == "offered":
        work = an_offer(now=TENTH, member_id=wang)
    elif what == "handed in":
        work = a_work_order(now=TENTH, member_id=wang)
        accept_hand_in(
            hand_in_id=a_hand_in(now=TENTH, work_order_id=work, pieces=12),
            verdict=Verdict(passed=12),
            actor=an_inspector(),
            now=TENTH,
        )
    else:
        craft = a_craft(pay_lane=PayLane.CONSIGNMENT, share_percent=55, maker_id=wang)
        work = a_work_order(now=TENTH, craft=craft, member_id=wang)

    with pytest.raises(AdvanceTooLarge):
        propose_advance(wang, work=making.work_order_public_id(work), fen=100)


def test_what_comes_off_is_promised_once_although_pay_comes_in_parts(app):
    wang = a_member()
    an_earning(member_id=wang, fen=10000)
    an_earning(member_id=wang, fen=10000, at=ACCEPTED + timedelta(days=4))
    a_deduction(member_id=wang, fen=2500, agrees=True)

    pots = queries.pots(wang, now=AFTER_JULY)

    assert [(part.amount.minor, part.taken.minor) for part in pots.due] == [
        (8000, 2000),
        (9500, 500),
    ]
    assert (pots.sure, pots.taken) == (Money(17500), Money(2500))


def test_the_same_form_notes_one_thing_and_no_other(app):
    wang = a_member()
    hers = an_earning(member_id=wang)
    first = correct(wang, hers)

    assert correct(wang, hers) == first
    with pytest.raises(AdjustmentReused):
        correct(wang, hers, fen=3081)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"fen": 0}, AmountMissing),
        ({"fen": 50821}, TooMuchCorrected),
        ({"reason": "  "}, ReasonNeeded),
        ({"now": ACCEPTED + timedelta(days=93)}, TooLongAgo),
    ],
)
def test_a_correction_that_cannot_be_is_not_noted(app, more, refusal):
    wang = a_member()
    hers = an_earning(member_id=wang)

    with pytest.raises(refusal):
        correct(wang, hers, **more)
    assert adjustments.waiting(EVERYWHERE) == []


def test_two_corrections_of_one_amount_never_exceed_it(app):
    wang = a_member()
    hers = an_earning(member_id=wang)
    correct(wang, hers, fen=50000)

    with pytest.raises(TooMuchCorrected):
        correct(wang, hers, fen=821, key="again")
    correct(wang, hers, fen=820, key="again")


def test_what_is_older_than_three_months_when_it_is_agreed_to_stands(app):
    wang = a_member()
    one = correct(wang, an_earning(member_id=wang))

    with pytest.raises(TooLongAgo):
        agree(one, now=ACCEPTED + timedelta(days=93))
    assert owed(wang) == Money(50820)


def test_shares_and_another_womans_amounts_are_not_corrected(app):
    wang, li = a_member(), a_member()
    share = an_earning(member_id=wang, kind=EarningKind.CONSIGNMENT_SHARE, key="order:9:line:1")

    with pytest.raises(NotCorrectable):
        correct(wang, share)
    with pytest.raises(NotFound):
        correct(li, an_earning(member_id=wang))


def test_a_deduction_names_its_thing_and_its_paper(app):
    with pytest.raises(ReasonNeeded):
        a_deduction(member_id=a_member(), item=" ")
    with pytest.raises(Forbidden):
        a_deduction(member_id=a_member(), actor=an_inspector())


def test_nothing_is_taken_of_a_sum_that_is_carried_over(app):
    chen = a_member()
    an_earning(member_id=chen, fen=6000)
    a_deduction(member_id=chen, fen=1200, agrees=True)

    slip = slip_of(chen, a_pay_run(workshop_id=a_workshop()))

    assert (slip.state.value, slip.gross, slip.amount) == ("carried", Money(6000), Money(6000))
    assert asking.small_sum(chen, now=AFTER_JULY).amount == Money(4800)
    assert adjustments.standing(EVERYWHERE)[0].left == Money(1200)
    assert findings() == []


def test_two_runs_at_the_same_moment_take_an_advance_once(fresh_app):
    with fresh_app.app_context():
        wang = a_member()
        advance = an_advance(wang)
        an_earning(member_id=wang, fen=100000)
        workshop, preparers = a_workshop(), [a_social_worker(), a_social_worker()]
    barrier = Barrier(2)

    def run(actor):
        with fresh_app.app_context():
            barrier.wait()
            a_pay_run(workshop_id=workshop, preparer=actor, is_approved=False)

    threads = [Thread(target=run, args=(actor,)) for actor in preparers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with fresh_app.app_context():
        parts = db.session.execute(sa.select(Taking.adjustment_id, Taking.amount_minor)).all()
        assert [tuple(part) for part in parts] == [(advance, 20000)]
        assert findings() == []


def test_two_people_agree_at_the_same_moment_and_it_is_booked_once(fresh_app):
    with fresh_app.app_context():
        wang = a_member()
        one = correct(wang, an_earning(member_id=wang))
        actors = [a_bookkeeper(), a_bookkeeper()]
    barrier, answers = Barrier(2), []

    def say_yes(actor):
        with fresh_app.app_context():
            barrier.wait()
            agree(one, actor=actor)
            answers.append(actor.user_id)

    threads = [Thread(target=say_yes, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with fresh_app.app_context():
        assert sorted(answers) == sorted(actor.user_id for actor in actors)
        assert owed(wang) == Money(50820 - 3080)
        assert findings() == []


def change(statement):
    with transaction() as session:
        session.execute(statement)


PLANTED = {
    "a slip that pays more than is left": (
        sa.update(PaySlip).values(amount_minor=PaySlip.amount_minor + 1),
        {"L6"},
    ),
    "more taken than half": (sa.update(Taking).values(amount_minor=60000), {"L6", "L3"}),
    "a rest that forgets what was taken": (
        sa.update(Adjustment).values(left_minor=Adjustment.amount_minor),
        {"L6"},
    ),
    "agreed to by its preparer": (
        sa.update(Adjustment).values(decided_by_id=Adjustment.proposed_by_id),
        {"A3"},
    ),
    "an advance that was never paid": (sa.update(Adjustment).values(paid_at=None), {"L3"}),
    "another woman's advance": (None, {"L6"}),
}


@pytest.mark.parametrize("fault", list(PLANTED))
def test_the_proof_finds_what_is_planted(app, fault):
    wang = a_member()
    an_advance(wang)
    an_earning(member_id=wang)
    pay(slip_of(wang, a_pay_run(workshop_id=a_workshop())))
    assert findings() == []
    statement, codes = PLANTED[fault]
    if statement is None:
        statement = sa.update(Adjustment).values(member_id=a_member())

    change(statement)

    assert codes <= {finding.code for finding in findings()}


def test_her_name_and_sum_stay_within_reach(app):
    one = public(Adjustment, a_deduction(member_id=a_member()))
    elsewhere = a_social_worker(at=a_room(CIZHU))

    with pytest.raises(NotFound):
        adjustments.adjustment(one, scope=Scope((elsewhere.reaches[0].path,)))
    assert accounts.user_by_id(elsewhere.user_id)
