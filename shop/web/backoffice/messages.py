"""Messages at the desk: what did not arrive, whom to tell in person, and the log of all."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length

from shop.kernel.access import Permission, Scope
from shop.notifications import desk
from shop.notifications.desk import SendingRow, Tray
from shop.notifications.rules import SendingState
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.message_words import CHANNELS, STATES, what_next, why_said
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on

ADDRESS_WORDS = 254
REASON_WORDS = 200


class AddressForm(FlaskForm):
    """Where the message is to go now."""

    address = StringField(validators=[Length(max=ADDRESS_WORDS)])


class ReasonForm(FlaskForm):
    """Why nobody will be told."""

    reason = StringField(validators=[Length(max=REASON_WORDS)])


def _scope() -> Scope:
    return current_actor().scope(Permission.TELL_PEOPLE)


def _tray(which: Tray, *, open_id: int = 0, form: FlaskForm | None = None) -> ResponseReturnValue:
    return (
        render_template(
            "backoffice/message_list.html",
            page=desk.tray(_scope(), which, after=request.args.get("after")),
            which=which,
            counts=desk.counts(_scope()),
            open_id=open_id,
            form=form,
            channels=CHANNELS,
            states=STATES,
            why_said=why_said,
            what_next=what_next,
        ),
        form_status(form) if form is not None else 200,
    )


def _found(sending_id: int) -> SendingRow:
    return desk.sending(_scope(), sending_id)


def _back(row: SendingRow) -> Response:
    is_notice = row.state is SendingState.TO_TELL
    return redirect(url_for(".notice_list" if is_notice else ".message_list"), code=303)


@blueprint.get("/messages")
@requires(Permission.TELL_PEOPLE)
def message_list() -> ResponseReturnValue:
    """List what did not arrive, the oldest first, with what can be done about it."""
    return _tray(Tray.DEAD)


@blueprint.get("/messages/log")
@requires(Permission.TELL_PEOPLE)
def message_log() -> ResponseReturnValue:
    """List everything that was told or is to be, the newest first."""
    return _tray(Tray.ALL)


@blueprint.get("/messages/in-person")
@requires(Permission.TELL_PEOPLE)
def notice_list() -> ResponseReturnValue:
    """List whom to tell in person, the one who waits longest first."""
    return _tray(Tray.TO_TELL)


@blueprint.get("/messages/in-person/print")
@requires(Permission.TELL_PEOPLE)
def notice_sheet() -> str:
    """Show them in big letters, to be printed, cut and handed over."""
    page = desk.tray(_scope(), Tray.TO_TELL, most=desk.MOST_PRINTED)
    return render_template("backoffice/notice_sheet.html", notices=page.items, after=page.after)


@blueprint.post("/messages/<int:sending_id>/again")
@requires(Permission.TELL_PEOPLE)
def message_again(sending_id: int) -> ResponseReturnValue:
    """Send it again, to the address as it is now."""
    _found(sending_id)
    form = AddressForm()
    if form.validate_on_submit():
        with refusals_on(form):
            desk.try_again(
                sending_id=sending_id,
                address=form.address.data or "",
                actor=current_actor(),
                now=now(),
            )
            flash(_("It goes out again. If it fails, it comes back here."), "success")
            return redirect(url_for(".message_list"), code=303)
    return _tray(Tray.DEAD, open_id=sending_id, form=form)


@blueprint.post("/messages/<int:sending_id>/in-person")
@requires(Permission.TELL_PEOPLE)
def message_in_person(sending_id: int) -> ResponseReturnValue:
    """Take it on to tell her oneself."""
    _found(sending_id)
    desk.leave_to_person(sending_id=sending_id, actor=current_actor(), now=now())
    flash(_("She is among those to tell in person now."), "success")
    return redirect(url_for(".message_list"), code=303)


@blueprint.post("/messages/<int:sending_id>/no-more")
@requires(Permission.TELL_PEOPLE)
def message_given_up(sending_id: int) -> ResponseReturnValue:
    """Give it up with a reason."""
    row = _found(sending_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with refusals_on(form):
            desk.give_up(
                sending_id=sending_id,
                reason=form.reason.data or "",
                actor=current_actor(),
                now=now(),
            )
            flash(_("Given up. The log keeps your reason."), "success")
            return _back(row)
    is_notice = row.state is SendingState.TO_TELL
    return _tray(Tray.TO_TELL if is_notice else Tray.DEAD, open_id=sending_id, form=form)


@blueprint.post("/messages/<int:sending_id>/told")
@requires(Permission.TELL_PEOPLE)
def notice_told(sending_id: int) -> ResponseReturnValue:
    """Tick off that she was told."""
    _found(sending_id)
    desk.tell(sending_id=sending_id, actor=current_actor(), now=now())
    flash(_("Ticked off: she knows."), "success")
    return redirect(url_for(".notice_list"), code=303)
