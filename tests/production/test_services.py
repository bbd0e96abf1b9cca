from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.catalog.rules import PayLane
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.events import history
from shop.kernel.money import Money
from shop.production import checks, queries
from shop.production import services as production
from shop.production.models import HandIn, Inspection, WorkOrder
from shop.production.rules import HandInState, Verdict, WorkOrderState
from shop.production.services import (
    AlreadyApproved,
    AlreadyInspected,
    BadPieces,
    KeyReused,
    NoRate,
    NotHers,
    NotOfWorkshop,
    OwnWork,
    PiecesWaiting,
    TooManyPieces,
    TwoPeople,
    WrongStep,
)
from shop.stations import queries as stations
from tests.builders.accounts import a_maker, a_social_worker, an_actor, an_inspector
from tests.builders.production import a_craft, a_hand_in, a_rate, a_work_order, an_offer
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
TODAY = date(2026, 7, 20)


def state_of(work_order_id):
    return db.session.scalars(sa.select(WorkOrder.state).where(WorkOrder.id == work_order_id)).one()


def numbers(work_order_id):
    row = db.session.execute(
        sa.select(WorkOrder.counted, WorkOrder.done).where(WorkOrder.id == work_order_id)
    ).one()
    return tuple(row)


def inspect(hand_in_id, verdict, *, now, actor=SYSTEM):
    with transaction():
        work = production.inspect(hand_in_id=hand_in_id, verdict=verdict, actor=actor, now=now)
        production.give_codes(
            work=work, passed=verdict.passed, is_each_its_own=False, actor=actor, now=now
        )
    return work


def findings():
    db.session.rollback()
    return [(f.code, f.subject) for check in checks.CHECKS for f in check.run()]


def test_a_rate_counts_from_its_day_once_a_second_person_approved_it(app, noon):
    craft = a_craft(has_rate=False)
    first, second = a_social_worker(), a_social_worker()
    rate_id = production.set_rate(
        product_id=craft.product_id, minutes=90, material=Money(900), valid_from=TODAY,
        study="工时测定 3 号", actor=first, now=noon,
    )  # fmt: skip

    assert queries.rates([craft.product_id], on=TODAY) == {}
    assert [rate.rate_id for rate in queries.rates_waiting(EVERYWHERE)] == [rate_id]
    with pytest.raises(TwoPeople):
        production.approve_rate(rate_id=rate_id, actor=first, now=noon)
    production.approve_rate(rate_id=rate_id, actor=second, now=noon)

    rate = queries.rates([craft.product_id], on=TODAY)[craft.product_id]
    assert (rate.rate, rate.material, rate.version) == (Money(3470), Money(900), 1)
    assert queries.rates([craft.product_id], on=TODAY - timedelta(days=1)) == {}
    assert queries.rates_waiting(EVERYWHERE) == []
    with pytest.raises(AlreadyApproved):
        production.approve_rate(rate_id=rate_id, actor=second, now=noon)


def test_a_newer_rate_replaces_the_older_one_from_its_day(app, noon):
    craft = a_craft(minutes=120)
    a_rate(product_id=craft.product_id, minutes=132, valid_from=date(2026, 8, 1))
    a_rate(product_id=craft.product_id, minutes=600, valid_from=TODAY, is_approved=False)

    def rate(day):
        return queries.rates([craft.product_id], on=day)[craft.product_id].rate

    assert rate(date(2026, 7, 31)) == Money(4620)
    assert rate(date(2026, 8, 1)) == Money(5090)
    assert [r.version for r in queries.rate_history(craft.product_id)] == [1, 3, 2]


@pytest.mark.parametrize("minutes", [0, -5, 10**9])
def test_an_absurd_time_study_sets_no_rate(app, noon, minutes):
    craft = a_craft(has_rate=False)

    with pytest.raises(BadPieces):
        a_rate(product_id=craft.product_id, minutes=minutes)

    assert queries.rate_history(craft.product_id) == []


def test_the_rate_is_frozen_when_she_accepts(app, noon):
    craft = a_craft()
    work_order_id = an_offer(now=noon, craft=craft)
    a_rate(product_id=craft.product_id, minutes=132, valid_from=TODAY)
    production.accept(work_order_id=work_order_id, actor=SYSTEM, now=noon, on_behalf=True)
    a_rate(product_id=craft.product_id, minutes=240, valid_from=TODAY)

    (work,) = queries.work_orders(scope=EVERYWHERE)
    assert work.rate == Money(5090)
    assert work.state is WorkOrderState.ACCEPTED


