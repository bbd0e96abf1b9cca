from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.stock import checks, queries
from shop.stock import services as stock
from shop.stock.services import OutOfStock
from tests.builders.stock import a_delivery, a_quantity, a_shelf

A_QUARTER = timedelta(minutes=15)
BUYERS = 24


def all_at_once(app, act, times=BUYERS):
    """Run ``act(number)`` in real threads, each with its own connection; return the answers."""

    def in_context(number):
        with app.app_context():
            try:
                return act(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(in_context, range(times)))


def everything_agrees():
    db.session.rollback()
    return [finding for check in checks.CHECKS for finding in check.run()] == []


def test_two_dozen_buyers_of_ten_pieces_get_exactly_ten(app, noon):
    sandals = a_shelf(10)

    def buy(number):
        try:
            stock.reserve(
                owner=f"order:{number}", items=[sandals], now=noon, expires_at=noon + A_QUARTER
            )
        except OutOfStock:
            return 0
        return 1

    assert sum(all_at_once(app, buy)) == 10
    db.session.rollback()
    assert queries.available_at(sandals.variant_id, sandals.station_id, noon) == 0
    assert everything_agrees()


def test_buyers_of_the_same_goods_in_any_order_of_lines_never_lock_each_other_out(app, noon):
    goods = [a_shelf(100) for _ in range(4)]

    def buy(number):
        lines = goods[number % 4 :] + goods[: number % 4]
        stock.reserve(
            owner=f"order:{number}",
            items=lines if number % 2 else lines[::-1],
            now=noon,
            expires_at=noon + A_QUARTER,
        )
        assert stock.allocate(owner=f"order:{number}", now=noon)
        name = f"order:{number}"
        return stock.ship(owner=name, items=lines, source=name, actor=SYSTEM, now=noon)

    assert all_at_once(app, buy) == [4] * BUYERS
    assert everything_agrees()


def test_a_hold_that_ran_out_is_either_paid_late_or_sold_anew_never_both(app, noon):
    sandals = a_shelf(6)
    for number in range(6):
        stock.reserve(
            owner=f"order:{number}", items=[sandals], now=noon, expires_at=noon + A_QUARTER
        )
    late = noon + A_QUARTER

    def act(number):
        if number < 6:
            return int(stock.allocate(owner=f"order:{number}", now=late))
        if number < 18:
            try:
                stock.reserve(
                    owner=f"order:{number}", items=[sandals], now=late, expires_at=late + A_QUARTER
                )
            except OutOfStock:
                return 0
            return 1
        stock.expire_holds(now=late)
        return 0

    assert sum(all_at_once(app, act)) <= 6
    assert everything_agrees()
    while stock.expire_holds(now=late):
        pass
    assert everything_agrees()


def test_pieces_that_arrive_together_for_a_new_shelf_are_all_counted(app, noon):
    sandals = a_shelf()

    all_at_once(
        app, lambda n: a_delivery([a_quantity(sandals, 2)], now=noon, source=f"hand_in:{n}")
    )

    db.session.rollback()
    assert queries.available_at(sandals.variant_id, sandals.station_id, noon) == 2 * BUYERS
    assert everything_agrees()
