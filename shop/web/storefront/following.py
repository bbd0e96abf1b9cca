"""Following an order: found by phone and code, or known to the device that placed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.bookings import queries as bookings
from shop.bookings.queries import BookingView, SessionView
from shop.catalog import queries as catalog
from shop.catalog.queries import Cover, SaleFacts
from shop.claims import queries as claims
from shop.kernel.errors import NotFound
from shop.kernel.i18n import instant_text
from shop.notifications import post
from shop.notifications import queries as told_of
from shop.orders import parcels
from shop.orders import queries as orders_known
from shop.orders.queries import LineView, OrderView, ParcelView, PartView
from shop.orders.rules import (
    NOT_YET_SENT,
    FulfillmentState,
    Handover,
    OrderState,
    ParcelState,
)
from shop.payments import queries as payments
from shop.payments import transfers
from shop.payments.queries import PaymentFacts
from shop.payments.rules import Method, PaymentState
from shop.payments.transfers import BankAccount
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.web.access import current_actor, now, public
from shop.web.claim_words import KINDS, STATES
from shop.web.errors import form_status
from shop.web.filters import locale_name, localized
from shop.web.limits import limiter
from shop.web.proofs import may_read, orders_of_device, remember_order
from shop.web.qr import qr_code
from shop.web.storefront.door import blueprint, day_said
from shop.web.storefront.forms import FindOrderForm
from shop.web.storefront.paying import address_to_pay, order_address
from shop.workflows import claiming, reviewing, selling

OPENED_BY_MESSAGE = timedelta(days=90)
Step = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line of an order with its picture and, for seats, its booking."""

    line: LineView
    cover: Cover | None
    facts: SaleFacts | None
    booking: BookingView | None
    session: SessionView | None


@dataclass(frozen=True, slots=True)
class ParcelShown:
    """One parcel as its buyer follows it.

    words    what is in it; empty where it is all of its part.
    steps    its own; empty where they stand in those of its part.
    """

    parcel: ParcelView
    words: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class PartShown:
    """One workshop's part as its buyer follows it.

    rest      how what is still to be packed comes, where some of the part is packed already.
    square    the pick-up code as a telephone reads it, while the part waits to be fetched.
    """

    part: PartView
    workshop: WorkshopView
    lines: tuple[LineShown, ...]
    steps: tuple[Step, ...]
    parcels: tuple[ParcelShown, ...]
    rest: tuple[Step, ...]
    square: str


def _said(instant: datetime | None) -> str:
    return instant_text(instant, locale=locale_name()) if instant is not None else ""


def _steps(part: PartView, order: OrderView) -> tuple[Step, ...]:
    """Return how far one part has come: when, what, a note, and done, now, next or stopped."""
    if part.state is FulfillmentState.CANCELLED or order.state is OrderState.CANCELLED:
        return ((_said(order.cancelled_at), _("Cancelled"), "", "stopped"),)
    placed = (_said(order.placed_at), _("Ordered"), "", "done")
    paid = _paid_step(order)
    if part.handover is Handover.ATTEND:
        is_over = part.state is FulfillmentState.COMPLETED
        came = ("", _("You were here"), "", "done")
        comes = (day_said(part.promised_on), _("You come to us"), "", "next")
        return (placed, paid, came if is_over else comes)
    packed = _packed(part)
    if len(packed) > 1 or (packed and _waits(part)):
        return (placed, paid)
    way = (
        _way_of(packed[0], part) if packed else _way_to_come(part, is_confirmed=order.is_confirmed)
    )
    return (placed, paid, *way)


def _packed(part: PartView) -> list[ParcelView]:
    return [one for one in part.parcels if one.state is not ParcelState.OPENED]


def _waits(part: PartView) -> int:
    """Return how many pieces of a part are in no parcel yet."""
    return sum(part.here_unpacked(line) for line in part.lines)


def _paid_step(order: OrderView) -> Step:
    if order.paid_at is not None:
        return (_said(order.paid_at), _("Paid"), "", "done")
    if order.is_confirmed:
        return ("", _("You pay when you fetch it"), "", "next")
    return ("", _("Waiting for your payment"), "", "now")


def _way_to_come(part: PartView, *, is_confirmed: bool) -> tuple[Step, ...]:
    """Return the way of what is in no parcel yet, or crosses the counter."""
    is_fetched = part.handover is Handover.PICK_UP
    if part.received_at is not None:
        return (
            (_said(part.received_at), _("Handed over"), "", "done"),
            (_said(part.received_at), _("With you"), _until(part), "done"),
        )
    steps: list[Step] = []
    if part.state is FulfillmentState.MAKING:
        steps.append(("", _("Being woven for you"), "", "now" if is_confirmed else "next"))
    else:
        is_packed = part.state is FulfillmentState.PACKED
        words = _("Packed") if is_packed else _("Being packed")
        steps.append(("", words, "", "done" if is_packed else "now" if is_confirmed else "next"))
    words = _("Ready to fetch") if is_fetched else _("Leaves the village")
    steps.append((_("by %(day)s", day=day_said(part.promised_on)), words, "", "next"))
    if part.dispatch_on is not None:
        day = _("by %(day)s", day=day_said(part.dispatch_on))
        steps.append((day, _("Gathered at the town, leaves there"), "", "next"))
    if not is_fetched:
        steps.append(("", _("With you"), "", "next"))
    return tuple(steps)