def test_an_offer_sent_again_is_one_work_order(app, noon):
    craft, member_id = a_craft(), a_member()
    ids = {an_offer(now=noon, craft=craft, member_id=member_id, key="k-1") for _ in range(3)}

    assert len(ids) == 1
    with pytest.raises(KeyReused):
        an_offer(now=noon, craft=craft, member_id=member_id, quantity=13, key="k-1")
    (work,) = queries.work_orders(member_id=member_id)
    assert (work.number, work.quantity, work.left) == ("W260720-1", 12, 12)


def test_numbers_run_by_station_and_day(app, noon):
    craft = a_craft()
    for _ in range(2):
        an_offer(now=noon, craft=craft)
    an_offer(now=noon + timedelta(hours=13), craft=craft)  # past midnight in Chongqing

    numbers = [work.number for work in queries.work_orders(scope=EVERYWHERE)]
    assert numbers == ["W260721-1", "W260720-2", "W260720-1"]


def test_work_without_an_approved_rate_is_not_offered(app, noon):
    craft = a_craft(has_rate=False)
    a_rate(product_id=craft.product_id, is_approved=False)

    with pytest.raises(NoRate):
        an_offer(now=noon, craft=craft)

    assert queries.work_orders(scope=EVERYWHERE) == []


def test_a_consignment_piece_needs_no_rate(app, noon):
    member_id = a_member()
    craft = a_craft(
        has_rate=False, pay_lane=PayLane.CONSIGNMENT, share_percent=60, maker_id=member_id
    )

    a_work_order(now=noon, craft=craft, member_id=member_id)

    (work,) = queries.work_orders(member_id=member_id)
    assert (work.pay_lane, work.rate, work.share_percent) == (PayLane.CONSIGNMENT, Money(0), 60)
    assert findings() == []


def test_only_members_of_the_workshop_are_asked(app, noon):
    elsewhere = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹竹编坊")
    stranger = a_member(workshop_id=elsewhere)

    with pytest.raises(NotOfWorkshop):
        an_offer(now=noon, craft=a_craft(), member_id=stranger)


def test_she_herself_accepts_or_a_helper_says_so_for_her(app, noon):
    member_id = a_member()
    herself, helper = a_maker(member_id=member_id), a_social_worker()
    first, second = (an_offer(now=noon, member_id=member_id) for _ in range(2))

    production.accept(work_order_id=first, actor=herself, now=noon)
    with pytest.raises(NotHers):
        production.accept(work_order_id=second, actor=helper, now=noon)
    production.accept(work_order_id=second, actor=helper, now=noon, on_behalf=True)

    assert history(f"work_order:{first}")[-1].facts["on_behalf"] is False
    told = history(f"work_order:{second}")[-1]
    assert (told.kind, told.actor_id, told.facts["on_behalf"]) == (
        "WorkAccepted", helper.user_id, True,
    )  # fmt: skip


def test_another_maker_cannot_answer_for_her(app, noon):
    work_order_id = an_offer(now=noon)

    with pytest.raises(OutOfReach):
        production.accept(work_order_id=work_order_id, actor=a_maker(), now=noon)

    assert state_of(work_order_id) is WorkOrderState.OFFERED


def test_she_may_decline_and_that_is_the_end_of_it(app, noon):
    member_id = a_member()
    herself = a_maker(member_id=member_id)
    work_order_id = an_offer(now=noon, member_id=member_id)
    for _ in range(2):
        production.decline(work_order_id=work_order_id, actor=herself, now=noon)

    with pytest.raises(WrongStep):
        production.accept(work_order_id=work_order_id, actor=SYSTEM, now=noon, on_behalf=True)
    with pytest.raises(WrongStep):
        a_hand_in(now=noon, work_order_id=work_order_id)
    assert queries.work_orders(member_id=member_id) == []
    assert len(queries.work_orders(member_id=member_id, open_only=False)) == 1


