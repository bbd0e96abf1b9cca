from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from shop.kernel.db import db, transaction
from shop.kernel.money import Money
from shop.ledger import checks, queries
from tests.builders.ledger import a_sale_of, an_entry
from tests.builders.stations import a_room

BOOKERS = 24


def all_at_once(app, act):
    def in_context(number):
        with app.app_context():
            try:
                return act(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(BOOKERS) as threads:
        return list(threads.map(in_context, range(BOOKERS)))


def findings():
    db.session.rollback()
    return [finding for check in checks.CHECKS for finding in check.run()]


def test_sales_booked_at_once_all_stand_and_never_lock_each_other_out(app, noon):
    place = a_room()

    def book(number):
        with transaction():
            # Two facts of two workshops in one transaction, in either order.
            for workshop in (1, 2) if number % 2 else (2, 1):
                an_entry(
                    now=noon,
                    source=f"order:{number}:{workshop}",
                    lines=a_sale_of(100, workshop_id=workshop),
                    station_id=place,
                )

    all_at_once(app, book)

    assert findings() == []
    assert queries.balance("sales:1") == queries.balance("sales:2") == Money(100 * BOOKERS)


def test_one_fact_told_by_many_at_once_is_booked_once(app, noon):
    place = a_room()

    ids = all_at_once(app, lambda _: an_entry(now=noon, station_id=place))

    assert len(set(ids)) == 1
    assert findings() == []
    assert queries.balance("sales:1") == Money(15200)
