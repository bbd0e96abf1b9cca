from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from shop.catalog import services as catalog
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.production import appeals, checks
from shop.production import services as production
from shop.production.rules import Paper, Raised, Verdict
from shop.stations import queries as stations
from shop.stock import queries as stock
from shop.workflows.making import accept_hand_in, decide_appeal, take_in
from tests.builders.production import a_craft, a_hand_in, a_work_order, an_offer
from tests.builders.stations import a_member

HANDS = 12


def all_at_once(app, act):
    """Run ``act(number)`` in real threads; return its answers, a refusal as its code."""

    def in_context(number):
        with app.app_context():
            try:
                return act(number)
            except ShopError as refusal:
                return refusal.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(HANDS) as threads:
        answers = list(threads.map(in_context, range(HANDS)))
    db.session.rollback()
    return answers


def findings():
    return [finding for check in checks.CHECKS for finding in check.run()]


def test_many_inspectors_of_one_hand_in_decide_once(app, noon):
    craft, maker = a_craft(), a_member()
    hand_in_id = a_hand_in(now=noon, craft=craft, member_id=maker, pieces=12)
    verdict = Verdict(passed=11, second_grade=1, reason="sole 4 mm short")

    answers = all_at_once(
        app,
        lambda _: accept_hand_in(hand_in_id=hand_in_id, verdict=verdict, actor=SYSTEM, now=noon),
    )

    assert answers.count(Money(54054)) == 1
    assert answers.count("production.already_inspected") == HANDS - 1
    assert ledger.balance(f"wages_payable:member:{maker}") == Money(54054)
    assert stock.available([craft.variant_id], noon)[craft.variant_id] == 11
    assert findings() == []


def test_different_hand_ins_of_one_work_order_are_all_accepted(app, noon):
    craft, maker = a_craft(), a_member()
    work_order_id = a_work_order(now=noon, craft=craft, member_id=maker, quantity=HANDS)
    hand_ins = [a_hand_in(now=noon, work_order_id=work_order_id, pieces=1) for _ in range(HANDS)]

    answers = all_at_once(
        app,
        lambda n: accept_hand_in(
            hand_in_id=hand_ins[n], verdict=Verdict(passed=1), actor=SYSTEM, now=noon
        ),
    )

    assert answers == [Money(4620)] * HANDS
    assert stock.available([craft.variant_id], noon)[craft.variant_id] == HANDS
    assert ledger.balance(f"wages_payable:member:{maker}") == Money(4620 * HANDS)
    assert findings() == []


def test_the_first_second_grade_pieces_of_a_variant_share_one_shelf(app, noon):
    craft, maker = a_craft(), a_member()
    work_order_id = a_work_order(now=noon, craft=craft, member_id=maker, quantity=HANDS)
    hand_ins = [a_hand_in(now=noon, work_order_id=work_order_id, pieces=1) for _ in range(HANDS)]
    verdict = Verdict(passed=0, second_grade=1, reason="sole 4 mm short")

    answers = all_at_once(
        app,
        lambda n: accept_hand_in(hand_in_id=hand_ins[n], verdict=verdict, actor=SYSTEM, now=noon),
    )

    assert answers == [Money(3234)] * HANDS
    second = catalog.second_grade_of(variant_id=craft.variant_id)
    assert stock.available([second], noon) == {second: HANDS}
    assert findings() == []


def test_one_form_sent_many_times_at_once_makes_one_slip(app, noon):
    work_order_id = a_work_order(now=noon, quantity=HANDS)

    slips = all_at_once(
        app, lambda _: a_hand_in(now=noon, work_order_id=work_order_id, pieces=2, key="h-1")
    )

    assert len(set(slips)) == 1
    assert findings() == []


def test_slips_at_once_never_pass_the_end_of_the_work_order(app, noon):
    work_order_id = a_work_order(now=noon, quantity=10)

    answers = all_at_once(
        app,
        lambda n: production.record_hand_in(
            work_order_id=work_order_id, pieces=1, key=f"h-{n}", actor=SYSTEM, now=noon
        ),
    )

    numbers = {slip.number for slip in answers if not isinstance(slip, str)}
    assert numbers == {f"H260720-{n}" for n in range(1, 11)}
    assert answers.count("production.too_many_pieces") == HANDS - 10
    assert findings() == []


def test_one_offer_sent_many_times_at_once_is_one_work_order(app, noon):
    craft, maker = a_craft(), a_member()

    offers = all_at_once(app, lambda _: an_offer(now=noon, craft=craft, member_id=maker, key="k-1"))

    assert len(set(offers)) == 1


def test_one_form_sent_by_many_hands_counts_decides_and_pays_once(app, noon):
    craft, maker = a_craft(), a_member()
    work = a_work_order(now=noon, craft=craft, member_id=maker)
    verdict = Verdict(passed=11, second_grade=1, reason="sole 4 mm short")

    slips = all_at_once(
        app,
        lambda _: take_in(
            work_order_id=work, pieces=12, verdict=verdict, key="one", actor=SYSTEM, now=noon
        ),
    )

    assert {slip.number for slip in slips} == {"H260720-1"}
    assert [slip.is_new for slip in slips].count(True) == 1
    assert ledger.balance(f"wages_payable:member:{maker}") == Money(54054)
    assert stock.available([craft.variant_id], noon)[craft.variant_id] == 11
    assert findings() == []


def test_one_paper_slip_keyed_in_by_many_hands_counts_once(app, noon):
    maker = a_member()
    works = [a_work_order(now=noon, member_id=maker, quantity=1) for _ in range(HANDS)]
    station_id = stations.member(maker).station_id
    production.print_slips(station_id=station_id, slips=1, actor=SYSTEM, now=noon)

    answers = all_at_once(
        app,
        lambda number: take_in(
            work_order_id=works[number],
            pieces=1,
            verdict=None,
            paper=Paper(1, noon.date()),
            key=f"hand {number}",
            actor=SYSTEM,
            now=noon,
        ),
    )

    assert answers.count("production.paper_keyed_in") == HANDS - 1
    assert findings() == []


def test_an_objection_said_by_many_taps_is_one(app, noon):
    hand_in_id = a_hand_in(now=noon)
    verdict = Verdict(passed=11, rejected=1, reason="sole 4 mm short")
    accept_hand_in(hand_in_id=hand_in_id, verdict=verdict, actor=SYSTEM, now=noon)

    said = all_at_once(
        app,
        lambda _: appeals.say(
            hand_in_id=hand_in_id, words="", actor=SYSTEM, on_behalf=True, now=noon
        ),
    )
    paid = all_at_once(
        app,
        lambda _: decide_appeal(
            hand_in_id=hand_in_id,
            raised=Raised(rejected_to_passed=1),
            answer="",
            actor=SYSTEM,
            now=noon,
        ),
    )

    assert len(set(said)) == 1
    assert paid.count(Money(4620)) == 1
    assert paid.count("production.appeal_closed") == HANDS - 1
