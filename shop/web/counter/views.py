"""Pick-up at the counter: search, one order's page, money, hand-over, receipt."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import queries as accounts
from shop.kernel.access import Permission
from shop.kernel.i18n import amount_in_words
from shop.kernel.money import Money
from shop.media import queries as media
from shop.media.rules import Subject
from shop.orders import queries as orders
from shop.orders.queries import OrderView, PartRow
from shop.orders.rules import NOT_YET_SENT, FulfillmentState, Handover, typed_pick_up_code
from shop.payments import queries as payments
from shop.payments.rules import Method
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.counter.forms import CashForm, HandOverForm
from shop.web.desk_frame import desk_frame
from shop.web.errors import form_status, refusals_on
from shop.web.fields import plain
from shop.web.pictures import brings_files, private_picture, sent_files
from shop.workflows import handing_over
from shop.workflows.delivering import MoneyStillDue
from shop.workflows.handing_over import NotPickedUp

blueprint = Blueprint("counter", __name__, url_prefix="/counter")
blueprint.context_processor(desk_frame)

SHORTEST_SEARCH = 4
LONGEST_SEARCH = 40


def _part(public_id: str) -> PartRow:
    row = orders.part(public_id, current_actor().scope(Permission.TAKE_MONEY))
    if row.part.handover is not Handover.PICK_UP:
        raise NotPickedUp
    return row


@blueprint.get("")
@requires(Permission.TAKE_MONEY)
def find() -> ResponseReturnValue:
    """Find what a buyer comes for by her code, its number or her phone; or list what waits."""
    typed = plain(request.args.get("q"))[:LONGEST_SEARCH].upper()
    text = "".join(sign for sign in typed if sign.isprintable())
    is_too_short = bool(text) and len(text) < SHORTEST_SEARCH
    scope = current_actor().scope(Permission.TAKE_MONEY)
    rows = [] if is_too_short else orders.parts_to_pick_up(scope, text=text)
    if text and len(rows) == 1:
        code = typed_pick_up_code(text)
        is_code = code == rows[0].part.pick_up_code
        return redirect(
            url_for(".part_page", public_id=rows[0].public_id, code=code if is_code else None)
        )
    return render_template(
        "counter/find.html", q=text, rows=rows, is_too_short=is_too_short, waits=NOT_YET_SENT
    )


@blueprint.route("/<string:public_id>", methods=["GET", "POST"])
@requires(Permission.TAKE_MONEY)
def part_page(public_id: str) -> ResponseReturnValue:
    """Show one order at the counter; with the cash that was given, its money is taken."""
    row = _part(public_id)
    form = CashForm()
    code = plain(request.args.get("code"))[:LONGEST_SEARCH]
    if form.validate_on_submit():
        with refusals_on(form):
            handing_over.take_cash(
                fulfillment_public_id=public_id,
                given=form.given.money or Money(0),
                key=form.key.data or "",
                actor=current_actor(),
                now=now(),
            )
            return redirect(url_for(".part_page", public_id=public_id, code=code or None))
    return _shown(row, form, HandOverForm(formdata=None, code=code))


def _shown(row: PartRow, form: CashForm, hand_over: HandOverForm) -> ResponseReturnValue:
    order = orders.order(row.part.order_id)
    return (
        render_template(
            "counter/part.html",
            row=row,
            order=order,
            form=form,
            hand_over=hand_over,
            pictures=media.at_desk(Subject.HAND_OVER, row.part.id),
            waits=row.part.state in NOT_YET_SENT,
            is_cancelled=row.part.state is FulfillmentState.CANCELLED,
            is_due_here=_is_due_here(order),
            may_hand_over=current_actor().may(
                Permission.FULFILL, at=stations.path_of(row.part.station_id)
            ),
            **_done(row),
        ),
        max(form_status(form), form_status(hand_over)),
    )


def _is_due_here(order: OrderView) -> bool:
    payment = payments.payment_of_order(order.id)
    return (
        order.paid_at is None
        and order.is_confirmed
        and payment is not None
        and payment.method is Method.PAY_ON_PICK_UP
    )


def _done(row: PartRow) -> dict[str, Any]:
    """Return what was done at the counter before, and by whom."""
    cash = handing_over.cash_taken(row.part.order_id)
    handed = handing_over.handed_over(row.part)
    people = {cash.taken_by_id if cash else None, handed.by_id if handed else None} - {None}
    names = accounts.names_of(frozenset(one for one in people if one is not None))
    return {
        "cash": cash,
        "handed": handed,
        "cashier": names.get(cash.taken_by_id or 0, "") if cash else "",
        "hander": names.get(handed.by_id or 0, "") if handed else "",
    }


@blueprint.post("/<string:public_id>/hand-over")
@requires(Permission.TAKE_MONEY)
@brings_files
def hand_over(public_id: str) -> ResponseReturnValue:
    """Put the goods into the buyer's hands: once."""
    row = _part(public_id)
    form = HandOverForm()
    if form.validate():
        with refusals_on(form):
            handing_over.hand_over(
                fulfillment_public_id=public_id,
                code=form.code.text,
                was_asked=form.was_asked.data,
                files=sent_files("files"),
                key=form.key.data or "",
                actor=current_actor(),
                now=now(),
            )
            return redirect(url_for(".part_page", public_id=public_id))
    return _shown(row, CashForm(formdata=None), form)


@blueprint.get("/<string:public_id>/pictures/<string:picture>")
@requires(Permission.TAKE_MONEY)
def hand_over_picture(public_id: str, picture: str) -> ResponseReturnValue:
    """Show a photograph that was taken when the goods were handed over."""
    row = _part(public_id)
    return private_picture(media.at_desk(Subject.HAND_OVER, row.part.id), picture)


@blueprint.get("/<string:public_id>/receipt")
@requires(Permission.TAKE_MONEY)
def receipt(public_id: str) -> ResponseReturnValue:
    """Print what was paid, on paper 80 mm wide."""
    row = _part(public_id)
    order = orders.order(row.part.order_id)
    if order.paid_at is None:
        raise MoneyStillDue(number=order.number)
    return render_template(
        "counter/receipt.html",
        row=row,
        order=order,
        workshop=stations.workshop(row.part.workshop_id),
        sum_in_words=amount_in_words(order.total),
        **_done(row),
    )
