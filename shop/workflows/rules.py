"""How one sale is shared among workshops and what a refund costs whom.

Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shop.kernel.errors import Conflict
from shop.kernel.money import Money, total
from shop.ledger.rules import AccountKind, Line, account, credit, debit, member_account
from shop.orders.rules import share_reversed
from shop.payments.rules import RefundBearer, RefundCause

FREE_CANCELLATION = timedelta(hours=24)
STAND_DOWN_PERCENT_HOUSE = 50
STAND_DOWN_PERCENT_WEATHER = 30

# Who carries what a refund costs the house. The buyer's own costs (postage of a return without a
# reason) are never ours to book. A piece wage stands in no row: it is never touched.
# Source: domain.md 4 ("a refund has a cause and a bearer"), 5 E5, E6, E13.
BEARERS: dict[RefundCause, RefundBearer] = {
    RefundCause.NO_REASON_RETURN: RefundBearer.COOP,
    RefundCause.FAULTY: RefundBearer.WORKSHOP,
    RefundCause.LOST_IN_POST: RefundBearer.CARRIER,
    RefundCause.CANCELLED_BY_BUYER: RefundBearer.COOP,
    RefundCause.CANCELLED_BY_HOUSE: RefundBearer.COOP,
    RefundCause.WEATHER: RefundBearer.COOP,
    RefundCause.LATE_PAYMENT: RefundBearer.COOP,
    RefundCause.OVERPAID: RefundBearer.COOP,
    RefundCause.GOODWILL: RefundBearer.COOP,
    RefundCause.IMPORTED_RETURN: RefundBearer.COOP,
    RefundCause.DAMAGED: RefundBearer.CARRIER,
    RefundCause.MISSING: RefundBearer.WORKSHOP,
    RefundCause.WRONG_GOODS: RefundBearer.WORKSHOP,
    RefundCause.DISPUTE_LOST: RefundBearer.COOP,
}
# Causes for which the buyer also gets back what she paid for the way to her, once a part has
# nothing left: before it was sent nothing was spent, and for our faults she pays nothing.
# What a buyer brings forward about goods that were sent to her; of a line of which some are still
# here, those she was sent are meant.
OF_WHAT_HAS_LEFT = frozenset(
    {
        RefundCause.NO_REASON_RETURN,
        RefundCause.FAULTY,
        RefundCause.LOST_IN_POST,
        RefundCause.DAMAGED,
        RefundCause.MISSING,
        RefundCause.WRONG_GOODS,
    }
)
SHIPPING_COMES_BACK = frozenset(
    {
        RefundCause.FAULTY,
        RefundCause.LOST_IN_POST,
        RefundCause.CANCELLED_BY_BUYER,
        RefundCause.CANCELLED_BY_HOUSE,
        RefundCause.WEATHER,
        RefundCause.DAMAGED,
        RefundCause.MISSING,
        RefundCause.WRONG_GOODS,
    }
)


class TooLateToReturn(Conflict):
    """The seven days in which goods may come back without a reason are over, or have not begun."""

    code = "refunds.too_late"


class NotReturnable(Conflict):
    """Custom-made goods do not come back without a reason; the buyer agreed to that."""

    code = "refunds.not_returnable"


class AlreadySent(Conflict):
    """A part that has left is returned, not cancelled."""

    code = "refunds.already_sent"


class TooLateToCancel(Conflict):
    """Seats are free to cancel until 24 hours before; after that the kits are ready."""

    code = "refunds.too_late_to_cancel"


class NothingToRefund(Conflict):
    """Nothing that was asked for is left to give back."""

    code = "refunds.nothing_left"


@dataclass(frozen=True, slots=True)
class Takings:
    """What one workshop takes with one order.

    seats     paid for sessions to come: a prepayment until they are held.
    shares    (member, sum): what consignment makers get of the goods.
    funded    what a project pays of the goods in the buyer's stead; not in ``goods``.
    """

    workshop_id: int
    goods: Money
    shipping: Money
    seats: Money
    shares: tuple[tuple[int, Money], ...] = ()
    funded: Money = field(default_factory=lambda: Money(0))

    @property
    def sum(self) -> Money:
        """Return everything the buyer paid to this workshop."""
        return self.goods + self.shipping + self.seats


def fees_shared(fee: Money, takings: Sequence[Takings]) -> tuple[Money, ...]:
    """Return each workshop's part of the payment fee, in proportion to what it takes.

    Largest remainder: the parts add up to the fee. Source: domain.md 4 (splits).
    """
    return fee.share_out([one.sum.minor for one in takings])


def sale_lines(takings: Sequence[Takings], *, fee: Money, into: AccountKind) -> list[Line]:
    """Return the ledger lines of money taken for an order.

    What a coupon of co-op or workshop took off is no sale (E7: sales 124.00); what a project pays
    is one, paid out of its fund. Source: domain.md 5 E4, E7, E12 (booked).

    into    where the money lies: clearing for a channel, cash at the counter, bank.
    """
    lines: list[Line] = []
    for one, own_fee in zip(takings, fees_shared(fee, takings), strict=True):
        workshop = one.workshop_id
        shares = total([amount for _, amount in one.shares])
        lines += [
            debit(account(into, workshop), one.sum - own_fee),
            debit(account(AccountKind.FEE, workshop), own_fee),
            debit(account(AccountKind.PROJECT_FUND, workshop), one.funded),
            credit(account(AccountKind.SALES, workshop), one.goods + one.funded),
            credit(account(AccountKind.SHIPPING_INCOME, workshop), one.shipping),
            credit(account(AccountKind.PREPAYMENT, workshop), one.seats),
            debit(account(AccountKind.CONSIGNMENT_COSTS, workshop), shares),
        ]
        lines += [
            credit(member_account(AccountKind.CONSIGNMENT_PAYABLE, member), amount)
            for member, amount in _by_member(one.shares)
        ]
    return lines


def _by_member(shares: Sequence[tuple[int, Money]]) -> list[tuple[int, Money]]:
    sums: dict[int, Money] = {}
    for member, amount in shares:
        sums[member] = sums.get(member, Money(0, amount.currency)) + amount
    return sorted(sums.items())


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What one workshop gives back with one refund.

    seats         for sessions to come; ``attended`` for sessions whose money is income already.
    shares        (member, sum): what falls of consignment shares.
    funded        what goes back into a project's fund; not in ``goods``.
    """

    workshop_id: int
    goods: Money
    shipping: Money
    seats: Money
    attended: Money
    shares: tuple[tuple[int, Money], ...] = ()
    funded: Money = field(default_factory=lambda: Money(0))

    @property
    def sum(self) -> Money:
        """Return what goes back to the buyer from this workshop."""
        return self.goods + self.shipping + self.seats + self.attended


