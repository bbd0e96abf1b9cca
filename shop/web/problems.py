"""What a program is told when something was refused: problem details of RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from flask import Response, g
from msgspec import Meta, Struct

from shop.kernel.errors import ShopError
from shop.kernel.money import Money

MEDIA_TYPE = "application/problem+json"
# What of a refusal's details helps a program and tells nothing of anybody else.
TOLD = frozenset(
    {"agreed", "available", "left", "line", "minutes", "most", "now", "scope", "title", "wanted"}
)


class Fault(Struct, frozen=True):
    """One place in what was sent that could not be taken."""

    pointer: Annotated[str, Meta(description="JSON pointer, or the name of a parameter")]
    detail: Annotated[str, Meta(description="what was expected there, in English")]


class Amount(Struct, frozen=True):
    """A sum of money in whole fen: 100 fen are one yuan."""

    fen: int
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "CNY"


class ProblemDetails(Struct, frozen=True, omit_defaults=True):
    """Why something was refused; nothing was changed (RFC 9457)."""

    type: Annotated[str, Meta(description="the code as a name that never changes")]
    title: Annotated[str, Meta(description="the kind of refusal, in the language asked for")]
    status: int
    detail: Annotated[str, Meta(description="what a person can be shown, in the same language")]
    code: Annotated[str, Meta(description="stable; what a program decides by")]
    request_id: Annotated[str, Meta(description="what to name when asking us")]
    errors: list[Fault] = []
    details: dict[str, int | str | Amount] = {}


def amount(money: Money) -> Amount:
    """Return a sum as programs read it."""
    return Amount(money.minor, money.currency)


def problem(
    *, status: int, code: str, title: str, detail: str, refusal: ShopError | None = None
) -> Response:
    """Return the answer of a refusal, with what of its details a program may know."""
    details = refusal.details if refusal is not None else {}
    body = ProblemDetails(
        type=f"urn:dengliang:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        request_id=g.get("request_id", ""),
        errors=list(_faults(details)),
        details=_told(details),
    )
    return Response(msgspec.json.encode(body), status, content_type=MEDIA_TYPE)


def _faults(details: Mapping[str, object]) -> tuple[Fault, ...]:
    faults = details.get("faults", ())
    return faults if isinstance(faults, tuple) else ()


def _told(details: Mapping[str, object]) -> dict[str, int | str | Amount]:
    told: dict[str, Any] = {}
    for name in sorted(TOLD & details.keys()):
        value = details[name]
        if isinstance(value, Money):
            told[name] = amount(value)
        elif isinstance(value, int | str):
            told[name] = value
    return told
