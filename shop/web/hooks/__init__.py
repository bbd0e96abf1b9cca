"""Doors for machines: what payment providers tell us."""

from __future__ import annotations

from shop.web.hooks.views import blueprint

__all__ = ["blueprint"]
