from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.catalog import services as catalog
from shop.catalog.options import written
from shop.catalog.rules import Supply
from shop.earnings import queries as earned
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.orders import carts
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState
from shop.oversight import proof
from shop.payments.rules import RefundCause
from shop.production import queries as making_known
from shop.production import services as production
from shop.production.rules import Verdict
from shop.stock import queries as stock
from shop.workflows import delivering, listing, making, quoting, refunding, selling
from shop.workflows.quoting import Problem
from shop.workflows.refunding import Wish
from shop.workflows.rules import NotReturnable
from tests.builders.orders import NO_RETURN, a_cart, an_order, let_wish, pay, some_goods
from tests.builders.production import a_rate
from tests.builders.stations import a_member

DAY = timedelta(days=1)
NAME = written({"name": "小灯"})
pytestmark = pytest.mark.usefixtures("app", "bank")


@pytest.fixture
def sandals():
    goods = some_goods(pieces=10)
    let_wish(goods)
    a_rate(product_id=goods.product_id)
    return goods


def a_cart_with(goods, now, *wishes: str) -> str:
    cart = a_cart(now=now)
    for wish in wishes:
        carts.put_goods(token=cart, variant_id=goods.variant_id, quantity=1, wish=wish, now=now)
    return cart


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def free(goods, now) -> int:
    return stock.available([goods.variant_id], now)[goods.variant_id]


def test_the_same_goods_with_another_wish_are_another_line_and_equal_ones_one(sandals, noon):
    other = written({"name": "梁"})
    cart = a_cart_with(sandals, noon, "", NAME, other, NAME, "")

    lines = quoting.quote(cart, now=noon).lines

    assert [(line.quantity, len(line.wish)) for line in lines] == [(2, 0), (2, 1), (1, 1)]
    assert [line.unit for line in lines] == [Money(8800), Money(9800), Money(9800)]


def test_a_wish_changes_price_date_and_return_and_takes_nothing_from_the_shelf(sandals, noon):
    plain = quoting.quote(a_cart_with(sandals, noon, ""), now=noon)
    wished = quoting.quote(a_cart_with(sandals, noon, NAME), now=noon)

    assert (plain.parts[0].promised_on.day, wished.parts[0].promised_on.day) == (23, 27)
    assert not plain.to_confirm
    (line,) = wished.to_confirm
    assert (line.is_made_first, line.new.making_minutes) == (True, 135)
    # Pay and material of the wish are part of what a piece stands at in the books.
    assert line.new.cost == Money(4620 + 1250 + 580 + 50)

    with pytest.raises(selling.ConsentMissing) as refusal:
        an_order(now=noon, cart=a_cart_with(sandals, noon, NAME))
    assert refusal.value.details["line"]
    placed = an_order(now=noon, cart=a_cart_with(sandals, noon, NAME), accepts_no_return=True)

    (ordered,) = orders.order(placed.order_id).lines
    assert [(one.label, one.value) for one in ordered.wish] == [("编进名字", "小灯")]
    assert (ordered.agreed_words, ordered.agreed_at) == (NO_RETURN, noon)
    assert free(sandals, noon) == 10
    assert orders.order(placed.order_id).parts[0].state is FulfillmentState.MAKING


def test_an_option_that_was_withdrawn_meanwhile_stops_the_line_and_not_the_others(sandals, noon):
    cart = a_cart_with(sandals, noon, "", NAME)
    listing.drop_option(product_id=sandals.product_id, key="name", actor=SYSTEM, now=noon)
    sheet = db.session.scalar(sa.text("SELECT MAX(id) FROM price_sheets"))
    assert not [line for line in quoting.quote(cart, now=noon).lines if line.problem]
    catalog.approve_price(sheet_id=sheet, actor=SYSTEM, now=noon)

    problems = [line.problem for line in quoting.quote(cart, now=noon).lines]

    assert problems == [None, Problem.WISH_REFUSED]
    with pytest.raises(selling.WishChanged):
        an_order(now=noon, cart=cart, accepts_no_return=True)


