"""The pretended Stripe as a whole: a WSGI application, a hosted page, faults and signatures."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from shop.kernel.clock import utc_now
from shop.payments.fakestripe import refusals, wire
from shop.payments.fakestripe.books import CHALLENGED_CARD, DECLINES, Books, channel_of
from shop.payments.fakestripe.objects import fresh
from shop.payments.fakestripe.stores import Json, Store

Environ = dict[str, Any]  # Any: PEP 3333 puts values of every type here
StartResponse = Callable[..., object]
DECLINED_CARD = next(iter(DECLINES))
MOST_BYTES = 1_000_000

# (method, shape of the path) -> what is called; ``*`` is a name.
POSTS = {
    ("payment_intents",): "create_intent",
    ("payment_intents", "*", "confirm"): "confirm_intent",
    ("payment_intents", "*", "capture"): "capture_intent",
    ("payment_intents", "*", "cancel"): "cancel_intent",
    ("checkout", "sessions"): "create_session",
    ("checkout", "sessions", "*", "expire"): "expire_session",
    ("refunds",): "create_refund",
}
GETS = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "events": "event",
    "balance_transactions": "balance_transaction",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next call that fits.

    ``kind`` is one of: before (nothing is done, no answer), after (it is done, the answer is
    lost), slow (it is done, the answer comes ``seconds`` late), 409, 429, 500, nonsense (it is
    done, and ``body`` is said in place of the answer).
    """

    kind: str
    path: str = "/v1/"
    seconds: float = 0.0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HostedPage:
    """What the hosted page of one session shows; ``total`` in minor units of ``currency``.

    ``step`` is choose (pick a way and pay), challenge (the buyer's own step: 3-D Secure, Alipay's
    page, WeChat's code; ``channel`` says which, ``code`` what is to be scanned), paid, processing
    or expired.
    """

    session_id: str
    total: int
    currency: str
    title: str
    step: str
    was_declined: bool
    success_url: str
    cancel_url: str
    channel: str = ""
    code: str = ""


