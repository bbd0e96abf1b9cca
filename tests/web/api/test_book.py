from __future__ import annotations

import re

import html5lib

from shop.programs.rules import HookKind
from shop.web.api.document import TAGS, refusals_of
from shop.web.api.door import OPERATIONS
from shop.workflows import selling


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_names_every_operation_with_all_its_answers(program):
    said = program.ask("/openapi.json")

    assert said["openapi"] == "3.1.0"
    found = {one["operationId"]: one for path in said["paths"].values() for one in path.values()}
    assert set(found) == set(OPERATIONS)
    for name, one in OPERATIONS.items():
        answers = {int(status) for status in found[name]["responses"]}
        assert answers == {one.status, *refusals_of(one), *([304] if one.is_shown else [])}
        assert found[name]["summary"]


def test_the_document_leads_nowhere_but_to_itself(program):
    said = program.ask("/openapi.json")
    for reference in set(references(said)):
        name = re.fullmatch(r"#/components/schemas/(\w+)", reference)
        assert name, reference
        assert name[1] in said["components"]["schemas"]


def test_the_beginning_says_where_things_are(program):
    said = program.ask("")
    assert said["name"] == "dengliang"
    assert said["document"].endswith("/api/v1/openapi.json")


def test_a_person_can_read_it_in_both_languages_without_script_of_others(visitor):
    for lang in ("zh", "en"):
        page = visitor.open(f"/api/v1/docs?lang={lang}")
        tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
        sources = [e.get("src") for e in tree.iter("script") if e.get("src")]
        assert all(src.startswith("/") for src in sources)
        shown = [e.get("id") for e in tree.iter("article")]
        assert sorted(shown) == sorted(OPERATIONS)


def test_every_group_of_operations_has_its_words(program):
    assert {one.tag for one in OPERATIONS.values()} == set(TAGS)
    said = program.ask("/openapi.json", Accept_Language="zh-CN")
    assert said["info"]["description"].isascii()


def test_the_document_says_what_programs_are_told(program):
    said = program.ask("/openapi.json")
    assert set(said["webhooks"]) == {kind.value for kind in HookKind}
    for one in said["webhooks"].values():
        schema = one["post"]["requestBody"]["content"]["application/json"]["schema"]
        name = schema["properties"]["data"]["$ref"].rpartition("/")[2]
        assert said["components"]["schemas"][name]["required"]


def test_placing_an_order_declares_every_refusal_that_the_workflow_names():
    named = re.search(r"Raises (.*?)\.", selling.place_order.__doc__, re.DOTALL)[1]
    declared = {kind.__name__ for kind in OPERATIONS["place_order"].refuses}
    assert set(re.findall(r"\w+", named)) - declared == set()


def test_what_an_address_does_not_take_is_a_problem_that_names_what_it_takes(program):
    answer = program.send("PATCH", "/goods", headers={})
    assert (answer.status_code, answer.json["code"]) == (405, "http_405")
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))
    head = program.send("HEAD", "/goods", headers={})
    assert (head.status_code, head.data) == (200, b"")


def test_no_operation_acts_for_a_page_of_another_origin(fresh_app, visitor):
    visitor.open("/sign-in")
    strange = {"Origin": "https://elsewhere.example", "X-CSRFToken": visitor.token("/sign-in")}
    acting = [one for one in OPERATIONS.values() if one.method != "GET"]
    assert len(acting) > 9
    for one in acting:
        path = re.sub(r"<[^>]*>", "1", one.path)
        answer = visitor.client.open(f"/api/v1{path}", method=one.method, json={}, headers=strange)
        assert (answer.status_code, answer.json["code"]) == (401, "api.nobody"), one.name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
