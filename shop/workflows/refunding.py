"""Refunding: what a refund would do, and asking for it: claim, seats, goods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shop.bookings import queries as bookings_known
from shop.bookings import services as bookings
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.db import transactional
from shop.kernel.errors import NotFound
from shop.kernel.money import Money, total
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit
from shop.orders import parcels
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.events import MoneyGoesBack
from shop.orders.queries import LineView, OrderView, PartView
from shop.orders.rules import LineKind, refund_of_pieces
from shop.orders.services import NewReturn
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.queries import PaymentFacts
from shop.payments.rules import RefundBearer, RefundCause, RefundWay
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows import giving_back
from shop.workflows.giving_back import (
    REFUND,
    RefundAsked,
    fee_back,
    fee_for,
    send_refund,
    share_of,
)
from shop.workflows.rules import (
    BEARERS,
    FREE_CANCELLATION,
    OF_WHAT_HAS_LEFT,
    SHIPPING_COMES_BACK,
    AlreadySent,
    LineSold,
    NothingToRefund,
    TooLateToCancel,
    refuse_return_without_reason,
    share_falling,
)

GOODS_BACK = "goods_back"
RETURN_POSTAGE = "return_postage"


@dataclass(frozen=True, slots=True)
class Wish:
    """So many pieces of one order line that are to be given back."""

    order_line_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What goes back for one line, and what of a consignment share falls with it.

    here    of the pieces, those that have not left the workshop.
    """

    line: LineView
    part: PartView
    quantity: int
    here: int
    refund: Money
    share: Money

    @property
    def gone(self) -> int:
        """Return how many of the pieces have left."""
        return self.quantity - self.here


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What a refund will do, before anything is done.

    fee_lost      of the payment fee, what the channel keeps although the money goes back.
    wages         what makers lose of their piece wages: always nothing; shown to say so.
    """

    order_id: int
    payment_id: int
    cause: RefundCause
    bearer: RefundBearer
    lines: tuple[PlannedLine, ...]
    shipping: Money
    fee_lost: Money

    @property
    def amount(self) -> Money:
        """Return what the buyer gets back."""
        return total([line.refund for line in self.lines]) + self.shipping

    @property
    def shares(self) -> Money:
        """Return what consignment makers lose of their shares."""
        return total([line.share for line in self.lines])

    @property
    def wages(self) -> Money:
        """Return what makers lose of their piece wages: nothing, ever. Source: domain.md 4."""
        return Money(0)


def simulate_refund(
    *,
    order_id: int,
    wishes: Sequence[Wish],
    cause: RefundCause,
    shipping: Money | None = None,
    asked_at: datetime | None = None,
    now: datetime,
) -> RefundPlan:
    """Return what a refund would do; nothing is written.

    shipping    what goes back of the way's cost; None leaves it to the rule of the cause.
    asked_at    when the buyer asked, by which her time to return is judged; None for now.

    Raises NotFound, NothingToRefund, ReturnedMoreThanBought, NotReturnable, TooLateToReturn,
    AlreadySent, TooLateToCancel. Source: domain.md 4, 5 E5, E6, E7, E13.
    """
    order = orders_known.order(order_id)
    payment = payments_known.payment_of_order(order_id)
    if payment is None or not payment.is_paid:
        raise payments.PaymentNotSettled(order=order.number)
    asked = _merged(wishes)
    lines = {line.id: line for line in order.lines}
    if not asked.keys() <= lines.keys():
        raise NotFound(what="order line")
    planned = tuple(
        _planned(order, lines[line_id], n, cause) for line_id, n in sorted(asked.items())
    )
    _refuse_by_cause(planned, cause, asked_at or now)
    back = _shipping_back(order, planned, cause, payment, wished=shipping)
    if shipping is None and _bank_took_of_no_line(order_id, payment):
        planned, back = _cut(planned, back, to=payment.refundable)
    plan = RefundPlan(
        order_id=order_id,
        payment_id=payment.id,
        cause=cause,
        bearer=BEARERS[cause],
        lines=planned,
        shipping=back,
        fee_lost=Money(0),
    )
    if plan.amount <= Money(0):
        raise NothingToRefund
    kept = fee_for(payment, plan.amount) - fee_back(payment, plan.amount)
    return RefundPlan(
        order_id=plan.order_id,
        payment_id=plan.payment_id,
        cause=cause,
        bearer=plan.bearer,
        lines=planned,
        shipping=back,
        fee_lost=kept,
    )


def was_asked(key: str) -> bool:
    """Say whether a form of this key has asked for money back before."""
    return payments_known.refund_by_key(key) is not None


def request_refund(
    *,
    order_id: int,
    wishes: Sequence[Wish],
    cause: RefundCause,
    are_goods_back: bool = False,
    shipping: Money | None = None,
    return_postage: Money | None = None,
    asked_at: datetime | None = None,
    together: Callable[[int], object] | None = None,
    actor: Actor,
    key: str,
    now: datetime,
) -> RefundAsked:
    """Give money back for lines of an order, by the way it came, and take their goods back.

    are_goods_back    pieces that had left lie here again, looked at and fit for the shelf.
    shipping          what goes back of the way's cost; None leaves it to the rule of the cause.
    return_postage    what we pay the buyer besides for sending faulty goods (E6), from the bank.
    asked_at          when the buyer asked, by which her time to return is judged; None for now.
    together          what else is written in the transaction of the claim, given the refund's id.
    key               of the form; safe to repeat.

    Three steps: the claim, the seats and the goods in one transaction; then the provider is
    asked, outside; then the books, when it has answered (or its webhook has, or ``reconcile``).
    A piece wage is never touched; a consignment share falls in proportion.

    Raises what simulate_refund raises, OutOfReach and Forbidden, RefundTooLarge, KeyReused.
    Source: house-style 6 (refund), domain.md 4, 5; trust.md P4, S7.
    """
    asked = _claim(
        order_id=order_id,
        wishes=wishes,
        cause=cause,
        are_goods_back=are_goods_back,
        shipping=shipping,
        return_postage=return_postage,
        asked_at=asked_at,
        together=together,
        actor=actor,
        key=key,
        now=now,
    )
    send_refund(refund_id=asked, now=now)
    refund = payments_known.refund(asked)
    return RefundAsked(refund.id, refund.public_id, refund.amount, refund.state)


def simulate_cancelling(*, order_id: int, now: datetime) -> RefundPlan:
    """Return what ``cancel_by_buyer`` would do; nothing is written. Raises the same."""
    return simulate_refund(
        order_id=order_id,
        wishes=_not_left(order_id),
        cause=RefundCause.CANCELLED_BY_BUYER,
        now=now,
    )


def _not_left(order_id: int) -> list[Wish]:
    order = orders_known.order(order_id)
    wishes = [Wish(line.id, line.here) for line in order.lines if line.here]
    if not wishes:
        raise AlreadySent
    return wishes


def cancel_by_buyer(*, order_id: int, key: str, now: datetime) -> RefundAsked:
    """Give a buyer everything back that has not left yet; she needs no reason before dispatch.

    Seats are free to cancel until 24 hours before. The page has checked who she is.

    Raises NothingToRefund, AlreadySent when everything has left, TooLateToCancel.
    Source: features.md 48, domain.md 5 E13, 6.
    """
    known = payments_known.refund_by_key(key)
    if known is not None and known.order_id == order_id:
        return RefundAsked(known.id, known.public_id, known.amount, known.state)
    return request_refund(
        order_id=order_id,
        wishes=_not_left(order_id),
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key=key,
        now=now,
    )


@transactional
def lose_to_bank(*, order_id: int, payment_id: int, amount: Money, key: str, now: datetime) -> int:
    """Give up money that a buyer's bank keeps, as a refund that is settled at once; return its id.

    When the sum is all that was left of the order, its lines are given up with it: what had not
    left goes back on the shelf, seats are free again. Goods with the buyer stay there.
    Safe to repeat by ``key``. The caller has locked the order.
    """
    order = orders_known.order(order_id)
    known = payments_known.refund_by_key(key)
    if known is not None:
        return known.id
    cause = RefundCause.DISPUTE_LOST
    planned = tuple(_planned(order, line, line.left, cause) for line in order.lines if line.left)
    shipping = order.shipping - _shipping_given(order_id, payment_id)
    whole = total([line.refund for line in planned]) + shipping
    plan = RefundPlan(
        order_id=order_id,
        payment_id=payment_id,
        cause=cause,
        bearer=BEARERS[cause],
        lines=planned if amount == whole else (),
        shipping=shipping if amount == whole else amount,
        fee_lost=Money(0),
    )
    opened = payments.open_refund(
        payment_id=payment_id,
        amount=plan.amount,
        cause=plan.cause,
        bearer=plan.bearer,
        way=RefundWay.DISPUTE,
        key=key,
        now=now,
    )
    _write_returns(plan, opened.id, are_goods_back=False, now=now)
    _take_goods_back(plan, opened.id, are_goods_back=False, actor=SYSTEM, now=now)
    parcels.follow_returns(order_id=order_id, actor=SYSTEM, now=now)
    giving_back.settle_lost(refund_id=opened.id, now=now)
    return opened.id


def shared_by_workshop(order: OrderView, amount: Money) -> list[tuple[int, Money]]:
    """Return each workshop's part of a sum, in proportion to what it took with the order."""
    taken: dict[int, int] = {}
    for part in order.parts:
        sum_of = total([line.total for line in part.lines]) + part.shipping
        taken[part.workshop_id] = taken.get(part.workshop_id, 0) + sum_of.minor
    return list(zip(taken, amount.share_out(list(taken.values())), strict=True))


