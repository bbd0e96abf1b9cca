"""Giving back: what a refund would do, its request, its money on the way, and its books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from shop.bookings import queries as bookings_known
from shop.bookings import services as bookings
from shop.earnings import queries as earned
from shop.earnings import services as earnings
from shop.earnings.rules import consignment_share, return_facts
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.db import transactional
from shop.kernel.errors import Conflict, NotFound, ShopError
from shop.kernel.money import Money, total
from shop.ledger import queries as books
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit, kind_of
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.events import MoneyGoesBack, RefundSettled
from shop.orders.queries import LineView, OrderView, PartView, ReturnView
from shop.orders.rules import LineKind, ReturnState, refund_of_pieces
from shop.orders.services import NewReturn
from shop.payments import gateway as gateways
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.gateway import ProviderRefund, RefundRefused, RefundRequest
from shop.payments.queries import PaymentFacts, RefundFacts
from shop.payments.rules import (
    Method,
    RefundBearer,
    RefundCause,
    RefundState,
    fee_given_back,
    payment_fee,
)
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows.rules import (
    BEARERS,
    FREE_CANCELLATION,
    SHIPPING_COMES_BACK,
    AlreadySent,
    GivenBack,
    LineSold,
    NothingToRefund,
    TooLateToCancel,
    late_money_lines,
    refund_lines,
    refuse_return_without_reason,
    share_falling,
)

log = structlog.get_logger(__name__)

REFUND = "refund"
GOODS_BACK = "goods_back"
RETURN_POSTAGE = "return_postage"
CHANNEL_SETTLED = "channel_settled"
LATE_MONEY = "late_money"
SESSION_HELD = "session_held"
NEVER_AN_ORDER = frozenset({RefundCause.LATE_PAYMENT, RefundCause.OVERPAID})


@dataclass(frozen=True, slots=True)
class Wish:
    """So many pieces of one order line that are to be given back."""

    order_line_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What goes back for one line, and what of a consignment share falls with it."""

    line: LineView
    part: PartView
    quantity: int
    refund: Money
    share: Money


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


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """A refund that was asked for and where its money stands now."""

    refund_id: int
    public_id: str
    amount: Money
    state: RefundState


def simulate_refund(
    *,
    order_id: int,
    wishes: Sequence[Wish],
    cause: RefundCause,
    shipping: Money | None = None,
    now: datetime,
) -> RefundPlan:
    """Return what a refund would do; nothing is written.

    shipping    what goes back of the way's cost; None leaves it to the rule of the cause.

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
    planned = tuple(_planned(order, lines[line_id], n) for line_id, n in sorted(asked.items()))
    _refuse_by_cause(planned, cause, now)
    back = _shipping_back(order, planned, cause, payment, wished=shipping)
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
    kept = _fee_for(payment, plan.amount) - _fee_back(payment, plan.amount)
    return RefundPlan(
        order_id=plan.order_id,
        payment_id=plan.payment_id,
        cause=cause,
        bearer=plan.bearer,
        lines=planned,
        shipping=back,
        fee_lost=kept,
    )


def request_refund(
    *,
    order_id: int,
    wishes: Sequence[Wish],
    cause: RefundCause,
    are_goods_back: bool = False,
    shipping: Money | None = None,
    return_postage: Money | None = None,
    actor: Actor,
    key: str,
    now: datetime,
) -> RefundAsked:
    """Give money back for lines of an order, by the way it came, and take their goods back.

    are_goods_back    pieces that had left lie here again, looked at and fit for the shelf.
    shipping          what goes back of the way's cost; None leaves it to the rule of the cause.
    return_postage    what we pay the buyer besides for sending faulty goods (E6), from the bank.
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
        actor=actor,
        key=key,
        now=now,
    )
    send_refund(refund_id=asked, now=now)
    refund = payments_known.refund(asked)
    return RefundAsked(refund.id, refund.public_id, refund.amount, refund.state)


def cancel_by_buyer(*, order_id: int, key: str, now: datetime) -> RefundAsked:
    """Give a buyer everything back that has not left yet; she needs no reason before dispatch.

    Seats are free to cancel until 24 hours before. The page has checked who she is.

    Raises NothingToRefund, AlreadySent when everything has left, TooLateToCancel.
    Source: features.md 48, domain.md 5 E13, 6.
    """
    order = orders_known.order(order_id)
    open_lines = [line for part in order.parts if not part.has_left for line in part.lines]
    wishes = [Wish(line.id, line.left) for line in open_lines if line.left]
    if not wishes:
        raise AlreadySent
    return request_refund(
        order_id=order_id,
        wishes=wishes,
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key=key,
        now=now,
    )


