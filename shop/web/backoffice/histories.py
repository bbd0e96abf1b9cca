"""An order's history in words: everything that happened to it, who did it and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shop.accounts import queries as people
from shop.claims.rules import ClaimState
from shop.kernel import events
from shop.kernel.access import Permission
from shop.kernel.events import HappenedRow
from shop.kernel.i18n import instant_text
from shop.orders import queries as order_views
from shop.orders.queries import PartView
from shop.orders.rules import ParcelState
from shop.payments import queries as payments
from shop.payments.rules import PaymentState
from shop.web.access import current_actor, requires
from shop.web.backoffice.refunds import CAUSES
from shop.web.backoffice.room import blueprint
from shop.web.claim_words import STATES as CLAIM_STATES
from shop.web.filters import locale_name, show_money
from shop.web.parcel_words import PARCEL_STATES

# kind of what happened -> its words, and whether it is done or has stopped something
WORDS = {
    "OrderPlaced": (_l("Ordered"), "done"),
    "NoReturnAgreed": (_l("The buyer agreed that what is made for her cannot come back"), "done"),
    "OrderPaid": (_l("Paid"), "done"),
    "OrderExpired": (_l("Fell free: nobody paid in time"), "stopped"),
    "OrderCancelled": (_l("Cancelled before it was paid"), "stopped"),
    "OrderImported": (_l("Written down as a sale of the past"), "done"),
    "PartPacked": (_l("Packed"), "done"),
    "PartShipped": (_l("All of it has left"), "done"),
    "PartReceived": (_l("All of it reached the buyer"), "done"),
    "ParcelMoved": (_l("Parcel"), "done"),
    "ParcelRenumbered": (_l("Number of a parcel corrected"), "done"),
    "OrderCompleted": (_l("Completed"), "done"),
    "TransferSeen": (_l("A transfer was seen on our account"), "done"),
    "TransferConfirmed": (_l("A second person saw the transfer"), "done"),
    "TransferTakenBack": (_l("The transfer was written down by mistake"), "stopped"),
    "ClaimOpened": (_l("The buyer brought something forward"), "done"),
    "ClaimMoved": (_l("About what was brought forward"), "done"),
    "CashTaken": (_l("Cash was taken at the counter"), "done"),
    "HandedOver": (_l("Handed over at the counter"), "done"),
    "MoneyGoesBack": (_l("Money is to go back"), "done"),
    "RefundSettled": (_l("Money has gone back"), "done"),
    "RefundRefused": (_l("Money could not go back"), "stopped"),
    "RefundTriedAgain": (_l("Money sent back again"), "done"),
    "CashOffered": (_l("Money waits in cash for the buyer"), "done"),
    "CashOfferEnded": (_l("The cash was put back into the drawer"), "stopped"),
    "DisputeOpened": (_l("The buyer’s bank wants the money back"), "stopped"),
    "DisputeAnswered": (_l("Our evidence lies with the bank"), "done"),
    "DisputeWon": (_l("The bank decided for us"), "done"),
    "DisputeLost": (_l("The bank decided for the buyer"), "stopped"),
}


TRIES = {
    PaymentState.OPEN: (_l("Payment begun"), "now"),
    PaymentState.PROCESSING: (_l("Payment on its way"), "now"),
    PaymentState.FAILED: (_l("Payment refused"), "stopped"),
    PaymentState.CANCELLED: (_l("Payment page closed unpaid"), "stopped"),
}


# What the payment service told on the way to the money.
TOLD = {
    "payment_intent.requires_action": (_l("The buyer is asked to confirm the payment"), "done"),
    "payment_intent.payment_failed": (_l("A try to pay was refused"), "stopped"),
    "payment_intent.processing": (_l("Payment on its way"), "done"),
}


@blueprint.get("/orders/<string:public_id>/history")
@requires(Permission.FULFILL)
def order_history(public_id: str) -> ResponseReturnValue:
    """Show every step of the order that a part in reach belongs to, the oldest first."""
    row = order_views.part(public_id, current_actor().scope(Permission.FULFILL))
    return render_template(
        "backoffice/order_history.html",
        row=row,
        steps=[(moment(at), words, note, mark) for at, words, note, mark in _steps(row.part)],
    )


def _steps(part: PartView) -> list[tuple[datetime, str, str, str]]:
    happened = [
        one
        for one in events.history(f"order:{part.order_id}")
        # A parcel of another workshop is not this one's business.
        if one.facts.get("fulfillment_id") in {None, part.id}
    ]
    names = people.names_of(frozenset(one.actor_id for one in happened if one.actor_id is not None))
    notes = _notes(part)
    steps = [
        (
            one.happened_at,
            str(WORDS[one.kind][0]) if one.kind in WORDS else one.kind,
            " · ".join(filter(None, (notes(one), names.get(one.actor_id or 0, "")))),
            WORDS[one.kind][1] if one.kind in WORDS else "done",
        )
        for one in happened
    ]
    for payment in payments.payments_of_order(part.order_id):
        steps += [
            (told.received_at, str(TOLD[told.kind][0]), "", TOLD[told.kind][1])
            for told in payments.events_of_payment(payment.public_id)
            if told.kind in TOLD
        ]
        if payment.state in TRIES:
            words, mark = TRIES[payment.state]
            at = payment.ended_at or payment.opened_at
            steps.append((at, str(words), payment.failure_code, mark))
    return sorted(steps, key=lambda step: step[0])


def _of_parcel(part: PartView, one: HappenedRow) -> str:
    parcel = next(known for known in part.parcels if known.id == one.facts["parcel_id"])
    state = ParcelState(str(one.facts["state"]))
    number = f"{parcel.carrier} {parcel.tracking}" if state is ParcelState.SENT else ""
    place = _("No. %(number)s", number=parcel.position)
    return " · ".join(filter(None, (place, str(PARCEL_STATES[state][0]), number)))


def _notes(part: PartView) -> Callable[[HappenedRow], str]:
    refunds = {one.id: one for one in payments.refunds_of_order(part.order_id)}
    disputes = {one.id: one for one in payments.disputes_of_order(part.order_id)}

    def note(one: HappenedRow) -> str:
        refund = refunds.get(int(str(one.facts.get("refund_id", 0))))
        if refund is not None:
            why = CAUSES.get(refund.cause)
            return " · ".join(filter(None, (show_money(refund.amount), str(why or ""))))
        dispute = disputes.get(int(str(one.facts.get("dispute_id", 0))))
        if dispute is not None and one.kind == "DisputeOpened" and dispute.answer_by is not None:
            said = str(_("answer by %(moment)s", moment=moment(dispute.answer_by)))
            fee = _("it costs a fee of %(sum)s", sum=show_money(dispute.fee))
            return f"{said} · {fee}" if dispute.fee else said
        if one.kind == "ClaimMoved":
            return str(CLAIM_STATES[ClaimState(str(one.facts["state"]))][0])
        if one.kind == "ParcelMoved":
            return _of_parcel(part, one)
        if one.kind == "ParcelRenumbered":
            return str(_("before: %(number)s", number=one.facts["was"]))
        return ""

    return note


def moment(at: datetime) -> str:
    """Return a moment as people say it, in the page's language."""
    return instant_text(at, locale=locale_name())