def test_material_goes_out_for_accepted_work_by_one_slip(app, noon):
    work_order_id = a_work_order(now=noon)

    def issue(quantity=300, key="m-1"):
        return production.issue_material(
            work_order_id=work_order_id, material="苎麻线", quantity=quantity, unit="g",
            key=key, actor=SYSTEM, now=noon,
        )  # fmt: skip

    assert issue() == issue()
    with pytest.raises(KeyReused):
        issue(quantity=301)
    issue(key="m-2")
    assert state_of(work_order_id) is WorkOrderState.MATERIAL_ISSUED
    assert [m.quantity for m in queries.material_issued(work_order_id)] == [300, 300]
    with pytest.raises(WrongStep):
        production.issue_material(
            work_order_id=an_offer(now=noon), material="苎麻线", quantity=1, unit="g",
            key="m-3", actor=SYSTEM, now=noon,
        )  # fmt: skip


def test_pieces_are_counted_once_per_slip_and_wait_for_a_verdict(app, noon):
    member_id = a_member()
    work_order_id = a_work_order(now=noon, member_id=member_id)
    ids = {a_hand_in(now=noon, work_order_id=work_order_id, pieces=5, key="h-1") for _ in range(3)}

    assert len(ids) == 1
    assert numbers(work_order_id) == (5, 0)
    assert state_of(work_order_id) is WorkOrderState.PARTLY_HANDED_IN
    with pytest.raises(KeyReused):
        a_hand_in(now=noon, work_order_id=work_order_id, pieces=4, key="h-1")
    a_hand_in(now=noon, work_order_id=work_order_id, pieces=7)
    assert state_of(work_order_id) is WorkOrderState.ALL_HANDED_IN

    waiting = queries.hand_ins_waiting(EVERYWHERE)
    assert [(h.number, h.pieces, h.decide_by) for h in waiting] == [
        ("H260720-1", 5, noon + timedelta(days=3)),
        ("H260720-2", 7, noon + timedelta(days=3)),
    ]
    assert [h.pieces for h in queries.hand_ins_of(member_id)] == [7, 5]
    assert findings() == []


def test_more_pieces_than_asked_for_are_refused(app, noon):
    work_order_id = a_work_order(now=noon, quantity=12)
    a_hand_in(now=noon, work_order_id=work_order_id, pieces=10)

    with pytest.raises(TooManyPieces) as refused:
        a_hand_in(now=noon, work_order_id=work_order_id, pieces=3)

    assert refused.value.details == {"brought": 3, "left": 2}
    assert numbers(work_order_id) == (10, 0)


@pytest.mark.parametrize("pieces", [0, -1, 10**9])
def test_zero_negative_and_absurd_pieces_are_refused(app, noon, pieces):
    work_order_id = a_work_order(now=noon)

    with pytest.raises(BadPieces):
        a_hand_in(now=noon, work_order_id=work_order_id, pieces=pieces)
    with pytest.raises(BadPieces):
        an_offer(now=noon, quantity=pieces)

    assert numbers(work_order_id) == (0, 0)


def test_an_inspection_decides_once_and_rework_asks_for_the_piece_again(app, noon):
    work_order_id = a_work_order(now=noon)
    hand_in_id = a_hand_in(now=noon, work_order_id=work_order_id)
    verdict = Verdict(passed=10, rework=1, second_grade=1, reason="sole 4 mm short")

    work = inspect(hand_in_id, verdict, now=noon)

    assert (work.rate, work.material, work.pieces) == (Money(4620), Money(1250), 12)
    assert numbers(work_order_id) == (0, 11)
    assert state_of(work_order_id) is WorkOrderState.PARTLY_HANDED_IN
    with pytest.raises(AlreadyInspected):
        inspect(hand_in_id, verdict, now=noon)
    again = a_hand_in(now=noon, work_order_id=work_order_id, pieces=1)
    inspect(again, Verdict(passed=1), now=noon)
    assert state_of(work_order_id) is WorkOrderState.CLOSED
    assert [h.verdict for h in queries.hand_ins_decided(EVERYWHERE)] == [Verdict(passed=1), verdict]
    assert findings() == []


