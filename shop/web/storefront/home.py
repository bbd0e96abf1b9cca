"""The front page and the rules of the house."""

from __future__ import annotations

from flask import render_template

from shop.bookings import queries as bookings
from shop.catalog import lists, window
from shop.catalog.lists import Wish
from shop.stations import queries as stations
from shop.web.access import now, public
from shop.web.storefront import things
from shop.web.storefront.door import blueprint


@blueprint.get("/")
@public
def home() -> str:
    """Show what this is, what is ready, the next sessions and where the money goes."""
    ready = lists.goods(Wish(supply="ready"), now=now(), most=8).cards
    example = window.split_example()
    return render_template(
        "storefront/home.html",
        cards=ready,
        sessions=bookings.next_sessions(now(), most=3),
        workshop=stations.workshop(example.workshop_id) if example else None,
        example=example,
        linked=things.of_home(),
    )


@blueprint.get("/rules")
@public
def rules() -> str:
    """Show returns, sessions, privacy and who sells, in plain words."""
    return render_template("storefront/rules.html", workshops=stations.workshops_public())
