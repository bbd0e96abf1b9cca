"""Selling: from a cart to a paid order. Read top to bottom it is the policy.

Goods and seats are held for 15 minutes while the buyer pays. What a provider says is asked of the
provider and applied from facts, so that events may come twice, late or never.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from shop.bookings import services as bookings
from shop.bookings.rules import Party
from shop.catalog import services as catalog
from shop.coupons import services as coupons
from shop.earnings import services as earnings
from shop.earnings.rules import EarningKind, share_facts
from shop.earnings.services import NewEarning
from shop.invoices import services as invoices
from shop.invoices.rules import InvoiceWish
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.db import transaction, transactional
from shop.kernel.divisions import province_in
from shop.kernel.errors import Conflict, InvalidInput, ShopError
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind
from shop.orders import carts
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.events import MoneyGoesBack, NoReturnAgreed
from shop.orders.queries import OrderView, Standing
from shop.orders.rules import (
    HOLD,
    MOST_GIFT_WORDS,
    Contact,
    Handover,
    LineKind,
    OrderSource,
    OrderState,
    content_digest,
)
from shop.orders.services import NewOrder, NewPart, OpenedOrder, OrderNotOpen
from shop.payments import gateway as gateways
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments import transfers
from shop.payments.events import ProviderEventReceived
from shop.payments.gateway import PaymentRequest, ProviderPayment
from shop.payments.queries import PaymentFacts, ProviderEventFacts
from shop.payments.rules import (
    EventState,
    Method,
    PaymentState,
    RefundBearer,
    RefundCause,
    payment_fee,
)
from shop.payments.transfers import TRANSFER_TIME
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows import disputing, giving_back
from shop.workflows.giving_back import LATE_MONEY, share_key, share_of, share_owner
from shop.workflows.quoting import Problem, Quote, QuotedLine, QuotedPart, quote
from shop.workflows.rules import Takings, late_money_lines, sale_lines

log = structlog.get_logger(__name__)

SALE = "sale"
WAITS_FOR = "return_window"
# A provider's page must stay open half an hour at least; counted from the opening of the payment,
# so that a call repeated within the hold is the same call.
PAGE_OPEN = HOLD + timedelta(minutes=31)
ASK_AGAIN_AFTER = timedelta(minutes=1)
SHORTEST_PHONE = 7


class CartEmpty(InvalidInput):
    """There is nothing to order."""

    code = "selling.cart_empty"


class PhoneMissing(InvalidInput):
    """A phone number is how we know a buyer; without one nobody can follow the order."""

    code = "selling.phone_missing"


class AddressMissing(InvalidInput):
    """A parcel needs a name and an address."""

    code = "selling.address_missing"


class NotSentThere(Conflict):
    """A workshop in the cart sends nothing to this place; ``workshop`` says which."""

    code = "selling.not_sent_there"


class GiftWordsTooLong(InvalidInput):
    """A card has room for so many characters; ``most``."""

    code = "selling.gift_words_too_long"


class PriceChanged(Conflict):
    """The sum is not the one the buyer agreed to; ``agreed`` and ``now`` say both."""

    code = "selling.price_changed"


class NotForSale(Conflict):
    """Something in the cart is not on sale any more; ``title`` says what."""

    code = "selling.not_for_sale"


class SoldOut(Conflict):
    """Fewer pieces are left than the cart wishes; ``title``, ``wanted``, ``available``."""

    code = "selling.sold_out"


class WishChanged(Conflict):
    """What was to be woven in is no longer offered like this; ``title`` says for what."""

    code = "selling.wish_changed"


class SessionFull(Conflict):
    """Fewer seats are left than the party needs; ``title`` and ``available``."""

    code = "selling.session_full"


class SessionClosed(Conflict):
    """A session in the cart cannot be booked any more; ``title`` says which."""

    code = "selling.session_closed"


class PartyRefused(InvalidInput):
    """Children come with a grown-up, and a booking is for somebody; ``title`` says where."""

    code = "selling.party_refused"


class ConsentMissing(InvalidInput):
    """What is made to the buyer's wish cannot come back; she has to agree to that first."""

    code = "selling.consent_missing"


class PickUpImpossible(Conflict):
    """Not every workshop in the cart hands over at its own counter, or money cannot wait."""

    code = "selling.pick_up_impossible"


class SellerMissing(Conflict):
    """A workshop in the cart has no seller of record."""

    code = "selling.seller_missing"


class AmountDiffers(Conflict):
    """Another sum was captured than was asked; a person must look."""

    code = "selling.amount_differs"


