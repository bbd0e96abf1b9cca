from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.catalog.models import Variant
from shop.catalog.rules import PayLane, Quality
from shop.earnings.models import Earning
from shop.earnings.rules import EarningKind
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money, total
from shop.ledger import checks as ledger_checks
from shop.ledger import queries as ledger
from shop.ledger.services import EntryReused
from shop.oversight import joint_checks
from shop.production import appeals
from shop.production import checks as production_checks
from shop.production import queries as production
from shop.production import services as making
from shop.production.rules import CountMismatch, Fault, Paper, Raised, ReasonMissing, Verdict
from shop.production.services import (
    AlreadyInspected,
    BadPieces,
    KeyReused,
    OwnWork,
    PaperDayWrong,
    PaperKeyedIn,
    PaperNotPrinted,
)
from shop.stock import checks as stock_checks
from shop.stock import queries as stock
from shop.workflows.making import (
    Material,
    accept_by_silence,
    accept_hand_in,
    decide_appeal,
    give_work,
    take_in,
)
from tests.builders.accounts import an_inspector
from tests.builders.ledger import an_entry
from tests.builders.production import a_craft, a_hand_in, a_work_order
from tests.builders.stations import CIZHU, a_member, a_room

EVERYWHERE = Scope(("/",))
THREE_DAYS = timedelta(days=3)
SHORT_SOLE = "sole 4 mm short"
JOINT = {
    "every accepted hand-in owes its wage",
    "every objection that was right owes its difference",
    "every accepted piece is in stock",
    "every piece accepted at a second look is in stock",
}


def accept(hand_in_id, verdict, *, now, actor=SYSTEM):
    return accept_hand_in(hand_in_id=hand_in_id, verdict=verdict, actor=actor, now=now)


def payable(member_id):
    return ledger.balance(f"wages_payable:member:{member_id}")


def earned(member_id):
    rows = db.session.execute(
        sa.select(Earning.key, Earning.kind, Earning.amount_minor, Earning.sure_at)
        .where(Earning.member_id == member_id)
        .order_by(Earning.id)
    )
    return [tuple(row) for row in rows]


def second_grade(craft):
    return db.session.scalars(
        sa.select(Variant.id).where(
            Variant.product_id == craft.product_id, Variant.quality == Quality.SECOND
        )
    ).one()


def free(variant_id, now):
    return stock.available([variant_id], now)[variant_id]


def findings():
    db.session.rollback()
    joint = [check for check in joint_checks.CHECKS if check.promise in JOINT]
    assert len(joint) == len(JOINT)
    checks = [*stock_checks.CHECKS, *ledger_checks.CHECKS, *production_checks.CHECKS, *joint]
    return [f for check in checks for f in check.run()]


def test_accepted_sandals_enter_stock_and_are_owed_to_their_maker(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=12)
    verdict = Verdict(passed=11, second_grade=1, reason=SHORT_SOLE)

    wage = accept(hand_in_id, verdict, now=noon, actor=an_inspector())

    assert wage == Money(54054)  # 11 x 46.20 + 70 % of 46.20, domain.md 5 E8
    assert payable(maker) == wage
    assert earned(maker) == [(f"hand_in:{hand_in_id}", EarningKind.PIECE_WAGE, 54054, noon)]
    assert free(craft.variant_id, noon) == 11
    assert free(second_grade(craft), noon) == 1
    assert findings() == []


def test_the_wages_of_a_pay_slip_come_from_its_hand_ins_to_the_fen(app, noon):
    sandals, pendants, maker = a_craft(), a_craft(minutes=40, material_fen=320), a_member()
    work_order_id = a_work_order(now=noon, craft=sandals, member_id=maker, quantity=12)
    twelve = a_hand_in(now=noon, work_order_id=work_order_id, pieces=12)
    found = Verdict(passed=10, rework=1, second_grade=1, reason=SHORT_SOLE)
    wages = [accept(twelve, found, now=noon)]
    again = a_hand_in(now=noon, work_order_id=work_order_id, pieces=1)
    wages.append(accept(again, Verdict(passed=1), now=noon))
    thirty = a_hand_in(now=noon, craft=pendants, member_id=maker, pieces=30)
    wages.append(accept(thirty, Verdict(passed=30), now=noon))

    # domain.md 5 E8: 11 x 46.20 = 508.20, one of second grade 32.34, 30 x 15.40 = 462.00
    assert wages == [Money(46200 + 3234), Money(4620), Money(46200)]
    assert payable(maker) == total(wages) == Money(50820 + 3234 + 46200)
    assert findings() == []


