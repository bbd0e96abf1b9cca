from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.orders import queries as order_views
from shop.orders.rules import FulfillmentState
from shop.payments import queries as payments
from shop.payments.rules import RefundCause, RefundState
from shop.workflows import disputing
from tests.builders.orders import a_bank, a_paid_order, some_goods, some_pendants
from tests.builders.payments import a_dispute
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture(autouse=True)
def _bank():
    with a_bank():
        yield


@pytest.fixture
def part(in_app, noon):
    """Return one part of sandals at 88.00 and two pendants at 28.00, paid with 8.00 of shipping."""

    def make():
        a_paid_order(now=noon, goods={some_goods(): 1, some_pendants(): 2})
        (row,) = order_views.order_parts(EVERYWHERE, states=tuple(FulfillmentState))
        return row

    return in_app(make)


def refunds(in_app, part):
    return in_app(payments.refunds_of_order, part.part.order_id)


def test_what_a_refund_will_do_is_shown_before_it_is_done(worker, in_app, part):
    zhou_min = worker()
    here = f"/desk/orders/{part.public_id}/refund"
    assert here in words(zhou_min.open(f"/desk/orders/{part.public_id}"))
    wish = {"pieces-2": "1", "cause": "goodwill", "key": "0123456789"}

    plan = words(zhou_min.send(here, wish, via=here, status=200))

    assert "28.00" in plan
    assert "合作社" in plan
    assert refunds(in_app, part) == []
    done = dict(re.findall(r'type="hidden" name="([a-z0-9_-]+)" value="([^"]*)"', plan))
    for _ in range(2):
        zhou_min.send(here, {**wish, "do": done["do"]}, via=here, status=302)
    (refund,) = refunds(in_app, part)
    assert (refund.amount, refund.cause, refund.state) == (
        Money(2800),
        RefundCause.GOODWILL,
        RefundState.SETTLED,
    )
    history = words(zhou_min.open(f"/desk/orders/{part.public_id}/history"))
    assert "28.00" in history
    assert zhou_min.who.name in history


def test_the_shipping_goes_back_alone(worker, in_app, part):
    here = f"/desk/orders/{part.public_id}/refund"
    wish = {"cause": "goodwill", "shipping": "3.50", "key": "0123456789", "do": "1"}
    worker().send(here, wish, via=here, status=302)
    (refund,) = refunds(in_app, part)
    assert refund.amount == Money(350)


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"cause": "goodwill"}, 409),
        ({"cause": "no_reason_return", "pieces-1": "1"}, 409),
        ({"cause": "goodwill", "shipping": "8.01"}, 409),
        ({"cause": "goodwill", "shipping": "many"}, 422),
        ({"cause": "late_payment", "pieces-1": "1"}, 422),
        ({"cause": "goodwill", "pieces-1": "-1"}, 409),
        ({"cause": "goodwill", "pieces-1": "1.5"}, 409),
        ({"cause": "goodwill", "pieces-9": "1"}, 409),
    ],
)
def test_a_refund_that_no_rule_allows_is_refused_and_changes_nothing(
    worker, in_app, part, wish, status
):
    here = f"/desk/orders/{part.public_id}/refund"
    worker().send(here, {**wish, "key": "0123456789", "do": "1"}, via=here, status=status)
    assert refunds(in_app, part) == []


def test_a_refund_of_another_village_is_not_there(worker, in_app, part):
    stranger = worker(Role.SOCIAL_WORKER, at=in_app(lambda: a_room(CIZHU)))
    stranger.open(f"/desk/orders/{part.public_id}/refund", status=404)
    worker(Role.WORKSHOP_LEAD).open(f"/desk/orders/{part.public_id}/refund", status=403)


def test_an_order_shows_its_dispute_and_its_history_with_the_deadline(worker, in_app, noon, part):
    def dispute():
        payment = payments.payment_of_order(part.part.order_id)
        disputing.take_dispute(payment_id=payment.id, said=a_dispute(now=noon, fen=15200), now=noon)

    in_app(dispute)
    zhou_min = worker()
    assert "152.00" in words(zhou_min.open(f"/desk/orders/{part.public_id}"))
    assert "7月27日" in words(zhou_min.open(f"/desk/orders/{part.public_id}/history"))


def test_a_history_leaves_out_another_workshops_parcel(worker, in_app, noon):
    def make():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        a_paid_order(now=noon, goods={some_goods(): 1, some_pendants(workshop_id=other): 1})
        rows = order_views.order_parts(EVERYWHERE, states=tuple(FulfillmentState))
        own = next(row for row in rows if row.part.workshop_id != other)
        return own.public_id, next(row.public_id for row in rows if row is not own)

    own, foreign = in_app(make)
    worker().open(f"/desk/orders/{own}/history")
    worker().open(f"/desk/orders/{foreign}/history", status=404)
