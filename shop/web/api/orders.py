"""Orders for programs: placed, paid, followed, cancelled and received as on the site."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from msgspec import Meta, Struct

from shop.bookings import queries as bookings
from shop.bookings.queries import BookingView
from shop.bookings.rules import BookingState
from shop.coupons import services as coupons
from shop.invoices.rules import (
    LONGEST_TITLE,
    InvoiceWish,
    TaxNumberWrong,
    TitleKind,
    TitleMissing,
)
from shop.kernel import divisions, links
from shop.kernel.access import SYSTEM, VISITOR
from shop.kernel.clock import ticks
from shop.kernel.errors import Conflict, NotFound
from shop.kernel.money import Money
from shop.kernel.paging import key_of
from shop.orders import parcels
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.queries import LineView, OrderView, PartView
from shop.orders.rules import (
    Contact,
    FulfillmentState,
    Handover,
    OrderState,
    lookup_code,
)
from shop.payments import gateway
from shop.payments import queries as payments
from shop.payments.queries import PaymentFacts, RefundFacts
from shop.payments.rules import Method, PaymentState, RefundCause, RefundState
from shop.payments.services import PaymentNotFound
from shop.programs import queries as programs
from shop.programs import services as programming
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.web import proofs
from shop.web.access import current_actor, now
from shop.web.addresses import absolute
from shop.web.api import rates
from shop.web.api.callers import caller
from shop.web.api.carts import NEEDS, Place, Way, cart_token
from shop.web.api.cursors import cursor, place_in
from shop.web.api.door import CART, KEY, Answer, Header, Keeping, header, operation
from shop.web.api.experiences import Session, session
from shop.web.api.refusals import BadCursor
from shop.web.api.shapes import (
    Cursor,
    Limit,
    Parcel,
    WorkshopRef,
    at_place,
    parcels_of,
    there,
    workshop_ref,
)
from shop.web.buyers import no_return_words
from shop.web.filters import LOCALES, locale_name
from shop.web.limits import network_digest
from shop.web.origin import NobodyKnown
from shop.web.phones import dialled
from shop.web.problems import Amount, amount
from shop.workflows import quoting, refunding, selling
from shop.workflows.rules import AlreadySent, NothingToRefund, TooLateToCancel

TAG = "orders"
TOKEN_PURPOSE = "order shown to programs"  # noqa: S105 - what it is for, not what it says
LONGEST_REGION = 120
TOKEN_LASTS = timedelta(days=180)
ORDER = Header(
    "Order-Token",
    Annotated[str, Meta(max_length=300, pattern="^[A-Za-z0-9._-]+$")],
    "the token of the order, as it was given out; a program that placed the order needs none",
)
OrderNumber = Annotated[str, Meta(max_length=40, pattern="^[A-Z0-9-]+$")]
PartId = Annotated[str, Meta(pattern="^ful_[0-9A-Z]{8}$")]
BookingCode = Annotated[str, Meta(pattern="^[0-9A-Z]{4,12}$")]


NO_NULL = "^[^\\u0000]*$"
PhoneText = Annotated[str, Meta(max_length=40, pattern=NO_NULL)]
NameText = Annotated[str, Meta(max_length=80, pattern=NO_NULL)]
LongText = Annotated[str, Meta(max_length=200, pattern=NO_NULL)]


class StepKind(StrEnum):
    """One step on the way of a part."""

    ORDERED = "ordered"
    PAID = "paid"
    MADE = "made"
    PACKED = "packed"
    SENT = "sent"
    READY = "ready"
    ATTENDED = "attended"
    RECEIVED = "received"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Step(Struct, frozen=True):
    """One step: when it was, or by which day it will be."""

    kind: StepKind
    is_done: bool
    at: datetime | None = None
    by: date | None = None


class OrderLine(Struct, frozen=True):
    """One row of an order, as it was agreed."""

    id: int
    sku: str
    title: str
    title_en: str | None
    quantity: int
    returned: int
    unit_price: Amount
    total: Amount
    wishes: list[str]
    may_come_back: bool
    booking_code: Annotated[str | None, Meta(description="for seats, once they are paid")]


class OrderPart(Struct, frozen=True):
    """One workshop's part, with its own way and its own day."""

    id: str
    workshop: WorkshopRef
    handover: Handover
    state: FulfillmentState
    goods: Amount
    shipping: Amount
    promised_on: date
    parcels: list[Parcel]
    may_return_until: datetime | None
    timeline: list[Step]
    lines: list[OrderLine]


