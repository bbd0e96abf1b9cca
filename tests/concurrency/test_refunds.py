"""Fifty people give back 60 % of one payment at once: it goes back once, here and there."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments import services as payment_services
from shop.payments.fakestripe.house import FakeStripe
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import DemoGateway
from shop.payments.rules import RefundBearer, RefundCause, RefundState
from shop.workflows import disputing, refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.orders import an_order, some_goods
from tests.builders.payments import a_dispute
from tests.concurrency.test_buyers import findings

URLS = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def house():
    before = list(gateways._installed.values())
    opened = FakeStripe(MemoryStore())
    gateways.install(DemoGateway(opened))
    yield opened
    gateways.install(*before)


@pytest.fixture
def paid(house, noon):
    """Return an order of five pieces, 440.00 and 8.00 of shipping, paid at the provider."""
    del noon
    now = house.clock()
    placed = an_order(now=now, goods={some_goods(): 5})
    selling.start_payment(payment_public_id=placed.payment_public_id, now=now, **URLS)
    payment = payments.payment_by_public_id(placed.payment_public_id)
    house.pay(payment.provider_ref, channel="alipay", will_succeed=True)
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    return orders.order(placed.order_id)


def at_the_provider(payment) -> Money:
    return gateways.current().look_up(payment.provider_ref).refunded


def test_50_refunds_of_60_percent_give_back_60_percent(house, paid, at_once):
    (line,) = paid.lines

    def give_back(number):
        asked = refunding.request_refund(
            order_id=paid.id,
            wishes=[Wish(line.id, 3)],
            cause=RefundCause.GOODWILL,
            actor=SYSTEM,
            key=f"clerk-{number}",
            now=house.clock(),
        )
        return asked.state

    answers = Counter(at_once(give_back, 50))

    assert answers == {RefundState.SETTLED: 1, "orders.returned_more_than_bought": 49}
    payment = payments.payment_of_order(paid.id)
    assert payment.refunded == Money(26400) == at_the_provider(payment)
    assert payment.pending_refund == Money(0)
    assert findings() == []


def test_50_claims_of_60_percent_fit_once_whatever_stands_above_them(house, paid, at_once):
    payment = payments.payment_of_order(paid.id)

    def claim(number):
        return payment_services.open_refund(
            payment_id=payment.id,
            amount=payment.captured.percent(60),
            cause=RefundCause.GOODWILL,
            bearer=RefundBearer.COOP,
            key=f"claim-{number}",
            now=house.clock(),
        ).is_new

    assert Counter(at_once(claim, 50)) == {True: 1, "payments.refund_too_large": 49}
    after = payments.payment(payment.id)
    assert after.pending_refund == payment.captured.percent(60)


def test_refunds_and_a_bank_that_wants_everything_back_never_give_it_twice(house, paid, at_once):
    (line,) = paid.lines
    payment = payments.payment_of_order(paid.id)

    def act(number):
        if number % 5 == 0:
            said = a_dispute(now=house.clock(), fen=payment.captured.minor)
            disputing.take_dispute(payment_id=payment.id, said=said, now=house.clock())
            return "disputed"
        refunding.request_refund(
            order_id=paid.id,
            wishes=[Wish(line.id, 1)],
            cause=RefundCause.GOODWILL,
            actor=SYSTEM,
            key=f"clerk-{number}",
            now=house.clock(),
        )
        return "given"

    answers = Counter(at_once(act, 30))

    after = payments.payment(payment.id)
    assert answers["disputed"] == 6
    assert after.refundable == Money(0)
    assert after.refunded + after.pending_refund + after.disputed == after.captured
    assert findings() == []


def test_a_claim_that_only_looks_first_gives_back_too_much(house, paid, at_once):
    """The same race with the claim taken out: the test above would see it."""
    payment = payments.payment_of_order(paid.id)

    def careless(number):
        seen = payments.payment(payment.id)
        if seen.refundable < seen.captured.percent(60):
            return "refused"
        with transaction():
            db.session.execute(
                sa.text(
                    "INSERT INTO refunds (public_id, key, payment_id, amount_minor, cause, bearer,"
                    " state, failure_code, opened_at) VALUES (:name, :name, :payment, :sum,"
                    " 'goodwill', 'coop', 'pending', '', :now)"
                ),
                {
                    "name": f"c-{number}",
                    "payment": payment.id,
                    "sum": seen.captured.percent(60).minor,
                    "now": house.clock().replace(tzinfo=None),
                },
            )
        return "given"

    assert Counter(at_once(careless, 20))["given"] > 1
    assert any("P4" in found for found in findings())
