"""Workshops for programs."""

from __future__ import annotations

from typing import Annotated

from flask_babel import lazy_gettext as _l
from msgspec import Meta, Struct

from shop.kernel import divisions
from shop.kernel.errors import NotFound
from shop.stations import queries as stations
from shop.web.api.cursors import cursor, place_in
from shop.web.api.door import Slug, operation
from shop.web.api.refusals import BadCursor
from shop.web.api.shapes import Cursor, Limit, Workshop, workshop

TAG = "workshops"


class Division(Struct, frozen=True):
    """One place of the picker of addresses."""

    code: str
    name: str
    is_whole: Annotated[bool, Meta(description="an address can go on in words from here")]


class DivisionList(Struct, frozen=True):
    """The places right below one, or all provinces."""

    items: list[Division]


class DivisionsAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Below which place."""

    within: Annotated[str, Meta(pattern="^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9})?$")] = ""


@operation(
    "GET",
    "/places",
    tag=TAG,
    title=_l("List places to send to"),
    asks=DivisionsAsked,
    gives=DivisionList,
    is_shown=True,
)
def list_places(asked: DivisionsAsked) -> DivisionList:
    """List the provinces, or what lies right below one place: city, county, town."""
    found = divisions.below(asked.within) if asked.within else divisions.provinces()
    return DivisionList([Division(p.code, p.name, divisions.is_whole(p.code)) for p in found])


class WorkshopsAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which place."""

    place: Annotated[
        str,
        Meta(
            pattern="^([0-9]{6}|[0-9]{9}|[0-9]{12})?$",
            description="code of a county, town or village; empty for all",
        ),
    ] = ""
    limit: Limit = 24
    cursor: Cursor = ""


class WorkshopList(Struct, frozen=True):
    """One page of workshops."""

    items: list[Workshop]
    next_cursor: str | None


@operation(
    "GET",
    "/workshops",
    tag=TAG,
    title=_l("List workshops"),
    asks=WorkshopsAsked,
    gives=WorkshopList,
    is_shown=True,
    refuses=(BadCursor,),
)
def list_workshops(asked: WorkshopsAsked) -> WorkshopList:
    """List the workshops of a place, or all of them, place by place."""
    after = place_in(asked, asked.cursor) if asked.cursor else None
    shown, last = stations.workshops_at(asked.place, after=after, most=asked.limit)
    return WorkshopList([workshop(one) for one in shown], cursor(asked, last) if last else None)


@operation(
    "GET",
    "/workshops/<string:slug>",
    tag=TAG,
    title=_l("Show one workshop"),
    gives=Workshop,
    is_shown=True,
    names={"slug": Slug},
    refuses=(NotFound,),
)
def show_workshop(slug: str) -> Workshop:
    """Show one workshop; its goods are ``/goods?workshop=``."""
    return workshop(stations.workshop_by_slug(slug))