def _merged(wishes: Sequence[Wish]) -> dict[int, int]:
    asked: dict[int, int] = {}
    for wish in wishes:
        if wish.quantity <= 0:
            raise NothingToRefund
        asked[wish.order_line_id] = asked.get(wish.order_line_id, 0) + wish.quantity
    return asked


def _planned(order: OrderView, line: LineView, quantity: int, cause: RefundCause) -> PlannedLine:
    if quantity > line.left:
        raise orders.ReturnedMoreThanBought(left=line.left)
    # Whoever brings something forward about goods means those that she was sent.
    has_left_first = cause in OF_WHAT_HAS_LEFT
    here = max(0, quantity - line.with_buyer) if has_left_first else min(quantity, line.here)
    refund = refund_of_pieces(
        total=line.total,
        quantity=line.quantity,
        returned_before=line.returned,
        refunded_before=line.refunded,
        pieces=quantity,
    )
    return PlannedLine(
        line=line,
        part=order.part_of(line),
        quantity=quantity,
        here=here,
        refund=refund,
        share=_share_falling(line, refund),
    )


def _share_falling(line: LineView, refund: Money) -> Money:
    return share_falling(LineSold(line.id, line.total, line.refunded, share_of(line)), refund)


def _refuse_by_cause(lines: Sequence[PlannedLine], cause: RefundCause, now: datetime) -> None:
    if cause is RefundCause.NO_REASON_RETURN:
        for planned in lines:
            # As it was agreed in that purchase, whatever the listing says today.
            until = planned.part.may_return_until
            if until is None and not planned.here and planned.part.has_come(planned.line):
                until = now  # the rest of her part is still to come: her time has not begun
            refuse_return_without_reason(
                may_return_until=until,
                is_returnable=planned.line.kind is LineKind.GOODS and planned.line.may_come_back,
                now=now,
            )
    if cause is RefundCause.CANCELLED_BY_BUYER:
        if any(planned.gone for planned in lines):
            raise AlreadySent
        _refuse_late_cancellation(lines, now)


