from __future__ import annotations

import pytest

from shop.kernel import events
from shop.payments import gateway, queries
from shop.payments.gateway import ProviderPayment, StartedPayment
from shop.payments.rules import PaymentState
from tests.builders.payments import a_payment_request

THANKS = "http://localhost/orders/0720-3"


@pytest.fixture
def started(in_app) -> StartedPayment:
    """A payment that waits for its buyer."""
    return in_app(lambda: gateway.current().start(a_payment_request(host="http://localhost")))


@pytest.fixture
def page(started) -> str:
    """The address of the page where she pays."""
    return started.redirect_url.removeprefix("http://localhost")


@pytest.fixture
def truth(in_app, started):
    """Ask the provider what is true."""

    def ask() -> ProviderPayment:
        return in_app(lambda: gateway.current().look_up(started.provider_ref))

    return ask


@pytest.mark.parametrize(("language", "words"), [("zh", "不会扣款"), ("en", "nothing is charged")])
def test_the_page_says_loudly_that_nothing_is_charged(visitor, page, language, words):
    text = visitor.open(f"{page}?lang={language}").get_data(as_text=True)

    assert words in text
    assert "demo-banner" in text
    assert "152.00" in text


@pytest.mark.parametrize("channel", ["alipay", "wechat_pay"])
def test_paying_leads_back_to_the_order(visitor, page, truth, channel):
    answer = visitor.send(page, {"channel": channel, "do": "succeed"}, status=303)

    assert answer.location == THANKS
    assert (truth().state, truth().channel) == (PaymentState.SUCCEEDED, channel)


def test_a_card_is_asked_by_its_bank_first(visitor, page, truth):
    visitor.send(page, {"channel": "card", "do": "succeed"}, status=303)
    assert truth().state is PaymentState.OPEN
    assert 'value="pass"' in visitor.open(page).get_data(as_text=True)

    answer = visitor.send(page, {"channel": "card", "do": "pass"}, status=303)

    assert answer.location == THANKS
    assert truth().state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    "buttons",
    [
        pytest.param([("alipay", "fail")], id="Alipay fails"),
        pytest.param([("card", "fail")], id="the card is declined"),
        pytest.param([("card", "succeed"), ("card", "refuse")], id="the bank's question fails"),
    ],
)
def test_after_a_failure_the_page_says_so_and_another_try_pays(visitor, page, truth, buttons):
    for channel, button in buttons:
        answer = visitor.send(page, {"channel": channel, "do": button}, status=303)
    assert "notice-error" in visitor.open(answer.location).get_data(as_text=True)
    assert truth().captured.minor == 0

    visitor.send(page, {"channel": "wechat_pay", "do": "succeed"}, status=303)

    assert truth().state is PaymentState.SUCCEEDED


def test_looking_at_the_page_pays_nothing_and_later_leads_back(visitor, page, truth):
    text = visitor.open(page).get_data(as_text=True)

    assert 'href="http://localhost/checkout"' in text
    assert truth().state is PaymentState.OPEN


def test_a_button_pressed_twenty_times_pays_once(visitor, page, truth):
    token = visitor.token(page)
    form = {"csrf_token": token, "channel": "alipay", "do": "succeed"}
    answers = [visitor.client.post(page, data=form) for _ in range(20)]

    assert {answer.location for answer in answers} == {THANKS}
    assert truth().captured.minor == 15200


@pytest.mark.parametrize(
    "form",
    [
        {"channel": "gold", "do": "succeed"},
        {"channel": "card", "do": "steal"},
        {"channel": "card"},
        {"channel": "card", "do": "pass"},
        {"do": "refuse", "channel": "alipay"},
    ],
)
def test_a_forged_form_changes_nothing(visitor, page, truth, form):
    visitor.send(page, form, status=303)

    assert truth().state is PaymentState.OPEN


def test_a_form_without_its_token_changes_nothing(visitor, page, truth):
    assert visitor.client.post(page, data={"channel": "alipay", "do": "succeed"}).status_code == 400

    assert truth().state is PaymentState.OPEN


def test_a_paid_page_says_so(visitor, page, started):
    visitor.send(page, {"channel": "alipay", "do": "succeed"}, status=303)

    text = visitor.open(page).get_data(as_text=True)

    assert THANKS in text
    assert 'value="succeed"' not in text


def test_an_ended_page_takes_no_payment(visitor, page, started, in_app, truth):
    token = visitor.token(page)
    in_app(lambda: gateway.current().cancel(started.provider_ref))

    form = {"csrf_token": token, "channel": "alipay", "do": "succeed"}
    visitor.client.post(page, data=form)

    assert truth().state is PaymentState.CANCELLED
    assert 'value="succeed"' not in visitor.open(page).get_data(as_text=True)


def test_an_unknown_page_is_not_found(visitor):
    visitor.open("/demo-pay/cs_test_nobody", status=404)


def test_its_events_come_signed_through_the_delivery_table_into_the_inbox(
    visitor, page, in_app, fresh_app
):
    visitor.send(page, {"channel": "alipay", "do": "succeed"}, status=303)

    for _ in range(3):
        in_app(lambda: events.deliver_due(now=fresh_app.extensions["clock"]()))

    kinds = [in_app(queries.provider_event, number).kind for number in range(1, 6)]
    assert kinds == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
