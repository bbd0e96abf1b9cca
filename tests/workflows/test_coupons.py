from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.catalog.rules import PayLane
from shop.coupons import services as coupons
from shop.coupons.rules import Funder, Unfit
from shop.earnings import queries as earnings
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.oversight import proof
from shop.payments.rules import RefundCause
from shop.workflows import quoting, refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_social_worker, an_actor
from tests.builders.coupons import TWENTY_OFF, a_coupon
from tests.builders.orders import MS_LIU, a_cart, an_order, pay, some_goods, some_pendants
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def balance(kind: str) -> int:
    db.session.rollback()
    return ledger.balance(f"{kind}:{a_workshop()}").minor


def used(coupon_id: int) -> tuple[int, int]:
    db.session.rollback()
    row = db.session.execute(
        sa.text("SELECT used, used_minor FROM coupons WHERE id = :id"), {"id": coupon_id}
    ).one()
    return row.used, row.used_minor


def e7(now, **changes):
    """Return E7's paid order: one pair of sandals, two pendants, 20.00 off."""
    a_coupon(now=now, **changes)
    placed = an_order(now=now, goods={some_goods(): 1, some_pendants(): 2})
    pay(placed, now=now)
    return orders.order(placed.order_id)


def one_pendant_back(order, now):
    pendants = next(line for line in order.lines if line.quantity == 2)
    return refunding.request_refund(
        order_id=order.id,
        wishes=[Wish(pendants.id, 1)],
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key="one back",
        now=now,
    )


def test_e7_is_booked_and_partly_refunded_to_the_fen(noon):
    order = e7(noon)

    assert (order.goods, order.discount, order.shipping, order.total) == (
        Money(14400),
        Money(2000),
        Money(800),
        Money(13200),
    )
    assert [line.discount.minor for line in order.lines] == [1222, 778]
    assert [line.funder for line in order.lines] == ["coop", "coop"]
    assert balance("sales") == 12400
    assert balance("shipping_income") == 800
    assert (balance("clearing"), balance("fee")) == (-13121, -79)

    one_pendant_back(order, noon)

    assert balance("sales_returns") == -2411
    assert (balance("clearing"), balance("fee")) == (-13121 + 2397, -79 + 14)
    assert findings() == []


def test_what_a_project_pays_is_a_sale_out_of_its_fund_and_goes_back_into_it(noon):
    order = e7(noon, funder=Funder.PROJECT, project="P-03")

    assert (balance("sales"), balance("project_fund")) == (14400, -2000)
    assert (balance("clearing"), balance("fee")) == (-13121, -79)

    one_pendant_back(order, noon)

    assert (balance("sales_returns"), balance("project_fund")) == (-2800, -2000 + 389)
    refunding.request_refund(
        order_id=order.id,
        wishes=[Wish(line.id, line.left) for line in orders.order(order.id).lines],
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key="the rest",
        now=noon,
    )
    assert (balance("sales_returns"), balance("project_fund")) == (-14400, 0)
    assert findings() == []


def test_the_threshold_is_not_asked_again_after_a_return(noon):
    order = e7(noon, least_goods=Money(14400))

    refund = one_pendant_back(order, noon)

    assert refund.amount == Money(2411)


def test_no_coupon_is_a_consignment_makers_money(noon):
    maker = a_member()
    goods = some_goods(
        fen=16800, pay=9240, material=0, pay_lane=PayLane.CONSIGNMENT, share_percent=55,
        maker_id=maker,
    )  # fmt: skip
    a_coupon(now=noon)
    placed = an_order(now=noon, goods={goods: 1})
    pay(placed, now=noon)

    assert orders.order(placed.order_id).total == Money(16800 - 2000 + 800)
    assert earnings.earning_by_key(
        f"order:{placed.order_id}:line:{orders.order(placed.order_id).lines[0].id}"
    )
    assert balance_of_share(maker) == 9240
    line = orders.order(placed.order_id).lines[0]
    refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key="back",
        now=noon,
    )
    assert balance_of_share(maker) == 0
    assert findings() == []


def balance_of_share(member_id: int) -> int:
    db.session.rollback()
    return ledger.balance(f"consignment_payable:member:{member_id}").minor


def test_a_coupon_takes_off_only_what_it_fits(noon):
    own = some_goods()
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    foreign = some_goods(workshop_id=other)
    a_coupon(now=noon, workshop_id=own.workshop_id, least_goods=Money(8800))
    cart = a_cart(now=noon, goods={own: 1, foreign: 2})

    quoted = quoting.quote(cart, now=noon)

    assert {line.workshop_id: line.new.discount.minor for line in quoted.lines} == {
        own.workshop_id: 2000,
        other: 0,
    }
    assert quoted.total == Money(8800 * 3 - 2000 + 1600)


def test_of_several_the_one_that_saves_most_counts_and_the_typed_one_when_both_save_the_same(noon):
    goods = some_goods()
    a_coupon(now=noon, amount=Money(1000))
    typed = a_coupon(now=noon, amount=Money(1000), code="SAME10")
    more = a_coupon(now=noon, amount=Money(1500), code="MORE15")
    cart = a_cart(now=noon, goods={goods: 2})

    quoting.enter_coupon(cart, "same10", now=noon)
    assert quoting.quote(cart, now=noon).coupon.coupon.id == typed
    quoting.enter_coupon(cart, " more 15", now=noon)
    assert quoting.quote(cart, now=noon).coupon.coupon.id == more
    a_coupon(now=noon, amount=Money(1600))
    quoted = quoting.quote(cart, now=noon)
    assert (quoted.discount, quoted.unfit) == (Money(1600), Unfit.LESS_THAN_ANOTHER)


