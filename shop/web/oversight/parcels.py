"""Parcels of the villages at the town: they come, are handed to a carrier, or go back."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.orders import queries as order_views
from shop.orders.rules import ParcelState, name_on_label
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.dispatching import DispatchForm, has_left
from shop.web.errors import form_status
from shop.web.oversight.room import blueprint
from shop.workflows import delivering

MOST = 200
SHOWN_AFTER = timedelta(days=7)


@blueprint.get("/parcels")
@requires(Permission.DISPATCH)
def parcel_list() -> ResponseReturnValue:
    """Show what is on its way here, what lies here, and what shall not leave any more."""
    return _list(DispatchForm(formdata=None))


def _list(form: DispatchForm, *, open_id: str = "") -> ResponseReturnValue:
    scope = current_actor().scope(Permission.DISPATCH)
    shelves = {
        state: order_views.parcels_at(scope, [state], since=since, most=MOST)
        for state, since in (
            (ParcelState.TO_TOWN, None),
            (ParcelState.AT_TOWN, None),
            (ParcelState.OPENED, now() - SHOWN_AFTER),
            (ParcelState.SENT, now() - SHOWN_AFTER),
        )
    }
    rows = [row for shelf in shelves.values() for row in shelf]
    page = render_template(
        "oversight/parcels.html",
        shelves=shelves,
        workshops=stations.workshops_by_id({row.workshop_id for row in rows}),
        masked={
            row.parcel.id: name_on_label(row.contact.name) if row.contact else "" for row in rows
        },
        form=form,
        blank=DispatchForm(formdata=None),
        open_id=open_id,
        today=business_day(now()),
    )
    return page, form_status(form)


@blueprint.post("/parcels")
@requires(Permission.DISPATCH)
def parcels_came() -> ResponseReturnValue:
    """Say which parcels have come to the town."""
    chosen = request.form.getlist("parcel")[:MOST]
    taken = delivering.take_in_at_town(public_ids=chosen, actor=current_actor(), now=now())
    flash(
        ngettext("%(num)s parcel is here now.", "%(num)s parcels are here now.", taken), "success"
    )
    return redirect(url_for(".parcel_list"))


@blueprint.post("/parcels/<string:parcel>/sent")
@requires(Permission.DISPATCH)
def parcel_left(parcel: str) -> ResponseReturnValue:
    """Say that a carrier took a parcel at the town."""
    order_views.parcel_and_part(parcel, current_actor().scope(Permission.DISPATCH))
    form = DispatchForm()
    if has_left(parcel, form):
        return redirect(url_for(".parcel_list"))
    return _list(form, open_id=parcel)
