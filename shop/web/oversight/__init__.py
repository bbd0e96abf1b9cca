"""What towns and counties see: totals of their own part of the tree, read-only."""

from shop.web.oversight.views import blueprint

__all__ = ["blueprint"]
