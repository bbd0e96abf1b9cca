from __future__ import annotations

import re

import pytest

from shop.catalog.services import add_category
from shop.kernel import events
from shop.workflows import finding
from tests.builders.catalog import many_products


def text_of(response) -> str:
    return response.get_data(as_text=True)


def selects(visitor) -> list[str]:
    return [s for s in visitor.statements if s.lstrip().upper().startswith(("SELECT", "WITH"))]


def deliver(now) -> None:
    while events.deliver_due(now=now):
        pass


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_page_shows_goods_workshops_and_experiences_in_three_statements(
    market, visitor, in_app, lang
):
    in_app(deliver, market.now)
    page = text_of(visitor.open(f"/search?q=灯梁&lang={lang}"))

    assert "/goods/" in page
    assert "/workshops/dengliang" in page
    assert "/experiences/" in page
    assert len(selects(visitor)) <= 3
    assert "Set-Cookie" not in visitor.open("/search?q=凉鞋").headers


def test_a_slip_is_told_with_what_was_meant(market, visitor):
    page = text_of(visitor.open("/search?q=sandels&lang=en"))
    assert "Nothing says “sandels”. Did you mean this?" in page
    assert '<a href="/search?q=sandals">sandals</a>' in page
    assert "Hand-woven sandals" in page


def test_where_nothing_fits_shelves_and_goods_are_shown_instead(market, visitor, in_app):
    in_app(add_category, slug="footwear", name="鞋", name_en="Footwear", position=1)
    page = text_of(visitor.open("/search?q=xyzzyq"))
    assert "没有找到" in page
    assert 'href="/goods?category=footwear"' in page
    assert "手编凉鞋" in page
    assert "可以看看" in page


def test_a_long_answer_has_pages_and_never_counts_too_many(market, visitor, in_app):
    in_app(many_products, 60, now=market.now)
    in_app(finding.write_anew)
    seen: set[str] = set()
    for page in (1, 2, 3):
        text = text_of(visitor.open(f"/search?q=手编&page={page}"))
        seen |= set(re.findall(r'card-title"><a href="(/goods/[^"]+)"', text))
        assert len(selects(visitor)) <= 3
    found = re.search(r"共 (\d+) 件手作", text)
    assert found
    assert len(seen) == int(found[1]) > 48
    visitor.open("/search?q=手编&page=4", status=404)


def test_suggestions_are_places_to_go_and_keep_for_a_minute(market, visitor, in_app):
    in_app(deliver, market.now)
    answer = visitor.client.get("/search/suggest?q=liang&lang=zh")
    lines = re.findall(r'<li role="option" data-href="([^"]+)">', text_of(answer))
    assert lines
    assert all(visitor.client.get(line).status_code == 200 for line in lines)
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert "<li" not in text_of(visitor.client.get("/search/suggest?q="))
    assert "王秀" not in text_of(visitor.client.get("/search/suggest?q=王秀"))
