"""The things of the window's pages as machines read them: built from what the page shows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _

from shop.bookings.queries import ExperiencePage
from shop.kernel.clock import SHANGHAI
from shop.reviews.window import Summary
from shop.stations.queries import WorkshopView
from shop.web import linked_data
from shop.web.addresses import HREFLANGS, absolute, site_address
from shop.web.filters import localized, static_url
from shop.web.linked_data import Seller, Thing
from shop.web.pictures import picture_url
from shop.workflows.showing import ShownProduct

# Search engines show the next dates only, and forty of them would outweigh the page.
MOST_DATES = 6
LARGE = 1600  # pixels, of the pictures that machines are shown


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


def of_product(shown: ShownProduct, summary: Summary) -> list[Thing]:
    """Return one product with what can be bought of it, and the way to its page."""
    product = shown.product
    address = absolute(f"/goods/{product.slug}")
    category = localized(product.category, "name") if product.category else ""
    maker = localized(product.maker, "name") if product.maker and product.maker.name else ""
    seller = seller_of(product.workshop)
    offers = [
        linked_data.offer(
            address=address,
            price=choice.variant.price,
            availability="made" if choice.promise.is_made_first else "ready",
            seller=seller,
            sku=choice.variant.sku,
        )
        for choice in shown.choices
    ]
    if not offers:
        offers = [
            linked_data.offer(
                address=address, price=product.price, availability="gone", seller=seller
            )
        ]
    way = [(_("Goods"), absolute("/goods"))]
    if product.category:
        way.append((category, absolute("/goods", category=product.category.slug)))
    return [
        linked_data.product(
            address=address,
            name=localized(product, "title"),
            description=localized(product, "summary"),
            images=[absolute(picture_url(photo, LARGE)) for photo in product.photos],
            sku=product.code,
            material=localized(product, "material"),
            category=category,
            offers=offers,
            maker=maker,
            rating=None if summary.average is None else (float(summary.average), summary.count),
        ),
        linked_data.breadcrumb([*way, (localized(product, "title"), address)]),
    ]
