"""The two small cookies of a cart: its token, and how many things wait in it."""

from __future__ import annotations

import re

from flask import current_app, request
from werkzeug.wrappers import Response

from shop.orders import cart_queries

TOKEN_COOKIE = "cart"  # noqa: S105 - the name of the cookie, not what is in it
COUNT_COOKIE = "cart_count"
_TOKEN = re.compile(r"[\w-]{16,48}", re.ASCII)
KEPT_SECONDS = 60 * 24 * 3600


def cart_token() -> str | None:
    """Return the token of this device's cart, if it brought one that can be a token."""
    token = request.cookies.get(TOKEN_COOKIE, "")
    return token if _TOKEN.fullmatch(token) else None


def _set(response: Response, name: str, value: str, *, for_script: bool = False) -> None:
    response.set_cookie(
        name,
        value,
        max_age=KEPT_SECONDS,
        httponly=not for_script,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def with_cart(response: Response, token: str, *, count: int | None = None) -> Response:
    """Return the answer with the cart's cookies; a page's script shows the count from its own.

    count    how many things lie in it, where that is known.
    """
    _set(response, TOKEN_COOKIE, token)
    lying = cart_queries.cart_count(token) if count is None else count
    _set(response, COUNT_COOKIE, str(lying), for_script=True)
    return response


def forget_count(response: Response) -> None:
    """Show an empty cart from the next page on."""
    response.delete_cookie(COUNT_COOKIE)


def forget_cart(response: Response) -> None:
    """Take the cart off this device; in its account it stays."""
    response.delete_cookie(TOKEN_COOKIE)
    response.delete_cookie(COUNT_COOKIE)