class OrderPayment(Struct, frozen=True):
    """How the order is paid, and whether it is."""

    method: Method
    state: PaymentState
    amount: Amount
    may_pay: Annotated[bool, Meta(description="the buyer can go and pay now")]


class OrderRefund(Struct, frozen=True):
    """Money that goes back."""

    id: str
    amount: Amount
    cause: RefundCause
    state: RefundState
    settled_at: datetime | None


class Order(Struct, frozen=True):
    """One order as its buyer follows it; who she is and where she lives is not in it."""

    number: str
    state: OrderState
    is_confirmed: bool
    placed_at: datetime
    expires_at: Annotated[datetime | None, Meta(description="when it falls unpaid")]
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    goods: Amount
    shipping: Amount
    discount: Amount
    total: Amount
    is_demo: Annotated[bool, Meta(description="no money moves")]
    may_cancel: bool
    payment: OrderPayment | None
    refunds: list[OrderRefund]
    parts: list[OrderPart]
    url: str


class PlacedOrder(Struct, frozen=True):
    """A new order, with what its buyer needs to follow it."""

    order: Order
    code: Annotated[str, Meta(description="six digits that prove the order beside the phone")]
    order_token: str


class ProvedOrder(Struct, frozen=True):
    """An order that somebody has proved to be hers."""

    order: Order
    order_token: str


class OrderList(Struct, frozen=True):
    """One page of orders, the newest first."""

    items: list[Order]
    next_cursor: str | None


class PayPage(Struct, frozen=True):
    """Where the buyer goes to pay; coming back from there proves nothing."""

    url: str


class ContactSent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets the goods; name and address only where there is a parcel."""

    phone: PhoneText
    name: NameText = ""
    place: Annotated[Place, Meta(description="code of the place a parcel goes to")] = ""
    region: Annotated[NameText, Meta(description="the rest of the place, in words")] = ""
    address: LongText = ""
    note: LongText = ""
    is_gift: bool = False
    gift_words: Annotated[
        str,
        Meta(max_length=60, pattern=NO_NULL, description="on a card; no price goes in then"),
    ] = ""


class Agreed(Struct, frozen=True, forbid_unknown_fields=True):
    """One line that the buyer knows cannot come back, in the words she was shown."""

    line: Annotated[int, Meta(ge=1, le=10**12)]
    words: Annotated[str, Meta(max_length=600, pattern=NO_NULL)]


class InvoiceWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In whose name each workshop shall write an invoice."""

    kind: TitleKind
    title: Annotated[str, Meta(max_length=LONGEST_TITLE, pattern=NO_NULL)]
    tax_number: Annotated[
        str, Meta(max_length=18, pattern="^[0-9A-Za-z]*$", description="of a company")
    ] = ""


class OrderWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cart as its buyer agrees to buy it."""

    contact: ContactSent
    expected_total: Annotated[
        int, Meta(ge=0, le=10**11, description="the total she saw, in fen; another is refused")
    ]
    handover: Way = "ship"
    method: Annotated[str, Meta(pattern="^(online|pay_on_pick_up)$")] = "online"
    agreed: Annotated[list[Agreed], Meta(max_length=60)] = []
    invoice: InvoiceWanted | None = None


def _order_key() -> str:
    """Return the key of the order that this request places.

    The code that proves the order follows from it, and keys of programs may be guessed.
    """
    said = f"{caller().key} {cart_token()} {header(KEY.name)}"
    return links.digest("key of an order", said)


def _leave_proofs_out(said: dict[str, Any]) -> None:
    said["code"] = said["order_token"] = ""


def _put_proofs_back(said: dict[str, Any]) -> None:
    order = said["order"]
    said["code"] = lookup_code(_order_key())
    said["order_token"] = _token(order["number"], datetime.fromisoformat(order["placed_at"]))


@operation(
    "POST",
    "/orders",
    tag=TAG,
    title=_l("Place an order"),
    takes=OrderWanted,
    gives=PlacedOrder,
    status=201,
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    is_keyed=True,
    must_have_key=True,
    keeps=Keeping(leave_out=_leave_proofs_out, put_back=_put_proofs_back),
    kind=rates.WRITE_KIND,
    refuses=(
        NotFound,
        Conflict,
        selling.CartEmpty,
        selling.PhoneMissing,
        selling.AddressMissing,
        selling.GiftWordsTooLong,
        selling.PriceChanged,
        selling.NotForSale,
        selling.SoldOut,
        selling.WishChanged,
        selling.SessionFull,
        selling.SessionClosed,
        selling.PartyRefused,
        selling.ConsentMissing,
        selling.PickUpImpossible,
        selling.SellerMissing,
        selling.NotSentThere,
        selling.NotPaidHere,
        selling.NotFirstOrder,
        TitleMissing,
        TaxNumberWrong,
        coupons.CouponNotOpen,
        coupons.CouponUsedUp,
        coupons.CouponUsedByBuyer,
        orders.KeyReused,
        orders.TooManyUnpaid,
        orders.TooManyUnpaidNearby,
        gateway.ProviderNotConnected,
    ),
)
def place_order(sent: OrderWanted) -> Answer:
    """Make a contract of a cart: goods and seats are held for 15 minutes while the buyer pays.

    Everything is worked out here; the total is only compared with what she saw.
    """
    token, asks = cart_token(), caller()
    said = sent.contact
    placed = selling.place_order(
        cart_token=token,
        contact=Contact(
            phone=dialled(said.phone) or "",
            name=said.name.strip(),
            region=_region(said),
            place_code=said.place,
            address=said.address.strip(),
            note=said.note.strip(),
            is_gift=said.is_gift or bool(said.gift_words.strip()),
            gift_words=said.gift_words.strip(),
        ),
        method=Method(sent.method),
        handover=Handover(sent.handover),
        expected_total=Money(sent.expected_total),
        no_return_agreed=_agreed(token, sent),
        invoice=_invoice(sent.invoice),
        key=_order_key(),
        locale=locale_name(),
        # Behind a program stand many buyers; it has a name, and a token that can be taken back.
        network="" if asks.program else network_digest(),
        actor=current_actor() if asks.program is None else VISITOR,
        now=now(),
    )
    if asks.program is not None:
        programming.note_order(program_id=asks.program.program_id, order_id=placed.order_id)
    order = _shown(orders_known.order(placed.order_id))
    return Answer(
        PlacedOrder(order, placed.code, _token(placed.number, order.placed_at)),
        headers={"Location": absolute(f"/api/v1/orders/{placed.number}")},
    )


def _invoice(wanted: InvoiceWanted | None) -> InvoiceWish | None:
    if wanted is None:
        return None
    return InvoiceWish(wanted.kind, wanted.title.strip(), wanted.tax_number.upper())


def _region(said: ContactSent) -> str:
    """Return province and place in words: those of the code, then what was written."""
    names = " ".join(place.name for place in divisions.steps(said.place))
    return f"{names} {said.region.strip()}".strip()[:LONGEST_REGION]


def _agreed(token: str, sent: OrderWanted) -> dict[int, str]:
    """Return the words that the buyer agreed to by line, those alone that are the house's own."""
    if not sent.agreed:
        return {}
    quote = quoting.quote(token, handover=Handover(sent.handover), now=now())
    ours: dict[int, set[str]] = {line.cart_line_id: set() for line in quote.to_confirm}
    for locale in LOCALES.values():
        with force_locale(locale):
            for line in quote.to_confirm:
                ours[line.cart_line_id].add(no_return_words(line))
    return {one.line: one.words for one in sent.agreed if one.words in ours.get(one.line, ())}


class OrdersAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = 24
    cursor: Cursor = ""


