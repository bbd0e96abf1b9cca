from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import checks, queries
from shop.bookings import services as bookings
from shop.bookings.rules import BookingState, Party
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from tests.builders.accounts import a_maker, a_social_worker
from tests.builders.bookings import WEEK, a_session, an_experience
from tests.builders.stations import CIZHU, a_room, a_workshop

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("app")


def hold(session, noon, *, owner="order:1", party=None, minutes=15) -> str:
    return bookings.hold(
        owner=owner,
        session_id=session,
        party=party or Party(adults=2),
        now=noon,
        expires_at=noon + minutes * MINUTE,
    )


def seats(session, now) -> tuple[int, int]:
    db.session.rollback()
    view = queries.sessions_by_id([session], now=now)[session]
    return view.booked, view.places_left


def findings() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(f.code, f.subject) for check in checks.CHECKS for f in check.run()]


def test_held_seats_are_gone_for_others_and_paid_ones_for_good(noon):
    session = a_session(now=noon, capacity=3)
    code = hold(session, noon)
    assert seats(session, noon) == (0, 1)
    with pytest.raises(bookings.SeatsGone) as refused:
        hold(session, noon, owner="order:2")
    assert (refused.value.details["wanted"], refused.value.details["available"]) == (2, 1)

    assert bookings.confirm(owner="order:1", now=noon)
    assert bookings.confirm(owner="order:1", now=noon)

    assert seats(session, noon + timedelta(days=1)) == (2, 1)
    assert queries.booking(code.lower()).state is BookingState.PAID
    assert findings() == []


def test_a_hold_falls_in_every_reading_before_it_is_swept(noon):
    session = a_session(now=noon, capacity=2)
    hold(session, noon)
    later = noon + 15 * MINUTE

    assert seats(session, noon + 14 * MINUTE) == (0, 0)
    assert seats(session, later) == (0, 2)
    hold(session, later, owner="order:2")
    assert queries.bookings_of("order:1")[0].state is BookingState.EXPIRED
    assert bookings.expire_holds(now=later) == 0
    assert findings() == []


def test_sweeping_sets_free_what_nobody_paid(noon):
    session = a_session(now=noon)
    hold(session, noon)
    hold(session, noon, owner="order:2", minutes=30)

    assert bookings.expire_holds(now=noon + 15 * MINUTE) == 1
    assert bookings.expire_holds(now=noon + 15 * MINUTE) == 0

    assert seats(session, noon + 15 * MINUTE) == (0, 10)
    assert findings() == []


def test_fallen_seats_are_taken_anew_for_late_money_when_they_are_free(noon):
    session = a_session(now=noon, capacity=2)
    hold(session, noon)
    bookings.expire_holds(now=noon + 20 * MINUTE)

    assert bookings.confirm(owner="order:1", now=noon + 30 * MINUTE)

    assert seats(session, noon) == (2, 0)
    assert findings() == []


def test_late_money_pushes_out_a_hold_that_has_itself_run_out(noon):
    session = a_session(now=noon, capacity=2)
    hold(session, noon)
    bookings.expire_holds(now=noon + 15 * MINUTE)
    hold(session, noon + 15 * MINUTE, owner="order:2")
    later = noon + 31 * MINUTE

    assert bookings.confirm(owner="order:1", now=later)

    assert not bookings.confirm(owner="order:2", now=later)
    assert seats(session, later) == (2, 0)
    assert findings() == []


@pytest.mark.parametrize("why", ["taken", "begun", "called off"])
def test_late_money_does_not_find_seats_that_are_gone(noon, why):
    session = a_session(now=noon, capacity=2)
    hold(session, noon)
    bookings.expire_holds(now=noon + 15 * MINUTE)
    when = noon + 16 * MINUTE
    if why == "taken":
        hold(session, when, owner="order:2", party=Party(adults=1))
    elif why == "begun":
        when = noon + WEEK
    else:
        bookings.cancel_session(session_id=session, actor=SYSTEM, now=when)
    before = seats(session, when)

    assert not bookings.confirm(owner="order:1", now=when)

    assert seats(session, when) == before
    assert findings() == []


@pytest.mark.parametrize("why", ["begun", "called off", "settled"])
def test_a_session_that_is_over_takes_no_guests(noon, why):
    session, when = a_session(now=noon), noon
    if why == "begun":
        when = noon + WEEK
    elif why == "called off":
        bookings.cancel_session(session_id=session, actor=SYSTEM, now=noon)
    else:
        bookings.settle(session_id=session, actor=SYSTEM, now=noon + WEEK)

    with pytest.raises(bookings.NotBookable):
        hold(session, when)


