from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import queries as bookings
from shop.catalog.rules import PayLane, Supply
from shop.earnings import queries as earnings
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Conflict, Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState, Handover, OrderState
from shop.orders.services import ReturnedMoreThanBought
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments.rules import Method, RefundBearer, RefundCause, RefundState
from shop.payments.services import KeyReused, PaymentNotSettled
from shop.stock import queries as stock
from shop.workflows import delivering, giving_back, refunding, selling
from shop.workflows.refunding import Wish
from shop.workflows.rules import (
    AlreadySent,
    NothingToRefund,
    NotReturnable,
    TooLateToCancel,
    TooLateToReturn,
)
from tests.builders.accounts import a_bookkeeper, a_maker, a_social_worker
from tests.builders.bookings import a_session
from tests.builders.orders import a_paid_order, an_order, pay, some_goods, some_pendants
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def balance(kind: str) -> Money:
    db.session.rollback()
    return ledger.balance(f"{kind}:{a_workshop()}")


def free(goods, now) -> int:
    db.session.rollback()
    return stock.available([goods.variant_id], now)[goods.variant_id]


def counts() -> list[int]:
    db.session.rollback()
    tables = ("refunds", "returns", "entries", "movements", "events", "earnings")
    return [db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {t}")) or 0 for t in tables]


def wishes(placed, **pieces) -> list[Wish]:
    lines = orders.order(placed.order_id).lines
    return [Wish(lines[int(place[1:])].id, quantity) for place, quantity in pieces.items()]


def everything(placed) -> list[Wish]:
    return [Wish(line.id, line.left) for line in orders.order(placed.order_id).lines]


def send(placed, now, *, received=True) -> None:
    for part in orders.order(placed.order_id).parts:
        if part.handover is Handover.PICK_UP:
            name = part.public_id
            delivering.hand_over_part(fulfillment_public_id=name, actor=SYSTEM, now=now)
            continue
        delivering.send_parcel(
            key=part.public_id,
            fulfillment_public_id=part.public_id,
            carrier="中国邮政",
            tracking="EMS1",
            postage=Money(720),
            packing=Money(500),
            actor=SYSTEM,
            now=now,
        )
        if received:
            delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=now)


def refund(placed, what, cause, now, *, key="back", actor=SYSTEM, **more):
    return refunding.request_refund(
        order_id=placed.order_id, wishes=what, cause=cause, actor=actor, key=key, now=now, **more
    )


def test_a_return_without_a_reason_costs_what_e5_says(noon):
    sandals, pendants = some_goods(), some_pendants()
    placed = a_paid_order(now=noon, goods={sandals: 1, pendants: 2})
    payment = payments.payment_of_order(placed.order_id)
    send(placed, noon)
    giving_back.settle_channel(payment_id=payment.id, actor=SYSTEM, now=noon + DAY)
    what, when = everything(placed), noon + 6 * DAY
    plan = refunding.simulate_refund(
        order_id=placed.order_id, wishes=what, cause=RefundCause.NO_REASON_RETURN, now=when
    )

    asked = refund(placed, what, RefundCause.NO_REASON_RETURN, when, are_goods_back=True)

    # 144.00 back, shipping stays, fee 0.91 and packing 5.00 are lost: the co-op loses 5.11.
    assert (plan.amount, plan.shipping, plan.fee_lost) == (Money(14400), Money(0), Money(86))
    assert (plan.bearer, plan.wages) == (RefundBearer.COOP, Money(0))
    assert (asked.amount, asked.state) == (Money(14400), RefundState.SETTLED)
    assert balance("clearing") == Money(0)
    assert balance("sales_returns") == Money(-14400)
    assert balance("cost_of_goods") == Money(0)
    assert balance("stock") == Money(0)
    assert balance("bank") == -Money(15109 - 14400 - 720)
    income = sum(
        balance(kind).minor
        for kind in ("sales", "sales_returns", "shipping_income", "fee", "packing", "postage")
    )
    assert income == -511
    assert (free(sandals, when), free(pendants, when)) == (10, 10)
    assert orders.order(placed.order_id).state is OrderState.REFUNDED
    assert findings() == []


