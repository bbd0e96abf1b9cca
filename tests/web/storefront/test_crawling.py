import json
import re

import pytest
from lxml import etree

from shop.kernel.money import Money
from shop.web import linked_data

NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "x": "http://www.w3.org/1999/xhtml",
}


def locations(response) -> list[str]:
    assert response.mimetype == "application/xml"
    return etree.fromstring(response.data).xpath("//s:loc/text()", namespaces=NAMES)


def test_sitemaps_name_every_page_in_both_languages_and_nothing_private(market, visitor):
    files = locations(visitor.client.get("/sitemap.xml"))
    assert [file.rsplit("/", 1)[1] for file in files] == ["pages.xml", "goods-0.xml"]

    pages = locations(visitor.client.get("/sitemaps/pages.xml"))
    goods = visitor.client.get("/sitemaps/goods-0.xml")

    paths = {page.removeprefix("http://localhost") for page in pages}
    assert paths >= {"/", "/goods", "/workshops/dengliang", "/experiences/weave-a-pendant"}
    assert len(locations(goods)) == 2
    tree = etree.fromstring(goods.data)
    alternates = tree.xpath("//x:link/@hreflang", namespaces=NAMES)
    assert alternates == ["zh-Hans", "en"] * 2
    for address in [*locations(goods), *pages]:
        visitor.open(address.removeprefix("http://localhost"))


def test_a_sitemap_beyond_the_last_product_is_not_there(market, visitor):
    assert visitor.client.get("/sitemaps/goods-1.xml").status_code == 404


def test_robots_know_the_sitemap_and_stay_out_of_what_is_personal(visitor):
    text = visitor.client.get("/robots.txt").get_data(as_text=True)
    assert "Sitemap: http://localhost/sitemap.xml" in text
    assert "Disallow: /orders" in text


def test_the_manifest_names_icons_that_are_there(visitor):
    manifest = visitor.client.get("/manifest.webmanifest").get_json(force=True)
    assert manifest["short_name"] == "灯梁"
    for icon in manifest["icons"]:
        with visitor.client.get(icon["src"]) as response:
            assert response.mimetype == "image/png"


def said(page: str) -> list[dict]:
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert block, "no data block"
    return json.loads(block[1])["@graph"]


def test_an_experience_tells_machines_its_next_dates_as_it_tells_people(market, visitor):
    page = visitor.open("/experiences/weave-a-pendant").get_data(as_text=True)

    event = next(thing for thing in said(page) if thing["@type"] == "Event")

    assert event["startDate"] == "2026-07-25T12:00:00+08:00"
    assert event["offers"]["price"] == "68.00"
    assert event["remainingAttendeeCapacity"] == 12


@pytest.mark.parametrize("accepts", ["zh-CN", "en-US"])
@pytest.mark.parametrize("ending", ["", "?lang=zh", "?lang=en"])
def test_every_address_of_a_page_names_itself_and_the_others(market, visitor, accepts, ending):
    address = f"/workshops/dengliang{ending}"
    page = visitor.open(address, headers={"Accept-Language": accepts}).get_data(as_text=True)

    canonical = re.search(r'rel="canonical" href="([^"]+)"', page)[1]

    assert canonical == f"http://localhost{address}"
    assert page.count('rel="alternate" hreflang=') == 3


def test_the_languages_of_a_narrowed_list_keep_what_narrows_it(market, visitor):
    page = visitor.open("/goods?category=home").get_data(as_text=True)

    assert 'hreflang="en" href="http://localhost/goods?category=home&amp;lang=en"' in page


def test_no_text_can_leave_the_data_block():
    block = str(linked_data.as_script([{"name": "</script><b onload=x>&\u2028"}]))

    assert block.count("<") == 2
    assert json.loads(re.search(r">(.*)<", block)[1])["@graph"] == [
        {"name": "</script><b onload=x>&\u2028"}
    ]


def test_an_average_is_only_told_where_somebody_has_written_a_review():
    seller = linked_data.Seller(name="S", locality="L", address="A")
    offers = [
        linked_data.offer(address="a", price=Money(fen), availability="ready", seller=seller)
        for fen in (8800, 9900)
    ]
    facts = {
        "address": "a",
        "name": "n",
        "description": "",
        "images": [],
        "sku": "S-01",
        "material": "",
        "category": "",
        "offers": offers,
    }

    silent = linked_data.product(**facts, rating=(0.0, 0))
    rated = linked_data.product(**facts, rating=(4.66, 3))

    assert "aggregateRating" not in silent
    assert rated["aggregateRating"]["ratingValue"] == "4.7"
    assert (silent["offers"]["lowPrice"], silent["offers"]["highPrice"]) == ("88.00", "99.00")
