"""The town's answer to a buyer whose review the room has hidden: dated, with words she can read."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as accounts
from shop.kernel.access import Permission, Scope
from shop.reviews import desk
from shop.reviews import services as reviews
from shop.reviews.rules import REASONS
from shop.web.access import current_actor, now, requires
from shop.web.errors import form_status, refusals_on
from shop.web.oversight.forms import DecisionForm
from shop.web.oversight.room import blueprint


def _scope() -> Scope:
    return current_actor().scope(Permission.DECIDE_OBJECTIONS)


def _list(form: DecisionForm, *, open_id: str = "") -> ResponseReturnValue:
    is_open = request.args.get("state") != "decided"
    found = desk.objections(_scope(), is_open=is_open)
    people = {person for one in found for person in one.hiding.people if person is not None}
    return (
        render_template(
            "oversight/objections.html",
            objections=found,
            is_open=is_open,
            names=accounts.names_of(frozenset(people)),
            reasons=REASONS,
            form=form,
            open_id=open_id,
            now=now(),
        ),
        form_status(form),
    )


@blueprint.get("/objections")
@requires(Permission.DECIDE_OBJECTIONS)
def objection_list() -> ResponseReturnValue:
    """Show the objections of one's own rooms, the first due first, or those decided."""
    return _list(DecisionForm(formdata=None))


@blueprint.post("/objections/<string:public_id>")
@requires(Permission.DECIDE_OBJECTIONS)
def decide_objection(public_id: str) -> ResponseReturnValue:
    """Answer one objection: the words stay hidden, or are shown again."""
    desk.objection(public_id, _scope())
    form = DecisionForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviews.decide_objection(
                public_id=public_id,
                is_upheld=form.is_upheld,
                text=form.text.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Decided. The buyer is told, with your words."), "success")
            return redirect(url_for(".objection_list"))
    return _list(form, open_id=public_id)
