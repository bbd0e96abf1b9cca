"""Returns from imported sales that fit no sale we know: a person looks at each and closes it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.kernel.access import Permission
from shop.orders import past
from shop.orders import services as orders
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import NoteForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on

MOST = 50


@blueprint.get("/unmatched-returns")
@requires(Permission.REFUND)
def unmatched_list() -> ResponseReturnValue:
    """Show the queue, oldest first, or what was closed."""
    return _unmatched_list(NoteForm(formdata=None), open_id=None)


def _unmatched_list(form: NoteForm, *, open_id: int | None) -> ResponseReturnValue:
    scope = current_actor().scope(Permission.REFUND)
    is_closed = request.args.get("state") == "closed"
    after = request.args.get("after", "")
    found = past.unmatched(
        scope, is_open=not is_closed, after=int(after) if after.isdecimal() else None, most=MOST
    )
    page = render_template(
        "backoffice/unmatched_list.html",
        returns=found,
        is_closed=is_closed,
        count=past.count_unmatched(scope),
        next_after=found[-1].id if len(found) == MOST else None,
        form=form,
        open_id=open_id,
    )
    return page, form_status(form)


@blueprint.post("/unmatched-returns/<int:unmatched_return_id>")
@requires(Permission.REFUND)
def unmatched_note(unmatched_return_id: int) -> ResponseReturnValue:
    """Close one return with a note about what became of it."""
    form = NoteForm()
    if form.validate_on_submit():
        with refusals_on(form):
            orders.close_unmatched(
                unmatched_return_id=unmatched_return_id,
                note=form.note.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Closed, with your words beside it."), "success")
            return redirect(url_for(".unmatched_list"))
    return _unmatched_list(form, open_id=unmatched_return_id)
