"""The door to programs: what an operation takes, gives and refuses, said once and held to.

``operation`` enters a view in the book of operations. Of that one entry the request is checked,
the answer is written and the OpenAPI document is made, so none of them can say anything else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Annotated, Any, TypeVar

import msgspec
from flask import Blueprint, Response, current_app, g, request, session
from msgspec import UNSET, Meta, Struct, UnsetType

from shop.kernel.errors import ShopError
from shop.programs import rules as programming_rules
from shop.programs import services as programming
from shop.programs.rules import ProgramScope
from shop.web.access import for_programs, now, public
from shop.web.api import callers, rates
from shop.web.api.refusals import BadContent, BadHeader, BadQuery, BadRequest, NotJson
from shop.web.origin import from_programs
from shop.web.problems import Fault

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

View = TypeVar("View", bound=Callable[..., Any])
T = TypeVar("T")
MOST_CONTENT = 64 * 1024
UNAUTHORIZED = 401
JSON = "application/json"
# Where msgspec says a fault lies: ``$.lines[0].quantity``.
_PLACE = re.compile(r"(?P<said>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_STEP = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")

Slug = Annotated[str, Meta(max_length=120, pattern="^[a-z0-9][a-z0-9-]*$")]


@dataclass(frozen=True, slots=True)
class Header:
    """One header that an operation reads; ``kind`` is a type that msgspec checks."""

    name: str
    kind: Any  # a type, as annotations write it
    says: str
    is_needed: bool = False


KEY = Header(
    "Idempotency-Key",
    Annotated[str, Meta(min_length=8, max_length=120, pattern="^[!-~]+$")],
    "any text of the caller's own; the same key with the same content acts once and is answered "
    "alike for a day, with another content it is refused",
)
CART = Header(
    "Cart-Token",
    Annotated[str, Meta(min_length=16, max_length=48, pattern="^[A-Za-z0-9_-]+$")],
    "the token of the cart, as it was given out; pages of the site need none",
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What an answer is kept without, and how it comes back into it."""

    leave_out: Callable[[dict[str, Any]], None]
    put_back: Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Operation:
    """What one operation takes, gives and refuses.

    title      its name in the language of the page; ``says`` is what a developer reads.
    asks       the parameters of its address; ``takes`` its content; ``gives`` its answer.
    refuses    what rooms and workflows may say no with, beside what every operation may.
    kind       as which its requests are counted, see ``rates``.
    needs      scopes of which a token must have one; none: it is open to everybody.
    is_for_pages    pages of the site may ask too, for the visitor whose session they have.
    is_keyed   takes an Idempotency-Key: sent again with the same content, the first answer is.
    must_have_key   and is refused without one.
    keeps      what of its answer is not kept under a key, because it proves something.
    is_shown   of the catalogue: the answer has a tag, and one that is known is not sent again.
    """

    name: str
    method: str
    path: str
    tag: str
    title: Any  # its words, said in the language of whoever reads the page
    says: str
    gives: type[Struct] | None
    status: int = 200
    asks: type[Struct] | None = None
    takes: type[Struct] | None = None
    headers: tuple[Header, ...] = ()
    refuses: tuple[type[ShopError], ...] = ()
    kind: str = rates.READ_KIND
    is_shown: bool = False
    names: Mapping[str, Any] | None = None
    needs: frozenset[ProgramScope] = frozenset()
    is_for_pages: bool = False
    is_keyed: bool = False
    must_have_key: bool = False
    keeps: Keeping | None = None

    @property
    def summary(self) -> str:
        """Return the first sentence of what it says."""
        return self.says.partition("\n")[0].rstrip(".")

    @property
    def heads(self) -> tuple[Header, ...]:
        """Return every header that it reads."""
        if not self.is_keyed:
            return self.headers
        return (*self.headers, replace(KEY, is_needed=self.must_have_key))

    @property
    def address(self) -> str:
        """Return its path as OpenAPI writes it."""
        return _ARGUMENT.sub(r"{\1}", self.path)

    @property
    def arguments(self) -> list[str]:
        """Return the names in its path."""
        return _ARGUMENT.findall(self.path)


