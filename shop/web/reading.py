"""How a visitor reads: the language and the size of the text, kept on her device."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from shop.web.access import public
from shop.web.addresses import own_address
from shop.web.filters import READING
from shop.web.origin import without_token

blueprint = Blueprint("reading", __name__)

KEPT_SECONDS = 365 * 24 * 3600


@blueprint.post("/reading")
@public
@without_token
def choose() -> ResponseReturnValue:
    """Keep the language or the size of the text that was pressed, and go back to the page."""
    response = redirect(own_address(request.form.get("back", "")) or "/", code=303)
    for cookie, choices in READING.items():
        value = request.form.get(cookie)
        if value in choices:
            keep(response, cookie, value)
    return response


def keep(response: Response, cookie: str, value: str) -> None:
    """Let the device remember how its reader reads."""
    response.set_cookie(
        cookie, value, max_age=KEPT_SECONDS, samesite="Lax", secure=request.is_secure
    )
