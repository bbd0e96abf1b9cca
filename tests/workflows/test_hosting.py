from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import checks
from shop.bookings import queries as bookings
from shop.bookings import services as booking
from shop.bookings.rules import BookingState, SessionState
from shop.earnings import queries as earnings
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments.rules import RefundCause
from shop.workflows import hosting, refunding
from tests.builders.accounts import a_maker, a_social_worker
from tests.builders.bookings import WEEK, a_session, an_experience
from tests.builders.orders import a_paid_order, an_order, pay
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def balances(*kinds: str) -> dict[str, int]:
    db.session.rollback()
    return {kind: ledger.balance(f"{kind}:{a_workshop()}").minor for kind in kinds}


def counts() -> list[int]:
    db.session.rollback()
    tables = ("entries", "earnings", "events", "refunds")
    return [db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {t}")) or 0 for t in tables]


def e12(noon, *, families_of_b: int = 2):
    """Return the session of E12 with its hosts and its three paid orders A, B, C."""
    host, helper = a_member(), a_member(name="李桂芳")
    session = a_session(now=noon, instructor_id=host, assistant_id=helper)
    parties = ((1, 0, 1), (0, 0, families_of_b), (1, 0, 0))
    placed = [a_paid_order(now=noon, seats={session: party}) for party in parties]
    return session, host, helper, placed


def test_a_held_session_is_settled_as_in_e12(noon):
    session, host, helper, placed = e12(noon)
    assert balances("prepayment") == {"prepayment": 64000}
    assert [payments.payment_of_order(p.order_id).fee.minor for p in placed] == [148, 178, 59]
    evening = noon + WEEK + 3 * HOUR

    held = hosting.complete_session(session_id=session, actor=a_social_worker(), now=evening)
    again = hosting.complete_session(session_id=session, actor=SYSTEM, now=evening + HOUR)

    assert (held.guests, held.is_new, again.is_new) == (8, True, False)
    assert balances(
        "prepayment", "session_income", "fee", "session_costs", "instructor_costs", "kits", "bank"
    ) == {
        "prepayment": 0,
        "session_income": 64000,
        "fee": -385,
        "session_costs": -15000,
        "instructor_costs": -18000,
        "kits": 9600,
        "bank": 5400,
    }
    left = balances("session_income", "fee", "session_costs", "instructor_costs")
    assert sum(left.values()) == 30615
    # The same evening it stands on their pages, sure.
    assert earnings.pots(host, now=evening).sure == Money(12000)
    assert earnings.pots(helper, now=evening).sure == Money(6000)
    states = {orders.order(p.order_id).state for p in placed}
    assert states == {OrderState.COMPLETED}
    assert findings() == []


def test_below_seven_guests_no_assistant_is_paid(noon):
    session, host, helper, _ = e12(noon, families_of_b=1)

    held = hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK)

    assert held.guests == 6
    assert earnings.pots(host, now=noon + WEEK).sure == Money(12000)
    assert earnings.pots(helper, now=noon + WEEK).sure == Money(0)
    assert findings() == []


def test_guests_not_checked_in_are_noted_as_absent_and_pay_all_the_same(noon):
    session, _, _, placed = e12(noon)
    came = bookings.bookings_of(f"order:{placed[0].order_id}")[0]
    assert booking.check_in(code=came.code.lower(), actor=SYSTEM, now=noon + WEEK)
    assert not booking.check_in(code=came.code, actor=SYSTEM, now=noon + WEEK)

    hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK + HOUR)

    states = [b.state for b in bookings.bookings_in(session)]
    assert states == [BookingState.DONE, BookingState.NO_SHOW, BookingState.NO_SHOW]
    assert balances("session_income") == {"session_income": 64000}


def test_a_session_without_guests_costs_and_pays_nothing(noon):
    session = a_session(now=noon, instructor_id=a_member())
    before = counts()

    held = hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK)

    assert held.guests == 0
    entries, earned, events, refunds = before
    assert counts() == [entries, earned, events + 1, refunds]


@pytest.mark.parametrize(
    ("actor", "at", "refusal"),
    [
        pytest.param(a_maker, WEEK, (Forbidden, OutOfReach), id="a maker"),
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), WEEK, OutOfReach, id="elsewhere"),
        pytest.param(a_social_worker, 6 * HOUR, booking.SessionNotOver, id="not begun"),
    ],
)
def test_a_refused_settlement_changes_nothing(noon, actor, at, refusal):
    session, *_ = e12(noon)
    who, before = actor(), counts()

    with pytest.raises(refusal):
        hosting.complete_session(session_id=session, actor=who, now=noon + at)

    assert counts() == before
    assert balances("prepayment", "session_income") == {"prepayment": 64000, "session_income": 0}


