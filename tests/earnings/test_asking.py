from __future__ import annotations

import pytest

from shop.earnings import asking, queries
from shop.earnings.rules import PayoutState
from shop.kernel.access import Permission
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.money import Money
from shop.workflows.paying import prepare_pay_run
from tests.builders.accounts import a_cashier, a_maker, a_social_worker
from tests.builders.earnings import AFTER_JULY, JULY, an_earning
from tests.builders.stations import CIZHU, a_room, a_workshop


def prepare(now=AFTER_JULY, end=JULY):
    return prepare_pay_run(
        workshop_id=a_workshop(), period_end_on=end, actor=a_social_worker(), now=now
    )


def slip_of(run_id):
    (slip,) = queries.slips(run_id)
    return slip


def test_a_small_sum_that_she_asked_for_is_in_the_next_run(app):
    maker = a_maker()
    an_earning(member_id=maker.member_id, fen=2310)
    assert asking.small_sum(maker.member_id, now=AFTER_JULY).may_ask

    assert asking.ask(member_id=maker.member_id, actor=maker, now=AFTER_JULY) == Money(2310)
    asking.ask(member_id=maker.member_id, actor=maker, now=AFTER_JULY)
    assert asking.who_asked(a_workshop()) == {maker.member_id}
    slip = slip_of(prepare())

    assert (slip.state, slip.amount) == (PayoutState.PENDING, Money(2310))
    assert asking.who_asked(a_workshop()) == frozenset()


def test_without_asking_it_waits(app):
    maker = a_maker()
    an_earning(member_id=maker.member_id, fen=2310)

    assert slip_of(prepare()).state is PayoutState.CARRIED


def test_a_wish_that_a_run_did_not_pay_stands_for_the_next(app):
    maker, other = a_maker(), a_maker()
    an_earning(member_id=other.member_id, fen=50820)
    an_earning(member_id=maker.member_id, fen=2310, at=AFTER_JULY)
    asking.ask(member_id=maker.member_id, actor=maker, now=AFTER_JULY)

    prepare()

    assert asking.who_asked(a_workshop()) == {maker.member_id}


def test_a_wish_after_the_run_was_drawn_up_is_not_taken_for_answered(app):
    maker = a_maker()
    an_earning(member_id=maker.member_id, fen=2310)
    prepare()
    asking.ask(member_id=maker.member_id, actor=maker, now=AFTER_JULY)

    prepare()

    assert asking.who_asked(a_workshop()) == {maker.member_id}


@pytest.mark.parametrize("fen", [None, 5000])
def test_where_nothing_small_waits_there_is_nothing_to_ask_for(app, fen):
    maker = a_maker()
    if fen:
        an_earning(member_id=maker.member_id, fen=fen)

    with pytest.raises(asking.NothingToAsk):
        asking.ask(member_id=maker.member_id, actor=maker, now=AFTER_JULY)


def test_who_prepares_the_pay_notes_it_for_her_and_nobody_else_does(app):
    maker = a_maker()
    an_earning(member_id=maker.member_id, fen=2310)
    strangers = [
        (a_maker(), OutOfReach),
        (a_cashier(), Forbidden),
        (a_social_worker(at=a_room(CIZHU)), OutOfReach),
    ]
    for actor, refusal in strangers:
        with pytest.raises(refusal):
            asking.ask(member_id=maker.member_id, actor=actor, now=AFTER_JULY)
    helper = a_social_worker()

    asking.ask(member_id=maker.member_id, actor=helper, now=AFTER_JULY)

    assert asking.asking(helper.scope(Permission.PREPARE_PAY)) == [maker.member_id]
