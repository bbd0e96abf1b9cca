"""The workshops and one workshop with its goods and makers."""

from __future__ import annotations

from flask import render_template, request

from shop.bookings import queries as bookings
from shop.catalog import window
from shop.stations import queries as stations
from shop.stock import queries as stock
from shop.web.access import now, public
from shop.web.storefront.door import blueprint

MOST_CHOICES_SHOWN = 12


@blueprint.get("/workshops")
@public
def workshops() -> str:
    """List the workshops."""
    return render_template("storefront/workshops.html", workshops=stations.workshops_public())


@blueprint.get("/workshops/<string:slug>")
@public
def workshop(slug: str) -> str:
    """Show one workshop, its story, its goods and who sells them."""
    shown = stations.workshop_by_slug(slug)
    page = window.cards(
        workshop_id=shown.id, in_stock=stock.in_stock(now()), after=request.args.get("after")
    )
    return render_template(
        "storefront/workshop.html",
        workshop=shown,
        page=page,
        is_first=request.args.get("after") is None,
        makers=stations.makers_of(shown.id),
        experiences=bookings.experiences_public(now(), workshop_id=shown.id),
    )
