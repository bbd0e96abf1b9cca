from __future__ import annotations

from datetime import timedelta

import pytest

from shop.kernel import events
from shop.kernel.access import SYSTEM, VISITOR, Scope
from shop.kernel.clock import utc_now
from shop.kernel.errors import Conflict, Forbidden, NotFound
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.payments import differences
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments.differences import WordsMissing
from shop.payments.fakestripe.house import Fault
from shop.payments.gateway import GatewayNonsense, GatewayUnreachable
from shop.payments.rules import (
    Against,
    DifferenceKind,
    DisputeState,
    PaymentState,
    RefundCause,
    RefundState,
)
from shop.worker import DUTIES
from shop.workflows import reconciling, refunding, selling
from shop.workflows.reconciling import FileKnown
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_bookkeeper
from tests.builders.orders import an_order, some_goods
from tests.builders.payments import a_payment_request
from tests.builders.stations import CIZHU, a_room, a_workshop
from tests.workflows.test_selling_webhooks import (
    URLS,
    an_order_at_the_provider,
    findings,
    react,
    send,
)

pytestmark = pytest.mark.usefixtures("app")
EVERYWHERE = Scope(("/",))
LATER = timedelta(minutes=5)


def differing(**more):
    return differences.differences(EVERYWHERE, **more)


def paid_at_the_provider(house, now):
    placed, page = an_order_at_the_provider(now)
    house.pay(page, channel="alipay", will_succeed=True)
    return placed, page


def messages(order_id):
    return [row.kind for row in events.history(f"order:{order_id}")].count("OrderPaid")


def hear_everything(house, now):
    for event_id in house.event_ids():
        send(house, event_id, now)
    react(now)


def come_back(placed, now):
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)


MOMENTS = {
    "before the return": [hear_everything, None],
    "after the return": [None, hear_everything],
    "never, found by the minute's question": ["ask"],
    "never, found in the list": ["compare"],
    "in every way, twice": [hear_everything, None, "ask", "compare", hear_everything, None],
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_the_webhook_comes_there_is_one_order_and_one_message(house, moment):
    now = utc_now()
    placed, _ = paid_at_the_provider(house, now)
    for step in MOMENTS[moment]:
        if step is None:
            come_back(placed, now)
        elif step == "ask":
            selling.reconcile(now=now + LATER)
        elif step == "compare":
            reconciling.compare(now=now + LATER)
        else:
            step(house, now)

    assert orders.order(placed.order_id).state is OrderState.PAID
    assert messages(placed.order_id) == 1
    assert ledger.balance(f"sales:{a_workshop()}") == Money(14400)
    assert differing() == []
    assert findings() == []


def test_a_missed_webhook_is_found_well_within_15_minutes():
    every = {duty.run: duty.every_seconds for duty in DUTIES}
    longest = every[reconciling.compare] + reconciling.SETTLES_DOWN.total_seconds()
    assert longest <= 15 * 60
    assert every[selling.reconcile] + selling.ASK_AGAIN_AFTER.total_seconds() <= 15 * 60


def test_a_page_whose_name_we_never_wrote_down_is_found_in_the_list(house):
    """The process died between the provider's answer and our note of it; the buyer paid."""
    now = utc_now()
    placed = an_order(now=now, goods={some_goods(): 1})
    payment = payments.payment_by_public_id(placed.payment_public_id)
    started = gateways.current().start(
        a_payment_request(public_id=payment.public_id, fen=payment.amount.minor)
    )
    house.pay(started.provider_ref, channel="wechat_pay", will_succeed=True)
    assert selling.reconcile(now=now + LATER) == 0

    reconciling.compare(now=now + LATER)

    assert orders.order(placed.order_id).state is OrderState.PAID
    assert payments.payment(payment.id).provider_ref == started.provider_ref
    assert differing() == []


def test_the_list_is_read_page_by_page(house):
    now = utc_now()
    goods = some_goods(pieces=120)
    for number in range(105):
        placed = an_order(now=now, goods={goods: 1})
        selling.start_payment(payment_public_id=placed.payment_public_id, now=now, **URLS)
        if number in {0, 104}:
            page = payments.payment_by_public_id(placed.payment_public_id).provider_ref
            house.pay(page, channel="alipay", will_succeed=True)

    outcome = reconciling.compare(now=now + LATER)

    assert (outcome.agreed, outcome.agreed_sum) == (2, Money(2 * 9600))


def test_money_that_no_order_asked_for_is_shown_until_a_person_closes_it(house):
    now = utc_now()
    ref = gateways.current().start(a_payment_request(public_id="pay_STRANGER")).provider_ref
    house.pay(ref, channel="alipay", will_succeed=True)
    for _ in range(3):
        reconciling.compare(now=now + LATER)

    (found,) = differing()
    assert (found.kind, found.ref, found.found) == (
        DifferenceKind.UNKNOWN_HERE,
        ref,
        Money(15200),
    )
    close = {"difference_id": found.id, "now": now}
    with pytest.raises(Forbidden):
        reconciling.close_difference(**close, words="x", actor=VISITOR)
    with pytest.raises(WordsMissing):
        reconciling.close_difference(**close, words=" ", actor=SYSTEM)
    reconciling.close_difference(**close, words="另一家店的钱", actor=SYSTEM)
    with pytest.raises(Conflict):
        reconciling.close_difference(**close, words="又一次", actor=SYSTEM)

    reconciling.compare(now=now + 2 * LATER)
    assert differing() == []
    assert [one.note for one in differing(is_open=False)] == ["另一家店的钱"]


def test_a_refund_made_at_the_providers_own_desk_is_a_difference(house):
    now = utc_now()
    placed, page = paid_at_the_provider(house, now)
    reconciling.compare(now=now + LATER)
    with house.books() as books:
        books.create_refund({"payment_intent": books.session(page)["payment_intent"], "amount": 99})

    assert reconciling.compare(now=now + LATER).differing == 1

    (found,) = differing()
    assert (found.kind, found.expected, found.found) == (
        DifferenceKind.REFUNDED,
        Money(0),
        Money(99),
    )
    assert found.order_id == placed.order_id


def test_a_difference_that_agrees_by_now_says_so_and_still_waits_for_a_person(house):
    now = utc_now()
    placed, page = paid_at_the_provider(house, now)
    come_back(placed, now)
    before = house.store._objects.pop(("session", page))
    assert reconciling.compare(now=now + LATER).differing == 1
    assert differing()[0].kind is DifferenceKind.UNKNOWN_THERE

    house.store._objects["session", page] = before
    assert reconciling.compare(now=now + LATER).differing == 0

    (found,) = differing()
    assert found.agrees_at == now + LATER


def test_a_refund_and_a_dispute_whose_events_never_came_are_made_up_for(house):
    now = utc_now()
    placed, page = paid_at_the_provider(house, now)
    come_back(placed, now)
    house.refunds_wait = True
    line = orders.order(placed.order_id).lines[1]
    asked = refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.GOODWILL,
        actor=SYSTEM,
        key="back",
        now=now,
    )
    with house.books() as books:
        books.finish_refund(books.shelf.names("refund")[0], is_paid=True)
        intent = books.find("payment_intent", books.session(page)["payment_intent"])
        dispute = books.open_dispute(intent["latest_charge"])
    reconciling.compare(now=now + LATER)

    assert payments.refund(asked.refund_id).state is RefundState.SETTLED
    assert payments.disputes_of_order(placed.order_id)[0].state is DisputeState.NEEDS_ANSWER

    with house.books() as books:
        books.close_dispute(dispute["id"], is_won=True)
    months = now + timedelta(days=90)
    reconciling.compare(now=months, since=months)

    assert payments.disputes_of_order(placed.order_id)[0].state is DisputeState.WON
    assert findings() == []


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ([Fault("before", "/v1/checkout")] * 3, GatewayUnreachable),
        ([Fault("nonsense", "/v1/checkout", body=b'{"data": [{}]}')], GatewayNonsense),
    ],
)
def test_a_provider_that_cannot_be_asked_changes_nothing(house, fault, refusal):
    now = utc_now()
    placed, _ = paid_at_the_provider(house, now)
    house.faults.extend(fault)

    with pytest.raises(refusal):
        reconciling.compare(now=now + LATER)

    assert orders.order(placed.order_id).state is OrderState.PLACED
    assert differences.latest() == []