def _refuse_late_cancellation(lines: Sequence[PlannedLine], now: datetime) -> None:
    wanted = {line.line.session_id for line in lines if line.line.session_id is not None}
    for session in bookings_known.sessions_by_id(wanted, now=now).values():
        if session.starts_at - now < FREE_CANCELLATION:
            raise TooLateToCancel


def _shipping_back(
    order: OrderView,
    lines: Sequence[PlannedLine],
    cause: RefundCause,
    payment: PaymentFacts,
    *,
    wished: Money | None,
) -> Money:
    left = order.shipping - _shipping_given(order.id, payment.id)
    if wished is not None:
        if not Money(0) <= wished <= left:
            raise NothingToRefund
        return wished
    if cause not in SHIPPING_COMES_BACK:
        return Money(0)
    due = total([part.shipping for part in _emptied(order, lines)])
    return min(due, left, key=lambda amount: amount.minor)


def _emptied(order: OrderView, lines: Sequence[PlannedLine]) -> list[PartView]:
    """Return the parts that have nothing left once these lines are given back."""
    going = {planned.line.id: planned.quantity for planned in lines}
    touched = {planned.part.id for planned in lines}
    return [
        part
        for part in order.parts
        if part.id in touched and all(line.left == going.get(line.id, 0) for line in part.lines)
    ]