@pytest.mark.parametrize(
    ("changes", "unfit"),
    [
        ({"least_goods": Money(20000)}, Unfit.TOO_LITTLE),
        ({"most_money": Money(100)}, Unfit.USED_UP),
    ],
)
def test_a_typed_coupon_that_takes_nothing_off_says_why(noon, changes, unfit):
    a_coupon(now=noon, code="WHY20", **changes)
    cart = a_cart(now=noon, goods={some_goods(): 2})
    quoting.enter_coupon(cart, "WHY20", now=noon)

    quoted = quoting.quote(cart, now=noon)

    assert (quoted.discount, quoted.unfit) == (Money(0), unfit)
    assert quoted.missing == (Money(2400) if unfit is Unfit.TOO_LITTLE else None)


def test_a_timed_coupon_counts_in_its_days_only(noon):
    a_coupon(now=noon, starts_at=noon + MINUTE, ends_at=noon + 3 * MINUTE)
    cart = a_cart(now=noon, goods={some_goods(): 2})

    off = [quoting.quote(cart, now=noon + n * MINUTE).discount.minor for n in (0, 1, 2, 3)]

    assert off == [0, 2000, 2000, 0]


def test_what_nobody_approved_is_as_if_it_did_not_exist(noon):
    a_coupon(now=noon, is_approved=False)
    a_coupon(now=noon, is_approved=False, code="WAITS")
    cart = a_cart(now=noon, goods={some_goods(): 2})

    with pytest.raises(coupons.CouponUnknown):
        quoting.enter_coupon(cart, "WAITS", now=noon)
    assert quoting.quote(cart, now=noon).discount == Money(0)


def test_a_first_order_is_one_whose_telephone_has_no_other(noon):
    coupon = a_coupon(now=noon, code="HELLO", is_first_order=True)
    goods = some_goods()

    def order(contact, total):
        cart = a_cart(now=noon, goods={goods: 2})
        quoting.enter_coupon(cart, "HELLO", now=noon)
        return an_order(now=noon, cart=cart, contact=contact, total=total)

    order(MS_LIU, 17600 - 2000 + 800)
    with pytest.raises(selling.PriceChanged):
        order(MS_LIU, 17600 - 2000 + 800)
    order(MS_LIU, 17600 + 800)

    assert used(coupon) == (1, 2000)


def test_a_use_comes_back_when_its_order_falls_and_is_taken_again_when_the_money_comes_late(noon):
    coupon = a_coupon(now=noon, most_uses=1)
    goods = some_goods()
    late = an_order(now=noon, goods={goods: 2})
    assert used(coupon) == (1, 2000)
    later = noon + 20 * MINUTE

    selling.expire_unpaid(now=later)
    assert used(coupon) == (0, 0)
    pay(late, now=later)

    assert used(coupon) == (1, 2000)
    assert orders.order(late.order_id).is_confirmed
    assert findings() == []


def test_late_money_whose_coupon_went_to_somebody_else_goes_back(noon):
    coupon = a_coupon(now=noon, most_uses=1)
    goods = some_goods()
    late = an_order(now=noon, goods={goods: 2})
    later = noon + 20 * MINUTE
    selling.expire_unpaid(now=later)
    an_order(now=later, goods={goods: 2})

    pay(late, now=later)

    assert not orders.order(late.order_id).is_confirmed
    assert used(coupon) == (1, 2000)
    assert findings() == []


def test_a_cancelled_order_gives_its_use_back_once(noon):
    coupon = a_coupon(now=noon)
    placed = an_order(now=noon, goods={some_goods(): 2})

    for _ in range(2):
        selling.cancel_unpaid(order_id=placed.order_id, actor=SYSTEM, now=noon)

    assert used(coupon) == (0, 0)
    assert findings() == []


def test_nobody_approves_her_own_coupon_nor_one_of_another_village(noon):
    a_workshop()
    writer = a_social_worker()
    name = coupons.propose(
        terms=TWENTY_OFF, station_id=a_room(), workshop_id=None, actor=writer, now=noon
    )
    coupon = db.session.scalar(sa.text("SELECT id FROM coupons WHERE public_id = :n"), {"n": name})
    far = an_actor(Role.BOOKKEEPER, at=a_room(CIZHU))

    with pytest.raises((coupons.OwnCoupon, Forbidden)):
        coupons.approve(coupon_id=coupon, actor=writer, now=noon)
    with pytest.raises(OutOfReach):
        coupons.approve(coupon_id=coupon, actor=far, now=noon)
    with pytest.raises(OutOfReach):
        coupons.propose(
            terms=TWENTY_OFF, station_id=a_room(), workshop_id=None, actor=far, now=noon
        )


def test_a_code_is_given_once_and_an_ended_coupon_counts_no_more(noon):
    coupon = a_coupon(now=noon, code="ONCE20")
    coupons.end(coupon_id=coupon, actor=SYSTEM, now=noon)
    cart = a_cart(now=noon, goods={some_goods(): 2})

    with pytest.raises(coupons.CodeTaken):
        a_coupon(now=noon, code="ONCE20")
    quoting.enter_coupon(cart, "ONCE20", now=noon)
    assert quoting.quote(cart, now=noon).unfit is Unfit.OVER
    with pytest.raises(coupons.CouponNotOpen):
        coupons.approve(coupon_id=coupon, actor=SYSTEM, now=noon)
