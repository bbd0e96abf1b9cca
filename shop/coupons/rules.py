"""What a coupon takes off, whom it fits and how it is split over lines.

Pure: no database, no clock.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money, total

LONGEST_CODE = 24
SHORTEST_CODE = 4
MOST_PERCENT = 90


class Funder(StrEnum):
    """Whose money a coupon is. Source: domain.md 4 (discounts never touch pay)."""

    COOP = "coop"
    WORKSHOP = "workshop"
    PROJECT = "project"


class CouponState(StrEnum):
    """Where a coupon stands: two people make it good."""

    PROPOSED = "proposed"
    OPEN = "open"
    REFUSED = "refused"
    ENDED = "ended"


COUPON_MOVES: dict[CouponState, frozenset[CouponState]] = {
    CouponState.PROPOSED: frozenset({CouponState.OPEN, CouponState.REFUSED}),
    CouponState.OPEN: frozenset({CouponState.ENDED}),
    CouponState.REFUSED: frozenset(),
    CouponState.ENDED: frozenset(),
}


def coupon_sources(state: CouponState) -> list[CouponState]:
    """Return the states from which a coupon may become ``state``."""
    return sorted(source for source, targets in COUPON_MOVES.items() if state in targets)


class Unfit(StrEnum):
    """Why a coupon takes nothing off; pages say it in words."""

    UNKNOWN = "unknown"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    OTHER_GOODS = "other_goods"
    TOO_LITTLE = "too_little"
    NOT_FIRST_ORDER = "not_first_order"
    USED_BY_BUYER = "used_by_buyer"
    LESS_THAN_ANOTHER = "less_than_another"


class BadCoupon(InvalidInput):
    """A coupon that gives nothing, everything, or to nobody; ``why`` says it in one word."""

    code = "coupons.bad"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coupon gives and to whom.

    code            typed by the buyer; empty for one that counts by itself.
    amount          off the goods it fits, or nothing where ``percent`` is given.
    most_off        the most that a percentage takes off; None for no bound.
    least_goods     the goods it fits must cost this at least; not asked again after a return.
    ends_at         the first instant at which it counts no more; None for no end.
    most_uses, most_per_buyer, most_money    limits; None for none.
    project         name of the funded project, where a project pays.
    """

    title: str
    funder: Funder
    code: str = ""
    title_en: str | None = None
    amount: Money | None = None
    percent: int | None = None
    most_off: Money | None = None
    least_goods: Money = field(default_factory=lambda: Money(0))
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_first_order: bool = False
    most_uses: int | None = None
    most_per_buyer: int | None = None
    most_money: Money | None = None
    project: str = ""


def normal_code(text: str) -> str:
    """Return a code in one writing: capitals, full-width signs made plain, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def require_sound(terms: Terms) -> None:
    """Return when a coupon makes sense. Raises BadCoupon with ``why``.

    Something is always left to pay: a fixed sum needs goods that cost more than it, a percentage
    ends at 90. A first order needs a code, because nobody is known before the phone number.
    """
    wrong = {
        "title": not terms.title.strip(),
        "code": bool(terms.code)
        and not (
            SHORTEST_CODE <= len(terms.code) <= LONGEST_CODE
            and terms.code.isalnum()
            and terms.code == normal_code(terms.code)
        ),
        "value": (terms.amount is None) == (terms.percent is None),
        "amount": terms.amount is not None and not Money(0) < terms.amount,
        "percent": terms.percent is not None and not 0 < terms.percent <= MOST_PERCENT,
        "least": terms.least_goods.minor < 0
        or (terms.amount is not None and not terms.amount < terms.least_goods),
        "days": terms.starts_at is not None
        and terms.ends_at is not None
        and terms.ends_at <= terms.starts_at,
        "first": terms.is_first_order and not terms.code,
        "limits": any(limit is not None and limit < 1 for limit in _limits(terms)),
        "project": (terms.funder is Funder.PROJECT) is not bool(terms.project.strip()),
    }
    for why, is_wrong in wrong.items():
        if is_wrong:
            raise BadCoupon(why=why)


def _limits(terms: Terms) -> tuple[int | None, ...]:
    return (
        terms.most_uses,
        terms.most_per_buyer,
        None if terms.most_money is None else terms.most_money.minor,
        None if terms.most_off is None else terms.most_off.minor,
    )


def taken_off(terms: Terms, goods: Money) -> Money:
    """Return what a coupon takes off goods it fits; nothing below its threshold.

    A percentage is rounded half up. Source: domain.md 4, 5 E7.
    """
    if not goods or goods < terms.least_goods:
        return Money(0)
    if terms.amount is not None:
        return min(terms.amount, goods)
    off = goods.percent(terms.percent or 0)
    return off if terms.most_off is None else min(off, terms.most_off)


def split(off: Money, lines: Sequence[Money]) -> tuple[Money, ...]:
    """Return each line's part of what is taken off, to the fen.

    Floor, then the fen left over to the largest remainders, ties by line order. The parts add up
    and no line goes below zero. Source: domain.md 4 (splits), 5 E7.
    """
    if not off or not total(list(lines)):
        return tuple(Money(0, off.currency) for _ in lines)
    return off.share_out([line.minor for line in lines])


def buyer_digest(coupon_id: int, buyer: str) -> str:
    """Return what tells the buyers of one coupon apart; two coupons never share it.

    buyer    her telephone number, however it is written.
    """
    digits = "".join(sign for sign in buyer if sign.isdecimal())
    return hashlib.sha256(f"coupon {coupon_id} of {digits}".encode()).hexdigest()


def when_unfit(
    terms: Terms, *, used: int, used_money: Money, off: Money, now: datetime
) -> Unfit | None:
    """Return why a coupon cannot be used at this moment, whatever lies in the cart."""
    if terms.starts_at is not None and now < terms.starts_at:
        return Unfit.NOT_YET
    if terms.ends_at is not None and now >= terms.ends_at:
        return Unfit.OVER
    if terms.most_uses is not None and used >= terms.most_uses:
        return Unfit.USED_UP
    if terms.most_money is not None and terms.most_money < used_money + off:
        return Unfit.USED_UP
    return None
