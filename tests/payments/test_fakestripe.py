from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stripe

from shop.payments.fakestripe.books import CHALLENGED_CARD, DECLINES, GOOD_CARD
from shop.payments.fakestripe.house import FakeStripe, Fault, sign
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import DemoGateway, in_process_client
from tests.builders.payments import a_payment_request, a_refund_request
from tests.payments.stripe_contract import object_faults, request_faults

INTENT: dict[str, object] = {
    "amount": 15200,
    "currency": "cny",
    "allowed_payment_method_types": ["card", "alipay", "wechat_pay"],
}


@pytest.fixture
def client(house: FakeStripe) -> stripe.StripeClient:
    """Stripe's library itself, for calls that our gateway does not make."""
    return stripe.StripeClient(
        "sk_test", http_client=in_process_client(house), max_network_retries=2
    )


@pytest.fixture(autouse=True)
def _every_request_is_one_that_stripe_would_take(house: FakeStripe) -> Iterator[None]:
    yield
    for method, path, _, params in house.calls:
        if method == "POST" and "payment_method_types" not in params:
            assert request_faults(path, params) == []


def everything_in(house: FakeStripe) -> list[dict[str, object]]:
    with house.store.unit() as shelf:
        kinds = ["payment_intent", "session", "charge", "refund", "dispute", "event"]
        kinds.append("balance_transaction")
        return [shelf.get(kind, name) or {} for kind in kinds for name in shelf.names(kind)]


def everything_that_can_happen(house: FakeStripe, client: stripe.StripeClient) -> None:
    door = DemoGateway(house)
    for channel in ("alipay", "wechat_pay", "card"):
        ref = door.start(a_payment_request(public_id=f"pay_{channel}")).provider_ref
        house.pay(ref, channel=channel, will_succeed=False)
        house.pay(ref, channel=channel, will_succeed=True)
        if channel == "card":
            house.answer(ref, is_passed=True)
        door.refund(a_refund_request(of=ref, public_id=f"ref_{channel}", fen=100))
    delayed = door.start(a_payment_request(public_id="pay_delayed")).provider_ref
    door.cancel(door.start(a_payment_request(public_id="pay_left")).provider_ref)
    with house.books() as books:
        books.try_session(delayed, channel="alipay")
        books.delay_session(delayed)
        books.finish_session(delayed, is_paid=True)
        charge = books.find("payment_intent", books.session(ref)["payment_intent"])["latest_charge"]
        books.close_dispute(books.open_dispute(charge)["id"], is_won=True)
    held = client.v1.payment_intents.create(
        {**INTENT, "capture_method": "manual", "confirm": True, "payment_method": GOOD_CARD}
    )
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 5000})


def test_every_object_and_event_has_the_shape_that_the_library_states(house, client):
    everything_that_can_happen(house, client)

    found = everything_in(house)

    assert len({body["object"] for body in found}) == 7
    assert [fault for body in found for fault in object_faults(body)] == []


def test_the_walker_sees_a_planted_fault():
    intent = {"amount": "5", "payment_method_types": ["card"], "capture_method": "later"}

    assert request_faults("/v1/payment_intents", intent) == [
        "/v1/payment_intents.payment_method_types: unknown to Stripe",
        "/v1/payment_intents.amount: '5' is no int",
        "/v1/payment_intents.capture_method: 'later' is no word that Stripe knows",
        "/v1/payment_intents.currency: missing",
    ]
    assert request_faults("/v1/refunds", {"reason": "weather"}) != []
    assert "refund.colour: unknown to Stripe" in object_faults(
        {"object": "refund", "id": "re_1", "colour": "plum"}
    )


def test_a_signature_made_here_is_the_one_the_library_makes():
    body, secret, at = '{"a": "双"}', "whsec_1", 1_784_520_000

    ours = sign(body.encode(), secret, at)

    assert ours == stripe.WebhookSignature.generate_signature_header(body, secret, at)


def test_the_old_name_of_payment_methods_is_refused_as_by_endive(client):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({**INTENT, "payment_method_types": ["card"]})

    assert refused.value.code == "payment_method_types_no_longer_supported"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        pytest.param({"amount": "12.5", "currency": "cny"}, "parameter_invalid_integer", id="half"),
        pytest.param({"amount": 0, "currency": "cny"}, "parameter_invalid_integer", id="nothing"),
        pytest.param({"amount": 100}, "parameter_missing", id="no currency"),
    ],
)
def test_a_malformed_intent_is_refused_with_its_code(house, client, params, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params)

    house.calls.clear()  # these were meant to be wrong
    assert refused.value.code == code


