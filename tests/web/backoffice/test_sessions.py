from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.bookings import queries as booking_views
from shop.bookings.rules import BookingState, SessionState
from shop.earnings import queries as earnings
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.stations import queries as stations
from tests.builders.bookings import a_session, an_experience
from tests.builders.orders import a_bank, a_paid_order
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
YEAR = timedelta(days=365)


def words(response) -> str:
    return response.get_data(as_text=True)


def sessions(in_app, noon):
    return in_app(
        lambda: booking_views.sessions(
            EVERYWHERE, starts_from=noon - YEAR, starts_before=noon + YEAR, now=noon
        )
    )


@pytest.fixture
def a_booked_session(in_app, noon):
    """A session in a week with one family and one adult; returns (session, instructor)."""

    def make():
        instructor = a_member(name="李桂芳")
        session_id = a_session(now=noon, instructor_id=instructor)
        with a_bank():
            a_paid_order(now=noon, seats={session_id: (1, 0, 1)})
        return instructor

    instructor = in_app(make)
    (session,) = sessions(in_app, noon)
    return session, instructor


def test_a_session_is_planned_by_the_clock_on_the_workshops_wall(worker, in_app, noon):
    def make():
        an_experience(slug="weave-a-pendant")
        return stations.member(a_member(name="李桂芳")).public_id

    instructor = in_app(make)

    worker().send(
        "/desk/sessions/new",
        {
            "experience": "weave-a-pendant",
            "day": "2026-08-01",
            "time": "10:00",
            "capacity": "12",
            "instructor": instructor,
        },
    )

    (session,) = sessions(in_app, noon)
    assert session.starts_at.isoformat() == "2026-08-01T02:00:00+00:00"
    assert session.state is SessionState.OPEN


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"day": "2026-02-30"}, id="no such day"),
        pytest.param({"time": ""}, id="no time"),
        pytest.param({"capacity": "0"}, id="no place"),
        pytest.param({"day": "2026-07-01"}, id="a day that is over"),
        pytest.param({"experience": "somebody-elses"}, id="not hers"),
    ],
)
def test_a_wrong_plan_opens_nothing_and_keeps_what_was_typed(worker, in_app, noon, changes):
    in_app(lambda: an_experience(slug="weave-a-pendant"))
    typed = {
        "experience": "weave-a-pendant",
        "day": "2026-08-01",
        "time": "10:00",
        "capacity": "9",
        **changes,
    }

    refused = worker().send("/desk/sessions/new", typed, status=422)

    for name in ("day", "time", "capacity"):
        assert f'value="{typed[name]}"' in words(refused)
    assert sessions(in_app, noon) == []


def test_the_guest_list_names_who_comes_and_greets_them_once(
    worker, in_app, noon, a_booked_session
):
    session, _instructor = a_booked_session
    zhou_min = worker()
    page = f"/desk/sessions/{session.public_id}"
    (guest,) = in_app(lambda: booking_views.bookings_in(session.id))
    assert "刘女士" in words(zhou_min.open(page))

    zhou_min.send(f"{page}/arrivals", {"code": guest.code}, via=page)
    zhou_min.send(f"{page}/arrivals", {"code": guest.code}, via=page)

    (here,) = in_app(lambda: booking_views.bookings_in(session.id))
    assert here.state is BookingState.CHECKED_IN


def test_after_the_session_the_instructor_is_paid_the_same_evening(
    worker, in_app, clock, noon, a_booked_session
):
    session, instructor = a_booked_session
    clock.now = session.ends_at + timedelta(hours=1)
    zhou_min = worker()
    page = f"/desk/sessions/{session.public_id}"

    zhou_min.send(f"{page}/settled", via=page)

    assert in_app(lambda: earnings.pots(instructor, now=clock.now).sure) == Money(12000)
    (settled,) = sessions(in_app, noon)
    assert settled.state is SessionState.SETTLED


def test_a_session_to_come_cannot_be_settled(worker, in_app, noon, a_booked_session):
    session, instructor = a_booked_session
    zhou_min = worker()
    page = f"/desk/sessions/{session.public_id}"

    assert "/settled" not in words(zhou_min.open(page))
    zhou_min.send(f"{page}/settled", via=page, status=409)

    assert in_app(lambda: earnings.pots(instructor, now=noon).sure) == Money(0)


def test_sessions_of_another_village_are_not_there(worker, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        a_session(now=noon, workshop_id=other)

    in_app(elsewhere)
    (session,) = sessions(in_app, noon)
    zhou_min = worker()

    zhou_min.open(f"/desk/sessions/{session.public_id}", status=404)
    assert session.public_id not in words(zhou_min.open("/desk/sessions"))


def test_an_instructor_greets_guests_but_settles_nothing(worker, a_booked_session):
    session, _instructor = a_booked_session
    host = worker(Role.INSTRUCTOR)
    page = f"/desk/sessions/{session.public_id}"

    host.open(page)
    host.send(f"{page}/settled", via=page, status=403)
