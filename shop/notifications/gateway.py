"""The ways out for messages: what every sender promises, the console twin, and who is installed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from shop.kernel.db import outside_transaction
from shop.notifications.rules import Channel, Kind, Letter, tail_of

log = structlog.get_logger(__name__)

MOST_HEARD = 200


class TryLater(Exception):
    """It did not leave, or nobody knows whether it did; ``why`` names no person.

    is_everybody    the sender itself is out of reach, so others need not be tried now.
    """

    def __init__(self, why: str, *, is_everybody: bool = False) -> None:
        """Keep why, in a few words."""
        self.why = why
        self.is_everybody = is_everybody
        super().__init__(why)


class NotDeliverable(Exception):
    """This address takes no messages, and trying again will not change that."""

    def __init__(self, why: str) -> None:
        """Keep why, in a few words that name no person."""
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way over one channel.

    key    of the message: a sender that knows it twice tells it once.
    """

    key: str
    to: str
    name: str
    locale: str
    letter: Letter
    written_at: datetime


class Sender(Protocol):
    """One way to reach people."""

    def carries(self, kind: Kind, *, locale: str, to: str) -> bool:
        """Say whether such a message can go to such an address at all."""

    def send(self, parcel: Parcel) -> str:
        """Hand one message over; return the provider's own name for it, or nothing.

        Raises TryLater, NotDeliverable, and NetworkInsideTransaction inside a transaction.
        """


@dataclass(frozen=True, slots=True)
class Heard:
    """What the console twin would have sent."""

    channel: Channel
    parcel: Parcel


class Console:
    """The twin for demonstration, development and tests: keeps the last messages to look at.

    The log gets a line without number and text: a log is read by many.
    """

    def __init__(self, channel: Channel, heard: deque[Heard]) -> None:
        """Speak for one channel; ``heard`` is shared by all of them."""
        self.channel = channel
        self.heard = heard

    def carries(self, kind: Kind, *, locale: str, to: str) -> bool:
        """Say yes: it takes whatever comes."""
        del kind, locale, to
        return True

    def send(self, parcel: Parcel) -> str:
        """Keep the message and say so on the log."""
        outside_transaction()
        self.heard.append(Heard(self.channel, parcel))
        log.info(
            "message",
            channel=self.channel.value,
            kind=parcel.letter.kind.value,
            to=tail_of(parcel.to),
            letters=len(parcel.letter.short),
        )
        return ""


_senders: dict[Channel, Sender] = {}
_heard: deque[Heard] = deque(maxlen=MOST_HEARD)


def consoles() -> dict[Channel, Sender]:
    """Return console twins for every channel, with nothing heard yet."""
    _heard.clear()
    return {one: Console(one, _heard) for one in (Channel.SMS, Channel.EMAIL)}


def install(senders: Mapping[Channel, Sender]) -> None:
    """Tell the room which senders the house has; called once at the start."""
    _senders.clear()
    _senders.update(senders)


def sender(channel: Channel) -> Sender | None:
    """Return who carries messages of a channel, or None where the house has nobody."""
    return _senders.get(channel)


def is_demonstration() -> bool:
    """Say whether no message really leaves."""
    return any(isinstance(one, Console) for one in _senders.values())


def heard() -> list[Heard]:
    """Return what the console twins would have sent, the newest first."""
    return list(reversed(_heard))


def can_send(kind: Kind, *, locale: str, addresses: Mapping[Channel, str]) -> frozenset[Channel]:
    """Return the channels by which such a message can reach these addresses."""
    return frozenset(
        channel
        for channel, one in _senders.items()
        if addresses.get(channel) and one.carries(kind, locale=locale, to=addresses[channel])
    )
