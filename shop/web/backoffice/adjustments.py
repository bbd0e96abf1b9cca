"""Advances, deductions and corrections: what waits for a second person, her or the cashier."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from shop.accounts import queries as accounts
from shop.earnings import adjustments, netting
from shop.earnings import queries as earning_views
from shop.earnings.netting import CORRECTIONS, DEDUCTIONS, AdjustmentKind
from shop.earnings.queries import EarningLine
from shop.earnings.rules import CORRECTABLE, PayChannel, Pot
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.errors import InvalidInput
from shop.kernel.ids import secret_token
from shop.kernel.money import Money
from shop.production import queries as making
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.pay_runs import pay_scope, witness_choices
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import PAY, WEIGHING_PAY, joint_scope
from shop.web.earning_words import say
from shop.web.errors import form_status, refusals_on
from shop.web.fields import NEEDED, HiddenTextField, MoneyField, TextField
from shop.web.filters import localized, show_money
from shop.workflows import adjusting

_: Callable[..., str] = gettext  # Flask-Babel has no types
KINDS = {
    AdjustmentKind.ADVANCE: _l("Advance on open work"),
    AdjustmentKind.TOOL: _l("Tool not given back"),
    AdjustmentKind.MATERIAL: _l("Material lost above the allowance"),
    AdjustmentKind.BACK_PAY: _l("Too little was written"),
    AdjustmentKind.OVERPAYMENT: _l("Too much was written"),
}
MOST_CORRECTABLE = 60


class AdjustmentForm(FlaskForm):
    """One advance, deduction or correction; its kind decides which boxes are shown."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(NEEDED), Length(max=64)])
    work_order = SelectField(_l("Which work"), validators=[Optional()])
    earning = SelectField(_l("Which amount"), validators=[Optional()])
    item = TextField(_l("Which thing"), validators=[Length(max=adjustments.LONGEST_WORDS)])
    paper = TextField(
        _l("Number of the slip or photograph"), validators=[Length(max=adjustments.LONGEST_WORDS)]
    )
    reason = TextField(_l("Why"), validators=[Length(max=adjustments.LONGEST_WORDS)])
    amount = MoneyField(_l("Sum in yuan"), validators=[InputRequired(NEEDED)])


@blueprint.get("/adjustments")
@requires(Permission.SEE_DESK)
def adjustment_list() -> ResponseReturnValue:
    """List what waits for an answer or for its money, and what the next runs will take."""
    scope = pay_scope()
    actor = current_actor()
    # Whoever only hands money out sees what can be handed out (domain.md 2).
    weighing = joint_scope(actor, WEIGHING_PAY)
    to_pay = adjustments.to_pay(scope)
    waiting = [*adjustments.waiting(weighing), *to_pay]
    people = {one.proposed_by_id for one in waiting}
    return render_template(
        "backoffice/adjustment_list.html",
        waiting=waiting,
        standing=adjustments.standing(weighing),
        names=accounts.names_of(frozenset(people)),
        witnesses={
            station_id: witness_choices(station_id)
            for station_id in {one.station_id for one in to_pay}
        },
        members=stations.members(actor.scope(Permission.PREPARE_PAY)),
        kinds=KINDS,
        say=lambda one: say(one.sentence, today=business_day(now())),
    )


@blueprint.route("/adjustments/new", methods=["GET", "POST"])
@requires(Permission.PREPARE_PAY)
def adjustment_new() -> ResponseReturnValue:
    """Note an advance, a deduction or a correction for one member; a second person agrees."""
    scope = current_actor().scope(Permission.PREPARE_PAY)
    member = stations.member_by_public_id(request.args.get("member", ""), scope=scope)
    named = request.args.get("kind", "")
    kind = AdjustmentKind(named) if named in set(AdjustmentKind) else None
    form = AdjustmentForm()
    form.work_order.choices = _open_work(member) if kind is AdjustmentKind.ADVANCE else []
    form.earning.choices = _amounts(member) if kind in CORRECTIONS else []
    if kind is not None and form.validate_on_submit():
        with refusals_on(form):
            _propose(kind, member, form)
            flash(_("Noted. Nothing changes before the other one has said yes."), "success")
            return redirect(url_for(".adjustment_list"))
    page = render_template(
        "backoffice/adjustment_new.html", member=member, kind=kind, kinds=KINDS, form=form
    )
    return page, form_status(form)


