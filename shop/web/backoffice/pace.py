"""How fast a workshop weaves, when the carrier comes, and the weeks that slow it down."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog.rules import ready_on
from shop.kernel import workdays
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.orders import queries as orders
from shop.stations import queries as stations
from shop.stations import services as workshops
from shop.stations.queries import WorkshopView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import PaceForm, SeasonForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.workflows import listing as listing_work


def _workshop(public_id: str) -> WorkshopView:
    return stations.workshop_by_public_id(
        public_id, scope=current_actor().scope(Permission.GIVE_WORK)
    )


@blueprint.get("/pace")
@requires(Permission.GIVE_WORK)
def pace_list() -> ResponseReturnValue:
    """List the workshops in reach; with only one, go there."""
    found = stations.workshops(current_actor().scope(Permission.GIVE_WORK))
    if len(found) == 1:
        return redirect(url_for(".pace_page", public_id=found[0].public_id))
    return render_template("backoffice/pace_list.html", workshops=found)


@blueprint.get("/pace/<string:public_id>")
@requires(Permission.GIVE_WORK)
def pace_page(public_id: str) -> ResponseReturnValue:
    """Show what delivery dates are worked out from, and what they come to today."""
    return _page(_workshop(public_id))


def _page(workshop: WorkshopView, **shown: Any) -> ResponseReturnValue:
    today = business_day(now())
    spans = stations.seasons([workshop.id], after=today)
    pace = stations.pace_of(workshop, spans)
    waiting = orders.minutes_waiting([workshop.id]).get(workshop.id, 0)
    days = workdays.china()
    forms = {
        "pace": PaceForm(
            formdata=None,
            weekly_hours=workshop.weekly_capacity_minutes // 60,
            weekdays=sorted(map(str, pace.pickup_weekdays)),
        ),
        "season": SeasonForm(formdata=None),
    } | shown
    page = render_template(
        "backoffice/pace_page.html",
        workshop=workshop,
        spans=spans,
        waiting=waiting,
        from_stock=ready_on(pace=pace, minutes=None, today=today, days=days),
        made_first=ready_on(pace=pace, minutes=waiting, today=today, days=days),
        forms=forms,
    )
    return page, max(form_status(form) for form in forms.values())


@blueprint.post("/pace/<string:public_id>")
@requires(Permission.GIVE_WORK)
def pace_set(public_id: str) -> ResponseReturnValue:
    """Say how much the workshop weaves in a week and when the carrier comes."""
    workshop = _workshop(public_id)
    form = PaceForm()
    if form.validate_on_submit():
        with refusals_on(form):
            listing_work.set_pace(
                workshop_id=workshop.id,
                weekly_capacity_minutes=form.weekly_hours.count * 60,
                pickup_weekdays=form.days,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Noted. New dates follow it from now on."), "success")
            return redirect(url_for(".pace_page", public_id=public_id))
    return _page(workshop, pace=form)


@blueprint.post("/pace/<string:public_id>/seasons")
@requires(Permission.GIVE_WORK)
def season_add(public_id: str) -> ResponseReturnValue:
    """Note weeks in which the workshop weaves less."""
    workshop = _workshop(public_id)
    form = SeasonForm()
    if form.validate_on_submit():
        with refusals_on(form):
            workshops.add_season(
                workshop_id=workshop.id,
                season=form.season,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Noted. New dates follow it from now on."), "success")
            return redirect(url_for(".pace_page", public_id=public_id))
    return _page(workshop, season=form)


@blueprint.post("/pace/<string:public_id>/seasons/<string:season>/off")
@requires(Permission.GIVE_WORK)
def season_off(public_id: str, season: str) -> ResponseReturnValue:
    """Take a span out again."""
    workshop = _workshop(public_id)
    workshops.remove_season(
        workshop_id=workshop.id, season=season, actor=current_actor(), now=now()
    )
    flash(_("Taken out. New dates follow it from now on."), "info")
    return redirect(url_for(".pace_page", public_id=public_id))
