"""What the door to programs refuses before any room is asked."""

from __future__ import annotations

from typing import ClassVar

from shop.kernel.errors import InvalidInput, ShopError


class BadRequest(ShopError):
    """The request cannot be read at all."""

    code: ClassVar[str] = "api.unreadable"
    status: ClassVar[int] = 400


class BadQuery(ShopError):
    """A parameter is unknown, given twice or out of its bounds; ``faults`` say which."""

    code: ClassVar[str] = "api.bad_query"
    status: ClassVar[int] = 400


class BadCursor(ShopError):
    """A cursor was not given out here, or for another question."""

    code: ClassVar[str] = "api.bad_cursor"
    status: ClassVar[int] = 400


class BadHeader(ShopError):
    """A header is missing or cannot be what it is called; ``faults`` say which."""

    code: ClassVar[str] = "api.bad_header"
    status: ClassVar[int] = 400


class NotJson(ShopError):
    """The content says that it is something else than JSON."""

    code: ClassVar[str] = "api.not_json"
    status: ClassVar[int] = 415


class BadContent(InvalidInput):
    """The content is JSON, but not what is declared; ``faults`` say where."""

    code: ClassVar[str] = "api.bad_content"


class TokenRefused(ShopError):
    """The token is unknown, has run out or was taken back: all three look alike from outside."""

    code: ClassVar[str] = "api.token_refused"
    status: ClassVar[int] = 401


class ScopeMissing(ShopError):
    """The token was not made for this; ``scope`` says what it would need."""

    code: ClassVar[str] = "api.scope_missing"
    status: ClassVar[int] = 403


class TooOften(ShopError):
    """More was asked for in a minute than one caller may; ``seconds`` until it may again."""

    code: ClassVar[str] = "api.too_often"
    status: ClassVar[int] = 429
