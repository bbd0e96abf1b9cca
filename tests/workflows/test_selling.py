from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import queries as bookings
from shop.catalog import services as catalog
from shop.catalog.rules import PayLane, Supply
from shop.earnings import queries as earnings
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import cart_queries, carts
from shop.orders import queries as orders
from shop.orders.rules import Contact, FulfillmentState, Handover, OrderState
from shop.orders.services import KeyReused, OrderNotOpen
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments.gateway import ProviderNotConnected
from shop.payments.rules import Method, PaymentState, RefundState
from shop.stock import queries as stock
from shop.workflows import quoting, selling
from shop.workflows.quoting import Problem
from tests.builders.accounts import a_cashier, a_social_worker
from tests.builders.bookings import a_session, an_experience
from tests.builders.orders import (
    MS_LIU,
    NO_RETURN,
    a_bank,
    a_cart,
    an_order,
    pay,
    some_goods,
    some_pendants,
)
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("app", "bank")


def counts() -> dict[str, int]:
    db.session.rollback()
    tables = ("orders", "order_lines", "fulfillments", "payments", "holds", "bookings", "entries",
              "earnings", "events")  # fmt: skip
    return {t: db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {t}")) or 0 for t in tables}


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def free(goods, now) -> int:
    db.session.rollback()
    return stock.available([goods.variant_id], now)[goods.variant_id]


def balance(account: str) -> Money:
    db.session.rollback()
    return ledger.balance(account)


def test_one_cart_of_two_workshops_and_a_session_becomes_one_order_of_three_parts(noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    sandals, pendants = some_goods(), some_pendants(workshop_id=other)
    session = a_session(now=noon)
    placed = an_order(now=noon, goods={sandals: 1, pendants: 2}, seats={session: (0, 0, 1)})

    order = orders.order(placed.order_id)
    ways = {(part.workshop_id, part.handover): part for part in order.parts}
    assert set(ways) == {
        (sandals.workshop_id, Handover.SHIP),
        (other, Handover.SHIP),
        (sandals.workshop_id, Handover.ATTEND),
    }
    assert order.goods == Money(8800 + 5600 + 14800)
    assert order.shipping == Money(1600)
    assert sum(part.goods.minor + part.shipping.minor for part in order.parts) == order.total.minor
    assert order.expires_at == noon + timedelta(minutes=15)
    assert (free(sandals, noon), free(pendants, noon)) == (9, 8)
    assert bookings.sessions_by_id([session], now=noon)[session].places_left == 10
    assert cart_queries.cart_lines(None) == []
    assert findings() == []


def test_each_part_has_its_own_promised_day(noon):
    other = a_workshop(
        slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊", weekly_capacity_minutes=1200
    )
    ready = some_goods()
    made = some_goods(workshop_id=other, supply=Supply.MADE_TO_ORDER, pieces=0, minutes=240)
    session = a_session(now=noon)

    placed = an_order(now=noon, goods={ready: 1, made: 5}, seats={session: (1, 0, 0)})

    promised = {
        (p.workshop_id, p.handover): (p.promised_on.isoformat(), p.state)
        for p in orders.order(placed.order_id).parts
    }
    # In stock: 72 hours. 5 x 240 min at 1,200 a week: 7 days, + 5, and Monday's parcels take it.
    # A session: its day.
    assert promised == {
        (ready.workshop_id, Handover.SHIP): ("2026-07-23", FulfillmentState.PLACED),
        (other, Handover.SHIP): ("2026-08-03", FulfillmentState.MAKING),
        (ready.workshop_id, Handover.ATTEND): ("2026-07-27", FulfillmentState.PLACED),
    }


def test_pieces_sold_but_not_yet_made_push_the_next_promise_back(noon):
    workshop = a_workshop(weekly_capacity_minutes=1200)
    made = some_goods(workshop_id=workshop, supply=Supply.MADE_TO_ORDER, pieces=0, minutes=240)
    pay(an_order(now=noon, goods={made: 5}), now=noon)

    later = orders.order(an_order(now=noon, goods={made: 5}).order_id)

    assert later.parts[0].promised_on.isoformat() == "2026-08-10"


def test_made_to_order_pieces_that_lie_ready_are_held_like_stock(noon):
    made = some_goods(supply=Supply.MADE_TO_ORDER, pieces=3)

    order = orders.order(an_order(now=noon, goods={made: 2}).order_id)

    assert free(made, noon) == 1
    assert order.parts[0].promised_on.isoformat() == "2026-07-23"


def test_a_paid_order_is_booked_as_in_e4(noon):
    goods = {some_goods(): 1, some_pendants(): 2}
    placed = an_order(now=noon, goods=goods)

    assert pay(placed, now=noon)

    w = a_workshop()
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert balance(f"clearing:{w}") == Money(-15109)
    assert balance(f"fee:{w}") == Money(-91)
    assert balance(f"sales:{w}") == Money(14400)
    assert balance(f"shipping_income:{w}") == Money(800)
    assert findings() == []


def test_the_payment_fee_is_shared_among_workshops_to_the_fen(noon):
    shops = [a_workshop()] + [
        a_workshop(slug=f"shop-{n}", station_id=a_room(CIZHU), name=f"工坊{n}") for n in (1, 2)
    ]
    goods = {some_goods(fen=1000, pay=100, material=100, workshop_id=w): 1 for w in shops}
    placed = an_order(now=noon, goods=goods)

    pay(placed, now=noon)

    # 3 x 18.00 = 54.00; fee 0.324 -> 0.32; in thirds 0.11, 0.11, 0.10.
    assert [balance(f"fee:{w}").minor for w in shops] == [-11, -11, -10]
    assert findings() == []


def test_session_money_is_a_prepayment_until_the_session_is_held(noon):
    session = a_session(now=noon)

    pay(an_order(now=noon, seats={session: (1, 0, 1)}), now=noon)

    w = a_workshop()
    assert balance(f"prepayment:{w}") == Money(24600)
    assert balance(f"clearing:{w}") == Money(-24452)
    assert balance(f"fee:{w}") == Money(-148)
    assert balance(f"session_income:{w}") == Money(0)


def test_a_consignment_share_is_earned_at_the_sale_and_waits(noon):
    maker = a_member()
    goods = some_goods(pay_lane=PayLane.CONSIGNMENT, share_percent=60, maker_id=maker)

    pay(an_order(now=noon, goods={goods: 2}), now=noon)

    pots = earnings.pots(maker, now=noon)
    assert (pots.waiting, pots.sure) == (Money(10560), Money(0))
    assert balance(f"consignment_payable:member:{maker}") == Money(10560)
    assert findings() == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param({"total": 9599}, selling.PriceChanged, id="a forged total"),
        pytest.param({"contact": Contact(phone="")}, selling.PhoneMissing, id="no phone"),
        pytest.param({"contact": replace(MS_LIU, address=" ")}, selling.AddressMissing,
                     id="no address"),
        pytest.param({"contact": replace(MS_LIU, name="")}, selling.AddressMissing, id="no name"),
        pytest.param({"method": Method.PAY_ON_PICK_UP}, selling.PickUpImpossible,
                     id="paid on pick-up but sent"),
        pytest.param({"method": Method.CASH}, selling.NotPaidHere, id="cash by post"),
        pytest.param({"handover": Handover.ATTEND}, selling.PickUpImpossible, id="goods attended"),
    ],
)  # fmt: skip
def test_a_refused_order_leaves_no_trace(noon, change, refusal):
    goods = some_goods()
    cart = a_cart(now=noon, goods={goods: 1})
    before = counts()

    with pytest.raises(refusal):
        an_order(now=noon, cart=cart, **change)

    assert counts() == before
    assert free(goods, noon) == 10
    assert len(cart_queries.cart_lines(cart)) == 1


