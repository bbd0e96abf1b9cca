"""A maker's own pages: what is hers, when it comes, and the work she is offered."""

from shop.web.member.views import blueprint

__all__ = ["blueprint"]
