from __future__ import annotations

from datetime import timedelta

import pytest

from shop.kernel.access import SYSTEM
from shop.orders import queries as orders
from shop.programs import services as programming
from shop.programs.rules import ProgramScope
from shop.workflows import delivering
from tests.builders.orders import a_paid_order
from tests.builders.programs import a_program, a_token, program_id
from tests.web.api.conftest import Program

READ, CONTACT, BUY = ProgramScope.ORDERS_READ, ProgramScope.ORDERS_CONTACT, ProgramScope.BUY


@pytest.fixture
def sold(market, in_app):
    """Return the part numbers of one order each of two workshops, whose programs differ."""
    for goods in (market.sandals, market.coasters):
        in_app(a_paid_order, now=market.now, goods={goods: 1})
    return market


def program_of(app, in_app, goods, *scopes, now):
    secret = in_app(a_token, *scopes, now=now, station_id=goods.station_id)
    return Program(app, Authorization=f"Bearer {secret}")


def test_a_token_of_one_workshop_reads_its_own_orders_and_no_others(fresh_app, in_app, sold):
    own = program_of(fresh_app, in_app, sold.sandals, READ, now=sold.now)
    other = program_of(fresh_app, in_app, sold.coasters, READ, now=sold.now)

    (mine,) = own.ask("/parts", most=8)["items"]
    (theirs,) = other.ask("/parts")["items"]

    assert [line["sku"] for line in mine["lines"]] == [sold.sandals.sku]
    assert [line["sku"] for line in theirs["lines"]] == [sold.coasters.sku]
    assert own.ask(f"/parts/{mine['id']}", most=8) == mine
    assert own.ask(f"/parts/{theirs['id']}", status=404)["code"] == "not_found"
    assert other.ask(f"/parts/{mine['id']}", status=404)["code"] == "not_found"


def test_a_part_says_how_many_pieces_are_still_to_be_sent(fresh_app, in_app, sold):
    placed = in_app(a_paid_order, now=sold.now, goods={sold.sandals: 3})

    def one_leaves():
        (part,) = orders.order(placed.order_id).parts
        delivering.send_parcel(
            fulfillment_public_id=part.public_id,
            pieces={part.lines[0].id: 1},
            carrier="邮政",
            tracking="E-1",
            key="one",
            actor=SYSTEM,
            now=sold.now,
        )
        return part.public_id

    name = in_app(one_leaves)
    own = program_of(fresh_app, in_app, sold.sandals, READ, now=sold.now)

    (line,) = own.ask(f"/parts/{name}", most=8)["lines"]
    assert (line["quantity"], line["to_send"]) == (3, 2)


def test_names_and_addresses_need_a_scope_of_their_own(fresh_app, in_app, sold):
    plain = program_of(fresh_app, in_app, sold.sandals, READ, now=sold.now)
    told = program_of(fresh_app, in_app, sold.sandals, READ, CONTACT, now=sold.now)
    assert plain.ask("/parts")["items"][0]["recipient"] is None
    assert told.ask("/parts")["items"][0]["recipient"]["phone"]


def test_parts_are_paged_by_a_cursor(fresh_app, in_app, sold):
    in_app(a_paid_order, now=sold.now, goods={sold.sandals: 1})
    own = program_of(fresh_app, in_app, sold.sandals, READ, now=sold.now)
    first = own.ask("/parts?limit=1")
    second = own.ask(f"/parts?limit=1&cursor={first['next_cursor']}")
    assert first["items"][0]["id"] != second["items"][0]["id"]
    assert second["next_cursor"] is None


def test_a_token_does_only_what_it_was_made_for(fresh_app, in_app, sold):
    buyer = program_of(fresh_app, in_app, sold.sandals, BUY, now=sold.now)
    refused = buyer.ask("/parts", status=403, Accept_Language="en")
    assert refused["code"] == "api.scope_missing"
    assert refused["details"] == {"scope": "orders:read"}
    assert "orders:read" in refused["detail"]


def test_without_a_token_nothing_of_a_workshop_is_told(fresh_app, program, sold):
    assert program.ask("/parts", status=401)["code"] == "api.nobody"
    for wrong in ("Bearer nonsense", "Bearer dlt_" + "x" * 32, "Basic YTpi", "Bearer", ""):
        for path in ("/parts", "/goods"):
            said = Program(fresh_app, Authorization=wrong).ask(path, status=401)
            assert said["code"] == "api.token_refused", (wrong, path)


def test_a_token_ends_at_the_next_request(fresh_app, in_app, sold):
    public_id = in_app(a_program, now=sold.now, station_id=sold.sandals.station_id)
    secret = in_app(a_token, READ, now=sold.now, program=public_id, days=1)
    own = Program(fresh_app, Authorization=f"Bearer {secret}")
    own.ask("/parts")

    fresh_app.extensions["clock"] = lambda: sold.now + timedelta(days=1)
    assert own.ask("/parts", status=401)["code"] == "api.token_refused"
    fresh_app.extensions["clock"] = lambda: sold.now

    in_app(lambda: programming.end(program_id=program_id(public_id), actor=SYSTEM, now=sold.now))
    assert own.ask("/parts", status=401)["code"] == "api.token_refused"


def test_a_token_costs_one_statement_and_its_first_use_is_noted(fresh_app, in_app, sold):
    own = program_of(fresh_app, in_app, sold.sandals, READ, now=sold.now)
    own.ask("/goods", most=6)
    own.ask("/goods", most=5)
    assert [s for s in own.statements if "UPDATE" in s] == []


def test_a_sign_in_is_no_token(fresh_app, sold, visitor):
    answer = visitor.client.get("/api/v1/parts", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.json["code"]) == (401, "api.nobody")
