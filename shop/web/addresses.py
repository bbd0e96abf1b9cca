"""Addresses as the world outside writes them: absolute, one per language, one that counts."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import current_app, request

from shop.web.filters import LOCALES

HREFLANGS = {"zh": "zh-Hans", "en": "en"}


def site_address() -> str:
    """Return the public address of the site without a slash at its end.

    The one of ``SHOP_ADDRESS``; without it the host that was asked, good enough for trying out.
    """
    settings = current_app.config["SHOP"]
    return str(settings.address or request.host_url).rstrip("/")


def absolute(path: str, **query: str) -> str:
    """Return the absolute address of a path such as ``/goods``, with a query where one is given."""
    return f"{site_address()}{path}{'?' if query else ''}{urlencode(query)}"


def in_languages(path: str, **query: str) -> list[tuple[str, str]]:
    """Return pairs of HTML language and absolute address of one page, the language named in it."""
    return [(HREFLANGS[code], absolute(path, **query, lang=code)) for code in LOCALES]
