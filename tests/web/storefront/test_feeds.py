from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from lxml import etree

from shop.catalog import services as catalog
from shop.catalog.rules import Supply
from shop.kernel.access import SYSTEM
from tests.builders.catalog import a_product
from tests.builders.stations import a_workshop
from tests.builders.stock import Quantity, a_delivery

G = {"g": "http://base.google.com/ns/1.0"}


def read(visitor, path: str) -> etree._Element:
    response = visitor.client.get(path)
    assert response.status_code == 200
    assert response.headers["Cache-Control"].startswith("public, ")
    assert response.headers["ETag"]
    assert "Set-Cookie" not in response.headers
    return etree.fromstring(response.data)


def items(tree) -> list[dict[str, str]]:
    return [{etree.QName(e).localname: e.text for e in item} for item in tree.iter("item")]


@pytest.fixture
def shelf(in_app, noon):
    """Sandals of which one size lies there, one that is made to order, and one draft."""

    def fill():
        workshop_id = a_workshop()
        sandals = a_product(
            now=noon, workshop_id=workshop_id, title="手编 <凉鞋> & \x0b拖鞋", drawing=None
        )
        a_product(
            now=noon,
            workshop_id=workshop_id,
            code="P-01",
            title="挂件",
            title_en="",
            supply=Supply.MADE_TO_ORDER,
            fen=3000,
        )
        a_product(now=noon, workshop_id=workshop_id, code="D-01", is_on_sale=False)
        first = min(catalog.queries.variants_by_sku(workshop_id, ["S-01-36"]).values())
        a_delivery(
            [Quantity(first, 3, catalog.stations.workshop(workshop_id).station_id)], now=noon
        )
        catalog.second_grade_of(variant_id=first)
        return sandals

    return in_app(fill)


def test_the_product_feed_names_what_can_be_bought_and_nothing_else(shelf, visitor):
    found = items(read(visitor, "/feeds/products.xml?lang=en"))

    assert [(one["mpn"], one["availability"], one["price"]) for one in found] == [
        ("S-01-36", "in_stock", "88.00 CNY"),
        ("S-01-37", "out_of_stock", "88.00 CNY"),
        ("P-01-36", "backorder", "30.00 CNY"),
        ("P-01-37", "backorder", "30.00 CNY"),
    ]
    assert found[0]["title"] == "Hand-woven sandals · 36"
    assert len({one["id"] for one in found}) == 4
    assert found[0]["item_group_id"] == found[1]["item_group_id"]
    assert found[2]["availability_date"].startswith("20")
    assert found[0]["brand"] == "Dengliang Weavers"
    for one in found:
        assert one["link"].endswith("?lang=en")
        visitor.open(one["link"].removeprefix("http://localhost"))
        with visitor.client.get(one["image_link"].removeprefix("http://localhost")) as picture:
            assert picture.status_code == 200


def test_each_language_has_its_own_feed_and_odd_text_stays_text(shelf, visitor):
    (sandals, *_), english = (
        items(read(visitor, f"/feeds/products.xml?lang={lang}")) for lang in ("zh", "en")
    )

    assert sandals["title"] == "手编 <凉鞋> & 拖鞋 · 36"
    assert sandals["link"].endswith("?lang=zh")
    assert english[2]["title"] == "挂件 · 36"


def test_the_newest_goods_are_news_in_both_languages(shelf, visitor, in_app, noon):
    later = noon.replace(hour=9)
    in_app(lambda: a_product(now=later, workshop_id=a_workshop(), code="N-01", title="新鞋"))

    tree = read(visitor, "/feeds/new.xml?lang=zh")

    assert tree.findtext("channel/language") == "zh-Hans"
    found = items(tree)
    assert found[0]["title"] == "新鞋"
    assert parsedate_to_datetime(found[0]["pubDate"]) == later
    assert len(found) == 3
    assert read(visitor, "/feeds/new.xml?lang=en").findtext("channel/language") == "en"


def test_goods_that_leave_the_shop_leave_the_feeds(shelf, visitor, in_app, noon):
    in_app(lambda: catalog.pause(product_id=shelf, actor=SYSTEM, now=noon))

    assert {one["mpn"] for one in items(read(visitor, "/feeds/products.xml"))} == {
        "P-01-36",
        "P-01-37",
    }
    assert [one["title"] for one in items(read(visitor, "/feeds/new.xml?lang=zh"))] == ["挂件"]


@pytest.mark.parametrize("path", ["/feeds/products.xml", "/feeds/new.xml"])
def test_a_feed_is_sent_again_only_when_something_in_it_has_changed(
    shelf, visitor, in_app, noon, path
):
    first = visitor.client.get(path).headers["ETag"]
    english = visitor.client.get(f"{path}?lang=en").headers["ETag"]
    again = visitor.client.get(path, headers={"If-None-Match": first})
    assert (again.status_code, again.data, english == first) == (304, b"", False)

    in_app(lambda: catalog.pause(product_id=shelf, actor=SYSTEM, now=noon))

    changed = visitor.client.get(path, headers={"If-None-Match": first})
    assert changed.status_code == 200
    assert "凉鞋".encode() not in changed.data


def test_a_feed_is_a_few_statements_however_many_goods_there_are(shelf, visitor, in_app, noon):
    visitor.open("/feeds/products.xml", most=14)
    for number in range(8):
        in_app(lambda code=f"M-{number}": a_product(now=noon, workshop_id=a_workshop(), code=code))
    visitor.open("/feeds/products.xml", most=14)
    assert len(items(read(visitor, "/feeds/products.xml"))) == 20
