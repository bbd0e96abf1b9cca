from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.catalog.rules import PayLane
from shop.kernel.access import SYSTEM, Permission
from shop.kernel.clock import utc_now
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import OrderState, ReturnState
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments.fakestripe.house import Fault
from shop.payments.rules import RefundCause, RefundState, RefundWay
from shop.payments.services import (
    NoCashWaits,
    ProofMissing,
    RefundNotRefused,
    RefundTakenUp,
    TwoPeople,
)
from shop.workflows import giving_back, refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_bookkeeper, a_cashier, a_maker, a_social_worker
from tests.builders.orders import an_order, pay, some_goods
from tests.builders.payments import a_payment_request
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop
from tests.workflows.test_selling_webhooks import (
    an_order_at_the_provider,
    findings,
    react,
    send,
)

pytestmark = pytest.mark.usefixtures("app")


def balance(kind: str) -> Money:
    db.session.rollback()
    return ledger.balance(f"{kind}:{a_workshop()}")


def paid(house, now):
    """Return an order of 88.00 + 2 x 28.00 + 8.00 that was paid through the provider."""
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    return orders.order(placed.order_id)


def give_back(order, now, *, key="back", lines=slice(None)):
    return refunding.request_refund(
        order_id=order.id,
        wishes=[Wish(line.id, line.left) for line in order.lines[lines] if line.left],
        cause=RefundCause.CANCELLED_BY_HOUSE,
        actor=SYSTEM,
        key=key,
        now=now,
    )


def end(house, now, *, is_paid, which=-1) -> None:
    """Let the provider's bank say what became of a refund, and its events reach us."""
    with house.books() as books:
        made = [books.find("refund", name) for name in books.shelf.names("refund")]
        made.sort(key=lambda one: (one["created"], one["metadata"]["refund"]))
        waiting = [one["id"] for one in made if one["status"] == "pending"] or [made[which]["id"]]
        books.finish_refund(waiting[which], is_paid=is_paid)
    for event_id in house.event_ids():
        send(house, event_id, now)
    react(now)


@pytest.fixture
def refused(house):
    """An order whose whole refund the provider's bank would not take."""
    now = utc_now()
    order = paid(house, now)
    house.refunds_wait = True
    asked = give_back(order, now)
    end(house, now, is_paid=False)
    assert payments.refund(asked.refund_id).state is RefundState.FAILED
    return order, asked, now


def stuck(actor=SYSTEM) -> list[str]:
    db.session.rollback()
    return [one.public_id for one in payments.refunds_stuck(actor.scope(Permission.REFUND))]


def at_provider(order) -> Money:
    payment = payments.payment_of_order(order.id)
    return gateways.current().look_up(payment.provider_ref).refunded


def test_a_refused_refund_waits_for_a_person_and_nothing_is_called_refunded(refused):
    order, asked, _ = refused

    assert stuck() == [asked.public_id]
    assert stuck(a_social_worker()) == [asked.public_id]
    assert stuck(a_social_worker(at=a_room(CIZHU))) == []
    assert orders.order(order.id).state is OrderState.PAID
    assert {one.state for one in orders.returns_of(order.id)} == {ReturnState.GOODS_BACK}
    assert (balance("sales_returns"), at_provider(order)) == (Money(0), Money(0))
    assert findings() == []


def test_sent_again_it_goes_under_a_name_of_its_own_and_is_booked_once(refused, house):
    order, asked, now = refused
    worker = a_social_worker()

    again = [
        giving_back.try_again(refund_public_id=asked.public_id, actor=worker, now=now)
        for _ in range(3)
    ]

    assert {one.public_id for one in again} & {asked.public_id} == set()
    assert len({one.public_id for one in again}) == 1
    assert stuck() == []
    end(house, now, is_paid=True)
    assert orders.order(order.id).state is OrderState.REFUNDED
    assert balance("sales_returns") == Money(-14400)
    assert balance("clearing") == Money(0)
    assert at_provider(order) == Money(15200)
    assert findings() == []


def test_refused_time_and_again_it_is_tried_time_and_again(refused, house):
    order, asked, now = refused
    name = asked.public_id
    for _ in range(2):
        name = giving_back.try_again(refund_public_id=name, actor=SYSTEM, now=now).public_id
        end(house, now, is_paid=False)
        assert stuck() == [name]
    house.refunds_wait = False

    last = giving_back.try_again(refund_public_id=name, actor=SYSTEM, now=now)

    assert last.state is RefundState.SETTLED
    assert len(payments.tries_before(payments.refund(last.refund_id))) == 3
    assert at_provider(order) == Money(15200)
    assert findings() == []