def test_stock_is_worth_material_and_wages(app, noon):
    sandals, pendants, maker = a_craft(), a_craft(minutes=40, material_fen=320), a_member()
    one = a_hand_in(now=noon, craft=sandals, member_id=maker, pieces=1)
    two = a_hand_in(now=noon, craft=pendants, member_id=maker, pieces=2)

    accept(one, Verdict(passed=1), now=noon)
    accept(two, Verdict(passed=2), now=noon)

    # domain.md 5 E3: stock 95.90 = material 18.90 + wages payable 77.00
    workshop = sandals.workshop_id
    assert ledger.balance(f"stock:{workshop}") == Money(-9590)
    assert ledger.balance(f"material:{workshop}") == Money(1890)
    assert payable(maker) == Money(7700)
    (entry,) = ledger.entries_of(f"hand_in:{two}")
    assert (entry.kind, [line.amount.minor for line in entry.lines]) == (
        "acceptance", [-3720, 640, 3080],
    )  # fmt: skip


def test_rejected_pieces_earn_nothing_and_reach_no_shelf(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=2)

    wage = accept(hand_in_id, Verdict(passed=0, rejected=2, reason="wet"), now=noon)

    assert wage == Money(0)
    assert earned(maker) == []
    assert free(craft.variant_id, noon) == 0
    assert findings() == []


def test_a_consignment_piece_goes_on_the_shelf_without_a_wage(app, noon):
    maker = a_member()
    craft = a_craft(pay_lane=PayLane.CONSIGNMENT, share_percent=60, maker_id=maker, has_rate=False)
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=3)

    assert accept(hand_in_id, Verdict(passed=3), now=noon) == Money(0)

    assert free(craft.variant_id, noon) == 3
    assert earned(maker) == []
    assert ledger.entries_of(f"hand_in:{hand_in_id}") == []
    assert findings() == []


@pytest.mark.parametrize(
    ("inspector", "verdict", "refusal"),
    [
        pytest.param(
            lambda maker: an_inspector(member_id=maker), Verdict(12), OwnWork, id="her own work"
        ),
        pytest.param(
            lambda _: an_inspector(at=a_room(CIZHU)), Verdict(12), OutOfReach, id="another village"
        ),
        pytest.param(lambda _: an_inspector(), Verdict(13), CountMismatch, id="a piece too many"),
        pytest.param(
            lambda _: an_inspector(), Verdict(11, second_grade=1), ReasonMissing, id="no reason"
        ),
    ],
)
def test_a_refused_inspection_changes_nothing(app, noon, inspector, verdict, refusal):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=12)

    with pytest.raises(refusal):
        accept(hand_in_id, verdict, now=noon, actor=inspector(maker))

    assert payable(maker) == Money(0)
    assert earned(maker) == []
    assert free(craft.variant_id, noon) == 0
    assert [h.hand_in_id for h in production.hand_ins_waiting(EVERYWHERE)] == [hand_in_id]
    assert findings() == []


def test_one_hand_in_is_accepted_and_paid_once(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=12)
    accept(hand_in_id, Verdict(passed=12), now=noon)

    with pytest.raises(AlreadyInspected):
        accept(hand_in_id, Verdict(passed=12), now=noon)

    assert payable(maker) == Money(12 * 4620)
    assert free(craft.variant_id, noon) == 12
    with pytest.raises(NotFound):
        accept(hand_in_id + 1, Verdict(passed=12), now=noon)


def test_when_the_books_refuse_nothing_else_has_happened(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=12)
    an_entry(now=noon, kind="acceptance", source=f"hand_in:{hand_in_id}")

    with pytest.raises(EntryReused):
        accept(hand_in_id, Verdict(passed=12), now=noon)

    assert free(craft.variant_id, noon) == 0
    assert earned(maker) == []
    assert [h.hand_in_id for h in production.hand_ins_waiting(EVERYWHERE)] == [hand_in_id]
    assert findings() == []


def test_a_hand_in_that_cannot_be_accepted_does_not_hold_up_the_others(app, noon):
    craft, maker = a_craft(), a_member()
    stuck, fine = (a_hand_in(now=noon, craft=craft, member_id=maker, pieces=2) for _ in range(2))
    an_entry(now=noon, kind="acceptance", source=f"hand_in:{stuck}")

    assert accept_by_silence(now=noon + THREE_DAYS) == 1

    assert [h.hand_in_id for h in production.hand_ins_waiting(EVERYWHERE)] == [stuck]
    assert [key for key, *_ in earned(maker)] == [f"hand_in:{fine}"]


