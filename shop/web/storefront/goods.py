"""What is on sale, shelf by shelf."""

from __future__ import annotations

from flask import render_template, request

from shop.catalog import window
from shop.stock import queries as stock
from shop.web.access import now, public
from shop.web.storefront.door import blueprint

MOST_CHOICES_SHOWN = 12


@blueprint.get("/goods")
@public
def goods() -> str:
    """List what is on sale, shelf by shelf, what is ready now or all of it."""
    shelf = request.args.get("shelf", "")
    shelves = window.categories()
    is_ready_only = request.args.get("ready") == "1"
    page = window.cards(
        category=shelf or None,
        ready=True if is_ready_only else None,
        in_stock=stock.in_stock(now()),
        after=request.args.get("after"),
    )
    return render_template(
        "storefront/goods.html",
        page=page,
        shelves=shelves,
        shelf=next((s for s in shelves if s.slug == shelf), None),
        is_ready_only=is_ready_only,
        is_first=request.args.get("after") is None,
    )