def test_what_went_all_the_same_is_not_sent_a_second_time(refused, house):
    order, asked, now = refused
    house.refunds_wait = False
    payment = payments.payment_of_order(order.id)
    by_hand = gateways.RefundRequest("ref_BY_HAND", payment.provider_ref, Money(15200))
    gateways.current().refund(by_hand)  # somebody pressed the button on the provider's own page

    again = giving_back.try_again(refund_public_id=asked.public_id, actor=SYSTEM, now=now)

    assert again.state is RefundState.SETTLED
    assert at_provider(order) == Money(15200)
    assert findings() == []


def test_an_answer_that_was_lost_is_asked_for_again_and_goes_once(refused, house):
    order, asked, now = refused
    house.refunds_wait = False
    house.faults.extend([Fault("after", "/v1/refunds")] * 3)

    again = giving_back.try_again(refund_public_id=asked.public_id, actor=SYSTEM, now=now)
    assert again.state is RefundState.PENDING
    selling.reconcile(now=now + selling.ASK_AGAIN_AFTER * 2)

    assert payments.refund(again.refund_id).state is RefundState.SETTLED
    assert at_provider(order) == Money(15200)
    assert findings() == []


def test_money_that_its_bank_sends_back_days_later_is_owed_and_goes_again(house):
    now = utc_now()
    order = paid(house, now)
    asked = give_back(order, now)
    assert orders.order(order.id).state is OrderState.REFUNDED

    end(house, now, is_paid=False)

    assert stuck() == [asked.public_id]
    assert balance("prepayment") == Money(15200)
    assert balance("clearing") == -Money(15109)
    assert findings() == []
    again = giving_back.try_again(refund_public_id=asked.public_id, actor=SYSTEM, now=now)
    assert again.state is RefundState.SETTLED
    assert (balance("prepayment"), balance("clearing")) == (Money(0), Money(0))
    assert (balance("sales_returns"), at_provider(order)) == (Money(-14400), Money(15200))
    assert findings() == []


def test_money_goes_back_by_two_people_and_the_channel_keeps_its_fee(refused):
    order, asked, now = refused
    worker, cashier = a_social_worker(), a_cashier()
    offered = giving_back.offer_cash(refund_public_id=asked.public_id, actor=worker, now=now)
    cash = {"refund_public_id": offered.public_id, "now": now}

    with pytest.raises(TwoPeople):
        giving_back.give_by_hand(proof="R-17", actor=worker, **cash)
    with pytest.raises(ProofMissing):
        giving_back.give_by_hand(proof=" ", actor=cashier, **cash)
    assert selling.reconcile(now=now + selling.ASK_AGAIN_AFTER * 2) == 0
    assert stuck() == [offered.public_id]
    given = [giving_back.give_by_hand(proof="R-17", actor=cashier, **cash) for _ in range(2)]

    assert given == [True, False]
    settled = payments.refund(offered.refund_id)
    assert (settled.way, settled.proof, settled.given_by_id) == (
        RefundWay.CASH,
        "R-17",
        cashier.user_id,
    )
    assert (balance("cash"), balance("clearing")) == (Money(15200), -Money(15109))
    assert (balance("fee"), balance("sales_returns")) == (Money(-91), Money(-14400))
    assert orders.order(order.id).state is OrderState.REFUNDED
    assert at_provider(order) == Money(0)
    assert findings() == []


def test_cash_that_nobody_fetches_goes_back_into_the_drawer_and_the_money_another_way(
    refused, house
):
    order, asked, now = refused
    worker = a_social_worker()
    offered = giving_back.offer_cash(refund_public_id=asked.public_id, actor=worker, now=now)
    with pytest.raises(RefundTakenUp):
        giving_back.try_again(refund_public_id=asked.public_id, actor=worker, now=now)

    ended = [
        giving_back.end_cash_offer(refund_public_id=offered.public_id, actor=worker, now=now)
        for _ in range(2)
    ]

    assert ended == [True, False]
    with pytest.raises(NoCashWaits):
        giving_back.give_by_hand(
            refund_public_id=offered.public_id, proof="R-17", actor=a_cashier(), now=now
        )
    house.refunds_wait = False
    again = giving_back.try_again(refund_public_id=offered.public_id, actor=worker, now=now)
    assert again.state is RefundState.SETTLED
    assert (balance("cash"), at_provider(order)) == (Money(0), Money(15200))
    assert findings() == []


