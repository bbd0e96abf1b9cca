"""What the whole order of a new visitor costs in SQL, from the product's page to the payment."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shop.catalog import queries as catalog
from tests.counting import counted
from tests.web.storefront.test_buying import ADDRESS, hidden

# speed.md P12; of it: putting into the cart, the cart, checkout, the order. BEGIN is not counted.
MOST = 30


class Path:
    """A new visitor's order, each answer with what it asked the database."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.asked: dict[str, list[str]] = {}

    def take(self, step: str, ask: Callable[..., TestResponse], *args: Any, **kwargs: Any):
        with counted(self.app) as count:
            answer = ask(*args, **kwargs)
        self.asked[step] = count.statements
        return answer


@pytest.fixture
def ordered(market, in_app, fresh_app):
    def order() -> Path:
        path = Path(fresh_app)
        slug = in_app(catalog.covers, [market.sandals.product_id])[market.sandals.product_id].slug
        variant = in_app(catalog.variants_of, market.sandals.product_id)[0].public_id
        goods = f"/goods/{slug}"
        from_here = {"Sec-Fetch-Site": "same-origin"}
        put = path.take(
            "put",
            path.client.post,
            goods,
            data={"variant": variant, "quantity": "1"},
            headers=from_here,
        )
        assert put.status_code == 303
        path.take("cart", path.client.get, "/cart")
        page = path.take("checkout", path.client.get, "/checkout")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))[1]
        form = hidden(page, "key", "total_sent", "total_fetched") | ADDRESS
        done = path.take("order", path.client.post, "/checkout", data=form | {"csrf_token": token})
        assert done.status_code == 303
        return path

    return order


def test_a_whole_order_of_a_new_visitor_takes_at_most_thirty_statements(ordered):
    ordered()  # what is asked once for each process is asked
    asked = ordered().asked

    told = {step: len(statements) for step, statements in asked.items()}
    said = [f"{step}: {statement}" for step, them in asked.items() for statement in them]
    assert sum(told.values()) <= MOST, "\n".join([str(told), *said])
