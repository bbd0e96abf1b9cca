"""The workshops and one workshop with its goods and makers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from flask.blueprints import BlueprintSetupState

from shop.bookings import queries as bookings
from shop.catalog import lists, window
from shop.freshness import EXPERIENCES, GOODS, WORKSHOPS, room
from shop.stations import queries as stations
from shop.stations.queries import PlaceWithWorkshops, WorkshopView
from shop.web import ridge_map as ridges
from shop.web.access import now, public
from shop.web.filters import locale_name, localized
from shop.web.kept_pages import kept, shows
from shop.web.ridge_map import Place, RidgeMap
from shop.web.storefront.door import blueprint
from shop.web.storefront.wishes import mark_of

TOWN_DIGITS = 9
DIGITS = (6, 9, 12)


@dataclass(frozen=True, slots=True)
class WorkshopSaid:
    """One workshop in the list, with what it has."""

    view: WorkshopView
    goods: int
    next_at: datetime | None


@blueprint.get("/workshops")
@public
@kept(WORKSHOPS, GOODS, EXPERIENCES, asks=("place", "after"))
def workshops() -> str:
    """List the workshops place by place, each with what it has, beside the ridge map."""
    asked = request.args.get("place", "")
    place = asked if asked.isascii() and asked.isdecimal() and len(asked) in DIGITS else ""
    counties = stations.places_with_workshops(digits=6)
    # With one county there is nothing to choose: its towns come first.
    within = place[:6] or (counties[0].code if len(counties) == 1 else "")
    towns = stations.places_with_workshops(within, digits=9) if within else []
    villages = stations.places_with_workshops(within, digits=12) if within else []
    known = [*counties, *towns, *villages]
    shown, after = stations.workshops_at(place, after=request.args.get("after"))
    goods = window.goods_of_workshops([one.slug for one in shown])
    dates = bookings.next_dates([one.id for one in shown], now=now())
    return render_template(
        "storefront/workshops.html",
        workshops=[WorkshopSaid(one, goods.get(one.slug, 0), dates.get(one.id)) for one in shown],
        place=place,
        here=next((one for one in known if one.code == place), None),
        chosen=[one for one in known if place.startswith(one.code)],
        choices=_choices(place, counties, towns, villages),
        map=ridges.ridge_map(_ridges(place, counties, towns, villages)),
        after=after,
        is_first="after" not in request.args,
    )


Places = list[PlaceWithWorkshops]


def _choices(place: str, counties: Places, towns: Places, villages: Places) -> Places:
    """Return the places one step below the chosen one."""
    if not towns:
        return counties
    if len(place) < TOWN_DIGITS:
        return towns
    return [one for one in villages if one.code.startswith(place[:TOWN_DIGITS])]


def _ridges(
    place: str, counties: Places, towns: Places, villages: Places
) -> list[tuple[Place, list[Place]]]:
    """Return what the map shows: towns with their villages, or counties while none is chosen."""
    if not towns:
        return [(_place(one, place), []) for one in counties]
    return [
        (
            _place(town, place),
            [_place(one, place) for one in villages if one.code.startswith(town.code)],
        )
        for town in towns
    ]


def _place(one: PlaceWithWorkshops, chosen: str) -> Place:
    return Place(
        code=one.code,
        name=localized(one, "name"),
        href=f"/workshops?place={one.code}",
        is_here=one.code == chosen,
    )


def small_map(workshop: WorkshopView) -> RidgeMap:
    """Return the map of one workshop: county, town, and its village as the lit lamp."""
    names = workshop.place_en if locale_name() == "en" else workshop.place
    codes = stations.codes_of(workshop.path)
    places = [Place(code, name) for code, name in zip(codes, names, strict=False)]
    *above, village = places
    lamp = Place(village.code, village.name, is_here=True)
    return ridges.ridge_map([(one, [lamp] if one is above[-1] else []) for one in above])


@blueprint.get("/workshops/<string:slug>")
@public
@kept(GOODS, EXPERIENCES, asks=("after", "before"))
def workshop(slug: str) -> str:
    """Show one workshop: its story, makers, goods, dates, who sells and how to get there."""
    shown = stations.workshop_by_slug(slug)
    mark = mark_of(request.args)
    cards, before, after = lists.of_workshop(shown.slug, now=now(), mark=mark)
    shows(room(shown.station_id))
    own = f"/workshops/{shown.slug}"
    return render_template(
        "storefront/workshop.html",
        workshop=shown,
        cards=cards,
        own=own,
        before=f"{own}?before={before}" if before else "",
        after=f"{own}?after={after}" if after else "",
        is_first=mark is None,
        makers=stations.makers_of(shown.id),
        experiences=bookings.experiences_public(now(), workshop_id=shown.id),
        map=small_map(shown),
    )


@blueprint.record_once
def furnish(state: BlueprintSetupState) -> None:
    """Give the window's templates the small map."""
    state.app.jinja_env.globals.update(small_map=small_map)
