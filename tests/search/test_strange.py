from __future__ import annotations

from urllib.parse import quote

import pytest

from shop.kernel.db import db, transaction
from shop.search import queries, services
from tests.search import judged, strange

# 100,000 of them: bench/strange_queries.py.
A_SLICE = 800


@pytest.fixture
def shop(app):
    with transaction():
        services.put_goods(piece.facts for piece in judged.pieces()[::8])
    db.session.rollback()
    return app


def test_nothing_that_can_be_typed_breaks_the_search(shop):
    for query in strange.queries(A_SLICE, seed=1):
        queries.find(query)
        queries.suggest(query)


def test_nothing_that_can_stand_in_an_address_breaks_the_pages(fresh_app):
    visitor = fresh_app.test_client()
    for query in strange.queries(60, seed=2):
        # Halves of characters come as bytes that are no UTF-8.
        typed = quote(query[:2000].encode("utf-8", "surrogatepass"))
        for page in ("/search", "/search/suggest"):
            assert visitor.get(f"{page}?q={typed}").status_code in {200, 404}
    for page in ("0", "-1", "1000000000", "1" * 400, "x", "2"):
        assert visitor.get(f"/search?q=鞋&page={page}").status_code == 404
