"""Libraries that are loaded when something of them is first asked for.

A serving process starts without what only payments, tables of goods, pictures or migrations need;
some of them take a tenth of a second and ten megabytes each (speed.md P9, P10).
"""

from __future__ import annotations

import importlib
from typing import Any


class _Later:
    """Stands for a module; asks it for everything but its own name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found


def later(name: str) -> Any:
    """Return what stands for a module until something of it is asked for.

    Written beside an import for whoever checks types and layers::

        if TYPE_CHECKING:
            import stripe
        else:
            stripe = later("stripe")
    """
    return _Later(name)
