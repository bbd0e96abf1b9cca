from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.db import db
from shop.orders import queries as orders
from shop.payments import queries as payments
from shop.payments.rules import RefundCause
from shop.workflows import refunding
from shop.workflows.refunding import Wish
from tests.builders.orders import a_bank, an_order, pay, some_goods
from tests.builders.payments import a_payment_request
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def bank():
    with a_bank() as opened:
        yield opened


@pytest.fixture
def refused(bank, in_app, noon):
    """Return the outside name of a refund that its buyer's bank would not take."""
    bank.refuses_refunds = True

    def refuse(**more):
        placed = an_order(now=noon, **more)
        page = bank.start(a_payment_request(public_id=placed.payment_public_id)).provider_ref
        pay(placed, now=noon, provider_ref=page)
        lines = orders.order(placed.order_id).lines
        return refunding.request_refund(
            order_id=placed.order_id,
            wishes=[Wish(line.id, line.left) for line in lines],
            cause=RefundCause.CANCELLED_BY_HOUSE,
            actor=SYSTEM,
            key="back",
            now=noon,
        ).public_id

    return lambda **more: in_app(lambda: refuse(**more))


def stuck(in_app) -> list[str]:
    return in_app(lambda: [one.public_id for one in payments.refunds_stuck(EVERYWHERE)])


def test_a_refused_refund_is_the_first_thing_at_the_desk_and_is_sent_again(
    worker, in_app, refused, bank
):
    name = refused()
    zhou_min = worker()
    assert "/desk/refunds" in words(zhou_min.open("/desk"))
    assert name in words(zhou_min.open("/desk/refunds"))

    zhou_min.send(f"/desk/refunds/{name}/again", {}, via="/desk/refunds", status=302)
    assert len(stuck(in_app)) == 1  # refused again, under another name
    bank.refuses_refunds = False
    (again,) = stuck(in_app)
    zhou_min.send(f"/desk/refunds/{again}/again", {}, via="/desk/refunds", status=302)

    assert stuck(in_app) == []
    assert "<article" not in words(zhou_min.open("/desk/refunds"))


def test_cash_is_put_ready_by_one_and_counted_out_by_another(worker, in_app, refused):
    name = refused()
    zhou_min, cashier = worker(), worker(Role.CASHIER)
    zhou_min.send(f"/desk/refunds/{name}/cash", {}, via="/desk/refunds", status=302)
    (cash,) = stuck(in_app)
    given = f"/desk/refunds/{cash}/given"
    assert given not in words(zhou_min.open("/desk/refunds"))
    zhou_min.send(given, {"proof": "R-17"}, via="/desk/refunds", status=403)

    cashier.send(given, {"proof": " "}, via="/desk/refunds", status=422)
    cashier.send(given, {"proof": "R-17"}, via="/desk/refunds", status=302)

    assert stuck(in_app) == []


def test_the_buyer_is_told_once_that_her_cash_waits(worker, in_app, refused, noon):
    name = refused()
    worker().send(f"/desk/refunds/{name}/cash", {}, via="/desk/refunds", status=302)

    def told() -> list[str]:
        while events.deliver_due(now=noon):
            pass
        return list(
            db.session.scalars(sa.text("SELECT short FROM messages WHERE key LIKE 'cash:%'"))
        )

    (text,) = in_app(told)
    assert "¥96.00" in text
    assert "现金" in text


def test_cash_that_nobody_fetches_goes_back_into_the_drawer(worker, in_app, refused):
    name = refused()
    zhou_min = worker()
    zhou_min.send(f"/desk/refunds/{name}/cash", {}, via="/desk/refunds", status=302)
    (cash,) = stuck(in_app)

    zhou_min.send(f"/desk/refunds/{cash}/back", {}, via="/desk/refunds", status=302)

    assert f"/desk/refunds/{cash}/again" in words(zhou_min.open("/desk/refunds"))


def test_the_order_shows_its_stuck_money_and_so_does_the_buyers_page(worker, in_app, refused):
    goods = in_app(some_goods)
    name = refused(goods={goods: 1})
    part = in_app(
        lambda: orders.order(payments.refund_by_public_id(name).order_id).parts[0].public_id
    )

    assert f"/desk/refunds#{name}" in words(worker().open(f"/desk/orders/{part}"))


def test_stuck_money_of_another_village_is_not_there(worker, in_app, refused):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        return some_goods(workshop_id=other)

    name = refused(goods={in_app(elsewhere): 1})
    zhou_min = worker()

    assert name not in words(zhou_min.open("/desk/refunds"))
    for act in ("again", "cash", "back", "given"):
        zhou_min.send(
            f"/desk/refunds/{name}/{act}", {"proof": "R"}, via="/desk/refunds", status=404
        )
    assert stuck(in_app) == [name]


def test_who_may_neither_refund_nor_take_money_has_no_button(worker, refused):
    name = refused()
    lead = worker(Role.WORKSHOP_LEAD)

    assert name not in words(lead.open("/desk/refunds"))
    for act in ("again", "cash", "back", "given"):
        lead.send(f"/desk/refunds/{name}/{act}", {"proof": "R"}, via="/desk/refunds", status=403)
