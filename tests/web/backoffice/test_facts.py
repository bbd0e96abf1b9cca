from __future__ import annotations

import pytest

from shop.accounts.rules import Role
from shop.catalog import queries as catalog
from tests.builders.orders import some_goods


@pytest.fixture
def goods(in_app):
    return in_app(some_goods)


@pytest.fixture
def facts_page(in_app, goods):
    return f"/desk/goods/{in_app(catalog.listing_name, goods.product_id)}/facts"


def test_measures_are_noted_at_the_desk_and_stand_on_the_page(
    worker, visitor, in_app, goods, facts_page
):
    social_worker = worker(Role.SOCIAL_WORKER)
    social_worker.send(facts_page, {"length_mm": "120", "width_mm": "60", "weight_g": "20"})
    social_worker.send(facts_page, {"length_mm": "-1"}, status=422)

    slug = in_app(catalog.covers, [goods.product_id])[goods.product_id].slug
    assert "12 × 6 cm" in visitor.open(f"/goods/{slug}").get_data(as_text=True)


def test_a_listing_moves_and_its_old_address_leads_to_it(
    worker, visitor, in_app, goods, facts_page
):
    old = in_app(catalog.covers, [goods.product_id])[goods.product_id].slug
    social_worker = worker(Role.SOCIAL_WORKER)
    address = facts_page.replace("/facts", "/address")

    social_worker.send(address, {"slug": "Not An Address"}, via=facts_page, status=422)
    social_worker.send(address, {"slug": "village-sandals"}, via=facts_page)

    assert visitor.open(f"/goods/{old}", status=301).location == "/goods/village-sandals"
    assert "village-sandals" in visitor.open("/goods").get_data(as_text=True)
