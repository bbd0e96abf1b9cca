from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import stripe

from shop.kernel.money import Money
from shop.payments import gateway
from shop.payments.fakestripe.house import FakeStripe, Fault
from shop.payments.gateway import GatewayUnreachable, StripeGateway
from shop.payments.rules import PaymentState
from tests.builders.payments import a_payment_request, a_refund_request


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(house: FakeStripe) -> Iterator[str]:
    """The pretended Stripe on a port of this machine."""
    server: WSGIServer = make_server("127.0.0.1", 0, house, handler_class=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client() -> Iterator[stripe.RequestsClient]:
    made = stripe.RequestsClient(timeout=5)
    yield made
    made.close()


def press(url: str, **fields: str) -> str:
    with urllib.request.urlopen(url, urlencode(fields).encode(), timeout=5) as answer:  # noqa: S310 - our own loopback server
        return str(answer.url)


def test_a_payment_lives_its_whole_life_over_real_http(address, client, house):
    door = StripeGateway(
        api_key="sk_test_1",
        api_base=address,
        webhook_secret=house.secret(),
        http_client=client,
    )
    started = door.start(a_payment_request(host=address))
    press(started.redirect_url, do="fail", channel="card")
    press(started.redirect_url, do="succeed", channel="card")
    with pytest.raises(urllib.error.HTTPError):  # the shop's own page is not served here
        press(started.redirect_url, do="pass")
    door.refund(a_refund_request(of=started.provider_ref, fen=5000))

    seen = door.look_up(started.provider_ref)

    assert (seen.state, seen.captured, seen.refunded, seen.fee) == (
        PaymentState.SUCCEEDED,
        Money(15200),
        Money(5000),
        Money(91),
    )


def test_the_settings_point_the_gateway_at_another_address(address, house):
    (door,) = gateway.from_settings(
        api_key="sk_test_1", api_base=address, webhook_secret="whsec_1", allow_demonstration=True
    )

    started = door.start(a_payment_request(host=address))
    door._client._requestor._get_http_client().close()  # type: ignore[attr-defined]

    assert door.provider == "stripe"
    assert house.page(started.provider_ref).step == "choose"


def test_a_server_that_answers_too_late_is_unreachable(address, house):
    impatient = stripe.RequestsClient(timeout=0.05)
    impatient._sleep_time_seconds = lambda _: 0.0  # type: ignore[method-assign]
    door = StripeGateway(
        api_key="sk_test_1", api_base=address, webhook_secret="whsec_1", http_client=impatient
    )
    house.faults.extend([Fault("slow", seconds=0.5)] * 3)

    with pytest.raises(GatewayUnreachable):
        door.start(a_payment_request(host=address))
    impatient.close()

    with house.store.unit() as shelf:
        assert len(shelf.names("session")) == 1


def test_a_port_where_nobody_listens_is_unreachable():
    nobody = stripe.RequestsClient(timeout=1)
    nobody._sleep_time_seconds = lambda _: 0.0  # type: ignore[method-assign]
    door = StripeGateway(
        api_key="sk_test_1",
        api_base="http://127.0.0.1:9",
        webhook_secret="whsec_1",
        http_client=nobody,
    )

    with pytest.raises(GatewayUnreachable):
        door.look_up("cs_test_1")
    nobody.close()
