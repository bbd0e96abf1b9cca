"""Signing in and out, and what a signed-in person may change about herself."""

from shop.web.account.views import blueprint

__all__ = ["blueprint"]
