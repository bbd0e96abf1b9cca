from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.kernel.access import SYSTEM, VISITOR
from shop.kernel.db import db, transaction
from shop.kernel.errors import Conflict, Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.orders import cart_queries, carts, checks, past, queries
from shop.orders import services as orders
from shop.orders.rules import Contact, Handover, LineKind, OrderSource, OrderState
from shop.orders.services import NewLine, NewOrder, NewPart, NewReturn, NewUnmatched
from tests.builders.accounts import a_maker, a_social_worker
from tests.builders.orders import some_goods
from tests.builders.stations import CIZHU, a_room

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("app")


def a_new_order(noon, *, key="k", digest="d", number=None, pieces=2, fen=8800) -> NewOrder:
    goods = some_goods()
    line = NewLine(
        kind=LineKind.GOODS,
        sku=goods.sku,
        title="手编凉鞋",
        unit=Money(fen),
        quantity=pieces,
        variant_id=goods.variant_id,
    )
    part = NewPart(
        workshop_id=goods.workshop_id,
        station_id=goods.station_id,
        handover=Handover.SHIP,
        shipping=Money(800),
        promised_on=noon.date(),
        lines=[line],
    )
    return NewOrder(
        key=key,
        digest=digest,
        source=OrderSource.WEB,
        parts=[part],
        contact=Contact(phone="13800001111"),
        number=number,
        expires_at=noon + 15 * MINUTE,
    )


def opened(noon, **facts) -> int:
    return orders.open(order=a_new_order(noon, **facts), actor=VISITOR, now=noon).id


def findings() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(f.code, f.subject) for check in checks.CHECKS for f in check.run()]


def change(statement: str) -> None:
    with transaction() as session:
        session.execute(sa.text(statement))


def test_a_key_opens_one_order_and_remembers_what_it_asked(noon):
    wish = a_new_order(noon)
    first = orders.open(order=wish, actor=VISITOR, now=noon)
    again = orders.open(order=wish, actor=VISITOR, now=noon + MINUTE)

    assert (first.is_new, again.is_new) == (True, False)
    assert (again.id, again.number, again.code) == (first.id, first.number, first.code)
    with pytest.raises(orders.KeyReused):
        orders.open(order=a_new_order(noon, digest="other"), actor=VISITOR, now=noon)
    assert findings() == []


def test_a_number_that_is_taken_is_a_conflict_not_a_second_order(noon):
    opened(noon, number="1-536365")

    with pytest.raises(Conflict):
        opened(noon, key="other", number="1-536365")


def test_an_unknown_cart_holds_nothing_and_takes_nothing(noon):
    assert cart_queries.cart_lines("nobody's") == []
    assert cart_queries.cart_count(None) == 0
    with pytest.raises(NotFound):
        carts.put_goods(token="nobody's", variant_id=1, quantity=1, now=noon)


def test_a_line_of_another_cart_cannot_be_touched(noon):
    goods = some_goods()
    mine, hers = (carts.cart_for(token=None, now=noon) for _ in range(2))
    carts.put_goods(token=hers, variant_id=goods.variant_id, quantity=2, now=noon)
    line = cart_queries.cart_lines(hers)[0]

    with pytest.raises(NotFound):
        carts.change_line(token=mine, line_id=line.id, quantity=5, now=noon)
    carts.remove_line(token=mine, line_id=line.id, now=noon)

    assert [one.quantity for one in cart_queries.cart_lines(hers)] == [2]


def test_a_cart_adds_up_and_zero_removes(noon):
    goods = some_goods()
    token = carts.cart_for(token="made up", now=noon)
    assert carts.cart_for(token=token, now=noon) == token
    for _ in range(2):
        carts.put_goods(token=token, variant_id=goods.variant_id, quantity=2, now=noon)
    line = cart_queries.cart_lines(token)[0]
    assert (line.quantity, cart_queries.cart_count(token)) == (4, 4)
    with pytest.raises(NotFound):
        carts.change_line(token=token, line_id=line.id, adults=1, now=noon)

    carts.change_line(token=token, line_id=line.id, now=noon)

    assert cart_queries.cart_lines(token) == []


def test_a_paid_order_neither_falls_nor_is_cancelled(noon):
    order_id = opened(noon)
    assert orders.mark_paid(order_id=order_id, payment_id=1, now=noon)
    assert not orders.mark_paid(order_id=order_id, payment_id=1, now=noon)

    assert not orders.expire(order_id=order_id, now=noon + 20 * MINUTE)
    with pytest.raises(orders.OrderNotOpen):
        orders.cancel(order_id=order_id, actor=SYSTEM, now=noon)


def test_an_order_falls_at_the_end_of_its_time_and_not_before(noon):
    order_id = opened(noon)

    assert not orders.expire(order_id=order_id, now=noon + 14 * MINUTE)
    assert orders.expire(order_id=order_id, now=noon + 15 * MINUTE)
    assert not orders.expire(order_id=order_id, now=noon + 16 * MINUTE)


