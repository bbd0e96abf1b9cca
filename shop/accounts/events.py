"""What happens to sign-ins and to rights."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class UserCreated(Event):
    """Somebody can sign in from now on."""

    user_id: int


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """A person got a role at a station."""

    user_id: int
    grant_id: int
    role: str


@dataclass(frozen=True, slots=True)
class GrantEnded(Event):
    """A person lost a role; it worked for the last time before this."""

    user_id: int
    grant_id: int


@dataclass(frozen=True, slots=True)
class PasswordChanged(Event):
    """A person's PIN or password is another; every device was signed out."""

    user_id: int


@dataclass(frozen=True, slots=True)
class UserSwitchedOff(Event):
    """A person cannot sign in any more; every device was signed out."""

    user_id: int


@dataclass(frozen=True, slots=True)
class SignedInOnDevice(Event):
    """A person signed in."""

    user_id: int
    sign_in_id: int


@dataclass(frozen=True, slots=True)
class AccountLocked(Event):
    """Too many wrong tries in a row; the account rests for a while."""

    user_id: int


@dataclass(frozen=True, slots=True)
class BuyerContactProven(Event):
    """A buyer has proved that a number or an address reaches her; which one, no event says."""

    user_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class DataExported(Event):
    """A buyer has fetched all that is kept of her."""

    user_id: int


@dataclass(frozen=True, slots=True)
class AccountClosed(Event):
    """A buyer has closed her account; what is kept names her no longer."""

    user_id: int


@dataclass(frozen=True, slots=True)
class CodeForgotten(Event):
    """The number that a code went to is forgotten."""

    code_id: int
    name: str


@dataclass(frozen=True, slots=True)
class PasskeyAdded(Event):
    """A device of a person can sign her in from now on."""

    user_id: int
    passkey_id: int


@dataclass(frozen=True, slots=True)
class PasskeyRemoved(Event):
    """A device of a person signs her in no more."""

    user_id: int
    passkey_id: int


@dataclass(frozen=True, slots=True)
class SecondFactorSet(Event):
    """A person's telephone makes her second factor from now on."""

    user_id: int


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Event):
    """A person signed in with a code from paper."""

    user_id: int


@dataclass(frozen=True, slots=True)
class SecondFactorReset(Event):
    """A person's second factor was taken away; she sets up another."""

    user_id: int


@dataclass(frozen=True, slots=True)
class FactorResetProposed(Event):
    """A colleague wants a person's second factor taken away."""

    user_id: int
    reset_id: int


@dataclass(frozen=True, slots=True)
class FactorResetDropped(Event):
    """A proposal to take a second factor away was dropped."""

    user_id: int
    reset_id: int


@dataclass(frozen=True, slots=True)
class PinResetAsked(Event):
    """A colleague wants a new PIN for a maker who stands at the table."""

    member_id: int
    reset_id: int


@dataclass(frozen=True, slots=True)
class PinGivenAnew(Event):
    """A maker typed a new PIN; who asked for it, and whoever did this was her witness."""

    member_id: int
    reset_id: int
    asked_by_id: int


@dataclass(frozen=True, slots=True)
class PinResetDropped(Event):
    """What was asked for was dropped: the PIN stays."""

    member_id: int
    reset_id: int


@dataclass(frozen=True, slots=True)
class PicturesSet(Event):
    """A maker chose the pictures that show her sums on a borrowed telephone."""

    member_id: int


@dataclass(frozen=True, slots=True)
class ShownOnBorrowed(Event):
    """A maker's sums were shown once on a borrowed telephone."""

    member_id: int