def _merged(wishes: Sequence[Wish]) -> dict[int, int]:
    asked: dict[int, int] = {}
    for wish in wishes:
        if wish.quantity <= 0:
            raise NothingToRefund
        asked[wish.order_line_id] = asked.get(wish.order_line_id, 0) + wish.quantity
    return asked


def _planned(order: OrderView, line: LineView, quantity: int) -> PlannedLine:
    if quantity > line.left:
        raise orders.ReturnedMoreThanBought(left=line.left)
    refund = refund_of_pieces(
        total=line.total,
        quantity=line.quantity,
        returned_before=line.returned,
        refunded_before=line.refunded,
        pieces=quantity,
    )
    sold = LineSold(line.id, line.total, line.refunded, share_of(line))
    return PlannedLine(
        line=line,
        part=order.part_of(line),
        quantity=quantity,
        refund=refund,
        share=share_falling(sold, refund),
    )


def share_of(line: LineView) -> Money:
    """Return what a consignment maker gets of a line; nothing for goods with a piece wage."""
    if line.maker_id is None or line.share_percent is None:
        return Money(0)
    return consignment_share(line.total, line.share_percent)


def share_key(order_id: int, line_id: int) -> str:
    """Return the key under which a line's consignment share is credited."""
    return f"order:{order_id}:line:{line_id}"


def share_owner(part: PartView) -> str:
    """Return what the shares of a part hang on while they wait for its return window."""
    return f"order:{part.order_id}:{part.id}"


def _refuse_by_cause(lines: Sequence[PlannedLine], cause: RefundCause, now: datetime) -> None:
    if cause is RefundCause.NO_REASON_RETURN:
        for planned in lines:
            # As it was agreed in that purchase, whatever the listing says today.
            refuse_return_without_reason(
                may_return_until=planned.part.may_return_until,
                is_returnable=planned.line.kind is LineKind.GOODS and planned.line.may_come_back,
                now=now,
            )
    if cause is RefundCause.CANCELLED_BY_BUYER:
        if any(planned.part.has_left for planned in lines):
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
    """Return what of the shipping went back before: refunds less what their lines account for."""
    standing = {
        refund.id: refund.amount
        for refund in payments_known.refunds_of(payment_id)
        if refund.state is not RefundState.FAILED
    }
    for given in orders_known.returns_of(order_id):
        refund_id = _refund_id_of(given.key)
        if refund_id in standing:
            standing[refund_id] -= given.refund
    return total(list(standing.values()))


def _return_key(refund_id: int, line_id: int) -> str:
    return f"{REFUND}:{refund_id}:{line_id}"


def _refund_id_of(return_key: str) -> int | None:
    kind, _, rest = return_key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == REFUND and number.isdecimal() else None


def _fee_for(payment: PaymentFacts, amount: Money) -> Money:
    """Return the part of the payment fee that belongs to an amount, as the channel counts it."""
    rest = payment.captured - payment.refunded
    return payment_fee(rest) - payment_fee(rest - amount)


def _fee_back(payment: PaymentFacts, amount: Money) -> Money:
    """Return what the channel gives back of its fee.

    Only a channel that took our default fee gives any back; one that named its own keeps it.
    """
    if payment.fee != payment_fee(payment.captured):
        return Money(0, amount.currency)
    return fee_given_back(
        captured=payment.captured,
        refunded_before=payment.refunded,
        refund=amount,
        is_settled=_is_channel_settled(payment.id),
    )


def _is_channel_settled(payment_id: int) -> bool:
    entries = books.entries_of(f"payment:{payment_id}")
    return any(entry.kind == CHANNEL_SETTLED for entry in entries)


