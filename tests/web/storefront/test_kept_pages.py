from __future__ import annotations

import gzip
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from flask import Flask, request, session
from werkzeug.test import EnvironBuilder, TestResponse

from shop.accounts.rules import Role
from shop.bookings import services as bookings
from shop.bookings.rules import Party
from shop.catalog import queries as catalog
from shop.catalog import services as catalog_services
from shop.catalog.models import Product
from shop.catalog.services import ProductTexts
from shop.freshness import GOODS
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.stations import services as stations
from shop.stations.models import ConsentPurpose
from shop.stock import services as stock
from shop.web import kept_pages
from shop.web.access import SIGN_IN_KEY, public
from shop.web.kept_pages import Keeping, kept
from shop.web.page_store import InProcess, InRedis, Key
from tests.builders.accounts import an_actor
from tests.builders.catalog import a_split
from tests.builders.villages import a_token
from tests.conftest import a_test_app

REDIS = os.environ.get("SHOP_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
NEEDS_SERVICES = os.environ.get("SHOP_TEST_REQUIRE_SERVICES") == "1"
QUARTER = timedelta(minutes=15)


class Asker:
    """Whoever asks the house for pages, and sees whether they were rendered for it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.rendered = 0

    def open(self, path: str, **headers: str) -> TestResponse:
        front = self.app.extensions["kept_pages"]
        inner = front._inner

        def counted(*asked: Any) -> Any:
            self.rendered += 1
            return inner(*asked)

        front._inner = counted
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            # A test client with a jar sends its own cookies and no others.
            client = self.app.test_client(use_cookies=False) if "Cookie" in named else self.client
            return client.get(path, headers=named)
        finally:
            front._inner = inner

    def text(self, path: str, **headers: str) -> str:
        answer = self.open(path, **headers)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)


@pytest.fixture
def here(market, fresh_app) -> Asker:
    return Asker(fresh_app)


@pytest.fixture
def there(market, fresh_app, tmp_path) -> Iterator[Asker]:
    """Another process of the same house: an application of its own on the same database."""
    other = a_test_app(fresh_app.config["SQLALCHEMY_DATABASE_URI"], tmp_path)
    other.extensions["clock"] = fresh_app.extensions["clock"]
    yield Asker(other)
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def slug_of(in_app, product_id: int) -> str:
    return in_app(catalog.covers, [product_id])[product_id].slug


PAGES = [
    "/",
    "/goods",
    "/goods?when=ready",
    "/search?q=%E5%87%89%E9%9E%8B",
    "/workshops",
    "/workshops/dengliang",
    "/experiences",
    "/experiences/weave-a-pendant",
    "/rules",
]


def test_a_page_is_rendered_once_for_everybody(here):
    for number, page in enumerate(PAGES, start=1):
        first = here.open(page)
        second = here.open(page, User_Agent="another", Cookie="cart=abcdefghijklmnop; cart_count=3")

        assert here.rendered == number, page
        assert second.data == first.data
        for answer in (first, second):
            assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
            assert answer.headers["Vary"] == "Accept-Language, Cookie, Accept-Encoding"
            assert answer.headers.getlist("Set-Cookie") == []
        assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_each_language_and_size_has_a_page_of_its_own(here):
    asked = [
        {},
        {"Accept_Language": "en-GB,en;q=0.8"},
        {"Cookie": "lang=en"},
        {"Cookie": "elder=1"},
    ]
    texts = [here.text("/goods", **headers) for headers in asked]

    assert here.rendered == 3
    assert ['lang="en"' in text[:60] for text in texts] == [False, True, True, False]
    assert ["data-elder" in text[:60] for text in texts] == [False, False, False, True]
    assert 'lang="en"' in here.text("/goods?lang=en", Cookie="lang=zh")[:60]


def test_a_browser_that_has_the_page_is_told_so_without_a_byte_of_it(here):
    plain = here.open("/goods")
    packed = here.open("/goods", Accept_Encoding="gzip")

    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for known in (plain.headers["ETag"], f'"other", W/{packed.headers["ETag"]}', "*"):
        answer = here.open("/goods", If_None_Match=known)
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == plain.headers["ETag"]
        assert "Vary" in answer.headers
    assert here.open("/goods", If_None_Match='"other"').status_code == 200
    head = here.client.head("/goods")
    assert (head.data, head.content_length) == (b"", plain.content_length)
    assert here.rendered == 1


def test_unknown_and_empty_parameters_make_no_page_and_stand_in_none(here):
    usual = here.text("/goods?when=ready")
    for query in ("?when=ready&utm=x", "?x=1&when=ready", "?when=ready&category=", "?when=ready#a"):
        assert here.text(f"/goods{query}") == usual
    assert here.rendered == 1
    for query in ("q=凉鞋", "q=%E5%87%89%E9%9E%8B"):
        assert 'value="凉鞋"' in here.text(f"/search?{query}")
    assert here.rendered == 2
    assert "stranger" not in here.text("/goods?stranger=%3Cscript%3E")


def change_price(product_id: int, fen: int, now: datetime) -> None:
    sheet = catalog_services.propose_price(
        product_id=product_id, split=a_split(fen=fen), actor=SYSTEM, now=now
    )
    catalog_services.approve_price(sheet_id=sheet, actor=SYSTEM, now=now)


def test_a_new_price_is_on_the_next_page_in_every_process(here, there, market, in_app):
    own = f"/goods/{slug_of(in_app, market.sandals.product_id)}"
    pages = ["/", "/goods", "/workshops/dengliang", "/search?q=%E5%87%89%E9%9E%8B", own]
    for asker in (here, there, here, there):
        for page in pages:
            assert "88.00" in asker.text(page)
    assert (here.rendered, there.rendered) == (len(pages), len(pages))

    in_app(change_price, market.sandals.product_id, 9100, market.now)

    for asker in (there, here):
        for page in pages:
            text = asker.text(page)
            assert "91.00" in text, page
            assert "88.00" not in text, page


def test_a_name_that_may_no_longer_be_said_is_gone_in_every_process(here, there, market, in_app):
    own = f"/goods/{slug_of(in_app, market.sandals.product_id)}"
    pages = [own, "/workshops/dengliang"]
    for asker in (here, there):
        assert all("王秀兰" in asker.text(page) for page in pages)

    in_app(
        stations.withdraw_consent,
        member_id=market.maker_id,
        purpose=ConsentPurpose.NAME,
        actor=SYSTEM,
        now=market.now,
    )

    for asker in (there, here):
        for page in [*pages, "/", "/goods"]:
            assert "王秀兰" not in asker.text(page), page


def reserve(goods, pieces: int, now: datetime, *, owner: str = "order:1") -> None:
    stock.reserve(
        owner=owner,
        items=[stock.Quantity(goods.variant_id, pieces, goods.station_id)],
        now=now,
        expires_at=now + QUARTER,
    )


def test_what_is_sold_out_reads_so_until_the_very_moment_its_hold_runs_out(
    here, market, in_app, fresh_app
):
    own = f"/goods/{slug_of(in_app, market.sandals.product_id)}"
    assert "刚刚售完" not in here.text(own)
    pieces = in_app(stock.queries.available, [market.sandals.variant_id], market.now)
    in_app(reserve, market.sandals, pieces[market.sandals.variant_id], market.now)

    for seconds, sold_out in ((0, True), (899, True), (900, False)):
        moment = market.now + timedelta(seconds=seconds)
        fresh_app.extensions["clock"] = lambda moment=moment: moment
        assert ("刚刚售完" in here.text(own)) is sold_out
    assert here.rendered == 3


def test_seats_are_counted_at_every_request_and_a_date_that_began_is_gone(
    here, there, market, in_app, fresh_app
):
    page = "/experiences/weave-a-pendant"
    assert "12" in places(there.text(page))
    in_app(
        bookings.hold,
        owner="order:1",
        session_id=market.session_id,
        party=Party(adults=5),
        now=market.now,
        expires_at=market.now + QUARTER,
    )
    assert "7" in places(there.text(page))
    begins = market.now + timedelta(days=5)
    for moment, free in ((market.now + QUARTER, "12"), (begins, None)):
        there.app.extensions["clock"] = lambda moment=moment: moment
        text = there.text(page)
        assert (free in places(text)) if free else ('name="session"' not in text)


def places(text: str) -> list[str]:
    return re.findall(r'class="calendar-left[^"]*">\D*(\d+)', text)


def test_every_page_ends_at_midnight_in_the_village(here, market, fresh_app):
    here.text("/rules")
    for hours, rendered in ((11, 1), (12, 2)):
        moment = market.now + timedelta(hours=hours)
        fresh_app.extensions["clock"] = lambda moment=moment: moment
        here.text("/rules")
        assert here.rendered == rendered


def test_whoever_is_signed_in_is_served_alone(here, market, in_app, fresh_app):
    token = in_app(
        lambda: a_token(an_actor(Role.SOCIAL_WORKER, at=market.sandals.station_id), now=market.now)
    )
    with here.client.session_transaction() as opened:
        opened[SIGN_IN_KEY] = token
    for _ in range(2):
        answer = here.open("/goods")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
    assert here.rendered == 2
    with here.client.session_transaction() as opened:
        opened.clear()
        opened["_flashes"] = [("success", "只说给她听")]
    assert "只说给她听" in here.text("/goods")
    stranger = Asker(fresh_app)
    assert "只说给她听" not in stranger.text("/goods")
    with here.client.session_transaction() as opened:
        opened["csrf_token"] = "whatever a form left there"
    here.open("/goods")
    assert stranger.rendered == 1


def test_nothing_of_whoever_asks_reaches_the_view():
    secret = "13800001111"
    asked = EnvironBuilder(
        "/goods",
        query_string={"x": secret},
        headers={
            "Cookie": f"cart={secret}; orders={secret}; lang={secret}",
            "User-Agent": secret,
            "Referer": f"http://localhost/{secret}",
            "Authorization": secret,
            "X-Forwarded-For": secret,
            "X-Forwarded-Host": secret,
            "Accept-Language": secret,
            "If-None-Match": secret,
            "Range": secret,
        },
        environ_overrides={"REMOTE_ADDR": secret, "REMOTE_USER": secret, "RAW_URI": secret},
        content_type=secret,
    ).get_environ()
    rendering = kept_pages._Rendering(Keeping((GOODS,), (), 0))
    key = Key(host="http://localhost", path="/goods", query="", language="zh", elder=False)

    bare = kept_pages._asked_by_nobody(key, asked, rendering)

    assert secret in repr(asked)
    assert secret not in repr({n: v for n, v in bare.items() if n != "wsgi.input"})
    assert bare["HTTP_COOKIE"] == "lang=zh; elder=0"


@contextmanager
def with_views(app: Flask, **views: Callable[[], str]) -> Iterator[Asker]:
    for name, view in views.items():
        view.__name__ = name
        app.add_url_rule(f"/probe/{name}", name, public(view))
    yield Asker(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def house(fresh_app, tmp_path) -> Flask:
    """An application on the same database that has answered nothing yet."""
    return a_test_app(fresh_app.config["SQLALCHEMY_DATABASE_URI"], tmp_path)


def test_a_view_that_breaks_the_promise_is_answered_and_not_kept(house):
    @kept(GOODS)
    def opens_a_session() -> str:
        session["seen"] = True
        return "of one visitor"

    @kept()
    def says_nothing_of_itself() -> str:
        return "of whatever"

    @kept(GOODS)
    def forgets_its_snapshot() -> str:
        db.session.execute(sa.select(1))
        db.session.rollback()
        return "of two moments"

    with with_views(
        house,
        session=opens_a_session,
        tags=says_nothing_of_itself,
        moments=forgets_its_snapshot,
    ) as asker:
        for name in ("session", "tags", "moments"):
            before = asker.rendered
            for _ in range(2):
                assert asker.text(f"/probe/{name}").startswith("of ")
            assert asker.rendered == before + 2


def test_what_changes_while_a_page_is_rendered_is_on_the_next_one(market, house, fresh_app, in_app):
    is_first = threading.Event()

    def change() -> None:
        with fresh_app.app_context():
            catalog_services.update_texts(
                product_id=market.sandals.product_id,
                texts=ProductTexts(title="改了名字的凉鞋"),
                actor=SYSTEM,
                now=market.now,
            )
            db.session.remove()

    @kept(GOODS)
    def slow() -> str:
        titles = db.session.scalars(sa.select(Product.title).order_by(Product.id)).all()
        if not is_first.is_set():
            is_first.set()
            somebody = threading.Thread(target=change)
            somebody.start()
            somebody.join(timeout=20)
            assert not somebody.is_alive()
        return " ".join(titles)

    with with_views(house, slow=slow) as asker:
        assert "改了名字的凉鞋" not in asker.text("/probe/slow")
        assert "改了名字的凉鞋" in asker.text("/probe/slow")
        asker.text("/probe/slow")
        assert asker.rendered == 2


def test_a_view_sees_only_the_parameters_it_names(house):
    @kept(GOODS, asks=("b", "a"))
    def echo() -> str:
        return f"{request.query_string.decode()} {sorted(request.cookies)} {request.remote_addr}"

    with with_views(house, echo=echo) as asker:
        said = asker.text("/probe/echo?a=1&x=2&b=3&a=4&a=1&b=&lang=en&elder=7", Cookie="cart=x")
        assert said == "b=3&a=1&a=4&lang=en ['elder', 'lang'] None"
        long = "x" * 400
        assert long in asker.text(f"/probe/echo?a={long}")  # such a page is nobody's to keep
        before = asker.rendered
        asker.text(f"/probe/echo?a={long}")
        assert asker.rendered == before + 1


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
def test_processes_share_pages_over_redis_and_never_stale_ones(here, there, market, in_app):
    stores = []
    for asker in (here, there):
        front = asker.app.extensions["kept_pages"]
        stores.append((front, front.store))
        front.store = InRedis(REDIS, house="a house of the tests", near=InProcess(1024 * 1024))
    try:
        first = here.open("/goods", Accept_Encoding="gzip")
        second = there.open("/goods", Accept_Encoding="gzip")
        assert (here.rendered, there.rendered) == (1, 0)
        assert second.data == first.data
        assert second.headers["ETag"] == first.headers["ETag"]
        assert second.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]

        in_app(change_price, market.sandals.product_id, 9100, market.now)
        for asker in (there, here):
            assert "91.00" in asker.text("/goods")
        assert (here.rendered, there.rendered) == (1, 1)
    finally:
        for front, store in stores:
            front.store.forget()
            front.store = store


def test_pages_are_rendered_when_redis_is_away(here):
    front = here.app.extensions["kept_pages"]
    usual, front.store = (
        front.store,
        InRedis("redis://127.0.0.1:1/0", house="away", near=InProcess(1024 * 1024)),
    )
    try:
        for _ in range(2):
            here.text("/goods")
        assert here.rendered == 1
    finally:
        front.store = usual


def test_without_a_database_the_application_answers_not_the_store(here):
    here.text("/goods")
    versions = here.app.extensions["kept_pages"]._versions
    usual = versions._ask

    def broken(*_: object) -> int:
        raise versions.refused

    versions._ask = broken
    try:
        here.text("/goods")
    finally:
        versions._ask = usual
    assert here.rendered == 2
