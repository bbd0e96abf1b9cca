"""Giving back: a refund's money on its way, refused, tried again or handed over; and its books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from shop.coupons.rules import Funder
from shop.earnings import queries as earned
from shop.earnings import services as earnings
from shop.earnings.rules import consignment_share, return_facts
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission, Scope
from shop.kernel.db import transactional
from shop.kernel.errors import Conflict, NotFound, ShopError
from shop.kernel.money import Money, total
from shop.ledger import queries as books
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit, kind_of
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.events import (
    CashOffered,
    CashOfferEnded,
    RefundRefused,
    RefundSettled,
    RefundTriedAgain,
)
from shop.orders.queries import LineView, OrderView, PartView, ReturnView
from shop.orders.rules import LineKind, ReturnState
from shop.payments import gateway as gateways
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.gateway import ProviderRefund, RefundRequest
from shop.payments.gateway import RefundRefused as ProviderRefused
from shop.payments.queries import PaymentFacts, RefundFacts
from shop.payments.rules import (
    BY_HAND,
    Method,
    RefundCause,
    RefundState,
    RefundWay,
    fee_given_back,
    payment_fee,
)
from shop.payments.services import NoCashWaits
from shop.stations import queries as stations
from shop.workflows.rules import (
    GivenBack,
    LineSold,
    funding_falling,
    late_money_lines,
    refund_lines,
    share_falling,
)

log = structlog.get_logger(__name__)

REFUND = "refund"
CHANNEL_SETTLED = "channel_settled"
LATE_MONEY = "late_money"
CAME_BACK = "refund_came_back"
SESSION_HELD = "session_held"
OFFER_ENDED = "offer_ended"
DISPUTE = "dispute"
DISPUTE_OPENED = "dispute_opened"
DISPUTE_WON = "dispute_won"
DISPUTE_FEE = "dispute_fee"
NEVER_AN_ORDER = frozenset({RefundCause.LATE_PAYMENT, RefundCause.OVERPAID})


OUT_OF = {
    RefundWay.CASH: AccountKind.CASH,
    RefundWay.BANK: AccountKind.BANK,
    RefundWay.DISPUTE: AccountKind.RECEIVABLE,
}
# Where money comes to lie, by how it was paid; all that crosses the counter lies in the drawer.
TAKEN_INTO = {
    Method.ONLINE: AccountKind.CLEARING,
    Method.FREE: AccountKind.CLEARING,
    Method.BANK_TRANSFER: AccountKind.BANK,
}


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """A refund that was asked for and where its money stands now."""

    refund_id: int
    public_id: str
    amount: Money
    state: RefundState


@dataclass(frozen=True, slots=True)
class StuckRefund:
    """Money that needs a person to get back to its buyer.

    tries    how often it was tried, this time included.
    """

    refund: RefundFacts
    order: OrderView
    tries: int


def stuck_refunds(scope: Scope) -> list[StuckRefund]:
    """Return refunds in reach that were refused or whose cash waits to be counted out."""
    stuck = payments_known.refunds_stuck(scope)
    known = orders_known.orders_by_id(one.order_id for one in stuck)
    return [
        StuckRefund(one, known[one.order_id], len(payments_known.tries_before(one)) + 1)
        for one in stuck
    ]


def share_of(line: LineView) -> Money:
    """Return what a consignment maker gets of a line; nothing for goods with a piece wage.

    Of the price before any coupon: no coupon is a maker's money. Source: domain.md 4.
    """
    if line.maker_id is None or line.share_percent is None:
        return Money(0)
    return consignment_share(line.gross, line.share_percent)


def funded_of(line: LineView) -> Money:
    """Return what a project paid of a line in the buyer's stead."""
    return line.discount if line.funder == Funder.PROJECT else Money(0)


def share_key(order_id: int, line_id: int) -> str:
    """Return the key under which a line's consignment share is credited."""
    return f"order:{order_id}:line:{line_id}"


def share_owner(part: PartView) -> str:
    """Return what the shares of a part hang on while they wait for its return window."""
    return f"order:{part.order_id}:{part.id}"


def fee_for(payment: PaymentFacts, amount: Money) -> Money:
    """Return the part of the payment fee that belongs to an amount, as the channel counts it."""
    rest = payment.captured - payments_known.refunded_by_provider(payment.id)
    return payment_fee(rest) - payment_fee(rest - amount)


