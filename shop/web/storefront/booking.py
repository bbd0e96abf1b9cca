"""Experiences and their dates, and the page of one booking."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from shop.bookings import queries as bookings
from shop.bookings.queries import ExperiencePage, SessionView
from shop.bookings.rules import FREE_UNTIL, Party
from shop.freshness import EXPERIENCES, room
from shop.freshness import session as seats
from shop.kernel.clock import SHANGHAI
from shop.orders import carts
from shop.stations import queries as stations
from shop.web.access import now, public
from shop.web.carts import cart_token, with_cart
from shop.web.errors import form_status, refusals_on
from shop.web.kept_pages import kept, shows
from shop.web.limits import limiter
from shop.web.origin import without_token
from shop.web.storefront import things
from shop.web.storefront.door import blueprint, clock_said, weekday_said
from shop.web.storefront.forms import SeatsForm


@blueprint.get("/experiences")
@public
@kept(EXPERIENCES)
def experiences() -> str:
    """List what visitors can learn, the nearest date first."""
    return render_template(
        "storefront/experiences.html", experiences=bookings.experiences_public(now())
    )


def _day(session: SessionView) -> dict[str, object]:
    """Return one date as the calendar strip shows it."""
    local = session.starts_at.astimezone(ZoneInfo(SHANGHAI))
    return {
        "value": session.public_id,
        "weekday": weekday_said(session.starts_at),
        "day": str(local.day),
        "month": str(format_date(local.date(), "MMM")),
        "time": clock_said(session.starts_at),
        "places_left": session.places_left,
    }


def free_until(starts_at: datetime) -> datetime:
    """Return the last moment at which a booking may be cancelled without cost."""
    return starts_at - FREE_UNTIL


def _show_experience(page: ExperiencePage, form: SeatsForm) -> ResponseReturnValue:
    wanted = form.session.data or request.args.get("session", "")
    open_sessions = [s for s in page.sessions if s.places_left > 0]
    chosen = next(
        (s for s in open_sessions if s.public_id == wanted),
        open_sessions[0] if open_sessions else None,
    )
    return (
        render_template(
            "storefront/experience.html",
            page=page,
            linked=things.of_experience(page),
            days=[_day(s) for s in page.sessions],
            chosen=chosen,
            free_until=free_until(chosen.starts_at) if chosen else None,
            form=form,
        ),
        form_status(form),
    )


@blueprint.get("/experiences/<string:slug>")
@public
@kept(EXPERIENCES, asks=("session",))
def experience(slug: str) -> ResponseReturnValue:
    """Show one experience with its dates and places."""
    page = bookings.experience(slug, now())
    shows(room(page.workshop.station_id), *(seats(date.id) for date in page.sessions))
    return _show_experience(page, SeatsForm())


@blueprint.post("/experiences/<string:slug>")
@public
@without_token
def put_seats(slug: str) -> ResponseReturnValue:
    """Put the seats of one party into the visitor's cart."""
    page = bookings.experience(slug, now())
    form = SeatsForm()
    session = next((s for s in page.sessions if s.public_id == form.session.data), None)
    if session is None:
        form.session.errors = [_("Choose a date first.")]
    elif form.validate_on_submit():
        with refusals_on(form):
            party = Party(
                adults=form.adults.count,
                children=form.children.count,
                families=form.families.count,
            )
            token = carts.cart_for(token=cart_token(), now=now())
            carts.put_seats(
                token=token,
                session_id=session.id,
                adults=party.adults,
                children=party.children,
                families=party.families,
                seen=carts.Seen(session.price_of(party), page.workshop.seller_name),
                now=now(),
            )
            return with_cart(redirect("/cart", code=303), token)
    return _show_experience(page, form)


@blueprint.get("/bookings/<string:code>")
@public
@limiter.limit("30 per minute")
def booking(code: str) -> str:
    """Show one booking to whoever has its code: when, where, what to bring."""
    shown = bookings.booking(code)
    session = bookings.sessions_by_id([shown.session_id], now=now())[shown.session_id]
    page = bookings.experience(session.slug, now())
    return render_template(
        "storefront/booking.html",
        booking=shown,
        session=session,
        experience=page.experience,
        workshop=stations.workshop(session.workshop_id),
        free_until=free_until(session.starts_at),
    )