def test_goods_that_ran_out_refuse_the_whole_order_and_name_the_line(noon):
    scarce, plenty = some_goods(pieces=2), some_pendants()
    session = a_session(now=noon)
    cart = a_cart(now=noon, goods={plenty: 1, scarce: 3}, seats={session: (1, 0, 0)})
    before = counts()

    with pytest.raises(selling.SoldOut) as refused:
        an_order(now=noon, cart=cart)

    assert refused.value.details["available"] == 2
    assert refused.value.details["title"] == "手编凉鞋"
    assert counts() == before
    assert free(plenty, noon) == 10
    assert bookings.sessions_by_id([session], now=noon)[session].places_left == 12


def test_a_full_session_refuses_the_whole_order(noon):
    goods, session = some_goods(), a_session(now=noon, capacity=3)
    an_order(now=noon, seats={session: (0, 0, 1)})
    before = counts()
    cart = a_cart(now=noon, goods={goods: 1}, seats={session: (2, 0, 0)})

    with pytest.raises(selling.SessionFull) as refused:
        an_order(now=noon, cart=cart)

    assert refused.value.details["available"] == 1
    assert counts() == before | {"bookings": 1}
    assert free(goods, noon) == 10


@pytest.mark.parametrize(
    ("party", "problem"),
    [((0, 1, 0), Problem.CHILDREN_ALONE), ((61, 0, 0), Problem.NOBODY_COMES)],
)
def test_a_party_that_cannot_come_is_shown_in_the_cart_and_refused(noon, party, problem):
    session = a_session(now=noon)
    cart = a_cart(now=noon, seats={session: party})

    assert [line.problem for line in quoting.quote(cart, now=noon).lines] == [problem]
    with pytest.raises(selling.PartyRefused):
        an_order(now=noon, cart=cart)


