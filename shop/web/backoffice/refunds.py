"""Money that could not go back the way it came: send it again, or count it out by two people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shop.kernel.access import Permission
from shop.orders import queries as order_views
from shop.orders.queries import PartRow
from shop.payments.rules import RefundBearer, RefundCause, RefundState
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.counting_forms import ProofForm, RefundForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GIVING_BACK, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.fields import plain
from shop.workflows import giving_back, refunding
from shop.workflows.refunding import RefundPlan, Wish

MOST_DIGITS = 6

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


# Why staff give money back; the other causes follow from what happened by themselves.
CAUSES = {
    RefundCause.NO_REASON_RETURN: _l("Sent back within seven days, no reason needed"),
    RefundCause.FAULTY: _l("Faulty goods"),
    RefundCause.DAMAGED: _l("Damaged on the way"),
    RefundCause.MISSING: _l("Pieces were missing"),
    RefundCause.WRONG_GOODS: _l("Wrong goods were sent"),
    RefundCause.LOST_IN_POST: _l("The parcel was lost"),
    RefundCause.CANCELLED_BY_BUYER: _l("The buyer cancels before it leaves"),
    RefundCause.CANCELLED_BY_HOUSE: _l("We cannot deliver"),
    RefundCause.GOODWILL: _l("Goodwill"),
}
BEARERS = {
    RefundBearer.COOP: _l("the co-operative"),
    RefundBearer.WORKSHOP: _l("the workshop"),
    RefundBearer.CARRIER: _l("the carrier"),
    RefundBearer.BUYER: _l("the buyer"),
}


@blueprint.route("/orders/<string:public_id>/refund", methods=["GET", "POST"])
@requires(Permission.REFUND)
def refund_part(public_id: str) -> ResponseReturnValue:
    """Show what giving back would do, and do it when that was looked at."""
    row = order_views.part(public_id, current_actor().scope(Permission.REFUND))
    form = RefundForm()
    form.cause.choices = list(CAUSES.items())
    pieces = {line.position: _pieces(line.position, line.left) for line in row.part.lines}
    plan = None
    if form.validate_on_submit():
        with refusals_on(form):
            plan = _plan(row, form, pieces)
            if "do" in request.form:
                asked = refunding.request_refund(
                    order_id=row.part.order_id,
                    wishes=_wishes(row, pieces),
                    cause=RefundCause(form.cause.data),
                    are_goods_back=form.are_goods_back.data,
                    shipping=form.shipping.money,
                    return_postage=form.return_postage.money,
                    actor=current_actor(),
                    key=f"desk:{form.key.text}",
                    now=now(),
                )
                flash(_SAID[asked.state], "success" if asked.state in _GOES_WELL else "warning")
                return redirect(url_for(".part_page", public_id=public_id))
    return (
        render_template(
            "backoffice/refund_part.html",
            row=row,
            form=form,
            pieces=pieces,
            plan=plan,
            causes=CAUSES,
            bearers=BEARERS,
        ),
        form_status(form),
    )


_GOES_WELL = (RefundState.PENDING, RefundState.SETTLED)
_SAID = {
    RefundState.SETTLED: _l("It has gone back to the buyer."),
    RefundState.PENDING: _l("On its way to the buyer. The provider’s answer comes within days."),
    RefundState.FAILED: _l("The payment service refused it. See under “Money to give back”."),
}


def _pieces(position: int, left: int) -> int:
    typed = plain(request.form.get(f"pieces-{position}", "0"))
    # More than there is becomes the most there is: the plan shows it before anything happens.
    return min(int(typed), left) if typed.isdecimal() and len(typed) < MOST_DIGITS else 0


def _wishes(row: PartRow, pieces: Mapping[int, int]) -> list[Wish]:
    return [
        Wish(line.id, pieces[line.position]) for line in row.part.lines if pieces[line.position]
    ]


def _plan(row: PartRow, form: RefundForm, pieces: Mapping[int, int]) -> RefundPlan | None:
    """Return what would happen, or None for a form that was sent before and has happened."""
    if refunding.was_asked(f"desk:{form.key.text}"):
        return None
    return refunding.simulate_refund(
        order_id=row.part.order_id,
        wishes=_wishes(row, pieces),
        cause=RefundCause(form.cause.data),
        shipping=form.shipping.money,
        now=now(),
    )


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
    """Note that the money is with the buyer, and where that is in writing."""
    form = ProofForm()
    if form.validate_on_submit():
        with refusals_on(form):
            giving_back.give_by_hand(
                refund_public_id=public_id,
                proof=form.proof.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Booked. Keep the proof with the month’s papers."), "success")
            return redirect(url_for(".refund_list"))
    return _refund_list(form, open_id=public_id)
