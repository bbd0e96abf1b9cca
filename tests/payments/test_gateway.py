from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.kernel.db import NetworkInsideTransaction, transaction
from shop.kernel.money import Money
from shop.payments.fakestripe.books import CHALLENGED_CARD, DECLINES, DISPUTE_FEE
from shop.payments.fakestripe.house import FakeStripe, Fault, sign
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import (
    BadSignature,
    DemoGateway,
    GatewayNonsense,
    GatewayUnreachable,
    NullGateway,
    PaymentGateway,
    ProviderKeyReused,
    RefundRefused,
    StripeGateway,
    UnknownToProvider,
    UnreadableEvent,
    in_process_client,
)
from shop.payments.rules import DisputeState, PaymentState, RefundState
from tests.builders.payments import a_payment_request, a_refund_request


def charges_made(house: FakeStripe) -> int:
    return sum(
        house.store._objects[key]["paid"] for key in house.store._objects if key[0] == "charge"
    )


def a_paid_session(house: FakeStripe, door: DemoGateway, channel: str = "alipay") -> str:
    ref = door.start(a_payment_request()).provider_ref
    house.pay(ref, channel=channel, will_succeed=True)
    if channel == "card":
        house.answer(ref, is_passed=True)
    return ref


@pytest.mark.parametrize("channel", ["alipay", "wechat_pay", "card"])
def test_a_payment_that_succeeds_is_captured_whole_with_its_fee(house, stripe_door, channel):
    ref = a_paid_session(house, stripe_door, channel)

    seen = stripe_door.look_up(ref)

    assert seen.state is PaymentState.SUCCEEDED
    assert seen.captured == Money(15200)
    assert seen.fee == Money(91)  # domain.md E4: 152.00 x 0.6 % = 0.912
    assert seen.channel == channel
    assert seen.payment_public_id == "pay_7K3M9XQ2"


def test_stripe_is_told_only_what_the_payment_needs(house, stripe_door):
    stripe_door.start(a_payment_request())

    _, path, headers, params = house.calls[-1]

    assert path == "/v1/checkout/sessions"
    assert headers["IDEMPOTENCY_KEY"] == "pay_7K3M9XQ2"
    assert headers["STRIPE_VERSION"] == "2026-10-28.endive"
    assert params.pop("metadata") == {"payment": "pay_7K3M9XQ2"}
    assert params == {
        "mode": "payment",
        "client_reference_id": "pay_7K3M9XQ2",
        "payment_intent_data": {
            "metadata": {"payment": "pay_7K3M9XQ2"},
            "description": "Dengliang 0720-3",
        },
        "allowed_payment_method_types": ["card", "alipay", "wechat_pay"],
        "payment_method_options": {"wechat_pay": {"client": "web"}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "cny",
                    "unit_amount": 15200,
                    "product_data": {"name": "Dengliang 0720-3"},
                },
            }
        ],
        "locale": "zh",
        "success_url": "https://shop.example/orders/0720-3",
        "cancel_url": "https://shop.example/checkout",
    }


def test_a_visit_to_the_success_page_alone_pays_nothing(stripe_door):
    ref = stripe_door.start(a_payment_request()).provider_ref

    assert stripe_door.look_up(ref).state is PaymentState.OPEN


@pytest.mark.parametrize("card", DECLINES)
def test_a_declined_card_leaves_the_page_open_and_says_why(house, stripe_door, card):
    ref = stripe_door.start(a_payment_request()).provider_ref
    with house.books() as books:
        books.try_session(ref, channel="card", card=card)

    seen = stripe_door.look_up(ref)

    assert seen.state is PaymentState.OPEN
    assert seen.captured == Money(0)
    assert seen.failure_code == DECLINES[card][1]


def test_after_a_decline_another_way_still_pays_once(house, stripe_door):
    ref = stripe_door.start(a_payment_request()).provider_ref
    house.pay(ref, channel="card", will_succeed=False)
    house.pay(ref, channel="wechat_pay", will_succeed=True)
    house.pay(ref, channel="wechat_pay", will_succeed=True)

    assert stripe_door.look_up(ref).state is PaymentState.SUCCEEDED
    assert charges_made(house) == 1


