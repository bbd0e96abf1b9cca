"""The shop window: what buyers and visitors see, fill, book, pay and follow."""

from shop.web.storefront import (
    booking,
    buying,
    cards,
    crawling,
    favorites,
    feeds,
    finding,
    following,
    goods,
    home,
    posters,
    product,
    provenance,
    reviewing,
    shelves,
    voices,
    workshops,
)
from shop.web.storefront.door import blueprint

__all__ = [
    "blueprint",
    "booking",
    "buying",
    "cards",
    "crawling",
    "favorites",
    "feeds",
    "finding",
    "following",
    "goods",
    "home",
    "posters",
    "product",
    "provenance",
    "reviewing",
    "shelves",
    "voices",
    "workshops",
]
