"""What each role may do, what a PIN and a password must be. Pure: no database, no clock."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.access import Permission, Reach
from shop.stations.rules import phone_number


class Role(StrEnum):
    """What a person is at a station; ``PERMISSIONS`` says what each may do."""

    MAKER = "maker"
    WORKSHOP_LEAD = "workshop_lead"
    INSPECTOR = "inspector"
    SOCIAL_WORKER = "social_worker"
    BOOKKEEPER = "bookkeeper"
    CASHIER = "cashier"
    INSTRUCTOR = "instructor"
    TOWN_SUPERVISOR = "town_supervisor"
    COUNTY_OFFICER = "county_officer"
    OPERATOR = "operator"


P = Permission

# Source: domain.md 2, "Who may see or do what". Supervisors read and never edit, but for shelves
# across their villages; the one who prepares pay never pays it out; the lead sees quantities, not
# other women's totals.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MAKER: frozenset({P.SEE_OWN_EARNINGS}),
    Role.WORKSHOP_LEAD: frozenset(
        {
            P.SEE_DESK,
            P.GIVE_WORK,
            P.RECORD_HAND_IN,
            P.SET_RATE,
            P.APPROVE_PRICE,
            P.FULFILL,
            P.ANSWER_BUYERS,
        }
    ),
    Role.INSPECTOR: frozenset({P.SEE_DESK, P.INSPECT}),
    Role.SOCIAL_WORKER: frozenset(
        {
            P.SEE_DESK,
            P.SEE_PERSON,
            P.MANAGE_MEMBERS,
            P.SEE_EARNINGS,
            P.PREPARE_PAY,
            P.GIVE_WORK,
            P.RECORD_HAND_IN,
            P.SET_RATE,
            P.MANAGE_LISTING,
            P.CURATE,
            P.APPROVE_PRICE,
            P.MANAGE_WORDS,
            P.CORRECT_STOCK,
            P.FULFILL,
            P.ANSWER_BUYERS,
            P.MODERATE_REVIEWS,
            P.REFUND,
            P.TAKE_MONEY,
            P.HOST_SESSIONS,
            P.CHECK_IN,
            P.SETTLE_SESSION,
        }
    ),
    Role.BOOKKEEPER: frozenset(
        {
            P.SEE_DESK,
            P.SEE_PERSON,
            P.SEE_EARNINGS,
            P.PREPARE_PAY,
            P.APPROVE_PAY,
            P.APPROVE_PRICE,
            P.SET_RATE,
            P.REFUND,
            P.SETTLE_SESSION,
            P.IMPORT,
        }
    ),
    Role.CASHIER: frozenset({P.SEE_DESK, P.PAY_OUT, P.TAKE_MONEY}),
    Role.INSTRUCTOR: frozenset({P.SEE_DESK, P.CHECK_IN}),
    # The town's own writing: its answer to a buyer whose review the room has hidden.
    Role.TOWN_SUPERVISOR: frozenset({P.SEE_OVERSIGHT, P.SEE_PERSON, P.DECIDE_OBJECTIONS}),
    Role.COUNTY_OFFICER: frozenset({P.SEE_OVERSIGHT}),
    Role.OPERATOR: frozenset(Permission),
}

PIN_DIGITS = 6
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # hashing a book would be work for an attacker to order
TRIES_BEFORE_LOCK = 5
SHORTEST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
LONGEST_SIGN_IN = timedelta(hours=12)  # a working day on a shared computer
QUIET_ON_OWN_PAGES = timedelta(minutes=2)  # domain.md 8: amounts are hidden until the PIN

_STRAIGHT = "01234567890"
_CROOKED = _STRAIGHT[::-1]


def maker_reach(member_id: int) -> Reach:
    """Return what a maker may do: see what is hers, by who she is and not by a place."""
    return Reach(role=Role.MAKER, path=own_place(member_id), permissions=PERMISSIONS[Role.MAKER])


def own_place(member_id: int) -> str:
    """Return the place to ask about a maker's own pages; never the path of a station."""
    return f"member:{member_id}:"


def login_name(text: str) -> str:
    """Return a sign-in name in one writing: a phone number as digits, a name in small letters."""
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        return phone_number(plain) or plain.lower()
    except ValueError:
        return plain.lower()


def pin_is_weak(pin: str, *, login: str) -> bool:
    """Say whether a six-digit PIN is among the first that anybody would try.

    Weak: fewer than three different digits, counting up or down, a part of her phone number.
    """
    return (
        len(set(pin)) < 3  # noqa: PLR2004 - 112211 and the like
        or pin in _STRAIGHT
        or pin in _CROOKED
        or pin in login
    )


def is_pin(text: str) -> bool:
    """Say whether a text is six decimal digits."""
    return re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", text) is not None


def lock_after(tries: int, *, now: datetime) -> datetime | None:
    """Return until when an account rests after that many failures in a row, or None.

    15 minutes after the fifth, twice as long after each further one, a day at most: guessing a
    PIN of six digits would take centuries, a forgetful owner is back after a cup of tea.
    """
    if tries < TRIES_BEFORE_LOCK:
        return None
    times = 1 << min(tries - TRIES_BEFORE_LOCK, 10)
    return now + min(SHORTEST_LOCK * times, LONGEST_LOCK)


def sign_in_digest(secret: str, uniquifier: str) -> str:
    """Return what the database keeps of a device's secret.

    The person's uniquifier is the key: when it changes, no digest of hers fits any more, and every
    device is signed out at once (trust.md A4).
    """
    return hmac.new(uniquifier.encode(), secret.encode(), hashlib.sha256).hexdigest()
