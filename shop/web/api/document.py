"""The OpenAPI document, made of the book of operations: never written beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from shop.kernel.errors import ShopError
from shop.programs.rules import HookKind, told_by
from shop.programs.services import KeyInUse, KeyTaken
from shop.web.api.door import OPERATIONS, Header, Operation
from shop.web.api.refusals import (
    BadContent,
    BadHeader,
    BadQuery,
    BadRequest,
    NotJson,
    ScopeMissing,
    TokenRefused,
    TooOften,
)
from shop.web.origin import NobodyKnown
from shop.web.problems import MEDIA_TYPE, ProblemDetails

Node = dict[str, Any]  # JSON
TEMPLATE = "#/components/schemas/{name}"
TOO_LARGE = 413
# Refusals after which the same request may come again, and when.
LATER = {TooOften.code, KeyInUse.code}
AGAIN = {"Retry-After": {"description": "seconds", "schema": {"type": "string"}}}
RATE_HEADERS = {
    "RateLimit-Policy": "requests and seconds of the window",
    "RateLimit-Limit": "requests in a window",
    "RateLimit-Remaining": "requests that are left",
    "RateLimit-Reset": "seconds until more are",
}
HOOK_HEADERS = {
    "webhook-id": "the name of the message; the same when it comes again",
    "webhook-timestamp": "seconds since 1970 when it was sent; refuse what is older than minutes",
    "webhook-signature": "v1, and base64 of HMAC-SHA256 over id.timestamp.body; two while a secret "
    "changes, one of which is right",
}
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "a token that a manager of the place made at the desk",
    },
    "page": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "pages of the site itself, with their session and its token",
    },
}
# What the page calls each group of operations, and what is in it.
TAGS = {
    "goods": (_l("Goods"), _l("What is on public sale, narrowed, sorted and searched as here.")),
    "workshops": (_l("Workshops"), _l("Who makes and sells it, and where; and places to send to.")),
    "experiences": (_l("Experiences"), _l("What visitors can learn, and when.")),
    "cart": (_l("Cart"), _l("What one buyer wants, as it could be ordered now.")),
    "orders": (
        _l("Orders"),
        _l("Placed, paid, followed, cancelled; and the bookings in them."),
    ),
    "fulfilment": (
        _l("Parcels"),
        _l("What the workshops of a program’s place send or hand over."),
    ),
}
INTRODUCTION = _l(
    "Money is in whole fen with its currency, instants carry their offset, days are days in "
    "Shanghai. Lists are paged by opaque cursors. A refusal is a problem as RFC 9457 has it, with "
    "a code that never changes, in Chinese or English as Accept-Language asks. Every answer says "
    "how many requests are left. Reads of goods, workshops and experiences carry an ETag; "
    "If-None-Match saves sending what is known. What buys needs a token, and an order an "
    "Idempotency-Key."
)


def document(address: str) -> Node:
    """Return the description of every operation, in English whoever asks.

    address    of the site, without a slash at its end.
    """
    with force_locale("en"):
        return _document(address)


def _document(address: str) -> Node:
    kinds = [kind for one in OPERATIONS.values() for kind in (one.gives, one.takes) if kind]
    asked = [one.asks for one in OPERATIONS.values() if one.asks]
    _, schemas = msgspec.json.schema_components(
        dict.fromkeys([*kinds, *asked, ProblemDetails]), ref_template=TEMPLATE
    )
    shapes = [told_by(kind) for kind in HookKind]
    _, told = msgspec.json.schema_components(dict.fromkeys(shapes), ref_template=TEMPLATE)
    paths: Node = {}
    for one in OPERATIONS.values():
        paths.setdefault(one.address, {})[one.method.lower()] = _operation(one, schemas)
    for kind in asked:
        del schemas[kind.__name__]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "灯梁 Dengliang",
            "version": "1.0.0",
            "description": str(INTRODUCTION),
        },
        "servers": [{"url": f"{address}/api/v1"}],
        "tags": [{"name": name, "description": str(says)} for name, (_title, says) in TAGS.items()],
        "paths": paths,
        "webhooks": {kind.value: _webhook(kind) for kind in HookKind},
        "components": {"schemas": {**schemas, **told}, "securitySchemes": SCHEMES},
    }


def _webhook(kind: HookKind) -> Node:
    """Return what an address is told of one kind."""
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind.value},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": _ref(told_by(kind)),
        },
    }
    return {
        "post": {
            "operationId": f"told_{kind.value.replace('.', '_')}",
            "summary": f"Told when {kind.value}",
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": says,
                    "schema": {"type": "string"},
                }
                for name, says in HOOK_HEADERS.items()
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "2XX": {"description": "The message was taken; it does not come again."},
                "410": {"description": "Nothing more is sent until somebody at the desk says so."},
            },
        }
    }


def _doors(one: Operation) -> list[Node]:
    """Return the ways in: of several each is enough; an empty one is no way at all."""
    if not one.needs:
        return [{}, {"token": []}]
    return [{"token": sorted(one.needs)}, *([{"page": []}] if one.is_for_pages else [])]


def _operation(one: Operation, schemas: Mapping[str, Any]) -> Node:
    said: Node = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": one.says,
        "security": _doors(one),
        "parameters": [
            *_of_path(one),
            *_of_query(one, schemas),
            *(_of_header(head) for head in one.heads),
        ],
        "responses": {**_fine(one), **_refused(one)},
    }
    if one.takes is not None:
        said["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(one.takes)}},
        }
    return said


def _ref(kind: type) -> Node:
    return {"$ref": TEMPLATE.format(name=kind.__name__)}


def _of_path(one: Operation) -> list[Node]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": msgspec.json.schema((one.names or {})[name]),
        }
        for name in one.arguments
    ]


def _of_query(one: Operation, schemas: Mapping[str, Any]) -> Iterable[Node]:
    if one.asks is None:
        return
    whole = schemas[one.asks.__name__]
    for name, schema in whole["properties"].items():
        yield {
            "name": name,
            "in": "query",
            "required": name in whole["required"],
            "schema": schema,
            **({"description": schema["description"]} if "description" in schema else {}),
        }


def _of_header(head: Header) -> Node:
    return {
        "name": head.name,
        "in": "header",
        "required": head.is_needed,
        "description": head.says,
        "schema": msgspec.json.schema(head.kind),
    }


def _fine(one: Operation) -> Node:
    fine: Node = {"description": one.summary, "headers": _rate_headers()}
    if one.gives is not None:
        fine["content"] = {"application/json": {"schema": _ref(one.gives)}}
    found: Node = {str(one.status): fine}
    if one.is_shown:
        fine["headers"]["ETag"] = {"schema": {"type": "string"}}
        found["304"] = {"description": "What the caller named is still so."}
    return found


def _rate_headers() -> Node:
    return {
        name: {"description": says, "schema": {"type": "string"}}
        for name, says in RATE_HEADERS.items()
    }


def refusals_of(one: Operation) -> dict[int, list[str]]:
    """Return the codes with which an operation may refuse, by status."""
    kinds: list[type[ShopError]] = [BadQuery, TokenRefused, TooOften, *one.refuses]
    if one.needs:
        kinds += [NobodyKnown, ScopeMissing]
    if one.heads:
        kinds.append(BadHeader)
    if one.is_keyed:
        kinds += [KeyTaken, KeyInUse]
    if one.takes is not None:
        kinds += [BadRequest, NotJson, BadContent]
    found: dict[int, list[str]] = {404: ["not_found"]}
    if one.takes is not None:
        found[TOO_LARGE] = ["http_413"]
    for kind in kinds:
        codes = found.setdefault(kind.status, [])
        if kind.code not in codes:
            codes.append(kind.code)
    return dict(sorted(found.items()))


def _refused(one: Operation) -> Node:
    return {
        str(status): {
            "description": ", ".join(f"`{code}`" for code in codes),
            "headers": _rate_headers() | (AGAIN if set(codes) & LATER else {}),
            "content": {
                MEDIA_TYPE: {
                    "schema": {
                        "allOf": [
                            _ref(ProblemDetails),
                            {"properties": {"code": {"enum": codes}, "status": {"const": status}}},
                        ]
                    }
                }
            },
        }
        for status, codes in refusals_of(one).items()
    }
