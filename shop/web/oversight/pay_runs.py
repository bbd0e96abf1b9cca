"""Pay runs above the limit: the town reads them, and confirms each or sends it back with words."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as accounts
from shop.earnings import queries as earnings
from shop.earnings.rules import TOWN_LIMIT, PayRunState
from shop.kernel.access import Permission, Scope
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.earning_words import PAYOUT_STATES
from shop.web.errors import form_status, refusals_on
from shop.web.oversight.forms import SendBackForm
from shop.web.oversight.room import blueprint
from shop.workflows import paying


def _scope() -> Scope:
    return current_actor().scope(Permission.CONFIRM_PAY)


@blueprint.get("/pay-runs")
@requires(Permission.CONFIRM_PAY)
def pay_run_list() -> ResponseReturnValue:
    """Show the runs that wait for the town."""
    runs = earnings.pay_runs(_scope(), state=PayRunState.REVIEWED)
    return render_template(
        "oversight/pay_runs.html",
        runs=runs,
        workshops=stations.workshops_by_id({run.workshop_id for run in runs}),
        limit=TOWN_LIMIT,
    )


@blueprint.get("/pay-runs/<string:public_id>")
@requires(Permission.CONFIRM_PAY)
def pay_run_page(public_id: str) -> ResponseReturnValue:
    """Show one run by codes and sums; a woman's name is not needed to see whether it is right."""
    return _page(public_id, SendBackForm(formdata=None))


def _page(public_id: str, form: SendBackForm) -> ResponseReturnValue:
    run = earnings.pay_run(public_id, scope=_scope())
    people = {run.prepared_by_id, run.approved_by_id, run.confirmed_by_id} - {None}
    page = render_template(
        "oversight/pay_run.html",
        run=run,
        slips=earnings.slips(run.id),
        payout_states=PAYOUT_STATES,
        names=accounts.names_of(frozenset(one for one in people if one is not None)),
        workshop=stations.workshop(run.workshop_id),
        form=form,
        limit=TOWN_LIMIT,
    )
    return page, form_status(form)


@blueprint.post("/pay-runs/<string:public_id>/confirmed")
@requires(Permission.CONFIRM_PAY)
def pay_run_confirmed(public_id: str) -> ResponseReturnValue:
    """Confirm a run; from then on its money may leave."""
    run = earnings.pay_run(public_id, scope=_scope())
    paying.confirm_pay_run(pay_run_id=run.id, actor=current_actor(), now=now())
    flash(_("Confirmed. The cashier of the room can pay it out."), "success")
    return redirect(url_for(".pay_run_list"))


@blueprint.post("/pay-runs/<string:public_id>/sent-back")
@requires(Permission.CONFIRM_PAY)
def pay_run_sent_back(public_id: str) -> ResponseReturnValue:
    """Send a run back with words."""
    run = earnings.pay_run(public_id, scope=_scope())
    form = SendBackForm()
    if form.validate_on_submit():
        with refusals_on(form):
            paying.send_back_pay_run(
                pay_run_id=run.id, words=form.words.text, actor=current_actor(), now=now()
            )
            flash(_("Sent back. The room reads your words."), "success")
            return redirect(url_for(".pay_run_list"))
    return _page(public_id, form)
