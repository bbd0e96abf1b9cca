"""A curated shelf: goods somebody chose for a while, with a kind word once it is over."""

from __future__ import annotations

from flask import render_template

from shop.freshness import GOODS, SHELVES
from shop.shelves import queries as shelves
from shop.web.access import now, public
from shop.web.kept_pages import kept
from shop.web.storefront.door import blueprint


@blueprint.get("/shelves/<string:slug>")
@public
@kept(GOODS, SHELVES)
def shelf(slug: str) -> str:
    """Show one shelf; one that is over says so and shows what is left of it."""
    page = shelves.page(slug, now=now())
    return render_template("storefront/shelf.html", shelf=page.shelf, cards=page.cards)
