"""The pick-up counter on a phone: find the order, take the money, hand over, print the receipt."""

from shop.web.counter.views import blueprint

__all__ = ["blueprint"]