def _shipping_given(order_id: int, payment_id: int) -> Money:
    """Return what of the shipping goes back already: refunds less what their lines account for.

    A refused refund is owed all the same; its next try sends the same money.
    """
    refunds = payments_known.refunds_of(payment_id)
    asked = {refund.id: refund.amount for refund in refunds if refund.again_of_id is None}
    explained = set[int]()
    for given in orders_known.returns_of(order_id):
        refund_id = _refund_id_of(given.key)
        if refund_id in asked:
            explained.add(refund_id)
            asked[refund_id] -= given.refund
    # A bank that took a part of the sum took it for no line and for no way.
    for one in refunds:
        if one.way is RefundWay.DISPUTE and one.id not in explained:
            del asked[one.id]
    return total(list(asked.values()))


def _bank_took_of_no_line(order_id: int, payment: PaymentFacts) -> bool:
    """Say whether a buyer's bank kept a part of the payment for no line: then less is left."""
    explained = {_refund_id_of(given.key) for given in orders_known.returns_of(order_id)}
    return any(
        one.way is RefundWay.DISPUTE and one.id not in explained
        for one in payments_known.refunds_of(payment.id)
    )


def _cut(
    planned: tuple[PlannedLine, ...], shipping: Money, *, to: Money
) -> tuple[tuple[PlannedLine, ...], Money]:
    """Return lines and way cut in proportion to what is left of a payment; untouched if they fit.

    What the buyer's bank has kept she has already; nobody's share falls for it.
    """
    asked = [*[line.refund for line in planned], shipping]
    if total(asked) <= to:
        return planned, shipping
    *given, back = to.share_out([amount.minor for amount in asked])
    cut = tuple(
        replace(line, refund=refund, share=_share_falling(line.line, refund))
        for line, refund in zip(planned, given, strict=True)
    )
    return cut, back


def _return_key(refund_id: int, line_id: int) -> str:
    return f"{REFUND}:{refund_id}:{line_id}"


def _refund_id_of(return_key: str) -> int | None:
    kind, _, rest = return_key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == REFUND and number.isdecimal() else None


@transactional
def _claim(
    *,
    order_id: int,
    wishes: Sequence[Wish],
    cause: RefundCause,
    are_goods_back: bool,
    shipping: Money | None,
    return_postage: Money | None,
    asked_at: datetime | None,
    together: Callable[[int], object] | None,
    actor: Actor,
    key: str,
    now: datetime,
) -> int:
    orders.lock(order_id=order_id)
    order = orders_known.order(order_id)
    for part in order.parts:
        if any(line.id == wish.order_line_id for line in part.lines for wish in wishes):
            actor.require(Permission.REFUND, at=stations.path_of(part.station_id))
    if not wishes:
        actor.require(Permission.REFUND, at=stations.path_of(order.parts[0].station_id))
    known = payments_known.refund_by_key(key)
    if known is not None:
        if (known.order_id, known.cause) != (order_id, cause):
            raise payments.KeyReused(key=key)
        return known.id
    plan = simulate_refund(
        order_id=order_id,
        wishes=wishes,
        cause=cause,
        shipping=shipping,
        asked_at=asked_at,
        now=now,
    )
    opened = payments.open_refund(
        payment_id=plan.payment_id,
        amount=plan.amount,
        cause=cause,
        bearer=plan.bearer,
        key=key,
        actor=actor,
        now=now,
    )
    if not opened.is_new:
        return opened.id
    _write_returns(plan, opened.id, are_goods_back=are_goods_back, now=now)
    _take_goods_back(plan, opened.id, are_goods_back=are_goods_back, actor=actor, now=now)
    parcels.follow_returns(order_id=order_id, actor=actor, now=now)
    if return_postage:
        _pay_return_postage(order, opened.id, return_postage, actor=actor, now=now)
    if together is not None:
        together(opened.id)
    events.record(
        MoneyGoesBack(order_id, opened.id),
        actor=actor,
        station_id=order.parts[0].station_id,
        now=now,
    )
    return opened.id


