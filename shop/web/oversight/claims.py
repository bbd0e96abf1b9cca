"""What buyers took to the town: both sides read, one answer that binds the room."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as people
from shop.claims import queries as claims
from shop.claims.rules import OPEN, ClaimState
from shop.kernel.access import Permission, Scope
from shop.media import queries as media
from shop.media.rules import Subject
from shop.orders import queries as order_views
from shop.web.access import current_actor, now, requires
from shop.web.claim_words import KINDS, STATES, steps_of
from shop.web.errors import form_status, refusals_on
from shop.web.oversight.forms import ClaimDecisionForm
from shop.web.oversight.room import blueprint
from shop.web.pictures import private_picture
from shop.workflows import claiming

MOST = 50
DECIDED = frozenset({ClaimState.DIRECTED, ClaimState.ENDED})


def _scope() -> Scope:
    return current_actor().scope(Permission.DECIDE_OBJECTIONS)


@blueprint.get("/claims")
@requires(Permission.DECIDE_OBJECTIONS)
def claim_list() -> ResponseReturnValue:
    """Show what waits for the town, the first due first; what is late in its rooms; or decided."""
    return _list(ClaimDecisionForm(formdata=None))


def _list(form: ClaimDecisionForm, *, open_id: str = "") -> ResponseReturnValue:
    is_open = request.args.get("state") != "decided"
    states = {ClaimState.AT_TOWN} if is_open else DECIDED
    found = claims.claims_at(_scope(), states, most=MOST)
    at = now()
    late = [
        one
        for one in claims.claims_at(_scope(), OPEN - {ClaimState.AT_TOWN}, most=MOST)
        if is_open and one.is_late(at)
    ]
    by = frozenset(step.by_id for one in found for step in one.steps if step.by_id is not None)
    names = people.names_of(by)
    page = render_template(
        "oversight/claims.html",
        claims=found,
        late=late,
        orders=order_views.orders_by_id({one.order_id for one in [*found, *late]}),
        pictures={one.id: media.at_desk(Subject.CLAIM, one.id) for one in found},
        steps={one.id: steps_of(one, names) for one in found},
        kinds=KINDS,
        states=STATES,
        is_open=is_open,
        form=form,
        open_id=open_id,
        at=at,
    )
    return page, form_status(form)


@blueprint.get("/claims/<string:public_id>/pictures/<string:picture>")
@requires(Permission.DECIDE_OBJECTIONS)
def claim_picture(public_id: str, picture: str) -> ResponseReturnValue:
    """Show one photograph of a claim of one's own rooms."""
    found = claims.claim(public_id, scope=_scope())
    return private_picture(media.at_desk(Subject.CLAIM, found.id), picture)


@blueprint.post("/claims/<string:public_id>")
@requires(Permission.DECIDE_OBJECTIONS)
def decide_claim(public_id: str) -> ResponseReturnValue:
    """Say who is right."""
    claims.claim(public_id, scope=_scope())
    form = ClaimDecisionForm()
    if form.validate_on_submit():
        with refusals_on(form):
            claiming.decide_at_town(
                public_id=public_id,
                is_for_buyer=form.is_for_buyer,
                words=form.text.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Decided. Buyer and room are told, with your words."), "success")
            return redirect(url_for(".claim_list"))
    return _list(form, open_id=public_id)
