from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.production import appeals, queries
from shop.production.appeals import (
    AnotherPair,
    AnswerMissing,
    AppealClosed,
    NothingToAppeal,
    TooLateToAppeal,
)
from shop.production.rules import AppealState, MoreThanThere, Raised, Verdict
from shop.production.services import OwnWork
from shop.workflows.making import accept_hand_in
from tests.builders.accounts import a_maker, a_social_worker, an_actor, an_inspector
from tests.builders.production import a_hand_in
from tests.builders.stations import CIZHU, a_member, a_room

EVERYWHERE = Scope(("/",))
WEEK = timedelta(days=7)
FLAWED = Verdict(passed=9, second_grade=2, rejected=1, reason="sole 4 mm short")


@pytest.fixture
def her(app):
    return a_member()


@pytest.fixture
def inspector(app):
    return an_inspector()


@pytest.fixture
def hand_in(her, inspector, noon):
    """Return twelve pairs of which two are second grade and one was rejected."""
    found = a_hand_in(now=noon, member_id=her)
    accept_hand_in(hand_in_id=found, verdict=FLAWED, actor=inspector, now=noon)
    return found


def said(hand_in, now, **more):
    given = {"words": "只短 2 毫米", "actor": a_social_worker(), "on_behalf": True} | more
    return appeals.say(hand_in_id=hand_in, now=now, **given)


def decided(hand_in, now, raised=Raised(second_to_passed=1), *, actor=None, answer=""):  # noqa: B008 - frozen
    return appeals.decide(
        hand_in_id=hand_in,
        raised=raised,
        answer=answer,
        actor=actor or a_social_worker(),
        now=now,
    )


def one(hand_in):
    db.session.rollback()
    return appeals.appeals_of([hand_in])[hand_in]


def test_she_objects_herself_once_and_it_waits_for_another_pair_of_eyes(hand_in, her, noon):
    herself = a_maker(member_id=her)

    first = said(hand_in, noon, actor=herself, on_behalf=False)
    again = said(hand_in, noon, actor=herself, on_behalf=False, words="别的话")

    assert again == first
    assert (one(hand_in).words, one(hand_in).on_behalf) == ("只短 2 毫米", False)
    assert [seen.hand_in_id for seen in queries.hand_ins_appealed(EVERYWHERE)] == [hand_in]


def test_a_helper_notes_it_for_her_and_the_record_says_so(hand_in, noon):
    with pytest.raises(Forbidden):
        said(hand_in, noon, on_behalf=False)
    said(hand_in, noon)

    assert one(hand_in).on_behalf


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        pytest.param(lambda: a_maker(member_id=a_member(name="陈明珍")), Forbidden, id="a maker"),
        pytest.param(lambda: an_actor(Role.CASHIER), Forbidden, id="a cashier"),
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="another village"),
    ],
)
def test_nobody_else_objects_for_her(hand_in, noon, who, refusal):
    with pytest.raises((refusal, OutOfReach)):
        said(hand_in, noon, actor=who())

    assert appeals.appeals_of([hand_in]) == {}


def test_seven_days_and_not_a_second_longer(hand_in, noon):
    seen = queries.hand_ins_by_id([hand_in])[0]
    assert appeals.may_appeal(seen, now=noon + WEEK - timedelta(seconds=1))
    assert not appeals.may_appeal(seen, now=noon + WEEK)
    with pytest.raises(TooLateToAppeal):
        said(hand_in, noon + WEEK)
    assert said(hand_in, noon + WEEK - timedelta(seconds=1))


@pytest.mark.parametrize(
    "verdict", [Verdict(passed=12), Verdict(passed=11, rework=1, reason="线头"), None]
)
def test_there_is_nothing_to_object_to_where_nothing_was_lost(app, noon, verdict):
    found = a_hand_in(now=noon)
    if verdict is not None:
        accept_hand_in(hand_in_id=found, verdict=verdict, actor=an_inspector(), now=noon)

    with pytest.raises(NothingToAppeal):
        said(found, noon)
    assert not appeals.may_appeal(queries.hand_ins_by_id([found])[0], now=noon)


def test_a_second_look_raises_pieces_and_the_inspection_stays_as_it_was_written(hand_in, noon):
    said(hand_in, noon)

    found = decided(hand_in, noon, Raised(second_to_passed=1, rejected_to_second=1))

    assert found.before == FLAWED
    assert (found.after.passed, found.after.second_grade, found.after.rejected) == (10, 2, 0)
    assert queries.verdict_of(hand_in) == FLAWED
    assert one(hand_in).state is AppealState.UPHELD
    assert queries.hand_ins_appealed(EVERYWHERE) == []


def test_a_kept_verdict_says_why(hand_in, noon):
    said(hand_in, noon)
    with pytest.raises(AnswerMissing):
        decided(hand_in, noon, None, answer=" ")

    decided(hand_in, noon, None, answer="量过三次")

    assert (one(hand_in).state, one(hand_in).answer) == (AppealState.KEPT, "量过三次")


@pytest.mark.parametrize(
    ("raised", "refusal"),
    [
        pytest.param(Raised(), AnswerMissing, id="nothing rises"),
        pytest.param(Raised(second_to_passed=3), MoreThanThere, id="more than second grade"),
        pytest.param(
            Raised(rejected_to_passed=1, rejected_to_second=1), MoreThanThere, id="one piece twice"
        ),
        pytest.param(
            Raised(second_to_passed=2, rejected_to_second=-1), MoreThanThere, id="one sinks"
        ),
    ],
)
def test_what_cannot_rise_decides_nothing(hand_in, noon, raised, refusal):
    said(hand_in, noon)

    with pytest.raises(refusal):
        decided(hand_in, noon, raised)

    assert one(hand_in).state is AppealState.OPEN


def test_whoever_judged_first_or_made_it_does_not_judge_again(hand_in, her, inspector, noon):
    said(hand_in, noon)
    with pytest.raises(AnotherPair):
        decided(hand_in, noon, actor=inspector)
    with pytest.raises(OwnWork):
        decided(hand_in, noon, actor=an_inspector(member_id=her))
    with pytest.raises(Forbidden):
        decided(hand_in, noon, actor=an_actor(Role.WORKSHOP_LEAD))
    with pytest.raises(OutOfReach):
        decided(hand_in, noon, actor=an_inspector(at=a_room(CIZHU)))

    assert one(hand_in).state is AppealState.OPEN


def test_it_is_decided_once_and_only_where_she_objected(hand_in, noon):
    with pytest.raises(NotFound):
        decided(hand_in, noon)
    said(hand_in, noon)
    decided(hand_in, noon)

    with pytest.raises(AppealClosed):
        decided(hand_in, noon, None, answer="量过三次")
    assert one(hand_in).state is AppealState.UPHELD
