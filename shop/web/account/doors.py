"""Where a person goes after signing in, and what her device is called."""

from __future__ import annotations

from shop.kernel.access import Actor, Permission

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
