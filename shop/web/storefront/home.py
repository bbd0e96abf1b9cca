"""The front page and the rules of the house."""

from __future__ import annotations

from flask import render_template

from shop.bookings import queries as bookings
from shop.catalog import window
from shop.freshness import EXPERIENCES, GOODS, SHELVES, WORKSHOPS, room, session
from shop.kernel.clock import business_day
from shop.shelves import queries as shelves
from shop.web.access import now, public
from shop.web.kept_pages import kept, shows
from shop.web.storefront import things
from shop.web.storefront.door import blueprint

WEEK_DAYS = 7


@blueprint.get("/")
@public
@kept(GOODS, EXPERIENCES, SHELVES, WORKSHOPS)
def home() -> str:
    """Show what this is, what is ready, the season, the next sessions, a story, a price."""
    today = business_day(now())
    example, story = window.front(today.toordinal() // WEEK_DAYS)
    front = shelves.front(now=now())
    sessions = bookings.next_sessions(now(), most=3)
    shows(*(session(one.id) for one in sessions))
    if story is not None:
        shows(room(story.station_id))
    return render_template(
        "storefront/home.html",
        cards=front.ready,
        shelf=front.shelf,
        on_shelf=front.on_shelf,
        sessions=sessions,
        story=story,
        example=example,
        linked=things.of_home(),
    )


@blueprint.get("/rules")
@public
@kept(WORKSHOPS)
def rules() -> str:
    """Show returns, sessions, privacy and who sells, in plain words."""
    return render_template("storefront/rules.html")