def fee_back(payment: PaymentFacts, amount: Money) -> Money:
    """Return what the channel gives back of its fee.

    Only a channel that took our default fee gives any back; one that named its own keeps it.
    """
    if payment.fee != payment_fee(payment.captured):
        return Money(0, amount.currency)
    return fee_given_back(
        captured=payment.captured,
        refunded_before=payments_known.refunded_by_provider(payment.id),
        refund=amount,
        is_settled=is_channel_settled(payment.id),
    )


def is_channel_settled(payment_id: int) -> bool:
    """Say whether the channel has paid this payment out to our bank."""
    entries = books.entries_of(f"payment:{payment_id}")
    return any(entry.kind == CHANNEL_SETTLED for entry in entries)


def send_refund(*, refund_id: int, now: datetime) -> RefundState:
    """Bring a pending refund's money on its way and return where it stands; safe to repeat.

    Money of a provider goes back through it, under the refund's own name, outside any
    transaction. An unclear answer leaves the refund pending; ``selling.reconcile`` asks again.
    Money that was taken by hand is given back by hand and is settled at once. Cash that is to
    cross the counter in a provider's place, and a transfer, wait for their second person.
    """
    refund = payments_known.refund(refund_id)
    if refund.state is not RefundState.PENDING or refund.way is not RefundWay.AS_PAID:
        return refund.state
    payment = payments_known.payment(refund.payment_id)
    if payment.method is not Method.ONLINE or payment.provider_ref is None:
        settle_refund(refund_id=refund_id, now=now)
        return RefundState.SETTLED
    request = RefundRequest(refund.public_id, payment.provider_ref, refund.amount)
    try:
        # What was refused once may have gone all the same: then a second try would be a second
        # refund.
        if refund.again_of_id is not None and _has_gone(refund, payment):
            settle_refund(refund_id=refund_id, now=now)
            return RefundState.SETTLED
        answer = gateways.of(payment.provider).refund(request)
    except ProviderRefused as refusal:
        return _after_refusal(refund, payment, refusal, now)
    except ShopError as unclear:
        log.warning("refund unclear", refund=refund_id, code=unclear.code)
        return RefundState.PENDING
    return take_refund_answer(refund_id=refund_id, answer=answer, now=now)


def _has_gone(refund: RefundFacts, payment: PaymentFacts) -> bool:
    """Say whether the provider has refunded so much in all that this refund must be among it."""
    said = gateways.of(payment.provider).look_up(payment.provider_ref or "")
    before = payments_known.refunded_by_provider(payment.id)
    return said.refunded.minor >= before.minor + refund.amount.minor


def _after_refusal(
    refund: RefundFacts, payment: PaymentFacts, refusal: ProviderRefused, now: datetime
) -> RefundState:
    """Say what a refusal means: a first try may have worked although its answer was lost.

    A provider forgets our keys after a day and then says "refunded already"; what it has refunded
    in all tells whether this one is among it.
    """
    try:
        has_gone = _has_gone(refund, payment)
    except ShopError as unclear:
        log.warning("refund unclear", refund=refund.id, code=unclear.code)
        return RefundState.PENDING
    if has_gone:
        settle_refund(refund_id=refund.id, now=now)
        return RefundState.SETTLED
    reason = str(refusal.details.get("reason", refusal.code))
    refuse_refund(refund_id=refund.id, reason=reason, now=now)
    return RefundState.FAILED


def take_refund_answer(*, refund_id: int, answer: ProviderRefund, now: datetime) -> RefundState:
    """Apply what the provider says about a refund, from its answer or when asked again; repeats.

    Returns where the refund stands now.
    """
    if answer.state is RefundState.SETTLED:
        settle_refund(refund_id=refund_id, provider_ref=answer.provider_ref, now=now)
    elif answer.state is RefundState.FAILED:
        refuse_refund(refund_id=refund_id, reason=answer.failure_code, now=now)
    return answer.state


