"""Money at the payment service that needs a person: disputes, and what fits no order here."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shop.kernel.access import Permission
from shop.orders import queries as order_views
from shop.payments import differences
from shop.payments import queries as payments
from shop.payments.rules import EventState
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.counting_forms import SettlementForm
from shop.web.backoffice.forms import NoteForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.workflows import reconciling

# What a bank's short codes say to a person. Source: Stripe, "Dispute reasons".
REASONS = {
    "fraudulent": _l("The cardholder says it was not she who paid"),
    "product_not_received": _l("The buyer says that nothing came"),
    "product_unacceptable": _l("The buyer says that it was damaged or not as described"),
    "duplicate": _l("The buyer says that she paid twice"),
    "credit_not_processed": _l("The buyer says that a promised refund did not come"),
    "subscription_canceled": _l("The buyer says that she had cancelled"),
    "unrecognized": _l("The buyer does not recognize the payment"),
    "general": _l("The bank gave no reason"),
}
# What we noted when an event fitted nothing, in a person's words.
PUZZLES = {
    "a payment that is not known here": _l("It names a payment that is not known here"),
    "a refund that is not known here": _l("It names a refund that is not known here"),
    "no payment": _l("Money moved at the payment service without any order of ours"),
}


@blueprint.get("/payments")
@requires(Permission.RECONCILE)
def payment_matters() -> ResponseReturnValue:
    """Show what waits for a person, the nearest deadline first, or what was decided."""
    return _shown(NoteForm(formdata=None), open_id="")


def _shown(
    form: NoteForm, *, open_id: str, sent: SettlementForm | None = None
) -> ResponseReturnValue:
    scope = current_actor().scope(Permission.RECONCILE)
    is_decided = request.args.get("state") == "decided"
    disputes = payments.disputes(scope, is_open=not is_decided)
    differing = differences.differences(scope, is_open=not is_decided)
    order_ids = {one.order_id for one in disputes}
    order_ids |= {one.order_id for one in differing if one.order_id is not None}
    page = render_template(
        "backoffice/payment_matters.html",
        disputes=disputes,
        differences=differing,
        comparisons=differences.latest(),
        orders=order_views.orders_by_id(order_ids),
        events=[] if is_decided else payments.events_to_review(),
        is_decided=is_decided,
        reasons=REASONS,
        puzzles=PUZZLES,
        form=form,
        sent=SettlementForm(formdata=None) if sent is None else sent,
        open_id=open_id,
        at=now(),
    )
    return page, form_status(form if sent is None else sent)


@blueprint.post("/payments/events/<int:event_id>/again")
@requires(Permission.RECONCILE)
def event_again(event_id: int) -> ResponseReturnValue:
    """Ask the payment service anew what an event is about."""
    result = reconciling.hear_again(event_id=event_id, actor=current_actor(), now=now())
    if result is EventState.REVIEW:
        flash(_("It still fits nothing here. Look it up, then close it with a note."), "warning")
    else:
        flash(_("It fits now and was taken in."), "success")
    return redirect(url_for(".payment_matters"))


@blueprint.post("/payments/events/<int:event_id>/close")
@requires(Permission.RECONCILE)
def event_closed(event_id: int) -> ResponseReturnValue:
    """Close an event with a note about what became of it."""
    form = NoteForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reconciling.close_event(
                event_id=event_id, words=form.note.text, actor=current_actor(), now=now()
            )
            flash(_("Closed, with your words beside it."), "success")
            return redirect(url_for(".payment_matters"))
    return _shown(form, open_id=f"event-{event_id}")


@blueprint.post("/payments/differences/<int:difference_id>/close")
@requires(Permission.RECONCILE)
def difference_closed(difference_id: int) -> ResponseReturnValue:
    """Close a difference with a note about what became of it."""
    form = NoteForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reconciling.close_difference(
                difference_id=difference_id,
                words=form.note.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Closed, with your words beside it."), "success")
            return redirect(url_for(".payment_matters"))
    return _shown(form, open_id=f"difference-{difference_id}")


@blueprint.post("/payments/compare")
@requires(Permission.RECONCILE)
def payments_compared() -> ResponseReturnValue:
    """Compare with the payment service's own list now."""
    outcome = reconciling.compare(now=now())
    if outcome.differing:
        flash(_("Compared. What differs waits below."), "warning")
    else:
        flash(_("Compared: everything agrees."), "success")
    return redirect(url_for(".payment_matters"))


@blueprint.post("/payments/file")
@requires(Permission.RECONCILE)
def settlement_file() -> ResponseReturnValue:
    """Compare a file of what the channel paid out, and book what agrees."""
    sent = SettlementForm()
    if sent.validate_on_submit():
        with refusals_on(sent):
            outcome = reconciling.compare_file(
                content=sent.file.data.read(),
                file_name=sent.file.data.filename,
                actor=current_actor(),
                now=now(),
            )
            flash(
                _(
                    "%(agreed)s payments agree and are booked as paid out; %(differing)s differ.",
                    agreed=outcome.agreed,
                    differing=outcome.differing,
                ),
                "warning" if outcome.differing else "success",
            )
            return redirect(url_for(".payment_matters"))
    return _shown(NoteForm(formdata=None), open_id="", sent=sent)
