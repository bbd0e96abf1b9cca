"""What an order may become, how it is numbered, and how much of a line is left.

Pure: no database, no clock.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shop.kernel.money import Money

HOLD = timedelta(minutes=15)
RETURN_WINDOW = timedelta(days=7)
# Our own default: parcels take up to a week from the mountains; nobody has to press "received"
# for a maker's share to become sure.
COUNTS_AS_RECEIVED = timedelta(days=10)
MOST_PER_LINE = 9999
MOST_LINES = 60
MOST_GIFT_WORDS = 60
CODE_DIGITS = 6
PICK_UP_LETTERS = 8
# Whoever orders and does not pay keeps goods from others. A family shares a telephone, and a street
# of houses a network address. Source: trust.md 5, threat 11.
MOST_UNPAID_PER_PHONE = 5
MOST_UNPAID_PER_NETWORK = 20


class LineKind(StrEnum):
    """Goods, or seats in an experience session: one path for paying and refunding both."""

    GOODS = "goods"
    EXPERIENCE = "experience"


class OrderState(StrEnum):
    """Where the contract stands as a whole; parcels have their own state."""

    PLACED = "placed"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class OrderSource(StrEnum):
    """Where an order came from."""

    WEB = "web"
    COUNTER = "counter"
    IMPORT = "import"


class FulfillmentState(StrEnum):
    """Where one workshop's part stands."""

    PLACED = "placed"
    MAKING = "making"
    PACKED = "packed"
    SHIPPED = "shipped"
    RECEIVED = "received"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Handover(StrEnum):
    """How a part reaches the buyer."""

    SHIP = "ship"
    PICK_UP = "pick_up"
    ATTEND = "attend"


class ParcelState(StrEnum):
    """Where one parcel is.

    Parcels of a workshop that gathers at the town go there first; the others begin with ``sent``.
    """

    TO_TOWN = "to_town"
    AT_TOWN = "at_town"
    SENT = "sent"
    RECEIVED = "received"
    CAME_BACK = "came_back"
    OPENED = "opened"


class ReturnState(StrEnum):
    """Where a return stands."""

    ASKED = "asked"
    GOODS_BACK = "goods_back"
    REFUNDED = "refunded"


# An order that fell because nobody paid comes back when the money comes after all and its goods
# are still there (trust.md S6); one that was cancelled by a person does not (see ``services``).
ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PLACED: frozenset({OrderState.PAID, OrderState.CANCELLED}),
    OrderState.PAID: frozenset({OrderState.COMPLETED, OrderState.REFUNDED}),
    OrderState.COMPLETED: frozenset({OrderState.REFUNDED}),
    OrderState.CANCELLED: frozenset({OrderState.PAID}),
    OrderState.REFUNDED: frozenset(),
}
PART_MOVES: dict[FulfillmentState, frozenset[FulfillmentState]] = {
    FulfillmentState.PLACED: frozenset(
        {
            FulfillmentState.MAKING,
            FulfillmentState.PACKED,
            FulfillmentState.SHIPPED,
            FulfillmentState.RECEIVED,
            FulfillmentState.CANCELLED,
        }
    ),
    FulfillmentState.MAKING: frozenset(
        {
            FulfillmentState.PACKED,
            FulfillmentState.SHIPPED,
            FulfillmentState.RECEIVED,
            FulfillmentState.CANCELLED,
        }
    ),
    # A parcel for the town that is opened again leaves pieces to be packed anew.
    FulfillmentState.PACKED: frozenset(
        {
            FulfillmentState.PLACED,
            FulfillmentState.SHIPPED,
            FulfillmentState.RECEIVED,
            FulfillmentState.CANCELLED,
        }
    ),
    FulfillmentState.SHIPPED: frozenset({FulfillmentState.RECEIVED, FulfillmentState.CANCELLED}),
    FulfillmentState.RECEIVED: frozenset({FulfillmentState.COMPLETED, FulfillmentState.CANCELLED}),
    FulfillmentState.COMPLETED: frozenset({FulfillmentState.CANCELLED}),
    FulfillmentState.CANCELLED: frozenset(),
}
# What came back unopened lies with us until it is sent again or its money has gone back.
PARCEL_MOVES: dict[ParcelState, frozenset[ParcelState]] = {
    ParcelState.TO_TOWN: frozenset({ParcelState.AT_TOWN, ParcelState.SENT, ParcelState.OPENED}),
    ParcelState.AT_TOWN: frozenset({ParcelState.SENT, ParcelState.OPENED}),
    ParcelState.SENT: frozenset({ParcelState.RECEIVED, ParcelState.CAME_BACK}),
    ParcelState.CAME_BACK: frozenset({ParcelState.SENT}),
    ParcelState.RECEIVED: frozenset(),
    ParcelState.OPENED: frozenset(),
}
# Packed, and not with the carrier yet: its pieces have not left.
STILL_OURS = frozenset({ParcelState.TO_TOWN, ParcelState.AT_TOWN})
RETURN_MOVES: dict[ReturnState, frozenset[ReturnState]] = {
    ReturnState.ASKED: frozenset({ReturnState.GOODS_BACK, ReturnState.REFUNDED}),
    ReturnState.GOODS_BACK: frozenset({ReturnState.REFUNDED}),
    ReturnState.REFUNDED: frozenset(),
}
NOT_YET_SENT = frozenset(
    {FulfillmentState.PLACED, FulfillmentState.MAKING, FulfillmentState.PACKED}
)
SENT = frozenset({FulfillmentState.SHIPPED, FulfillmentState.RECEIVED, FulfillmentState.COMPLETED})
# After an order was cancelled; its provider's pages are closed by then.
MONEY_MAY_STILL_COME = timedelta(days=2)
CONFIRMED = frozenset({OrderState.PAID, OrderState.COMPLETED})