def test_released_seats_come_back_once(noon):
    session = a_session(now=noon)
    hold(session, noon)
    bookings.confirm(owner="order:1", now=noon)

    assert bookings.release(owner="order:1", now=noon) == 2
    assert bookings.release(owner="order:1", now=noon) == 0

    assert seats(session, noon) == (0, 12)
    assert not queries.bookings_in(session)
    assert findings() == []


def test_only_paid_guests_are_let_in_and_only_by_who_may(noon):
    session = a_session(now=noon)
    code = hold(session, noon)
    with pytest.raises(bookings.BookingNotOpen):
        bookings.check_in(code=code, actor=SYSTEM, now=noon)
    bookings.confirm(owner="order:1", now=noon)
    for who in (a_maker(), a_social_worker(at=a_room(CIZHU))):
        with pytest.raises((Forbidden, OutOfReach)):
            bookings.check_in(code=code, actor=who, now=noon)
    with pytest.raises(NotFound):
        bookings.check_in(code="NOBODY", actor=SYSTEM, now=noon)

    assert bookings.check_in(code=code, actor=a_social_worker(), now=noon)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        pytest.param({"starts_at": -WEEK}, bookings.BadPlan, id="in the past"),
        pytest.param({"capacity": 0}, bookings.BadPlan, id="no seats"),
        pytest.param({"actor": a_maker}, (Forbidden, OutOfReach), id="a maker"),
        pytest.param(
            {"actor": lambda: a_social_worker(at=a_room(CIZHU))}, OutOfReach, id="elsewhere"
        ),
    ],
)
def test_a_date_that_makes_no_sense_is_not_planned(noon, facts, refusal):
    offered = an_experience()

    with pytest.raises(refusal):
        bookings.plan_session(
            experience_id=offered,
            starts_at=noon + facts.get("starts_at", WEEK),
            capacity=facts.get("capacity", 12),
            actor=facts.get("actor", lambda: SYSTEM)(),
            now=noon,
        )

    page = queries.experience(queries.experiences_public(noon)[0].slug, noon)
    assert page.sessions == ()


def test_an_address_belongs_to_one_experience(noon):
    an_experience(slug="weave")

    with pytest.raises(bookings.SlugTaken):
        an_experience(slug="weave")


def test_visitors_see_open_dates_of_public_experiences_the_nearest_first(noon):
    later, sooner = an_experience(slug="later"), an_experience(slug="sooner")
    an_experience(slug="never")
    an_experience(slug="hidden", is_public=False)
    a_session(now=noon, experience_id=later, starts_at=noon + 3 * WEEK)
    a_session(now=noon, experience_id=sooner, starts_at=noon + 2 * WEEK)
    off = a_session(now=noon, experience_id=sooner)
    bookings.cancel_session(session_id=off, actor=SYSTEM, now=noon)

    shown = queries.experiences_public(noon)

    assert [view.slug for view in shown] == ["sooner", "later", "never"]
    assert [view.next_at for view in shown] == [noon + 2 * WEEK, noon + 3 * WEEK, None]
    assert len(queries.experience("sooner", noon).sessions) == 1
    with pytest.raises(NotFound):
        queries.experience("hidden", noon)


def test_a_worker_sees_the_sessions_of_her_own_part_of_the_tree(noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    mine = a_session(now=noon)
    a_session(now=noon, workshop_id=other)
    scope = a_social_worker().scope(bookings.Permission.HOST_SESSIONS)

    found = queries.sessions(scope, starts_from=noon, starts_before=noon + 2 * WEEK, now=noon)

    assert [one.id for one in found] == [mine]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("UPDATE experience_sessions SET held = held + 1", "S2"),
        ("UPDATE experience_sessions SET booked = booked + 1", "S2"),
        ("UPDATE bookings SET state = 'expired'", "S2"),
        ("UPDATE bookings SET ended_at = held_at", "S3"),
        ("UPDATE experience_sessions SET state = 'settled'", "S3"),
    ],
)
def test_a_planted_fault_is_named_by_the_checks(noon, fault, code):
    hold(a_session(now=noon), noon)
    assert findings() == []

    with transaction() as session:
        session.execute(sa.text(fault))

    assert code in {found for found, _ in findings()}