@pytest.mark.parametrize(
    ("is_passed", "state", "captured"),
    [
        pytest.param(True, PaymentState.SUCCEEDED, 15200, id="passed"),
        pytest.param(False, PaymentState.OPEN, 0, id="failed"),
        pytest.param(None, PaymentState.OPEN, 0, id="abandoned"),
    ],
)
def test_a_challenged_card_pays_only_when_the_buyer_passes(
    house, stripe_door, is_passed, state, captured
):
    ref = stripe_door.start(a_payment_request()).provider_ref
    with house.books() as books:
        asked = books.try_session(ref, channel="card", card=CHALLENGED_CARD)
    if is_passed is not None:
        house.answer(ref, is_passed=is_passed)

    seen = stripe_door.look_up(ref)

    assert asked["next_action"]["type"] == "redirect_to_url"
    assert (seen.state, seen.captured) == (state, Money(captured))


def test_a_delayed_payment_is_processing_and_then_failed_or_succeeded(house, stripe_door):
    refs = [stripe_door.start(a_payment_request(public_id=f"pay_{n}")).provider_ref for n in "AB"]
    for ref in refs:
        with house.books() as books:
            books.try_session(ref, channel="alipay")
            books.delay_session(ref)
        assert stripe_door.look_up(ref).state is PaymentState.PROCESSING
    with house.books() as books:
        books.finish_session(refs[0], is_paid=True)
        books.finish_session(refs[1], is_paid=False)

    assert stripe_door.look_up(refs[0]).state is PaymentState.SUCCEEDED
    assert stripe_door.look_up(refs[1]).state is PaymentState.FAILED


@pytest.mark.parametrize("kind", ["before", "after", "409", "500"])
def test_a_lost_or_troubled_answer_is_asked_for_again_and_opens_one_session(
    house, stripe_door, kind
):
    house.faults.append(Fault(kind, "/v1/checkout"))

    ref = stripe_door.start(a_payment_request()).provider_ref

    assert stripe_door.start(a_payment_request()).provider_ref == ref
    with house.store.unit() as shelf:
        assert shelf.names("session") == [ref]


@pytest.mark.parametrize("kind", ["before", "after", "500"])
def test_when_no_try_gets_an_answer_the_result_is_unclear_and_repeating_it_charges_once(
    house, stripe_door, kind
):
    ref = a_paid_session(house, stripe_door)
    house.faults.extend([Fault(kind, "/v1/refunds")] * 3)

    with pytest.raises(GatewayUnreachable):
        stripe_door.refund(a_refund_request(of=ref))
    stripe_door.refund(a_refund_request(of=ref))

    assert stripe_door.look_up(ref).refunded == Money(14400)


def test_too_many_requests_are_unreachable_and_not_a_refusal(house, stripe_door):
    house.faults.append(Fault("429"))

    with pytest.raises(GatewayUnreachable):
        stripe_door.start(a_payment_request())


NONSENSE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"<html>502 Bad Gateway</html>",
    b'{"object": "checkout.session", "id": "cs_1", "status": "dancing"}',
    b'{"object": "checkout.session", "id": 5, "status": "complete", "currency": 7}',
    b'{"object": "refund", "id": "re_1", "status": "succeeded"}',
    b'{"object": "list", "data": [{}]}',
]


@pytest.mark.parametrize("body", NONSENSE)
def test_an_answer_that_means_nothing_is_named_so_and_asked_again_in_peace(
    house, stripe_door, body
):
    ref = a_paid_session(house, stripe_door)
    house.faults.append(Fault("nonsense", "/v1/checkout", body=body))
    with pytest.raises(GatewayNonsense):
        stripe_door.look_up(ref)
    house.faults.append(Fault("nonsense", "/v1/checkout", body=body))
    with pytest.raises(GatewayNonsense):
        stripe_door.start(a_payment_request(public_id="pay_OTHER234"))
    house.faults.append(Fault("nonsense", "/v1/refunds", body=body.replace(b"refund", b"refunt")))
    with pytest.raises(GatewayNonsense):
        stripe_door.refund(a_refund_request(of=ref, fen=100))

    assert stripe_door.look_up(ref).state is PaymentState.SUCCEEDED
    assert stripe_door.refund(a_refund_request(of=ref, fen=100)).state is RefundState.SETTLED
    assert stripe_door.look_up(ref).refunded == Money(100)