def _open_work(member: MemberView) -> list[tuple[str, str]]:
    works = [one for one in making.work_orders(member_id=member.id) if adjusting.may_advance(one)]
    before = adjustments.advanced_on(one.work_order_id for one in works)
    choices = []
    for one in works:
        had = before.get(one.work_order_id, Money(0))
        most = netting.most_advanced(one.rate * one.quantity, before=had)
        if most:
            label = _(
                "%(number)s: %(pieces)s × %(title)s, at most %(most)s",
                number=one.number,
                pieces=one.quantity,
                title=localized(one.piece, "title"),
                most=show_money(most),
            )
            choices.append((one.public_id, label))
    return choices


def _amounts(member: MemberView) -> list[tuple[str, str]]:
    """Return the amounts of the last months that can be wrong, the latest first."""
    today = business_day(now())
    first = netting.reaches_back_to(today)

    def wanted(line: EarningLine) -> bool:
        return line.kind in CORRECTABLE and line.earned_on >= first

    lines = [
        line
        for pot in (Pot.SURE, Pot.PAID)
        for line in earning_views.statement(member.id, pot=pot, now=now(), most=MOST_CORRECTABLE)
    ]
    return [(one.public_id, say(one.sentence, today=today)) for one in lines if wanted(one)]


def _propose(kind: AdjustmentKind, member: MemberView, form: AdjustmentForm) -> None:
    actor, at, key = current_actor(), now(), form.key.text
    if kind is AdjustmentKind.ADVANCE:
        if not form.work_order.data:
            raise adjustments.AdvanceTooLarge(most=Money(0))
        adjusting.propose_advance(
            member_id=member.id,
            work_order_public_id=form.work_order.data,
            amount=form.amount.sum,
            key=key,
            actor=actor,
            now=at,
        )
    elif kind in DEDUCTIONS:
        adjustments.propose_deduction(
            kind=kind,
            member_id=member.id,
            item=form.item.text,
            paper=form.paper.text,
            amount=form.amount.sum,
            key=key,
            actor=actor,
            now=at,
        )
    else:
        adjustments.propose_correction(
            kind=kind,
            member_id=member.id,
            earning_public_id=form.earning.data or "",
            amount=form.amount.sum,
            reason=form.reason.text,
            key=key,
            actor=actor,
            now=at,
        )


@blueprint.post("/adjustments/<string:public_id>/yes")
@requires(Permission.SEE_DESK)
def adjustment_yes(public_id: str) -> ResponseReturnValue:
    """Agree as the second person, or note that she said yes."""
    one = adjustments.adjustment(public_id, scope=joint_scope(current_actor(), PAY))
    on_behalf = one.kind in DEDUCTIONS
    adjusting.agree(adjustment_id=one.id, on_behalf=on_behalf, actor=current_actor(), now=now())
    if on_behalf:
        flash(_("Noted that she agrees; her page says who noted it."), "success")
    elif one.kind is AdjustmentKind.ADVANCE:
        flash(_("Agreed. The cashier can pay it."), "success")
    else:
        flash(_("Agreed and booked."), "success")
    return redirect(url_for(".adjustment_list"))


@blueprint.post("/adjustments/<string:public_id>/no")
@requires(Permission.SEE_DESK)
def adjustment_no(public_id: str) -> ResponseReturnValue:
    """Refuse or withdraw it: nothing is taken and nothing paid."""
    one = adjustments.adjustment(public_id, scope=joint_scope(current_actor(), PAY))
    words = request.form.get("words", "")
    adjustments.refuse(adjustment_id=one.id, words=words, actor=current_actor(), now=now())
    flash(_("Ended. Nothing changes."), "success")
    return redirect(url_for(".adjustment_list"))


@blueprint.post("/adjustments/<string:public_id>/payout")
@requires(Permission.PAY_OUT)
def adjustment_payout(public_id: str) -> ResponseReturnValue:
    """Note that she got her advance, and who saw it when it was cash."""
    one = adjustments.adjustment(public_id, scope=joint_scope(current_actor(), PAY))
    people = {found.user.public_id: found.user.id for found in accounts.users_at(one.station_id)}
    channel = request.form.get("channel", "")
    if channel not in {PayChannel.CASH.value, PayChannel.BANK.value}:
        raise InvalidInput(what="channel")
    paid = adjusting.pay_advance(
        adjustment_id=one.id,
        channel=PayChannel(channel),
        witness_id=people.get(request.form.get("witness", "")),
        actor=current_actor(),
        now=now(),
    )
    flash(_("%(sum)s paid to %(name)s.", sum=show_money(paid), name=one.member_name), "success")
    return redirect(url_for(".adjustment_list"))
