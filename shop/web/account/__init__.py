"""Signing in and out, and what a signed-in person may see and change about herself."""

from shop.web.account import codes, data, orders, own, passkeys, proving, second, views
from shop.web.account.frame import blueprint

__all__ = ["blueprint", "codes", "data", "orders", "own", "passkeys", "proving", "second", "views"]
