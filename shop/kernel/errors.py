"""Refusals: a named exception for every no, with a code that pages turn into words."""

from __future__ import annotations

from typing import ClassVar


class ShopError(Exception):
    """A refusal by rule; nothing was changed. Subclasses stand beside the raising function.

    ``code`` names the words in ``shop.web.errors``; ``status`` is the kind of no (HTTP numbers are
    used because every reader knows them); ``details`` fill the blanks of those words.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, **details: object) -> None:
        """Keep what was refused, by name, for the words shown to the person."""
        self.details = details
        super().__init__(self.code, details)


class NotFound(ShopError):
    """There is no such thing, or not for this reader: both look alike from outside."""

    code = "not_found"
    status = 404


class OutOfReach(NotFound):
    """The row lies outside the reader's part of the tree; answered as if it were not there."""

    code = "not_found"


class Forbidden(ShopError):
    """The reader may see this place but may not do this there."""

    code = "forbidden"
    status = 403


class Conflict(ShopError):
    """The thing is no longer in a state from which this can be done."""

    code = "conflict"


class InvalidInput(ShopError):
    """A value could not be understood; nothing was changed."""

    code = "invalid_input"
    status = 422
