from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db, transaction
from shop.kernel.errors import OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments import transfers
from shop.payments.rules import Method, PaymentState, RefundCause, RefundState, RefundWay
from shop.payments.services import NoCashWaits, ProofMissing, RefundTakenUp, TwoPeople
from shop.payments.transfers import (
    TRANSFER_TIME,
    DayAhead,
    TransferEnded,
    TransferKnown,
    TransferTakenUp,
)
from shop.stock import queries as stock
from shop.workflows import giving_back, refunding, selling, transferring
from shop.workflows.refunding import Wish
from shop.workflows.selling import NotPaidHere
from shop.workflows.transferring import NoTransferAwaited, TransferDiffers
from tests.builders.accounts import a_bookkeeper, a_cashier
from tests.builders.bookings import a_session, an_experience
from tests.builders.orders import an_order, some_goods
from tests.builders.payments import AN_ACCOUNT
from tests.builders.stations import CIZHU, a_room, a_workshop

pytestmark = pytest.mark.usefixtures("account")

EVERYWHERE = Scope(("/",))


@pytest.fixture
def account(app):
    transfers.install(AN_ACCOUNT)
    return app


def by_transfer(noon, **more):
    return an_order(now=noon, method=Method.BANK_TRANSFER, **more)


def see(placed, *, now, actor=None, fen=9600, reference="B-1", key="seen", came_on=None):
    return transferring.see(
        number=placed.number,
        amount=Money(fen),
        reference=reference,
        payer="何先生",
        came_on=came_on or business_day(now),
        key=key,
        actor=actor or a_bookkeeper(),
        now=now,
    )


def paid(noon, **more):
    """Return an order of 96.00 whose transfer two people saw."""
    placed = by_transfer(noon, **more)
    transferring.confirm(public_id=see(placed, now=noon), actor=a_cashier(), now=noon)
    return orders.order(placed.order_id)


def give_back(order, now):
    return refunding.request_refund(
        order_id=order.id,
        wishes=[Wish(line.id, line.left) for line in order.lines],
        cause=RefundCause.CANCELLED_BY_HOUSE,
        actor=a_bookkeeper(),
        key="back",
        now=now,
    )


def balance(kind: str) -> Money:
    db.session.rollback()
    return ledger.balance(f"{kind}:{a_workshop()}")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def test_an_order_by_transfer_holds_its_goods_for_three_days(noon):
    goods = some_goods(pieces=3)
    placed = by_transfer(noon, goods={goods: 2})

    order = orders.order(placed.order_id)
    assert (order.state, order.is_confirmed) == (OrderState.PLACED, False)
    assert order.expires_at == noon + TRANSFER_TIME
    later = noon + TRANSFER_TIME - timedelta(seconds=1)
    assert stock.available([goods.variant_id], later)[goods.variant_id] == 1
    assert selling.expire_unpaid(now=later) == 0
    assert selling.expire_unpaid(now=noon + TRANSFER_TIME) == 1
    assert orders.order(placed.order_id).state is OrderState.CANCELLED
    assert findings() == []


def test_nobody_transfers_where_there_is_no_account(noon):
    transfers.install(None)

    with pytest.raises(NotPaidHere):
        by_transfer(noon)


def test_seats_are_not_kept_for_days(noon):
    session = a_session(now=noon, experience_id=an_experience())

    with pytest.raises(NotPaidHere):
        by_transfer(noon, seats={session: (1, 0, 0)})


def test_a_transfer_is_money_once_a_second_person_saw_it(noon):
    placed = by_transfer(noon)
    bookkeeper = a_bookkeeper()
    name = see(placed, now=noon, actor=bookkeeper)

    assert orders.order(placed.order_id).state is OrderState.PLACED
    with pytest.raises(TwoPeople):
        transferring.confirm(public_id=name, actor=bookkeeper, now=noon)
    assert orders.order(placed.order_id).state is OrderState.PLACED

    done = transferring.confirm(public_id=name, actor=a_cashier(), now=noon)

    assert (done.number, done.stands) == (placed.number, True)
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert balance("bank") == Money(-9600)
    assert balance("fee") == Money(0)
    assert transfers.to_confirm(EVERYWHERE) == []
    assert findings() == []


def test_confirming_twice_pays_once(noon):
    placed = by_transfer(noon)
    name = see(placed, now=noon)
    cashier = a_cashier()

    for _ in range(2):
        assert transferring.confirm(public_id=name, actor=cashier, now=noon).stands

    assert balance("bank") == Money(-9600)
    assert findings() == []


def test_the_same_form_sent_twice_is_one_transfer(noon):
    placed = by_transfer(noon)

    assert see(placed, now=noon) == see(placed, now=noon)
    assert len(transfers.to_confirm(EVERYWHERE)) == 1


def test_a_number_of_the_bank_pays_one_order_and_an_order_is_paid_once(noon):
    first, second = by_transfer(noon), by_transfer(noon, goods={some_goods(): 1})
    see(first, now=noon)

    with pytest.raises(TransferKnown):
        see(second, now=noon, key="other")
    with pytest.raises(TransferTakenUp):
        see(first, now=noon, reference="B-2", key="third")


