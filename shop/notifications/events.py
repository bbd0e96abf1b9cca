"""What people at a desk did about messages; the first field of each is its subject."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class SendingTriedAgain(Event):
    """Somebody sent a message again that had not arrived; ``is_mended``: to another address."""

    sending_id: int
    is_mended: bool


@dataclass(frozen=True, slots=True)
class LeftToPerson(Event):
    """Somebody takes it on to tell a person herself."""

    sending_id: int


@dataclass(frozen=True, slots=True)
class ToldInPerson(Event):
    """A person was told, face to face or by telephone."""

    sending_id: int


@dataclass(frozen=True, slots=True)
class SendingGivenUp(Event):
    """Somebody gave a message up, with a reason."""

    sending_id: int
