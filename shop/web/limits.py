"""How often one visitor may try, and from which network she comes."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress

from flask import current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, strategy="moving-window")

# What one customer of a carrier gets of the new addresses.
OWN_PREFIX = 64


def network_digest() -> str:
    """Return what tells the visitor's network from others, and from which nobody reads an address.

    Empty for an address that names nobody: our own machine, or a front on our own network.
    """
    address = ipaddress.ip_address(get_remote_address())
    if not address.is_global:
        return ""
    place = str(address)
    if address.version == 6:  # noqa: PLR2004 - the version of the protocol
        place = str(ipaddress.ip_network((address, OWN_PREFIX), strict=False))
    key = str(current_app.secret_key).encode()
    return hmac.new(key, place.encode(), hashlib.sha256).hexdigest()
