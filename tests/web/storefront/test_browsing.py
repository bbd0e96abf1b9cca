from __future__ import annotations

import pytest

from shop.catalog import queries as catalog
from shop.catalog import services as catalog_services
from shop.catalog.services import ProductTexts
from shop.kernel.access import SYSTEM
from shop.stations import services as stations
from shop.stations.models import ConsentPurpose
from tests.builders.orders import some_goods

PAGES = [
    "/",
    "/goods",
    "/goods?when=ready",
    "/goods?category=nothing",
    "/search?q=凉鞋",
    "/search?q=nothing-like-it",
    "/search",
    "/workshops",
    "/workshops/dengliang",
    "/experiences",
    "/experiences/weave-a-pendant",
    "/cart",
    "/orders",
    "/rules",
]


def in_language(page: str, lang: str) -> str:
    return f"{page}{'&' if '?' in page else '?'}lang={lang}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_an_empty_house_opens_in_both_languages(visitor, lang):
    for page in PAGES:
        is_missing = page.startswith(("/workshops/", "/experiences/"))
        visitor.open(in_language(page, lang), status=404 if is_missing else 200, most=8)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_a_stocked_house_takes_few_statements_and_writes_nothing(
    market, visitor, lang
):
    reads = ("SELECT", "WITH", "PRAGMA", "BEGIN")
    for page in PAGES:
        visitor.open(in_language(page, lang), most=10)
        assert [s for s in visitor.statements if not s.lstrip().upper().startswith(reads)] == []


def the_slug(in_app, goods) -> str:
    return in_app(catalog.covers, [goods.product_id])[goods.product_id].slug


def test_a_product_says_what_it_costs_when_it_leaves_who_made_it_and_who_sells(
    market, visitor, in_app
):
    page = visitor.open(f"/goods/{the_slug(in_app, market.sandals)}", most=13)
    text = page.get_data(as_text=True)

    assert "88.00" in text
    assert "46.20" in text
    assert "7月23日" in text
    assert "王秀兰" in text
    assert "城口县灯梁手工专业合作社" in text
    english = visitor.open(f"/goods/{the_slug(in_app, market.sandals)}?lang=en")
    assert "Wang Xiulan" in english.get_data(as_text=True)
    assert "23 July" in english.get_data(as_text=True)


def test_a_withdrawn_consent_hides_her_name_at_once(market, visitor, in_app):
    slug = the_slug(in_app, market.sandals)
    assert "王秀兰" in visitor.open(f"/goods/{slug}").get_data(as_text=True)

    in_app(
        stations.withdraw_consent,
        member_id=market.maker_id,
        purpose=ConsentPurpose.NAME,
        actor=SYSTEM,
        now=market.now,
    )

    for page in (f"/goods/{slug}", "/goods", "/", "/workshops/dengliang", "/search?q=凉鞋"):
        assert "王秀兰" not in visitor.open(page).get_data(as_text=True)


def test_words_typed_by_people_are_shown_as_words(market, visitor, in_app):
    slug = the_slug(in_app, market.sandals)
    in_app(
        catalog_services.update_texts,
        product_id=market.sandals.product_id,
        texts=ProductTexts(title='<script>alert("鞋")</script>', summary="<b>粗</b>"),
        actor=SYSTEM,
        now=market.now,
    )

    for page in (f"/goods/{slug}", "/goods", "/search?q=鞋"):
        text = visitor.open(page).get_data(as_text=True)
        assert "<script>alert" not in text
        assert "<b>粗" not in text
        assert "&lt;script&gt;" in text


def test_what_is_gone_is_told_and_cannot_be_put_into_the_cart(market, visitor, in_app):
    gone = in_app(some_goods, workshop_id=market.sandals.workshop_id, pieces=0)

    text = visitor.open(f"/goods/{the_slug(in_app, gone)}").get_data(as_text=True)

    assert 'name="variant"' not in text
    assert "刚刚售完" in text


def test_a_paused_product_has_no_page(market, visitor, in_app):
    slug = the_slug(in_app, market.sandals)
    in_app(
        catalog_services.pause,
        product_id=market.sandals.product_id,
        actor=SYSTEM,
        now=market.now,
    )

    visitor.open(f"/goods/{slug}", status=404)
    assert "手编凉鞋" not in visitor.open("/goods").get_data(as_text=True)


def test_a_long_list_goes_on_after_its_last_card(market, visitor, in_app):
    for _ in range(25):
        in_app(some_goods, workshop_id=market.sandals.workshop_id)

    first = visitor.open("/goods").get_data(as_text=True)
    assert first.count("card-product") == 24
    after = first.split("after=")[1].split('"')[0]
    second = visitor.open(f"/goods?after={after}").get_data(as_text=True)
    assert second.count("card-product") == 3
    assert visitor.open("/goods?after=1;DROP").get_data(as_text=True).count("card-product") == 24


@pytest.mark.parametrize("query", ["凉鞋", "sandals", "杯垫", "茨竹"])
def test_goods_are_found_in_both_languages(market, visitor, query):
    text = visitor.open(f"/search?q={query}", most=8).get_data(as_text=True)

    assert text.count("card-product") == 1


def test_a_search_also_finds_what_can_be_learned(market, visitor):
    assert "/experiences/weave-a-pendant" in visitor.open("/search?q=pendant").get_data(
        as_text=True
    )


def test_what_is_not_there_is_answered_as_not_there(market, visitor):
    for address in (
        "/goods/%00",
        "/goods/nothing",
        "/goods?category=%00",
        "/search?q=a%00b",
        "/workshops/%00",
        "/experiences/nothing",
        "/bookings/%00",
        "/bookings/AAAAAAAA",
    ):
        visitor.open(address, status=404)


def test_a_cart_cookie_that_is_no_token_is_an_empty_cart(market, visitor):
    visitor.client.set_cookie("cart", '"\\000x"')

    assert "cart-line" not in visitor.open("/cart").get_data(as_text=True)
