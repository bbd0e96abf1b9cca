"""The front page and the rules of the house."""

from __future__ import annotations

from flask import render_template

from shop.bookings import queries as bookings
from shop.catalog import lists, window
from shop.catalog.lists import Wish
from shop.freshness import EXPERIENCES, GOODS, WORKSHOPS, room, session
from shop.stations import queries as stations
from shop.web.access import now, public
from shop.web.kept_pages import kept, shows
from shop.web.storefront import things
from shop.web.storefront.door import blueprint


@blueprint.get("/")
@public
@kept(GOODS, EXPERIENCES)
def home() -> str:
    """Show what this is, what is ready, the next sessions and where the money goes."""
    ready = lists.goods(Wish(supply="ready"), now=now(), most=8).cards
    example = window.split_example()
    sessions = bookings.next_sessions(now(), most=3)
    workshop = stations.workshop(example.workshop_id) if example else None
    shows(*(session(one.id) for one in sessions))
    if workshop is not None:
        shows(room(workshop.station_id))
    return render_template(
        "storefront/home.html",
        cards=ready,
        sessions=sessions,
        workshop=workshop,
        example=example,
        linked=things.of_home(),
    )


@blueprint.get("/rules")
@public
@kept(WORKSHOPS)
def rules() -> str:
    """Show returns, sessions, privacy and who sells, in plain words."""
    return render_template("storefront/rules.html", workshops=stations.workshops_public())
