"""Whose order is it: in her account, or known to the device that placed it or knew phone and code.

The device keeps what it knows in a signed cookie.
"""

from __future__ import annotations

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from shop.orders import queries as orders
from shop.web.access import current_actor

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
    """Say whether this device, or who is signed in on it, has proved that the order is hers."""
    if number in orders_of_device():
        return True
    user_id = current_actor().user_id
    return user_id is not None and bool(orders.numbers_in_account([number], user_id))


def remember_order(response: Response, number: str, *, code: str = "") -> None:
    """Let this device read one more order; the oldest is forgotten beyond twenty."""
    known = orders_of_device()
    kept = known.pop(number, "")
    known[number] = code or kept
    _keep(response, dict(list(known.items())[-MOST_ORDERS:]))


def forget_orders(response: Response, user_id: int) -> None:
    """Let this device read no more what is in an account; signing in opens it again."""
    known = orders_of_device()
    hers = orders.numbers_in_account(known, user_id)
    if hers:
        _keep(response, {number: code for number, code in known.items() if number not in hers})


def _keep(response: Response, known: dict[str, str]) -> None:
    response.set_cookie(
        COOKIE,
        _signer().dumps(known),
        max_age=KEPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