def test_a_wish_goes_from_the_order_to_its_maker_to_the_parcel_and_is_paid_to_the_fen(
    sandals, noon
):
    placed = an_order(now=noon, cart=a_cart_with(sandals, noon, "", NAME), accepts_no_return=True)
    pay(placed, now=noon)
    (part,) = orders.order(placed.order_id).parts
    wished = next(line for line in part.lines if line.wish)
    maker = a_member(workshop_id=sandals.workshop_id)

    def give(quantity: int, key: str) -> int:
        return making.offer_for_line(
            fulfillment_public_id=part.public_id,
            position=wished.position,
            member_id=maker,
            quantity=quantity,
            key=key,
            actor=SYSTEM,
            now=noon,
        )

    work_id = give(1, "one")
    assert give(1, "one") == work_id
    with pytest.raises(making.LineGivenOut):
        give(1, "two")
    production.accept(work_order_id=work_id, actor=SYSTEM, on_behalf=True, now=noon)
    (work,) = making_known.work_orders(member_id=maker)
    assert work.rate == Money(4620 + 580)
    assert [one.value for one in work.wish] == ["小灯"]

    brought = production.record_hand_in(
        work_order_id=work_id, pieces=1, key="in", actor=SYSTEM, now=noon + DAY
    )
    wage = making.accept_hand_in(
        hand_in_id=brought.id, verdict=Verdict(passed=1), actor=SYSTEM, now=noon + DAY
    )
    assert wage == Money(5200)
    assert earned.overview(maker, now=noon + DAY, most=5).pots.sure == Money(5200)
    # Nobody else can buy the pair with a stranger's name in it.
    assert free(sandals, noon + DAY) == 9

    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="EMS",
        tracking="1",
        actor=SYSTEM,
        now=noon + 2 * DAY,
    )
    assert free(sandals, noon + 2 * DAY) == 9
    assert stock.available([wished.variant_id], noon + 2 * DAY)[wished.variant_id] == 0
    assert findings() == []


@pytest.mark.parametrize("is_wished", [True, False])
def test_only_what_was_confirmed_in_this_purchase_stays_with_its_buyer(sandals, noon, is_wished):
    cart = a_cart_with(sandals, noon, NAME if is_wished else "")
    placed = an_order(now=noon, cart=cart, accepts_no_return=is_wished)
    pay(placed, now=noon)
    (part,) = orders.order(placed.order_id).parts
    if is_wished:
        work = making.offer_for_line(
            fulfillment_public_id=part.public_id,
            position=1,
            member_id=a_member(workshop_id=sandals.workshop_id),
            quantity=1,
            key="one",
            actor=SYSTEM,
            now=noon,
        )
        production.accept(work_order_id=work, actor=SYSTEM, on_behalf=True, now=noon)
        brought = production.record_hand_in(
            work_order_id=work, pieces=1, key="in", actor=SYSTEM, now=noon
        )
        making.accept_hand_in(
            hand_in_id=brought.id, verdict=Verdict(passed=1), actor=SYSTEM, now=noon
        )
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="EMS",
        tracking="1",
        actor=SYSTEM,
        now=noon,
    )
    delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon + DAY)
    wishes = [Wish(part.lines[0].id, 1)]

    def plan(cause: RefundCause):
        return refunding.simulate_refund(
            order_id=placed.order_id, wishes=wishes, cause=cause, now=noon + 2 * DAY
        )

    assert plan(RefundCause.FAULTY).amount
    if is_wished:
        with pytest.raises(NotReturnable):
            plan(RefundCause.NO_REASON_RETURN)
    else:
        assert plan(RefundCause.NO_REASON_RETURN).amount == Money(8800)


def test_a_line_that_excludes_return_without_a_confirmation_is_not_written_by_any_hand(
    sandals, noon
):
    placed = an_order(now=noon, goods={sandals: 1})

    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(
            sa.text("UPDATE order_lines SET may_come_back = false WHERE order_id = :order"),
            {"order": placed.order_id},
        )
    db.session.rollback()


def test_made_to_order_goods_without_a_wish_may_come_back(noon):
    made = some_goods(supply=Supply.MADE_TO_ORDER, pieces=0)

    assert not quoting.quote(a_cart(now=noon, goods={made: 1}), now=noon).to_confirm


def test_a_new_option_waits_for_the_second_person_with_its_pay_worked_out(sandals, noon):
    listing.add_option(
        product_id=sandals.product_id,
        option=listing.NewOption(
            kind="measure",
            label="脚长",
            least_mm=220,
            most_mm=290,
            step_mm=5,
            extra=listing.NewExtra(Money(1200), Money(100), Money(100), minutes=20),
        ),
        actor=SYSTEM,
        now=noon,
    )

    newest, in_force = listing.listed.sheets_of(sandals.product_id)[:2]
    assert not newest.approved_at
    assert [one.key for one in newest.options] == ["name", "measure-1"]
    assert newest.options[1].extra.pay == Money(770)
    assert [one.key for one in in_force.options] == ["name"]