def test_goods_taken_off_sale_since_are_refused_at_submit(noon):
    goods = some_goods()
    cart = a_cart(now=noon, goods={goods: 1})
    catalog.pause(product_id=goods.product_id, actor=SYSTEM, now=noon)

    with pytest.raises(selling.NotForSale):
        an_order(now=noon, cart=cart, total=9600)


def test_a_session_that_has_begun_is_refused(noon):
    session = a_session(now=noon, starts_at=noon + MINUTE)
    cart = a_cart(now=noon, seats={session: (1, 0, 0)})

    with pytest.raises(selling.SessionClosed):
        an_order(now=noon + 2 * MINUTE, cart=cart)


def test_goods_made_to_wish_need_the_buyers_own_tick(noon):
    goods = some_goods(supply=Supply.CUSTOM, pieces=0)
    cart = a_cart(now=noon, goods={goods: 1})

    assert quoting.quote(cart, now=noon).to_confirm
    with pytest.raises(selling.ConsentMissing):
        an_order(now=noon, cart=cart)
    placed = an_order(now=noon, cart=cart, accepts_no_return=True)

    kinds = db.session.scalars(
        sa.text(f"SELECT kind FROM events WHERE subject = 'order:{placed.order_id}'")
    ).all()
    assert "NoReturnAgreed" in kinds
    (line,) = orders.order(placed.order_id).lines
    assert (line.may_come_back, line.agreed_words, line.agreed_at) == (False, NO_RETURN, noon)


def test_an_empty_cart_is_refused(noon):
    with pytest.raises(selling.CartEmpty):
        an_order(now=noon, cart=a_cart(now=noon))


def test_without_a_provider_nothing_can_be_bought_online(noon):
    goods = some_goods()
    before = counts()
    with a_bank():
        selling.gateways.install()
        with pytest.raises(ProviderNotConnected):
            an_order(now=noon, goods={goods: 1})

    assert counts() == before


