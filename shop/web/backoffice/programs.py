"""Outside programs of a place: who they are, and the tokens they prove themselves with."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from shop.kernel.access import Permission, Scope
from shop.programs import hooks
from shop.programs import queries as programs
from shop.programs import services as programming
from shop.programs.queries import ProgramView
from shop.programs.rules import (
    LONGEST_LIFE,
    LONGEST_NAME,
    LONGEST_URL,
    NEEDS,
    HookKind,
    ProgramScope,
    TellingState,
)
from shop.programs.services import NewToken
from shop.stations import queries as stations
from shop.stations.queries import StationView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.web.fields import NEEDED, TextField
from shop.web.filters import localized

USUAL_DAYS = 90
SCOPE_WORDS = {
    ProgramScope.BUY: _l("Fill carts, place orders and book seats for buyers"),
    ProgramScope.ORDERS_READ: _l("Read the orders our workshops send or hand over"),
    ProgramScope.ORDERS_CONTACT: _l("Read names and addresses on those orders as well"),
}

KIND_WORDS = {
    HookKind.ORDER_PLACED: _l("an order was placed"),
    HookKind.ORDER_PAID: _l("an order was paid"),
    HookKind.ORDER_EXPIRED: _l("nobody paid an order in time"),
    HookKind.ORDER_CANCELLED: _l("an order was cancelled"),
    HookKind.ORDER_COMPLETED: _l("an order was completed"),
    HookKind.PART_PACKED: _l("a parcel was packed"),
    HookKind.PART_SHIPPED: _l("a parcel left"),
    HookKind.PART_RECEIVED: _l("a parcel arrived"),
    HookKind.REFUND_SETTLED: _l("money went back"),
    HookKind.PRODUCT_LISTED: _l("a product came on sale"),
    HookKind.PRODUCT_HIDDEN: _l("a product left sale"),
    HookKind.PRICE_CHANGED: _l("a price changed"),
    HookKind.SESSION_PLANNED: _l("a date can be booked"),
    HookKind.SESSION_CANCELLED: _l("a date was called off"),
}
STATE_WORDS = {
    TellingState.WAITING: _l("Waits"),
    TellingState.CLAIMED: _l("On its way"),
    TellingState.SENT: _l("Taken"),
    TellingState.DEAD: _l("Given up"),
}


class ProgramForm(FlaskForm):
    """A program that a place answers for."""

    place = SelectField(_l("Which place answers for it"), validators=[DataRequired(NEEDED)])
    name = TextField(
        _l("What it is called"), validators=[DataRequired(NEEDED), Length(max=LONGEST_NAME)]
    )


class HookForm(FlaskForm):
    """An address that is told what happens."""

    url = TextField(
        _l("Address, beginning with https://"),
        validators=[DataRequired(NEEDED), Length(max=LONGEST_URL)],
    )
    kinds = SelectMultipleField(_l("Tell it when"), validators=[DataRequired(NEEDED)])


class TokenForm(FlaskForm):
    """A token: what it is for, and how long."""

    scopes = SelectMultipleField(_l("What it may do"), validators=[DataRequired(NEEDED)])
    days = IntegerField(
        _l("For how many days"),
        default=USUAL_DAYS,
        validators=[
            InputRequired(NEEDED),
            NumberRange(1, LONGEST_LIFE.days, _l("From one day to a year.")),
        ],
    )


def _scope() -> Scope:
    return current_actor().scope(Permission.MANAGE_PROGRAMS)


def _places() -> list[StationView]:
    scope = _scope()
    if stations.WHOLE_TREE in scope.paths:
        return stations.children(None, scope=scope)
    return [one for path in sorted(set(scope.paths)) for one in stations.ancestors(path)[-1:]]


def _program(public_id: str) -> ProgramView:
    return programs.program(public_id, scope=_scope())


@blueprint.route("/programs", methods=["GET", "POST"])
@requires(Permission.MANAGE_PROGRAMS)
def program_list() -> ResponseReturnValue:
    """List the programs in reach, and take a new one in."""
    form = ProgramForm()
    form.place.choices = [(one.code, localized(one, "short_name")) for one in _places()]
    if form.validate_on_submit():
        with refusals_on(form):
            public_id = programming.enter(
                station_id=stations.station_by_code(form.place.data).id,
                name=form.name.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("The program is known. Now make it a token."), "success")
            return redirect(url_for(".program_page", public_id=public_id))
    return (
        render_template(
            "backoffice/program_list.html", programs=programs.programs(_scope()), form=form
        ),
        form_status(form),
    )


def _token_form(view: ProgramView, *, is_blank: bool = False) -> TokenForm:
    form = TokenForm(formdata=None) if is_blank else TokenForm()
    actor, path = current_actor(), stations.path_of(view.station_id)
    form.scopes.choices = [
        (scope.value, words)
        for scope, words in SCOPE_WORDS.items()
        if actor.may(NEEDS[scope], at=path)
    ]
    return form


def _hook_form(view: ProgramView, *, is_blank: bool = False) -> HookForm:
    form = HookForm(formdata=None) if is_blank else HookForm()
    actor, path = current_actor(), stations.path_of(view.station_id)
    form.kinds.choices = [
        (kind.value, words) for kind, words in KIND_WORDS.items() if actor.may(kind.needs, at=path)
    ]
    return form


def _page(
    view: ProgramView,
    *,
    form: TokenForm | None = None,
    hook_form: HookForm | None = None,
    made: NewToken | None = None,
    secret: str = "",
) -> ResponseReturnValue:
    # A form that was not sent says nothing, whatever the other one of the page brought.
    told = max(form_status(one) for one in (form, hook_form) if one) if form or hook_form else 200
    return (
        render_template(
            "backoffice/program_page.html",
            program=view,
            tokens=programs.tokens(view.id),
            hooks=programs.hooks(view.id),
            scope_words=SCOPE_WORDS,
            kind_words=KIND_WORDS,
            form=form or _token_form(view, is_blank=True),
            hook_form=hook_form or _hook_form(view, is_blank=True),
            asked=[one for one in (form, hook_form) if one],
            made=made,
            secret=secret,
            instant=now(),
        ),
        told,
    )


@blueprint.get("/programs/<string:public_id>")
@requires(Permission.MANAGE_PROGRAMS)
def program_page(public_id: str) -> ResponseReturnValue:
    """Show one program with its tokens."""
    view = _program(public_id)
    return _page(view)


@blueprint.post("/programs/<string:public_id>/tokens")
@requires(Permission.MANAGE_PROGRAMS)
def token_new(public_id: str) -> ResponseReturnValue:
    """Make a token and show it: this answer is the only place where it ever stands."""
    view = _program(public_id)
    form = _token_form(view)
    made = None
    if form.validate_on_submit():
        with refusals_on(form):
            made = programming.make_token(
                program_id=view.id,
                scopes=[ProgramScope(one) for one in form.scopes.data or []],
                days=form.days.data or 0,
                actor=current_actor(),
                now=now(),
            )
    return _page(view, form=form, made=made)


@blueprint.post("/programs/<string:public_id>/tokens/<string:token>/revoke")
@requires(Permission.MANAGE_PROGRAMS)
def token_revoke(public_id: str, token: str) -> ResponseReturnValue:
    """Let a token open nothing from now on."""
    programming.revoke_token(
        program_id=_program(public_id).id, public_id=token, actor=current_actor(), now=now()
    )
    flash(_("The token opens nothing any more."), "success")
    return redirect(url_for(".program_page", public_id=public_id))


@blueprint.post("/programs/<string:public_id>/end")
@requires(Permission.MANAGE_PROGRAMS)
def program_end(public_id: str) -> ResponseReturnValue:
    """End a program with all its tokens."""
    programming.end(program_id=_program(public_id).id, actor=current_actor(), now=now())
    flash(_("The program can do nothing any more."), "success")
    return redirect(url_for(".program_list"))


@blueprint.post("/programs/<string:public_id>/hooks")
@requires(Permission.MANAGE_PROGRAMS)
def hook_new(public_id: str) -> ResponseReturnValue:
    """Tell an address what happens from now on, and show the secret that signs it."""
    view = _program(public_id)
    form = _hook_form(view)
    secret = ""
    if form.validate_on_submit():
        with refusals_on(form):
            secret = hooks.open_hook(
                program_id=view.id,
                url=form.url.text,
                kinds=[HookKind(one) for one in form.kinds.data or []],
                actor=current_actor(),
                now=now(),
            ).secret
    return _page(view, hook_form=form, secret=secret)


@blueprint.get("/programs/<string:public_id>/hooks/<string:hook>")
@requires(Permission.MANAGE_PROGRAMS)
def hook_page(public_id: str, hook: str) -> ResponseReturnValue:
    """Show one address with the log of what it was told."""
    return _show_hook(public_id, hook)


def _show_hook(public_id: str, hook: str, *, secret: str = "") -> ResponseReturnValue:
    view = _program(public_id)
    shown = programs.hook(view.id, hook)
    return render_template(
        "backoffice/hook_page.html",
        program=view,
        hook=shown,
        messages=programs.messages(shown.id),
        kind_words=KIND_WORDS,
        state_words=STATE_WORDS,
        secret=secret,
        instant=now(),
    )


@blueprint.post("/programs/<string:public_id>/hooks/<string:hook>/secret")
@requires(Permission.MANAGE_PROGRAMS)
def hook_secret(public_id: str, hook: str) -> ResponseReturnValue:
    """Sign anew and show the new secret; the old one signs beside it for a day."""
    made = hooks.sign_anew(
        program_id=_program(public_id).id, public_id=hook, actor=current_actor(), now=now()
    )
    return _show_hook(public_id, hook, secret=made.secret)


@blueprint.post("/programs/<string:public_id>/hooks/<string:hook>/<any(test, rest, on, end):act>")
@requires(Permission.MANAGE_PROGRAMS)
def hook_act(public_id: str, hook: str, act: str) -> ResponseReturnValue:
    """Try an address, let it rest, go on, or end it."""
    do = {"test": hooks.ping, "rest": hooks.rest, "on": hooks.go_on, "end": hooks.end_hook}[act]
    do(program_id=_program(public_id).id, public_id=hook, actor=current_actor(), now=now())
    flash(
        {
            "test": _("A message to try is on its way. Look at the log in a moment."),
            "rest": _("It is told nothing for now; what happens waits for it."),
            "on": _("It is told again."),
            "end": _("It is told nothing any more."),
        }[act],
        "success",
    )
    if act == "end":
        return redirect(url_for(".program_page", public_id=public_id))
    return redirect(url_for(".hook_page", public_id=public_id, hook=hook))


@blueprint.post("/programs/<string:public_id>/hooks/<string:hook>/messages/<string:message>")
@requires(Permission.MANAGE_PROGRAMS)
def hook_message_again(public_id: str, hook: str, message: str) -> ResponseReturnValue:
    """Send a message that was given up once more."""
    hooks.send_again(
        program_id=_program(public_id).id,
        public_id=hook,
        message=message,
        actor=current_actor(),
        now=now(),
    )
    flash(_("It is sent once more."), "success")
    return redirect(url_for(".hook_page", public_id=public_id, hook=hook))