def test_an_unknown_parameter_is_never_quietly_ignored(house, client):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({**INTENT, "colour": "plum"})

    house.calls.clear()
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")


@pytest.mark.parametrize(("card", "code"), [(card, code) for card, (code, _) in DECLINES.items()])
def test_a_declined_card_is_a_card_error_with_its_code(client, card, code):
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create({**INTENT, "confirm": True, "payment_method": card})

    assert refused.value.http_status == 402
    assert refused.value.code == code
    assert refused.value.error.decline_code == DECLINES[card][1]


@pytest.mark.parametrize(
    ("means", "action"),
    [
        ({"payment_method_data": {"type": "alipay"}}, "alipay_handle_redirect"),
        ({"payment_method_data": {"type": "wechat_pay"}}, "wechat_pay_display_qr_code"),
        ({"payment_method": CHALLENGED_CARD}, "redirect_to_url"),
    ],
)
def test_an_intent_asks_the_buyer_in_the_way_of_its_method(house, client, means, action):
    made = client.v1.payment_intents.create(INTENT)
    asked = client.v1.payment_intents.confirm(
        made.id, {**means, "return_url": "https://shop.example"}
    )
    with house.books() as books:
        books.answer_challenge(made.id, is_passed=True)

    done = client.v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})

    assert (asked.status, asked.next_action.type) == ("requires_action", action)
    assert done.status == "succeeded"
    assert done.latest_charge.paid


def test_an_authorized_payment_is_captured_in_part_and_not_twice(client):
    made = client.v1.payment_intents.create(
        {**INTENT, "capture_method": "manual", "confirm": True, "payment_method": GOOD_CARD}
    )
    done = client.v1.payment_intents.capture(made.id, {"amount_to_capture": 5000})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(made.id)

    assert (made.status, done.status, done.amount_received) == (
        "requires_capture",
        "succeeded",
        5000,
    )
    assert refused.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda v1, name: v1.payment_intents.cancel(name), id="cancel"),
        pytest.param(
            lambda v1, name: v1.payment_intents.confirm(name, {"payment_method": GOOD_CARD}),
            id="confirm",
        ),
    ],
)
def test_a_succeeded_intent_takes_no_further_step(client, again: Callable[..., object]):
    made = client.v1.payment_intents.create(
        {**INTENT, "confirm": True, "payment_method": GOOD_CARD}
    )

    with pytest.raises(stripe.InvalidRequestError) as refused:
        again(client.v1, made.id)

    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_cancelled_intent_stays_cancelled(client):
    made = client.v1.payment_intents.create(INTENT)

    gone = client.v1.payment_intents.cancel(made.id, {"cancellation_reason": "abandoned"})

    assert gone.status == "canceled"


def test_the_same_key_gives_the_same_answer_and_another_content_an_error(house, client):
    key = {"idempotency_key": "order-1-pay-1"}
    first = client.v1.payment_intents.create(INTENT, key)

    again = client.v1.payment_intents.create(INTENT, key)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({**INTENT, "amount": 1}, key)

    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    with house.store.unit() as shelf:
        assert shelf.names("payment_intent") == [first.id]


def test_a_decline_is_remembered_under_its_key_and_not_tried_again(house, client):
    card = next(iter(DECLINES))
    params = {**INTENT, "confirm": True, "payment_method": card}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.create(params, {"idempotency_key": "once"})

    with house.store.unit() as shelf:
        assert len(shelf.names("charge")) == 1


def test_without_retries_a_fault_reaches_the_caller(house):
    impatient = stripe.StripeClient("sk_test", http_client=in_process_client(house))
    house.faults.append(Fault("after", "/v1/payment_intents"))

    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.payment_intents.create(INTENT)

    with house.store.unit() as shelf:
        assert len(shelf.names("payment_intent")) == 1


def test_an_error_inside_one_change_leaves_nothing_of_it():
    store = MemoryStore()

    def half_of_a_change() -> None:
        with store.unit() as shelf:
            shelf.put("charge", "ch_1", {"paid": True})
            shelf.emitted("evt_1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_of_a_change()

    with store.unit() as shelf:
        assert shelf.names("charge") == []
    assert store.waiting_events == []


def test_an_address_that_is_not_pretended_is_refused(house, client):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.create({})

    house.calls.clear()
    assert refused.value.http_status == 404


def test_a_call_without_a_key_is_not_answered(house):
    stranger = stripe.StripeClient("nonsense", http_client=in_process_client(house))

    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.payment_intents.create(INTENT)
