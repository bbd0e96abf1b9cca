"""Search over goods, workshops and experiences."""

from __future__ import annotations

from flask import render_template, request

from shop.bookings import queries as bookings
from shop.catalog import window
from shop.catalog.search import LONGEST_QUERY, asked_for, is_found_in
from shop.web.access import now, public
from shop.web.storefront.door import blueprint


@blueprint.get("/search")
@public
def search() -> str:
    """Find goods by what they are, of what, and where from."""
    q = request.args.get("q", "").strip()[:LONGEST_QUERY]
    asked = asked_for(q)
    cards = window.search(q, now=now())
    workshops = {
        card.workshop_slug: card
        for card in cards
        if is_found_in(f"{card.workshop_name} {card.workshop_name_en}", asked)
    }
    experiences = [
        one
        for one in (bookings.experiences_public(now()) if asked else ())
        if is_found_in(f"{one.title} {one.title_en} {one.summary} {one.summary_en}", asked)
    ]
    return render_template(
        "storefront/search.html",
        q=q,
        cards=cards,
        workshops=list(workshops.values()),
        experiences=experiences,
    )
