"""What a buyer may bring forward, how it moves on, and by when each answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# By when an answer is owed, counted from the step before. A return's money within seven days of
# its goods: Consumer Protection Law art. 25. The others are our own: a buyer is not left waiting.
ROOM_ANSWERS_IN = timedelta(days=3)
MONEY_AFTER_GOODS_IN = timedelta(days=7)
STATION_ANSWERS_IN = timedelta(days=5)
TOWN_ANSWERS_IN = timedelta(days=10)
ROOM_FOLLOWS_IN = timedelta(days=3)
# A fault shows itself at the latest in a month's wear; our own rule, longer than the law's seven.
CLAIM_WINDOW = timedelta(days=30)
# Whoever is not content says so while everybody remembers.
RAISE_WINDOW = timedelta(days=30)
# Goods that were announced and never sent block nothing for ever.
SEND_BACK_WITHIN = timedelta(days=14)
LONGEST_WORDS = 500


class ClaimKind(StrEnum):
    """What a buyer brings forward."""

    RETURN = "return"
    DAMAGED = "damaged"
    FAULTY = "faulty"
    MISSING = "missing"
    WRONG = "wrong"


class ClaimState(StrEnum):
    """Where it stands. Source: domain.md 3 (return asked, goods back, refunded); features.md 59."""

    ASKED = "asked"
    SENT = "sent"
    ARRIVED = "arrived"
    REFUNDED = "refunded"
    REPLACED = "replaced"
    REFUSED = "refused"
    RAISED = "raised"  # the station looks again, by another person
    UPHELD = "upheld"
    AT_TOWN = "at_town"
    DIRECTED = "directed"  # the town says the buyer is right; the room does it
    ENDED = "ended"  # the town says the room is right
    WITHDRAWN = "withdrawn"


_MADE_GOOD = frozenset({ClaimState.REFUNDED, ClaimState.REPLACED})
CLAIM_MOVES: dict[ClaimState, frozenset[ClaimState]] = {
    ClaimState.ASKED: _MADE_GOOD
    | {ClaimState.SENT, ClaimState.ARRIVED, ClaimState.REFUSED, ClaimState.WITHDRAWN},
    ClaimState.SENT: frozenset({ClaimState.ARRIVED}),
    ClaimState.ARRIVED: _MADE_GOOD | {ClaimState.REFUSED},
    ClaimState.REFUSED: frozenset({ClaimState.RAISED}),
    ClaimState.RAISED: _MADE_GOOD | {ClaimState.UPHELD},
    ClaimState.UPHELD: frozenset({ClaimState.AT_TOWN}),
    ClaimState.AT_TOWN: frozenset({ClaimState.DIRECTED, ClaimState.ENDED}),
    ClaimState.DIRECTED: _MADE_GOOD,
    ClaimState.REFUNDED: frozenset(),
    ClaimState.REPLACED: frozenset(),
    ClaimState.ENDED: frozenset(),
    ClaimState.WITHDRAWN: frozenset(),
}
# Its goods are spoken for, and its part's money does not become final.
OPEN = frozenset(
    {
        ClaimState.ASKED,
        ClaimState.SENT,
        ClaimState.ARRIVED,
        ClaimState.RAISED,
        ClaimState.AT_TOWN,
        ClaimState.DIRECTED,
    }
)
# The room is to do something; what is on its way only waits.
FOR_ROOM = frozenset({ClaimState.ASKED, ClaimState.ARRIVED, ClaimState.RAISED, ClaimState.DIRECTED})
MAY_BE_RAISED = {
    ClaimState.REFUSED: ClaimState.RAISED,
    ClaimState.UPHELD: ClaimState.AT_TOWN,
}
MAY_BE_MADE_GOOD = frozenset(
    state for state, targets in CLAIM_MOVES.items() if ClaimState.REFUNDED in targets
)
MAY_BE_REFUSED = {
    ClaimState.ASKED: ClaimState.REFUSED,
    ClaimState.ARRIVED: ClaimState.REFUSED,
    ClaimState.RAISED: ClaimState.UPHELD,
}
# Of these the buyer is told at once.
TOLD = frozenset(
    {
        ClaimState.REPLACED,
        ClaimState.REFUSED,
        ClaimState.UPHELD,
        ClaimState.DIRECTED,
        ClaimState.ENDED,
    }
)


@dataclass(frozen=True, slots=True)
class Pieces:
    """So many pieces of one order line."""

    order_line_id: int
    quantity: int


def sources_of(state: ClaimState) -> list[ClaimState]:
    """Return the states from which a claim may become ``state``."""
    return sorted(source for source, targets in CLAIM_MOVES.items() if state in targets)


def may_be_decided(kind: ClaimKind, state: ClaimState) -> bool:
    """Say whether the room can make a claim good or refuse it now.

    A return waits for its goods: what is paid before they lie here is another matter.
    """
    if kind is ClaimKind.RETURN and state is ClaimState.ASKED:
        return False
    return state in MAY_BE_MADE_GOOD


def answer_by(kind: ClaimKind, state: ClaimState, at: datetime) -> datetime | None:
    """Return until when somebody owes the next step, or None when nobody does.

    A return that was only asked waits for its buyer, who has two weeks to send it.
    """
    if state is ClaimState.ASKED:
        return at + (SEND_BACK_WITHIN if kind is ClaimKind.RETURN else ROOM_ANSWERS_IN)
    spans = {
        ClaimState.ARRIVED: MONEY_AFTER_GOODS_IN,
        ClaimState.RAISED: STATION_ANSWERS_IN,
        ClaimState.AT_TOWN: TOWN_ANSWERS_IN,
        ClaimState.DIRECTED: ROOM_FOLLOWS_IN,
    }
    return at + spans[state] if state in spans else None
