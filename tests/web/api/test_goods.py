from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from shop.web.api import rates
from shop.web.api.door import OPERATIONS
from tests.builders.orders import some_goods
from tests.web.api.conftest import Program


def all_pages(program, path):
    """Return every item of a list, page by page, with a bound that no list here reaches."""
    items, cursor = [], ""
    for _ in range(20):
        page = program.ask(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
    pytest.fail("the list does not end")


def test_a_list_says_what_a_card_says_in_whole_fen(program, market):
    page = program.ask("/goods?when=ready", most=4)
    cards = {card["title_en"]: card for card in page["items"]}

    sandals = cards["Hand-woven sandals"]

    assert sandals["price"] == {"fen": 8800, "currency": "CNY"}
    assert sandals["workshop"]["slug"] == "dengliang"
    assert sandals["is_ready"] is True
    assert sandals["url"].endswith(f"/goods/{sandals['slug']}")
    assert page["total"] == {"number": len(page["items"]), "is_exact": True}
    assert {one["value"] for one in page["facets"]["workshop"]} == {"dengliang", "cizhu"}


def test_every_product_comes_once_however_many_pages_there_are(program, stocked):
    for sort in ("new", "price", "price-down", "soon", "loved"):
        slugs = [one["slug"] for one in all_pages(program, f"/goods?sort={sort}&limit=20")]
        assert len(slugs) == len(set(slugs)) == 72, sort


def test_a_cursor_leads_back_to_the_page_before(program, stocked):
    first = program.ask("/goods?limit=10")
    second = program.ask(f"/goods?limit=10&cursor={first['next_cursor']}")
    again = program.ask(f"/goods?limit=10&cursor={second['previous_cursor']}")
    assert [one["id"] for one in again["items"]] == [one["id"] for one in first["items"]]


def test_a_cursor_that_was_changed_or_is_of_another_question_is_refused(program, stocked):
    cursor = program.ask("/goods?limit=10")["next_cursor"]
    for wrong in (f"/goods?sort=price&cursor={cursor}", f"/goods?cursor={cursor}x",
                  f"/workshops?cursor={cursor}", "/goods?cursor=1-2"):  # fmt: skip
        assert program.ask(wrong, status=400)["code"] == "api.bad_cursor"


def test_a_list_is_narrowed_as_on_the_site(program, market):
    found = program.ask("/goods?workshop=cizhu&price_from=4800&price_to=4800")
    assert [one["title_en"] for one in found["items"]] == ["Set of four coasters"]
    assert program.ask("/goods?workshop=nobody")["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=49",
        "limit=x",
        "limit=1&limit=2",
        "sort=cheap",
        "colour=red",
        "price_from=-1",
        "price_to=1e99",
        "when=later",
        "lang=en",
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(program, market, query):
    problem = program.ask(f"/goods?{query}", status=400)
    assert problem["code"] == "api.bad_query"
    assert problem["errors"][0]["pointer"] == query.partition("=")[0]


def test_a_product_says_what_its_page_says(program, market):
    slug = program.ask("/goods?workshop=dengliang")["items"][0]["slug"]

    product = program.ask(f"/goods/{slug}", most=4)

    split = product["split"]
    parts = ("pay", "material", "pack", "fee", "workshop", "rest")
    assert sum(split[part]["fen"] for part in parts) == product["price"]["fen"] == 8800
    assert product["maker"]["name"]
    assert product["maker"]["story"] is None  # as she allowed
    assert product["variants"][0]["available"] > 0
    assert product["variants"][0]["promise"]["is_made_first"] is False
    assert product["workshop"]["seller_name"]
    assert product["may_come_back"] is True


def test_what_is_not_there_is_a_problem_in_the_language_asked_for(program, market):
    chinese = program.ask("/goods/nothing", status=404)
    english = program.ask("/goods/nothing", status=404, Accept_Language="en")
    assert chinese["code"] == english["code"] == "not_found"
    assert chinese["detail"].startswith("没有")
    assert english["title"] == "Not found"
    assert set(chinese) == {"type", "title", "status", "detail", "code", "request_id"}


def test_a_search_finds_goods_and_what_else_is_called_so(program, market):
    found = program.ask("/search?q=凉鞋", most=5)
    assert [one["title"] for one in found["goods"]] == ["手编凉鞋"]
    assert found["total"] == {"number": 1, "is_exact": True}
    assert program.ask("/search", status=400)["code"] == "api.bad_query"


def test_a_long_search_is_paged(program, market, in_app):
    workshop = market.sandals.workshop_id
    in_app(lambda: [some_goods(workshop_id=workshop, title=f"手编篮{n}") for n in range(26)])

    first = program.ask("/search?q=手编篮")
    second = program.ask(f"/search?q=手编篮&cursor={first['next_cursor']}")

    assert (len(first["goods"]), len(second["goods"])) == (24, 2)
    assert second["next_cursor"] is None
    assert not {one["id"] for one in first["goods"]} & {one["id"] for one in second["goods"]}


def test_workshops_and_experiences_are_told_with_their_places_and_dates(program, market):
    (first, second) = program.ask("/workshops", most=4)["items"]
    assert {first["slug"], second["slug"]} == {"dengliang", "cizhu"}
    assert program.ask(f"/workshops/{first['slug']}", most=3)["place"] == first["place"]
    assert program.ask("/workshops?place=1", status=400)["code"] == "api.bad_query"

    (experience,) = program.ask("/experiences", most=4)["items"]
    page = program.ask(f"/experiences/{experience['slug']}", most=6)
    (session,) = page["sessions"]
    assert session["starts_at"].endswith("+08:00")
    assert session["is_bookable"]
    assert program.ask(f"/sessions/{session['id']}", most=6) == session
    program.ask("/sessions/ses_NOBODY22", status=404)


def test_one_workshop_a_page_lists_them_all(program, market):
    assert len(all_pages(program, "/workshops?limit=1")) == 2


def test_what_a_program_knows_already_is_not_sent_again(program, market):
    for path in ("/goods", "/workshops", "/experiences", "/search?q=凉鞋", "/openapi.json"):
        first = program.send("GET", path, headers={})
        again = program.send("GET", path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
        changed = program.send("GET", path, headers={"If-None-Match": 'W/"other"'})
        assert changed.status_code == 200
        assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_reads_of_the_catalogue_write_nothing(program, stocked):
    for path in ("/goods?material=竹", "/workshops", "/experiences", "/search?q=sandals"):
        program.ask(path)
        reads = ("SELECT", "WITH")
        assert [s for s in program.statements if not s.lstrip().upper().startswith(reads)] == []


def test_no_page_of_another_origin_reads_an_answer_unless_it_is_named(fresh_app, market):
    strange = Program(fresh_app).send("GET", "/goods", headers={"Origin": "https://m.example.cn"})
    assert "Access-Control-Allow-Origin" not in strange.headers
    assert "Origin" in strange.headers["Vary"]

    before = fresh_app.config["SHOP"]
    fresh_app.config["SHOP"] = named(before, "https://m.example.cn")
    try:
        known = Program(fresh_app).send("GET", "/goods", headers={"Origin": "https://m.example.cn"})
        other = Program(fresh_app).send(
            "GET", "/goods", headers={"Origin": "https://m.example.com"}
        )
        first = Program(fresh_app).send(
            "OPTIONS", "/goods", headers={"Origin": "https://m.example.cn"}
        )
    finally:
        fresh_app.config["SHOP"] = before
    assert known.headers["Access-Control-Allow-Origin"] == "https://m.example.cn"
    assert "Access-Control-Allow-Credentials" not in known.headers
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Idempotency-Key" in first.headers["Access-Control-Allow-Headers"]


def named(settings, origin):
    return replace(settings, api_origins=frozenset({origin}))


def test_a_caller_is_told_what_is_left_and_refused_beyond_it(fresh_app, market, monkeypatch):
    counting = SimpleNamespace(enabled=True, limiter=MovingWindowRateLimiter(MemoryStorage()))
    monkeypatch.setattr(rates, "limiter", counting)
    monkeypatch.setitem(rates.RATES, (False, rates.READ_KIND), 3)
    program = Program(fresh_app)
    left = [
        program.send("GET", "/goods", headers={}).headers["RateLimit-Remaining"] for _ in range(3)
    ]
    refused = program.send("GET", "/goods", headers={})

    assert left == ["2", "1", "0"]
    assert refused.status_code == 429
    assert refused.json["code"] == "api.too_often"
    assert refused.headers["RateLimit-Limit"] == "3"
    assert refused.headers["RateLimit-Policy"] == "3;w=60"
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_the_book_of_operations_holds_every_address_of_the_door(fresh_app):
    of_itself = {"/api/v1", "/api/v1/docs", "/api/v1/openapi.json"}
    addresses = {
        (rule.rule, method)
        for rule in fresh_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and rule.rule not in of_itself
    }
    assert addresses == {(f"/api/v1{one.path}", one.method) for one in OPERATIONS.values()}