def test_a_session_with_guests_needs_to_know_who_hosted_it(noon):
    session = a_session(now=noon)
    a_paid_order(now=noon, seats={session: (1, 0, 0)})

    with pytest.raises(booking.InstructorMissing):
        hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK)
    booking.set_hosts(session_id=session, instructor_id=a_member(), assistant_id=None, actor=SYSTEM)
    hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK)
    assert findings() == []


def test_two_dates_in_one_order_complete_it_with_the_second(noon):
    offered, host = an_experience(), a_member()
    first, second = (
        a_session(now=noon, experience_id=offered, starts_at=noon + days * WEEK, instructor_id=host)
        for days in (1, 2)
    )
    placed = a_paid_order(now=noon, seats={first: (1, 0, 0), second: (1, 0, 0)})

    hosting.complete_session(session_id=first, actor=SYSTEM, now=noon + WEEK)
    assert orders.order(placed.order_id).state is OrderState.PAID
    hosting.complete_session(session_id=second, actor=SYSTEM, now=noon + 2 * WEEK)

    assert orders.order(placed.order_id).state is OrderState.COMPLETED
    assert findings() == []


@pytest.mark.parametrize(
    ("cause", "hours", "stand_down"),
    [
        pytest.param(RefundCause.CANCELLED_BY_HOUSE, 20, 6000, id="by the house, inside 24 h"),
        pytest.param(RefundCause.CANCELLED_BY_HOUSE, 30, 0, id="by the house, in time"),
        pytest.param(RefundCause.WEATHER, 2, 3600, id="road closed by warning"),
    ],
)
def test_a_session_called_off_gives_everything_back_as_in_e13(noon, cause, hours, stand_down):
    session, host, _, placed = e12(noon)
    when = noon + WEEK - hours * HOUR

    for _ in range(2):
        hosting.cancel_session(session_id=session, cause=cause, actor=SYSTEM, now=when)

    refunded = [payments.payment_of_order(p.order_id).refunded.minor for p in placed]
    assert refunded == [24600, 29600, 9800]
    assert balances("prepayment", "clearing", "fee") == {"prepayment": 0, "clearing": 0, "fee": 0}
    assert earnings.pots(host, now=when).sure == Money(stand_down)
    assert bookings.bookings_in(session) == []
    assert findings() == []


def test_seats_given_back_before_the_evening_never_become_income(noon):
    session, _, _, placed = e12(noon)
    refunding.cancel_by_buyer(order_id=placed[1].order_id, key="b", now=noon + HOUR)

    held = hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK)

    assert held.guests == 4
    assert balances("prepayment", "session_income") == {"prepayment": 0, "session_income": 34400}
    assert findings() == []


def test_goodwill_after_the_evening_comes_out_of_income(noon):
    session, _, _, placed = e12(noon)
    hosting.complete_session(session_id=session, actor=SYSTEM, now=noon + WEEK)
    line = orders.order(placed[2].order_id).lines[0]

    refunding.request_refund(
        order_id=placed[2].order_id,
        wishes=[refunding.Wish(line.id, 1)],
        cause=RefundCause.GOODWILL,
        actor=SYSTEM,
        key="g",
        now=noon + WEEK + HOUR,
    )

    assert balances("prepayment", "session_income") == {"prepayment": 0, "session_income": 54200}
    assert findings() == []


def test_enough_paid_guests_confirm_a_session(noon):
    session = a_session(now=noon)
    an_order(now=noon, seats={session: (3, 0, 0)})
    a_paid_order(now=noon, seats={session: (3, 0, 0)})
    assert bookings.sessions_by_id([session], now=noon)[session].state is SessionState.OPEN

    pay(an_order(now=noon, seats={session: (1, 0, 0)}), now=noon)

    assert bookings.sessions_by_id([session], now=noon)[session].state is SessionState.CONFIRMED


def test_a_check_names_the_session_whose_seats_do_not_agree(noon):
    session, *_ = e12(noon)
    with db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE experience_sessions SET booked = booked - 1 WHERE id = :id"),
            {"id": session},
        )

    found = [f for check in checks.CHECKS for f in check.run()]

    assert [(f.code, f.subject) for f in found] == [("S2", f"session:{session}")]