@transactional
def refuse_refund(*, refund_id: int, reason: str, now: datetime) -> bool:
    """Write down that a refund's money could not go back; True only the first time.

    Also when it had gone and its bank sent it back days later: then it lies with us again, owed.
    From here on it waits for a person: ``try_again`` or ``offer_cash``.

    reason    the provider's short code. Raises RefundNotFound.
    """
    refund = payments_known.refund(refund_id)
    orders.lock(order_id=refund.order_id)
    if payments.take_refund_back(refund_id=refund_id, reason=reason, now=now):
        _book_came_back(refund, now=now)
    elif not payments.fail_refund(refund_id=refund_id, reason=reason, now=now):
        return False
    events.record(
        RefundRefused(refund.order_id, refund_id),
        actor=SYSTEM,
        station_id=refund.station_id,
        now=now,
    )
    return True


def try_again(*, refund_public_id: str, actor: Actor, now: datetime) -> RefundAsked:
    """Send a refused refund again, under a name of its own; safe to repeat.

    The provider is first asked what it has refunded in all, so that nothing goes back twice.

    Raises RefundNotFound, OutOfReach, Forbidden without ``payments.refund``, RefundNotRefused,
    RefundTakenUp, RefundTooLarge. Source: trust.md L6.
    """
    opened = _take_up(refund_public_id, RefundWay.AS_PAID, actor, now)
    send_refund(refund_id=opened, now=now)
    return _asked(opened)


def offer_cash(*, refund_public_id: str, actor: Actor, now: datetime) -> RefundAsked:
    """Have the money of a refused refund wait at the counter; somebody else counts it out.

    Safe to repeat. The buyer is told.

    Raises RefundNotFound, OutOfReach, Forbidden without ``payments.refund``, RefundNotRefused,
    RefundTakenUp, RefundTooLarge. Source: domain.md 14.7 (two people), 14.8 (cash and bank equal).
    """
    return _asked(_take_up(refund_public_id, RefundWay.CASH, actor, now))


@transactional
def _take_up(public_id: str, way: RefundWay, actor: Actor, now: datetime) -> int:
    refused = _within_reach(public_id, Permission.REFUND, actor)
    orders.lock(order_id=refused.order_id)
    opened = payments.try_refund_again(refund_id=refused.id, way=way, actor=actor, now=now)
    if opened.is_new:
        kind = CashOffered if way is RefundWay.CASH else RefundTriedAgain
        events.record(
            kind(refused.order_id, opened.id), actor=actor, station_id=refused.station_id, now=now
        )
    return opened.id


def _within_reach(public_id: str, permission: Permission, actor: Actor) -> RefundFacts:
    refund = payments_known.refund_by_public_id(public_id)
    if refund is None:
        raise payments.RefundNotFound(refund=public_id)
    actor.require(permission, at=stations.path_of(refund.station_id))
    return refund


def _asked(refund_id: int) -> RefundAsked:
    refund = payments_known.refund(refund_id)
    return RefundAsked(refund.id, refund.public_id, refund.amount, refund.state)


@transactional
def give_by_hand(*, refund_public_id: str, proof: str, actor: Actor, now: datetime) -> bool:
    """Count a refund out to its buyer or send it to her account; True only the first time.

    The second person does it: never who had it put ready.

    proof    the number of the receipt that the buyer signed, or the bank's number of the transfer.

    The channel keeps its fee, because nothing goes back through it.

    Raises RefundNotFound, OutOfReach, Forbidden without ``payments.take_money``, NoCashWaits,
    ProofMissing, TwoPeople. Source: domain.md 14.7.
    """
    refund = _within_reach(refund_public_id, Permission.TAKE_MONEY, actor)
    orders.lock(order_id=refund.order_id)
    if not payments.hand_refund_over(refund_id=refund.id, proof=proof, actor=actor, now=now):
        return False
    _book_settled(refund, fee=Money(0), actor=actor, now=now)
    return True


@transactional
def end_cash_offer(*, refund_public_id: str, actor: Actor, now: datetime) -> bool:
    """Take money that waits back, so that the refund can go another way.

    True only the first time. Raises RefundNotFound, OutOfReach, Forbidden without
    ``payments.refund``, NoCashWaits when it was counted out or never waited.
    """
    refund = _within_reach(refund_public_id, Permission.REFUND, actor)
    orders.lock(order_id=refund.order_id)
    refund = payments_known.refund(refund.id)
    if refund.way not in BY_HAND or refund.state is RefundState.SETTLED:
        raise NoCashWaits(state=refund.state.value)
    if not payments.fail_refund(refund_id=refund.id, reason=OFFER_ENDED, now=now):
        return False
    events.record(
        CashOfferEnded(refund.order_id, refund.id),
        actor=actor,
        station_id=refund.station_id,
        now=now,
    )
    return True