def _way_of(parcel: ParcelView, part: PartView) -> tuple[Step, ...]:
    """Return the way of one parcel: packed, over the town, with the carrier, with the buyer."""
    steps: list[Step] = [(_said(parcel.packed_at), _("Packed"), "", "done")]
    if parcel.at_town_at is not None:
        is_there = parcel.state is ParcelState.AT_TOWN
        steps.append(
            (_said(parcel.at_town_at), _("At the town"), "", "now" if is_there else "done")
        )
    elif parcel.state is ParcelState.TO_TOWN:
        steps.append(("", _("On its way to the town"), "", "now"))
    if parcel.is_ours:
        day = part.dispatch_on or part.promised_on
        when = _("by %(day)s", day=day_said(day))
        steps.append((when, _("Gathered at the town, leaves there"), "", "next"))
    else:
        state = "now" if parcel.state is ParcelState.SENT else "done"
        number = f"{parcel.carrier} {parcel.tracking}"
        is_seen = bool(parcel.scans)
        steps.append((_said(parcel.sent_at), _("On its way"), number, "done" if is_seen else state))
        for seen in parcel.scans:
            is_last = seen is parcel.scans[-1]
            steps.append((_said(seen.at), seen.words, seen.place, state if is_last else "done"))
    if parcel.state is ParcelState.CAME_BACK:
        note = _("It could not be handed over. We ring you: it is sent again, or paid back.")
        steps.append((_said(parcel.ended_at), _("Came back to us"), note, "stopped"))
    elif parcel.received_at is not None:
        steps.append((_said(parcel.received_at), _("With you"), _until(part), "done"))
    else:
        steps.append(("", _("With you"), "", "next"))
    return tuple(steps)


def _until(part: PartView) -> str:
    if part.may_return_until is None:
        return ""
    return str(_("may come back until %(moment)s", moment=_said(part.may_return_until)))


def _parcels_shown(part: PartView) -> tuple[ParcelShown, ...]:
    packed = _packed(part)
    is_all = len(packed) == 1 and not _waits(part)
    titles = {line.id: localized(line, "title") for line in part.lines}
    return tuple(
        ParcelShown(
            parcel=one,
            words=""
            if is_all
            else "; ".join(f"{titles[line_id]} × {n}" for line_id, n in one.pieces.items()),
            steps=() if is_all else _way_of(one, part),
        )
        for one in packed
    )


def _shown(order: OrderView) -> tuple[PartShown, ...]:
    workshops = stations.workshops_by_id(part.workshop_id for part in order.parts)
    facts = catalog.sale_facts(
        line.variant_id for line in order.lines if line.variant_id is not None
    )
    covers = catalog.covers(fact.product_id for fact in facts.values())
    booked = {b.session_id: b for b in bookings.bookings_of(f"order:{order.id}")}
    sessions = bookings.sessions_by_id(booked, now=now())

    def shown(line: LineView) -> LineShown:
        fact = facts.get(line.variant_id) if line.variant_id is not None else None
        return LineShown(
            line=line,
            cover=covers.get(fact.product_id) if fact is not None else None,
            facts=fact,
            booking=booked.get(line.session_id) if line.session_id is not None else None,
            session=sessions.get(line.session_id) if line.session_id is not None else None,
        )

    return tuple(
        PartShown(
            part=part,
            workshop=workshops[part.workshop_id],
            lines=tuple(shown(line) for line in part.lines),
            steps=_steps(part, order),
            parcels=_parcels_shown(part),
            rest=_way_to_come(part, is_confirmed=order.is_confirmed)
            if _packed(part) and _waits(part)
            else (),
            square=qr_code(part.pick_up_code)
            if part.pick_up_code and order.is_confirmed and part.state in NOT_YET_SENT
            else "",
        )
        for part in order.parts
    )


def _show_find(form: FindOrderForm) -> ResponseReturnValue:
    return (
        render_template(
            "storefront/find_order.html",
            form=form,
            known=list(reversed(orders_of_device())),
        ),
        form_status(form),
    )


@blueprint.get("/orders")
@public
def find_order() -> ResponseReturnValue:
    """Ask which order, and for its proof."""
    return _show_find(FindOrderForm())


@blueprint.post("/orders")
@public
@limiter.limit("8 per minute; 40 per hour")
def prove_order() -> ResponseReturnValue:
    """Let this device read the order whose phone and code were given."""
    form = FindOrderForm()
    if form.validate_on_submit():
        try:
            order = orders_known.find_for_buyer(
                code=form.code.data or "", phone=form.phone.data or ""
            )
        except NotFound:
            form.form_errors.append(
                _("This number and this code do not belong together. Please look again.")
            )
        else:
            response = redirect(order_address(order.number), code=303)
            remember_order(response, order.number)
            return response
    return _show_find(form)


