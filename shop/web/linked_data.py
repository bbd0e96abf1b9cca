"""What a page says to machines, in the words of schema.org: goods, offers, dates, the way here.

Builders return plain dictionaries; ``as_script`` writes one into a page. They say nothing that the
page itself does not say to people, and a maker's name only as far as the page shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from shop.kernel.money import Money

CONTEXT = "https://schema.org"
AVAILABLE = {"ready": "InStock", "made": "PreOrder", "gone": "OutOfStock"}

Thing = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, with the place: as the page names them."""

    name: str
    locality: str
    address: str


def as_script(things: Sequence[Mapping[str, Any]]) -> Markup:
    """Return the data block of a page; text in it can neither end the block nor begin a tag."""
    graph = {"@context": CONTEXT, "@graph": list(things)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    # Every sign that HTML could read as markup was written as an escape of JSON above.
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704


def _given(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if value not in (None, "", [], {})}


def breadcrumb(steps: Iterable[tuple[str, str]]) -> Thing:
    """Return the way here: pairs of word and absolute address, the last one the page itself."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            _given({"@type": "ListItem", "position": place, "name": word, "item": address})
            for place, (word, address) in enumerate(steps, start=1)
        ],
    }


def offer(*, address: str, price: Money, availability: str, seller: Seller, sku: str = "") -> Thing:
    """Return what may be bought, at what price; ``availability`` is ready, made or gone."""
    return _given(
        {
            "@type": "Offer",
            "url": address,
            "sku": sku,
            "price": price.figures,
            "priceCurrency": price.currency,
            "availability": f"{CONTEXT}/{AVAILABLE[availability]}",
            "itemCondition": f"{CONTEXT}/NewCondition",
            "seller": _organization(seller),
        }
    )


def _organization(seller: Seller) -> Thing:
    return {"@type": "Organization", "name": seller.name}


def product(
    *,
    address: str,
    name: str,
    description: str,
    images: Sequence[str],
    sku: str,
    material: str,
    category: str,
    offers: Sequence[Thing],
    maker: str = "",
    rating: tuple[float, int] | None = None,
) -> Thing:
    """Return one product with its offers.

    maker     her public name as the page shows it, or nothing.
    rating    average of five and the number of reviews it rests on; None while there is none.
    """
    low = min((one["price"] for one in offers), key=float, default=None)
    high = max((one["price"] for one in offers), key=float, default=None)
    many = {
        "@type": "AggregateOffer",
        "lowPrice": low,
        "highPrice": high,
        "priceCurrency": offers[0]["priceCurrency"] if offers else None,
        "offerCount": len(offers),
        "offers": list(offers),
    }
    return _given(
        {
            "@type": "Product",
            "@id": f"{address}#product",
            "url": address,
            "name": name,
            "description": description,
            "image": list(images),
            "sku": sku,
            "material": material,
            "category": category,
            "creator": {"@type": "Person", "name": maker} if maker else None,
            "offers": offers[0] if len(offers) == 1 else (many if offers else None),
            "aggregateRating": _rating(rating),
        }
    )


def _rating(rating: tuple[float, int] | None) -> Thing | None:
    if rating is None or not rating[1]:
        return None
    return {
        "@type": "AggregateRating",
        "ratingValue": f"{rating[0]:.1f}",
        "reviewCount": rating[1],
        "bestRating": 5,
        "worstRating": 1,
    }


def event(
    *,
    address: str,
    name: str,
    description: str,
    image: str,
    starts_at: datetime,
    ends_at: datetime,
    places_left: int,
    price: Money,
    organizer: Seller,
) -> Thing:
    """Return one dated session; ``price`` is the lowest a person pays, times carry their zone."""
    return _given(
        {
            "@type": "Event",
            "name": name,
            "description": description,
            "image": image,
            "url": address,
            "startDate": starts_at.isoformat(),
            "endDate": ends_at.isoformat(),
            "eventAttendanceMode": f"{CONTEXT}/OfflineEventAttendanceMode",
            "eventStatus": f"{CONTEXT}/EventScheduled",
            "location": {
                "@type": "Place",
                "name": organizer.name,
                "address": _given(
                    {
                        "@type": "PostalAddress",
                        "streetAddress": organizer.address,
                        "addressLocality": organizer.locality,
                        "addressRegion": "重庆市",
                        "addressCountry": "CN",
                    }
                ),
            },
            "organizer": _organization(organizer),
            "remainingAttendeeCapacity": places_left,
            "offers": offer(
                address=address,
                price=price,
                availability="ready" if places_left else "gone",
                seller=organizer,
            ),
        }
    )


def shop_front(
    *, address: str, name: str, logo: str, phone: str, languages: Sequence[str]
) -> Thing:
    """Return the site itself with its search, for the first page."""
    return _given(
        {
            "@type": "WebSite",
            "@id": f"{address}/#site",
            "url": f"{address}/",
            "name": name,
            "inLanguage": list(languages),
            "publisher": _given(
                {
                    "@type": "Organization",
                    "name": name,
                    "url": f"{address}/",
                    "logo": logo,
                    "telephone": phone,
                }
            ),
            "potentialAction": {
                "@type": "SearchAction",
                "target": f"{address}/search?q={{search_term_string}}",
                "query-input": "required name=search_term_string",
            },
        }
    )