def test_before_the_channel_has_paid_us_the_fee_is_counted_anew_as_in_e7(noon):
    placed = a_paid_order(now=noon, goods={some_goods(fen=9600): 1, some_pendants(): 1})
    # Paid 124.00 + shipping 8.00 = 132.00, fee 0.79; 24.11 back leaves 107.89, fee 0.65.
    payment = payments.payment_of_order(placed.order_id)
    assert (payment.captured, payment.fee) == (Money(13200), Money(79))

    assert giving_back.fee_back(payment, Money(2411)) == Money(14)
    refund(placed, wishes(placed, n1=1), RefundCause.GOODWILL, noon)

    # 28.00 back: 104.00 x 0.6 % = 0.624 -> 0.62, so 0.17 comes back.
    assert balance("clearing") == -Money(13121 - 2800 + 17)
    assert balance("fee") == Money(-62)
    assert findings() == []


def test_faulty_goods_bring_shipping_and_return_postage_back_as_in_e6(noon):
    placed = a_paid_order(now=noon, goods={some_goods(): 1, some_pendants(): 2})
    send(placed, noon)
    giving_back.settle_channel(
        payment_id=payments.payment_of_order(placed.order_id).id, actor=SYSTEM, now=noon
    )
    bank_before = balance("bank")

    asked = refund(
        placed, everything(placed), RefundCause.FAULTY, noon + DAY, return_postage=Money(900)
    )

    assert asked.amount == Money(15200)
    assert balance("bank") - bank_before == Money(16100)
    assert balance("shipping_income") == Money(0)
    assert balance("postage") == Money(-720 - 900)
    # The pieces are not fit for the shelf: their cost stays spent.
    assert balance("cost_of_goods") == Money(-9590)
    assert findings() == []


def test_a_piece_wage_is_untouched_and_a_share_falls_in_proportion(noon):
    maker = a_member()
    goods = some_goods(
        fen=1001, pay=100, material=100, pay_lane=PayLane.CONSIGNMENT, share_percent=33,
        maker_id=maker,
    )  # fmt: skip
    placed = a_paid_order(now=noon, goods={goods: 3, some_pendants(): 1})
    # 30.03 x 33 % = 9.9099 -> 9.91.
    assert earnings.pots(maker, now=noon).waiting == Money(991)

    left = []
    for number in range(3):
        refund(placed, wishes(placed, n0=1), RefundCause.GOODWILL, noon, key=f"back-{number}")
        left.append(earnings.pots(maker, now=noon).waiting.minor)

    assert left == [661, 330, 0]
    assert ledger.balance(f"consignment_payable:member:{maker}") == Money(0)
    assert balance("consignment_costs") == Money(0)
    assert findings() == []


def test_parts_of_a_line_add_up_to_the_line_and_nothing_more_goes_back(noon):
    placed = a_paid_order(now=noon, goods={some_goods(): 3})
    what = wishes(placed, n0=2)
    refund(placed, what, RefundCause.GOODWILL, noon, key="a")
    before = counts()

    with pytest.raises(ReturnedMoreThanBought):
        refund(placed, what, RefundCause.GOODWILL, noon, key="b")

    assert counts() == before
    refund(placed, wishes(placed, n0=1), RefundCause.GOODWILL, noon, key="c")
    payment = payments.payment_of_order(placed.order_id)
    assert payment.refunded == Money(26400)
    assert orders.order(placed.order_id).state is OrderState.REFUNDED
    assert findings() == []