class NotPaidHere(Conflict):
    """This order's money does not come over the counter."""

    code = "selling.not_paid_here"


class NotFirstOrder(Conflict):
    """The coupon is for a first order, and another one of this telephone stands."""

    code = "selling.not_first_order"


class _NothingLeft(ShopError):
    """Money came, but its goods, its seats or its order are gone; the caller sends it back."""

    code = "selling.nothing_left"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What a buyer is shown after placing an order; ``code`` is hers to follow it with."""

    order_id: int
    number: str
    code: str
    payment_public_id: str
    is_new: bool
    locale: str = "zh_Hans"


def place_order(
    *,
    cart_token: str,
    contact: Contact,
    method: Method,
    expected_total: Money,
    key: str,
    now: datetime,
    handover: Handover = Handover.SHIP,
    no_return_agreed: Mapping[int, str] | None = None,
    locale: str = "zh_Hans",
    network: str = "",
    invoice: InvoiceWish | None = None,
    quoted: Quote | None = None,
    actor: Actor,
) -> PlacedOrder:
    """Make a contract of a cart, hold its goods and seats for 15 minutes, and ask for its money.

    method               ONLINE, or PAY_ON_PICK_UP: then the order stands at once by its terms; or
                         BANK_TRANSFER for goods: then they are held for three days.
    expected_total       what the buyer saw and agreed to; any other sum now is refused.
    handover             how she wants the goods; seats are attended in any case.
    no_return_agreed     her own ticks that what is made for her cannot come back: by cart line
                         the words she ticked, kept with the order's line.
    key                  of the form; the same key with the same content gives the first answer.
    network              a digest of the network address it comes from; see ``orders.open``.
    invoice              in whose name each workshop shall write one, or None.
    quoted               what the caller has just read of this cart; used when it was asked for the
                         same buyer, way and place at this very instant.

    All or nothing; one part per workshop and way, each with its own promised day.

    Raises CartEmpty, PhoneMissing, AddressMissing, GiftWordsTooLong, PriceChanged, NotForSale,
    SoldOut, SessionFull, SessionClosed, PartyRefused, ConsentMissing, PickUpImpossible,
    SellerMissing, NotSentThere, KeyReused, ProviderNotConnected, TooManyUnpaid,
    TooManyUnpaidNearby, TitleMissing, TaxNumberWrong.
    Source: house-style 6; trust.md P1, P5, S3, S4, threat 11; features.md 30-42.
    """
    agreed = dict(no_return_agreed or {})
    asked = content_digest(
        {
            "cart": cart_token,
            "contact": [
                contact.phone,
                contact.name,
                contact.region,
                contact.address,
                contact.place_code,
                contact.note,
                contact.gift_words if contact.is_gift else None,
                *([contact.email, contact.told_by] if contact.email else []),
            ],
            "method": method.value,
            "handover": handover.value,
            "total": [expected_total.minor, expected_total.currency],
            "no_return_agreed": sorted(agreed),
            "invoice": [invoice.kind, invoice.title, invoice.tax_number] if invoice else None,
        }
    )
    wanted = (cart_token, handover, place_of(contact), contact.phone, now)
    try:
        if quoted is None or quoted.asked != wanted:
            quoted = quote(
                cart_token, handover=handover, to=place_of(contact), buyer=contact.phone, now=now
            )
        _refuse_contact(contact, quoted, handover)
        _refuse_quote(quoted, expected_total, agreed)
        _refuse_terms(quoted, method, handover)
        placed = _place(
            quoted,
            agreed=agreed,
            cart_token=cart_token,
            contact=contact,
            method=method if quoted.total else Method.FREE,
            key=key,
            digest=asked,
            locale=locale,
            network=network,
            invoice=invoice,
            actor=actor,
            now=now,
        )
    except ShopError:
        # The same form may have come twice, even at once: then the cart is empty or the goods are
        # gone because the other one has them, and its answer is the answer.
        with transaction():
            known = orders.opened_before(key=key, digest=asked)
        if known is None:
            raise
        return _answer(known)
    if not quoted.total:
        payment = payments_known.payment_by_public_id(placed.payment_public_id)
        if payment is not None:
            confirm_payment(payment_id=payment.id, captured=Money(0), fee=Money(0), now=now)
    return placed


def place_of(contact: Contact) -> str:
    """Return the code of the place an order goes to; empty when its words name none we know."""
    return contact.place_code or province_in(contact.region)


def _answer(known: OpenedOrder) -> PlacedOrder:
    payment = payments_known.payment_of_order(known.id)
    return PlacedOrder(
        order_id=known.id,
        number=known.number,
        code=known.code,
        payment_public_id="" if payment is None else payment.public_id,
        is_new=False,
    )


def _refuse_contact(contact: Contact, quoted: Quote, handover: Handover) -> None:
    if sum(sign.isdecimal() for sign in contact.phone) < SHORTEST_PHONE:
        raise PhoneMissing
    is_parcel = quoted.has_goods and handover is Handover.SHIP
    if is_parcel and not (contact.name.strip() and contact.address.strip()):
        raise AddressMissing
    if len(contact.gift_words) > MOST_GIFT_WORDS:
        raise GiftWordsTooLong(most=MOST_GIFT_WORDS)


def _refuse_quote(quoted: Quote, expected_total: Money, agreed: Mapping[int, str]) -> None:
    if not quoted.parts:
        raise CartEmpty
    for line in quoted.lines:
        _refuse_line(line)
    for part in quoted.parts:
        if not part.workshop.seller_name.strip():
            raise SellerMissing(workshop=part.workshop.name)
        if part.is_out_of_reach:
            raise NotSentThere(workshop=part.workshop.name)
    if quoted.total != expected_total:
        raise PriceChanged(agreed=expected_total, now=quoted.total)
    for line in quoted.to_confirm:
        if not agreed.get(line.cart_line_id):
            raise ConsentMissing(title=line.title, line=line.cart_line_id)


def _refuse_line(line: QuotedLine) -> None:
    match line.problem:
        case None:
            return
        case Problem.NOT_FOR_SALE:
            raise NotForSale(title=line.title, line=line.cart_line_id)
        case Problem.OUT_OF_STOCK:
            raise SoldOut(
                title=line.title,
                line=line.cart_line_id,
                wanted=line.quantity,
                available=line.available or 0,
            )
        case Problem.WISH_REFUSED:
            raise WishChanged(title=line.title, line=line.cart_line_id)
        case Problem.SEATS_GONE:
            raise SessionFull(
                title=line.title, line=line.cart_line_id, available=line.available or 0
            )
        case Problem.NOT_BOOKABLE:
            raise SessionClosed(title=line.title, line=line.cart_line_id)
        case Problem.CHILDREN_ALONE | Problem.NOBODY_COMES:
            raise PartyRefused(title=line.title, line=line.cart_line_id)


def _refuse_terms(quoted: Quote, method: Method, handover: Handover) -> None:
    by_transfer = method is Method.BANK_TRANSFER and may_be_transferred(quoted)
    if not by_transfer and method not in {Method.ONLINE, Method.PAY_ON_PICK_UP}:
        raise NotPaidHere(method=method.value)
    if handover is Handover.ATTEND:
        raise PickUpImpossible
    if handover is Handover.PICK_UP and quoted.has_goods and not quoted.may_be_picked_up:
        raise PickUpImpossible
    if method is Method.PAY_ON_PICK_UP and not (
        handover is Handover.PICK_UP and quoted.may_be_paid_on_pick_up
    ):
        raise PickUpImpossible


def may_be_transferred(quoted: Quote) -> bool:
    """Say whether a cart can be paid by bank transfer: nobody keeps seats for days without money.

    And whether the house has named an account at all.
    """
    is_goods = all(line.new.session_id is None for line in quoted.lines)
    return is_goods and transfers.our_account() is not None


@transactional
def _place(
    quoted: Quote,
    *,
    agreed: Mapping[int, str],
    cart_token: str,
    contact: Contact,
    method: Method,
    key: str,
    digest: str,
    locale: str,
    network: str,
    invoice: InvoiceWish | None,
    actor: Actor,
    now: datetime,
) -> PlacedOrder:
    is_on_terms = method is Method.PAY_ON_PICK_UP
    provider = gateways.current().provider if method is Method.ONLINE else ""
    hold = TRANSFER_TIME if method is Method.BANK_TRANSFER else HOLD
    opened = orders.open(
        order=NewOrder(
            key=key,
            digest=digest,
            source=OrderSource.WEB,
            parts=[_as_new(part, agreed) for part in quoted.parts],
            contact=contact,
            network=network,
            locale=locale,
            expires_at=None if is_on_terms else now + hold,
            is_demo=provider == "demo",
        ),
        actor=actor,
        now=now,
    )
    if not opened.is_new:
        return _answer(opened)
    station_id = quoted.parts[0].workshop.station_id
    owner = f"order:{opened.id}"
    _use_coupon(quoted, opened.id, contact.phone, now)
    payment = payments.open(
        order_id=opened.id,
        station_id=station_id,
        amount=quoted.total,
        method=method,
        provider=provider,
        key=owner,
        now=now,
    )
    if quoted.to_confirm:
        events.record(NoReturnAgreed(opened.id), actor=actor, station_id=station_id, now=now)
    if invoice is not None:
        workshops = {part.workshop.id: part.workshop.station_id for part in quoted.parts}
        invoices.ask(order_id=opened.id, wish=invoice, workshops=workshops, now=now)
    if quoted.code:
        carts.note_coupon(token=cart_token, code="", now=now)
    if not carts.empty_cart(token=cart_token):
        raise CartEmpty  # another form has ordered what lay in it
    # Last, so that the rows of scarce things stay locked as shortly as possible.
    _hold(quoted.lines, owner, hold=hold, now=now)
    if is_on_terms:
        stock.allocate(owner=owner, now=now)
    return PlacedOrder(
        order_id=opened.id,
        number=opened.number,
        code=opened.code,
        payment_public_id=payment.public_id,
        is_new=True,
        locale=locale,
    )


def _use_coupon(quoted: Quote, order_id: int, phone: str, now: datetime) -> None:
    if quoted.coupon is None:
        return
    # Two first orders of one telephone have taken turns in ``orders.open``.
    if quoted.coupon.coupon.terms.is_first_order and orders_known.has_ordered(phone, but=order_id):
        raise NotFirstOrder
    coupons.use(
        coupon_id=quoted.coupon.coupon.id,
        order_id=order_id,
        amount=quoted.coupon.off,
        buyer=phone,
        now=now,
    )


def _as_new(part: QuotedPart, agreed: Mapping[int, str]) -> NewPart:
    """Return a part as its order freezes it: wishes counted apart, confirmations beside them."""
    return replace(
        part.as_new(),
        lines=tuple(
            replace(
                line.new,
                variant_id=catalog.to_wish_of(variant_id=line.new.variant_id)
                if line.wish and line.new.variant_id is not None
                else line.new.variant_id,
                agreed_words="" if line.may_come_back else agreed[line.cart_line_id],
            )
            for line in part.lines
        ),
    )


def _hold(lines: Sequence[QuotedLine], owner: str, *, hold: timedelta, now: datetime) -> None:
    titles = {line.new.variant_id: line for line in lines if line.new.variant_id is not None}
    try:
        stock.reserve(
            owner=owner,
            items=[
                Quantity(line.new.variant_id, line.quantity, line.station_id)
                for line in lines
                if line.new.variant_id is not None and not line.is_made_first
            ],
            now=now,
            expires_at=now + hold,
        )
    except stock.OutOfStock as refusal:
        line = titles[int(str(refusal.details["variant_id"]))]
        raise SoldOut(
            title=line.title,
            line=line.cart_line_id,
            wanted=line.quantity,
            available=refusal.details["available"],
        ) from refusal
    seats = [line for line in lines if line.new.session_id is not None]
    for line in sorted(seats, key=lambda one: one.new.session_id or 0):
        try:
            bookings.hold(
                owner=owner,
                session_id=line.new.session_id or 0,
                party=line.party or Party(),
                now=now,
                expires_at=now + hold,
            )
        except bookings.SeatsGone as refusal:
            raise SessionFull(
                title=line.title,
                line=line.cart_line_id,
                available=refusal.details["available"],
            ) from refusal


def start_payment(
    *,
    payment_public_id: str,
    success_url: str,
    cancel_url: str,
    placed: PlacedOrder | None = None,
    now: datetime,
) -> str:
    """Return the address at which the buyer pays; safe to repeat while her goods are held.

    success_url, cancel_url    absolute; neither proves anything by being visited.
    placed                     the order when it was placed a moment ago, so that nobody has to
                               look how it stands.

    A payment that failed gets a successor. Speaks to the provider, outside any transaction.

    Raises PaymentNotFound, OrderNotOpen when the time is over, and what the gateway raises.
    """
    payment = payments_known.payment_by_public_id(payment_public_id)
    if payment is None:
        raise payments.PaymentNotFound(payment=payment_public_id)
    order = (
        Standing(placed.number, OrderState.PLACED, now + HOLD, placed.locale)
        if placed is not None and placed.is_new and placed.order_id == payment.order_id
        else orders_known.standing(payment.order_id)
    )
    if order.is_confirmed:
        return success_url
    if order.state is not OrderState.PLACED or (order.expires_at and order.expires_at <= now):
        raise OrderNotOpen(state=order.state.value)
    if payment.state in {PaymentState.FAILED, PaymentState.CANCELLED}:
        payment = _try_again(payment, now)
    if payment.redirect_url:
        return payment.redirect_url
    started = gateways.of(payment.provider).start(
        PaymentRequest(
            payment_public_id=payment.public_id,
            amount=payment.amount,
            title=f"灯梁 Dengliang {order.number}",
            success_url=success_url,
            cancel_url=cancel_url,
            locale="en" if order.locale.startswith("en") else "zh",
            expires_at=payment.opened_at + PAGE_OPEN,
        )
    )
    payments.mark_started(
        payment_id=payment.id,
        provider_ref=started.provider_ref,
        redirect_url=started.redirect_url,
        now=now,
    )
    return started.redirect_url


def _try_again(failed: PaymentFacts, now: datetime) -> PaymentFacts:
    """Return the latest payment of the order, opening one when all before have ended."""
    tries = payments_known.payments_of_order(failed.order_id)
    if tries[-1].state not in {PaymentState.FAILED, PaymentState.CANCELLED}:
        return tries[-1]
    opened = payments.open(
        order_id=failed.order_id,
        station_id=failed.station_id,
        amount=failed.amount,
        method=failed.method,
        provider=gateways.current().provider,
        key=f"order:{failed.order_id}:{len(tries) + 1}",
        now=now,
    )
    return payments_known.payment(opened.id)


def confirm_payment(
    *,
    payment_id: int,
    captured: Money,
    fee: Money,
    provider_ref: str | None = None,
    actor: Actor = SYSTEM,
    together: Callable[[], object] | None = None,
    now: datetime,
) -> bool:
    """Take in money that is ours: the order stands, or the money goes back at once.

    One transaction: the payment is settled, the order paid, goods and seats are kept for good, the
    books written, consignment shares credited as waiting. When its time was over and something
    is gone meanwhile, no order is confirmed and the money is sent back, once.

    captured    what the buyer paid; ``fee`` what the channel keeps of it.
    together    what else is written in the same transaction as the money.

    Safe to repeat: True only the first time. Raises PaymentNotFound, AmountDiffers.
    Source: house-style 5; domain.md 5 E4, E12; trust.md P2, P3, S6.
    """
    money = _Money(payment_id, captured, fee, provider_ref, actor, together)
    try:
        return _confirm(money, now)
    except _NothingLeft as gone:
        cause = RefundCause(str(gone.details["cause"]))
    refund_id = _keep_for_going_back(money, cause, now)
    if refund_id is None:
        return False
    giving_back.send_refund(refund_id=refund_id, now=now)
    return True


@dataclass(frozen=True, slots=True)
class _Money:
    """What was taken for one payment, as a provider or a person says."""

    payment_id: int
    captured: Money
    fee: Money
    provider_ref: str | None
    actor: Actor
    together: Callable[[], object] | None

    def settle(self, now: datetime) -> bool:
        if self.together is not None:
            self.together()
        return payments.settle(
            payment_id=self.payment_id,
            captured=self.captured,
            fee=self.fee,
            provider_ref=self.provider_ref,
            now=now,
        )


@transactional
def _confirm(money: _Money, now: datetime) -> bool:
    payment = payments_known.payment(money.payment_id)
    if money.captured != payment.amount:
        raise AmountDiffers(asked=payment.amount, captured=money.captured)
    orders.lock(order_id=payment.order_id)
    if not money.settle(now):
        return False
    order = orders_known.order(payment.order_id)
    owner = f"order:{order.id}"
    try:
        is_first = orders.mark_paid(order_id=order.id, payment_id=payment.id, now=now)
    except OrderNotOpen as over:
        raise _NothingLeft(cause=RefundCause.LATE_PAYMENT.value) from over
    if not is_first:
        raise _NothingLeft(cause=RefundCause.OVERPAID.value)
    if order.discount and not coupons.take_again(order_id=order.id):
        raise _NothingLeft(cause=RefundCause.LATE_PAYMENT.value)
    if not (stock.allocate(owner=owner, now=now) and bookings.confirm(owner=owner, now=now)):
        raise _NothingLeft(cause=RefundCause.LATE_PAYMENT.value)
    into = giving_back.taken_into(payment.method)
    _book_sale(order, into=into, fee=money.fee, actor=money.actor, now=now)
    return True


@transactional
def _keep_for_going_back(money: _Money, cause: RefundCause, now: datetime) -> int | None:
    """Settle a payment whose order cannot stand, and open the refund of all of it."""
    payment = payments_known.payment(money.payment_id)
    orders.lock(order_id=payment.order_id)
    if not money.settle(now):
        return None
    order = orders_known.order(payment.order_id)
    if order.state is OrderState.PLACED:
        orders.cancel(order_id=order.id, actor=SYSTEM, now=now)
        coupons.give_back(order_id=order.id, now=now)
        stock.release(owner=f"order:{order.id}", now=now)
        bookings.release(owner=f"order:{order.id}", is_expired=True, now=now)
    ledger.post(
        kind=LATE_MONEY,
        source=f"payment:{payment.id}",
        station_id=payment.station_id,
        lines=late_money_lines(
            workshop_id=order.parts[0].workshop_id,
            captured=money.captured,
            fee=money.fee,
            into=giving_back.taken_into(payment.method),
        ),
        happened_at=now,
        actor=money.actor,
        now=now,
    )
    refund = payments.open_refund(
        payment_id=payment.id,
        amount=money.captured,
        cause=cause,
        bearer=RefundBearer.COOP,
        key=f"going_back:{payment.id}",
        now=now,
    )
    events.record(
        MoneyGoesBack(order.id, refund.id),
        actor=SYSTEM,
        station_id=payment.station_id,
        now=now,
    )
    return refund.id


def _book_sale(
    order: OrderView, *, into: AccountKind, fee: Money, actor: Actor, now: datetime
) -> None:
    """Book what the buyer paid, workshop by workshop, and credit consignment shares as waiting.

    Source: domain.md 5 E4 (paid), E12 (booked), 4 (consignment share).
    """
    ledger_lines = sale_lines(takings_of(order), fee=fee, into=into)
    if not any(line.amount for line in ledger_lines):
        return
    ledger.post(
        kind=SALE,
        source=f"order:{order.id}",
        station_id=order.parts[0].station_id,
        lines=ledger_lines,
        happened_at=now,
        actor=actor,
        now=now,
    )
    earnings.credit_many(earnings=_shares(order, now), now=now)


def takings_of(order: OrderView) -> list[Takings]:
    """Return what each workshop takes with an order, in the order of its parts."""
    nothing = Money(0)
    taken: dict[int, Takings] = {}
    for part in order.parts:
        before = taken.get(part.workshop_id, Takings(part.workshop_id, nothing, nothing, nothing))
        goods, seats, shares = before.goods, before.seats, before.shares
        funded = before.funded
        for line in part.lines:
            if line.kind is LineKind.EXPERIENCE:
                seats += line.total
                continue
            goods += line.total
            funded += giving_back.funded_of(line)
            share = share_of(line)
            if share and line.maker_id is not None:
                shares = (*shares, (line.maker_id, share))
        taken[part.workshop_id] = Takings(
            part.workshop_id, goods, before.shipping + part.shipping, seats, shares, funded
        )
    return list(taken.values())


def _shares(order: OrderView, now: datetime) -> list[NewEarning]:
    return [
        NewEarning(
            key=share_key(order.id, line.id),
            member_id=line.maker_id,
            kind=EarningKind.CONSIGNMENT_SHARE,
            amount=share_of(line),
            facts=share_facts(
                title=line.title,
                title_en=line.title_en,
                quantity=line.quantity,
                price=line.gross,
                percent=line.share_percent,
            ),
            earned_at=now,
            sure_at=None,
            waiting_for=WAITS_FOR,
            owner=share_owner(order.part_of(line)),
        )
        for line in order.lines
        if line.maker_id is not None and line.share_percent is not None and share_of(line)
    ]


def apply_provider_event(event: ProviderEventReceived, *, now: datetime) -> None:
    """Do what follows from one event of a provider; safe to repeat, in any order, late or twice.

    The event only says about what to ask; the provider's own answer is what is applied.

    Raises GatewayUnreachable, so that the delivery is tried again.
    Source: trust.md P3, 1 fact 6.
    """
    told = payments_known.provider_event(event.provider_event_id)
    if told.state is not EventState.RECEIVED:
        return
    result, detail = _applied(told, now)
    payments.finish_event(event_id=told.id, result=result, detail=detail, now=now)


def hear_again(*, event_id: int, now: datetime) -> EventState:
    """Ask the provider anew about an event that a person looks at; return what became of it."""
    told = payments_known.provider_event(event_id)
    if told.state is not EventState.REVIEW:
        return told.state
    result, detail = _applied(told, now)
    if result is not EventState.REVIEW:
        payments.finish_event(event_id=told.id, result=result, detail=detail, now=now)
    return result


def _applied(told: ProviderEventFacts, now: datetime) -> tuple[EventState, str]:
    if told.refund_public_id:
        return _applied_to_refund(told, told.refund_public_id, now)
    payment_public_id = told.payment_public_id
    if told.is_about_dispute:
        # A dispute does not carry our marks; its payment does.
        said = gateways.of(told.provider).look_up_dispute(told.object_ref)
        payment_public_id = said.payment_public_id
    if not payment_public_id:
        return (EventState.REVIEW if told.is_about_money else EventState.IGNORED), "no payment"
    payment = payments_known.payment_by_public_id(payment_public_id)
    if payment is None:
        return EventState.REVIEW, "a payment that is not known here"
    return _applied_to_payment(told, payment, now)


def _applied_to_payment(
    told: ProviderEventFacts, payment: PaymentFacts, now: datetime
) -> tuple[EventState, str]:
    if payment.provider_ref is None and not told.object_ref.startswith("cs_"):
        # The event has overtaken our own note of the provider's name; its session's event follows.
        return EventState.IGNORED, "no name of the payment yet"
    said = gateways.of(told.provider).look_up(payment.provider_ref or told.object_ref)
    try:
        apply_payment_answer(payment=payment, said=said, now=now)
    except (AmountDiffers, payments.CapturedTooMuch, payments.OtherReference) as refusal:
        return EventState.REVIEW, f"{refusal.code}: {refusal.details}"
    return EventState.APPLIED, said.state.value


def _applied_to_refund(
    told: ProviderEventFacts, public_id: str, now: datetime
) -> tuple[EventState, str]:
    refund = payments_known.refund_by_public_id(public_id)
    if refund is None:
        return EventState.REVIEW, "a refund that is not known here"
    answer = gateways.of(told.provider).look_up_refund(told.object_ref)
    if answer.refund_public_id != public_id:
        return EventState.REVIEW, "the event and its refund name each other differently"
    giving_back.take_refund_answer(refund_id=refund.id, answer=answer, now=now)
    return EventState.APPLIED, answer.state.value


def apply_payment_answer(*, payment: PaymentFacts, said: ProviderPayment, now: datetime) -> None:
    """Bring a payment to where its provider says it is; safe to repeat.

    Raises AmountDiffers and what confirm_payment raises.
    """
    match said.state:
        case PaymentState.SUCCEEDED:
            confirm_payment(
                payment_id=payment.id,
                captured=said.captured,
                fee=payment_fee(said.captured) if said.fee is None else said.fee,
                provider_ref=said.provider_ref,
                now=now,
            )
        case PaymentState.PROCESSING:
            payments.mark_processing(payment_id=payment.id, now=now)
        case PaymentState.FAILED:
            payments.fail(payment_id=payment.id, reason=said.failure_code, now=now)
        case PaymentState.CANCELLED:
            payments.cancel(payment_id=payment.id, now=now)
        case PaymentState.OPEN:
            pass
    for dispute in said.disputes:
        disputing.take_dispute(payment_id=payment.id, said=dispute, now=now)


def check_payment(*, payment_public_id: str, now: datetime) -> PaymentFacts:
    """Return a payment as its provider has it now: for the page to which a buyer comes back.

    The return itself proves nothing (trust.md P8); the answer to this question does. When the
    provider does not answer, what is known here is returned.

    Raises PaymentNotFound.
    """
    payment = payments_known.payment_by_public_id(payment_public_id)
    if payment is None:
        raise payments.PaymentNotFound(payment=payment_public_id)
    waits = payment.state in {PaymentState.OPEN, PaymentState.PROCESSING}
    if waits and payment.provider_ref is not None:
        try:
            said = gateways.of(payment.provider).look_up(payment.provider_ref)
            apply_payment_answer(payment=payment, said=said, now=now)
        except ShopError as refusal:
            log.warning("payment unclear", payment=payment.id, code=refusal.code)
    return payments_known.payment(payment.id)


def expire_unpaid(*, now: datetime) -> int:
    """Let orders fall that nobody paid in time, and set free what they held; return how many.

    The provider is asked to close the payment first: a buyer who has just paid keeps her order.
    Safe to repeat and from several workers. Source: domain.md 3, trust.md S3, S6.
    """
    return sum(_expire(order_id, now) for order_id in orders_known.due_to_expire(now=now))


def _expire(order_id: int, now: datetime) -> bool:
    closed, is_paid = _close_pages(order_id, now)
    return False if is_paid else _fall(order_id, closed, now)


def _close_pages(order_id: int, now: datetime) -> tuple[list[int], bool]:
    """Ask providers to take no more money for an order.

    Returns the payments that were never started, and whether money came or is on its way. Where
    the answer is unclear the payment stays open and is asked about again; money that comes after
    all finds its goods or goes back.
    """
    never_started: list[int] = []
    is_paid = False
    for payment in payments_known.payments_of_order(order_id):
        if payment.state not in {PaymentState.OPEN, PaymentState.PROCESSING}:
            continue
        if payment.provider_ref is None:
            never_started.append(payment.id)
            continue
        try:
            said = gateways.of(payment.provider).cancel(payment.provider_ref)
            apply_payment_answer(payment=payment, said=said, now=now)
        except ShopError as refusal:
            log.warning("payment unclear", payment=payment.id, code=refusal.code)
            continue
        is_paid |= said.state in {PaymentState.SUCCEEDED, PaymentState.PROCESSING}
    return never_started, is_paid


@transactional
def _fall(order_id: int, payment_ids: Sequence[int], now: datetime) -> bool:
    if not orders.expire(order_id=order_id, now=now):
        return False
    # Before goods and seats, as when they are taken: so nobody locks another out.
    coupons.give_back(order_id=order_id, now=now)
    stock.release(owner=f"order:{order_id}", now=now)
    bookings.release(owner=f"order:{order_id}", is_expired=True, now=now)
    for payment_id in payment_ids:
        payments.cancel(payment_id=payment_id, now=now)
    return True


def cancel_unpaid(*, order_id: int, actor: Actor, now: datetime) -> bool:
    """End an order that is not paid, because a person says so; True only the first time.

    The page has checked who the buyer is; staff need ``orders.fulfill`` at its first part. Money
    that comes all the same goes back.

    Raises NotFound, OutOfReach, Forbidden, OrderNotOpen when it is paid.
    """
    order = orders_known.order(order_id)
    actor.require(Permission.FULFILL, at=stations.path_of(order.parts[0].station_id))
    with transaction():
        if not orders.cancel(order_id=order_id, actor=actor, now=now):
            return False
        coupons.give_back(order_id=order_id, now=now)
        stock.release(owner=f"order:{order_id}", now=now)
        bookings.release(owner=f"order:{order_id}", now=now)
    for payment_id in _close_pages(order_id, now)[0]:
        payments.cancel(payment_id=payment_id, now=now)
    return True


def reconcile(*, now: datetime) -> int:
    """Ask providers about everything whose answer has not come; return how many were asked.

    An event may be lost: every payment is known here within minutes all the same, and a refund
    whose answer was unclear is asked for again under its own name. Source: trust.md P7.
    """
    asked = 0
    before = now - ASK_AGAIN_AFTER
    for payment in payments_known.unsettled_payments(opened_before=before):
        asked += 1
        try:
            said = gateways.of(payment.provider).look_up(payment.provider_ref or "")
            apply_payment_answer(payment=payment, said=said, now=now)
        except ShopError as refusal:
            log.warning("payment unclear", payment=payment.id, code=refusal.code)
    for refund in payments_known.pending_refunds(opened_before=before):
        asked += 1
        try:
            giving_back.send_refund(refund_id=refund.id, now=now)
        except ShopError as refusal:
            log.warning("refund unclear", refund=refund.id, code=refusal.code)
    return asked


@transactional
def take_money(*, order_id: int, actor: Actor, now: datetime) -> bool:
    """Take the cash of an order that is paid on pick-up; True only the first time.

    The goods are handed over by ``delivering.ship_part``: two facts, often a minute apart.

    Raises NotFound, OutOfReach, Forbidden, NotPaidHere, OrderNotOpen.
    Source: features.md 45, 46; domain.md 5 E14.
    """
    orders.lock(order_id=order_id)
    order = orders_known.order(order_id)
    actor.require(Permission.TAKE_MONEY, at=stations.path_of(order.parts[0].station_id))
    payment = payments_known.payment_of_order(order_id)
    if payment is None or payment.method is not Method.PAY_ON_PICK_UP:
        raise NotPaidHere(method="" if payment is None else payment.method.value)
    if order.state is OrderState.CANCELLED:
        raise OrderNotOpen(state=order.state.value)
    is_first = payments.settle(
        payment_id=payment.id, captured=payment.amount, fee=Money(0), now=now
    )
    if is_first:
        orders.mark_paid(order_id=order_id, payment_id=payment.id, now=now)
        _book_sale(order, into=AccountKind.CASH, fee=Money(0), actor=actor, now=now)
    return is_first