def test_a_mistake_is_taken_back_and_its_number_is_free_again(noon):
    first, second = by_transfer(noon), by_transfer(noon, goods={some_goods(): 1})
    wrong = see(first, now=noon)

    assert transferring.take_back(public_id=wrong, actor=a_cashier(), now=noon)
    assert not transferring.take_back(public_id=wrong, actor=a_cashier(), now=noon)
    with pytest.raises(TransferEnded):
        transferring.confirm(public_id=wrong, actor=a_cashier(), now=noon)
    right = see(second, now=noon, key="other")
    transferring.confirm(public_id=right, actor=a_cashier(), now=noon)

    with pytest.raises(TransferEnded):
        transferring.take_back(public_id=right, actor=a_cashier(), now=noon)
    assert orders.order(first.order_id).state is OrderState.PLACED
    assert orders.order(second.order_id).state is OrderState.PAID
    assert findings() == []


def test_another_sum_or_a_day_ahead_is_refused_by_name(noon):
    placed = by_transfer(noon)

    with pytest.raises(TransferDiffers) as differs:
        see(placed, now=noon, fen=9500)
    assert differs.value.details == {"asked": Money(9600), "came": Money(9500)}
    for days in (-1, 1):
        with pytest.raises(DayAhead):
            see(placed, now=noon, came_on=business_day(noon) + timedelta(days=days))
    with pytest.raises(NoTransferAwaited):
        see(an_order(now=noon, goods={some_goods(): 1}), now=noon)
    assert transfers.to_confirm(EVERYWHERE) == []


def test_a_stranger_neither_sees_nor_confirms(noon):
    placed = by_transfer(noon)
    stranger = a_cashier(at=a_room(CIZHU))
    with pytest.raises(OutOfReach):
        see(placed, now=noon, actor=stranger)
    name = see(placed, now=noon)

    for act in (transferring.confirm, transferring.take_back):
        with pytest.raises(OutOfReach):
            act(public_id=name, actor=stranger, now=noon)


def test_late_money_stands_while_the_goods_are_there(noon):
    placed = by_transfer(noon)
    late = noon + TRANSFER_TIME + timedelta(hours=1)
    selling.expire_unpaid(now=late)

    assert transferring.confirm(public_id=see(placed, now=late), actor=a_cashier(), now=late).stands
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert findings() == []


def test_late_money_for_goods_that_are_gone_waits_to_be_sent_back(noon):
    goods = some_goods(pieces=1)
    placed = by_transfer(noon, goods={goods: 1})
    late = noon + TRANSFER_TIME + timedelta(hours=1)
    selling.expire_unpaid(now=late)
    an_order(now=late, goods={goods: 1})

    done = transferring.confirm(public_id=see(placed, now=late), actor=a_cashier(), now=late)

    assert not done.stands
    (refund,) = payments.refunds_stuck(EVERYWHERE)
    assert (refund.way, refund.waits_by_bank) == (RefundWay.BANK, True)
    assert giving_back.give_by_hand(
        refund_public_id=refund.public_id, proof="B-9", actor=a_cashier(), now=late
    )
    assert balance("bank") == Money(0)
    assert findings() == []


def test_a_transfer_goes_back_as_one_by_a_second_person_with_proof(noon):
    asked = give_back(paid(noon), noon)

    assert asked.state is RefundState.PENDING
    name = asked.public_id
    with pytest.raises(ProofMissing):
        giving_back.give_by_hand(refund_public_id=name, proof=" ", actor=a_cashier(), now=noon)
    assert giving_back.give_by_hand(refund_public_id=name, proof="B-9", actor=a_cashier(), now=noon)

    assert balance("bank") == Money(0)
    assert payments.refund(asked.refund_id).state is RefundState.SETTLED
    with pytest.raises(NoCashWaits):
        giving_back.end_cash_offer(refund_public_id=name, actor=a_bookkeeper(), now=noon)
    assert findings() == []


def test_an_account_that_takes_nothing_is_tried_again_by_bank_or_paid_in_cash(noon):
    asked = give_back(paid(noon), noon)
    bookkeeper = a_bookkeeper()
    giving_back.end_cash_offer(refund_public_id=asked.public_id, actor=bookkeeper, now=noon)

    again = giving_back.try_again(refund_public_id=asked.public_id, actor=bookkeeper, now=noon)
    same = giving_back.try_again(refund_public_id=asked.public_id, actor=bookkeeper, now=noon)

    assert again.refund_id == same.refund_id
    assert payments.refund(again.refund_id).waits_by_bank
    with pytest.raises(RefundTakenUp):
        giving_back.offer_cash(refund_public_id=asked.public_id, actor=bookkeeper, now=noon)
    giving_back.end_cash_offer(refund_public_id=again.public_id, actor=bookkeeper, now=noon)
    cash = giving_back.offer_cash(refund_public_id=again.public_id, actor=bookkeeper, now=noon)
    giving_back.give_by_hand(
        refund_public_id=cash.public_id, proof="R-1", actor=a_cashier(), now=noon
    )

    assert (balance("bank"), balance("cash")) == (Money(-9600), Money(9600))
    assert findings() == []


def test_the_database_itself_wants_two_people(noon):
    placed = by_transfer(noon)
    see(placed, now=noon)

    with pytest.raises(IntegrityError), transaction():
        db.session.execute(sa.text("UPDATE transfers_seen SET confirmed_by_id = seen_by_id"))
    db.session.rollback()
    payment = payments.payment_of_order(placed.order_id)
    assert payment is not None
    assert payment.state is PaymentState.OPEN
