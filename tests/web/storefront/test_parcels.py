from __future__ import annotations

import pytest

from shop.kernel.access import SYSTEM
from shop.orders import queries as orders
from shop.orders.rules import ParcelState
from shop.workflows import delivering
from tests.web.conftest import Visitor
from tests.web.storefront.test_buying import put_goods, the_form, the_orders
from tests.web.storefront.test_cancelling import known, paid


@pytest.fixture
def number(market, visitor, in_app):
    """Return the number of an order of three pairs that this device has placed and paid."""
    for _ in range(3):
        put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    paid(in_app, market, number)
    return number


def send(in_app, number, pieces, *, key, now):
    def act():
        (part,) = orders.order(orders.order_id_of(number)).parts
        return delivering.send_parcel(
            fulfillment_public_id=part.public_id,
            pieces=pieces and {part.lines[0].id: pieces},
            carrier="中国邮政",
            tracking=f"EMS-{key}",
            key=key,
            actor=SYSTEM,
            now=now,
        )

    return in_app(act)


def page(visitor, number):
    return visitor.open(f"/orders/{number}?lang=en").get_data(as_text=True)


def test_one_parcel_stands_in_the_way_of_its_part(visitor, in_app, market, number):
    name = send(in_app, number, None, key="1", now=market.now)

    seen = page(visitor, number)

    assert "EMS-1" in seen
    assert "Parcel 1" not in seen
    assert "Not packed yet" not in seen
    assert seen.count("It has come") == 1
    visitor.send(f"/orders/{number}/parcels/{name}/received", via=f"/orders/{number}", status=303)
    assert "may come back until" in page(visitor, number)


def test_each_parcel_has_its_own_way_and_the_rest_its_promise(visitor, in_app, market, number):
    first = send(in_app, number, 1, key="1", now=market.now)
    seen = page(visitor, number)
    for said in ("Parcel 1", "EMS-1", "Parcel 1 has come", "Not packed yet", "Cancel what has not"):
        assert said in seen

    for _ in range(2):
        visitor.send(f"/orders/{number}/parcels/{first}/received", via="/orders", status=303)
    second = send(in_app, number, None, key="2", now=market.now)
    seen = page(visitor, number)
    assert "Not packed yet" not in seen
    assert "Parcel 1 has come" not in seen
    assert "Parcel 2 has come" in seen
    assert "may come back until" not in seen

    visitor.send(f"/orders/{number}/parcels/{second}/received", via=f"/orders/{number}", status=303)
    assert page(visitor, number).count("may come back until") == 2


def test_nobody_receives_a_strangers_parcel(visitor, fresh_app, in_app, market, number):
    name = send(in_app, number, None, key="1", now=market.now)

    visitor.send(
        f"/orders/{number}/parcels/par_NOBODY22/received", via=f"/orders/{number}", status=404
    )
    stranger = Visitor(fresh_app)
    stranger.send(f"/orders/{number}/parcels/{name}/received", via="/orders", status=404)

    (part,) = known(in_app, number).parts
    assert [one.state for one in part.parcels] == [ParcelState.SENT]


def test_a_parcel_that_came_back_says_what_happens_next(visitor, in_app, market, number):
    name = send(in_app, number, None, key="1", now=market.now)
    given = {"parcel_public_id": name, "actor": SYSTEM, "now": market.now}
    in_app(lambda: delivering.note_came_back(**given))

    seen = page(visitor, number)

    assert "Came back to us" in seen
    assert "It has come" not in seen
