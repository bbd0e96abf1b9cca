"""One form, sent twice: the later one has looked and found nothing, the earlier one gets through.

Each act under a key must then look a second time. The later one is halted between its two looks,
in a thread of its own, until the earlier one has committed; so the race happens every time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.kernel.access import SYSTEM, VISITOR
from shop.kernel.db import db, in_transaction
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.orders.rules import Handover
from shop.oversight import proof
from shop.payments.rules import Method, RefundCause
from shop.workflows import refunding, selling
from shop.workflows.handing_over import hand_over, take_cash
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_social_worker
from tests.builders.bookings import a_session
from tests.builders.orders import MS_LIU, a_cart, a_paid_order, an_order, some_goods
from tests.builders.payments import a_payment
from tests.builders.production import a_craft, an_offer
from tests.builders.stations import a_member

pytestmark = pytest.mark.usefixtures("app", "bank")
PATIENCE = 30


class Halt:
    """Holds one thread before a statement until it is told to go on."""

    def __init__(self, before: str) -> None:
        self.before = before
        self.thread: int | None = None
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() != self.thread or self.before not in statement:
            return
        on_sqlite = connection.dialect.name == "sqlite"
        if self.reached.is_set() or (on_sqlite and in_transaction()):
            return  # SQLite has one writer: a halted one would halt the other, too
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
        if on_sqlite:
            # Its reader sees one moment until it ends; no act may lean on that.
            seen = connection.connection.driver_connection
            seen.execute("COMMIT")
            seen.execute("BEGIN")


@pytest.fixture
def both(app: Flask):
    """Return the answers of an act that comes twice, the later one halted before a statement."""

    def run(act: Callable[[], object], *, halted_before: str) -> set[object]:
        halt = Halt(halted_before)
        sa.event.listen(db.engine, "before_cursor_execute", halt)

        def late() -> object:
            halt.thread = threading.get_ident()
            with app.app_context():
                try:
                    return act()
                finally:
                    db.session.remove()
                    halt.reached.set()

        try:
            with ThreadPoolExecutor(1) as threads:
                answer = threads.submit(late)
                assert halt.reached.wait(PATIENCE)
                early = act()
                halt.go_on.set()
                answers = {early, answer.result(PATIENCE)}
        finally:
            halt.go_on.set()
            sa.event.remove(db.engine, "before_cursor_execute", halt)
        db.session.rollback()
        return answers

    return run


def count(table: str) -> int:
    return db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {table}")) or 0


def findings() -> list[str]:
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


@pytest.mark.parametrize(
    "halted_before",
    [
        pytest.param("FROM cart_lines", id="the cart is empty meanwhile"),
        pytest.param("FROM stock_items", id="the last piece is gone meanwhile"),
        pytest.param("INSERT INTO orders", id="the key is taken meanwhile"),
    ],
)
def test_a_buyer_who_taps_twice_gets_one_order_and_one_answer(noon, both, halted_before):
    seats = a_session(now=noon, capacity=1)
    cart = a_cart(now=noon, goods={some_goods(pieces=1): 1}, seats={seats: (1, 0, 0)})

    def buy():
        placed = selling.place_order(
            cart_token=cart,
            contact=MS_LIU,
            method=Method.ONLINE,
            expected_total=Money(19400),
            key="tap",
            actor=VISITOR,
            now=noon,
        )
        return placed.number, placed.code, placed.payment_public_id

    answers = both(buy, halted_before=halted_before)

    assert len(answers) == 1
    assert count("orders") == count("payments") == count("holds") == count("bookings") == 1
    assert findings() == []


def test_cash_taken_twice_with_one_form_is_taken_once_and_answered_alike(noon, both):
    goods = some_goods()
    placed = an_order(
        now=noon, goods={goods: 1}, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP
    )
    (part,) = orders.order(placed.order_id).parts
    worker = a_social_worker()

    def take():
        return take_cash(
            fulfillment_public_id=part.public_id,
            given=Money(10000),
            key="tap",
            actor=worker,
            now=noon,
        )

    (cash,) = both(take, halted_before="FOR NO KEY UPDATE")

    assert cash.change == Money(1200)
    assert count("entries") == 1
    assert findings() == []


def test_goods_handed_over_twice_with_one_form_leave_once_and_are_answered_alike(noon, both):
    goods = some_goods(pieces=1)
    placed = an_order(
        now=noon, goods={goods: 1}, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP
    )
    (part,) = orders.order(placed.order_id).parts
    of_part = {"fulfillment_public_id": part.public_id, "actor": a_social_worker(), "now": noon}
    take_cash(given=Money(8800), key="cash", **of_part)

    proof = {"key": "tap", "was_asked": True, **of_part}
    answers = both(lambda: hand_over(**proof), halted_before="FOR NO KEY UPDATE")

    assert [handed.key for handed in answers] == ["tap"]
    assert count("movements") == 2  # in from the maker, out to the buyer
    assert findings() == []


def test_a_refund_asked_twice_with_one_form_goes_back_once(noon, both):
    placed = a_paid_order(now=noon)
    line = orders.order(placed.order_id).lines[0]

    def give_back():
        asked = refunding.request_refund(
            order_id=placed.order_id,
            wishes=[Wish(line.id, 1)],
            cause=RefundCause.FAULTY,
            actor=SYSTEM,
            key="tap",
            now=noon,
        )
        return asked.public_id

    answers = both(give_back, halted_before="FOR NO KEY UPDATE")

    assert len(answers) == 1
    assert count("refunds") == count("returns") == 1
    assert findings() == []


def test_work_offered_twice_with_one_form_is_one_work_order(noon, both):
    craft, maker = a_craft(), a_member()

    answers = both(
        lambda: an_offer(now=noon, craft=craft, member_id=maker, key="tap"),
        halted_before="INSERT INTO slip_numbers",
    )

    assert len(answers) == 1
    assert count("work_orders") == 1


def test_a_payment_opened_twice_under_one_key_is_one_payment(noon, both):
    order_id = an_order(now=noon).order_id
    station_id = orders.order(order_id).parts[0].station_id

    answers = both(
        lambda: a_payment(now=noon, order_id=order_id, station_id=station_id, key="tap").id,
        halted_before="INSERT INTO payments",
    )

    assert len(answers) == 1
    assert count("payments") == 2