def test_the_same_form_sent_again_gives_the_first_answer(noon):
    goods = some_goods()
    cart = a_cart(now=noon, goods={goods: 1})
    first = an_order(now=noon, cart=cart, key="tap", total=9600)
    before = counts()

    again = an_order(now=noon + MINUTE, cart=cart, key="tap", total=9600)

    assert again == replace(first, is_new=False)
    assert counts() == before


def test_the_same_key_with_another_content_is_refused(noon):
    goods = some_goods()
    cart = a_cart(now=noon, goods={goods: 1})
    an_order(now=noon, cart=cart, key="tap", total=9600)
    before = counts()

    with pytest.raises(KeyReused):
        an_order(now=noon, cart=cart, key="tap", total=9600,
                 contact=replace(MS_LIU, address="另一个地址"))  # fmt: skip

    assert counts() == before


def test_prices_and_texts_of_a_placed_order_never_change(noon):
    goods = some_goods()
    placed = an_order(now=noon, goods={goods: 1})
    catalog.update_texts(
        product_id=goods.product_id,
        texts=catalog.ProductTexts(title_en="Something else"),
        actor=SYSTEM,
        now=noon,
    )

    line = orders.order(placed.order_id).lines[0]

    assert (line.title, line.title_en, line.unit) == (
        "手编凉鞋", "Hand-woven sandals", Money(8800),
    )  # fmt: skip
    assert line.cost == Money(5870)


def test_the_buyer_pays_at_the_providers_page_and_comes_back(noon, bank):
    placed = an_order(now=noon)
    urls = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}

    first = selling.start_payment(payment_public_id=placed.payment_public_id, now=noon, **urls)
    again = selling.start_payment(
        payment_public_id=placed.payment_public_id, now=noon + MINUTE, **urls
    )

    assert first == again
    assert len(bank.requests) == 1
    ref, request = next(iter(bank.requests.items()))
    assert request.amount == Money(9600)
    unpaid = selling.check_payment(payment_public_id=placed.payment_public_id, now=noon)
    assert unpaid.state is PaymentState.OPEN
    bank.pay(ref)
    paid = selling.check_payment(payment_public_id=placed.payment_public_id, now=noon)
    assert paid.state is PaymentState.SUCCEEDED
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert findings() == []


def test_a_payment_is_not_started_once_the_time_is_over(noon, bank):
    placed = an_order(now=noon)

    with pytest.raises(OrderNotOpen):
        selling.start_payment(
            payment_public_id=placed.payment_public_id,
            success_url="https://shop.example/ok",
            cancel_url="https://shop.example/no",
            now=noon + 15 * MINUTE,
        )

    assert bank.requests == {}


def test_a_failed_payment_gets_a_successor_while_the_goods_are_held(noon, bank):
    placed = an_order(now=noon)
    urls = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
    selling.start_payment(payment_public_id=placed.payment_public_id, now=noon, **urls)
    ref = next(iter(bank.requests))
    bank.states[ref] = PaymentState.FAILED
    selling.check_payment(payment_public_id=placed.payment_public_id, now=noon)

    selling.start_payment(payment_public_id=placed.payment_public_id, now=noon + MINUTE, **urls)

    tries = payments.payments_of_order(placed.order_id)
    assert [one.state for one in tries] == [PaymentState.FAILED, PaymentState.OPEN]
    bank.pay(tries[1].provider_ref)
    selling.reconcile(now=noon + 5 * MINUTE)
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert findings() == []


def test_an_unpaid_order_falls_and_frees_goods_and_seats(noon, bank):
    goods, session = some_goods(), a_session(now=noon)
    placed = an_order(now=noon, goods={goods: 4}, seats={session: (0, 0, 1)})
    selling.start_payment(
        payment_public_id=placed.payment_public_id,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/no",
        now=noon,
    )

    assert selling.expire_unpaid(now=noon + 14 * MINUTE) == 0
    assert selling.expire_unpaid(now=noon + 15 * MINUTE) == 1
    assert selling.expire_unpaid(now=noon + 16 * MINUTE) == 0

    assert orders.order(placed.order_id).state is OrderState.CANCELLED
    assert free(goods, noon) == 10
    assert bookings.sessions_by_id([session], now=noon)[session].places_left == 12
    assert payments.payment_of_order(placed.order_id).state is PaymentState.CANCELLED
    assert findings() == []