def test_the_same_refund_form_sent_again_refunds_once(noon, bank):
    placed = a_paid_order(now=noon, goods={some_goods(): 3})
    what = wishes(placed, n0=1)

    first, again = (refund(placed, what, RefundCause.GOODWILL, noon) for _ in range(2))

    assert again == first
    assert payments.payment_of_order(placed.order_id).refunded == Money(8800)
    with pytest.raises(KeyReused):
        refund(placed, what, RefundCause.FAULTY, noon)
    assert findings() == []


def test_shipping_can_go_back_alone_and_only_once(noon):
    placed = a_paid_order(now=noon, goods={some_goods(): 1})

    refund(placed, [], RefundCause.GOODWILL, noon, key="a", shipping=Money(500))
    for key, shipping in (("b", Money(400)), ("c", Money(0)), ("d", Money(-1))):
        with pytest.raises(NothingToRefund):
            refund(placed, [], RefundCause.GOODWILL, noon, key=key, shipping=shipping)
    refund(placed, everything(placed), RefundCause.CANCELLED_BY_HOUSE, noon, key="e")

    # The rule gives back what is left of the shipping, 3.00, with the goods.
    assert payments.payment_of_order(placed.order_id).refunded == Money(9600)
    assert balance("shipping_income") == Money(0)
    assert findings() == []


def test_cancelling_before_dispatch_frees_the_pieces_and_keeps_the_rest(noon):
    goods = some_goods()
    placed = a_paid_order(now=noon, goods={goods: 3})

    refund(placed, wishes(placed, n0=1), RefundCause.CANCELLED_BY_BUYER, noon)

    assert free(goods, noon) == 8
    assert payments.payment_of_order(placed.order_id).refunded == Money(8800)
    send(placed, noon + DAY)
    assert stock.levels([goods.variant_id], now=noon)[0].on_hand == 8
    assert balance("cost_of_goods") == Money(-2 * 5870)
    assert findings() == []


def test_what_has_left_is_not_cancelled_at_the_desk_either(noon):
    placed = a_paid_order(now=noon, goods={some_goods(): 2})
    send(placed, noon)

    with pytest.raises(AlreadySent):
        refund(placed, wishes(placed, n0=1), RefundCause.CANCELLED_BY_BUYER, noon)

    assert payments.payment_of_order(placed.order_id).refunded == Money(0)


def test_a_buyer_cancels_what_has_not_left_with_its_shipping(noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    mine, hers = some_goods(), some_pendants(workshop_id=other)
    placed = a_paid_order(now=noon, goods={mine: 1, hers: 1})
    part = next(p for p in orders.order(placed.order_id).parts if p.workshop_id == other)
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="邮政",
        tracking="1",
        actor=SYSTEM,
        now=noon,
    )

    asked = refunding.cancel_by_buyer(order_id=placed.order_id, key="cancel", now=noon)

    assert asked.amount == Money(8800 + 800)
    states = {p.workshop_id: p.state for p in orders.order(placed.order_id).parts}
    assert states == {
        mine.workshop_id: FulfillmentState.CANCELLED,
        other: FulfillmentState.SHIPPED,
    }
    with pytest.raises(AlreadySent):
        refunding.cancel_by_buyer(order_id=placed.order_id, key="cancel-2", now=noon)
    assert findings() == []


@pytest.mark.parametrize(
    ("days", "refusal"), [(None, TooLateToReturn), (7, None), (7.01, TooLateToReturn)]
)
def test_seven_days_begin_when_the_goods_are_received(noon, days, refusal):
    placed = a_paid_order(now=noon, goods={some_goods(): 1})
    send(placed, noon, received=days is not None)
    when = noon + (days or 1) * DAY

    if refusal is None:
        assert refund(placed, everything(placed), RefundCause.NO_REASON_RETURN, when).amount
    else:
        before = counts()
        with pytest.raises(refusal):
            refund(placed, everything(placed), RefundCause.NO_REASON_RETURN, when)
        assert counts() == before


