"""A maker's own pages: what is hers, when it comes, her work, what she may ask for and hear."""

from shop.web.member import aloud, borrowed, money, slips, views, work, year
from shop.web.member.frame import blueprint

__all__ = ["aloud", "blueprint", "borrowed", "money", "slips", "views", "work", "year"]