class FakeStripe:
    """One pretended Stripe account.

    store          where its objects lie.
    clock          its own idea of now, in UTC.
    page_address   where hosted pages are, with ``{origin}`` of the success address and ``{id}``.
    refunds_wait   a refund stays pending until ``finish_refund``, as Alipay's and WeChat's may.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime] = utc_now,
        page_address: str = "{origin}/c/pay/{id}",
        refunds_wait: bool = False,
    ) -> None:
        """Open the account."""
        self.store = store
        self.clock = clock
        self.page_address = page_address
        self.refunds_wait = refunds_wait
        self.faults: deque[Fault] = deque()
        self.calls: deque[tuple[str, str, dict[str, str], Json]] = deque(maxlen=1000)

    @contextmanager
    def books(self, request: Json | None = None) -> Iterator[Books]:
        """Open the books for one change; whoever has no request is Stripe itself."""
        with self.store.unit() as shelf:
            yield Books(
                shelf=shelf,
                now=int(self.clock().timestamp()),
                page_address=self.page_address,
                refunds_wait=self.refunds_wait,
                request=request or {"id": None, "idempotency_key": None},
            )

    # Signed events

    def secret(self) -> str:
        """Return the webhook secret of this account, made at random the first time."""
        with self.store.unit() as shelf:
            kept = shelf.get("secret", "webhook")
            if kept is None:
                kept = {"secret": f"whsec_{secrets.token_hex(24)}"}
                shelf.put("secret", "webhook", kept)
            return str(kept["secret"])

    def event_ids(self) -> list[str]:
        """Return the names of all events, oldest first."""
        with self.store.unit() as shelf:
            return shelf.names("event")

    def signed_event(self, event_id: str) -> tuple[bytes, str]:
        """Return the body of one event as it is sent, and its signature header of this moment."""
        secret = self.secret()
        with self.books() as books:
            body = json.dumps(books.find("event", event_id), ensure_ascii=False).encode()
        return body, sign(body, secret, int(self.clock().timestamp()))

    # The hosted page

    def page(self, session_id: str) -> HostedPage | None:
        """Return what the hosted page shows, or None for a session that does not exist."""
        with self.books() as books:
            if books.shelf.get("session", session_id) is None:
                return None
            session = books.session(session_id)
            intent = _intent_of(books, session)
            wishes = books.find("session_wishes", session_id)
        return HostedPage(
            session_id=session_id,
            total=session["amount_total"],
            currency=session["currency"].upper(),
            title=wishes.get("description", ""),
            step=_step(session, intent),
            was_declined=bool(intent.get("last_payment_error")),
            success_url=str(session["success_url"]),
            cancel_url=str(session["cancel_url"]),
            channel=channel_of(intent["next_action"]) if intent.get("next_action") else "",
            code=_code_of(intent.get("next_action") or {}),
        )

    def pay(self, session_id: str, *, channel: str, will_succeed: bool) -> None:
        """Let the buyer pay, or be turned down; a card that will succeed is challenged first.

        Does nothing when the page has moved on, so that a double tap pays once.
        """
        with self.books() as books:
            if _step_now(books, session_id) != "choose":
                return
            if channel == "card":
                card = CHALLENGED_CARD if will_succeed else DECLINED_CARD
                books.try_session(session_id, channel=channel, card=card)
                return
            books.try_session(session_id, channel=channel)
            books.answer_session(session_id, is_passed=will_succeed)

    def begin(self, session_id: str, *, channel: str) -> None:
        """Let the buyer go to the step of her own: her bank, Alipay's page, WeChat's code.

        Does nothing when the page has moved on.
        """
        with self.books() as books:
            if _step_now(books, session_id) == "choose":
                books.try_session(session_id, channel=channel, card=CHALLENGED_CARD)

    def answer(self, session_id: str, *, is_passed: bool) -> None:
        """Let the buyer pass or fail the step of her own; nothing when it is not asked for."""
        with self.books() as books:
            if _step_now(books, session_id) != "challenge":
                return
            books.answer_session(session_id, is_passed=is_passed)

    # The web application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request as a WSGI application."""
        path = str(environ["PATH_INFO"])
        if path.startswith("/c/pay/"):
            return self._serve_page(environ, start_response)
        fault = self._next_fault(path)
        if fault is not None and fault.kind == "before":
            raise refusals.ConnectionLost
        if fault is not None and fault.kind.isdigit():
            refusal = refusals.busy(int(fault.kind))
            status, answer, replayed = refusal.status, {"error": refusal.body}, False
        else:
            status, answer, replayed = self._answer(environ, path)
        if fault is not None and fault.kind == "after":
            raise refusals.ConnectionLost
        if fault is not None and fault.kind == "slow":
            time.sleep(fault.seconds)
        body = json.dumps(answer).encode()
        if fault is not None and fault.kind == "nonsense":
            body = fault.body
        start_response(
            f"{status} {'OK' if status < 400 else 'Refused'}",  # noqa: PLR2004 - HTTP's border
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Request-Id", fresh("req")),
                *([("Idempotent-Replayed", "true")] if replayed else []),
            ],
        )
        return [body]

    def _next_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if path.startswith(fault.path):
                self.faults.remove(fault)
                return fault
        return None

    def _answer(self, environ: Environ, path: str) -> tuple[int, Json, bool]:
        method = str(environ["REQUEST_METHOD"])
        if not str(environ.get("HTTP_AUTHORIZATION", "")).startswith("Bearer sk_"):
            refusal = refusals.invalid("You did not provide an API key.", status=401)
            return refusal.status, {"error": refusal.body}, False
        length = min(int(environ.get("CONTENT_LENGTH") or 0), MOST_BYTES)
        text = environ["wsgi.input"].read(length).decode() if length else ""
        query = text if method == "POST" else str(environ.get("QUERY_STRING", ""))
        headers = {
            name: str(environ.get(f"HTTP_{name}", ""))
            for name in ("IDEMPOTENCY_KEY", "STRIPE_VERSION", "STRIPE_ACCOUNT")
        }
        key = headers["IDEMPOTENCY_KEY"] if method == "POST" else ""
        with self.books({"id": fresh("req"), "idempotency_key": key or None}) as books:
            try:
                params = wire.decode(query)
                self.calls.append((method, path, headers, params))
                return self._once(books, key, method, path, params)
            except refusals.Refusal as refusal:
                return refusal.status, {"error": refusal.body}, False

    def _once(
        self, books: Books, key: str, method: str, path: str, params: Json
    ) -> tuple[int, Json, bool]:
        asked = [method, path, params]
        kept = books.shelf.get("key", key) if key else None
        if kept is not None:
            if kept["asked"] != asked:
                raise refusals.key_reused(key)
            return kept["status"], kept["answer"], True
        status, answer = 200, {}
        try:
            answer = self._call(books, method, path, dict(params))
        except refusals.Refusal as refusal:
            status, answer = refusal.status, {"error": refusal.body}
        if key:
            books.shelf.put("key", key, {"asked": asked, "status": status, "answer": answer})
        return status, answer, False

    def _call(self, books: Books, method: str, path: str, params: Json) -> Json:
        parts = tuple(path.removeprefix("/v1/").split("/"))
        wanted = params.pop("expand", [])
        if method == "POST":
            done = self._change(books, parts, params)
        else:
            done = _read(books, parts) or _list(books, parts, path, params)
        if done is None:
            raise refusals.invalid(f"Unrecognized request URL ({method}: {path}).", status=404)
        return wire.expand(done, wanted, books.shelf.get)

    def _change(self, books: Books, parts: tuple[str, ...], params: Json) -> Json | None:
        for shape, call in POSTS.items():
            if len(shape) == len(parts) and all(
                a in ("*", b) for a, b in zip(shape, parts, strict=True)
            ):
                wire.check(call, params)
                names = [part for part, step in zip(parts, shape, strict=True) if step == "*"]
                act: Callable[..., Json] = getattr(books, call)
                return act(*names, params)
        return None

    def _serve_page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        session_id = str(environ["PATH_INFO"]).removeprefix("/c/pay/")
        if environ["REQUEST_METHOD"] == "POST":
            length = min(int(environ.get("CONTENT_LENGTH") or 0), MOST_BYTES)
            form = parse_qs(environ["wsgi.input"].read(length).decode())
            self._press(session_id, form.get("do", [""])[0], form.get("channel", ["card"])[0])
        page = self.page(session_id)
        if page is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"no such session"]
        if page.step == "paid":
            start_response("303 See Other", [("Location", page.success_url)])
            return [b""]
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [_plain_page(page).encode()]

    def _press(self, session_id: str, button: str, channel: str) -> None:
        if button in {"pass", "refuse"}:
            self.answer(session_id, is_passed=button == "pass")
        elif button in {"succeed", "fail"}:
            self.pay(session_id, channel=channel, will_succeed=button == "succeed")


