from __future__ import annotations

from datetime import timedelta

import pytest

from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState, OrderState
from shop.payments import queries as payments
from shop.payments.rules import DisputeState, RefundCause, RefundState, RefundWay
from shop.payments.services import RefundTooLarge
from shop.stock import queries as stock
from shop.workflows import delivering, disputing, giving_back, refunding
from shop.workflows.refunding import Wish
from tests.builders.orders import a_paid_order, some_goods, some_pendants
from tests.builders.payments import a_dispute
from tests.builders.stations import CIZHU, a_room, a_workshop
from tests.workflows.test_selling_webhooks import findings

pytestmark = pytest.mark.usefixtures("app", "bank")
LOST, WON, ANSWERED = DisputeState.LOST, DisputeState.WON, DisputeState.ANSWERED


def balance(kind):
    return ledger.balance(f"{kind}:{a_workshop()}")


def an_order_of_152(noon):
    placed = a_paid_order(now=noon, goods={some_goods(): 1, some_pendants(): 2})
    return orders.order(placed.order_id), payments.payment_of_order(placed.order_id)


def tell(payment, noon, *, fen=15200, **more):
    said = a_dispute(now=noon, fen=fen, **more)
    disputing.take_dispute(payment_id=payment.id, said=said, now=noon)


def kinds(order):
    return [row.kind for row in events.history(f"order:{order.id}") if "Dispute" in row.kind]


def test_disputed_money_lies_with_the_bank_and_cannot_go_back_meanwhile(noon):
    order, payment = an_order_of_152(noon)
    tell(payment, noon)

    (dispute,) = payments.disputes_of_order(order.id)
    assert dispute.answer_by == noon + timedelta(days=7)
    assert balance("receivable") == Money(-15200)
    assert balance("clearing") == Money(91)
    assert payments.payment(payment.id).refundable == Money(0)
    with pytest.raises(RefundTooLarge):
        refunding.request_refund(
            order_id=order.id,
            wishes=[Wish(order.lines[0].id, 1)],
            cause=RefundCause.GOODWILL,
            actor=SYSTEM,
            key="too much",
            now=noon,
        )
    assert kinds(order) == ["DisputeOpened"]
    assert findings() == []


def test_what_the_provider_takes_for_a_dispute_is_booked_once_and_comes_back_if_it_does(noon):
    order, payment = an_order_of_152(noon)
    before = balance("fee")
    for _ in range(2):
        tell(payment, noon, fee=1500)
    assert (balance("fee") - before, balance("clearing")) == (Money(-1500), Money(91 + 1500))
    assert findings() == []

    tell(payment, noon, state=ANSWERED, fee=3000)  # answering costs again
    assert balance("fee") - before == Money(-3000)
    tell(payment, noon, state=WON, fee=0)

    assert balance("fee") == before
    assert balance("clearing") == Money(-15109)
    (dispute,) = payments.disputes_of_order(order.id)
    assert dispute.fee == Money(0)
    assert findings() == []


def test_a_fee_is_shared_by_the_workshops_and_leaves_with_what_the_channel_pays_out(noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU))
    goods = {some_goods(): 1, some_pendants(workshop_id=other): 2}
    placed = a_paid_order(now=noon, goods=goods)
    payment = payments.payment_of_order(placed.order_id)
    own, theirs = balance("fee"), ledger.balance(f"fee:{other}")

    said = a_dispute(now=noon, fen=payment.captured.minor, state=LOST, fee=1501)
    disputing.take_dispute(payment_id=payment.id, said=said, now=noon)
    giving_back.settle_channel(payment_id=payment.id, actor=SYSTEM, now=noon)

    taken = [balance("fee") - own, ledger.balance(f"fee:{other}") - theirs]
    assert sum(one.minor for one in taken) == -1501
    assert all(one < Money(0) for one in taken)
    assert ledger.balance(f"clearing:{other}") == balance("clearing") == Money(0)
    assert findings() == []


def test_a_dispute_that_is_won_leaves_everything_as_it_was(noon):
    order, payment = an_order_of_152(noon)
    for state in (DisputeState.NEEDS_ANSWER, ANSWERED, WON):
        tell(payment, noon, state=state)

    assert balance("receivable") == Money(0)
    assert balance("clearing") == Money(-15109)
    assert payments.payment(payment.id).refundable == Money(15200)
    assert orders.order(order.id).state is OrderState.PAID
    assert sorted(kinds(order)) == ["DisputeAnswered", "DisputeOpened", "DisputeWon"]
    assert findings() == []


def test_a_dispute_that_is_lost_is_a_refund_that_the_bank_made(noon):
    order, payment = an_order_of_152(noon)
    variant = order.lines[0].variant_id
    before = stock.available([variant], now=noon)[variant]
    tell(payment, noon, state=LOST)

    (refund,) = payments.refunds_of_order(order.id)
    assert (refund.amount, refund.way, refund.state) == (
        Money(15200),
        RefundWay.DISPUTE,
        RefundState.SETTLED,
    )
    assert refund.cause is RefundCause.DISPUTE_LOST
    assert balance("receivable") == Money(0)
    assert balance("sales_returns") == Money(-14400)
    assert balance("shipping_income") == Money(0)
    assert balance("fee") == Money(-91)  # the channel keeps it
    gone = orders.order(order.id)
    assert gone.state is OrderState.REFUNDED
    assert {part.state for part in gone.parts} == {FulfillmentState.CANCELLED}
    assert stock.available([variant], now=noon)[variant] == before + 1
    assert findings() == []


