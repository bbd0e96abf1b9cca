"""A delivery date in words: why it is that day, and what the slow weeks behind it are called."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shop.catalog.rules import Promise
from shop.stations.rules import Season, SeasonReason
from shop.web.filters import localized

SEASON_NAMES = {
    SeasonReason.PLANTING: _l("Spring planting"),
    SeasonReason.TEA_PICKING: _l("Tea picking"),
    SeasonReason.HARVEST: _l("Maize and potatoes"),
    SeasonReason.VISITORS: _l("Autumn leaves and guests"),
    SeasonReason.SNOW: _l("Snow on the road"),
    SeasonReason.SPRING_FESTIVAL: _l("Spring Festival"),
    SeasonReason.OTHER: _l("Something else"),
}
SEASON_CLAUSES = {
    SeasonReason.PLANTING: _l("it is planting time, so weaving takes longer"),
    SeasonReason.TEA_PICKING: _l("it is tea-picking season, so weaving takes longer"),
    SeasonReason.HARVEST: _l("maize and potatoes are coming in, so weaving takes longer"),
    SeasonReason.VISITORS: _l("the village is full of autumn guests, so weaving takes longer"),
    SeasonReason.SNOW: _l("snow lies on the road, so it takes longer"),
    SeasonReason.SPRING_FESTIVAL: _l("families are home for Spring Festival, so it takes longer"),
    SeasonReason.OTHER: _l("hands are needed elsewhere just now, so it takes longer"),
}


def season_name(reason: SeasonReason) -> str:
    """Return what a workshop's slow weeks are called."""
    return str(SEASON_NAMES[reason])


def last_day(season: Season) -> date:
    """Return the last day of a span, as people say it."""
    return season.ends_on - timedelta(days=1)


def why_then(promise: Promise) -> str:
    """Return in one sentence what a date depends on: where the goods are, season, holiday."""
    if promise.is_made_first and promise.season:
        said = str(_("Woven after you order; %(season)s.", season=SEASON_CLAUSES[promise.season]))
    elif promise.is_made_first:
        said = str(_("Woven after you order."))
    elif promise.season:
        said = str(_("Lies ready; %(season)s.", season=SEASON_CLAUSES[promise.season]))
    else:
        said = str(_("Lies ready and goes with the next parcels."))
    if promise.holiday:
        rest = _("The carrier rests over %(holiday)s.", holiday=localized(promise.holiday, "name"))
        said = str(_("%(first)s %(second)s", first=said, second=rest))
    return said