@transactional
def settle_lost(*, refund_id: int, now: datetime) -> bool:
    """Write down what a bank decided to keep of a payment; True only the first time.

    The channel keeps its fee. Source: domain.md 4; trust.md L3.
    """
    refund = payments_known.refund(refund_id)
    if not payments.settle_refund(refund_id=refund_id, now=now):
        return False
    _book_settled(refund, fee=Money(0), actor=SYSTEM, now=now)
    return True


@transactional
def settle_refund(*, refund_id: int, provider_ref: str = "", now: datetime) -> bool:
    """Write down that the money of a refund has gone back: payment, order, shares, books.

    True only the first time. Source: domain.md 5 E5, E7; trust.md P4, L3, L4.
    """
    refund = payments_known.refund(refund_id)
    orders.lock(order_id=refund.order_id)
    fee = fee_back(payments_known.payment(refund.payment_id), refund.amount)
    if not payments.settle_refund(refund_id=refund_id, provider_ref=provider_ref, now=now):
        return False
    _book_settled(refund, fee=fee, actor=SYSTEM, now=now)
    return True


def _book_settled(refund: RefundFacts, *, fee: Money, actor: Actor, now: datetime) -> None:
    """Book a refund whose money has gone; ``fee`` is what the channel gives back of its own."""
    order = orders_known.order(refund.order_id)
    payment = payments_known.payment(refund.payment_id)
    tries = payments_known.tries_before(refund)
    came_back = next((one for one in tries if one.settled_at is not None), None)
    out_of = OUT_OF.get(refund.way) or money_lies(payment, order)
    if came_back is not None:
        lines = refund_lines(_owed_since(came_back), fee_back=fee, out_of=out_of)
    elif refund.cause in NEVER_AN_ORDER:
        lines = _late_money_back(refund, payment, order, fee)
    else:
        given = _give_up(refund, tries[-1] if tries else refund, order, now=now)
        lines = refund_lines(given, fee_back=fee, out_of=out_of)
    ledger.post(
        kind=REFUND,
        source=f"{REFUND}:{refund.id}",
        station_id=order.parts[0].station_id,
        lines=lines,
        happened_at=now,
        actor=actor,
        now=now,
    )
    events.record(
        RefundSettled(order.id, refund.id),
        actor=actor,
        station_id=order.parts[0].station_id,
        now=now,
    )


def _book_came_back(refund: RefundFacts, *, now: datetime) -> None:
    """Book money that a bank sent back: it lies with us again, and we owe it as a prepayment."""
    has_come = is_channel_settled(refund.payment_id)
    lines: list[Line] = []
    for entry in books.entries_of(f"{REFUND}:{refund.id}"):
        if entry.kind != REFUND:
            continue
        for line in entry.lines:
            kind = kind_of(line.account_key)
            if kind not in {AccountKind.CLEARING, AccountKind.BANK, AccountKind.FEE}:
                continue
            workshop_id = int(line.account_key.rpartition(":")[2])
            if kind is AccountKind.CLEARING and has_come:
                kind = AccountKind.BANK
            lines += [
                debit(account(kind, workshop_id), line.amount),
                credit(account(AccountKind.PREPAYMENT, workshop_id), line.amount),
            ]
    ledger.post(
        kind=CAME_BACK,
        source=f"{REFUND}:{refund.id}",
        station_id=refund.station_id,
        lines=lines,
        happened_at=now,
        actor=SYSTEM,
        now=now,
    )


def _owed_since(came_back: RefundFacts) -> list[GivenBack]:
    """Return what each workshop owes since a refund's money came back to it."""
    nothing = Money(0)
    return [
        GivenBack(int(line.account_key.rpartition(":")[2]), nothing, nothing, line.amount, nothing)
        for entry in books.entries_of(f"{REFUND}:{came_back.id}")
        if entry.kind == CAME_BACK
        for line in entry.lines
        if kind_of(line.account_key) is AccountKind.PREPAYMENT
    ]


