"""What a token may do, how long it lives and what is kept of it. Pure: no database, no clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from shop.kernel.access import Permission


class ProgramScope(StrEnum):
    """What a token was made for."""

    BUY = "shop:buy"
    ORDERS_READ = "orders:read"
    ORDERS_CONTACT = "orders:contact"


# Nobody lends out what she may not do herself (trust.md A3): the right that each of them asks of
# whoever makes the token, at the program's own place.
NEEDS: dict[ProgramScope, Permission] = {
    ProgramScope.BUY: Permission.MANAGE_PROGRAMS,
    ProgramScope.ORDERS_READ: Permission.FULFILL,
    ProgramScope.ORDERS_CONTACT: Permission.FULFILL,
}
LONGEST_LIFE = timedelta(days=366)
LONGEST_NAME = 60
MOST_TOKENS = 10
# A look at the clock a request would be a write a request.
USE_NOTED_EVERY = timedelta(minutes=10)
ANSWERS_KEPT = timedelta(hours=24)
# A process that was killed over a request leaves its key taken; after this it may be tried again.
WORK_LASTS = timedelta(seconds=60)


class AnswerState(StrEnum):
    """How far the request behind a key has come."""

    WORKING = "working"
    DONE = "done"
    ANSWERED = "answered"


# A request whose effect stands is answered, never done again; one that was killed before that is
# taken up by the next that brings its key; one that was refused leaves no row.
ANSWER_MOVES: dict[AnswerState, frozenset[AnswerState]] = {
    AnswerState.WORKING: frozenset({AnswerState.WORKING, AnswerState.DONE, AnswerState.ANSWERED}),
    AnswerState.DONE: frozenset({AnswerState.ANSWERED}),
    AnswerState.ANSWERED: frozenset(),
}

PREFIX = "dlt_"
TOKEN = re.compile(r"dlt_[A-Za-z0-9_-]{32}", re.ASCII)
HINT_LETTERS = 4


def digest(secret: str) -> str:
    """Return what is kept of a token or a key: 192 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def written(scopes: Iterable[ProgramScope]) -> str:
    """Return scopes as one column keeps them."""
    return " ".join(sorted(set(scopes)))


def read(text: str) -> frozenset[ProgramScope]:
    """Return the scopes of a column; words that nobody knows any more allow nothing."""
    known = {scope.value for scope in ProgramScope}
    return frozenset(ProgramScope(word) for word in text.split() if word in known)