def sign(body: bytes, secret: str, at: int) -> str:
    """Return the ``Stripe-Signature`` header for a body sent ``at`` (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def _read(books: Books, parts: tuple[str, ...]) -> Json | None:
    match parts:
        case ("checkout", "sessions", name):
            return books.session(name)
        case (noun, name) if noun in GETS:
            return books.find(GETS[noun], name)
    return None


LISTS = {("checkout", "sessions"): "session", ("refunds",): "refund", ("disputes",): "dispute"}
MOST_LISTED = 100
USUALLY_LISTED = 10


def _list(books: Books, parts: tuple[str, ...], path: str, params: Json) -> Json | None:
    """Return one page of a list, newest first, as Stripe pages them."""
    kind = LISTS.get(parts)
    if kind is None:
        return None
    wire.check_list(params)
    since = int((params.get("created") or {}).get("gte", 0))
    found = [
        body
        for name in reversed(books.shelf.names(kind))
        if (body := books.find(kind, name))["created"] >= since
        and params.get("payment_intent") in (None, body["payment_intent"])
    ]
    after = params.get("starting_after")
    if after is not None:
        found = found[[body["id"] for body in found].index(after) + 1 :]
    most = min(int(params.get("limit", USUALLY_LISTED)), MOST_LISTED)
    return {
        "object": "list",
        "data": found[:most],
        "has_more": len(found) > most,
        "url": path,
    }


def _intent_of(books: Books, session: Json) -> Json:
    return books.shelf.get("payment_intent", session["payment_intent"] or "") or {}


def _step_now(books: Books, session_id: str) -> str:
    session = books.session(session_id)
    return _step(session, _intent_of(books, session))


def _code_of(action: Json) -> str:
    return str((action.get("wechat_pay_display_qr_code") or {}).get("data", ""))


def _step(session: Json, intent: Json) -> str:
    if session["status"] == "expired":
        return "expired"
    if session["status"] == "complete":
        return "paid" if session["payment_status"] == "paid" else "processing"
    return "challenge" if intent.get("status") == "requires_action" else "choose"


def _plain_page(page: HostedPage) -> str:
    buttons = {"choose": ("succeed", "fail"), "challenge": ("pass", "refuse")}
    return (
        f"<!doctype html><html lang=en><title>Pay</title><h1>{html.escape(page.title)}</h1>"
        f"<form method=post><input name=channel value=card>"
        + "".join(f"<button name=do value={b}>{b}</button>" for b in buttons.get(page.step, ()))
        + "</form></html>"
    )
