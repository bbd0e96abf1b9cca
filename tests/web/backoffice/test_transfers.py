from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.payments import transfers
from shop.payments.rules import Method
from tests.builders.orders import an_order
from tests.builders.payments import AN_ACCOUNT
from tests.builders.stations import CIZHU, a_room

PAGE = "/desk/transfers"


@pytest.fixture
def placed(in_app, noon):
    transfers.install(AN_ACCOUNT)
    return in_app(an_order, now=noon, method=Method.BANK_TRANSFER)


def written(placed, noon, **changes):
    return {
        "number": placed.number,
        "amount": "96.00",
        "came_on": business_day(noon).isoformat(),
        "payer": "何先生",
        "reference": "B-1",
        "key": "form-1",
    } | changes


def words(response) -> str:
    return response.get_data(as_text=True)


def seen(in_app) -> list[str]:
    return in_app(lambda: [one.public_id for one in transfers.to_confirm(Scope(("/",)))])


def test_one_writes_a_transfer_down_and_another_confirms_it(worker, in_app, placed, noon):
    bookkeeper, cashier = worker(Role.BOOKKEEPER), worker(Role.CASHIER)
    assert PAGE in words(bookkeeper.open("/desk"))
    page = words(bookkeeper.open(f"{PAGE}?order={placed.number}"))
    assert AN_ACCOUNT.number in page
    assert f'value="{placed.number}"' in page

    bookkeeper.send(PAGE, written(placed, noon), via=PAGE, status=302)
    bookkeeper.send(PAGE, written(placed, noon), via=PAGE, status=302)  # the same form again
    (name,) = seen(in_app)
    confirm = f"{PAGE}/{name}/confirm"
    assert confirm not in words(bookkeeper.open(PAGE))
    bookkeeper.send(confirm, {}, via=PAGE, status=403)
    assert confirm in words(cashier.open(PAGE))
    cashier.send(confirm, {}, via=PAGE, status=302)

    assert in_app(orders.order, placed.order_id).state is OrderState.PAID
    assert placed.number not in words(cashier.open(f"{PAGE}?lang=zh")).split("<form")[0]


WRONG = {
    "sum": ({"amount": "95.00"}, 409),
    "no sum": ({"amount": ""}, 422),
    "number": ({"number": "DL-NOBODY"}, 422),
    "ahead": ({"came_on": "2030-01-01"}, 422),
    "no day": ({"came_on": "yesterday"}, 422),
    "no number": ({"reference": " "}, 422),
    "nobody": ({"payer": ""}, 422),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_line_is_refused_and_what_was_typed_stays(worker, in_app, placed, noon, wrong):
    changes, status = WRONG[wrong]
    sent = written(placed, noon, **changes)
    page = worker(Role.BOOKKEEPER).send(PAGE, sent, via=PAGE, status=status)

    for name in {"payer", "reference"} - changes.keys():
        assert f'value="{sent[name]}"' in words(page)
    assert seen(in_app) == []


def test_a_mistake_is_taken_back(worker, in_app, placed, noon):
    bookkeeper = worker(Role.BOOKKEEPER)
    bookkeeper.send(PAGE, written(placed, noon), via=PAGE, status=302)
    (name,) = seen(in_app)

    bookkeeper.send(f"{PAGE}/{name}/back", {}, via=PAGE, status=302)

    assert seen(in_app) == []
    assert in_app(orders.order, placed.order_id).state is OrderState.PLACED


def test_another_room_sees_nothing_of_it_and_who_may_not_is_refused(worker, in_app, placed, noon):
    stranger = worker(Role.BOOKKEEPER, at=in_app(a_room, CIZHU))
    worker(Role.BOOKKEEPER).send(PAGE, written(placed, noon), via=PAGE, status=302)
    (name,) = seen(in_app)

    assert placed.number not in words(stranger.open(PAGE))
    stranger.send(f"{PAGE}/{name}/confirm", {}, via=PAGE, status=404)
    worker(Role.INSPECTOR).send(f"{PAGE}/{name}/confirm", {}, via=PAGE, status=403)
    assert seen(in_app) == [name]


def test_a_refund_by_bank_is_sent_by_a_second_person(worker, in_app, placed, noon):
    bookkeeper, cashier = worker(Role.BOOKKEEPER), worker(Role.CASHIER)
    bookkeeper.send(PAGE, written(placed, noon), via=PAGE, status=302)
    cashier.send(f"{PAGE}/{seen(in_app)[0]}/confirm", {}, via=PAGE, status=302)
    part = in_app(orders.order, placed.order_id).parts[0].public_id
    refund = f"/desk/orders/{part}/refund"
    bookkeeper.send(
        refund,
        {"cause": "cancelled_by_house", "pieces-1": "1", "key": "r", "do": "1"},
        via=refund,
        status=302,
    )

    page = words(cashier.open("/desk/refunds"))
    (given,) = re.findall(r'action="([^"]+/given)"', page)
    cashier.send(given, {"proof": "B-9"}, via="/desk/refunds", status=302)

    assert in_app(orders.order, placed.order_id).state is OrderState.REFUNDED
    assert "/desk/refunds" in words(cashier.open("/desk"))
