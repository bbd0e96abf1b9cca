from __future__ import annotations

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.clock import utc_now
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.oversight import proof
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments import services as payment_services
from shop.payments.fakestripe.house import Fault
from shop.payments.gateway import BadSignature, PaymentRequest
from shop.payments.rules import PaymentState, RefundCause, RefundState
from shop.workflows import refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.orders import an_order, some_goods, some_pendants
from tests.builders.stations import a_workshop

URLS = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
pytestmark = pytest.mark.usefixtures("app")


def an_order_at_the_provider(now):
    """Return an order of 152.00 whose buyer stands on the provider's page, and that page."""
    placed = an_order(now=now, goods={some_goods(): 1, some_pendants(): 2})
    selling.start_payment(payment_public_id=placed.payment_public_id, now=now, **URLS)
    payment = payments.payment_by_public_id(placed.payment_public_id)
    return placed, payment.provider_ref


def send(house, event_id, now, *, times=1) -> None:
    for _ in range(times):
        body, signature = house.signed_event(event_id)
        payment_services.take_webhook(body=body, signature=signature, now=now)


def react(now) -> None:
    while events.deliver_due(now=now):
        pass
    db.session.rollback()


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def rows(query: str) -> list[tuple[object, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(sa.text(query))]


def test_the_same_webhook_sent_20_times_ends_as_sent_once(house):
    now = utc_now()
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)

    for event_id in house.event_ids():
        send(house, event_id, now, times=20)
        react(now)

    assert orders.order(placed.order_id).state is OrderState.PAID
    w = a_workshop()
    assert ledger.balance(f"clearing:{w}") == Money(-15109)
    assert ledger.balance(f"sales:{w}") == Money(14400)
    assert rows("SELECT COUNT(*) FROM provider_events") == [(len(house.event_ids()),)]
    assert rows("SELECT COUNT(*) FROM entries") == [(1,)]
    assert findings() == []


def test_a_webhook_that_comes_before_our_own_note_of_the_page_ends_the_same(house):
    now = utc_now()
    placed = an_order(now=now, goods={some_goods(): 1, some_pendants(): 2})
    payment = payments.payment_by_public_id(placed.payment_public_id)
    # What start_payment does, cut off between the provider's answer and our writing it down.
    started = gateways.current().start(
        PaymentRequest(
            payment_public_id=payment.public_id,
            amount=payment.amount,
            title="t",
            expires_at=payment.opened_at + selling.PAGE_OPEN,
            **URLS,
        )
    )
    house.pay(started.provider_ref, channel="wechat_pay", will_succeed=True)
    for event_id in house.event_ids():
        send(house, event_id, now)
    react(now)
    assert orders.order(placed.order_id).state is OrderState.PAID

    payment_services.mark_started(
        payment_id=payment.id,
        provider_ref=started.provider_ref,
        redirect_url=started.redirect_url,
        now=now,
    )

    assert payments.payment(payment.id).state is PaymentState.SUCCEEDED
    assert findings() == []


@pytest.mark.parametrize("seed", range(12))
def test_every_order_and_repetition_of_events_ends_in_the_right_state(house, seed):
    now = utc_now()
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    told = house.event_ids()
    chance = random.Random(seed)
    if seed % 2:
        # Paid, then one pendant goes back before any event was heard: 24.00 + nothing of the way.
        selling.reconcile(now=now + timedelta(minutes=2))
        line = orders.order(placed.order_id).lines[1]
        refunding.request_refund(
            order_id=placed.order_id,
            wishes=[Wish(line.id, 1)],
            cause=RefundCause.GOODWILL,
            actor=SYSTEM,
            key="back",
            now=now,
        )
        told = house.event_ids()
    heard = [*told, *chance.choices(told, k=8)]
    chance.shuffle(heard)

    for event_id in heard:
        send(house, event_id, now)
        if chance.random() < 0.5:
            react(now)
    react(now)

    back = Money(2800) if seed % 2 else Money(0)
    assert orders.order(placed.order_id).state is OrderState.PAID
    payment = payments.payment_of_order(placed.order_id)
    assert (payment.captured, payment.refunded) == (Money(15200), back)
    w = a_workshop()
    assert ledger.balance(f"sales:{w}") == Money(14400)
    assert ledger.balance(f"sales_returns:{w}") == -back
    assert findings() == []


def test_a_forged_webhook_is_refused_and_leaves_nothing(house):
    now = utc_now()
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    body, signature = house.signed_event(house.event_ids()[-1])

    for forged in (signature[:-2] + "00", "t=1,v1=abc", ""):
        with pytest.raises(BadSignature):
            payment_services.take_webhook(body=body, signature=forged, now=now)
    react(now)

    assert rows("SELECT COUNT(*) FROM provider_events") == [(0,)]
    assert orders.order(placed.order_id).state is OrderState.PLACED


def test_a_refund_whose_answer_was_lost_is_asked_for_again_and_paid_once(house):
    now = utc_now()
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    line = orders.order(placed.order_id).lines[0]
    # Three tries of the library, all done and all unheard.
    house.faults.extend([Fault("after", "/v1/refunds")] * 3)

    asked = refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.CANCELLED_BY_HOUSE,
        actor=SYSTEM,
        key="back",
        now=now,
    )
    assert asked.state is RefundState.PENDING
    assert findings() == []
    selling.reconcile(now=now + timedelta(minutes=5))

    assert payments.refund(asked.refund_id).state is RefundState.SETTLED
    payment = payments.payment_of_order(placed.order_id)
    assert gateways.current().look_up(payment.provider_ref).refunded == Money(8800)
    assert payment.refunded == Money(8800)
    assert findings() == []


def test_a_refund_that_takes_days_is_settled_by_its_event(house):
    now = utc_now()
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    house.refunds_wait = True
    line = orders.order(placed.order_id).lines[0]
    asked = refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.CANCELLED_BY_HOUSE,
        actor=SYSTEM,
        key="back",
        now=now,
    )
    assert asked.state is RefundState.PENDING
    with house.books() as books:
        books.finish_refund(books.shelf.names("refund")[0], is_paid=True)

    for event_id in house.event_ids():
        send(house, event_id, now, times=3)
    react(now)

    assert payments.refund(asked.refund_id).state is RefundState.SETTLED
    assert ledger.balance(f"sales_returns:{a_workshop()}") == Money(-8800)
    assert findings() == []


def test_a_refund_that_the_provider_forgot_we_asked_for_is_not_lost(house):
    now = utc_now()
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    house.faults.extend([Fault("after", "/v1/refunds")] * 3)
    order = orders.order(placed.order_id)
    asked = refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, line.quantity) for line in order.lines],
        cause=RefundCause.CANCELLED_BY_HOUSE,
        actor=SYSTEM,
        key="back",
        now=now,
    )
    assert asked.state is RefundState.PENDING
    # Two days later Stripe does not know the key any more and says: refunded already.
    kept = house.store._objects
    for kind, name in list(kept):
        if kind == "key" and kept[kind, name]["asked"][1] == "/v1/refunds":
            del kept[kind, name]

    selling.reconcile(now=now + timedelta(days=2))

    assert payments.refund(asked.refund_id).state is RefundState.SETTLED
    payment = payments.payment_of_order(placed.order_id)
    assert (payment.refunded, payment.pending_refund) == (Money(15200), Money(0))
    assert orders.order(placed.order_id).state is OrderState.REFUNDED
    assert findings() == []
