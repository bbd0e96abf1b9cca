from __future__ import annotations

import inspect
import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from shop.app import Settings, create_app

FIXED = {
    "/",
    "/goods",
    "/goods/<string:slug>",
    "/search",
    "/workshops",
    "/workshops/<string:slug>",
    "/experiences",
    "/experiences/<string:slug>",
    "/cart",
    "/checkout",
    "/orders/<string:number>",
    "/bookings/<string:code>",
    "/sign-in",
    "/account",
    "/member",
    "/desk",
    "/counter",
    "/oversight",
    "/api/v1",
    "/hooks/stripe",
    "/healthz",
    "/readyz",
}
CONVERTERS = {"string", "int", "path", "any"}
KEBAB = re.compile(r"[a-z0-9_.]+(-[a-z0-9.]+)*")


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(Settings(mode="test", data_folder=str(tmp_path_factory.mktemp("routes"))))


def rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def test_every_route_wears_exactly_one_access_mark(routes: Flask):
    bare = [
        rule.rule
        for rule in rules(routes)
        if not hasattr(routes.view_functions[rule.endpoint], "access_mark")
    ]
    assert bare == []


def test_no_fixed_address_disappeared(routes: Flask):
    assert {rule.rule for rule in rules(routes)} >= FIXED


def test_every_address_is_typed_and_kebab_case(routes: Flask):
    odd = []
    for rule in rules(routes):
        for part in rule.rule.strip("/").split("/"):
            typed = re.findall(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", part)
            plain = re.sub(r"<[^>]*>", "x", part)
            if any(kind not in CONVERTERS for kind in typed) or not KEBAB.fullmatch(plain or "x"):
                odd.append(rule.rule)
    assert odd == []


def test_nothing_that_answers_get_is_called_by_a_verb_of_change(routes: Flask):
    verbs = re.compile(r"/(delete|remove|cancel|pay|approve|settle|close)$")
    assert [
        r.rule for r in rules(routes) if "GET" in (r.methods or ()) and verbs.search(r.rule)
    ] == []


def test_every_form_is_asked_for_a_token_or_for_where_it_stood(routes: Flask):
    marks: dict[str, set[str]] = {}
    for rule in rules(routes):
        if "POST" in (rule.methods or ()):
            view = routes.view_functions[rule.endpoint]
            marks.setdefault(getattr(view, "form_mark", "with_token"), set()).add(rule.rule)
    assert set(marks) - {"from_programs"} == {"with_token", "without_token", "from_machines"}
    assert {r for r in marks.get("from_programs", ()) if not r.startswith("/api/v1/")} == set()
    assert {rule for rule in marks["from_machines"] if not rule.startswith("/hooks/")} == set()
    # Whoever is signed in or pays does it with a token.
    closed = ("/desk", "/member", "/counter", "/oversight", "/account", "/sign", "/checkout")
    assert {rule for rule in marks["without_token"] if rule.startswith(closed)} == set()


def test_a_kept_page_names_every_parameter_that_its_view_reads(routes: Flask):
    unnamed = {}
    for endpoint, view in routes.view_functions.items():
        keeping = getattr(view, "keeping", None)
        if keeping is not None:
            assert view.access_mark.kind == "public", endpoint
            read = re.findall(
                r"request\.args(?:\.get|\.getlist)?[(\[]\"(\w+)\"", inspect.getsource(view)
            )
            unnamed[endpoint] = set(read) - set(keeping.asks)
    assert len(unnamed) > 8
    assert {endpoint: names for endpoint, names in unnamed.items() if names} == {}
