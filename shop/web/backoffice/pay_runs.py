"""Pay days: one person draws the run up, another approves it, a third hands the money out."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as accounts
from shop.earnings import adjustments, payees
from shop.earnings import queries as earning_views
from shop.earnings import rules as pay_rules
from shop.earnings.queries import SlipView
from shop.earnings.rules import PayChannel, PayoutState, PayRunState
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.errors import Forbidden, InvalidInput
from shop.kernel.i18n import amount_in_words, day_text
from shop.kernel.money import Money, total
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import PayoutForm, PayRunForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import PAY, joint_scope
from shop.web.earning_words import CHANNELS, PAYOUT_STATES, say
from shop.web.errors import form_status, refusals_on
from shop.web.filters import locale_name, localized, show_money
from shop.workflows import paying

TO_HAND_OUT = frozenset({PayoutState.PENDING, PayoutState.RETURNED})


def pay_scope() -> Scope:
    """Return where this person has to do with pay; others do not see what women earn."""
    scope = joint_scope(current_actor(), PAY)
    if not scope.paths:
        raise Forbidden(permission=Permission.PREPARE_PAY)
    return scope


def _day(day: date) -> str:
    return day_text(day, locale=locale_name(), today=business_day(now()))


def _periods(today: date) -> tuple[date, date]:
    """Return the ends of the two latest periods that are over."""
    latest = pay_rules.last_period_end(today)
    return latest, pay_rules.last_period_end(latest)


@blueprint.route("/pay-runs", methods=["GET", "POST"])
@requires(Permission.SEE_DESK)
def pay_run_list() -> ResponseReturnValue:
    """List the runs; who may, draws one up here."""
    actor = current_actor()
    scope = pay_scope()
    workshops = {one.slug: one for one in stations.workshops(actor.scope(Permission.PREPARE_PAY))}
    form = PayRunForm()
    form.workshop_slug.choices = [(slug, localized(w, "name")) for slug, w in workshops.items()]
    members = {one.public_id: one for one in stations.members(actor.scope(Permission.PREPARE_PAY))}
    form.pay_anyway.choices = [
        (public_id, f"{one.code} {localized(one, 'name')}") for public_id, one in members.items()
    ]
    form.period_end_on.choices = [
        (
            day.isoformat(),
            _(
                "%(end)s, paid on %(pay)s",
                end=_day(day),
                pay=_day(pay_rules.pay_day_for(day)),
            ),
        )
        for day in _periods(business_day(now()))
    ]
    if form.validate_on_submit():
        with refusals_on(form):
            paying.prepare_pay_run(
                workshop_id=workshops[form.workshop_slug.data].id,
                period_end_on=date.fromisoformat(form.period_end_on.data),
                pay_anyway=[members[one].id for one in form.pay_anyway.data or []],
                actor=actor,
                now=now(),
            )
            flash(_("Drawn up. A second person approves it now."), "success")
            return redirect(url_for(".pay_run_list"))
    runs = earning_views.pay_runs(scope)
    names = stations.workshops_by_id({run.workshop_id for run in runs})
    return (
        render_template(
            "backoffice/pay_run_list.html",
            form=form,
            runs=runs,
            workshops=names,
            may_prepare=bool(workshops),
        ),
        form_status(form),
    )


@blueprint.get("/pay-runs/<string:public_id>")
@requires(Permission.SEE_DESK)
def pay_run_page(public_id: str) -> ResponseReturnValue:
    """Show one run with its slips."""
    return _pay_run_page(public_id, _payout_form(public_id, is_sent=False))


def _payout_form(public_id: str, *, is_sent: bool) -> PayoutForm:
    run = earning_views.pay_run(public_id, scope=pay_scope())
    form = PayoutForm() if is_sent else PayoutForm(formdata=None)
    form.witness.choices = witness_choices(run.station_id)
    return form


def witness_choices(station_id: int) -> list[tuple[str, str]]:
    """Return who of a place can have seen the money: nobody, or anybody but the one who pays."""
    payer = current_actor().user_id
    people = {
        one.user.public_id: one.user.name
        for one in accounts.users_at(station_id)
        if one.user.id != payer
    }
    return [("", _("Nobody, it was not cash")), *sorted(people.items())]


def _pay_run_page(public_id: str, form: PayoutForm) -> ResponseReturnValue:
    run = earning_views.pay_run(public_id, scope=pay_scope())
    slips = earning_views.slips(run.id)
    people = {run.prepared_by_id, run.approved_by_id, run.confirmed_by_id}
    people |= {slip.paid_by_id for slip in slips} | {slip.witness_id for slip in slips}
    page = render_template(
        "backoffice/pay_run_page.html",
        run=run,
        slips=slips,
        names=accounts.names_of(frozenset(one for one in people if one is not None)),
        channels=CHANNELS,
        payout_states=PAYOUT_STATES,
        workshop=stations.workshop(run.workshop_id),
        form=form,
        now=now(),
        payees=payees.standing_of(
            (slip.member_id for slip in slips if slip.state in TO_HAND_OUT),
            today=business_day(now()),
        ),
    )
    return page, form_status(form)


@blueprint.post("/pay-runs/<string:public_id>/yes")
@requires(Permission.APPROVE_PAY)
def pay_run_yes(public_id: str) -> ResponseReturnValue:
    """Approve a run as the second person."""
    run = earning_views.pay_run(public_id, scope=pay_scope())
    paying.approve_pay_run(pay_run_id=run.id, actor=current_actor(), now=now())
    if earning_views.pay_run_by_id(run.id).state is PayRunState.REVIEWED:
        flash(_("Approved. It is above the limit: the town confirms it now."), "success")
    else:
        flash(_("Approved. The cashier can pay it out."), "success")
    return redirect(url_for(".pay_run_page", public_id=public_id))


def _slip(run_public_id: str, public_id: str) -> SlipView:
    run = earning_views.pay_run(run_public_id, scope=pay_scope())
    slips = {slip.public_id: slip for slip in earning_views.slips(run.id)}
    if public_id not in slips:
        raise InvalidInput(what="slip")
    return slips[public_id]


@blueprint.post("/pay-runs/<string:public_id>/payouts")
@requires(Permission.PAY_OUT)
def pay_run_payout(public_id: str) -> ResponseReturnValue:
    """Note that one member got her money, and who saw it when it was cash."""
    run = earning_views.pay_run(public_id, scope=pay_scope())
    form = _payout_form(public_id, is_sent=True)
    if form.validate_on_submit():
        with refusals_on(form):
            slip = _slip(public_id, form.slip.text)
            if form.channel.data == PayChannel.WECHAT:
                paying.send_transfer(pay_slip_id=slip.id, actor=current_actor(), now=now())
                flash(_("Sent. It counts as paid when she has confirmed it."), "success")
                return redirect(url_for(".pay_run_page", public_id=public_id))
            people = {one.user.public_id: one.user.id for one in accounts.users_at(run.station_id)}
            paid = paying.record_payout(
                pay_slip_id=slip.id,
                channel=PayChannel(form.channel.data),
                witness_id=people.get(form.witness.data),
                actor=current_actor(),
                now=now(),
            )
            flash(
                _("%(sum)s paid to %(name)s.", sum=show_money(paid), name=slip.member_name),
                "success",
            )
            return redirect(url_for(".pay_run_page", public_id=public_id))
    return _pay_run_page(public_id, form)


@blueprint.post("/pay-runs/<string:public_id>/transfer-confirmed")
@requires(Permission.PAY_OUT)
def pay_run_transfer_confirmed(public_id: str) -> ResponseReturnValue:
    """Note that she has confirmed a transfer by phone; never the same form as that it was sent."""
    slip = _slip(public_id, request.form.get("slip", ""))
    paid = paying.record_payout(
        pay_slip_id=slip.id, channel=PayChannel.WECHAT, actor=current_actor(), now=now()
    )
    flash(_("%(sum)s paid to %(name)s.", sum=show_money(paid), name=slip.member_name), "success")
    return redirect(url_for(".pay_run_page", public_id=public_id))


@blueprint.post("/pay-runs/<string:public_id>/transfer-returned")
@requires(Permission.PAY_OUT)
def pay_run_transfer_returned(public_id: str) -> ResponseReturnValue:
    """Note that a transfer by phone came back; her money stays owed."""
    slip = _slip(public_id, request.form.get("slip", ""))
    paying.note_returned(pay_slip_id=slip.id, actor=current_actor(), now=now())
    flash(_("Noted: it came back. Her money is still hers; pay it another way or again."), "info")
    return redirect(url_for(".pay_run_page", public_id=public_id))


@blueprint.get("/pay-runs/<string:public_id>/cash")
@requires(Permission.SEE_DESK)
def pay_run_cash(public_id: str) -> ResponseReturnValue:
    """Print what to fetch from the bank in which notes, and the sheet on which each signs."""
    run = earning_views.pay_run(public_id, scope=pay_scope())
    to_pay = [one for one in earning_views.slips(run.id) if one.state in TO_HAND_OUT]
    # Whoever has an account is on the list for the bank.
    to_account = payees.standing_of((one.member_id for one in to_pay), today=business_day(now()))
    slips = [one for one in to_pay if one.member_id not in to_account]
    envelopes = [(one, *pay_rules.in_notes(one.amount)) for one in slips]
    return render_template(
        "backoffice/pay_run_cash.html",
        run=run,
        workshop=stations.workshop(run.workshop_id),
        envelopes=envelopes,
        denominations=[
            (Money(worth), sum(notes.get(worth, 0) for _, notes, _ in envelopes))
            for worth in pay_rules.DENOMINATIONS
        ],
        fen=total([rest for _, _, rest in envelopes]),
        sum=total([one.amount for one in slips]),
        in_words=amount_in_words,
    )


@blueprint.get("/pay-runs/<string:public_id>/slips")
@requires(Permission.SEE_DESK)
def pay_run_slips(public_id: str) -> ResponseReturnValue:
    """Print one folded slip for each member: what it is made of, and the sum in words."""
    run = earning_views.pay_run(public_id, scope=pay_scope())
    workshop = stations.workshop(run.workshop_id)
    zone = stations.station(run.station_id).time_zone
    slips = earning_views.slips(run.id)
    taken = adjustments.taken_by(slip.id for slip in slips)
    wanted = request.args.get("slip")
    return render_template(
        "backoffice/pay_run_slips.html",
        run=run,
        workshop=workshop,
        slips=[
            (slip, earning_views.slip_lines(slip.id, zone=zone), taken.get(slip.id, []))
            for slip in slips
            if wanted in (None, slip.public_id)
        ],
        say_line=lambda line: say(line.sentence, today=run.pay_on),
        in_words=amount_in_words,
    )
