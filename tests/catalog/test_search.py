from __future__ import annotations

import pytest

from shop.catalog import services, window
from shop.catalog.search import asked_for, pieces_of
from shop.kernel.access import SYSTEM
from tests.builders.catalog import a_product
from tests.builders.stations import a_workshop


def test_a_text_is_kept_as_characters_and_pairs():
    assert pieces_of("手编凉鞋 S-01") == [
        "手", "编", "凉", "鞋", "手编", "编凉", "凉鞋", "s", "01", "s01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "pieces"),
    [
        ("鞋", ["鞋"]),
        ("凉鞋", ["凉鞋"]),
        ("手编凉鞋", ["手编", "编凉", "凉鞋"]),
        ("Sandals", ["sandal"]),
        ("Ｓ－０１", ["s01"]),
        ("bus", ["bus"]),
        ("'\" OR * ( ^", ["or"]),
        ("  ，。!", []),
    ],
)
def test_a_query_becomes_the_pieces_that_must_be_there(query, pieces):
    assert [piece.text for piece in asked_for(query)] == pieces


@pytest.fixture
def shelf(app, noon):
    workshop = a_workshop()
    a_product(now=noon, workshop_id=workshop)
    a_product(
        now=noon,
        workshop_id=workshop,
        code="P-01",
        title="向日葵小挂件",
        title_en="Sunflower pendant",
    )
    a_product(
        now=noon, workshop_id=workshop, code="S-03", title="手编拖鞋", title_en="House shoes, woven"
    )
    return workshop


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("凉鞋", ["S-01"]),
        ("鞋", ["S-03", "S-01"]),
        ("手编", ["S-03", "S-01"]),
        ("sandals", ["S-01"]),
        ("sandal", ["S-01"]),
        ("SANDALS", ["S-01"]),
        ("woven", ["S-03", "S-01"]),
        ("凉鞋 woven", ["S-01"]),
        ("s-01", ["S-01"]),
        ("灯梁", ["S-03", "P-01", "S-01"]),
        ("城口", ["S-03", "P-01", "S-01"]),
        ("苎麻 挂件", ["P-01"]),
        ("鞋凉", []),
        ("", []),
        ("%", []),
        ("');DROP TABLE products;--", []),
        ("\x00凉鞋", ["S-01"]),
    ],
)
def test_goods_are_found_in_both_languages(shelf, query, codes, noon):
    assert [card.code for card in window.search(query, now=noon)] == codes


def test_a_hit_in_the_title_comes_before_a_newer_one_elsewhere(shelf, app, noon):
    a_product(now=noon, workshop_id=shelf, code="D-03", title="靠枕套", title_en="Cushion cover")
    services.update_texts(
        product_id=window.search("靠枕", now=noon)[0].product_id,
        texts=services.ProductTexts(technique="凉鞋同款编法"),
        actor=SYSTEM,
        now=noon,
    )

    assert [card.code for card in window.search("凉鞋", now=noon)] == ["S-01", "D-03"]


def test_a_paused_product_is_not_found_until_it_is_back(shelf, noon):
    product_id = window.search("凉鞋", now=noon)[0].product_id

    services.pause(product_id=product_id, actor=SYSTEM, now=noon)
    assert window.search("凉鞋", now=noon) == []

    services.resume(product_id=product_id, actor=SYSTEM, now=noon)
    assert [card.product_id for card in window.search("凉鞋", now=noon)] == [product_id]


def test_a_changed_title_is_found_under_its_new_words_only(shelf, noon):
    product_id = window.search("凉鞋", now=noon)[0].product_id

    services.update_texts(
        product_id=product_id,
        texts=services.ProductTexts(title="草编夏履", title_en="Summer shoes"),
        actor=SYSTEM,
        now=noon,
    )

    assert [card.product_id for card in window.search("夏履", now=noon)] == [product_id]
    assert window.search("凉鞋", now=noon) == []


def test_the_index_written_anew_is_the_index_kept_in_step(shelf, noon):
    before = [card.code for card in window.search("手编", now=noon)]

    assert services.reindex(most_at_once=2) == 3
    assert [card.code for card in window.search("手编", now=noon)] == before