@operation(
    "GET",
    "/orders",
    tag=TAG,
    title=_l("List one’s own orders"),
    asks=OrdersAsked,
    gives=OrderList,
    needs=NEEDS,
    is_for_pages=True,
    refuses=(BadCursor,),
)
def list_orders(asked: OrdersAsked) -> OrderList:
    """List the orders that this program placed, the newest first.

    A page of the site lists those in the account of whoever is signed in.
    """
    program = caller().program
    if program is None:
        return _list_account(asked)
    before = key_of(place_in(asked, asked.cursor)) if asked.cursor else None
    ids = programs.orders_placed(program.program_id, before=before, most=asked.limit + 1)
    shown = ids[: asked.limit]
    found = orders_known.orders_by_id(shown)
    return OrderList(
        [_shown(found[one]) for one in shown],
        cursor(asked, shown[-1]) if len(ids) > asked.limit else None,
    )


def _list_account(asked: OrdersAsked) -> OrderList:
    user_id = current_actor().user_id
    if user_id is None:
        raise NobodyKnown
    skip = key_of(place_in(asked, asked.cursor)) if asked.cursor else 0
    found = orders_known.orders_of_account(user_id, most=asked.limit + 1, skip=skip)
    return OrderList(
        [_shown(one) for one in found[: asked.limit]],
        cursor(asked, skip + asked.limit) if len(found) > asked.limit else None,
    )


class OrderProof(Struct, frozen=True, forbid_unknown_fields=True):
    """What proves that an order is hers."""

    phone: PhoneText
    code: Annotated[str, Meta(pattern="^[0-9]{6}$")]


@operation(
    "POST",
    "/orders/lookup",
    tag=TAG,
    title=_l("Prove an order by phone and code"),
    takes=OrderProof,
    gives=ProvedOrder,
    needs=NEEDS,
    is_for_pages=True,
    kind=rates.PROOF_KIND,
    refuses=(NotFound,),
)
def prove_order(sent: OrderProof) -> ProvedOrder:
    """Show the order to which a phone number and its six-digit code belong.

    A few tries a minute for each number, whoever asks.
    """
    phone = dialled(sent.phone) or ""
    rates.count_number(phone)
    order = orders_known.find_for_buyer(code=sent.code, phone=phone)
    return ProvedOrder(_shown(order), _token(order.number, now()))


@operation(
    "GET",
    "/orders/<string:number>",
    tag=TAG,
    title=_l("Follow an order"),
    gives=Order,
    names={"number": OrderNumber},
    headers=(ORDER,),
    needs=NEEDS,
    is_for_pages=True,
    refuses=(NotFound,),
)
def show_order(number: str) -> Order:
    """Show one order with the timeline of each of its parts."""
    return _shown(_readable(number))


@operation(
    "POST",
    "/orders/<string:number>/pay",
    tag=TAG,
    title=_l("Go and pay"),
    gives=PayPage,
    names={"number": OrderNumber},
    headers=(ORDER,),
    needs=NEEDS,
    is_for_pages=True,
    kind=rates.WRITE_KIND,
    refuses=(
        NotFound,
        PaymentNotFound,
        orders.OrderNotOpen,
        gateway.PaymentDeclined,
        gateway.GatewayUnreachable,
        gateway.GatewayNonsense,
        gateway.ProviderKeyReused,
        gateway.ProviderNotConnected,
    ),
)
def begin_payment(number: str) -> PayPage:
    """Give the address of the payment page of an order that is still held; safe to repeat.

    The buyer comes back to the order's page on the site. Ask for the order to learn what came.
    """
    order = _readable(number)
    payment = payments.payment_of_order(order.id)
    if payment is None or payment.method is not Method.ONLINE:
        raise orders.OrderNotOpen(state=order.state.value)
    url = selling.start_payment(
        payment_public_id=payment.public_id,
        success_url=absolute(f"/orders/{number}", back="1"),
        cancel_url=absolute(f"/orders/{number}"),
        now=now(),
    )
    return PayPage(url if url.startswith("http") else absolute(url))


