"""One-time codes on their way to a person: the low door through which any room may send one.

Notifications stands above the rooms that ask for codes, so it cannot be called by them; the
application puts its hand in here at the start, as it does with ``links`` and ``events``.

How to use it, from a service of a low room, inside the transaction that keeps the digest::

    code = random_digits(6)
    ... keep a digest of it, bound to purpose and address ...
    telling.send_code(
        purpose=CodePurpose.SIGN_IN, to=phone, locale=locale, code=code, minutes=5,
        key=f"sign-in:{challenge_id}", now=now,
    )

Code and digest stand together or not at all; it leaves within a second after the commit, at any
hour of the night. The code stands in no log and in no event; its row is emptied when it has left,
or when its minutes are over, whichever comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shop.kernel.errors import ShopError


class CodePurpose(StrEnum):
    """What a one-time code is for; the message says it, so that nobody gives it to a caller."""

    SIGN_IN = "sign_in"
    CONFIRM_ADDRESS = "confirm_address"  # this telephone, this mailbox is mine
    CONFIRM_ORDER = "confirm_order"  # as CONFIRM_ADDRESS, asked for while ordering
    NEW_PASSWORD = "new_password"  # noqa: S105 - a purpose, not a password
    CONFIRM_ACT = "confirm_act"  # a second look before something that cannot be undone


class CannotBeReached(ShopError):
    """The house has no sender for this kind of address; nothing was written."""

    code = "telling.cannot_be_reached"
    status = 503


class CodeSender(Protocol):
    """What the application puts in: writes the code down to be sent after the commit."""

    def __call__(
        self,
        *,
        purpose: CodePurpose,
        to: str,
        locale: str,
        code: str,
        minutes: int,
        key: str,
        now: datetime,
    ) -> None:
        """Write one code down."""


@dataclass(slots=True)
class _House:
    sender: CodeSender | None = None


_house = _House()


def install(sender: CodeSender) -> None:
    """Tell the kernel who carries codes; called once at the start."""
    _house.sender = sender


def send_code(
    *,
    purpose: CodePurpose,
    to: str,
    locale: str,
    code: str,
    minutes: int,
    key: str,
    now: datetime,
) -> None:
    """Have a one-time code sent once the open transaction is there.

    to         a telephone number in any writing, or an e-mail address; with ``@`` it is the latter.
    code       what the person types; never part of ``key``.
    minutes    how long it is good; a code that could not leave in that time is not sent any more.
    key        at most 72 characters; the same key is sent once. Safe to repeat.

    Raises CannotBeReached where the house has no sender for such an address, and
    WriteOutsideTransaction outside a transaction. Limits on how often one may ask are the caller's.
    """
    if _house.sender is None:
        raise CannotBeReached(to="")
    _house.sender(
        purpose=purpose, to=to, locale=locale, code=code, minutes=minutes, key=key, now=now
    )
