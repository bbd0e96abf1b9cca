"""A maker's PIN given anew: one colleague finds her and asks, another is there when she types."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from shop.accounts import pins
from shop.accounts import queries as accounts
from shop.accounts.rules import LONGEST_REASON, PIN_DIGITS
from shop.kernel.access import Permission
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.backoffice.work import members_found
from shop.web.errors import form_status, refusals_on
from shop.web.fields import TextField


class AskForm(FlaskForm):
    """Why a maker wants a new PIN."""

    reason = TextField(
        _l("What happened?"),
        validators=[
            InputRequired(_l("Say what happened: her colleagues read it.")),
            Length(max=LONGEST_REASON, message=_l("200 signs at most.")),
        ],
    )


class WitnessForm(FlaskForm):
    """The new PIN, which she types herself, twice."""

    pin = PasswordField(_l("New PIN"), validators=[InputRequired(_l("She types six digits."))])
    again = PasswordField(
        _l("The same once more"), validators=[InputRequired(_l("She types six digits."))]
    )


@blueprint.get("/pins")
@requires(Permission.SEE_DESK)
def pin_list() -> ResponseReturnValue:
    """Show who waits for a witness; who keeps the members finds one and asks."""
    actor = current_actor()
    resets = pins.open_resets(actor, now=now())
    text = request.args.get("q", "")
    may_ask = actor.holds(Permission.MANAGE_MEMBERS)
    return render_template(
        "backoffice/pin_list.html",
        resets=resets,
        people=stations.members_by_id(one.member_id for one in resets),
        names=accounts.names_of(frozenset(one.asked_by_id for one in resets)),
        me=actor.user_id,
        may_ask=may_ask,
        members=members_found(text, Permission.MANAGE_MEMBERS) if may_ask and text else None,
        q=text,
    )


@blueprint.route("/pins/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_MEMBERS)
def pin_new() -> ResponseReturnValue:
    """Ask for a new PIN for one maker."""
    actor = current_actor()
    member = _member(request.args.get("member", ""))
    form = AskForm()
    if form.validate_on_submit():
        with refusals_on(form):
            pins.ask(member_id=member.id, reason=form.reason.text, actor=actor, now=now())
            flash(
                _("Asked. Now a colleague opens this at her own place, and she types."), "success"
            )
            return redirect(url_for(".pin_list"), code=303)
    page = render_template("backoffice/pin_new.html", member=member, form=form)
    return page, form_status(form)


def _member(public_id: str) -> MemberView:
    scope = current_actor().scope(Permission.MANAGE_MEMBERS)
    return stations.member_by_public_id(public_id, scope=scope)


@blueprint.route("/pins/<string:public_id>", methods=["GET", "POST"])
@requires(Permission.SEE_DESK)
def pin_page(public_id: str) -> ResponseReturnValue:
    """Be the witness: she types her new PIN here, twice, and nobody looks."""
    actor = current_actor()
    reset = pins.open_reset(public_id, actor=actor, now=now())
    form = WitnessForm()
    if form.validate_on_submit():
        with refusals_on(form):
            pins.witness(
                name=public_id,
                pin=form.pin.data or "",
                again=form.again.data or "",
                actor=actor,
                now=now(),
            )
            flash(_("She has a new PIN. Wherever she was signed in, she is out."), "success")
            return redirect(url_for(".pin_list"), code=303)
    page = render_template(
        "backoffice/pin_page.html",
        reset=reset,
        member=stations.member(reset.member_id),
        asked_by=accounts.names_of(frozenset({reset.asked_by_id})).get(reset.asked_by_id, ""),
        is_mine=reset.asked_by_id == actor.user_id or reset.member_id == actor.member_id,
        pin_digits=PIN_DIGITS,
        form=form,
    )
    return page, form_status(form)


@blueprint.post("/pins/<string:public_id>/end")
@requires(Permission.SEE_DESK)
def pin_end(public_id: str) -> ResponseReturnValue:
    """Drop what was asked for: her PIN stays."""
    pins.drop(name=public_id, actor=current_actor(), now=now())
    flash(_("Dropped. Her PIN stays as it was."), "success")
    return redirect(url_for(".pin_list"), code=303)