def test_an_expired_hold_is_free_before_anybody_has_swept_it(noon):
    goods, session = some_goods(pieces=1), a_session(now=noon, capacity=1)
    an_order(now=noon, goods={goods: 1}, seats={session: (1, 0, 0)})
    later = noon + 15 * MINUTE

    assert free(goods, later) == 1
    assert bookings.sessions_by_id([session], now=later)[session].places_left == 1
    second = an_order(now=later, goods={goods: 1}, seats={session: (1, 0, 0)})
    assert pay(second, now=later)
    assert findings() == []


def test_a_buyer_who_paid_in_the_last_second_keeps_her_order(noon, bank):
    placed = an_order(now=noon)
    selling.start_payment(
        payment_public_id=placed.payment_public_id,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/no",
        now=noon,
    )
    bank.pay(next(iter(bank.requests)))

    assert selling.expire_unpaid(now=noon + 16 * MINUTE) == 0

    assert orders.order(placed.order_id).state is OrderState.PAID
    assert findings() == []


def test_late_money_finds_its_goods_when_they_are_still_there(noon):
    goods, session = some_goods(pieces=1), a_session(now=noon, capacity=2)
    placed = an_order(now=noon, goods={goods: 1}, seats={session: (0, 0, 1)})
    selling.expire_unpaid(now=noon + 20 * MINUTE)

    assert pay(placed, now=noon + 30 * MINUTE)

    assert orders.order(placed.order_id).state is OrderState.PAID
    assert free(goods, noon + 30 * MINUTE) == 0
    assert bookings.sessions_by_id([session], now=noon)[session].booked == 2
    assert findings() == []


@pytest.mark.parametrize("gone", ["goods", "seats"])
def test_late_money_goes_back_once_when_something_is_gone(noon, bank, gone):
    goods, session = some_goods(pieces=1), a_session(now=noon, capacity=2)
    placed = an_order(now=noon, goods={goods: 1}, seats={session: (0, 0, 1)})
    selling.start_payment(
        payment_public_id=placed.payment_public_id,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/no",
        now=noon,
    )
    selling.expire_unpaid(now=noon + 20 * MINUTE)
    faster = {"goods": {goods: 1}} if gone == "goods" else {"seats": {session: (1, 0, 0)}}
    pay(an_order(now=noon + 21 * MINUTE, **faster), now=noon + 21 * MINUTE)
    ref = next(iter(bank.requests))
    bank.pay(ref)

    for minute in range(25, 30):
        pay(placed, now=noon + minute * MINUTE, provider_ref=ref)

    assert orders.order(placed.order_id).state is OrderState.CANCELLED
    payment = payments.payment_by_public_id(placed.payment_public_id)
    assert payment.refunded == payment.captured == Money(8800 + 14800 + 800)
    assert len(bank.refunds) == 1
    refunds = payments.refunds_of_order(placed.order_id)
    assert [(r.amount, r.state) for r in refunds] == [(payment.captured, RefundState.SETTLED)]
    w = a_workshop()
    kept = Money(8800 + 800) if gone == "goods" else Money(0)
    assert balance(f"sales:{w}") + balance(f"shipping_income:{w}") == kept
    assert findings() == []


