"""What every answer carries: a request id, security headers, caching manners, compression."""

from __future__ import annotations

import gzip
import secrets

from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

from shop.kernel.errors import InvalidInput, NotFound

SMALLEST_TO_COMPRESS = 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; media-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self' https://checkout.stripe.com; base-uri 'none'; frame-ancestors 'none'"
)
YEAR = 365 * 24 * 3600
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    # Pages differ by person and language and carry a form token: nobody else's cache keeps them.
    "Cache-Control": "no-store",
}
VARY = "Accept-Language, Cookie, Accept-Encoding"
STRICT = f"max-age={YEAR}; includeSubDomains"
# What is rendered anew for one person is packed once and read once: quickly, then, not tightly.
QUICKLY = 1
FORM_KINDS = {"application/x-www-form-urlencoded", "multipart/form-data"}
COMPRESSIBLE = ("text/", "application/json", "image/svg+xml", "application/manifest+json")


def _before() -> None:
    g.request_id = secrets.token_hex(6)
    _refuse_null()


def _refuse_null() -> None:
    """Refuse the one character that PostgreSQL cannot keep; no keyboard types it.

    An address with it is not there; a form with it is shown as one that could not be understood.
    """
    if any("\0" in text for text in (request.path, *request.args.values())):
        raise NotFound(what="page")
    if request.mimetype in FORM_KINDS and any("\0" in text for text in request.form.values()):
        raise InvalidInput


def _after(response: Response) -> Response:
    headers = response.headers
    said = set(headers.keys())
    headers.extend({name: value for name, value in ALWAYS.items() if name not in said})
    headers.add("X-Request-Id", g.get("request_id", ""))
    # What is named by its content is the same for everybody, also in a cache that people share.
    headers.add("Vary", "Accept-Encoding" if _is_named_by_content(response) else VARY)
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", STRICT)
    return _compressed(response)


def _is_named_by_content(response: Response) -> bool:
    return "immutable" in response.headers.get("Cache-Control", "")


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, kept out of what is the same for everybody.

    A visitor without one costs nothing.
    """

    def __init__(self) -> None:
        """Begin without a signature; the first cookie asks for it."""
        self._signs: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs and reads the cookies of the application, made once."""
        if self._signs is None:
            self._signs = super().get_signing_serializer(app)
        return self._signs

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session that a request brought, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep the session, but for a file of the site: that neither changes nor varies by it."""
        if not _is_named_by_content(response):
            super().save_session(app, session, response)


def _compressed(response: Response) -> Response:
    if (
        response.direct_passthrough
        or response.status_code in {204, 304}
        or "Content-Encoding" in response.headers
        or "gzip" not in request.headers.get("Accept-Encoding", "")
        or not (response.mimetype or "").startswith(COMPRESSIBLE)
    ):
        return response
    body = response.get_data()
    if len(body) >= SMALLEST_TO_COMPRESS:
        response.set_data(gzip.compress(body, compresslevel=QUICKLY, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def init_app(app: Flask) -> None:
    """Put the manners on every answer."""
    app.session_interface = Sessions()
    app.before_request(_before)
    app.after_request(_after)
