"""What a member is paid for, when it is paid, and the sentence behind every amount. Pure."""

from __future__ import annotations

from enum import StrEnum

from shop.catalog.rules import SECOND_GRADE_PAY_PERCENT
from shop.kernel.money import Money


class EarningKind(StrEnum):
    """What she is paid for."""

    PIECE_WAGE = "piece_wage"
    CONSIGNMENT_SHARE = "consignment_share"
    INSTRUCTOR_FEE = "instructor_fee"
    ASSISTANT_FEE = "assistant_fee"
    REVERSAL = "reversal"


class PayRunState(StrEnum):
    """Where a pay run stands; the preparer never approves it."""

    DRAFT = "draft"
    APPROVED = "approved"
    PAYING = "paying"
    CLOSED = "closed"


class PayoutState(StrEnum):
    """Where the money of one slip stands."""

    PENDING = "pending"
    SENDING = "sending"
    PAID = "paid"
    RETURNED = "returned"
    CARRIED = "carried"


class PayChannel(StrEnum):
    """How she is paid."""

    BANK = "bank"
    CASH = "cash"
    WECHAT = "wechat"


def piece_wage(rate: Money, *, passed: int, second_grade: int = 0) -> Money:
    """Return the wage for one hand-in; ``rate`` is for one good piece, counts are pieces.

    Source: domain.md 4 (earned at acceptance), 5 E8 and 6 (second grade earns 70 %).
    """
    return rate * passed + rate.percent(SECOND_GRADE_PAY_PERCENT) * second_grade