def test_a_key_with_another_content_is_refused_by_name(stripe_door):
    stripe_door.start(a_payment_request(fen=15200))

    with pytest.raises(ProviderKeyReused):
        stripe_door.start(a_payment_request(fen=1))


def test_two_partial_refunds_fit_and_the_third_is_too_large(house, stripe_door):
    ref = a_paid_session(house, stripe_door)
    for number, fen in enumerate((8000, 7000)):
        done = stripe_door.refund(a_refund_request(of=ref, public_id=f"ref_{number}", fen=fen))
        assert done.state is RefundState.SETTLED

    with pytest.raises(RefundRefused) as refused:
        stripe_door.refund(a_refund_request(of=ref, public_id="ref_3", fen=201))

    assert refused.value.details["reason"] == "amount_too_large"
    assert stripe_door.look_up(ref).refunded == Money(15000)


def test_a_payment_refunded_whole_refuses_one_fen_more(house, stripe_door):
    ref = a_paid_session(house, stripe_door)
    stripe_door.refund(a_refund_request(of=ref, fen=15200))

    with pytest.raises(RefundRefused) as refused:
        stripe_door.refund(a_refund_request(of=ref, public_id="ref_2", fen=1))

    assert refused.value.details["reason"] == "charge_already_refunded"


def test_nothing_goes_back_of_what_never_came(stripe_door):
    ref = stripe_door.start(a_payment_request()).provider_ref

    with pytest.raises(RefundRefused):
        stripe_door.refund(a_refund_request(of=ref))


@pytest.mark.parametrize(
    ("is_paid", "state", "refunded"),
    [
        pytest.param(True, RefundState.SETTLED, 14400, id="arrives"),
        pytest.param(False, RefundState.FAILED, 0, id="comes back"),
    ],
)
def test_a_refund_that_waits_ends_as_the_provider_says(is_paid, state, refunded):
    house = FakeStripe(MemoryStore(), refunds_wait=True)
    door = DemoGateway(house)
    ref = a_paid_session(house, door)
    waiting = door.refund(a_refund_request(of=ref))
    with house.books() as books:
        books.finish_refund(waiting.provider_ref, is_paid=is_paid)

    seen = door.look_up_refund(waiting.provider_ref)

    assert waiting.state is RefundState.PENDING
    assert (seen.state, seen.refund_public_id) == (state, "ref_9XQ27K3M")
    assert door.look_up(ref).refunded == Money(refunded)


def test_a_cancelled_payment_cannot_be_paid_any_more(house, stripe_door):
    ref = stripe_door.start(a_payment_request()).provider_ref

    assert stripe_door.cancel(ref).state is PaymentState.CANCELLED
    house.pay(ref, channel="alipay", will_succeed=True)

    assert stripe_door.cancel(ref).state is PaymentState.CANCELLED
    assert charges_made(house) == 0


def test_a_cancel_that_comes_after_the_money_says_that_it_came(house, stripe_door):
    ref = a_paid_session(house, stripe_door)

    assert stripe_door.cancel(ref).state is PaymentState.SUCCEEDED


def test_a_session_whose_time_has_passed_takes_no_money():
    now = [datetime(2026, 7, 20, 4, 0, tzinfo=UTC)]
    house = FakeStripe(MemoryStore(), clock=lambda: now[0])
    door = DemoGateway(house)
    ref = door.start(a_payment_request()).provider_ref
    now[0] += timedelta(hours=24)
    house.pay(ref, channel="alipay", will_succeed=True)

    assert door.look_up(ref).state is PaymentState.CANCELLED
    assert house.page(ref).step == "expired"


