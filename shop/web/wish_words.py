"""What a buyer wishes woven in, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from shop.catalog.options import Chosen
from shop.web.filters import localized


def wish_items(answers: Iterable[Chosen]) -> list[tuple[str, str]]:
    """Return the answers as pairs of question and answer."""
    return [(localized(one, "label"), localized(one, "value")) for one in answers]
