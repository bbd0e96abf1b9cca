"""Where a page of a list begins, in a form that nobody but this house can make or change."""

from __future__ import annotations

import hashlib

import msgspec

from shop.kernel import links
from shop.kernel.errors import NotFound
from shop.web.api.refusals import BadCursor

PURPOSE = "place in a list for programs"
LONGEST = 300


def cursor(asked: msgspec.Struct, place: object) -> str:
    """Return a place in the list that was asked for, as an opaque text."""
    return links.signed(PURPOSE, f"{_question(asked)} {place}")


def place_in(asked: msgspec.Struct, text: str) -> str:
    """Return the place that a cursor names.

    Raises BadCursor for one that was changed, or given out for another question.
    """
    try:
        question, _, place = links.read(PURPOSE, text).partition(" ")
    except NotFound:
        raise BadCursor from None
    if question != _question(asked):
        raise BadCursor
    return place


def _question(asked: msgspec.Struct) -> str:
    """Return what tells one question from another, whichever page of its list is wanted."""
    said = {
        name: value
        for name, value in msgspec.structs.asdict(asked).items()
        if name not in {"cursor", "limit"}
    }
    text = f"{type(asked).__name__} {sorted(said.items())}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
