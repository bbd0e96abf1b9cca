from __future__ import annotations

import io
from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import Scope
from shop.kernel.clock import utc_now
from shop.payments import differences
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments import services as payment_services
from shop.payments.events import ProviderEventReceived
from shop.payments.fakestripe.house import FakeStripe
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import DemoGateway
from shop.payments.rules import DisputeState, EventState
from shop.workflows import disputing, selling
from tests.builders.orders import a_bank, a_paid_order, some_goods
from tests.builders.payments import a_dispute, a_payment_request
from tests.builders.stations import CIZHU, a_room, a_workshop

PAGE = "/desk/payments"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def bank():
    with a_bank() as opened:
        yield opened


@pytest.fixture
def house():
    before = list(gateways._installed.values())
    opened = FakeStripe(MemoryStore())
    gateways.install(DemoGateway(opened))
    yield opened
    gateways.install(*before)


def a_webhook_of_nobody(house) -> int:
    """Return the inbox's row of a payment that the provider took and we never asked for."""
    now = utc_now()
    ref = gateways.current().start(a_payment_request(public_id="pay_STRANGER")).provider_ref
    house.pay(ref, channel="alipay", will_succeed=True)
    body, signature = house.signed_event(house.event_ids()[-1])
    taken = payment_services.take_webhook(body=body, signature=signature, now=now)
    selling.apply_provider_event(ProviderEventReceived(taken), now=now)
    return taken


def test_a_payment_that_fits_no_order_waits_for_a_person_and_is_closed_with_her_words(
    worker, in_app, house
):
    taken = in_app(lambda: a_webhook_of_nobody(house))
    bookkeeper = worker(Role.BOOKKEEPER)
    assert PAGE in words(bookkeeper.open("/desk"))
    assert "pay_STRANGER" in words(bookkeeper.open(PAGE))

    bookkeeper.send(f"{PAGE}/events/{taken}/again", {}, via=PAGE, status=302)
    bookkeeper.send(f"{PAGE}/events/{taken}/close", {"note": " "}, via=PAGE, status=422)
    assert in_app(payments.provider_event, taken).state is EventState.REVIEW
    note = {"note": "另一家店的收款，已转告"}
    bookkeeper.send(f"{PAGE}/events/{taken}/close", note, via=PAGE, status=302)

    assert "pay_STRANGER" not in words(bookkeeper.open(PAGE))
    told = in_app(payments.provider_event, taken)
    assert told.state is EventState.IGNORED
    assert told.detail.startswith("另一家店的收款，已转告")
    bookkeeper.send(f"{PAGE}/events/{taken}/close", note, via=PAGE, status=409)


def test_an_event_that_fits_by_now_is_taken_in_when_the_provider_is_asked_again(
    worker, in_app, house
):
    taken = in_app(lambda: a_webhook_of_nobody(house))
    assert in_app(payments.events_to_review)[0].id == taken
    worker(Role.CASHIER).send(f"{PAGE}/events/{taken}/again", {}, via="/desk", status=403)
    worker(Role.BOOKKEEPER).send(f"{PAGE}/events/404/again", {}, via=PAGE, status=404)


def dispute_of(noon, **more):
    """Return the order's number after a bank has asked for its money back."""
    placed = a_paid_order(now=noon, goods={some_goods(**more): 1})
    payment = payments.payment_of_order(placed.order_id)
    said = a_dispute(now=noon, ref=f"du_{placed.order_id}")
    disputing.take_dispute(payment_id=payment.id, said=said, now=noon)
    return placed


@pytest.mark.usefixtures("bank")
def test_a_dispute_is_the_first_thing_of_the_day_with_its_deadline(worker, in_app, noon):
    placed = in_app(lambda: dispute_of(noon))
    bookkeeper = worker(Role.BOOKKEEPER)

    assert "7月27日" in words(bookkeeper.open("/desk"))
    page = words(bookkeeper.open(PAGE))
    assert placed.number in page
    assert "7月27日" in page

    def lose():
        payment = payments.payment_of_order(placed.order_id)
        said = a_dispute(now=noon, ref=f"du_{placed.order_id}", state=DisputeState.LOST)
        disputing.take_dispute(payment_id=payment.id, said=said, now=noon + timedelta(days=3))

    in_app(lose)
    assert placed.number not in words(bookkeeper.open(PAGE))
    assert placed.number in words(bookkeeper.open(f"{PAGE}?state=decided"))


@pytest.mark.usefixtures("bank")
def test_a_dispute_of_another_village_is_not_shown(worker, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
        return dispute_of(noon, workshop_id=other)

    placed = in_app(elsewhere)
    assert placed.number not in words(worker(Role.BOOKKEEPER).open(PAGE))


def a_file(*rows: str):
    text = "\n".join(["支付单号,类型,金额,手续费", *rows, ""])
    return io.BytesIO(text.encode("gbk")), "七月.csv"


@pytest.mark.usefixtures("bank")
def test_a_file_of_what_was_paid_out_is_compared_and_what_differs_waits(worker, in_app, noon):
    placed = in_app(lambda: a_paid_order(now=noon, goods={some_goods(): 1}))
    bookkeeper = worker(Role.BOOKKEEPER)
    send = f"{PAGE}/file"
    bookkeeper.send(send, {}, via=PAGE, status=422)
    wrong = {"file": (io.BytesIO(b"\0"), "bild.png")}
    assert "没有核对任何内容" in words(bookkeeper.send(send, wrong, via=PAGE, status=422))

    row = f"{placed.payment_public_id},支付,95.00,0.58"
    bookkeeper.send(send, {"file": a_file(row)}, via=PAGE, status=302)

    page = words(bookkeeper.open(PAGE))
    assert "七月.csv" in page
    assert "实付金额不同" in page
    (found,) = in_app(lambda: differences.differences(Scope(("/",))))
    close = f"{PAGE}/differences/{found.id}/close"
    bookkeeper.send(close, {"note": ""}, via=PAGE, status=422)
    bookkeeper.send(close, {"note": "渠道少付一元，已补"}, via=PAGE, status=302)
    assert "实付金额不同" not in words(bookkeeper.open(PAGE))
    assert "渠道少付一元，已补" in words(bookkeeper.open(f"{PAGE}?state=decided"))


@pytest.mark.usefixtures("bank")
def test_the_list_is_compared_when_somebody_asks(worker):
    bookkeeper = worker(Role.BOOKKEEPER)
    bookkeeper.send(f"{PAGE}/compare", {}, via=PAGE, status=302)
    assert "支付服务的清单" in words(bookkeeper.open(PAGE))
    worker(Role.SOCIAL_WORKER).open(PAGE, status=403)
