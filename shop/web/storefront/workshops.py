"""The workshops and one workshop with its goods and makers."""

from __future__ import annotations

from flask import render_template, request

from shop.bookings import queries as bookings
from shop.catalog import lists
from shop.catalog.lists import Mark
from shop.freshness import EXPERIENCES, GOODS, WORKSHOPS, room
from shop.stations import queries as stations
from shop.web.access import now, public
from shop.web.kept_pages import kept, shows
from shop.web.storefront.door import blueprint


@blueprint.get("/workshops")
@public
@kept(WORKSHOPS)
def workshops() -> str:
    """List the workshops."""
    return render_template("storefront/workshops.html", workshops=stations.workshops_public())


@blueprint.get("/workshops/<string:slug>")
@public
@kept(GOODS, EXPERIENCES, asks=("after",))
def workshop(slug: str) -> str:
    """Show one workshop, its story, its goods and who sells them."""
    shown = stations.workshop_by_slug(slug)
    mark = Mark.read(request.args.get("after", ""), is_backwards=False)
    cards, _, after = lists.of_workshop(shown.slug, now=now(), mark=mark)
    shows(room(shown.station_id))
    return render_template(
        "storefront/workshop.html",
        workshop=shown,
        cards=cards,
        after=after,
        is_first=mark is None,
        makers=stations.makers_of(shown.id),
        experiences=bookings.experiences_public(now(), workshop_id=shown.id),
    )