def test_an_order_that_a_person_cancelled_never_stands_up_again(noon, bank):
    goods = some_goods(pieces=5)
    placed = an_order(now=noon, goods={goods: 2})
    assert selling.cancel_unpaid(order_id=placed.order_id, actor=SYSTEM, now=noon)
    assert not selling.cancel_unpaid(order_id=placed.order_id, actor=SYSTEM, now=noon)

    pay(placed, now=noon + MINUTE)

    assert orders.order(placed.order_id).state is OrderState.CANCELLED
    assert free(goods, noon) == 5
    payment = payments.payment_of_order(placed.order_id)
    assert payment.pending_refund + payment.refunded == payment.captured
    assert findings() == []


def test_money_that_comes_twice_goes_back_once(noon, bank):
    placed = an_order(now=noon)
    urls = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
    selling.start_payment(payment_public_id=placed.payment_public_id, now=noon, **urls)
    first = payments.payment_of_order(placed.order_id)
    bank.states[first.provider_ref] = PaymentState.FAILED
    selling.check_payment(payment_public_id=placed.payment_public_id, now=noon)
    selling.start_payment(payment_public_id=placed.payment_public_id, now=noon, **urls)
    second = payments.payments_of_order(placed.order_id)[1]
    for one in (second, first):
        bank.pay(one.provider_ref)
        selling.confirm_payment(
            payment_id=one.id,
            captured=one.amount,
            fee=Money(58),
            provider_ref=one.provider_ref,
            now=noon + MINUTE,
        )

    assert orders.order(placed.order_id).state is OrderState.PAID
    refunded = {p.id: p.refunded for p in payments.payments_of_order(placed.order_id)}
    assert refunded == {first.id: Money(9600), second.id: Money(0)}
    assert findings() == []


def test_another_sum_than_was_asked_changes_nothing(noon):
    placed = an_order(now=noon)
    payment = payments.payment_by_public_id(placed.payment_public_id)

    with pytest.raises(selling.AmountDiffers):
        selling.confirm_payment(payment_id=payment.id, captured=Money(1), fee=Money(0), now=noon)

    assert orders.order(placed.order_id).state is OrderState.PLACED
    assert findings() == []


def test_reconciliation_finds_the_payment_whose_event_never_came(noon, bank):
    placed = an_order(now=noon)
    selling.start_payment(
        payment_public_id=placed.payment_public_id,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/no",
        now=noon,
    )
    bank.pay(next(iter(bank.requests)))

    assert selling.reconcile(now=noon + 30 * timedelta(seconds=1)) == 0
    assert selling.reconcile(now=noon + 2 * MINUTE) == 1

    assert orders.order(placed.order_id).state is OrderState.PAID


def test_an_order_paid_on_pick_up_stands_at_once_and_holds_its_goods(noon):
    goods = some_goods()
    placed = an_order(
        now=noon, goods={goods: 2}, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP
    )

    order = orders.order(placed.order_id)
    assert order.is_confirmed
    assert (order.state, order.expires_at, order.total) == (OrderState.PLACED, None, Money(17600))
    assert selling.expire_unpaid(now=noon + timedelta(days=3)) == 0
    assert free(goods, noon + timedelta(days=3)) == 8
    assert findings() == []


def test_its_money_is_taken_once_at_the_counter_by_who_may(noon):
    placed = an_order(now=noon, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP)
    cashier = a_cashier()
    with pytest.raises(OutOfReach):
        selling.take_money(order_id=placed.order_id, actor=a_cashier(at=a_room(CIZHU)), now=noon)

    assert selling.take_money(order_id=placed.order_id, actor=cashier, now=noon)
    assert not selling.take_money(order_id=placed.order_id, actor=cashier, now=noon)

    w = a_workshop()
    assert orders.order(placed.order_id).state is OrderState.PAID
    assert balance(f"cash:{w}") == Money(-8800)
    assert balance(f"sales:{w}") == Money(8800)
    assert findings() == []


def test_money_of_an_online_order_is_not_taken_at_the_counter(noon):
    placed = an_order(now=noon)

    with pytest.raises(selling.NotPaidHere):
        selling.take_money(order_id=placed.order_id, actor=SYSTEM, now=noon)


