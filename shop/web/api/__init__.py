"""The same shop for programs: JSON over the services that pages use."""

from shop.web.api.views import blueprint

__all__ = ["blueprint"]
