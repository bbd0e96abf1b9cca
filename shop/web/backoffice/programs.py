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
from shop.programs import queries as programs
from shop.programs import services as programming
from shop.programs.queries import ProgramView
from shop.programs.rules import LONGEST_LIFE, LONGEST_NAME, NEEDS, ProgramScope
from shop.programs.services import NewToken
from shop.stations import queries as stations
from shop.stations.queries import StationView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import NEEDED
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.web.fields import TextField
from shop.web.filters import localized

USUAL_DAYS = 90
SCOPE_WORDS = {
    ProgramScope.BUY: _l("Fill carts, place orders and book seats for buyers"),
    ProgramScope.ORDERS_READ: _l("Read the orders our workshops send or hand over"),
    ProgramScope.ORDERS_CONTACT: _l("Read names and addresses on those orders as well"),
}


class ProgramForm(FlaskForm):
    """A program that a place answers for."""

    place = SelectField(_l("Which place answers for it"), validators=[DataRequired(NEEDED)])
    name = TextField(
        _l("What it is called"), validators=[DataRequired(NEEDED), Length(max=LONGEST_NAME)]
    )


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


def _token_form(view: ProgramView) -> TokenForm:
    form = TokenForm()
    actor, path = current_actor(), stations.path_of(view.station_id)
    form.scopes.choices = [
        (scope.value, words)
        for scope, words in SCOPE_WORDS.items()
        if actor.may(NEEDS[scope], at=path)
    ]
    return form


def _page(view: ProgramView, form: TokenForm, made: NewToken | None = None) -> ResponseReturnValue:
    return (
        render_template(
            "backoffice/program_page.html",
            program=view,
            tokens=programs.tokens(view.id),
            scope_words=SCOPE_WORDS,
            form=form,
            made=made,
            instant=now(),
        ),
        form_status(form),
    )


@blueprint.get("/programs/<string:public_id>")
@requires(Permission.MANAGE_PROGRAMS)
def program_page(public_id: str) -> ResponseReturnValue:
    """Show one program with its tokens."""
    view = _program(public_id)
    return _page(view, _token_form(view))


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
    return _page(view, form, made)


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