def refund_lines(given: Sequence[GivenBack], *, fee_back: Money, out_of: AccountKind) -> list[Line]:
    """Return the ledger lines of money given back. Source: domain.md 5 E5, E6, E7.

    fee_back    what the channel gives back of its fee, shared out like the fee itself.
    out_of      where the money leaves: clearing before the channel has paid us, bank, cash.
    """
    lines: list[Line] = []
    parts = fee_back.share_out([one.sum.minor for one in given])
    for one, own_fee in zip(given, parts, strict=True):
        workshop = one.workshop_id
        shares = total([amount for _, amount in one.shares])
        lines += [
            debit(account(AccountKind.SALES_RETURNS, workshop), one.goods + one.funded),
            credit(account(AccountKind.PROJECT_FUND, workshop), one.funded),
            debit(account(AccountKind.SHIPPING_INCOME, workshop), one.shipping),
            debit(account(AccountKind.PREPAYMENT, workshop), one.seats),
            debit(account(AccountKind.SESSION_INCOME, workshop), one.attended),
            credit(account(out_of, workshop), one.sum - own_fee),
            credit(account(AccountKind.FEE, workshop), own_fee),
            credit(account(AccountKind.CONSIGNMENT_COSTS, workshop), shares),
        ]
        lines += [
            debit(member_account(AccountKind.CONSIGNMENT_PAYABLE, member), amount)
            for member, amount in _by_member(one.shares)
        ]
    return lines


def late_money_lines(
    *, workshop_id: int, captured: Money, fee: Money, into: AccountKind
) -> list[Line]:
    """Return the ledger lines of money that came for nothing and will go back: a prepayment."""
    return [
        debit(account(into, workshop_id), captured - fee),
        debit(account(AccountKind.FEE, workshop_id), fee),
        credit(account(AccountKind.PREPAYMENT, workshop_id), captured),
    ]


@dataclass(frozen=True, slots=True)
class LineSold:
    """One line as the refund rule sees it; ``funded`` is what a project paid of it."""

    line_id: int
    total: Money
    refunded: Money
    share: Money
    funded: Money = field(default_factory=lambda: Money(0))


def share_falling(line: LineSold, refund: Money) -> Money:
    """Return what of a consignment share falls with a refund of this line. Source: trust.md L4."""
    return share_reversed(
        share=line.share, line_total=line.total, refunded_before=line.refunded, refund=refund
    )


def funding_falling(line: LineSold, refund: Money) -> Money:
    """Return what of a project's money goes back into its fund with a refund of this line.

    In proportion to what was refunded; steps add up. Source: domain.md 5 E7; trust.md L4.
    """
    return share_reversed(
        share=line.funded, line_total=line.total, refunded_before=line.refunded, refund=refund
    )


def refuse_return_without_reason(
    *, may_return_until: datetime | None, is_returnable: bool, now: datetime
) -> None:
    """Return when goods may come back without a reason.

    Raises NotReturnable, TooLateToReturn. Source: trust.md 4 (Consumer Protection Law art. 25).
    """
    if not is_returnable:
        raise NotReturnable
    if may_return_until is None or now > may_return_until:
        raise TooLateToReturn


def stand_down_percent(cause: RefundCause, *, starts_at: datetime, now: datetime) -> int:
    """Return what part of her fee an instructor gets for a session that was called off.

    Half when the house calls it off inside 24 hours, 30 % when the road is closed by warning.
    Source: domain.md 5 E13.
    """
    if cause is RefundCause.WEATHER:
        return STAND_DOWN_PERCENT_WEATHER
    return STAND_DOWN_PERCENT_HOUSE if starts_at - now < FREE_CANCELLATION else 0
