from __future__ import annotations

import os
from dataclasses import replace

import pytest
import redis

from shop.web.page_store import BESIDES_BODY, InProcess, InRedis, Kept, Key

REDIS = os.environ.get("SHOP_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
NEEDS_SERVICES = os.environ.get("SHOP_TEST_REQUIRE_SERVICES") == "1"

A_PAGE = Kept(b"x" * 3000, "e", (), ("goods",), 1, 9e9)


def a_key(path: str, query: str = "") -> Key:
    return Key(host="http://h", path=path, query=query, language="zh", elder=False)


def is_there(store: InProcess, key: Key) -> bool:
    return store.find(key, lambda page: True) is not None


def test_a_flood_of_questions_takes_bounded_room_and_no_place_of_other_pages():
    store = InProcess(1024 * 1024)
    for path in ("/", "/goods"):
        store.put(a_key(path), A_PAGE)
        assert is_there(store, a_key(path))
    store.put(a_key("/goods", "when=ready"), A_PAGE)
    assert is_there(store, a_key("/goods", "when=ready"))
    for number in range(5000):
        store.put(a_key("/search", f"q={number}"), A_PAGE)
        store.put(a_key(f"/goods/{number}"), A_PAGE)

    assert all(is_there(store, a_key(path)) for path in ("/", "/goods"))
    assert is_there(store, a_key("/goods", "when=ready"))
    assert not is_there(store, a_key("/search", "q=7"))
    for shelf in (store._plain, store._asked):
        pages = [*shelf._waiting.values(), *shelf._staying.values()]
        assert sum(len(p.body) + BESIDES_BODY for p in pages) == shelf._bytes <= shelf._most
        staying = sum(len(p.body) + BESIDES_BODY for p in shelf._staying.values())
        assert shelf._bytes_staying == staying


def test_pages_that_are_asked_for_again_and_again_make_room_for_each_other():
    store = InProcess(64 * 1024)
    for number in range(100):
        store.put(a_key(f"/{number}"), A_PAGE)
        assert is_there(store, a_key(f"/{number}"))
        store.put(a_key(f"/{number}"), replace(A_PAGE, body=b"y" * (3000 + number)))
    shelf = store._plain
    assert is_there(store, a_key("/99"))
    assert not is_there(store, a_key("/3"))
    pages = [*shelf._waiting.values(), *shelf._staying.values()]
    assert sum(len(p.body) + BESIDES_BODY for p in pages) == shelf._bytes <= shelf._most
    store.put(a_key("/too-large"), replace(A_PAGE, body=b"z" * 60_000))
    assert not is_there(store, a_key("/too-large"))


def test_a_page_that_is_not_good_is_not_found():
    store = InProcess(64 * 1024)
    store.put(a_key("/"), A_PAGE)
    assert store.find(a_key("/"), lambda page: page.total == 2) is None


def _redis_answers() -> bool:
    try:
        with redis.from_url(REDIS, socket_connect_timeout=2) as one:
            return bool(one.ping())
    except redis.exceptions.ConnectionError:
        return False


needs_redis = pytest.mark.skipif(
    not (_redis_answers() or NEEDS_SERVICES), reason="no Redis answers"
)


@needs_redis
@pytest.mark.redis
def test_redis_keeps_a_bounded_number_of_pages(monkeypatch):
    store = InRedis(REDIS, house="a small house of the tests", near=InProcess(1))
    monkeypatch.setattr(InRedis, "MOST_ASKED", 5)
    monkeypatch.setattr(InRedis, "MOST_PAGES", 5)
    try:
        store.put(a_key("/"), A_PAGE)
        for number in range(20):
            store.put(a_key("/search", f"q={number}"), A_PAGE)
        there = [n for n in range(20) if store.find(a_key("/search", f"q={n}"), lambda p: True)]
        assert there == [15, 16, 17, 18, 19]
        assert store.find(a_key("/"), lambda p: True) == A_PAGE
    finally:
        store.forget()
    assert list(store._redis.scan_iter("pages:a small house*")) == []