def _write_returns(
    plan: RefundPlan, refund_id: int, *, are_goods_back: bool, now: datetime
) -> None:
    orders.record_returns(
        returns=[
            NewReturn(
                key=_return_key(refund_id, planned.line.id),
                order_id=plan.order_id,
                order_line_id=planned.line.id,
                quantity=planned.quantity,
                cancelled=planned.here,
                refund=planned.refund,
                cause=plan.cause.value,
                is_back=are_goods_back or not planned.gone,
            )
            for planned in plan.lines
        ],
        now=now,
    )


def _take_goods_back(
    plan: RefundPlan, refund_id: int, *, are_goods_back: bool, actor: Actor, now: datetime
) -> None:
    """Free seats and promised pieces; put pieces on the shelf that had left and are back."""
    owner = f"order:{plan.order_id}"
    sessions = [p.line.session_id for p in plan.lines if p.line.session_id is not None]
    goods = [p for p in plan.lines if p.line.kind is LineKind.GOODS]
    _free_promised(goods, owner, now=now)
    back = [p for p in goods if p.gone] if are_goods_back else []
    if back:
        stock.take_back(
            items=[
                Quantity(p.line.variant_id, p.gone, p.part.station_id)
                for p in back
                if p.line.variant_id is not None
            ],
            source=f"{REFUND}:{refund_id}",
            actor=actor,
            now=now,
        )
        _book_goods_back(back, refund_id, actor=actor, now=now)
    if sessions:
        bookings.release(owner=owner, session_ids=sessions, now=now)


def _free_promised(lines: Sequence[PlannedLine], owner: str, *, now: datetime) -> None:
    # Pieces that are still to be made for the order were never promised from the shelf.
    free = [
        Quantity(p.line.variant_id, p.here, p.part.station_id)
        for p in lines
        if p.here and p.line.variant_id is not None and not p.line.making_minutes
    ]
    if free:
        stock.release(owner=owner, items=free, now=now)


def _book_goods_back(
    back: Sequence[PlannedLine], refund_id: int, *, actor: Actor, now: datetime
) -> None:
    """Book pieces that lie on the shelf again at what they cost. Source: domain.md 5 E5."""
    lines = []
    for planned in back:
        cost = planned.line.cost * planned.gone
        lines += [
            debit(account(AccountKind.STOCK, planned.part.workshop_id), cost),
            credit(account(AccountKind.COST_OF_GOODS, planned.part.workshop_id), cost),
        ]
    if any(line.amount for line in lines):
        ledger.post(
            kind=GOODS_BACK,
            source=f"{REFUND}:{refund_id}",
            station_id=back[0].part.station_id,
            lines=lines,
            happened_at=now,
            actor=actor,
            now=now,
        )


def _pay_return_postage(
    order: OrderView, refund_id: int, postage: Money, *, actor: Actor, now: datetime
) -> None:
    """Book what a buyer gets besides for sending faulty goods. Source: domain.md 5 E6."""
    workshop_id = order.parts[0].workshop_id
    ledger.post(
        kind=RETURN_POSTAGE,
        source=f"{REFUND}:{refund_id}",
        station_id=order.parts[0].station_id,
        lines=[
            debit(account(AccountKind.POSTAGE, workshop_id), postage),
            credit(account(AccountKind.BANK, workshop_id), postage),
        ],
        happened_at=now,
        actor=actor,
        now=now,
    )
