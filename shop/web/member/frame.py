"""What every page of a maker's shares: its door, its frame, and how days and pieces are said.

Every page here hides itself after two minutes and asks for the PIN again (domain.md 8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, redirect, session, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.rules import QUIET_ON_OWN_PAGES, Role
from shop.kernel.clock import business_day
from shop.kernel.errors import NotFound
from shop.kernel.i18n import day_text, person_text
from shop.stations import queries as stations
from shop.stations.queries import MemberView, WorkshopView
from shop.web.access import SIGN_IN_KEY, current_actor, now
from shop.web.filters import locale_name

blueprint = Blueprint("member", __name__, url_prefix="/member")

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Helper:
    """Whom a maker can ask, by name."""

    name: str
    phone: str


def while_open(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Show a page only to whom gave the PIN, or looked at such a page, two minutes ago at most."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not accounts.keep_open(token=session.get(SIGN_IN_KEY, ""), now=now()):
            return redirect(url_for("account.sign_in", next="/member"))
        return view(*args, **kwargs)

    return guarded


def my_id() -> int:
    """Return which member is signed in. Raises NotFound for whoever makes nothing."""
    member_id = current_actor().member_id
    if member_id is None:  # the operator holds every permission and is nobody's maker
        raise NotFound(what="own pages")
    return member_id


def me() -> MemberView:
    """Return the maker who is signed in. Raises NotFound for whoever makes nothing."""
    return stations.member(my_id())


def frame(her: MemberView, workshop: WorkshopView | None = None) -> dict[str, object]:
    """Return what the layout of her pages asks for."""
    return {
        "who": person_text(her.name, her.name_en, locale=locale_name()),
        "sign_out_url": url_for("account.sign_out"),
        "helper": helper_of(her, workshop or stations.workshop(her.workshop_id)),
        "quiet_seconds": int(QUIET_ON_OWN_PAGES.total_seconds()),
        "day_said": day_said,
    }


def helper_of(her: MemberView, workshop: WorkshopView) -> Helper | None:
    """Return the social worker of her room; the room's telephone is answered by a person."""
    at_room = accounts_now.users_at(her.station_id)
    worker = next((one for one in at_room if one.role is Role.SOCIAL_WORKER), None)
    phone = workshop.phone or stations.station(her.station_id).phone or ""
    if worker is None and not phone:
        return None
    return Helper(name=worker.user.name if worker else "", phone=phone)


def today() -> date:
    """Return the day at the place."""
    return business_day(now())


def day_said(day: date) -> str:
    """Return a day as the reader says it."""
    return day_text(day, locale=locale_name(), today=today())


def page_key(text: str) -> int | None:
    """Return the id that a page of a list begins after; nothing for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None  # noqa: PLR2004 - what an id can hold
