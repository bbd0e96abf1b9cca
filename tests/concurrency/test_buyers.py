from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import checks as seat_checks
from shop.bookings import queries as bookings
from shop.bookings.models import Booking
from shop.bookings.rules import BookingState
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.orders import carts as carts_kept
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments.rules import RefundCause
from shop.stock import queries as stock
from shop.workflows import refunding, selling
from shop.workflows.refunding import Wish
from shop.workflows.selling import PlacedOrder
from tests.builders.bookings import a_session
from tests.builders.orders import (
    a_cart,
    a_paid_order,
    an_order,
    let_wish,
    pay,
    some_goods,
    some_pendants,
)

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def count(table: str) -> int:
    return db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {table}")) or 0


def said(answers) -> Counter:
    return Counter("placed" if isinstance(one, PlacedOrder) else one for one in answers)


def test_200_buyers_of_50_pieces_buy_exactly_50(noon, at_once):
    goods = some_goods(pieces=50)
    carts = [a_cart(now=noon, goods={goods: 1}) for _ in range(200)]

    def buy(number):
        placed = an_order(now=noon, cart=carts[number], total=9600)
        pay(placed, now=noon)
        return placed

    answers = at_once(buy, 200)

    assert said(answers) == {"placed": 50, "selling.sold_out": 150}
    assert stock.levels([goods.variant_id], now=noon)[0].available == 0
    assert count("orders") == count("payments") == count("entries") == 50
    assert findings() == []


def test_100_bookers_of_20_seats_get_exactly_20(noon, at_once):
    session = a_session(now=noon, capacity=20)
    carts = [a_cart(now=noon, seats={session: (1, 0, 0)}) for _ in range(100)]

    def book(number):
        placed = an_order(now=noon, cart=carts[number], total=9800)
        pay(placed, now=noon)
        return placed

    answers = at_once(book, 100)

    assert said(answers) == {"placed": 20, "selling.session_full": 80}
    seats = bookings.sessions_by_id([session], now=noon)[session]
    assert (seats.booked, seats.places_left) == (20, 0)
    assert findings() == []


def test_buyers_of_the_same_two_goods_in_either_order_never_lock_each_other_out(noon, at_once):
    one, other = some_goods(pieces=15), some_pendants(pieces=15)
    session = a_session(now=noon, capacity=15)
    carts = [
        a_cart(
            now=noon,
            goods={one: 1, other: 1} if number % 2 else {other: 1, one: 1},
            seats={session: (1, 0, 0)},
        )
        for number in range(40)
    ]

    def buy(number):
        placed = an_order(now=noon, cart=carts[number])
        pay(placed, now=noon)
        return placed

    answers = at_once(buy, 40)

    # A cart quoted when nothing was left is refused by its first line, goods or seats.
    assert said(answers)["placed"] == 15
    assert set(said(answers)) <= {"placed", "selling.sold_out", "selling.session_full"}
    assert findings() == []


def test_the_same_form_sent_50_times_at_once_makes_one_order(noon, at_once):
    goods, session = some_goods(pieces=200), a_session(now=noon)
    cart = a_cart(now=noon, goods={goods: 2}, seats={session: (1, 0, 0)})

    answers = at_once(lambda _: an_order(now=noon, cart=cart, key="tap", total=28200), 50)

    assert said(answers) == {"placed": 50}
    assert len({(one.number, one.code, one.payment_public_id) for one in answers}) == 1
    assert [one.is_new for one in answers].count(True) == 1
    assert count("orders") == count("payments") == count("holds") == count("bookings") == 1
    assert findings() == []


def test_the_same_money_told_20_times_at_once_is_booked_once(noon, at_once):
    placed = an_order(now=noon)

    answers = at_once(lambda _: pay(placed, now=noon), 20)

    assert answers.count(True) == 1
    assert count("entries") == 1
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert findings() == []


def test_the_last_piece_goes_to_late_money_or_to_the_next_buyer_never_to_both(noon, at_once):
    goods = some_goods(pieces=1)
    late = an_order(now=noon, goods={goods: 1})
    later = noon + 20 * MINUTE
    selling.expire_unpaid(now=later)
    carts = [a_cart(now=later, goods={goods: 1}) for _ in range(7)]

    def act(number):
        if number == 3:
            pay(late, now=later)
            return orders.order(late.order_id).state.value
        placed = an_order(now=later, cart=carts[number - (number > 3)], total=9600)
        pay(placed, now=later)
        return placed

    answers = at_once(act, 8)

    assert said(answers)["placed"] + said(answers)["paid"] == 1
    assert stock.levels([goods.variant_id], now=later)[0].available == 0
    assert findings() == []


