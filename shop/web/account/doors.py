"""Where a person goes after signing in, and what her device is called."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from shop.kernel.access import Actor, Permission

LONGEST_ADDRESS = 500
PLATFORMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


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


def first_page(actor: Actor) -> str:
    """Return the page where this person's day begins."""
    for permission, address in (
        (Permission.SEE_DESK, "/desk"),
        (Permission.SEE_OVERSIGHT, "/oversight"),
        (Permission.SEE_OWN_EARNINGS, "/member"),
    ):
        if actor.holds(permission):
            return address
    return "/account"


def device_name(user_agent: str) -> str:
    """Return what a person would call this device: ``Android · Chrome``."""
    parts = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (PLATFORMS, BROWSERS)
    ]
    return " · ".join(part for part in parts if part) or user_agent[:40]