@operation(
    "POST",
    "/orders/<string:number>/cancel",
    tag=TAG,
    title=_l("Cancel an order"),
    gives=Order,
    names={"number": OrderNumber},
    headers=(ORDER,),
    needs=NEEDS,
    is_for_pages=True,
    is_keyed=True,
    kind=rates.WRITE_KIND,
    refuses=(
        NotFound,
        Conflict,
        orders.OrderNotOpen,
        parcels.PartNotOpen,
        AlreadySent,
        NothingToRefund,
        TooLateToCancel,
    ),
)
def cancel_order(number: str) -> Order:
    """Give back what has not left yet: unpaid all of it, paid with its money.

    Seats are free to cancel until 24 hours before.
    """
    order = _readable(number)
    if order.paid_at is None:
        selling.cancel_unpaid(order_id=order.id, actor=SYSTEM, now=now())
    else:
        refunding.cancel_by_buyer(
            order_id=order.id, key=f"cancelled by its buyer:{order.id}", now=now()
        )
    return _shown(orders_known.order(order.id))


@operation(
    "POST",
    "/orders/<string:number>/parts/<string:part_id>/received",
    tag=TAG,
    title=_l("Say that what was sent has come"),
    gives=Order,
    names={"number": OrderNumber, "part_id": PartId},
    headers=(ORDER,),
    needs=NEEDS,
    is_for_pages=True,
    kind=rates.WRITE_KIND,
    refuses=(NotFound, parcels.PartNotOpen),
)
def receive_part(number: str, part_id: str) -> Order:
    """Take the buyer's word that all that was sent of a part has come. Safe to repeat.

    When nothing more is to come, the seven days begin.
    """
    order = _readable(number)
    part = next((one for one in order.parts if one.public_id == part_id), None)
    if part is None:
        raise NotFound(what=part_id)
    parcels.receive_all(fulfillment_id=part.id, actor=VISITOR, now=now())
    return _shown(orders_known.order(order.id))


class Booking(Struct, frozen=True):
    """One booking: who comes to which session."""

    code: str
    state: BookingState
    adults: int
    children: int
    families: int
    seats: int
    price: Amount
    session: Session
    checked_in_at: datetime | None


@operation(
    "GET",
    "/bookings/<string:code>",
    tag=TAG,
    title=_l("Show a booking"),
    gives=Booking,
    names={"code": BookingCode},
    needs=NEEDS,
    is_for_pages=True,
    kind=rates.PROOF_KIND,
    refuses=(NotFound,),
)
def show_booking(code: str) -> Booking:
    """Show the booking to whoever has its code: when, where, for how many."""
    view = bookings.booking(code)
    return Booking(
        code=view.code,
        state=view.state,
        adults=view.adults,
        children=view.children,
        families=view.families,
        seats=view.seats,
        price=amount(view.price),
        session=session(bookings.sessions_by_id([view.session_id], now=now())[view.session_id]),
        checked_in_at=at_place(view.checked_in_at),
    )


def _token(number: str, since: datetime) -> str:
    return links.signed(TOKEN_PURPOSE, f"{number} {ticks(since)}")


def _readable(number: str) -> OrderView:
    """Return an order to a program that placed it, and to whoever has its token.

    Raises NotFound, for all others and for what is not there alike.
    """
    order_id = orders_known.order_id_of(number)
    if order_id is None or not (_has_token(number) or _is_hers(number, order_id)):
        raise NotFound(what="order")
    return orders_known.order(order_id)


def _has_token(number: str) -> bool:
    said = header(ORDER.name)
    if not said:
        return False
    known, _, made = links.read(TOKEN_PURPOSE, said).partition(" ")
    return known == number and ticks(now() - TOKEN_LASTS) < int(made)


def _is_hers(number: str, order_id: int) -> bool:
    program = caller().program
    if program is None:
        return proofs.may_read(number)
    return programs.has_placed(program.program_id, order_id)