def test_silence_for_three_days_counts_as_passed(app, noon):
    craft, maker = a_craft(), a_member()
    early = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=4)
    late = a_hand_in(now=noon + timedelta(seconds=1), craft=craft, member_id=maker, pieces=2)

    assert accept_by_silence(now=noon + THREE_DAYS - timedelta(seconds=1)) == 0
    assert accept_by_silence(now=noon + THREE_DAYS) == 1

    assert payable(maker) == Money(4 * 4620)
    assert free(craft.variant_id, noon + THREE_DAYS) == 4
    (decided,) = production.hand_ins_decided(EVERYWHERE)
    assert (decided.hand_in_id, decided.by_silence) == (early, True)
    assert [h.hand_in_id for h in production.hand_ins_waiting(EVERYWHERE)] == [late]
    assert accept_by_silence(now=noon + THREE_DAYS) == 0
    assert findings() == []


def test_no_person_can_call_her_own_decision_silence(app, noon):
    hand_in_id = a_hand_in(now=noon)

    with pytest.raises(Forbidden):
        accept_hand_in(
            hand_in_id=hand_in_id, verdict=Verdict(passed=12), actor=an_inspector(), now=noon,
            by_silence=True,
        )  # fmt: skip


FLAWED = Verdict(passed=11, second_grade=1, faults=(Fault.STAIN, Fault.CROOKED))


def taken(work, verdict=FLAWED, *, now, pieces=12, paper=None, key="form"):
    return take_in(
        work_order_id=work,
        pieces=pieces,
        verdict=verdict,
        paper=paper,
        key=key,
        actor=SYSTEM,
        now=now,
    )


def test_pieces_taken_in_and_looked_at_are_counted_kept_and_owed_in_one_act(app, noon):
    craft, maker = a_craft(), a_member()
    work = a_work_order(now=noon, craft=craft, member_id=maker)

    slip = taken(work, now=noon)

    assert (slip.number, slip.is_new) == ("H260720-1", True)
    assert payable(maker) == Money(11 * 4620 + 3234)
    assert free(craft.variant_id, noon) == 11
    assert production.verdict_of(slip.id).faults == (Fault.CROOKED, Fault.STAIN)
    assert findings() == []


def test_the_same_form_again_gives_the_same_slip_and_another_verdict_is_refused(app, noon):
    maker = a_member()
    work = a_work_order(now=noon, member_id=maker)
    first = taken(work, now=noon)

    again = taken(work, now=noon)
    with pytest.raises(KeyReused):
        taken(work, Verdict(passed=12), now=noon)

    assert (again.id, again.is_new) == (first.id, False)
    assert payable(maker) == Money(11 * 4620 + 3234)


def test_pieces_counted_first_are_decided_by_the_same_form_with_a_verdict(app, noon):
    maker = a_member()
    work = a_work_order(now=noon, member_id=maker)
    counted = taken(work, None, now=noon)

    decided = taken(work, Verdict(passed=12), now=noon)

    assert decided.id == counted.id
    assert payable(maker) == Money(12 * 4620)


def test_a_refused_verdict_counts_nothing_either(app, noon):
    maker = a_member()
    work = a_work_order(now=noon, member_id=maker)

    with pytest.raises(ReasonMissing):
        taken(work, Verdict(passed=11, rework=1), now=noon)

    assert production.hand_ins_of(maker) == []


def test_new_work_and_its_material_are_given_both_or_neither(app, noon):
    craft, maker = a_craft(), a_member()

    with pytest.raises(BadPieces):
        give_work(
            member_id=maker,
            variant_id=craft.variant_id,
            quantity=12,
            she_takes_it=True,
            material=Material("苎麻线", 0, "g"),
            key="given",
            actor=SYSTEM,
            now=noon,
        )

    db.session.rollback()
    assert production.work_orders(member_id=maker) == []


def slips_printed(work, now, slips=10):
    (order,) = [o for o in production.work_orders(scope=EVERYWHERE) if o.work_order_id == work]
    return making.print_slips(station_id=order.station_id, slips=slips, actor=SYSTEM, now=now)


