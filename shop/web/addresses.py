"""Addresses as the world outside writes them: absolute, one per language, and handed back to us."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from flask import current_app, request

from shop.web.filters import LOCALES

HREFLANGS = {"zh": "zh-Hans", "en": "en"}
LONGEST_ADDRESS = 500


def site_address() -> str:
    """Return the public address of the site without a slash at its end.

    The one of ``SHOP_ADDRESS``; without it the host that was asked, good enough for trying out.
    """
    settings = current_app.config["SHOP"]
    return str(settings.address or request.host_url).rstrip("/")


def absolute(path: str, **query: str) -> str:
    """Return the absolute address of a path such as ``/goods``, with a query where one is given.

    A path may bring a query of its own; what is given is added to it.
    """
    joint = "" if not query else "&" if "?" in path else "?"
    return f"{site_address()}{path}{joint}{urlencode(query)}"


def in_languages(path: str, **query: str) -> list[tuple[str, str]]:
    """Return pairs of HTML language and absolute address of one page, the language named in it."""
    return [(HREFLANGS[code], absolute(path, **query, lang=code)) for code in LOCALES]


def own_address(text: str) -> str | None:
    r"""Return an address of this site, or None for anything that could lead elsewhere.

    Only a path of ours with its query counts: ``//host``, ``/\host``, a scheme, or a control
    character is somebody else's wish.
    """
    if not text.startswith("/") or len(text) > LONGEST_ADDRESS:
        return None
    if re.search(r"[\x00-\x20\x7f\\]", text):  # browsers drop or turn these before they look
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else text
