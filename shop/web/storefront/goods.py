"""What is on sale, shelf by shelf."""

from __future__ import annotations

from flask import render_template, request

from shop.catalog import lists, window
from shop.catalog.lists import Mark, Wish
from shop.web.access import now, public
from shop.web.storefront.door import blueprint


@blueprint.get("/goods")
@public
def goods() -> str:
    """List what is on sale, kind by kind, what is ready now or all of it."""
    wish = Wish(
        category=request.args.get("category", ""),
        supply="ready" if request.args.get("when") == "ready" else "",
    )
    mark = Mark.read(request.args.get("after", ""), is_backwards=False)
    shelves = window.categories()
    return render_template(
        "storefront/goods.html",
        page=lists.goods(wish, now=now(), mark=mark),
        shelves=shelves,
        shelf=next((s for s in shelves if s.slug == wish.category), None),
        is_ready_only=bool(wish.supply),
        is_first=mark is None,
    )