def readable_order(number: str) -> OrderView | None:
    """Return the order when this device has proved that it may read it."""
    order_id = orders_known.order_id_of(number) if may_read(number) else None
    return orders_known.order(order_id) if order_id is not None else None


def _after_return(order: OrderView) -> OrderView:
    """Ask the payment service when a buyer comes back from it: her return alone proves nothing."""
    payment = payments.payment_of_order(order.id)
    if payment is None or order.is_confirmed or order.state is not OrderState.PLACED:
        return order
    selling.check_payment(payment_public_id=payment.public_id, now=now())
    return orders_known.order(order.id)


def _may_pay(order: OrderView, payment: PaymentFacts | None) -> bool:
    """Say whether the buyer can still go and pay: unpaid, and her goods are held."""
    return (
        payment is not None
        and payment.method is Method.ONLINE
        and payment.state is not PaymentState.PROCESSING
        and order.state is OrderState.PLACED
        and order.expires_at is not None
        and order.expires_at > now()
    )


def _transfer_to(order: OrderView, payment: PaymentFacts | None) -> BankAccount | None:
    """Return where the buyer sends the money of an order that waits for a transfer."""
    is_by_transfer = payment is not None and payment.method is Method.BANK_TRANSFER
    waits = order.state is OrderState.PLACED and order.expires_at is not None
    return transfers.our_account() if is_by_transfer and waits else None


def _may_cancel(order: OrderView) -> bool:
    """Say whether something of an order has not left: then the buyer needs no reason."""
    if order.state is OrderState.PLACED:
        return True
    return order.is_confirmed and any(line.here for line in order.lines)


@blueprint.get("/orders/<string:number>")
@public
def order_page(number: str) -> ResponseReturnValue:
    """Show one order to whoever has proved it, part by part; to anybody else ask for the proof."""
    order = readable_order(number)
    if order is None:
        return _show_find(FindOrderForm(number=number))
    if "back" in request.args:
        order = _after_return(order)
    payment = payments.payment_of_order(order.id)
    return render_template(
        "storefront/order.html",
        order=order,
        parts=_shown(order),
        payment=payment,
        refunds=payments.standing_refunds(order.id),
        told=told_of.told(f"order:{order.id}"),
        may_pay=_may_pay(order, payment),
        transfer_to=_transfer_to(order, payment),
        claims=claims.claims_of_order(order.id),
        claim_kinds=KINDS,
        claim_states=STATES,
        may_claim=bool(claiming.claimable(order, now=now())),
        may_cancel=_may_cancel(order),
        code=orders_of_device().get(order.number, ""),
        review_path=reviewing.review_path(order.number),
    )


@blueprint.get("/o/<string:token>")
@public
@limiter.limit("20 per minute; 200 per hour")
def from_message(token: str) -> ResponseReturnValue:
    """Open the order that a message of ours leads to; this device may read it from now on.

    Ninety days after the order ended, phone and code are asked for: old messages lie in many hands.
    """
    number = orders_known.number_for_buyer(token)
    order_id = orders_known.order_id_of(number)
    if order_id is None:
        raise NotFound(what="order")
    order = orders_known.order(order_id)
    response = redirect(order_address(order.number), code=303)
    ended = order.completed_at or order.cancelled_at
    if ended is None or now() - ended < OPENED_BY_MESSAGE:
        remember_order(response, order.number)
    return response


@blueprint.get("/no-more/<string:token>")
@public
@limiter.limit("30 per minute")
def no_more(token: str) -> str:
    """Ask whether somebody wants no more of the messages she can do without."""
    return render_template("storefront/no_more.html", token=token, is_done=False)


@blueprint.post("/no-more/<string:token>")
@public
@limiter.limit("30 per minute")
def stop(token: str) -> str:
    """Send no more of them."""
    post.stop(token, now=now())
    return render_template("storefront/no_more.html", token=token, is_done=True)


@blueprint.post("/orders/<string:number>/pay")
@public
def pay(number: str) -> ResponseReturnValue:
    """Send the buyer to the payment page of an order that is still held for her."""
    order = readable_order(number)
    if order is None:
        raise NotFound(what="order")
    payment = payments.payment_of_order(order.id)
    if payment is None or not _may_pay(order, payment):
        return redirect(order_address(number), code=303)
    return redirect(address_to_pay(payment.public_id, number), code=303)


@blueprint.post("/orders/<string:number>/parcels/<string:parcel>/received")
@public
def receive_parcel(number: str, parcel: str) -> ResponseReturnValue:
    """Take the buyer's word that one parcel has come; with the last the seven days begin."""
    order = readable_order(number)
    known = {one.public_id: one.id for part in order.parts for one in part.parcels} if order else {}
    if parcel not in known:
        raise NotFound(what=parcel)
    parcels.receive(parcel_id=known[parcel], actor=current_actor(), now=now())
    return redirect(order_address(number), code=303)
