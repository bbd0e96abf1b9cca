"""Which way a message goes, when it may leave, and when it is tried again.

Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from shop.kernel.clock import SHANGHAI
from shop.kernel.i18n import N_

# From nine in the evening to eight in the morning nothing rings that can wait.
# Source: features.md 220; the hours are our own default.
NIGHT_BEGINS = time(21)
NIGHT_ENDS = time(8)
MORNING_SPREAD = timedelta(minutes=20)
# 1, 2, 4 … minutes, then every three hours: an outage of seven hours goes by unseen.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=3)
MOST_TRIES = 10
CODE_PAUSE = timedelta(seconds=5)
TAIL = 4
ONE_SEGMENT = 70
NEXT_SEGMENTS = 67
ONE_PLAIN_SEGMENT = 160
NEXT_PLAIN_SEGMENTS = 153
# What the oldest telephones write without Chinese: the signs of our English texts among them.
_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Addresses serve until the message is surely over; what was said stays with the order.
# Source: trust.md 4 (PIPL 47: delete when the purpose is met; E-commerce Law art. 31).
ADDRESS_KEPT = timedelta(days=30)


class Kind(StrEnum):
    """What a message is about; each has one short text and, with a provider, one template."""

    CODE = "code"
    PLACED = "placed"
    PAID = "paid"
    BOOKED = "booked"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    READY = "ready"
    SHIPPED = "shipped"
    CAME_BACK = "came_back"
    LATE = "late"
    REFUND_COMES = "refund_comes"
    REFUNDED = "refunded"
    CASH_WAITS = "cash_waits"
    CLAIM_MOVED = "claim_moved"
    SESSION_CANCELLED = "session_cancelled"
    REMINDER = "reminder"
    HOW_IS_IT = "how_is_it"
    REVIEW_ANSWERED = "review_answered"
    REVIEW_HIDDEN = "review_hidden"
    HIDING_ENDED = "hiding_ended"
    QUESTION_ANSWERED = "question_answered"
    PAY_READY = "pay_ready"
    ACCOUNT_CHANGED = "account_changed"
    DEDUCTION_ASKED = "deduction_asked"


class Channel(StrEnum):
    """How a message reaches its person; the last is a person at the desk who tells her."""

    SMS = "sms"
    EMAIL = "email"
    PERSON = "person"


class Urgency(IntEnum):
    """Whether it may ring at night, and who goes first."""

    CODE = 0
    SAME_DAY = 1
    ORDINARY = 2


class SendingState(StrEnum):
    """Where one way of telling one message stands."""

    WAITING = "waiting"
    IN_RESERVE = "in_reserve"  # her other address, should the first one fail
    TO_TELL = "to_tell"  # in the queue of those to be told in person
    CLAIMED = "claimed"
    SENT = "sent"
    DEAD = "dead"  # a person must look
    GIVEN_UP = "given_up"
    TOLD = "told"
    LAPSED = "lapsed"  # too late to be of use, or not needed


BEGINNINGS = frozenset({SendingState.WAITING, SendingState.IN_RESERVE, SendingState.TO_TELL})
SENDING_MOVES: dict[SendingState, frozenset[SendingState]] = {
    SendingState.WAITING: frozenset({SendingState.CLAIMED, SendingState.LAPSED}),
    SendingState.IN_RESERVE: frozenset({SendingState.WAITING, SendingState.LAPSED}),
    SendingState.TO_TELL: frozenset({SendingState.TOLD, SendingState.GIVEN_UP}),
    # A claim whose worker was killed is claimed anew when its lease is over.
    SendingState.CLAIMED: frozenset(
        {
            SendingState.CLAIMED,
            SendingState.SENT,
            SendingState.WAITING,
            SendingState.DEAD,
            SendingState.GIVEN_UP,
            SendingState.LAPSED,
        }
    ),
    SendingState.DEAD: frozenset({SendingState.WAITING, SendingState.GIVEN_UP}),
    SendingState.SENT: frozenset(),
    SendingState.GIVEN_UP: frozenset(),
    SendingState.TOLD: frozenset(),
    SendingState.LAPSED: frozenset(),
}
OPEN = frozenset(
    {
        SendingState.WAITING,
        SendingState.IN_RESERVE,
        SendingState.TO_TELL,
        SendingState.CLAIMED,
        SendingState.DEAD,
    }
)


def sources_of(state: SendingState) -> list[SendingState]:
    """Return the states from which a sending may come into this one."""
    return [before for before, after in SENDING_MOVES.items() if state in after]


@dataclass(frozen=True, slots=True)
class Reach:
    """How a person can be reached: as she left it, each empty where she did not.

    wish    the channel she chose where she gave both, ``sms`` or ``email``; else empty.
    """

    phone: str = ""
    email: str = ""
    wish: str = ""
    name: str = ""

    def address(self, channel: Channel) -> str:
        """Return her address on a channel; in person she is known by her telephone, if any."""
        return self.email if channel is Channel.EMAIL else self.phone


def ways(reach: Reach, *, can_send: frozenset[Channel]) -> list[Channel]:
    """Return the ways to tell somebody, the first to be tried first; never empty.

    can_send    the channels that the house has a sender for, for this very message.

    Whoever left both is told as she chose; where she did not choose by text message, or by mail
    where her telephone is abroad. The other address is kept in reserve. Whoever can be reached by
    neither is told in person.
    Source: features.md 214, 215, 219.
    """
    order = [Channel.SMS, Channel.EMAIL]
    if reach.wish == Channel.EMAIL or (not reach.wish and reach.phone.startswith("+")):
        order.reverse()
    found = [one for one in order if one in can_send and reach.address(one)]
    return found or [Channel.PERSON]


def is_night(now: datetime, zone: str = SHANGHAI) -> bool:
    """Say whether it is between nine in the evening and eight in the morning at the place."""
    hour = now.astimezone(ZoneInfo(zone)).time()
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def leaves_at(now: datetime, urgency: Urgency, *, luck: float, zone: str = SHANGHAI) -> datetime:
    """Return when a message may leave that is ready at ``now``: at once, or in the morning.

    luck    0 to 1; spreads what waited for the morning over its first twenty minutes.
    """
    if urgency is not Urgency.ORDINARY or not is_night(now, zone):
        return now
    here = now.astimezone(ZoneInfo(zone))
    day = here.date() if here.time() < NIGHT_ENDS else here.date() + timedelta(days=1)
    morning = datetime.combine(day, NIGHT_ENDS, ZoneInfo(zone)).astimezone(now.tzinfo)
    return morning + MORNING_SPREAD * luck


def pause_before(tries: int, urgency: Urgency, *, luck: float) -> timedelta:
    """Return how long to wait after so many tries that failed: doubled each time, up to 3 hours.

    luck    0 to 1; takes up to a quarter off or puts it on, so that what failed together does not
            come back together.
    """
    first, longest = FIRST_PAUSE, LONGEST_PAUSE
    if urgency is Urgency.CODE:
        first, longest = CODE_PAUSE, FIRST_PAUSE
    doublings = min(max(tries, 1) - 1, 20)
    pause: timedelta = min(longest, first * (1 << doublings))
    return pause * (0.75 + luck / 2)


def tail_of(address: str) -> str:
    """Return what may be shown of an address in logs and lists: its end, or a mailbox's domain."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    digits = "".join(sign for sign in address if sign.isdecimal())
    return f"…{digits[-TAIL:]}" if digits else ""