def _shown(order: OrderView) -> Order:
    workshops = stations.workshops_by_id(part.workshop_id for part in order.parts)
    booked = {one.session_id: one for one in bookings.bookings_of(f"order:{order.id}")}
    payment = payments.payment_of_order(order.id)
    return Order(
        number=order.number,
        state=order.state,
        is_confirmed=order.is_confirmed,
        placed_at=there(order.placed_at),
        expires_at=at_place(order.expires_at),
        paid_at=at_place(order.paid_at),
        completed_at=at_place(order.completed_at),
        cancelled_at=at_place(order.cancelled_at),
        goods=amount(order.goods),
        shipping=amount(order.shipping),
        discount=amount(order.discount),
        total=amount(order.total),
        is_demo=order.is_demo,
        may_cancel=_may_cancel(order),
        payment=_payment(order, payment) if payment is not None else None,
        refunds=[_refund(one) for one in payments.standing_refunds(order.id)],
        parts=[_part(part, order, workshops[part.workshop_id], booked) for part in order.parts],
        url=absolute(f"/orders/{order.number}"),
    )


def _may_cancel(order: OrderView) -> bool:
    if order.state not in {OrderState.PLACED, OrderState.PAID}:
        return False
    return any(line.here for line in order.lines)


def _payment(order: OrderView, payment: PaymentFacts) -> OrderPayment:
    is_held = order.expires_at is not None and order.expires_at > now()
    return OrderPayment(
        method=payment.method,
        state=payment.state,
        amount=amount(payment.amount),
        may_pay=payment.method is Method.ONLINE
        and payment.state is not PaymentState.PROCESSING
        and order.state is OrderState.PLACED
        and is_held,
    )


def _refund(refund: RefundFacts) -> OrderRefund:
    return OrderRefund(
        refund.public_id,
        amount(refund.amount),
        refund.cause,
        refund.state,
        at_place(refund.settled_at),
    )


def _part(
    part: PartView, order: OrderView, workshop: WorkshopView, booked: dict[int, BookingView]
) -> OrderPart:
    return OrderPart(
        id=part.public_id,
        workshop=workshop_ref(workshop),
        handover=part.handover,
        state=part.state,
        goods=amount(part.goods),
        shipping=amount(part.shipping),
        promised_on=part.promised_on,
        parcels=parcels_of(part),
        may_return_until=at_place(part.may_return_until),
        timeline=_timeline(part, order),
        lines=[_line(line, booked) for line in part.lines],
    )


def _line(line: LineView, booked: dict[int, BookingView]) -> OrderLine:
    booking = booked.get(line.session_id) if line.session_id is not None else None
    return OrderLine(
        id=line.id,
        sku=line.sku,
        title=line.title,
        title_en=line.title_en,
        quantity=line.quantity,
        returned=line.returned,
        unit_price=amount(line.unit),
        total=amount(line.total),
        wishes=[f"{one.label}: {one.value}" for one in line.wish],
        may_come_back=line.may_come_back,
        booking_code=booking.code
        if booking is not None and booking.state not in {BookingState.HELD, BookingState.EXPIRED}
        else None,
    )


def _timeline(part: PartView, order: OrderView) -> list[Step]:
    """Return how far one part has come, and what is still to come."""
    placed = Step(StepKind.ORDERED, is_done=True, at=there(order.placed_at))
    if FulfillmentState.CANCELLED is part.state or order.state is OrderState.CANCELLED:
        return [placed, Step(StepKind.CANCELLED, is_done=True, at=at_place(order.cancelled_at))]
    steps = [placed, Step(StepKind.PAID, order.paid_at is not None, at_place(order.paid_at))]
    is_over = part.state is FulfillmentState.COMPLETED
    if part.handover is Handover.ATTEND:
        return [*steps, Step(StepKind.ATTENDED, is_over, by=None if is_over else part.promised_on)]
    if part.state is FulfillmentState.MAKING:
        steps.append(Step(StepKind.MADE, is_done=False))
    is_packed = part.has_left or part.state is FulfillmentState.PACKED
    steps.append(Step(StepKind.PACKED, is_packed))
    leaves = StepKind.READY if part.handover is Handover.PICK_UP else StepKind.SENT
    by = None if part.has_left else part.promised_on
    steps += [
        Step(leaves, part.has_left, at_place(part.shipped_at), by),
        Step(StepKind.RECEIVED, part.received_at is not None, at_place(part.received_at)),
        Step(StepKind.COMPLETED, is_over, at_place(part.completed_at)),
    ]
    return steps