def test_printed_numbers_go_on_where_the_last_sheet_ended(app, noon):
    work = a_work_order(now=noon)

    assert list(slips_printed(work, noon, 3)) == [1, 2, 3]
    assert list(slips_printed(work, noon, 2)) == [4, 5]


@pytest.mark.parametrize(
    ("number", "days_ago", "refusal"),
    [
        pytest.param(11, 0, PaperNotPrinted, id="never printed"),
        pytest.param(0, 0, PaperNotPrinted, id="no number"),
        pytest.param(2, -1, PaperDayWrong, id="tomorrow"),
        pytest.param(2, 61, PaperDayWrong, id="long past"),
        pytest.param(1, 0, PaperKeyedIn, id="keyed in before"),
    ],
)
def test_a_paper_slip_that_cannot_be_right_counts_nothing(app, noon, number, days_ago, refusal):
    maker = a_member()
    work = a_work_order(now=noon - timedelta(days=80), member_id=maker)
    slips_printed(work, noon)
    taken(work, None, now=noon, pieces=1, paper=Paper(1, noon.date()), key="first")

    with pytest.raises(refusal):
        taken(
            work,
            None,
            now=noon,
            pieces=1,
            paper=Paper(number, (noon - timedelta(days=days_ago)).date()),
        )

    assert len(production.hand_ins_of(maker)) == 1


def test_a_paper_slip_is_not_older_than_the_work_it_answers(app, noon):
    work = a_work_order(now=noon - timedelta(days=5))
    slips_printed(work, noon)

    with pytest.raises(PaperDayWrong):
        taken(work, None, now=noon, paper=Paper(1, (noon - timedelta(days=6)).date()))
    assert taken(work, None, now=noon, paper=Paper(1, (noon - timedelta(days=5)).date()))


def test_silence_counts_from_the_day_on_the_paper_slip(app, noon):
    maker = a_member()
    work = a_work_order(now=noon - timedelta(days=5), member_id=maker)
    slips_printed(work, noon)
    taken(work, None, now=noon, paper=Paper(1, (noon - THREE_DAYS).date()))

    assert accept_by_silence(now=noon) == 1
    assert payable(maker) == Money(12 * 4620)


def looked_at_again(hand_in_id, raised, *, now, answer=""):
    appeals.say(hand_in_id=hand_in_id, words="", actor=SYSTEM, on_behalf=True, now=now)
    return decide_appeal(hand_in_id=hand_in_id, raised=raised, answer=answer, actor=SYSTEM, now=now)


def test_an_objection_that_was_right_owes_the_difference_and_shelves_what_was_rejected(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker)
    accept(hand_in_id, Verdict(passed=9, second_grade=1, rejected=2, reason=SHORT_SOLE), now=noon)
    before = payable(maker)

    more = looked_at_again(
        hand_in_id,
        Raised(second_to_passed=1, rejected_to_passed=1, rejected_to_second=1),
        now=noon,
    )

    # One pair from 70 % to the whole, one from nothing to the whole, one from nothing to 70 %.
    assert more == Money(4620 - 3234 + 4620 + 3234)
    assert payable(maker) == before + more
    assert [row[1:3] for row in earned(maker)][-1] == (EarningKind.PIECE_WAGE, more.minor)
    assert free(craft.variant_id, noon) == 9 + 1
    assert free(second_grade(craft), noon) == 1 + 1  # the raised pair keeps its label
    assert sum(one.pieces for one in production.codes_of(hand_in_id)) == 9 + 1
    assert findings() == []


def test_a_kept_verdict_moves_nothing(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker)
    accept(hand_in_id, Verdict(passed=11, rejected=1, reason=SHORT_SOLE), now=noon)
    before = payable(maker)

    assert looked_at_again(hand_in_id, None, answer="量过三次", now=noon) == Money(0)

    assert payable(maker) == before
    assert free(craft.variant_id, noon) == 11
    assert findings() == []


def test_on_consignment_a_second_look_shelves_pieces_and_owes_nothing_yet(app, noon):
    maker = a_member()
    craft = a_craft(pay_lane=PayLane.CONSIGNMENT, share_percent=70, maker_id=maker)
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker)
    accept(hand_in_id, Verdict(passed=11, rejected=1, reason=SHORT_SOLE), now=noon)

    assert looked_at_again(hand_in_id, Raised(rejected_to_passed=1), now=noon) == Money(0)

    assert free(craft.variant_id, noon) == 12
    assert earned(maker) == []
    assert findings() == []