def segments_of(text: str) -> int:
    """Return how many text messages a text costs: 70 signs in one, 67 in each of several.

    160 and 153 where every sign is one that the oldest telephones know (GSM 03.38).
    """
    is_plain = all(sign in _PLAIN for sign in text)
    one, several = (
        (ONE_PLAIN_SEGMENT, NEXT_PLAIN_SEGMENTS) if is_plain else (ONE_SEGMENT, NEXT_SEGMENTS)
    )
    size = len(text) if is_plain else len(text.encode("utf-16-be")) // 2
    return 1 if size <= one else -(-size // several)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said to one person, in her language; every channel makes its own form of it.

    short         the text message: the whole matter in as few signs as it needs.
    title         what it is about, in a few words; the subject of an e-mail.
    paragraphs    what happens now and what she can do.
    rows          facts to look up, each with its name: order, sum, day, carrier.
    path          a path of the site with its own proof, or empty; ``action`` is what it does.
    parts         the blanks of the short text by name, for providers that keep the text themselves.
    """

    kind: Kind
    short: str
    title: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    path: str = ""
    action: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    is_essential: bool = True


# The text messages, and so the templates that a provider keeps; ``%(link)s`` is the last part of
# an address of ours. Source: features.md 215.
SHORT: dict[Kind, str] = {
    Kind.CODE: N_(
        "%(code)s is your code to %(purpose)s, good for %(minutes)s minutes. "
        "Give it to nobody, not even to us."
    ),
    Kind.PLACED: N_(
        "Order %(number)s stands. Fetch it at %(workshop)s from %(day)s, pay %(total)s there."
    ),
    Kind.BOOKED: N_("Booked: %(title)s, %(moment)s. Order %(number)s, %(total)s paid."),
    Kind.PAID: N_("Order %(number)s is paid: %(total)s. It leaves by %(day)s."),
    Kind.EXPIRED: N_(
        "Order %(number)s was not paid in 15 minutes and has ended. Nothing was charged."
    ),
    Kind.CANCELLED: N_("Order %(number)s is cancelled. Nothing was charged."),
    Kind.READY: N_("Order %(number)s lies ready at %(workshop)s. Pick-up code: %(code)s."),
    Kind.LATE: N_(
        "Order %(number)s is late: it should have left by %(day)s. We are sorry. You may have your "
        "money back."
    ),
    Kind.REFUND_COMES: N_(
        "%(total)s of order %(number)s goes back the way you paid, within 7 days."
    ),
    Kind.REFUNDED: N_("%(total)s of order %(number)s has gone back to you."),
    Kind.SESSION_CANCELLED: N_(
        "%(title)s on %(moment)s is called off. Your money goes back. We are sorry."
    ),
    Kind.REMINDER: N_("%(title)s, %(moment)s. Your code is %(code)s. See you!"),
    Kind.PAY_READY: N_("Your pay slip is ready. Pay day is %(day)s."),
    Kind.ACCOUNT_CHANGED: N_(
        "From now on your pay goes to another bank account. Was it not you? Ring us: %(phone)s"
    ),
    Kind.DEDUCTION_ASKED: N_(
        "We ask for your yes or no to a deduction; nothing is taken before. See your page."
    ),
    Kind.SHIPPED: N_("Order %(number)s is on its way: %(carrier)s %(tracking)s."),
    Kind.CAME_BACK: N_("A parcel of order %(number)s came back to us. We ring you."),
    Kind.CASH_WAITS: N_(
        "%(total)s of order %(number)s waits in cash at %(workshop)s. Bring number and code."
    ),
    Kind.CLAIM_MOVED: N_("About order %(number)s: %(outcome)s See its page."),
    Kind.HOW_IS_IT: N_("How is what you bought with order %(number)s? Tell us: %(link)s"),
    Kind.REVIEW_ANSWERED: N_("The workshop has answered your review: %(link)s"),
    Kind.REVIEW_HIDDEN: N_(
        "The words of your review are hidden: %(reason)s. You can object: %(link)s"
    ),
    Kind.HIDING_ENDED: N_("%(outcome)s %(link)s"),
    Kind.QUESTION_ANSWERED: N_("Your question about “%(title)s” is answered: %(link)s"),
}