@pytest.mark.parametrize("why", ["no counter", "two workshops", "seats"])
def test_money_cannot_wait_for_a_counter_that_is_not_there(noon, why):
    workshop = a_workshop(is_pick_up_point=why != "no counter")
    goods = {some_goods(workshop_id=workshop): 1}
    seats = {}
    if why == "two workshops":
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        goods[some_goods(workshop_id=other)] = 1
    if why == "seats":
        seats = {a_session(now=noon, experience_id=an_experience(workshop_id=workshop)): (1, 0, 0)}

    with pytest.raises(selling.PickUpImpossible):
        an_order(now=noon, goods=goods, seats=seats, method=Method.PAY_ON_PICK_UP,
                 handover=Handover.PICK_UP)  # fmt: skip


def test_only_phone_and_code_together_open_an_order(noon):
    placed = an_order(now=noon, contact=MS_LIU)
    phone = MS_LIU.phone

    found = orders.find_for_buyer(code=f" {placed.code} ", phone=phone)

    assert found.id == placed.order_id
    other_code = f"{(int(placed.code) + 1) % 1_000_000:06d}"
    for wrong, number in ((other_code, phone), (placed.code, phone[:-1] + "2"), ("", "")):
        with pytest.raises(orders.NotFound):
            orders.find_for_buyer(code=wrong, phone=number)


def test_a_worker_sees_the_parts_of_her_own_workshop_only(noon):
    room = a_room(CIZHU)
    other = a_workshop(slug="cizhu", station_id=room, name="茨竹工坊")
    mine, hers = some_goods(), some_pendants(workshop_id=other)
    placed = an_order(now=noon, goods={mine: 1, hers: 1})
    scope = a_social_worker().scope(selling.Permission.FULFILL)

    assert orders.order_parts(scope) == []
    pay(placed, now=noon)
    db.session.rollback()

    rows = orders.order_parts(scope)
    assert [row.part.workshop_id for row in rows] == [mine.workshop_id]
    assert [line.sku for line in rows[0].part.lines] == [mine.sku]
    hidden = next(p for p in orders.order(placed.order_id).parts if p.workshop_id == other)
    with pytest.raises(orders.NotFound):
        orders.part(hidden.public_id, scope)


def test_the_cart_takes_no_silly_counts(noon):
    goods = some_goods()
    token = a_cart(now=noon)
    for quantity in (0, -1, 10_000):
        with pytest.raises(carts.BadCount):
            carts.put_goods(token=token, variant_id=goods.variant_id, quantity=quantity, now=noon)
    carts.put_goods(token=token, variant_id=goods.variant_id, quantity=9_999, now=noon)
    with pytest.raises(carts.BadCount):
        carts.put_goods(token=token, variant_id=goods.variant_id, quantity=1, now=noon)

    assert [line.quantity for line in cart_queries.cart_lines(token)] == [9_999]


def test_what_costs_nothing_is_paid_at_once(noon):
    goods = some_goods(fen=0, pay=0, material=0)

    placed = an_order(now=noon, goods={goods: 1}, handover=Handover.PICK_UP)

    order = orders.order(placed.order_id)
    assert (order.state, order.total) == (OrderState.PAID, Money(0))
    assert payments.payment_of_order(placed.order_id).method is Method.FREE
    assert findings() == []


def test_seats_are_not_in_the_list_of_what_is_to_be_sent(noon):
    session = a_session(now=noon)
    pay(an_order(now=noon, goods={some_goods(): 1}, seats={session: (1, 0, 0)}), now=noon)
    scope = a_social_worker().scope(selling.Permission.FULFILL)
    db.session.rollback()

    assert [row.part.handover for row in orders.order_parts(scope)] == [Handover.SHIP]
    assert orders.count_parts(scope) == 1
    attending = orders.order_parts(scope, handover=Handover.ATTEND)
    assert [row.part.handover for row in attending] == [Handover.ATTEND]
