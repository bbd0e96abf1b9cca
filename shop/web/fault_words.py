"""Faults in the reader's language, as pairs of picture and word."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from shop.production.rules import FAULT_WORDS, Fault


def fault_words(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Return each fault with the name of its picture and its word."""
    return [(fault.value, str(_(FAULT_WORDS[fault]))) for fault in faults]
