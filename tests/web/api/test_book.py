from __future__ import annotations

import re

import html5lib

from shop.web.api.document import TAGS, refusals_of
from shop.web.api.door import OPERATIONS


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