def test_cash_given_for_one_line_leaves_the_other_to_the_provider(house):
    now = utc_now()
    order = paid(house, now)
    house.refunds_wait = True
    asked = give_back(order, now, lines=slice(1))
    end(house, now, is_paid=False)
    offered = giving_back.offer_cash(
        refund_public_id=asked.public_id, actor=a_social_worker(), now=now
    )
    giving_back.give_by_hand(
        refund_public_id=offered.public_id, proof="R-17", actor=a_cashier(), now=now
    )
    house.refunds_wait = False

    rest = give_back(orders.order(order.id), now, key="rest")

    assert (rest.amount, rest.state) == (Money(15200 - 8800), RefundState.SETTLED)
    assert at_provider(order) == Money(15200 - 8800)
    assert findings() == []


def test_shipping_that_was_refused_is_not_given_a_second_time(house):
    now = utc_now()
    order = paid(house, now)
    house.refunds_wait = True
    back = {"order_id": order.id, "cause": RefundCause.GOODWILL, "actor": SYSTEM, "now": now}
    refunding.request_refund(wishes=[], shipping=Money(800), key="shipping", **back)
    end(house, now, is_paid=False)

    with pytest.raises(refunding.NothingToRefund):
        refunding.request_refund(wishes=[], shipping=Money(1), key="more", **back)


def test_late_money_that_could_not_go_back_is_no_finding_while_it_waits(bank, noon):
    bank.refuses_refunds = True
    placed = an_order(now=noon)
    selling.cancel_unpaid(order_id=placed.order_id, actor=SYSTEM, now=noon)
    page = bank.start(a_payment_request(public_id=placed.payment_public_id)).provider_ref

    pay(placed, now=noon, provider_ref=page)

    (name,) = stuck()
    assert findings() == []
    offered = giving_back.offer_cash(refund_public_id=name, actor=a_social_worker(), now=noon)
    giving_back.give_by_hand(
        refund_public_id=offered.public_id, proof="R-17", actor=a_cashier(), now=noon
    )
    assert (balance("prepayment"), balance("cash")) == (Money(0), Money(9600))
    assert findings() == []


@pytest.mark.parametrize("was_gone", [True, False])
def test_a_share_falls_once_however_often_the_money_is_tried(house, was_gone):
    now = utc_now()
    maker = a_member()
    goods = some_goods(pay_lane=PayLane.CONSIGNMENT, share_percent=50, maker_id=maker)
    placed = an_order(now=now, goods={goods: 1})
    selling.start_payment(
        payment_public_id=placed.payment_public_id,
        now=now,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/no",
    )
    page = payments.payment_by_public_id(placed.payment_public_id).provider_ref
    house.pay(page, channel="alipay", will_succeed=True)
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    house.refunds_wait = not was_gone
    asked = give_back(orders.order(placed.order_id), now)
    end(house, now, is_paid=False)  # back from the bank, or refused by it
    house.refunds_wait = False

    giving_back.try_again(refund_public_id=asked.public_id, actor=SYSTEM, now=now)

    assert ledger.balance(f"consignment_payable:member:{maker}") == Money(0)
    assert findings() == []


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        pytest.param(a_maker, OutOfReach, id="a maker"),
        pytest.param(a_cashier, Forbidden, id="a cashier alone"),
        pytest.param(lambda: a_bookkeeper(at=a_room(CIZHU)), OutOfReach, id="another village"),
    ],
)
def test_only_those_who_may_refund_take_it_up(refused, actor, refusal):
    _order, asked, now = refused
    act = {"refund_public_id": asked.public_id, "actor": actor(), "now": now}

    for take_up in (giving_back.try_again, giving_back.offer_cash):
        with pytest.raises(refusal):
            take_up(**act)
    assert stuck() == [asked.public_id]


def test_a_refund_that_is_on_its_way_is_not_tried_again(house):
    now = utc_now()
    order = paid(house, now)
    house.refunds_wait = True
    asked = give_back(order, now)

    with pytest.raises(RefundNotRefused):
        giving_back.try_again(refund_public_id=asked.public_id, actor=SYSTEM, now=now)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param("UPDATE returns SET state = 'refunded'", "P4", id="called refunded"),
        pytest.param("UPDATE refunds SET state = 'pending'", "P4", id="tried while on its way"),
    ],
)
def test_a_planted_fault_in_refused_money_is_found(refused, fault, code):
    _order, asked, now = refused
    giving_back.offer_cash(refund_public_id=asked.public_id, actor=a_social_worker(), now=now)
    with transaction() as session:
        session.execute(sa.text(fault))

    assert {one.partition(" ")[0] for one in findings()} == {code}
