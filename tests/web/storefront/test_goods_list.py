from __future__ import annotations

import re
from urllib.parse import quote

import html5lib
import pytest

from shop.catalog import services as catalog
from shop.catalog.lists import Sort, Wish
from shop.catalog.services import ProductTexts
from shop.kernel.access import SYSTEM
from shop.web.storefront.wishes import address, span_of, span_text, typed_span, values_of, wish_of
from tests.builders.catalog import many_products
from tests.builders.orders import some_goods

ABSURD = [
    "page=1000000000",
    "price=-5-10",
    "price=１０-２０",
    "price=99999999999-1",
    "price=-",
    "price=1e9-",
    "min=-3&max=abc",
    "category=%F0%9F%98%80&craft=%E2%80%AE%D9%85%D8%B1%D8%AD%D8%A8%D8%A7",
    "place=%D9%A1%D9%A2%D9%A3&workshop=<script>alert(1)</script>",
    "sort=drop%20table&when=yesterday",
    "after=1-2-3&before=",
    "after=999999999999999999-999999999",
    "before=0-0",
    f"material={'x' * 10_000}",
    "category=footwear&category=home&category=",
    f"place={'9' * 12}&craft='%20OR%201=1--",
]


@pytest.fixture
def stocked(market, in_app):
    in_app(many_products, 70, now=market.now)
    return market


def page_of(visitor, path):
    response = visitor.open(path, most=4)
    return html5lib.parse(response.get_data(as_text=True), namespaceHTMLElements=False)


def said(element):
    return " ".join("".join(element.itertext()).split())


def total_of(page):
    return int(
        next(re.search(r"\d+", said(p))[0] for p in page.iter("p") if "data-swap-total" in p.attrib)
    )


def choices_of(page):
    """Return address and number of every value that can be chosen on a page."""
    for link in page.iter("a"):
        numbers = [one for one in link.iter("span") if one.get("class") == "facet-number"]
        if numbers and link.get("aria-current") is None:
            yield link.get("href"), int(said(numbers[0]))


@pytest.mark.parametrize(
    "path", ["/goods", "/goods?category=home&when=ready", "/goods?price=30-59.99&material=ramie"]
)
def test_every_number_on_the_page_is_what_its_link_shows(stocked, visitor, path):
    choices = list(choices_of(page_of(visitor, path)))

    assert len(choices) > 8
    for href, number in choices:
        assert total_of(page_of(visitor, href)) == number, href


@pytest.mark.parametrize("query", ABSURD)
def test_an_absurd_address_is_a_friendly_page(market, visitor, query):
    answer = visitor.client.get(f"/goods?{query}", follow_redirects=True)

    assert answer.status_code == 200
    assert "<script>alert" not in answer.get_data(as_text=True)


def test_the_price_boxes_become_one_canonical_address(market, visitor):
    sent = visitor.open("/goods?sort=price&max=60&min=&category=home", status=303)
    assert sent.headers["Location"] == "/goods?category=home&price=-60&sort=price"
    assert visitor.open("/goods?min=x&max=", status=303).headers["Location"] == "/goods"

    page = page_of(visitor, "/goods?sort=price&utm=1&price=60-30&category=home&when=never")
    canonical = next(one.get("href") for one in page.iter("link") if one.get("rel") == "canonical")
    assert canonical.endswith("/goods?category=home&price=30-60&sort=price")


def test_one_pages_forth_and_back_and_to_the_beginning(stocked, visitor):
    def step(page, rel):
        found = [a.get("href") for a in page.iter("a") if a.get("rel") == rel]
        return found[0] if found else None

    def titles(page):
        return [said(one) for one in page.iter("h3") if one.get("class") == "card-title"]

    first = page_of(visitor, "/goods?sort=price")
    second = page_of(visitor, step(first, "next"))
    third = page_of(visitor, step(second, "next"))
    assert step(first, "prev") is None
    assert step(third, "next") is None
    assert [len(titles(page)) for page in (first, second, third)] == [24, 24, 24]
    assert titles(page_of(visitor, step(third, "prev"))) == titles(second)
    assert titles(page_of(visitor, step(second, "prev"))) == titles(first)
    beyond = visitor.open("/goods?sort=price&after=99999999-1", most=4).get_data(as_text=True)
    assert "到底了" in beyond


def test_what_is_chosen_is_taken_off_with_one_press(stocked, visitor):
    page = page_of(visitor, "/goods?craft=crochet&when=ready&lang=en")
    chips = {said(a): a.get("href") for a in page.iter("a") if a.get("class") == "chip"}

    assert chips == {
        "Remove: Ready now": "/goods?craft=crochet",
        "Remove: Crochet": "/goods?when=ready",
    }


def test_an_empty_list_teaches_the_next_step(market, visitor):
    nothing = visitor.open("/goods?material=silk&craft=nothing").get_data(as_text=True)

    assert "没有全都符合的" in nothing
    assert 'href="/goods?craft=nothing"' in nothing
    assert "<title>商品" in nothing


def test_odd_words_stay_inside_their_card(market, visitor, in_app):
    odd = "<b>\u202e😀&" + "长" * 150
    goods = in_app(some_goods)
    in_app(
        catalog.update_texts,
        product_id=goods.product_id, texts=ProductTexts(title=odd), actor=SYSTEM, now=market.now,
    )  # fmt: skip

    text = visitor.open("/goods").get_data(as_text=True)
    assert "&lt;b&gt;\u202e😀&amp;长" in text
    assert "<b>\u202e" not in text


def test_an_address_says_a_wish_in_one_way():
    wish = Wish(category="home", low=3000, high=5999, craft="a b", supply="ready", sort=Sort.SOON)
    text = address(values_of(wish))

    assert text == "/goods?category=home&when=ready&price=30-59.99&craft=a%20b&sort=soon"
    args = dict(part.split("=") for part in text.replace("%20", " ").partition("?")[2].split("&"))
    assert wish_of(args) == wish
    assert address(values_of(wish), craft="", price="", sort="") == (
        "/goods?category=home&when=ready"
    )
    assert address({}) == "/goods"
    assert quote("😀") in address({"category": "😀"})


@pytest.mark.parametrize(
    ("text", "span", "again"),
    [
        ("30-60", (3000, 6000), "30-60"),
        ("-29.99", (None, 2999), "-29.99"),
        ("200-", (20000, None), "200-"),
        ("60-30", (3000, 6000), "30-60"),
        ("0-0", (0, 0), "0-0"),
        ("1.5-2", (150, 200), "1.50-2"),
        ("30", (None, None), ""),
        ("--", (None, None), ""),
        ("1.234-2", (None, None), ""),
        ("1234567890-", (None, None), ""),
    ],
)
def test_a_span_of_prices_is_read_with_patience(text, span, again):
    assert span_of(text) == span
    assert span_text(*span) == again


def test_what_is_typed_into_the_boxes_may_carry_a_sign():
    assert typed_span(" ¥30 ", "￥60.5") == "30-60.5"
    assert typed_span("", "x") == ""
