"""The same shop for programs: JSON over the services that pages use.

What an operation takes and gives is declared once, beside it (``door.operation``): the same
declaration checks what comes in, writes what goes out and makes the OpenAPI document.
"""

from shop.web.api import book, carts, experiences, goods, orders, parts, places
from shop.web.api.door import blueprint

__all__ = ["blueprint", "book", "carts", "experiences", "goods", "orders", "parts", "places"]
