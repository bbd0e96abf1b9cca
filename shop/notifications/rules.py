"""States of a message. Pure: no database, no clock."""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    """Written down, then handed to its channel, or refused by it."""

    WRITTEN = "written"
    SENT = "sent"
    FAILED = "failed"


MESSAGE_MOVES: dict[MessageState, frozenset[MessageState]] = {
    MessageState.WRITTEN: frozenset({MessageState.SENT, MessageState.FAILED}),
    MessageState.FAILED: frozenset({MessageState.SENT}),
    MessageState.SENT: frozenset(),
}


def sources_of(state: MessageState) -> list[MessageState]:
    """Return the states from which a message may come into this one."""
    return [before for before, after in MESSAGE_MOVES.items() if state in after]
