"""Guessing is slow: the real server counts tries, and several servers count together."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
import redis

from tests.builders.serving import Browser, Server, a_server, a_stocked_folder, hidden

REDIS = os.environ.get("SHOP_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
NEEDS_SERVICES = os.environ.get("SHOP_TEST_REQUIRE_SERVICES") == "1"
TRIES_BY_NAME = 5
TRIES_OF_CODES = 8
QUESTIONS_A_MINUTE = 4
WORDS = {
    "zh-CN": ("尝试次数太多", "等几分钟再试"),
    "en": ("That was tried too often. Nothing was changed.", "Wait a few minutes and try again."),
}


def _redis_answers() -> bool:
    try:
        with redis.from_url(REDIS, socket_connect_timeout=2) as one:
            return bool(one.ping())
    except redis.exceptions.ConnectionError:
        return False


# Two servers share a count only over Redis: without one there is nothing to share.
STORES = [pytest.param(REDIS, marks=pytest.mark.redis, id="redis")]
if not (_redis_answers() or NEEDS_SERVICES):
    STORES = []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return a_stocked_folder(tmp_path_factory.mktemp("limits"))


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory) -> Iterator[Server]:
    with a_server(folder.copy(tmp_path_factory.mktemp("one") / "data"), SHOP_ENV="demo") as one:
        yield one


def _forget_counts(url: str) -> None:
    with redis.from_url(url) as store:
        for key in store.scan_iter("LIMITS*"):
            store.delete(key)


@pytest.fixture(params=STORES)
def pair(request, folder, tmp_path) -> Iterator[tuple[Server, Server]]:
    _forget_counts(request.param)
    settings = {"SHOP_ENV": "demo", "SHOP_REDIS_URL": request.param}
    with (
        a_server(folder.copy(tmp_path / "a"), **settings) as first,
        a_server(folder.copy(tmp_path / "b"), **settings) as second,
    ):
        yield first, second
    _forget_counts(request.param)


def try_to_sign_in(server: Server, login: str, *, language: str = "zh-CN") -> tuple[int, str]:
    browser = Browser(server.port, language=language)
    form = hidden(browser.open("/sign-in"))
    page = browser.send("/sign-in", {**form, "login": login, "password": "a wrong guess"})
    return browser.status, page


def look_up(server: Server, *, language: str = "zh-CN") -> tuple[int, str]:
    browser = Browser(server.port, language=language)
    form = hidden(browser.open("/orders"))
    page = browser.send("/orders", {**form, "phone": "13800001111", "code": "000000"})
    return browser.status, page


def a_name() -> str:
    return f"guess{uuid.uuid4().hex[:12]}"


def test_guessing_a_password_ends_in_a_page_that_says_so(server):
    login = a_name()
    statuses = [try_to_sign_in(server, login)[0] for _ in range(TRIES_BY_NAME)]
    assert set(statuses) == {422}
    for language, words in WORDS.items():
        status, page = try_to_sign_in(server, login, language=language)
        assert status == 429
        assert all(word in page for word in words), page
    # Somebody else at the same counter is still let try.
    assert try_to_sign_in(server, a_name())[0] == 422


def test_guessing_the_code_of_an_order_ends_in_a_page_that_says_so(server):
    statuses = [look_up(server)[0] for _ in range(TRIES_OF_CODES)]
    assert set(statuses) == {422}
    for language, words in WORDS.items():
        status, page = look_up(server, language=language)
        assert status == 429
        assert all(word in page for word in words), page
    assert Browser(server.port).open("/orders")  # looking at the form is no try


def test_asking_about_goods_over_and_over_ends_in_a_page_that_says_so(server, folder):
    def ask(*, language: str = "zh-CN") -> tuple[int, str]:
        browser = Browser(server.port, language=language)
        form = hidden(browser.open(f"{folder.page}/questions"))
        page = browser.send(f"{folder.page}/questions", {**form, "text": "脚背高能穿吗？"})
        return browser.status, page

    assert {ask()[0] for _ in range(QUESTIONS_A_MINUTE)} == {200}
    for language, words in WORDS.items():
        status, page = ask(language=language)
        assert status == 429
        assert all(word in page for word in words), page
    assert Browser(server.port).open(f"{folder.page}/questions")  # reading is no asking


def test_two_servers_count_tries_together(pair):
    first, second = pair
    login = a_name()
    tries = [first, second, first, second, first]
    assert [try_to_sign_in(one, login)[0] for one in tries] == [422] * TRIES_BY_NAME
    assert [try_to_sign_in(one, login)[0] for one in pair] == [429, 429]

    assert [look_up(pair[n % 2])[0] for n in range(TRIES_OF_CODES)] == [422] * TRIES_OF_CODES
    assert [look_up(one)[0] for one in pair] == [429, 429]
