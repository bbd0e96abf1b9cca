"""What a token may do, how long it lives and what is kept of it. Pure: no database, no clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from shop.kernel.access import Permission


class ProgramScope(StrEnum):
    """What a token was made for."""

    BUY = "shop:buy"
    ORDERS_READ = "orders:read"
    ORDERS_CONTACT = "orders:contact"


# Nobody lends out what she may not do herself (trust.md A3): the right that each of them asks of
# whoever makes the token, at the program's own place.
NEEDS: dict[ProgramScope, Permission] = {
    ProgramScope.BUY: Permission.MANAGE_PROGRAMS,
    ProgramScope.ORDERS_READ: Permission.FULFILL,
    ProgramScope.ORDERS_CONTACT: Permission.FULFILL,
}
LONGEST_LIFE = timedelta(days=366)
LONGEST_NAME = 60
MOST_TOKENS = 10
# A look at the clock a request would be a write a request.
USE_NOTED_EVERY = timedelta(minutes=10)
ANSWERS_KEPT = timedelta(hours=24)
# A process that was killed over a request leaves its key taken; after this it may be tried again.
WORK_LASTS = timedelta(seconds=60)


class AnswerState(StrEnum):
    """How far the request behind a key has come."""

    WORKING = "working"
    DONE = "done"
    ANSWERED = "answered"


# A request whose effect stands is answered, never done again; one that was killed before that is
# taken up by the next that brings its key; one that was refused leaves no row.
ANSWER_MOVES: dict[AnswerState, frozenset[AnswerState]] = {
    AnswerState.WORKING: frozenset({AnswerState.WORKING, AnswerState.DONE, AnswerState.ANSWERED}),
    AnswerState.DONE: frozenset({AnswerState.ANSWERED}),
    AnswerState.ANSWERED: frozenset(),
}


class HookKind(StrEnum):
    """What a program can be told of."""

    ORDER_PLACED = "order.placed"
    ORDER_PAID = "order.paid"
    ORDER_EXPIRED = "order.expired"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_COMPLETED = "order.completed"
    PART_PACKED = "part.packed"
    PART_SHIPPED = "part.shipped"
    PART_RECEIVED = "part.received"
    REFUND_SETTLED = "refund.settled"
    PRODUCT_LISTED = "product.listed"
    PRODUCT_HIDDEN = "product.hidden"
    PRICE_CHANGED = "product.price_changed"
    SESSION_PLANNED = "session.planned"
    SESSION_CANCELLED = "session.cancelled"

    @property
    def needs(self) -> Permission:
        """Return the right that whoever has a program told of it must hold there herself."""
        is_of_an_order = self.value.startswith(("order.", "part.", "refund."))
        return Permission.FULFILL if is_of_an_order else Permission.MANAGE_PROGRAMS


PING = "ping"


@dataclass(frozen=True, slots=True)
class PartTold:
    """One workshop's part of an order."""

    id: str
    state: str


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order by its number, with the parts that the program may see; nobody's name."""

    order: str
    state: str
    parts: tuple[PartTold, ...]


@dataclass(frozen=True, slots=True)
class ProductTold:
    """A product by its address."""

    product: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class SessionTold:
    """A date of an experience."""

    session: str
    experience: str


@dataclass(frozen=True, slots=True)
class PingTold:
    """A message to try an address."""

    hook: str


Told = OrderTold | ProductTold | SessionTold | PingTold


def told_by(kind: HookKind) -> type[Told]:
    """Return what a message of a kind says."""
    whose = kind.value.partition(".")[0]
    shapes: dict[str, type[Told]] = {"product": ProductTold, "session": SessionTold}
    return shapes.get(whose, OrderTold)


class TellingState(StrEnum):
    """Where one message to a program stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    DEAD = "dead"


TELLING_MOVES: dict[TellingState, frozenset[TellingState]] = {
    TellingState.WAITING: frozenset({TellingState.CLAIMED, TellingState.DEAD}),
    # A worker that was killed leaves its claim; the next takes it up when its time is over.
    TellingState.CLAIMED: frozenset(
        {TellingState.CLAIMED, TellingState.WAITING, TellingState.SENT, TellingState.DEAD}
    ),
    TellingState.SENT: frozenset(),
    # A person sends it once more.
    TellingState.DEAD: frozenset({TellingState.WAITING}),
}
# Seconds until the next try; after the last a message is dead and waits for a person.
PAUSES = (5, 30, 120, 600, 1800, 7200, 21600, 43200)
TELLING_LEASE = timedelta(minutes=2)
OLD_SECRET_LASTS = timedelta(hours=24)
SENT_KEPT = timedelta(days=30)
DEAD_KEPT = timedelta(days=90)
MOST_HOOKS = 5
LONGEST_URL = 300
_PORTS = {None, 443, 8443}
_HOST = re.compile(r"(?!.*\.\.)[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])", re.ASCII)


def hook_url(text: str) -> str | None:
    """Return the address of a hook in one writing, or None for what none can be.

    Only https, only a name with a dot (no bare number, no inner name), only the ports of https, no
    name or password in it and no part behind ``#``.
    """
    plain = text.strip()
    if len(plain) > LONGEST_URL or not plain.isascii() or re.search(r"[\x00-\x20\\]", plain):
        return None
    try:
        parts = urlsplit(plain)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    is_name = bool(_HOST.fullmatch(host)) and "." in host and not host.replace(".", "").isdecimal()
    if parts.scheme != "https" or not is_name or port not in _PORTS or parts.fragment:
        return None
    if "@" in parts.netloc:
        return None
    place = host if port in {None, 443} else f"{host}:{port}"
    return urlunsplit(("https", place, parts.path or "/", parts.query, ""))


def signature(secrets: Iterable[bytes], *, message_id: str, sent_at: int, body: str) -> str:
    """Return the header by which a program knows that a message is ours: one part each secret.

    Source: Standard Webhooks (v1: HMAC-SHA256 over ``id.timestamp.body``, base64).
    """
    signed = f"{message_id}.{sent_at}.{body}".encode()
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
        for secret in secrets
    )


def written_secret(secret: bytes) -> str:
    """Return a secret as programs keep it."""
    return "whsec_" + base64.b64encode(secret).decode()


PREFIX = "dlt_"
TOKEN = re.compile(r"dlt_[A-Za-z0-9_-]{32}", re.ASCII)
HINT_LETTERS = 4


def digest(secret: str) -> str:
    """Return what is kept of a token or a key: 192 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def written(scopes: Iterable[ProgramScope]) -> str:
    """Return scopes as one column keeps them."""
    return " ".join(sorted(set(scopes)))


def read(text: str) -> frozenset[ProgramScope]:
    """Return the scopes of a column; words that nobody knows any more allow nothing."""
    known = {scope.value for scope in ProgramScope}
    return frozenset(ProgramScope(word) for word in text.split() if word in known)