def _late_money_back(
    refund: RefundFacts, payment: PaymentFacts, order: OrderView, fee: Money
) -> list[Line]:
    came = late_money_lines(
        workshop_id=order.parts[0].workshop_id,
        captured=refund.amount,
        fee=fee,
        into=OUT_OF.get(refund.way) or taken_into(payment.method),
    )
    return [Line(line.account_key, -line.amount) for line in came]


def _give_up(
    refund: RefundFacts, first: RefundFacts, order: OrderView, *, now: datetime
) -> list[GivenBack]:
    """Mark an order's returns as refunded, let consignment shares fall, and say what is given.

    first    the refund's first try, whose name its returns carry.
    """
    returned = orders_known.returns_under(order.id, f"{REFUND}:{first.id}")
    lines = {line.id: line for line in order.lines}
    settled_before = _refunded_before(order.id)
    given: dict[int, GivenBack] = {}
    for one in returned:
        line = lines[one.order_line_id]
        part = order.part_of(line)
        before = settled_before.get(line.id, Money(0))
        sold = LineSold(line.id, line.total, before, share_of(line), funded_of(line))
        falling = share_falling(sold, one.refund)
        if falling and line.maker_id is not None:
            # Under the try that went through, as the books have it; its returns keep the first's.
            key = f"{REFUND}:{refund.id}:{line.id}"
            _reverse_share(order.id, line, falling, one.quantity, source=key, now=now)
        kept = given.get(part.id) or _nothing_from(part)
        kept = replace(kept, funded=kept.funded + funding_falling(sold, one.refund))
        given[part.id] = _with_line(kept, line, one, falling)
    shipping = refund.amount - total([one.refund for one in returned])
    if shipping and not returned and refund.cause is RefundCause.DISPUTE_LOST:
        return _without_lines(order, shipping)
    given = _with_shipping(given, order, shipping)
    orders.mark_refunded(order_ids=[order.id], return_keys=[one.key for one in returned], now=now)
    return list(given.values())


def _without_lines(order: OrderView, amount: Money) -> list[GivenBack]:
    """Return a sum that no lines explain as given by each workshop in proportion to its part."""
    nothing = Money(0)
    shared = amount.share_out([(part.goods + part.shipping).minor for part in order.parts])
    return [
        GivenBack(part.workshop_id, own, nothing, nothing, nothing)
        for part, own in zip(order.parts, shared, strict=True)
    ]


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
        key=source,
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
    return replace(
        given,
        goods=given.goods + (back.refund if is_goods else nothing),
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
        given[part.id] = replace(kept, shipping=own)
    return given


def taken_into(method: Method) -> AccountKind:
    """Return where money lies that was paid in a way, before a channel pays it out."""
    return TAKEN_INTO.get(method, AccountKind.CASH)


def money_lies(payment: PaymentFacts, order: OrderView) -> AccountKind:
    """Return where the money of an order lies: what its sale was booked into, or the bank."""
    if is_channel_settled(payment.id):
        return AccountKind.BANK
    for entry in books.entries_of(f"order:{order.id}"):
        for line in entry.lines:
            kind = kind_of(line.account_key)
            if kind in {AccountKind.CLEARING, AccountKind.CASH, AccountKind.BANK}:
                return kind
    return AccountKind.BANK


def fee_sources(dispute_id: int) -> list[str]:
    """Return under which sources a dispute's fees are booked, and last the next one to use."""
    sources = [f"dispute-fee:{dispute_id}:1"]
    while books.entries_of(sources[-1]):
        sources.append(f"dispute-fee:{dispute_id}:{len(sources) + 1}")
    return sources


@transactional
def settle_channel(*, payment_id: int, actor: Actor, now: datetime) -> None:
    """Write down that the channel has paid an order's money to our bank; safe to repeat.

    From now on the channel keeps its fee when money goes back. Source: domain.md 4, 5 E4, E5.

    Raises PaymentNotFound, OutOfReach, Forbidden, Conflict when no money lies in the channel.
    """
    payment = payments_known.payment(payment_id)
    actor.require(Permission.TAKE_MONEY, at=stations.path_of(payment.station_id))
    if is_channel_settled(payment_id):
        return
    sources = [f"order:{payment.order_id}"]
    sources += [f"{REFUND}:{refund.id}" for refund in payments_known.refunds_of(payment_id)]
    for one in payments_known.disputes_of_payment(payment_id):
        sources += [f"{DISPUTE}:{one.id}", *fee_sources(one.id)[:-1]]
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
