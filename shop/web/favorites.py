"""The favorites of a device: a cookie of public ids, and the mark of the network it speaks from."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from flask import current_app, request
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from shop.favorites.rules import kept_ids

COOKIE = "favorites"
KEPT_SECONDS = 365 * 24 * 3600
# What one household of the newer Internet gets: half of an address.
_OF_A_HOUSEHOLD = 64


def on_device() -> list[str]:
    """Return the public ids of what this device keeps, the newest first."""
    return kept_ids(request.cookies.get(COOKIE, "").split("."))


def leave_on_device(response: Response, public_ids: Sequence[str]) -> None:
    """Let the device keep these; the module of pages reads them to mark hearts."""
    if not public_ids:
        response.delete_cookie(COOKIE)
        return
    response.set_cookie(
        COOKIE,
        ".".join(public_ids),
        max_age=KEPT_SECONDS,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def network_mark(public_id: str) -> str:
    """Return the mark of this network for one product, keyed with the house's secret."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    said = f"heart {public_id} {_network()}".encode()
    return hmac.new(secret, said, hashlib.sha256).hexdigest()[:32]


def _network() -> str:
    try:
        address = ip_address(get_remote_address())
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else f"{int(address) >> (128 - _OF_A_HOUSEHOLD):x}"
    return str(address)
