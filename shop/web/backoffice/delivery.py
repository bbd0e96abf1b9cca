"""What the way to buyers costs by region and weight, and whether parcels are gathered first."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.delivery import queries as delivery
from shop.delivery.rules import Terms, Zone, way_to
from shop.kernel import divisions
from shop.kernel.access import Permission
from shop.kernel.divisions import OUTSIDE
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import WayForm, ZoneForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.workflows import sending_terms

# What a zone's page works out as examples, in grams.
EXAMPLES = (500, 1000, 1500, 3000)


def _workshop(public_id: str) -> WorkshopView:
    return stations.workshop_by_public_id(
        public_id, scope=current_actor().scope(Permission.MANAGE_LISTING)
    )


@blueprint.get("/delivery")
@requires(Permission.MANAGE_LISTING)
def delivery_list() -> ResponseReturnValue:
    """List the workshops in reach; with only one, go there."""
    found = stations.workshops(current_actor().scope(Permission.MANAGE_LISTING))
    if len(found) == 1:
        return redirect(url_for(".delivery_page", public_id=found[0].public_id))
    return render_template("backoffice/delivery_list.html", workshops=found)


@blueprint.get("/delivery/<string:public_id>")
@requires(Permission.MANAGE_LISTING)
def delivery_page(public_id: str) -> ResponseReturnValue:
    """Show a workshop's zones with examples; ``zone`` in the address opens one to be changed."""
    workshop = _workshop(public_id)
    wanted = request.args.get("zone", "")
    if not wanted:
        return _page(workshop)
    zones = delivery.terms_of([workshop.id]).get(workshop.id, Terms(())).zones
    zone = next((one for one in zones if one.public_id == wanted), None)
    if zone is None:
        raise NotFound(what=wanted)
    return _page(workshop, zone=_form_of(zone))


def _form_of(zone: Zone) -> ZoneForm:
    return ZoneForm(
        formdata=None,
        zone=zone.public_id,
        name=zone.name,
        name_en=zone.name_en or "",
        regions=list(zone.regions),
        first_grams=zone.first_grams,
        first=zone.first,
        next_grams=zone.next_grams,
        next=zone.next,
        free_from=zone.free_from,
    )


def _page(workshop: WorkshopView, **shown: Any) -> ResponseReturnValue:
    terms = delivery.terms_of([workshop.id]).get(workshop.id, Terms(()))
    by_town = "no" if terms.town_days is None else "yes"
    forms = {
        "zone": ZoneForm(formdata=None),
        "way": WayForm(formdata=None, by_town=by_town, town_days=terms.town_days or 0),
    } | shown
    page = render_template(
        "backoffice/delivery_page.html",
        workshop=workshop,
        zones=[(zone, _where(zone), _examples(zone)) for zone in terms.zones],
        forms=forms,
    )
    return page, max(form_status(form) for form in forms.values())


def _where(zone: Zone) -> str:
    if zone.is_rest:
        return str(_("the rest of the mainland"))
    names = [
        str(_("Hong Kong, Macao, Taiwan, or abroad"))
        if region == OUTSIDE
        else divisions.steps(region)[-1].name
        for region in zone.regions
        if region == OUTSIDE or divisions.steps(region)
    ]
    return str(_(", ")).join(names)


def _examples(zone: Zone) -> list[tuple[int, Money]]:
    return [(grams, way_to(zone, grams=grams, goods=Money(0)).fee) for grams in EXAMPLES]


@blueprint.post("/delivery/<string:public_id>")
@requires(Permission.MANAGE_LISTING)
def delivery_zone(public_id: str) -> ResponseReturnValue:
    """Add a zone, or change the one whose name the form brings."""
    workshop = _workshop(public_id)
    form = ZoneForm()
    if form.validate_on_submit():
        with refusals_on(form):
            sending_terms.write_zone(
                workshop_id=workshop.id, zone=form.as_zone, actor=current_actor(), now=now()
            )
            flash(_("Noted. New orders pay by it from now on."), "success")
            return redirect(url_for(".delivery_page", public_id=public_id))
    return _page(workshop, zone=form)


@blueprint.post("/delivery/<string:public_id>/zones/<string:zone>/off")
@requires(Permission.MANAGE_LISTING)
def delivery_zone_off(public_id: str, zone: str) -> ResponseReturnValue:
    """Take a zone out again."""
    workshop = _workshop(public_id)
    sending_terms.remove_zone(workshop_id=workshop.id, zone=zone, actor=current_actor(), now=now())
    flash(_("Taken out. New orders pay by what is left."), "info")
    return redirect(url_for(".delivery_page", public_id=public_id))


@blueprint.post("/delivery/<string:public_id>/way")
@requires(Permission.MANAGE_LISTING)
def delivery_way(public_id: str) -> ResponseReturnValue:
    """Say whether parcels are gathered at the town first."""
    workshop = _workshop(public_id)
    form = WayForm()
    if form.validate_on_submit():
        with refusals_on(form):
            sending_terms.set_way(
                workshop_id=workshop.id, town_days=form.days, actor=current_actor(), now=now()
            )
            flash(_("Noted. New dates follow it from now on."), "success")
            return redirect(url_for(".delivery_page", public_id=public_id))
    return _page(workshop, way=form)
