"""What may be kept, as pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_KEPT = 60
_PUBLIC_ID = re.compile(r"prd_[0-9A-Z]{8}", re.ASCII)


def kept_ids(*lists: Iterable[str]) -> list[str]:
    """Return the public ids of goods in their order, each once, and no more than are kept.

    Anything that is no such id is left out: a device says whatever it likes.
    """
    every = (one for ids in lists for one in ids if _PUBLIC_ID.fullmatch(one))
    return list(dict.fromkeys(every))[:MOST_KEPT]
