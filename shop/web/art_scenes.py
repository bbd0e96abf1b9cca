"""Places and lessons, drawn in the same hand as the goods."""

from __future__ import annotations

from shop.web.art_goods import Drawing

WIDTH, HEIGHT = 600, 400

SCENES: dict[str, Drawing] = {}