def test_a_dispute_shows_on_the_payment(house, stripe_door):
    ref = a_paid_session(house, stripe_door)
    with house.books() as books:
        intent = books.find("payment_intent", books.session(ref)["payment_intent"])
        opened = books.open_dispute(intent["latest_charge"])
        books.close_dispute(opened["id"], is_won=False)

    seen = stripe_door.look_up(ref)
    kinds = [stripe_door.read_event(*house.signed_event(name)).kind for name in house.event_ids()]

    (dispute,) = seen.disputes
    assert (dispute.state, dispute.amount) == (DisputeState.LOST, Money(15200))
    assert dispute.fee == DISPUTE_FEE
    assert dispute.answer_by - dispute.opened_at == timedelta(days=7)
    assert stripe_door.look_up_dispute(dispute.provider_ref) == dispute
    assert kinds[-3:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


@pytest.mark.parametrize("ask", ["look_up", "look_up_refund", "cancel"])
def test_a_name_that_stripe_does_not_know_is_not_found(stripe_door, ask):
    with pytest.raises(UnknownToProvider):
        getattr(stripe_door, ask)("cs_test_nobody")


def test_a_wrong_key_to_stripe_is_nonsense_and_not_a_crash(house):
    door = StripeGateway(
        api_key="rubbish", webhook_secret="whsec_x", http_client=in_process_client(house)
    )

    with pytest.raises(GatewayNonsense):
        door.start(a_payment_request())


@settings(deadline=None, max_examples=40)
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_in_whatever_order_and_number_events_come_looking_up_gives_one_truth(order, doubled):
    house = FakeStripe(MemoryStore())
    door = DemoGateway(house)
    ref = a_paid_session(house, door)
    door.refund(a_refund_request(of=ref, fen=5000))
    names = house.event_ids()
    told = [names[n % len(names)] for n in [*order, *doubled]]

    for name in told:
        event = door.read_event(*house.signed_event(name))
        assert event.external_id == name
        seen = door.look_up(ref)
        assert (seen.state, seen.captured, seen.refunded) == (
            PaymentState.SUCCEEDED,
            Money(15200),
            Money(5000),
        )


def a_signed_event(house: FakeStripe) -> tuple[bytes, str]:
    return house.signed_event(house.event_ids()[-1])


def test_a_signed_event_says_what_it_is_about(house, stripe_door):
    ref = a_paid_session(house, stripe_door)

    event = stripe_door.read_event(*a_signed_event(house))

    assert event.kind == "checkout.session.completed"
    assert event.object_ref == ref
    assert event.payment_public_id == "pay_7K3M9XQ2"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda body, kept, _: (body + b" ", kept), id="changed body"),
        pytest.param(
            lambda body, _, __: (body, sign(body, "whsec_x", int(time.time()))), id="secret"
        ),
        pytest.param(lambda body, _, s: (body, sign(body, s, int(time.time()) - 900)), id="stale"),
        pytest.param(lambda body, _, __: (body, ""), id="no signature"),
        pytest.param(lambda body, _, __: (body, "t=now,v1=,,=="), id="garbled signature"),
    ],
)
def test_an_event_without_proof_is_refused(house, stripe_door, spoil):
    a_paid_session(house, stripe_door)
    body, signature = a_signed_event(house)

    with pytest.raises(BadSignature):
        stripe_door.read_event(*spoil(body, signature, house.secret()))


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"not json", b"[]", b"{}", json.dumps({"object": "event"}).encode()]
)
def test_a_signed_message_that_is_no_event_is_refused(house, stripe_door, body):
    signature = sign(body, house.secret(), int(time.time()))

    with pytest.raises(UnreadableEvent):
        stripe_door.read_event(body, signature)


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(lambda door: door.start(a_payment_request()), id="start"),
        pytest.param(lambda door: door.look_up("x"), id="look up"),
        pytest.param(lambda door: door.refund(a_refund_request(of="x")), id="refund"),
        pytest.param(lambda door: door.look_up_refund("x"), id="look up a refund"),
        pytest.param(lambda door: door.cancel("x"), id="cancel"),
        pytest.param(lambda door: door.read_event(b"", ""), id="read an event"),
    ],
)
@pytest.mark.parametrize("kind", ["stripe", "null"])
def test_no_gateway_speaks_inside_a_transaction(app, house, kind, speak):
    door: PaymentGateway = DemoGateway(house) if kind == "stripe" else NullGateway()

    with transaction(), pytest.raises(NetworkInsideTransaction):
        speak(door)


def test_the_null_twin_pays_refunds_and_cancels():
    door = NullGateway()
    ref = door.start(a_payment_request()).provider_ref
    assert door.look_up(ref).state is PaymentState.OPEN
    door.pay(ref)
    door.refund(a_refund_request(of=ref, fen=5000))

    seen = door.cancel(ref)

    assert (seen.state, seen.refunded) == (PaymentState.SUCCEEDED, Money(5000))
