"""The way out for messages. The console twin writes them to the log; real senders come later."""

from __future__ import annotations

from typing import Protocol

import structlog

from shop.kernel.db import outside_transaction

log = structlog.get_logger(__name__)

CONSOLE = "console"


class MessageGateway(Protocol):
    """One way to reach a person."""

    channel: str

    def send(self, *, recipient: str, text: str) -> None:
        """Hand one message over; returns when the channel took it."""


class ConsoleGateway:
    """The twin for demonstration and tests: says on the log what would have been sent.

    The number is shown by its tail only, and never the text: a log is read by many.
    """

    channel = CONSOLE

    def send(self, *, recipient: str, text: str) -> None:
        """Write one line to the log. Raises NetworkInsideTransaction inside a transaction."""
        outside_transaction()
        log.info("message", to=f"…{recipient[-4:]}", letters=len(text))


_gateway: MessageGateway = ConsoleGateway()


def current() -> MessageGateway:
    """Return the gateway that messages leave by."""
    return _gateway