@transactional
def _claim(
    *,
    order_id: int,
    wishes: Sequence[Wish],
    cause: RefundCause,
    are_goods_back: bool,
    shipping: Money | None,
    return_postage: Money | None,
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
        order_id=order_id, wishes=wishes, cause=cause, shipping=shipping, now=now
    )
    opened = payments.open_refund(
        payment_id=plan.payment_id,
        amount=plan.amount,
        cause=cause,
        bearer=plan.bearer,
        key=key,
        now=now,
    )
    if not opened.is_new:
        return opened.id
    orders.record_returns(
        returns=[
            NewReturn(
                key=_return_key(opened.id, planned.line.id),
                order_id=order_id,
                order_line_id=planned.line.id,
                quantity=planned.quantity,
                refund=planned.refund,
                cause=cause.value,
                is_back=are_goods_back or not planned.part.has_left,
            )
            for planned in plan.lines
        ],
        now=now,
    )
    _take_goods_back(plan, opened.id, are_goods_back=are_goods_back, actor=actor, now=now)
    orders.cancel_empty_parts(order_id=order_id)
    if return_postage:
        _pay_return_postage(order, opened.id, return_postage, actor=actor, now=now)
    events.record(
        MoneyGoesBack(order_id, opened.id),
        actor=actor,
        station_id=order.parts[0].station_id,
        now=now,
    )
    return opened.id