def test_sweeping_paying_and_buying_at_once_keeps_every_count_right(noon, at_once):
    goods, session = some_goods(pieces=12), a_session(now=noon, capacity=12)
    waiting = [an_order(now=noon, goods={goods: 1}, seats={session: (1, 0, 0)}) for _ in range(12)]
    later = noon + 15 * MINUTE
    carts = [a_cart(now=later, goods={goods: 1}, seats={session: (1, 0, 0)}) for _ in range(12)]

    def act(number):
        turn, kind = divmod(number, 3)
        if kind == 0:
            return pay(waiting[turn], now=later)
        if kind == 1:
            placed = an_order(now=later, cart=carts[turn])
            return pay(placed, now=later)
        return selling.expire_unpaid(now=later)

    at_once(act, 36)

    seats = bookings.sessions_by_id([session], now=later)[session]
    assert seats.booked <= 12
    assert stock.levels([goods.variant_id], now=later)[0].available >= 0
    assert findings() == []


def test_two_clerks_and_a_double_tap_refund_once(noon, at_once):
    placed = a_paid_order(now=noon)
    line = orders.order(placed.order_id).lines[0]

    def give_back(number):
        asked = refunding.request_refund(
            order_id=placed.order_id,
            wishes=[Wish(line.id, 1)],
            cause=RefundCause.FAULTY,
            actor=SYSTEM,
            key=f"clerk-{number % 2}",
            now=noon,
        )
        return asked.amount.minor

    answers = at_once(give_back, 10)

    # One clerk's form came first, five times over; the other clerk finds nothing left.
    assert said(answers) == {9600: 5, "orders.returned_more_than_bought": 5}
    payment = payments.payment_of_order(placed.order_id)
    assert (payment.refunded, payment.pending_refund) == (payment.captured, payment.captured * 0)
    assert count("refunds") == count("returns") == 1
    assert findings() == []


def test_a_planted_fault_oversells_and_the_checks_name_it(noon, at_once):
    session = a_session(now=noon, capacity=8)
    looked = threading.Barrier(16, timeout=30)

    def book_carelessly(number):
        seats = bookings.sessions_by_id([session], now=noon)[session]
        db.session.rollback()
        looked.wait()
        if not seats.places_left:
            return "full"
        with transaction() as open_session:
            open_session.execute(
                sa.text("UPDATE experience_sessions SET booked = :seen + 1 WHERE id = :id"),
                {"seen": seats.booked, "id": session},
            )
            open_session.execute(
                sa.insert(Booking),
                {
                    "code": f"CARELESS{number}",
                    "owner": f"order:{number}",
                    "session_id": session,
                    "adults": 1,
                    "seats": 1,
                    "price_minor": 0,
                    "state": BookingState.PAID,
                    "held_at": noon,
                    "expires_at": noon,
                },
            )
        return "booked"

    answers = at_once(book_carelessly, 16)

    assert said(answers) == {"booked": 16}
    found = [finding for check in seat_checks.CHECKS for finding in check.run()]
    assert [(one.code, one.subject) for one in found] == [("S2", f"session:{session}")]
    assert "1 booked, its bookings say 0 and 16" in found[0].detail


def test_two_forms_of_one_cart_sent_at_once_make_one_order(noon, at_once):
    goods = some_goods(pieces=20)
    cart = a_cart(now=noon, goods={goods: 2})

    answers = at_once(lambda n: an_order(now=noon, cart=cart, key=f"tab-{n}", total=18400), 8)

    assert said(answers) == {"placed": 1, "selling.cart_empty": 7}
    assert count("orders") == 1
    assert findings() == []


def test_200_buyers_of_two_lines_that_share_stock_buy_exactly_50_pieces(noon, at_once):
    goods = some_goods(pieces=50)
    let_wish(goods)
    carts = [a_cart(now=noon, goods={goods: 1}) for _ in range(200)]
    for number, cart in enumerate(carts):
        if number % 2:  # a second line of the same variant, woven to a wish: made, not taken
            carts_kept.put_goods(
                token=cart,
                variant_id=goods.variant_id,
                quantity=1,
                wish='{"name": "小满"}',
                now=noon,
            )

    def buy(number):
        placed = an_order(now=noon, cart=carts[number], accepts_no_return=True)
        pay(placed, now=noon)
        return placed

    answers = at_once(buy, 200)

    assert said(answers) == {"placed": 50, "selling.sold_out": 150}
    assert stock.levels([goods.variant_id], now=noon)[0].available == 0
    assert findings() == []
