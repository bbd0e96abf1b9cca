from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from shop.kernel.db import Base, db
from shop.payments import gateway, queries
from shop.payments.fakestripe.house import sign
from shop.payments.rules import EventState
from tests.builders.payments import a_payment_request

ADDRESS = "/hooks/stripe"


@pytest.fixture
def house(fresh_app):
    """The pretended Stripe that the application speaks to."""
    found = gateway.demonstration()
    assert found is not None
    return found


def rows_of(table: str) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[table]))


def an_event(house) -> tuple[bytes, str]:
    ref = gateway.current().start(a_payment_request()).provider_ref
    house.pay(ref, channel="alipay", will_succeed=True)
    return house.signed_event(house.event_ids()[-1])


def tell(app, body: bytes, signature: str | None) -> int:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return app.test_client().post(ADDRESS, data=body, headers=headers).status_code


def test_a_signed_event_lies_in_the_inbox_and_wakes_the_worker(fresh_app, house, in_app):
    body, signature = in_app(an_event, house)

    assert tell(fresh_app, body, signature) == 200

    found = in_app(queries.provider_event, 1)
    assert found.external_id == json.loads(body)["id"]
    assert (found.kind, found.state) == ("checkout.session.completed", EventState.RECEIVED)
    assert found.payment_public_id == "pay_7K3M9XQ2"


def test_the_inbox_keeps_what_the_event_is_about_and_not_its_body(fresh_app, house, in_app):
    body, signature = in_app(an_event, house)
    tell(fresh_app, body, signature)

    kept = in_app(
        lambda: db.session.scalar(sa.select(Base.metadata.tables["provider_events"].c.payload))
    )

    assert set(json.loads(kept)) == {"object", "payment", "refund"}


def test_the_same_event_sent_twenty_times_is_answered_and_taken_in_once(fresh_app, house, in_app):
    body, signature = in_app(an_event, house)
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: tell(fresh_app, body, signature), range(20)))

    assert answers == [200] * 20
    assert in_app(rows_of, "provider_events") == 1


def test_a_kind_that_nobody_knows_yet_is_kept_too(fresh_app, house, in_app):
    event = {
        "id": "evt_new",
        "object": "event",
        "created": int(time.time()),
        "data": {"object": {"id": "thing_1", "object": "thing"}},
        "type": "thing.happened",
    }
    body = json.dumps(event).encode()
    secret = in_app(house.secret)

    assert tell(fresh_app, body, sign(body, secret, int(time.time()))) == 200

    assert in_app(queries.provider_event, 1).kind == "thing.happened"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda body, _: (body, None), id="no signature"),
        pytest.param(lambda body, _: (body, "t=1,v1=00"), id="wrong signature"),
        pytest.param(lambda body, _: (body, "\u00ff=,,t"), id="garbled signature"),
        pytest.param(lambda body, s: (body, sign(body, s, int(time.time()) - 900)), id="stale"),
        pytest.param(lambda body, s: (b"{}", sign(body, s, int(time.time()))), id="other body"),
        pytest.param(lambda _, s: (b"[]", sign(b"[]", s, int(time.time()))), id="no event"),
        pytest.param(lambda _, __: (b"\xff\xfe\x00", "t=1,v1=00"), id="no text"),
    ],
)
def test_a_message_without_proof_is_refused_and_nothing_is_kept(fresh_app, house, in_app, spoil):
    body, signature = spoil(in_app(an_event, house)[0], in_app(house.secret))
    headers = {} if signature is None else {"Stripe-Signature": signature}
    before = in_app(rows_of, "events")

    answer = fresh_app.test_client().post(ADDRESS, data=body, headers=headers)

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] in {"payments.bad_signature", "payments.unreadable_event"}
    assert in_app(rows_of, "provider_events") == 0
    assert in_app(rows_of, "events") == before


def test_a_message_over_one_megabyte_is_refused(fresh_app):
    assert tell(fresh_app, b"x" * 1_000_001, "t=1,v1=00") == 413


def test_the_door_does_not_answer_get(fresh_app):
    assert fresh_app.test_client().get(ADDRESS).status_code == 405