OPERATIONS: dict[str, Operation] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view gives where it is more than its usual answer."""

    content: Struct | None
    status: int | None = None
    headers: Mapping[str, str] | None = None


def operation(
    method: str, path: str, *, tag: str, title: Any, **said: Any
) -> Callable[[View], View]:
    """Enter a view in the book of operations and put it at its address.

    The view is called with the names in its path, ``asked`` (its parameters) and ``sent`` (its
    content), as far as they are declared; it returns what ``gives`` declares, or an ``Answer``.
    """

    def enter(view: View) -> View:
        entry = Operation(
            name=view.__name__,
            method=method,
            path=path,
            tag=tag,
            title=title,
            says=_plain(view.__doc__ or ""),
            **said,
        )
        OPERATIONS[entry.name] = entry

        @wraps(view)
        def answer(**named: str) -> Response:
            return _answered(entry, view, named)

        marked = for_programs(from_programs(answer)) if entry.needs else public(answer)
        blueprint.add_url_rule(path, entry.name, marked, methods=[method])
        return view

    return enter


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _answered(entry: Operation, view: Callable[..., Any], named: dict[str, str]) -> Response:
    asks = callers.identify()
    rates.count(program=asks.key, kind=entry.kind)
    if entry.needs:
        callers.require(entry.needs, is_for_pages=entry.is_for_pages)
    given: dict[str, Any] = dict(named)
    if entry.asks is not None:
        given["asked"] = _asked(entry.asks)
    elif request.args:
        raise BadQuery(faults=(Fault(next(iter(request.args)), "no parameter is known here"),))
    if entry.heads:
        g.api_headers = {one.name: _header(one) for one in entry.heads}
    if entry.takes is not None:
        given["sent"] = _sent(entry.takes)
    g.api_claim = None
    if entry.is_keyed and header(KEY.name):
        return _answered_once(entry, view, given)
    return _written(entry, _whole(view(**given)))


def _whole(given_back: Struct | Answer | None) -> Answer:
    return given_back if isinstance(given_back, Answer) else Answer(given_back)


def _answered_once(entry: Operation, view: Callable[..., Any], given: dict[str, Any]) -> Response:
    """Answer a request that brought a key: the first time by acting, later from what was kept."""
    content = f"{request.method} {request.full_path}\n{request.get_data(as_text=True)}"
    # A page's keys are those of its session, whose token it has just brought.
    whose = callers.caller().key or f"page {session['csrf_token']}"
    try:
        known = programming.claim(
            caller=programming_rules.digest(whose),
            key=header(KEY.name),
            content="\n".join([content, *(header(one.name) for one in entry.heads)]),
            now=now(),
        )
    except programming.KeyInUse:
        rates.ask_again(seconds=1)
        raise
    if isinstance(known, programming.Kept):
        replayed = Response(
            _changed(known.body, entry.keeps.put_back if entry.keeps else None),
            known.status,
            content_type=JSON,
        )
        replayed.headers["Idempotent-Replayed"] = "true"
        return replayed
    g.api_claim = known
    try:
        response = _written(entry, _whole(view(**given)))
    except BaseException:
        programming.let_go(known)
        raise
    programming.keep_answer(
        known,
        status=response.status_code,
        body=_changed(
            response.get_data(as_text=True), entry.keeps.leave_out if entry.keeps else None
        ).decode(),
    )
    return response


def _changed(body: str, change: Callable[[dict[str, Any]], None] | None) -> bytes:
    if change is None:
        return body.encode()
    said = msgspec.json.decode(body)
    change(said)
    return msgspec.json.encode(said)


def once(act: Callable[[], object]) -> None:
    """Do what this request is for, and under a key never again; see ``programs.perform``."""
    programming.perform(g.api_claim, act)


def _asked(kind: type[Struct]) -> Struct:
    twice = [name for name in request.args if len(request.args.getlist(name)) > 1]
    if twice:
        raise BadQuery(faults=(Fault(twice[0], "given twice"),))
    try:
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadQuery(faults=(_fault(error, in_content=False),)) from error


def _header(one: Header) -> str:
    said = request.headers.get(one.name)
    if said is None and not one.is_needed:
        return ""
    try:
        text: str = msgspec.convert(said or "", one.kind)
    except msgspec.ValidationError as error:
        raise BadHeader(faults=(Fault(one.name, str(error)),)) from error
    return text


def given(value: T | UnsetType) -> T | None:
    """Return what was asked for, or None where the address does not name it.

    A parameter that is not there is not ``null``: that would be a word like any other.
    """
    return None if value is UNSET else value


def header(name: str) -> str:
    """Return what this request says in a header that its operation declares; empty for nothing."""
    text: str = g.api_headers[name]
    return text


def _sent(kind: type[Struct]) -> Struct:
    if request.mimetype != JSON:
        raise NotJson
    request.max_content_length = MOST_CONTENT
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.ValidationError as error:
        raise BadContent(faults=(_fault(error, in_content=True),)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise BadRequest from error


def _fault(error: msgspec.ValidationError, *, in_content: bool) -> Fault:
    found = _PLACE.fullmatch(str(error))
    said, path = (found["said"], found["path"] or "") if found else (str(error), "")
    steps = [name or number for name, number in _STEP.findall(path)]
    unknown = re.search(r"unknown field `(.*)`", said)
    if unknown and not in_content:
        steps.append(unknown[1])
    return Fault("".join(f"/{step}" for step in steps) if in_content else "".join(steps), said)


def _written(entry: Operation, answer: Answer) -> Response:
    status = answer.status or entry.status
    body = b"" if answer.content is None else msgspec.json.encode(answer.content)
    response = Response(body, status, content_type=JSON if body else None)
    if not body:
        response.headers.pop("Content-Type", None)
    for name, value in (answer.headers or {}).items():
        response.headers[name] = value
    if entry.is_shown:
        # The same for everybody, and asked for again before it is shown again: prices stand in it.
        response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
        response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest(), weak=True)
        response.make_conditional(request)
    return response


@blueprint.after_request
def _tell(response: Response) -> Response:
    rates.tell(response)
    if response.status_code == UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    _let_read(response)
    return response


def _let_read(response: Response) -> None:
    """Let pages of named origins read the answer; of all others browsers keep it."""
    origin = request.headers.get("Origin")
    response.headers.add("Vary", "Origin")
    if origin is None or origin not in current_app.config["SHOP"].api_origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE"
        response.headers["Access-Control-Allow-Headers"] = ", ".join(ALLOWED)
        response.headers["Access-Control-Max-Age"] = "600"


# Cookies are never among it: a page of another origin acts with what it was given, for itself.
ALLOWED = (
    "Accept-Language",
    "Authorization",
    "Cart-Token",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Order-Token",
)
EXPOSED = (
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-Id",
)
