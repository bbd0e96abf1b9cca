"""Words of one meaning: what a place calls alike, so that a search for one finds the other."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.kernel.access import Permission
from shop.search import queries as found
from shop.search import services as search
from shop.search.rules import house_groups
from shop.stations import queries as stations
from shop.stations.queries import StationView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import NewWordsForm, WordsForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized


@blueprint.get("/search-words")
@requires(Permission.MANAGE_WORDS)
def words_list() -> ResponseReturnValue:
    """Show the groups in reach, each with its form, and those that come with the product."""
    return _words_list()


def _places() -> list[StationView]:
    scope = current_actor().scope(Permission.MANAGE_WORDS)
    if stations.WHOLE_TREE in scope.paths:
        return stations.children(None, scope=scope)
    paths = sorted(set(scope.paths))
    return [place for path in paths for place in stations.ancestors(path)[-1:]]


def _choosing_place(form: NewWordsForm) -> NewWordsForm:
    form.place.choices = [(one.code, localized(one, "short_name")) for one in _places()]
    return form


def _words_list(
    *,
    new: NewWordsForm | None = None,
    changed: WordsForm | None = None,
    open_id: int | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "backoffice/words_list.html",
        groups=found.groups(current_actor().scope(Permission.MANAGE_WORDS)),
        house=house_groups(),
        new=new or _choosing_place(NewWordsForm(formdata=None)),
        changed=changed,
        open_id=open_id,
    )
    return page, max((form_status(form) for form in (new, changed) if form), default=200)


@blueprint.post("/search-words")
@requires(Permission.MANAGE_WORDS)
def words_new() -> ResponseReturnValue:
    """Call words alike at one place and below."""
    form = _choosing_place(NewWordsForm())
    if form.validate_on_submit():
        with refusals_on(form):
            search.call_alike(
                words=form.words.text,
                station_id=stations.station_by_code(form.place.data).id,
                actor=current_actor(),
                now=now(),
            )
            flash(_("They mean the same from now on."), "success")
            return redirect(url_for(".words_list"))
    return _words_list(new=form)


@blueprint.post("/search-words/<int:group_id>")
@requires(Permission.MANAGE_WORDS)
def words_change(group_id: int) -> ResponseReturnValue:
    """Write a group anew; its place stays."""
    form = WordsForm()
    group = found.group(group_id, current_actor().scope(Permission.MANAGE_WORDS))
    if form.validate_on_submit():
        with refusals_on(form):
            search.call_alike(
                words=form.words.text,
                station_id=group.station_id,
                group_id=group_id,
                actor=current_actor(),
                now=now(),
            )
            flash(_("They mean the same from now on."), "success")
            return redirect(url_for(".words_list"))
    return _words_list(changed=form, open_id=group_id)


@blueprint.post("/search-words/<int:group_id>/part")
@requires(Permission.MANAGE_WORDS)
def words_part(group_id: int) -> ResponseReturnValue:
    """Take a group away."""
    search.part_words(group_id=group_id, actor=current_actor(), now=now())
    flash(_("Each of these words means itself again."), "info")
    return redirect(url_for(".words_list"))
