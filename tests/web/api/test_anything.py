"""Whatever the document allows, and much that it does not, is answered as the document says.

A few questions an operation among the ordinary tests; ``make anything`` asks many more. Half of
them come with ids that are there, so that they get past the door.
"""

from __future__ import annotations

import os

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from shop.kernel.db import db
from shop.oversight import proof
from shop.programs.rules import ProgramScope
from shop.web.api.door import OPERATIONS
from tests.builders.programs import a_token
from tests.web.api.test_buying import PARCEL, Shopper

EXAMPLES = int(os.environ.get("SHOP_API_EXAMPLES", "3"))
MODES = list(GenerationMode)
# A cursor, a wish or a party may be well written and still be refused: by rules, not by shape.
BEYOND_A_DOCUMENT = [positive_data_acceptance]
# Inside one process nobody unpacks an answer.
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def house(fresh_app, in_app, market):
    """Return a shopper with everything there is to ask about, and its real ids by operation."""
    secret = in_app(a_token, *ProgramScope, now=market.now, station_id=market.sandals.station_id)
    shopper = Shopper(fresh_app, Authorization=f"Bearer {secret}").begin()
    slug = shopper.ask("/goods?workshop=dengliang")["items"][0]["slug"]
    variant = shopper.ask(f"/goods/{slug}")["variants"][0]["id"]
    (session,) = shopper.ask("/experiences/weave-a-pendant")["sessions"]
    shopper.put()
    placed = shopper.order()
    line = shopper.put()["parts"][0]["lines"][0]["id"]
    number, part = placed["order"]["number"], placed["order"]["parts"][0]["id"]
    cart = {"Cart-Token": shopper.cart}
    total = shopper.say("GET", "/cart")["total"]["fen"]
    of_order = {"path_parameters": {"number": number}, "headers": {}}
    real = {
        "show_product": {"path_parameters": {"slug": slug}},
        "show_workshop": {"path_parameters": {"slug": "dengliang"}},
        "show_experience": {"path_parameters": {"slug": "weave-a-pendant"}},
        "show_session": {"path_parameters": {"session_id": session["id"]}},
        "show_part": {"path_parameters": {"part_id": part}},
        "show_cart": {"headers": cart},
        "note_changes": {"headers": cart},
        "use_coupon": {"headers": cart},
        "put_goods": {"headers": cart, "body": {"product": slug, "variant": variant}},
        "put_seats": {"headers": cart, "path_parameters": {"session_id": session["id"]}},
        "change_line": {"headers": cart, "path_parameters": {"line": str(line)}},
        "remove_line": {"headers": cart, "path_parameters": {"line": str(line)}},
        "place_order": {
            "headers": {**cart, "Idempotency-Key": "an-order-key"},
            "body": {"contact": PARCEL, "expected_total": total},
        },
        "show_order": of_order,
        "begin_payment": of_order,
        "cancel_order": of_order,
        "receive_part": {"path_parameters": {"number": number, "part_id": part}, "headers": {}},
    }
    yield shopper, real
    with fresh_app.app_context():
        found = [f"{one.code} {one.subject}" for one in proof.prove(tell=lambda _: None)]
        db.session.remove()
    assert found == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_whatever_is_asked_is_answered_as_the_document_says(fresh_app, house, name):
    shopper, real = house
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", fresh_app)
    operation = schema.find_operation_by_id(name)
    entry = OPERATIONS[name]
    # Where there is nothing but a path, there is nothing to say wrongly but the path.
    modes = MODES if entry.asks or entry.takes else [GenerationMode.POSITIVE]

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 10,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data):
        for mode in modes:
            for known in ({}, real.get(name, {})):
                case = data.draw(operation.as_strategy(generation_mode=mode, **known))
                case.call_and_validate(
                    headers={**PLAIN, **shopper.headers}, excluded_checks=BEYOND_A_DOCUMENT
                )

    ask()


def test_what_a_program_may_not_ask_is_refused_as_the_document_says(fresh_app, house):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", fresh_app)
    closed = [name for name, one in OPERATIONS.items() if one.needs]
    assert len(closed) > 12
    for name in closed:
        operation = schema.find_operation_by_id(name)

        @hypothesis.settings(
            max_examples=1, database=None, derandomize=True, deadline=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case):
            answer = case.call_and_validate(headers=PLAIN)
            assert answer.status_code in {400, 401}, answer.text
            wrong = case.call_and_validate(headers={**PLAIN, "Authorization": "Bearer nonsense"})
            assert wrong.status_code == 401

        ask()
