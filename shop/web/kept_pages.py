"""Public pages, kept as they were rendered and shown again while nothing on them has changed.

It stands in front of the application. A page is rendered for its key and nothing else: whoever
asks, the view sees no cookie of hers, no query it did not name and no header but the host. So a
kept page cannot hold what is somebody's own. Whether it may be shown again the database says, at
every request: the versions of all that it shows must be those it was rendered at.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from flask import Flask, Response, request, session
from itsdangerous import BadData
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie
from werkzeug.sansio.utils import host_is_trusted

from shop.kernel import freshness
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.freshness import Versions
from shop.web.access import now
from shop.web.filters import ELDER_COOKIE, LANGUAGE_COOKIE, READING, language_of
from shop.web.page_store import Kept, Key, PageStore
from shop.web.responses import VARY

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

LONGEST_QUERY = 300
LONGEST_PATH = 200
RENDERING = "shop.rendering"
# A session may hold this and its reader still be nobody: the token of a form she was shown.
OF_NOBODY = {"csrf_token"}
# Said anew with every answer.
OF_ONE_ANSWER = {"content-length", "content-encoding", "etag", "vary", "cache-control", "date"} | {
    "x-request-id"
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a view says of its page: what it shows, and which questions it answers.

    tags           of all that it shows whatever was asked.
    asks           the parameters of its address; it is shown no other.
    stale_seconds  how long a browser may show it while it asks anew; zero where prices stand.
    """

    tags: tuple[str, ...]
    asks: tuple[str, ...]
    stale_seconds: int


def kept(*tags: str, asks: tuple[str, ...] = (), stale_seconds: int = 0) -> Callable[[View], View]:
    """Mark a view whose page is the same for everybody: it is kept until a tag of it is raised.

    tags             of ``shop.freshness``; ``shows`` adds those that the view learns itself.
    asks             the parameters of its address; any other is not seen by the view.
    stale_seconds    only for pages without prices, counts and names.
    """

    def mark(view: View) -> View:
        view.keeping = Keeping(tags, asks, stale_seconds)  # type: ignore[attr-defined]  # read below
        return view

    return mark


@dataclass(slots=True)
class _Rendering:
    """One page on its way into the store, handed through the application and back."""

    keeping: Keeping
    begun: object = None
    tags: set[str] = field(default_factory=set)
    page: Kept | None = None


def shows(*tags: str) -> None:
    """Say by tags what this page shows, beside what its view is marked with."""
    rendering = request.environ.get(RENDERING)
    if rendering is not None:
        rendering.tags.update(tags)


def _begin() -> None:
    rendering = request.environ.get(RENDERING)
    if rendering is not None:
        rendering.begun = freshness.snapshot()


def _finish(response: Response) -> Response:
    rendering: _Rendering | None = request.environ.get(RENDERING)
    if rendering is None or response.status_code != 200:  # noqa: PLR2004 - HTTP's own number
        return response
    if session.modified or "Set-Cookie" in response.headers:
        log.error("a page for everybody changed a session", path=request.path)
        return response
    tags = tuple(sorted(rendering.tags.union(rendering.keeping.tags)))
    stands = freshness.standing(tags, now=now(), begun=rendering.begun)
    if stands is None or not tags:
        log.error("a page cannot be kept", path=request.path, tags=tags)
        return response
    total, ends = stands
    midnight = start_of_day(business_day(now()) + timedelta(days=1))
    body = response.get_data()
    rendering.page = Kept(
        body=gzip.compress(body, compresslevel=6, mtime=0),
        etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
        headers=(
            *((n, v) for n, v in response.headers.items() if n.lower() not in OF_ONE_ANSWER),
            ("Cache-Control", _manners(rendering.keeping)),
            ("Vary", VARY),
        ),
        tags=tags,
        total=total,
        good_until=min(midnight, ends or midnight).timestamp(),
    )
    return response


def _manners(keeping: Keeping) -> str:
    if keeping.stale_seconds:
        return f"public, max-age=0, stale-while-revalidate={keeping.stale_seconds}"
    # Where a price stands a browser asks before it shows the page again, always.
    return "public, max-age=0, must-revalidate"


