"""The shop window: what buyers and visitors see, fill, book, pay and follow."""

from shop.web.storefront import booking, browsing, buying, following
from shop.web.storefront.door import blueprint

__all__ = ["blueprint", "booking", "browsing", "buying", "following"]
