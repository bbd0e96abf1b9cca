"""Experience sessions: plan a date, know who comes, greet them, and pay who taught."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.bookings import queries as booking_views
from shop.bookings import services as bookings
from shop.bookings.queries import SessionView
from shop.kernel.access import Permission
from shop.kernel.errors import OutOfReach
from shop.orders import queries as order_views
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import SessionForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import SESSIONS, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized
from shop.workflows import hosting

LOOKS_BACK = timedelta(days=60)
LOOKS_AHEAD = timedelta(days=180)


def _session(public_id: str) -> SessionView:
    session = booking_views.session(public_id, now=now())
    scope = joint_scope(current_actor(), SESSIONS)
    if not scope.covers(stations.path_of(session.station_id)):
        raise OutOfReach(what=public_id)
    return session


@blueprint.get("/sessions")
@requires(Permission.SEE_DESK)
def session_list() -> ResponseReturnValue:
    """List the sessions around today: to settle, to come, done."""
    found = booking_views.sessions(
        joint_scope(current_actor(), SESSIONS),
        starts_from=now() - LOOKS_BACK,
        starts_before=now() + LOOKS_AHEAD,
        now=now(),
    )
    return render_template("backoffice/session_list.html", sessions=found, now=now())


@blueprint.route("/sessions/new", methods=["GET", "POST"])
@requires(Permission.HOST_SESSIONS)
def session_new() -> ResponseReturnValue:
    """Plan a dated session and open it for booking."""
    actor = current_actor()
    scope = actor.scope(Permission.HOST_SESSIONS)
    offered = {one.slug: one for one in booking_views.experiences(scope, now=now())}
    members = {one.public_id: one for one in stations.members(scope)}
    people = [("", _("Not yet known"))] + [
        (public_id, f"{one.code} {localized(one, 'name')}") for public_id, one in members.items()
    ]
    form = SessionForm()
    form.experience.choices = [(slug, localized(one, "title")) for slug, one in offered.items()]
    form.instructor.choices = form.assistant.choices = people
    if form.validate_on_submit():
        instructor = members.get(form.instructor.data)
        assistant = members.get(form.assistant.data)
        with refusals_on(form):
            bookings.plan_session(
                experience_id=offered[form.experience.data].id,
                starts_at=form.starts_at,
                capacity=form.capacity.count,
                instructor_id=instructor.id if instructor else None,
                assistant_id=assistant.id if assistant else None,
                actor=actor,
                now=now(),
            )
            flash(_("Planned. Guests can book it now."), "success")
            return redirect(url_for(".session_list"))
    return (
        render_template("backoffice/session_new.html", form=form, has_experiences=bool(offered)),
        form_status(form),
    )


@blueprint.get("/sessions/<string:public_id>")
@requires(Permission.SEE_DESK)
def session_page(public_id: str) -> ResponseReturnValue:
    """Show who comes, who is here, and what is left to do."""
    session = _session(public_id)
    guests = booking_views.bookings_in(session.id)
    orders = order_views.orders_by_id(
        [guest.order_id for guest in guests if guest.order_id is not None]
    )
    hosts = stations.members_by_id(
        [one for one in (session.instructor_id, session.assistant_id) if one is not None]
    )
    return render_template(
        "backoffice/session_page.html",
        session=session,
        guests=guests,
        orders=orders,
        instructor=hosts.get(session.instructor_id) if session.instructor_id else None,
        assistant=hosts.get(session.assistant_id) if session.assistant_id else None,
        now=now(),
    )


@blueprint.post("/sessions/<string:public_id>/arrivals")
@requires(Permission.CHECK_IN)
def session_check_in(public_id: str) -> ResponseReturnValue:
    """Say that the guests of one booking are here."""
    session = _session(public_id)
    is_first = bookings.check_in(
        code=request.form.get("code", ""), actor=current_actor(), now=now()
    )
    flash(_("They are here.") if is_first else _("They were noted before."), "success")
    return redirect(url_for(".session_page", public_id=session.public_id))


@blueprint.post("/sessions/<string:public_id>/settled")
@requires(Permission.SETTLE_SESSION)
def session_settled(public_id: str) -> ResponseReturnValue:
    """Settle a session that took place: the instructor sees her fee the same evening."""
    session = _session(public_id)
    hosting.complete_session(session_id=session.id, actor=current_actor(), now=now())
    flash(_("Settled. The instructor sees her fee on her page now."), "success")
    return redirect(url_for(".session_page", public_id=public_id))