class KeptPages:
    """The front of the application that answers from the store what may be answered from it."""

    def __init__(
        self, app: Flask, *, inner: WSGIApplication, store: PageStore, versions: Versions
    ) -> None:
        """Stand before ``inner``, which renders for this application."""
        self.store = store
        self._app = app
        self._inner = inner
        self._versions = versions
        # Any: Flask types it as any session there could be, ours is the signed one.
        reads: Any = app.session_interface
        self._sessions = reads.get_signing_serializer(app)
        self._trusted = lru_cache(maxsize=64)(
            lambda host: host_is_trusted(host, app.config["TRUSTED_HOSTS"])
        )
        self._keeping = lru_cache(maxsize=2048)(self._keeping_at)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        asked = self._asked(environ)
        if asked is None:
            return self._inner(environ, start)
        key, keeping = asked
        page = self.store.find(key, self._is_good)
        if page is None:
            rendered = self._render(key, keeping, environ, start)
            if not isinstance(rendered, Kept):
                return rendered
            page = rendered
            self.store.put(key, page)
        return _answer(page, environ, start)

    def _is_good(self, page: Kept) -> bool:
        clock: datetime = self._app.extensions["clock"]()
        if clock.timestamp() >= page.good_until:
            return False
        try:
            return self._versions.total(page.tags) == page.total
        except self._versions.refused:  # no database: the application says so in words
            return False

    def _asked(self, environ: WSGIEnvironment) -> tuple[Key, Keeping] | None:
        """Return the key of a page for everybody; None for any other request."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return None
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        host = environ.get("HTTP_HOST", "")
        if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY or not self._trusted(host):
            return None
        keeping = self._keeping(path)
        if keeping is None:
            return None
        cookies = parse_cookie(environ.get("HTTP_COOKIE"))
        if not self._is_nobody(cookies.get(self._app.config["SESSION_COOKIE_NAME"])):
            return None
        named, said = _named(query, keeping) if query else ("", {})
        elder = said.get(ELDER_COOKIE) or cookies.get(ELDER_COOKIE)
        key = Key(
            host=f"{environ['wsgi.url_scheme']}://{host}",
            path=path,
            query=named,
            language=language_of(
                asked=said.get(LANGUAGE_COOKIE),
                kept=cookies.get(LANGUAGE_COOKIE),
                accepted=environ.get("HTTP_ACCEPT_LANGUAGE", ""),
            ),
            elder=elder == "1",
        )
        return key, keeping

    def _keeping_at(self, path: str) -> Keeping | None:
        try:
            text = path.encode("latin-1").decode()
            endpoint, _ = self._app.url_map.bind("localhost").match(text, method="GET")
        except (HTTPException, UnicodeError):
            return None
        return getattr(self._app.view_functions[endpoint], "keeping", None)

    def _is_nobody(self, cookie: str | None) -> bool:
        """Say whether a session is nobody's: not signed in, and nothing waits to be told."""
        if not cookie:
            return True
        try:
            return set(self._sessions.loads(cookie)) <= OF_NOBODY
        except BadData:  # the application decides what a broken one means
            return False

    def _render(
        self, key: Key, keeping: Keeping, environ: WSGIEnvironment, start: StartResponse
    ) -> Kept | Iterable[bytes]:
        rendering = _Rendering(keeping)
        said: list[Any] = []

        def hear(*words: Any) -> Callable[[bytes], object]:
            said[:] = words
            return lambda _: None

        body = self._inner(_asked_by_nobody(key, environ, rendering), hear)
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        if rendering.page is not None:
            return rendering.page
        start(*said)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


def _named(query: str, keeping: Keeping) -> tuple[str, dict[str, str]]:
    """Return those parameters that the view names, in its order, and what is said of reading.

    Empty ones say nothing, and of several of one name each counts once.
    """
    # Some clients send their words as they are, without quoting them: one address all the same.
    said = parse_qsl(query.encode("latin-1").decode(errors="replace"), errors="replace")
    named = [(n, v) for wanted in keeping.asks for n, v in said if n == wanted]
    reading = {n: v for n, v in said if v in READING.get(n, ())}
    return urlencode([*dict.fromkeys(named), *reading.items()]), reading


def _asked_by_nobody(key: Key, environ: WSGIEnvironment, rendering: _Rendering) -> WSGIEnvironment:
    """Return the request with all taken out that the key does not say."""
    bare = {n: v for n, v in environ.items() if not n.startswith(("HTTP_", "REMOTE_", "CONTENT_"))}
    bare.update(
        REQUEST_METHOD="GET",
        QUERY_STRING=key.query,
        HTTP_HOST=environ.get("HTTP_HOST", ""),
        HTTP_COOKIE=f"{LANGUAGE_COOKIE}={key.language}; {ELDER_COOKIE}={int(key.elder)}",
    )
    for name in ("REQUEST_URI", "RAW_URI"):
        bare.pop(name, None)
    bare[RENDERING] = rendering
    return bare


def _answer(page: Kept, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    wants_gzip = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
    # One name for each form of the bytes, as a strong tag must.
    etag = f'"{page.etag}-gz"' if wants_gzip else f'"{page.etag}"'
    headers = [*page.headers, ("ETag", etag), ("X-Request-Id", secrets.token_hex(6))]
    if _is_known(page.etag, environ.get("HTTP_IF_NONE_MATCH", "")):
        start("304 Not Modified", [h for h in headers if h[0] != "Content-Type"])
        return []
    body = page.body if wants_gzip else gzip.decompress(page.body)
    if wants_gzip:
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    start("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _is_known(etag: str, known: str) -> bool:
    if not known:
        return False
    names = [one.strip().removeprefix("W/").strip('"') for one in known.split(",")]
    return "*" in names or etag in {name.removesuffix("-gz") for name in names}


def init_app(app: Flask, *, store: PageStore, versions: Versions) -> None:
    """Put the store in front of the application; before every other hook that speaks of answers."""
    app.before_request(_begin)
    app.after_request(_finish)
    front = KeptPages(app, inner=app.wsgi_app, store=store, versions=versions)
    app.extensions["kept_pages"] = front
    app.wsgi_app = front  # type: ignore[assignment]  # Flask's own way to wrap it