def _take_goods_back(
    plan: RefundPlan, refund_id: int, *, are_goods_back: bool, actor: Actor, now: datetime
) -> None:
    """Free seats and promised pieces; put pieces on the shelf that had left and are back."""
    owner = f"order:{plan.order_id}"
    sessions = [p.line.session_id for p in plan.lines if p.line.session_id is not None]
    goods = [p for p in plan.lines if p.line.kind is LineKind.GOODS]
    _free_promised([p for p in goods if not p.part.has_left], owner, now=now)
    back = [p for p in goods if p.part.has_left] if are_goods_back else []
    if back:
        stock.take_back(
            items=[
                Quantity(p.line.variant_id, p.quantity, p.part.station_id)
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
    variants = {p.line.variant_id: p for p in lines if p.line.variant_id is not None}
    kept: list[Quantity] = []
    for variant_id, planned in sorted(variants.items()):
        freed = stock.release(owner=owner, variant_ids=[variant_id], now=now)
        rest = planned.line.left - planned.quantity
        # Pieces still to be made were never held; of those that were, the rest is held anew.
        if freed and rest:
            kept.append(Quantity(variant_id, rest, planned.part.station_id))
    if kept:
        stock.reserve(owner=owner, items=kept, now=now, expires_at=now)
        stock.allocate(owner=owner, now=now)


def _book_goods_back(
    back: Sequence[PlannedLine], refund_id: int, *, actor: Actor, now: datetime
) -> None:
    """Book pieces that lie on the shelf again at what they cost. Source: domain.md 5 E5."""
    lines = []
    for planned in back:
        cost = planned.line.cost * planned.quantity
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


def send_refund(*, refund_id: int, now: datetime) -> RefundState:
    """Bring a pending refund's money on its way and return where it stands; safe to repeat.

    Money of a provider goes back through it, under the refund's own name, outside any
    transaction. An unclear answer leaves the refund pending; ``selling.reconcile`` asks again.
    Money that was taken by hand is given back by hand and is settled at once.
    """
    refund = payments_known.refund(refund_id)
    if refund.state is not RefundState.PENDING:
        return refund.state
    payment = payments_known.payment(refund.payment_id)
    if payment.method is not Method.ONLINE or payment.provider_ref is None:
        settle_refund(refund_id=refund_id, now=now)
        return RefundState.SETTLED
    request = RefundRequest(refund.public_id, payment.provider_ref, refund.amount)
    try:
        answer = gateways.of(payment.provider).refund(request)
    except RefundRefused as refusal:
        return _after_refusal(refund, payment, refusal, now)
    except ShopError as unclear:
        log.warning("refund unclear", refund=refund_id, code=unclear.code)
        return RefundState.PENDING
    return take_refund_answer(refund_id=refund_id, answer=answer, now=now)


def _after_refusal(
    refund: RefundFacts, payment: PaymentFacts, refusal: RefundRefused, now: datetime
) -> RefundState:
    """Say what a refusal means: a first try may have worked although its answer was lost.

    A provider forgets our keys after a day and then says "refunded already"; what it has refunded
    in all tells whether this one is among it.
    """
    said = gateways.of(payment.provider).look_up(payment.provider_ref or "")
    if said.refunded.minor >= payment.refunded.minor + refund.amount.minor:
        settle_refund(refund_id=refund.id, now=now)
        return RefundState.SETTLED
    reason = str(refusal.details.get("reason", refusal.code))
    payments.fail_refund(refund_id=refund.id, reason=reason, now=now)
    return RefundState.FAILED


def take_refund_answer(*, refund_id: int, answer: ProviderRefund, now: datetime) -> RefundState:
    """Apply what the provider says about a refund, from its answer or when asked again; repeats.

    Returns where the refund stands now.
    """
    if answer.state is RefundState.SETTLED:
        settle_refund(refund_id=refund_id, provider_ref=answer.provider_ref, now=now)
    elif answer.state is RefundState.FAILED:
        payments.fail_refund(refund_id=refund_id, reason=answer.failure_code, now=now)
    return answer.state


@transactional
def settle_refund(*, refund_id: int, provider_ref: str = "", now: datetime) -> bool:
    """Write down that the money of a refund has gone back: payment, order, shares, books.

    True only the first time. Source: domain.md 5 E5, E7; trust.md P4, L3, L4.
    """
    refund = payments_known.refund(refund_id)
    orders.lock(order_id=refund.order_id)
    payment = payments_known.payment(refund.payment_id)
    if not payments.settle_refund(refund_id=refund_id, provider_ref=provider_ref, now=now):
        return False
    order = orders_known.order(refund.order_id)
    if refund.cause in NEVER_AN_ORDER:
        _book_late_money_back(refund, payment, order, now=now)
    else:
        _book_refund(refund, payment, order, now=now)
    events.record(
        RefundSettled(order.id, refund_id),
        actor=SYSTEM,
        station_id=order.parts[0].station_id,
        now=now,
    )
    return True


def _book_late_money_back(
    refund: RefundFacts, payment: PaymentFacts, order: OrderView, *, now: datetime
) -> None:
    part = order.parts[0]
    back = _fee_back(payment, refund.amount)
    came = late_money_lines(
        workshop_id=part.workshop_id,
        captured=refund.amount,
        fee=back,
        into=AccountKind.CLEARING if payment.method is Method.ONLINE else AccountKind.CASH,
    )
    ledger.post(
        kind=REFUND,
        source=f"{REFUND}:{refund.id}",
        station_id=part.station_id,
        lines=[type(line)(line.account_key, -line.amount) for line in came],
        happened_at=now,
        actor=SYSTEM,
        now=now,
    )


def _book_refund(
    refund: RefundFacts, payment: PaymentFacts, order: OrderView, *, now: datetime
) -> None:
    source = f"{REFUND}:{refund.id}"
    returned = orders_known.returns_by_key(source)
    lines = {line.id: line for line in order.lines}
    settled_before = _refunded_before(order.id)
    given: dict[int, GivenBack] = {}
    for one in returned:
        line = lines[one.order_line_id]
        part = order.part_of(line)
        sold = LineSold(line.id, line.total, settled_before.get(line.id, Money(0)), share_of(line))
        falling = share_falling(sold, one.refund)
        if falling and line.maker_id is not None:
            _reverse_share(order.id, line, falling, one.quantity, source=source, now=now)
        kept = given.get(part.id) or _nothing_from(part)
        given[part.id] = _with_line(kept, line, one, falling)
    shipping = refund.amount - total([one.refund for one in returned])
    given = _with_shipping(given, order, shipping)
    ledger.post(
        kind=REFUND,
        source=source,
        station_id=order.parts[0].station_id,
        lines=refund_lines(
            list(given.values()),
            fee_back=_fee_back(payment, refund.amount),
            out_of=_money_leaves(payment, order),
        ),
        happened_at=now,
        actor=SYSTEM,
        now=now,
    )
    orders.mark_refunded(order_ids=[order.id], return_keys=[one.key for one in returned], now=now)


def _refunded_before(order_id: int) -> dict[int, Money]:
    sums: dict[int, Money] = {}
    for one in orders_known.returns_of(order_id):
        if one.state is ReturnState.REFUNDED:
            sums[one.order_line_id] = sums.get(one.order_line_id, Money(0)) + one.refund
    return sums


def _reverse_share(
    order_id: int, line: LineView, amount: Money, quantity: int, *, source: str, now: datetime
) -> None:
    earning_id = earned.earning_by_key(share_key(order_id, line.id))
    if earning_id is None:
        raise NotFound(what=share_key(order_id, line.id))
    earnings.reverse(
        earning_id=earning_id,
        amount=amount,
        key=f"{source}:line:{line.id}",
        facts=return_facts(title=line.title, title_en=line.title_en, quantity=quantity),
        now=now,
    )


def _nothing_from(part: PartView) -> GivenBack:
    nothing = Money(0)
    return GivenBack(part.workshop_id, nothing, nothing, nothing, nothing)


def _with_line(given: GivenBack, line: LineView, back: ReturnView, share: Money) -> GivenBack:
    is_goods = line.kind is LineKind.GOODS
    was_held = not is_goods and _was_income(line, back.asked_at)
    nothing = Money(0)
    shares = given.shares
    if share and line.maker_id is not None:
        shares = (*shares, (line.maker_id, share))
    return GivenBack(
        workshop_id=given.workshop_id,
        goods=given.goods + (back.refund if is_goods else nothing),
        shipping=given.shipping,
        seats=given.seats + (back.refund if not is_goods and not was_held else nothing),
        attended=given.attended + (back.refund if was_held else nothing),
        shares=shares,
    )


def _was_income(line: LineView, asked_at: datetime) -> bool:
    """Say whether a seat's money was income already when it was asked back.

    What was asked back before its session was settled stayed a prepayment; only the rest became
    income then.
    """
    entries = books.entries_of(f"session:{line.session_id}")
    return any(entry.kind == SESSION_HELD and entry.happened_at <= asked_at for entry in entries)


def _with_shipping(
    given: dict[int, GivenBack], order: OrderView, shipping: Money
) -> dict[int, GivenBack]:
    """Add what goes back of the ways' cost, to the parts it was paid for."""
    if not shipping:
        return given
    emptied = [
        part
        for part in order.parts
        if part.id in given and not any(line.left for line in part.lines)
    ]
    parts = [part for part in emptied or order.parts if part.shipping] or list(order.parts)
    for part, own in zip(
        parts, shipping.share_out([part.shipping.minor for part in parts]), strict=True
    ):
        kept = given.get(part.id) or _nothing_from(part)
        given[part.id] = GivenBack(
            kept.workshop_id, kept.goods, own, kept.seats, kept.attended, kept.shares
        )
    return given


def _money_leaves(payment: PaymentFacts, order: OrderView) -> AccountKind:
    """Return where the money of an order lies: what its sale was booked into, or the bank."""
    if _is_channel_settled(payment.id):
        return AccountKind.BANK
    for entry in books.entries_of(f"order:{order.id}"):
        for line in entry.lines:
            kind = kind_of(line.account_key)
            if kind in {AccountKind.CLEARING, AccountKind.CASH, AccountKind.BANK}:
                return kind
    return AccountKind.BANK


@transactional
def settle_channel(*, payment_id: int, actor: Actor, now: datetime) -> None:
    """Write down that the channel has paid an order's money to our bank; safe to repeat.

    From now on the channel keeps its fee when money goes back. Source: domain.md 4, 5 E4, E5.

    Raises PaymentNotFound, OutOfReach, Forbidden, Conflict when no money lies in the channel.
    """
    payment = payments_known.payment(payment_id)
    actor.require(Permission.TAKE_MONEY, at=stations.path_of(payment.station_id))
    if _is_channel_settled(payment_id):
        return
    sources = [f"order:{payment.order_id}"]
    sources += [f"{REFUND}:{refund.id}" for refund in payments_known.refunds_of(payment_id)]
    lying: dict[str, Money] = {}
    for source in sources:
        for entry in books.entries_of(source):
            for line in entry.lines:
                if kind_of(line.account_key) is AccountKind.CLEARING:
                    lies = lying.get(line.account_key, Money(0))
                    lying[line.account_key] = lies - line.amount
    lines = []
    for key, amount in sorted(lying.items()):
        workshop_id = int(key.rpartition(":")[2])
        lines += [debit(account(AccountKind.BANK, workshop_id), amount), credit(key, amount)]
    if not any(line.amount for line in lines):
        raise Conflict(what="clearing")
    ledger.post(
        kind=CHANNEL_SETTLED,
        source=f"payment:{payment_id}",
        station_id=payment.station_id,
        lines=lines,
        happened_at=now,
        actor=actor,
        now=now,
    )