# Files of what the channel paid out


def a_file(*rows: str) -> bytes:
    return "\n".join(["支付单号,类型,金额,手续费", *rows, ""]).encode("gbk")


def bring(content, now, *, actor=SYSTEM, name="七月.csv"):
    return reconciling.compare_file(content=content, file_name=name, actor=actor, now=now)


def test_what_agrees_is_booked_as_paid_out_once(house):
    now = utc_now()
    placed, _ = paid_at_the_provider(house, now)
    come_back(placed, now)
    row = f"{placed.payment_public_id},支付,152.00,0.91"

    outcome = bring(a_file(row), now)
    w = a_workshop()
    assert (outcome.agreed, outcome.agreed_sum, outcome.differing) == (1, Money(15200), 0)
    assert ledger.balance(f"bank:{w}") == Money(-15109)
    assert ledger.balance(f"clearing:{w}") == Money(0)

    with pytest.raises(FileKnown):
        bring(a_file(row), now, name="另一个名字.csv")
    bring(a_file(row, ""), now)  # another file with the same payment
    assert ledger.balance(f"bank:{w}") == Money(-15109)
    assert findings() == []


@pytest.mark.parametrize(
    ("row", "kind", "expected", "found"),
    [
        ("{}X,支付,152.00,0.91", DifferenceKind.UNKNOWN_HERE, 0, 15200),
        ("{},支付,151.99,0.91", DifferenceKind.AMOUNT, 15200, 15199),
        ("{},支付,152.00,0.92", DifferenceKind.FEE, 91, 92),
        ("{},退款,28.00,", DifferenceKind.REFUNDED, 0, 2800),
        ("{0},支付,152.00,0.91\n{0},支付,152.00,0.91", DifferenceKind.TWICE, 15200, 30400),
    ],
)
def test_what_does_not_agree_waits_and_says_what_stands_on_both_sides(
    house, row, kind, expected, found
):
    now = utc_now()
    placed, _ = paid_at_the_provider(house, now)
    come_back(placed, now)

    assert bring(a_file(row.format(placed.payment_public_id)), now).differing == 1

    (one,) = differing()
    assert (one.against, one.kind, one.expected, one.found) == (
        Against.SETTLEMENT,
        kind,
        Money(expected),
        Money(found),
    )
    assert findings() == []


@pytest.mark.usefixtures("house")
def test_only_who_may_reconcile_brings_a_file():
    now = utc_now()
    with pytest.raises(Forbidden):
        bring(a_file(), now, actor=VISITOR)


def test_a_difference_of_another_village_is_not_there(house):
    now = utc_now()
    placed, page = paid_at_the_provider(house, now)
    come_back(placed, now)
    house.store._objects.pop(("session", page))
    reconciling.compare(now=now + LATER)
    stranger = a_bookkeeper(at=a_room(CIZHU))
    (found,) = differing()

    with pytest.raises(NotFound):
        reconciling.close_difference(
            difference_id=found.id, words="不是我的", actor=stranger, now=now
        )
    assert payments.payment_of_order(placed.order_id).state is PaymentState.SUCCEEDED
