"""Colleagues and their second step: who lost her telephone gets it reset by two others."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import factors
from shop.accounts import queries as accounts
from shop.accounts.queries import UserView
from shop.kernel.access import Permission
from shop.kernel.errors import NotFound
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import ResetForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.web.role_names import ROLE_NAMES


def _show(form: ResetForm) -> ResponseReturnValue:
    actor = current_actor()
    people: dict[int, tuple[UserView, list[str]]] = {}
    for one in accounts.staff(actor.scope(Permission.RESET_FACTORS)):
        _user, roles = people.setdefault(one.user.id, (one.user, []))
        name = str(ROLE_NAMES[one.role])
        if name not in roles:
            roles.append(name)
    resets = factors.open_resets(actor, now=now())
    page = render_template(
        "backoffice/colleague_list.html",
        people=list(people.values()),
        has_second=factors.with_second(frozenset(people)),
        resets=resets,
        names=accounts.names_of(
            frozenset(who for one in resets for who in (one.user_id, one.asked_by_id))
        ),
        me=actor.user_id,
        form=form,
    )
    return page, form_status(form)


@blueprint.get("/colleagues")
@requires(Permission.RESET_FACTORS)
def colleague_list() -> ResponseReturnValue:
    """List the colleagues in reach, and what is proposed about them."""
    return _show(ResetForm())


@blueprint.post("/colleagues/<string:public_id>/factor-reset")
@requires(Permission.RESET_FACTORS)
def propose_factor_reset(public_id: str) -> ResponseReturnValue:
    """Propose to take a colleague's second step away."""
    actor = current_actor()
    scope = actor.scope(Permission.RESET_FACTORS)
    user = next((p.user for p in accounts.staff(scope) if p.user.public_id == public_id), None)
    if user is None:
        raise NotFound(what=f"user:{public_id}")
    form = ResetForm()
    if form.validate_on_submit():
        with refusals_on(form):
            factors.propose_reset(user_id=user.id, reason=form.reason.text, actor=actor, now=now())
            flash(_("It is proposed. Another colleague has a day to confirm it."), "success")
            return redirect(url_for(".colleague_list"), code=303)
    return _show(form)


@blueprint.post("/factor-resets/<string:public_id>/confirmation")
@requires(Permission.RESET_FACTORS)
def confirm_factor_reset(public_id: str) -> ResponseReturnValue:
    """Be the second who says so: every sign-in of hers ends, and she sets up a new step."""
    factors.confirm_reset(name=public_id, actor=current_actor(), now=now())
    flash(_("Done. At the next sign-in the second step is set up anew."), "success")
    return redirect(url_for(".colleague_list"), code=303)


@blueprint.post("/factor-resets/<string:public_id>/end")
@requires(Permission.RESET_FACTORS)
def drop_factor_reset(public_id: str) -> ResponseReturnValue:
    """Drop a proposal."""
    factors.drop_reset(name=public_id, actor=current_actor(), now=now())
    flash(_("The proposal is dropped. Nothing has changed."), "success")
    return redirect(url_for(".colleague_list"), code=303)