def test_goods_that_had_left_stay_with_the_buyer_of_a_lost_dispute(noon):
    order, payment = an_order_of_152(noon)
    (part,) = order.parts
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="邮政",
        tracking="1",
        actor=SYSTEM,
        now=noon,
    )
    costs = balance("cost_of_goods")
    tell(payment, noon, state=LOST)

    assert balance("cost_of_goods") == costs
    assert orders.order(order.id).parts[0].state is FulfillmentState.SHIPPED
    assert findings() == []


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("told", [[LOST], [ANSWERED, LOST], [LOST, ANSWERED]])
def test_a_dispute_ends_the_same_however_often_and_in_whatever_order_it_is_told(noon, told, times):
    order, payment = an_order_of_152(noon)
    for state in told * times:
        tell(payment, noon, state=state)

    (dispute,) = payments.disputes_of_order(order.id)
    assert dispute.state is LOST
    assert balance("sales_returns") == Money(-14400)
    assert len(payments.refunds_of_order(order.id)) == 1
    assert findings() == []


def test_a_bank_cannot_take_again_what_went_back_before(noon):
    order, payment = an_order_of_152(noon)
    refunding.request_refund(
        order_id=order.id,
        wishes=[Wish(order.lines[1].id, 1)],
        cause=RefundCause.GOODWILL,
        actor=SYSTEM,
        key="one back",
        now=noon,
    )
    tell(payment, noon, state=LOST)

    (dispute,) = payments.disputes_of_order(order.id)
    assert (dispute.amount, dispute.claimed) == (Money(15200), Money(12400))
    after = payments.payment(payment.id)
    assert (after.refunded, after.refundable) == (Money(15200), Money(0))
    assert findings() == []


def test_a_bank_that_takes_a_part_takes_no_line_with_it(noon):
    order, payment = an_order_of_152(noon)
    tell(payment, noon, fen=5000, state=LOST)

    assert balance("sales_returns") == Money(-5000)
    assert [line.left for line in orders.order(order.id).lines] == [1, 2]
    assert payments.payment(payment.id).refundable == Money(10200)
    assert findings() == []


def test_a_bank_that_only_asks_takes_nothing_until_it_does(noon):
    _order, payment = an_order_of_152(noon)
    tell(payment, noon, has_taken=False)
    assert balance("receivable") == Money(0)
    assert payments.payment(payment.id).refundable == Money(15200)

    tell(payment, noon)

    assert balance("receivable") == Money(-15200)
    assert payments.payment(payment.id).refundable == Money(0)
    assert findings() == []


def test_a_payout_after_a_dispute_books_what_the_channel_still_held(noon):
    _order, payment = an_order_of_152(noon)
    tell(payment, noon, fen=5000)
    giving_back.settle_channel(payment_id=payment.id, actor=SYSTEM, now=noon)
    assert (balance("bank"), balance("clearing")) == (Money(-10109), Money(0))

    tell(payment, noon, fen=5000, state=WON)

    assert (balance("bank"), balance("receivable")) == (Money(-15109), Money(0))
    assert findings() == []


def test_what_a_bank_took_in_part_is_no_shipping_and_what_is_left_can_go_back(noon):
    order, payment = an_order_of_152(noon)
    tell(payment, noon, fen=5000, state=LOST)
    wish = {"order_id": order.id, "cause": RefundCause.CANCELLED_BY_HOUSE, "now": noon}

    plan = refunding.simulate_refund(**wish, wishes=[Wish(order.lines[0].id, 1)])
    assert (plan.amount, plan.shipping) == (Money(8800), Money(0))
    refunding.request_refund(
        **wish, wishes=[Wish(order.lines[0].id, 1)], actor=SYSTEM, key="sandals"
    )

    assert payments.payment(payment.id).refundable == Money(1400)
    assert findings() == []


def test_what_a_bank_left_of_a_whole_order_goes_back_to_the_last_fen(noon):
    order, payment = an_order_of_152(noon)
    tell(payment, noon, fen=5001, state=LOST)

    asked = refunding.request_refund(
        order_id=order.id,
        wishes=[Wish(line.id, line.left) for line in order.lines],
        cause=RefundCause.CANCELLED_BY_HOUSE,
        actor=SYSTEM,
        key="all",
        now=noon,
    )

    assert asked.amount == Money(10199)
    assert payments.payment(payment.id).refundable == Money(0)
    assert [line.left for line in orders.order(order.id).lines] == [0, 0]
    assert orders.order(order.id).state is OrderState.REFUNDED
    assert findings() == []


def test_what_is_wished_of_the_way_is_never_cut_unseen(noon):
    order, payment = an_order_of_152(noon)
    tell(payment, noon, fen=5000, state=LOST)

    with pytest.raises(RefundTooLarge):
        refunding.request_refund(
            order_id=order.id,
            wishes=[Wish(line.id, line.left) for line in order.lines],
            cause=RefundCause.CANCELLED_BY_HOUSE,
            shipping=Money(800),
            actor=SYSTEM,
            key="all",
            now=noon,
        )
