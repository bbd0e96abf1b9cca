"""The blueprint of the shop window and what its templates may ask for."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from shop.kernel.clock import SHANGHAI, business_day
from shop.kernel.i18n import day_text
from shop.orders.rules import said_pick_up_code
from shop.web.access import now
from shop.web.addresses import absolute, in_languages
from shop.web.fault_words import fault_words
from shop.web.filters import locale_name
from shop.web.linked_data import as_script
from shop.web.promises import last_day, season_name, why_then
from shop.web.wish_words import wish_items

blueprint = Blueprint("storefront", __name__)


def day_said(day: date) -> str:
    """Return a day as one says it on this page; the year only where it is another."""
    return day_text(day, locale=locale_name(), today=business_day(now()))


def weekday_said(instant: datetime) -> str:
    """Return the short weekday of an instant at the place."""
    return str(format_date(instant.astimezone(ZoneInfo(SHANGHAI)).date(), "EEE"))


def clock_said(instant: datetime) -> str:
    """Return the time of day at the place: ``14:00``."""
    return f"{instant.astimezone(ZoneInfo(SHANGHAI)):%H:%M}"


def moment_said(instant: datetime) -> str:
    """Return day, weekday and time at the place in one phrase."""
    local = instant.astimezone(ZoneInfo(SHANGHAI))
    return str(
        _(
            "%(weekday)s, %(day)s, %(time)s",
            weekday=weekday_said(instant),
            day=day_said(local.date()),
            time=f"{local:%H:%M}",
        )
    )


def minutes_said(minutes: int) -> str:
    """Return a length of time in whole or half hours where it is one, else in minutes."""
    if minutes and minutes % 30 == 0 and minutes >= 60:  # noqa: PLR2004 - an hour
        hours, half = divmod(minutes, 60)
        if half:
            return str(_("%(hours)s and a half hours", hours=hours))
        return str(ngettext("%(num)s hour", "%(num)s hours", hours))
    return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))


@blueprint.record_once
def furnish(state: BlueprintSetupState) -> None:
    """Give the window's templates their words when the application takes the blueprint in."""
    app = state.app
    app.jinja_env.globals.update(
        absolute=absolute,
        in_languages=in_languages,
        as_script=as_script,
    )
    app.jinja_env.filters.update(
        day_said=day_said,
        weekday_said=weekday_said,
        clock_said=clock_said,
        moment_said=moment_said,
        minutes_said=minutes_said,
        why_then=why_then,
        season_name=season_name,
        last_day=last_day,
        wish_items=wish_items,
        fault_words=fault_words,
        pick_up_code=said_pick_up_code,
    )
