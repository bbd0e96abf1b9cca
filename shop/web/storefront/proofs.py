"""Whose order is it: a signed cookie on the device that placed it, or that knew phone and code."""

from __future__ import annotations

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

COOKIE = "orders"
KEPT_SECONDS = 180 * 24 * 3600
MOST_ORDERS = 20


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="orders of this device")


def orders_of_device() -> dict[str, str]:
    """Return the lookup codes of the orders this device may read, by number, oldest first.

    The code is empty where the device proved itself by phone and code. A cookie that was changed
    or is half a year old counts as none.
    """
    try:
        known = _signer().loads(request.cookies.get(COOKIE, ""), max_age=KEPT_SECONDS)
    except BadData:
        return {}
    return dict(known)


def may_read(number: str) -> bool:
    """Say whether this device has proved that the order is its owner's."""
    return number in orders_of_device()


def remember_order(response: Response, number: str, *, code: str = "") -> None:
    """Let this device read one more order; the oldest is forgotten beyond twenty."""
    known = orders_of_device()
    kept = known.pop(number, "")
    known[number] = code or kept
    newest = dict(list(known.items())[-MOST_ORDERS:])
    response.set_cookie(
        COOKIE,
        _signer().dumps(newest),
        max_age=KEPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
