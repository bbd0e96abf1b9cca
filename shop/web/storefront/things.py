"""The things of the window's pages as machines read them: built from what the page shows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import current_app

from shop.bookings.queries import ExperiencePage
from shop.kernel.clock import SHANGHAI
from shop.stations.queries import WorkshopView
from shop.web import linked_data
from shop.web.addresses import HREFLANGS, absolute, site_address
from shop.web.filters import localized, static_url
from shop.web.linked_data import Seller, Thing

# Search engines show the next dates only, and forty of them would outweigh the page.
MOST_DATES = 6


def seller_of(workshop: WorkshopView) -> Seller:
    """Return who sells what a workshop makes."""
    return Seller(
        name=workshop.seller_name,
        locality=" ".join(workshop.place),
        address=workshop.address,
    )


def of_home() -> list[Thing]:
    """Return the site and its search."""
    return [
        linked_data.shop_front(
            address=site_address(),
            name="灯梁 Dengliang",
            logo=absolute(static_url("img/icon-512.png")),
            phone=current_app.extensions["site"].phone,
            languages=list(HREFLANGS.values()),
        )
    ]


def of_experience(page: ExperiencePage) -> list[Thing]:
    """Return the next dates of an experience and the way to its page."""
    shown = page.experience
    address = absolute(f"/experiences/{shown.slug}")
    dates = [
        linked_data.event(
            address=absolute(f"/experiences/{shown.slug}", session=session.public_id),
            name=localized(shown, "title"),
            description=localized(shown, "summary"),
            image=absolute(static_url("img/share.jpg")),
            starts_at=session.starts_at.astimezone(ZoneInfo(SHANGHAI)),
            ends_at=session.ends_at.astimezone(ZoneInfo(SHANGHAI)),
            places_left=session.places_left,
            price=min(shown.child, shown.adult),
            organizer=seller_of(page.workshop),
        )
        for session in page.sessions[:MOST_DATES]
    ]
    return [*dates, linked_data.breadcrumb([(localized(shown, "title"), address)])]
