from __future__ import annotations

import json
import re

import pytest

from shop.catalog import queries as catalog
from shop.catalog import services as catalog_services
from shop.catalog.page import Measures
from shop.catalog.rules import Supply
from shop.catalog.services import ProductFacts
from shop.kernel.access import SYSTEM
from shop.stations import services as stations
from shop.stations.rules import ConsentPurpose
from shop.web.storefront.sizes import measures_said, size_guide
from tests.builders.orders import let_wish, some_goods

OWN = 4  # BEGIN on SQLite, the page, other works, what buyers say


@pytest.fixture
def slug_of(in_app):
    def find(goods) -> str:
        return in_app(catalog.covers, [goods.product_id])[goods.product_id].slug

    return find


def words(response) -> str:
    return response.get_data(as_text=True)


def test_a_page_with_everything_on_it_takes_three_statements_and_writes_nothing(
    market, visitor, in_app, slug_of
):
    made = in_app(some_goods, workshop_id=market.sandals.workshop_id, supply=Supply.MADE_TO_ORDER)
    in_app(let_wish, made)

    for goods in (market.sandals, market.coasters, made):
        visitor.open(f"/goods/{slug_of(goods)}", most=OWN)
        assert {s.split()[0].upper() for s in visitor.statements} <= {"BEGIN", "SELECT"}


def test_what_machines_read_is_what_the_page_says(market, visitor, slug_of):
    text = words(visitor.open(f"/goods/{slug_of(market.sandals)}?lang=en"))

    graph = json.loads(re.search(r'ld\+json">(.*?)</script>', text)[1])["@graph"]
    product = next(thing for thing in graph if thing["@type"] == "Product")
    assert product["name"] == "Hand-woven sandals"
    assert product["creator"]["name"] == "Wang Xiulan"
    assert (product["offers"]["price"], product["offers"]["availability"]) == (
        "88.00",
        "https://schema.org/InStock",
    )
    assert '<meta property="og:type" content="product">' in text


def test_a_withdrawn_story_and_village_leave_the_page_and_what_machines_read(
    market, visitor, in_app, slug_of
):
    for purpose in (ConsentPurpose.NAME, ConsentPurpose.VILLAGE):
        in_app(
            stations.withdraw_consent,
            member_id=market.maker_id,
            purpose=purpose,
            actor=SYSTEM,
            now=market.now,
        )

    text = words(visitor.open(f"/goods/{slug_of(market.sandals)}"))
    assert "王秀兰" not in text
    assert "001 号成员手编" in text


def test_a_renamed_product_is_found_under_every_address_it_ever_had(
    market, visitor, in_app, slug_of
):
    first = slug_of(market.sandals)
    rename = {"product_id": market.sandals.product_id, "actor": SYSTEM, "now": market.now}
    in_app(catalog_services.rename, slug="summer-sandals", **rename)
    in_app(catalog_services.rename, slug="village-sandals", **rename)

    for old in (first, "summer-sandals"):
        answer = visitor.open(f"/goods/{old}?lang=en", status=301)
        assert answer.location == "/goods/village-sandals?lang=en"
    visitor.open("/goods/village-sandals")
    # Back again: the address is hers, and leads nowhere else.
    in_app(catalog_services.rename, slug=first, **rename)
    visitor.open(f"/goods/{first}")
    visitor.open("/goods/village-sandals", status=301)
    with pytest.raises(catalog_services.SlugTaken):
        in_app(
            catalog_services.rename,
            product_id=market.coasters.product_id,
            slug="summer-sandals",
            actor=SYSTEM,
            now=market.now,
        )


@pytest.mark.parametrize("slug", ["", "a", "Ab-c", "a--b", "-ab", "凉鞋", "a/b", "a" * 101])
def test_an_address_that_nobody_can_type_is_refused(market, in_app, slug):
    with pytest.raises(catalog_services.BadSlug):
        in_app(
            catalog_services.rename,
            product_id=market.sandals.product_id,
            slug=slug,
            actor=SYSTEM,
            now=market.now,
        )


@pytest.mark.parametrize(
    "address",
    ["/goods/hand-woven-sandal", "/goods/杯垫", "/goods/no-such-thing", "/goods/%E2%80%AE"],
)
def test_an_unknown_address_answers_404_and_shows_what_comes_near(market, visitor, address):
    text = words(visitor.open(address, status=404))

    assert "card-product" in text
    assert "noindex" in text


def test_one_of_a_kind_is_bought_once_and_says_so(market, visitor, in_app, slug_of):
    only = in_app(some_goods, workshop_id=market.sandals.workshop_id, pieces=1)
    in_app(
        catalog_services.set_facts,
        product_id=only.product_id,
        facts=ProductFacts(length_mm=120, width_mm=65, is_one_of_a_kind=True),
        actor=SYSTEM,
        now=market.now,
    )
    address = f"/goods/{slug_of(only)}"

    text = words(visitor.open(address))
    assert "只此一件" in text
    assert "12 × 6.5 cm" in text
    assert 'type="number"' not in text
    variant = re.search(r'name="variant" value="([^"]+)"', text)[1]
    visitor.send(address, {"variant": variant, "quantity": "7"}, status=303)
    assert re.search(r'name="quantity" value="1"', words(visitor.open("/cart")))


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        (Measures(0, 0, 0, 0), ("", "")),
        (Measures(120, 65, 0, 18), ("12 × 6.5 cm (4.7 × 2.6 in)", "18 g (0.6 oz)")),
        (Measures(600, 400, 10, 0), ("60 × 40 × 1 cm (23.6 × 15.7 × 0.4 in)", "")),
    ],
)
def test_measures_are_said_in_both_systems(measures, said):
    assert measures_said(measures) == said


def test_the_size_guide_knows_grown_up_feet_from_childrens_and_bags_from_feet():
    grown = size_guide("footwear", ["36", "39", "one"])
    small = size_guide("footwear", ["26", "30"])

    assert grown is not None
    assert [row[0] for row in grown.rows] == ["35", "36", "37", "38", "39", "40"]
    assert ("38", "24", "7½", "–") in grown.rows
    assert small is not None
    assert small.is_for_children
    assert ("30", "18.7", "12½") in small.rows
    assert size_guide("home", ["45"]) is None
    assert size_guide("footwear", ["S", "M"]) is None