def test_what_fell_by_itself_can_be_paid_what_a_person_cancelled_cannot(noon):
    fell, cancelled = opened(noon, key="a"), opened(noon, key="b")
    orders.expire(order_id=fell, now=noon + 15 * MINUTE)
    orders.cancel(order_id=cancelled, actor=SYSTEM, now=noon)

    assert orders.mark_paid(order_id=fell, payment_id=1, now=noon + 20 * MINUTE)
    with pytest.raises(orders.OrderNotOpen):
        orders.mark_paid(order_id=cancelled, payment_id=2, now=noon + 20 * MINUTE)

    assert queries.order(fell).state is OrderState.PAID
    assert queries.order(cancelled).state is OrderState.CANCELLED
    assert findings() == []


def a_return(order_id: int, *, key="r", pieces=1, fen=8800) -> NewReturn:
    line = queries.order(order_id).lines[0]
    return NewReturn(
        key=key,
        order_id=order_id,
        order_line_id=line.id,
        quantity=pieces,
        refund=Money(fen),
        cause="cancelled_by_buyer",
        is_back=True,
        cancelled=pieces,
    )


@pytest.mark.parametrize(("pieces", "fen"), [(3, 8800), (1, 17601)])
def test_neither_pieces_nor_money_beyond_a_line_come_back(noon, pieces, fen):
    order_id = opened(noon)

    with pytest.raises(orders.ReturnedMoreThanBought):
        orders.record_returns(returns=[a_return(order_id, pieces=pieces, fen=fen)], now=noon)

    assert queries.returns_of(order_id) == []
    assert findings() == []


def test_a_return_is_counted_once_by_key(noon):
    order_id = opened(noon)

    ids = [orders.record_returns(returns=[a_return(order_id)], now=noon) for _ in range(2)]

    assert ids[0] == ids[1]
    line = queries.order(order_id).lines[0]
    assert (line.returned, line.refunded) == (1, Money(8800))
    assert findings() == []


def an_unmatched(noon, *, key="u") -> NewUnmatched:
    goods = some_goods()
    return NewUnmatched(
        key=key,
        station_id=goods.station_id,
        workshop_id=goods.workshop_id,
        order_number="C536379",
        line_number=142,
        buyer_reference="14527",
        sku="D",
        title="Discount",
        quantity=1,
        unit=Money(2750),
        reason="no_sale",
        returned_at=noon,
    )


def test_the_queue_of_unmatched_returns_is_closed_by_a_person_who_may(noon):
    row = an_unmatched(noon)
    assert [orders.queue_unmatched(returns=[row]) for _ in range(2)] == [1, 0]
    worker = a_social_worker()
    scope = worker.scope(orders.Permission.REFUND)
    waiting = past.unmatched(scope)
    assert [(w.order_number, w.amount) for w in waiting] == [("C536379", Money(2750))]
    assert past.unmatched(a_social_worker(at=a_room(CIZHU)).scope(orders.Permission.REFUND)) == []
    for who in (a_maker(), a_social_worker(at=a_room(CIZHU))):
        with pytest.raises((OutOfReach, Forbidden)):
            orders.close_unmatched(unmatched_return_id=waiting[0].id, note="x", actor=who, now=noon)

    orders.close_unmatched(
        unmatched_return_id=waiting[0].id, note=" cash, 2011 ", actor=worker, now=noon
    )

    assert past.count_unmatched(scope) == 0
    closed = past.unmatched(scope, is_open=False)
    assert [one.note for one in closed] == ["cash, 2011"]
    with pytest.raises(Conflict):
        orders.close_unmatched(
            unmatched_return_id=waiting[0].id, note="again", actor=worker, now=noon
        )


@pytest.mark.parametrize(
    ("fault", "code", "subject"),
    [
        ("UPDATE orders SET goods_minor = 1, total_minor = 801", "P5", "order:1"),
        ("UPDATE fulfillments SET goods_minor = 1", "P5", "fulfillment:1"),
        ("UPDATE order_lines SET unit_minor = 1", "P5", "order_line:1"),
        ("UPDATE order_lines SET returned = 1, cancelled = 1", "P4", "order_line:1"),
        ("UPDATE order_lines SET sent = 1", "S7", "order_line:1"),
        ("UPDATE fulfillments SET state = 'shipped'", "S7", "fulfillment:1"),
        ("UPDATE returns SET quantity = 2", "P4", "order_line:1"),
        ("UPDATE returns SET cancelled = 0", "P4", "order_line:1"),
        ("UPDATE orders SET state = 'paid'", "P2", "order:1"),
        ("UPDATE orders SET paid_at = placed_at", "P2", "order:1"),
    ],
)
def test_a_planted_fault_is_named_by_the_checks(noon, fault, code, subject):
    order_id = opened(noon)
    if "returns" in fault:
        orders.record_returns(returns=[a_return(order_id)], now=noon)
    assert findings() == []

    change(fault)

    assert (code, subject) in findings()
