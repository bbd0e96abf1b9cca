"""What payments may do: states and their legal moves, causes, and the fee of the channel."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from shop.kernel.money import Money

# Dengliang's default payment fee; source: domain.md 4 ("Payment fee default 0.6 %", half-up per
# payment).
FEE_PERCENT = Decimal("0.6")


class Method(StrEnum):
    """How the buyer pays."""

    ONLINE = "online"
    PAY_ON_PICK_UP = "pay_on_pick_up"
    CASH = "cash"
    BANK_TRANSFER = "bank_transfer"
    IMPORTED = "imported"
    FREE = "free"


class PaymentState(StrEnum):
    """Where a payment stands."""

    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RefundState(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"


class RefundWay(StrEnum):
    """How money goes back: as it was paid, over the counter, or taken by the buyer's bank.

    What came by bank transfer goes back as one: a person sends it.
    """

    AS_PAID = "as_paid"
    CASH = "cash"
    BANK = "bank"
    DISPUTE = "dispute"


# These wait for a person; a second one gives the money, on proof.
BY_HAND = frozenset({RefundWay.CASH, RefundWay.BANK})


class RefundCause(StrEnum):
    """Why money goes back."""

    NO_REASON_RETURN = "no_reason_return"
    FAULTY = "faulty"
    LOST_IN_POST = "lost_in_post"
    CANCELLED_BY_BUYER = "cancelled_by_buyer"
    CANCELLED_BY_HOUSE = "cancelled_by_house"
    WEATHER = "weather"
    LATE_PAYMENT = "late_payment"
    OVERPAID = "overpaid"
    GOODWILL = "goodwill"
    IMPORTED_RETURN = "imported_return"
    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG_GOODS = "wrong_goods"
    DISPUTE_LOST = "dispute_lost"


class RefundBearer(StrEnum):
    """Who carries the loss of a refund; never a maker's piece wage."""

    COOP = "coop"
    WORKSHOP = "workshop"
    CARRIER = "carrier"
    BUYER = "buyer"


class DisputeState(StrEnum):
    """Where a buyer's bank stands that wants a payment back."""

    NEEDS_ANSWER = "needs_answer"
    ANSWERED = "answered"
    WON = "won"
    LOST = "lost"


class Against(StrEnum):
    """With what our payments are compared: the provider's own list, or a file of what it paid."""

    PROVIDER = "provider"
    SETTLEMENT = "settlement"


class DifferenceKind(StrEnum):
    """In what the other side and we differ about one payment."""

    UNKNOWN_HERE = "unknown_here"
    UNKNOWN_THERE = "unknown_there"
    AMOUNT = "amount"
    FEE = "fee"
    REFUNDED = "refunded"
    TWICE = "twice"


class EventState(StrEnum):
    """What became of a provider's event: taken in, applied, of no use to us, or for a person."""

    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    REVIEW = "review"


# Money that arrives after we gave up is still money: failed and cancelled may become succeeded.
# Succeeded is final; what follows it are refunds.
PAYMENT_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.OPEN: frozenset(
        {
            PaymentState.PROCESSING,
            PaymentState.SUCCEEDED,
            PaymentState.FAILED,
            PaymentState.CANCELLED,
        }
    ),
    PaymentState.PROCESSING: frozenset(
        {PaymentState.SUCCEEDED, PaymentState.FAILED, PaymentState.CANCELLED}
    ),
    PaymentState.FAILED: frozenset({PaymentState.SUCCEEDED}),
    PaymentState.CANCELLED: frozenset({PaymentState.SUCCEEDED}),
    PaymentState.SUCCEEDED: frozenset(),
}
# A bank may send money back days after its provider called the refund done. What failed stays so:
# the money is tried again under another name.
REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    RefundState.PENDING: frozenset({RefundState.SETTLED, RefundState.FAILED}),
    RefundState.SETTLED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
}
# A bank decides once; evidence may be sent until then.
DISPUTE_MOVES: dict[DisputeState, frozenset[DisputeState]] = {
    DisputeState.NEEDS_ANSWER: frozenset(
        {DisputeState.ANSWERED, DisputeState.WON, DisputeState.LOST}
    ),
    DisputeState.ANSWERED: frozenset({DisputeState.WON, DisputeState.LOST}),
    DisputeState.WON: frozenset(),
    DisputeState.LOST: frozenset(),
}
UNDECIDED = frozenset({DisputeState.NEEDS_ANSWER, DisputeState.ANSWERED})
EVENT_MOVES: dict[EventState, frozenset[EventState]] = {
    EventState.RECEIVED: frozenset({EventState.APPLIED, EventState.IGNORED, EventState.REVIEW}),
    EventState.REVIEW: frozenset({EventState.APPLIED, EventState.IGNORED}),
    EventState.APPLIED: frozenset(),
    EventState.IGNORED: frozenset(),
}


def sources_of(state: PaymentState) -> frozenset[PaymentState]:
    """Return the states from which a payment may move to ``state``."""
    return frozenset(source for source, targets in PAYMENT_MOVES.items() if state in targets)


def payment_fee(captured: Money) -> Money:
    """Return the channel's fee on one captured payment, half-up. Source: domain.md 4, E4, E7."""
    return captured.percent(FEE_PERCENT)


def fee_given_back(
    *, captured: Money, refunded_before: Money, refund: Money, is_settled: bool
) -> Money:
    """Return what the channel gives back of its fee when ``refund`` goes back to the buyer.

    captured           the whole payment; ``refunded_before`` what had gone back already.
    is_settled         the channel has already paid out to our bank: then the fee is lost.

    Before settlement the fee is computed anew on the rest. Source: domain.md 4, E5, E7.
    """
    if is_settled:
        return Money(0, captured.currency)
    rest = captured - refunded_before
    return payment_fee(rest) - payment_fee(rest - refund)