def order_sources(state: OrderState) -> list[OrderState]:
    """Return the states from which an order may become ``state``."""
    return sorted(source for source, targets in ORDER_MOVES.items() if state in targets)


def part_sources(state: FulfillmentState) -> list[FulfillmentState]:
    """Return the states from which a part may become ``state``."""
    return sorted(source for source, targets in PART_MOVES.items() if state in targets)


def parcel_sources(state: ParcelState) -> list[ParcelState]:
    """Return the states from which a parcel may become ``state``."""
    return sorted(source for source, targets in PARCEL_MOVES.items() if state in targets)


def return_sources(state: ReturnState) -> list[ReturnState]:
    """Return the states from which a return may become ``state``."""
    return sorted(source for source, targets in RETURN_MOVES.items() if state in targets)


@dataclass(frozen=True, slots=True)
class Contact:
    """Who gets the goods: a phone number is enough to know a buyer; the rest is for the parcel.

    place_code    of the place that was picked (``kernel.divisions``); empty for one written freely.
    is_gift       no price goes into the parcel; ``gift_words``, at most 60 characters, stand on a
                  card. Source: domain.md 9 (gift).
    email      for messages, where she left one.
    told_by    ``sms`` or ``email``, as she chose where she gave both; else empty.
    """

    phone: str
    name: str = ""
    region: str = ""
    address: str = ""
    note: str = ""
    place_code: str = ""
    is_gift: bool = False
    gift_words: str = ""
    email: str = ""
    told_by: str = ""


def content_digest(content: object) -> str:
    """Return a digest of what a form asked for, so that a reused key is told from a retry.

    content    plain values: texts, numbers, lists and dictionaries of them.
    """
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def order_number(day: date, letters: str) -> str:
    """Return what people call an order: its day and letters that survive a telephone call."""
    return f"{day:%y%m%d}-{letters}"


def lookup_code(key: str) -> str:
    """Return the six digits with which a buyer follows the order without an account.

    They follow from the form's random key, so that a repeated submit shows the same code although
    only its digest is kept.
    """
    number = int.from_bytes(hashlib.sha256(f"lookup code of {key}".encode()).digest()[:8])
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a carrier saw of a parcel: when, where, in its own words.

    is_signed    it is in the hands of who was to get it.
    """

    at: datetime
    words: str
    place: str = ""
    is_signed: bool = False


def said_pick_up_code(code: str) -> str:
    """Return a pick-up code as it is shown and said: ``7K3M 9XQ2``."""
    return f"{code[:4]} {code[4:]}"


def typed_pick_up_code(text: str) -> str:
    """Return a pick-up code as it is kept, however it was typed or read from its square."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def code_digest(number: str, code: str) -> str:
    """Return what is kept of a lookup code; the order's number keeps equal codes apart."""
    return hashlib.sha256(f"{number}:{code}".encode()).hexdigest()


def refund_of_pieces(
    *, total: Money, quantity: int, returned_before: int, refunded_before: Money, pieces: int
) -> Money:
    """Return what goes back for so many pieces of a line, discount already inside ``total``.

    The parts of all pieces add up to the line to the fen, whatever the order of returns; never
    more than is left. Source: domain.md 4 (splits), 5 E7.
    """
    # What share_out gives equal pieces, without writing out 74,000 of them: the fen that are over
    # go to the first pieces, one each.
    each, over = divmod(total.minor, quantity)
    first, last = returned_before, returned_before + pieces
    due = each * pieces + min(last, over) - min(first, over)
    left = total.minor - refunded_before.minor
    return Money(max(0, min(due, left)), total.currency)


def share_reversed(
    *, share: Money, line_total: Money, refunded_before: Money, refund: Money
) -> Money:
    """Return how much of a consignment share falls with one more refund of its line.

    In proportion to what was refunded; steps add up, so a full refund reverses the share exactly.
    Source: domain.md 4 (consignment), trust.md L4.
    """
    if not line_total:
        return Money(0, share.currency)

    def fallen(refunded: int) -> int:
        return (2 * share.minor * refunded + line_total.minor) // (2 * line_total.minor)

    after = fallen(refunded_before.minor + refund.minor)
    return Money(after - fallen(refunded_before.minor), share.currency)


def may_return_until(received_at: datetime) -> datetime:
    """Return the end of the seven days in which goods may come back without a reason.

    Counted from receipt. Source: trust.md 4 (Consumer Protection Law art. 25), domain.md 6.
    """
    return received_at + RETURN_WINDOW


def name_on_label(name: str) -> str:
    """Return a name as strangers along the road may read it: 刘女士 gives 刘**."""
    plain = name.strip()
    return f"{plain[:1]}**" if plain else ""


def phone_on_label(phone: str) -> str:
    """Return a telephone number as strangers along the road may read it: 138****1234.

    Source: Interim Regulations on Express Delivery and GB/T 41833-2022, privacy of waybills.
    """
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "****"  # noqa: PLR2004 - three and four shown
