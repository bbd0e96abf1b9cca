"""A maker's own pages: what is hers, when it comes, her work, and what she may ask for."""

from shop.web.member import money, views, work
from shop.web.member.frame import blueprint

__all__ = ["blueprint", "money", "views", "work"]
