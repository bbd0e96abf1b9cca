"""Money that could not go back the way it came: send it again, or count it out by two people."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shop.kernel.access import Permission
from shop.payments.rules import RefundState
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.counting_forms import ProofForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GIVING_BACK, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.workflows import giving_back

# What a provider's short codes say to a person.
REASONS = {
    "expired_or_canceled_card": _l("The buyer’s card has expired or was cancelled"),
    "lost_or_stolen_card": _l("The buyer’s card was reported lost"),
    "charge_already_refunded": _l("The provider says it went back already: look there first"),
    "charge_disputed": _l("The buyer’s bank disputes this payment"),
    "insufficient_funds": _l("Our balance at the provider was too small"),
    "declined": _l("The buyer’s bank would not take it"),
    giving_back.OFFER_ENDED: _l("Waited in cash; the buyer did not come"),
}


@blueprint.get("/refunds")
@requires(Permission.SEE_DESK)
def refund_list() -> ResponseReturnValue:
    """Show money that needs a person to get back, oldest first."""
    return _refund_list(ProofForm(formdata=None), open_id="")


def _refund_list(form: ProofForm, *, open_id: str) -> ResponseReturnValue:
    stuck = giving_back.stuck_refunds(joint_scope(current_actor(), GIVING_BACK))
    page = render_template(
        "backoffice/refund_list.html", stuck=stuck, reasons=REASONS, form=form, open_id=open_id
    )
    return page, form_status(form)


@blueprint.post("/refunds/<string:public_id>/again")
@requires(Permission.REFUND)
def refund_again(public_id: str) -> ResponseReturnValue:
    """Send a refused refund again."""
    asked = giving_back.try_again(refund_public_id=public_id, actor=current_actor(), now=now())
    if asked.state is RefundState.FAILED:
        flash(_("It was refused again. Ring the buyer, or give it back in cash."), "warning")
    elif asked.state is RefundState.PENDING:
        flash(_("Sent again. The provider’s answer comes within days."), "success")
    else:
        flash(_("It has gone back to the buyer."), "success")
    return redirect(url_for(".refund_list"))


@blueprint.post("/refunds/<string:public_id>/cash")
@requires(Permission.REFUND)
def refund_in_cash(public_id: str) -> ResponseReturnValue:
    """Have the money wait at the counter."""
    return _done(
        giving_back.offer_cash,
        public_id,
        _("It waits at the counter, and the buyer was told. A second person counts it out."),
    )


@blueprint.post("/refunds/<string:public_id>/back")
@requires(Permission.REFUND)
def refund_not_fetched(public_id: str) -> ResponseReturnValue:
    """Take cash that nobody fetched back into the drawer."""
    return _done(
        giving_back.end_cash_offer, public_id, _("Back in the drawer. It can go another way now.")
    )


def _done(act: Callable[..., object], public_id: str, words: str) -> ResponseReturnValue:
    act(refund_public_id=public_id, actor=current_actor(), now=now())
    flash(words, "success")
    return redirect(url_for(".refund_list"))


@blueprint.post("/refunds/<string:public_id>/given")
@requires(Permission.TAKE_MONEY)
def refund_given(public_id: str) -> ResponseReturnValue:
    """Note that the cash is in the buyer's hands, against her signature."""
    form = ProofForm()
    if form.validate_on_submit():
        with refusals_on(form):
            giving_back.hand_cash(
                refund_public_id=public_id,
                proof=form.proof.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Counted out and booked. Keep the signed receipt."), "success")
            return redirect(url_for(".refund_list"))
    return _refund_list(form, open_id=public_id)
