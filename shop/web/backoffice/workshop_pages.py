"""What a workshop says of itself to visitors: its story, when it is open, how to get there."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.kernel.access import Permission
from shop.stations import queries as stations
from shop.stations import services as workshops
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import WorkshopForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on


@blueprint.get("/workshops")
@requires(Permission.MANAGE_LISTING)
def workshop_list() -> ResponseReturnValue:
    """List the workshops in reach; with only one, go there."""
    found = stations.workshops(current_actor().scope(Permission.MANAGE_LISTING))
    if len(found) == 1:
        return redirect(url_for(".workshop_page", public_id=found[0].public_id))
    return render_template("backoffice/workshop_list.html", workshops=found)


@blueprint.route("/workshops/<string:public_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_LISTING)
def workshop_page(public_id: str) -> ResponseReturnValue:
    """Change what one workshop says of itself."""
    actor = current_actor()
    workshop = stations.workshop_by_public_id(
        public_id, scope=actor.scope(Permission.MANAGE_LISTING)
    )
    form = WorkshopForm(obj=workshop)
    if form.validate_on_submit():
        with refusals_on(form):
            workshops.say_of_workshop(
                workshop_id=workshop.id, words=form.said, actor=actor, now=now()
            )
            flash(_("Visitors read it from now on."), "success")
            return redirect(url_for(".workshop_page", public_id=public_id))
    page = render_template("backoffice/workshop_page.html", workshop=workshop, form=form)
    return page, form_status(form)
