"""Bank transfers: what buyers sent to our account, seen by one person and confirmed by another."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as people
from shop.kernel.access import Permission
from shop.orders import queries as order_views
from shop.payments import transfers
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.counting_forms import TransferForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import TRANSFERS, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.workflows import transferring


@blueprint.get("/transfers")
@requires(Permission.SEE_DESK)
def transfer_list() -> ResponseReturnValue:
    """Show which orders wait for a transfer, and which transfers for a second person."""
    return _shown(TransferForm(formdata=None, number=request.args.get("order", "")))


def _shown(form: TransferForm) -> ResponseReturnValue:
    scope = joint_scope(current_actor(), TRANSFERS)
    waiting = transfers.to_confirm(scope)
    page = render_template(
        "backoffice/transfer_list.html",
        form=form,
        account=transfers.our_account(),
        waiting=waiting,
        orders=order_views.orders_by_id([one.order_id for one in waiting]),
        names=people.names_of(frozenset(one.seen_by_id for one in waiting)),
        awaited=transferring.awaited(scope),
        at=now(),
    )
    return page, form_status(form)


@blueprint.post("/transfers")
@requires(Permission.SEE_DESK)
def transfer_seen() -> ResponseReturnValue:
    """Write down a transfer that stands on the account."""
    form = TransferForm()
    if form.validate_on_submit() and form.came_on.data:
        with refusals_on(form):
            transferring.see(
                number=form.number.text,
                amount=form.amount.sum,
                reference=form.reference.text,
                payer=form.payer.text,
                came_on=form.came_on.data,
                key=f"desk:{form.key.text}",
                actor=current_actor(),
                now=now(),
            )
            flash(_("Written down. A colleague who sees the account confirms it."), "success")
            return redirect(url_for(".transfer_list"))
    return _shown(form)


@blueprint.post("/transfers/<string:public_id>/confirm")
@requires(Permission.SEE_DESK)
def transfer_confirmed(public_id: str) -> ResponseReturnValue:
    """Say as the second person that a transfer stands on the account."""
    done = transferring.confirm(public_id=public_id, actor=current_actor(), now=now())
    if done.stands:
        flash(_("Order %(number)s is paid. The buyer was told.", number=done.number), "success")
    else:
        flash(
            _(
                "Order %(number)s had fallen and something of it is gone: the money waits under"
                " “Money to give back”.",
                number=done.number,
            ),
            "warning",
        )
    return redirect(url_for(".transfer_list"))


@blueprint.post("/transfers/<string:public_id>/back")
@requires(Permission.SEE_DESK)
def transfer_taken_back(public_id: str) -> ResponseReturnValue:
    """Say that a transfer was written down by mistake."""
    transferring.take_back(public_id=public_id, actor=current_actor(), now=now())
    flash(_("Taken back. Nothing was paid by it."), "success")
    return redirect(url_for(".transfer_list"))