def test_nobody_inspects_her_own_work(app, noon):
    member_id = a_member()
    hand_in_id = a_hand_in(now=noon, member_id=member_id)

    with pytest.raises(OwnWork):
        inspect(hand_in_id, Verdict(passed=12), now=noon, actor=an_inspector(member_id=member_id))

    assert [h.hand_in_id for h in queries.hand_ins_waiting(EVERYWHERE)] == [hand_in_id]


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        pytest.param(lambda: an_actor(Role.WORKSHOP_LEAD), Forbidden, id="a workshop lead"),
        pytest.param(lambda: an_inspector(at=a_room(CIZHU)), OutOfReach, id="of another village"),
    ],
)
def test_only_an_inspector_of_the_place_decides(app, noon, who, refusal):
    hand_in_id = a_hand_in(now=noon)

    with pytest.raises(refusal):
        inspect(hand_in_id, Verdict(passed=12), now=noon, actor=who())

    assert db.session.scalar(sa.select(sa.func.count(Inspection.id))) == 0


def test_no_person_can_claim_silence(app, noon):
    hand_in_id = a_hand_in(now=noon)

    with pytest.raises(Forbidden):
        production.inspect(
            hand_in_id=hand_in_id, verdict=Verdict(passed=12), actor=an_inspector(), now=noon,
            by_silence=True,
        )  # fmt: skip


def test_what_was_found_can_never_be_changed(app, noon):
    inspect(a_hand_in(now=noon), Verdict(passed=12), now=noon)

    with pytest.raises(sa.exc.DatabaseError, match="append-only"), transaction() as session:
        session.execute(sa.update(Inspection).values(passed=11))


def test_work_ends_early_only_when_nothing_waits(app, noon):
    work_order_id = a_work_order(now=noon)
    hand_in_id = a_hand_in(now=noon, work_order_id=work_order_id, pieces=5)

    with pytest.raises(PiecesWaiting):
        production.close(work_order_id=work_order_id, actor=SYSTEM, now=noon)
    inspect(hand_in_id, Verdict(passed=5), now=noon)
    production.close(work_order_id=work_order_id, actor=SYSTEM, now=noon)

    with pytest.raises(WrongStep):
        a_hand_in(now=noon, work_order_id=work_order_id, pieces=1)
    assert findings() == []


def test_a_slip_says_whose_pieces_and_where_and_what_a_good_one_earns(app, noon):
    member_id = a_member(name="陈明珍", name_en="Chen Mingzhen")
    a_hand_in(now=noon, member_id=member_id)
    (waiting,) = queries.hand_ins_waiting(EVERYWHERE)

    slip = queries.slip(waiting.public_id, EVERYWHERE)

    assert (slip.hand_in.maker.name, slip.hand_in.piece.size) == ("陈明珍", "37")
    assert (slip.workshop_name, slip.phone, slip.rate) == (
        "灯梁编织坊", "02359000001", Money(4620),
    )  # fmt: skip


def test_what_lies_outside_the_readers_reach_is_not_there(app, noon):
    a_hand_in(now=noon)
    near = Scope((stations.path_of(a_room()),))
    far = Scope((stations.path_of(a_room(CIZHU)),))
    (waiting,) = queries.hand_ins_waiting(near)
    (work,) = queries.work_orders(scope=near, open_only=False)

    for scope in (far, Scope()):
        assert queries.hand_ins_waiting(scope) == []
        assert queries.work_orders(scope=scope, open_only=False) == []
        with pytest.raises(NotFound):
            queries.hand_in(waiting.public_id, scope)
        with pytest.raises(NotFound):
            queries.slip(waiting.public_id, scope)
        with pytest.raises(NotFound):
            queries.work_order(work.public_id, scope)
    with pytest.raises(ValueError, match="scope"):
        queries.work_orders()
    assert queries.work_order(work.public_id, near) == work


def test_the_checks_name_the_work_that_lies(app, noon):
    work_order_id = a_work_order(now=noon)
    hand_in_id = a_hand_in(now=noon, work_order_id=work_order_id)
    with transaction() as session:
        session.execute(sa.update(WorkOrder).values(counted=11, rate_minor=0))
        session.execute(sa.update(HandIn).values(state=HandInState.INSPECTED, member_id=a_member()))

    assert findings() == [
        ("W1", f"work_order:{work_order_id}"),
        ("W2", f"hand_in:{hand_in_id}"),
        ("W2", f"hand_in:{hand_in_id}"),
        ("W3", f"work_order:{work_order_id}"),
    ]
