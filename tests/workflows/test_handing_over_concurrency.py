from __future__ import annotations

from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.ledger.rules import AccountKind, account
from shop.orders import queries as orders
from shop.orders.rules import Handover
from shop.payments.rules import Method
from shop.stock import queries as stock
from shop.workflows.handing_over import hand_over, take_cash
from tests.builders.accounts import a_social_worker
from tests.builders.orders import an_order, some_goods
from tests.workflows.test_making_concurrency import HANDS, all_at_once


def test_many_taps_of_one_form_take_the_money_once_and_all_say_the_same(app, noon):
    goods = some_goods()
    placed = an_order(
        now=noon, goods={goods: 1}, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP
    )
    (part,) = orders.order(placed.order_id).parts
    worker = a_social_worker()
    of_part = {"fulfillment_public_id": part.public_id, "actor": worker, "now": noon}

    changes = all_at_once(app, lambda _: take_cash(given=Money(10000), key="tap", **of_part).change)
    handed = all_at_once(app, lambda _: hand_over(key="tap", was_asked=True, **of_part).by_id)

    assert changes == [Money(1200)] * HANDS
    assert handed == [worker.user_id] * HANDS
    assert ledger.balance(account(AccountKind.CASH, goods.workshop_id)) == -Money(8800)
    assert [one.on_hand for one in stock.levels([goods.variant_id], now=noon)] == [9]


def test_many_counters_hand_one_order_over_once(app, noon):
    placed = an_order(
        now=noon,
        goods={some_goods(): 1},
        method=Method.PAY_ON_PICK_UP,
        handover=Handover.PICK_UP,
    )
    (part,) = orders.order(placed.order_id).parts
    of_part = {"fulfillment_public_id": part.public_id, "actor": a_social_worker(), "now": noon}

    taken = all_at_once(
        app,
        lambda n: take_cash(given=Money(8800), key=f"form {n}", **of_part).key,
    )
    proof = {"was_asked": True, **of_part}
    handed = all_at_once(app, lambda n: hand_over(key=f"form {n}", **proof).key)

    assert taken.count("counter.already_paid") == HANDS - 1
    assert handed.count("counter.already_handed_over") == HANDS - 1
