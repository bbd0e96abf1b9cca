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


class ContactKind(StrEnum):
    """By what a buyer is reached."""

    PHONE = "phone"
    EMAIL = "email"


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
            P.TELL_PEOPLE,
            P.ANSWER_BUYERS,
        }
    ),
    Role.INSPECTOR: frozenset({P.SEE_DESK, P.INSPECT}),
    Role.SOCIAL_WORKER: frozenset(
        {
            P.SEE_DESK,
            P.SEE_PERSON,
            P.RESET_FACTORS,
            P.MANAGE_MEMBERS,
            P.SEE_EARNINGS,
            P.PREPARE_PAY,
            P.GIVE_WORK,
            P.RECORD_HAND_IN,
            P.INSPECT,
            P.SET_RATE,
            P.MANAGE_LISTING,
            P.CURATE,
            P.APPROVE_PRICE,
            P.MANAGE_WORDS,
            P.CORRECT_STOCK,
            P.FULFILL,
            P.TELL_PEOPLE,
            P.ANSWER_BUYERS,
            P.MODERATE_REVIEWS,
            P.REFUND,
            P.WRITE_INVOICES,
            P.TAKE_MONEY,
            P.HOST_SESSIONS,
            P.CHECK_IN,
            P.SETTLE_SESSION,
            P.MANAGE_PROGRAMS,
        }
    ),
    Role.BOOKKEEPER: frozenset(
        {
            P.SEE_DESK,
            P.SEE_PERSON,
            P.RESET_FACTORS,
            P.SEE_EARNINGS,
            P.PREPARE_PAY,
            P.APPROVE_PAY,
            P.APPROVE_PRICE,
            P.SET_RATE,
            P.REFUND,
            P.WRITE_INVOICES,
            P.RECONCILE,
            P.SETTLE_SESSION,
            P.IMPORT,
        }
    ),
    Role.CASHIER: frozenset({P.SEE_DESK, P.PAY_OUT, P.TAKE_MONEY}),
    Role.INSTRUCTOR: frozenset({P.SEE_DESK, P.CHECK_IN}),
    # The town's own writing: its answer to a buyer whose review the room has hidden, which of the
    # parcels gathered there have come and gone, and its yes to a pay run above the limit.
    Role.TOWN_SUPERVISOR: frozenset(
        {P.SEE_OVERSIGHT, P.SEE_PERSON, P.DECIDE_OBJECTIONS, P.DISPATCH, P.CONFIRM_PAY}
    ),
    Role.COUNTY_OFFICER: frozenset({P.SEE_OVERSIGHT}),
    Role.OPERATOR: frozenset(Permission),
}

# Whoever may do one of these needs more than a password: money, personal data, rights of others.
# Source: trust.md 5 threats 10 and 12.
WEIGHTY = frozenset(
    {
        P.PREPARE_PAY,
        P.APPROVE_PAY,
        P.CONFIRM_PAY,
        P.PAY_OUT,
        P.REFUND,
        P.TAKE_MONEY,
        P.SEE_PERSON,
        P.SEE_OVERSIGHT,
        P.GRANT_ROLES,
        P.IMPORT,
        P.MANAGE_PROGRAMS,
    }
)

PIN_DIGITS = 6
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # hashing a book would be work for an attacker to order
TRIES_BEFORE_LOCK = 5
SHORTEST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
LONGEST_SIGN_IN = timedelta(hours=12)  # a working day on a shared computer
PROVED_LATELY = timedelta(minutes=15)  # for acts that ask again who somebody is
LONGEST_OF_A_BUYER = timedelta(days=30)  # on a device she called her own
QUIET_ON_OWN_PAGES = timedelta(minutes=2)  # domain.md 8: amounts are hidden until the PIN

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODES_KEPT = timedelta(days=2)
# How many codes leave, in which span: to one number or address, for one network, in all. Whoever
# guesses gets 5 tries with each of 10 codes a day: one chance in twenty thousand. Whoever pumps
# messages costs the house 600 a day at most, and never one abroad.
CODES_TO_ONE = ((1, timedelta(minutes=1)), (5, timedelta(hours=1)), (10, timedelta(days=1)))
CODES_FOR_NETWORK = ((15, timedelta(hours=1)), (40, timedelta(days=1)))
CODES_IN_ALL = ((120, timedelta(hours=1)), (600, timedelta(days=1)))
LONGEST_CONTACT = 120
MOST_ADDRESSES = 20
MOST_PASSKEYS = 10
ISSUER = "Dengliang"
STEP_SECONDS = 30  # of the numbers that telephones make
SET_UP_LIFE = timedelta(hours=1)
SECOND_WAIT = timedelta(minutes=10)
RECOVERY_CODES = 10
RECOVERY_LETTERS = 10
RESET_LIFE = timedelta(days=1)
PICTURES = 12
PICTURES_CHOSEN = 4
PICTURES_DIFFERENT = 3
PICTURE_CODE_DIGITS = 6
PICTURE_FORM_LIFE = timedelta(minutes=5)
PIN_RESET_LIFE = timedelta(hours=1)  # she stands at the table meanwhile
LONGEST_REASON = 200
CHALLENGE_LIFE = timedelta(minutes=5)
LONGEST_DEVICE = 120

_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}", re.ASCII
)

_STRAIGHT = "01234567890"
_CROOKED = _STRAIGHT[::-1]


def needs_second(role: Role) -> bool:
    """Say whether a role signs in with a second factor."""
    return bool(PERMISSIONS[role] & WEIGHTY)


def recovery_code_of(text: str) -> str:
    """Return a recovery code in one writing: letters and digits, large, without hyphen."""
    plain = unicodedata.normalize("NFKC", text[:40]).upper()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())


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


def contact_of(text: str) -> tuple[ContactKind, str]:
    """Return by what a buyer wants to be reached, in one writing.

    A mobile number of the mainland as eleven digits, or an e-mail address in small letters: a
    message abroad costs many times as much, so whoever lives there uses mail.

    Raises ValueError for anything else.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if "@" in plain:
        if len(plain) > LONGEST_CONTACT or not _EMAIL.fullmatch(plain):
            message = "not an e-mail address"
            raise ValueError(message)
        return ContactKind.EMAIL, plain
    phone = phone_number(plain)
    if not _MOBILE.fullmatch(phone):
        message = "not a mobile number of the mainland"
        raise ValueError(message)
    return ContactKind.PHONE, phone


def contact_masked(kind: ContactKind, address: str) -> str:
    """Return a number or address as it may stand on a page that others see: its ends only."""
    if kind is ContactKind.PHONE:
        return f"{address[:3]}****{address[-4:]}"
    name, _, host = address.partition("@")
    return f"{name[:1]}***@{host}"


def digits_of(text: str) -> str:
    """Return the digits of a code as it was typed, with blanks or in full width, however long."""
    plain = unicodedata.normalize("NFKC", text[:40])
    return "".join(sign for sign in plain if sign in "0123456789")


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