def test_goods_made_to_wish_do_not_come_back_without_a_reason(noon):
    goods = some_goods(supply=Supply.CUSTOM, pieces=1)
    placed = an_order(now=noon, goods={goods: 1}, accepts_no_return=True)
    pay(placed, now=noon)
    send(placed, noon)

    with pytest.raises(NotReturnable):
        refund(placed, everything(placed), RefundCause.NO_REASON_RETURN, noon + DAY)


@pytest.mark.parametrize(("hours", "is_free"), [(50, True), (24, True), (20, False)])
def test_seats_are_free_to_cancel_until_24_hours_before_as_in_e13(noon, hours, is_free):
    session = a_session(now=noon)
    placed = a_paid_order(now=noon, seats={session: (0, 0, 2)})
    when = noon + 7 * DAY - timedelta(hours=hours)

    if is_free:
        asked = refunding.cancel_by_buyer(order_id=placed.order_id, key="cancel", now=when)
        assert asked.amount == Money(29600)
        assert bookings.sessions_by_id([session], now=when)[session].places_left == 12
        assert balance("prepayment") == Money(0)
        assert orders.order(placed.order_id).state is OrderState.REFUNDED
    else:
        with pytest.raises(TooLateToCancel):
            refunding.cancel_by_buyer(order_id=placed.order_id, key="cancel", now=when)
        assert bookings.sessions_by_id([session], now=when)[session].places_left == 8
    assert findings() == []


def test_cash_goes_back_as_cash(noon):
    placed = an_order(now=noon, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP)
    with pytest.raises(PaymentNotSettled):
        refund(placed, everything(placed), RefundCause.FAULTY, noon)
    selling.take_money(order_id=placed.order_id, actor=SYSTEM, now=noon)
    send(placed, noon)

    asked = refund(placed, everything(placed), RefundCause.FAULTY, noon, are_goods_back=True)

    assert asked.state is RefundState.SETTLED
    assert balance("cash") == Money(0)
    assert findings() == []


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="another village"),
        pytest.param(a_maker, OutOfReach, id="a maker"),
    ],
)
def test_a_refund_by_somebody_who_may_not_leaves_no_trace(noon, actor, refusal):
    placed = a_paid_order(now=noon)
    who, before = actor(), counts()

    with pytest.raises((refusal, Forbidden)):
        refund(placed, everything(placed), RefundCause.FAULTY, noon, actor=who)

    assert counts() == before


def test_lines_of_another_order_are_not_refunded_here(noon):
    goods = some_goods()
    placed, other = (a_paid_order(now=noon, goods={goods: 1}) for _ in range(2))

    with pytest.raises(NotFound):
        refund(placed, everything(other), RefundCause.FAULTY, noon)


def test_a_refund_after_the_order_is_complete_can_still_be_recorded(noon):
    placed = a_paid_order(now=noon)
    send(placed, noon)
    delivering.complete_due(now=noon + 8 * DAY)
    assert orders.order(placed.order_id).state is OrderState.COMPLETED

    refund(placed, everything(placed), RefundCause.FAULTY, noon + 30 * DAY)

    assert orders.order(placed.order_id).state is OrderState.REFUNDED
    assert findings() == []


def test_the_channels_money_is_booked_to_the_bank_once(noon):
    placed = a_paid_order(now=noon, goods={some_goods(): 1, some_pendants(): 2})
    payment = payments.payment_of_order(placed.order_id)

    for _ in range(2):
        giving_back.settle_channel(payment_id=payment.id, actor=SYSTEM, now=noon)

    assert (balance("clearing"), balance("bank")) == (Money(0), Money(-15109))
    late = an_order(now=noon)
    with pytest.raises(Conflict):
        giving_back.settle_channel(
            payment_id=payments.payment_of_order(late.order_id).id, actor=SYSTEM, now=noon
        )
    with pytest.raises((OutOfReach, Forbidden)):
        giving_back.settle_channel(
            payment_id=payment.id, actor=a_bookkeeper(at=a_room(CIZHU)), now=noon
        )
