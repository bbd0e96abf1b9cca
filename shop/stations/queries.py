"""Reads about places, workshops and members, for pages and for the rooms above."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.stations.models import Consent, Member, SeasonRow, Station, Workshop, WorkshopTotal
from shop.stations.rules import (
    PICKUP_WEEKDAYS,
    ConsentPurpose,
    Pace,
    Season,
    Tier,
    prefixes,
    weekdays_of,
)

WHOLE_TREE = "/"


@dataclass(frozen=True, slots=True)
class StationView:
    """One place of the tree; ``path`` is what rights and scopes speak of."""

    id: int
    code: str
    tier: Tier
    name: str
    short_name: str
    name_en: str | None
    parent_id: int | None
    path: str
    time_zone: str
    phone: str | None
    opened_on: date | None

    @property
    def short_name_en(self) -> str | None:
        """Return the English name, which has no longer and shorter form."""
        return self.name_en


@dataclass(frozen=True, slots=True)
class WorkshopView:
    """One workshop with the names of the places above it, county first.

    Hours and directions are its own page's; other pages leave them out.
    """

    id: int
    public_id: str
    slug: str
    station_id: int
    path: str
    name: str
    name_en: str | None
    story: str
    story_en: str | None
    craft: str
    address: str
    address_en: str | None
    phone: str | None
    seller_name: str
    seller_license: str | None
    weekly_capacity_minutes: int
    pickup_weekdays: frozenset[int]
    is_pick_up_point: bool
    shipping: Money
    place: tuple[str, ...]
    place_en: tuple[str, ...]
    hours: str = ""
    hours_en: str | None = None
    directions: str = ""
    directions_en: str | None = None
    has_delivery_terms: bool = False


@dataclass(frozen=True, slots=True)
class MemberView:
    """One maker as staff know her; ``station_id`` and ``path`` are her workshop's."""

    id: int
    public_id: str
    workshop_id: int
    station_id: int
    path: str
    code: str
    name: str
    name_en: str | None
    phone: str | None
    joined_on: date
    left_on: date | None
    is_coop_member: bool


@dataclass(frozen=True, slots=True)
class MakerShown:
    """What the public may know of a maker: her code, and what she herself allowed."""

    member_id: int
    code: str
    name: str | None
    name_en: str | None
    village: str | None
    village_en: str | None
    story: str | None
    story_en: str | None


def _view(row: Station) -> StationView:
    return StationView(
        id=row.id,
        code=row.code,
        tier=row.tier,
        name=row.name,
        short_name=row.short_name,
        name_en=row.name_en,
        parent_id=row.parent_id,
        path=row.path,
        time_zone=row.time_zone,
        phone=row.phone,
        opened_on=row.opened_on,
    )


def _one(condition: sa.ColumnElement[bool], what: str) -> StationView:
    row = db.session.scalar(sa.select(Station).where(condition))
    if row is None:
        raise NotFound(what=what)
    return _view(row)


def station(station_id: int) -> StationView:
    """Return one place. Raises NotFound."""
    return _one(Station.id == station_id, f"station:{station_id}")


def station_by_code(code: str) -> StationView:
    """Return the place with this official code; names repeat, codes do not. Raises NotFound."""
    return _one(Station.code == code, f"station code {code}")


def path_of(station_id: int) -> str:
    """Return the path of a place, as ``actor.require(at=...)`` takes it. Raises NotFound."""
    path = db.session.scalar(sa.select(Station.path).where(Station.id == station_id))
    if path is None:
        raise NotFound(what=f"station:{station_id}")
    return path


def codes_of(path: str) -> list[str]:
    """Return the codes of the places along a path, county first."""
    steps = path.strip("/").split("/")
    return ["".join(steps[: number + 1]) for number in range(len(steps))]


def ancestors(path: str) -> list[StationView]:
    """Return the places above a path and the place itself, county first."""
    rows = db.session.scalars(
        sa.select(Station).where(Station.path.in_(prefixes(path))).order_by(Station.path)
    )
    return [_view(row) for row in rows]


def children(parent_id: int | None, *, scope: Scope, open_only: bool = False) -> list[StationView]:
    """Return the places directly below one (None: the counties) that lie in the scope, by code."""
    wanted = sa.select(Station).where(
        Station.parent_id.is_(None) if parent_id is None else Station.parent_id == parent_id,
        _below(scope),
    )
    if open_only:
        wanted = wanted.where(Station.opened_on.is_not(None))
    return [_view(row) for row in db.session.scalars(wanted.order_by(Station.code))]


def in_scope(scope: Scope, column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a column of station ids lies in the scope; an empty one is never.

    Every list that a person sees is filtered by this (trust.md A2).
    """
    if WHOLE_TREE in scope.paths:
        return sa.true()
    if not scope.paths:
        return sa.false()
    return column.in_(sa.select(Station.id).where(_below(scope)))


def _below(scope: Scope) -> sa.ColumnElement[bool]:
    if WHOLE_TREE in scope.paths:
        return sa.true()
    # "~" sorts after digits and slash, so this is one range of the index for each path.
    return sa.or_(
        sa.false(),
        *(sa.and_(Station.path >= path, Station.path < f"{path}~") for path in scope.paths),
    )


_TOWN, _COUNTY = aliased(Station), aliased(Station)
_STEPS: tuple[type[Station], ...] = (_COUNTY, _TOWN, Station)
_WORKSHOPS = (
    sa.select(
        *Workshop.__table__.c,
        Station.path,
        *(place.short_name.label(f"place_{step}") for step, place in enumerate(_STEPS)),
        *(place.name_en.label(f"place_en_{step}") for step, place in enumerate(_STEPS)),
    )
    .join(Station, Station.id == Workshop.station_id)
    # A room lies in a town and a town in a county: three steps name the whole place.
    .outerjoin(_TOWN, _TOWN.id == Station.parent_id)
    .outerjoin(_COUNTY, _COUNTY.id == _TOWN.parent_id)
)


def _workshop_views(*conditions: sa.ColumnElement[bool]) -> list[WorkshopView]:
    rows = db.session.execute(_WORKSHOPS.where(*conditions).order_by(Workshop.id))
    return [_workshop_view(row) for row in rows]


def _workshop_view(row: Any) -> WorkshopView:
    steps = [
        (name, getattr(row, f"place_en_{step}") or name)
        for step in range(len(_STEPS))
        if (name := getattr(row, f"place_{step}")) is not None
    ]
    return WorkshopView(
        id=row.id,
        public_id=row.public_id,
        slug=row.slug,
        station_id=row.station_id,
        path=row.path,
        name=row.name,
        name_en=row.name_en,
        story=row.story,
        story_en=row.story_en,
        craft=row.craft,
        address=row.address,
        address_en=row.address_en,
        hours=row.hours,
        hours_en=row.hours_en,
        directions=row.directions,
        directions_en=row.directions_en,
        phone=row.phone,
        seller_name=row.seller_name,
        seller_license=row.seller_license,
        weekly_capacity_minutes=row.weekly_capacity_minutes,
        pickup_weekdays=weekdays_of(row.pickup_weekdays),
        is_pick_up_point=row.is_pick_up_point,
        shipping=Money(row.shipping_minor),
        has_delivery_terms=row.has_delivery_terms,
        place=tuple(name for name, _english in steps),
        place_en=tuple(english for _name, english in steps),
    )


def workshop(workshop_id: int) -> WorkshopView:
    """Return one workshop. Raises NotFound."""
    found = _workshop_views(Workshop.id == workshop_id)
    if not found:
        raise NotFound(what=f"workshop:{workshop_id}")
    return found[0]


def workshop_by_slug(slug: str) -> WorkshopView:
    """Return the workshop whose public address ends in ``slug``. Raises NotFound."""
    found = _workshop_views(Workshop.slug == slug)
    if not found:
        raise NotFound(what=f"workshop {slug}")
    return found[0]


def workshop_by_public_id(public_id: str, *, scope: Scope) -> WorkshopView:
    """Return one workshop in a reader's part of the tree. Raises NotFound outside it."""
    found = _workshop_views(Workshop.public_id == public_id, in_scope(scope, Workshop.station_id))
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def workshops_public() -> list[WorkshopView]:
    """Return every workshop, for anybody to see."""
    return _workshop_views()


@dataclass(frozen=True, slots=True)
class PlaceWithWorkshops:
    """A county, a town or a village that has workshops, and how many."""

    code: str
    name: str
    name_en: str
    workshops: int


def places_with_workshops(
    within: str = "", *, digits: int, most: int = 120
) -> list[PlaceWithWorkshops]:
    """Return the places with workshops below one, by code.

    within    code of a county or a town, or nothing for all there is.
    digits    6 for counties, 9 for towns, 12 for villages.
    """
    query = (
        sa.select(
            WorkshopTotal.code,
            Station.short_name,
            sa.func.coalesce(Station.name_en, Station.short_name),
            WorkshopTotal.workshops,
        )
        .join(Station, Station.code == WorkshopTotal.code)
        .where(sa.func.length(WorkshopTotal.code) == digits)
        .order_by(WorkshopTotal.code)
        .limit(most)
    )
    if within:
        # Digits only: what begins with the code lies between it and the next one.
        query = query.where(WorkshopTotal.code >= within, WorkshopTotal.code < f"{within}~")
    return [PlaceWithWorkshops(*row) for row in db.session.execute(query)]


def workshops_at(
    code: str = "", *, after: str | None = None, most: int = 24
) -> tuple[list[WorkshopView], str | None]:
    """Return one page of the workshops of a place by its code, and after which the next begins.

    code     of a county, town or village; nothing for all. An unknown one has none.
    after    slug of the last workshop of the page before; an unknown one is the first page.
    """
    query = (
        sa.select(Workshop.id, Workshop.slug, Station.path)
        .select_from(Station)
        .join(Workshop, Workshop.station_id == Station.id)
        .order_by(Station.path, Workshop.id)
        .limit(most + 1)
    )
    if code:
        path = db.session.scalar(sa.select(Station.path).where(Station.code == code))
        if path is None:
            return [], None
        query = query.where(_below(Scope((path,))))
    last = None
    if after:
        last = db.session.execute(
            sa.select(Station.path, Workshop.id)
            .join(Station, Station.id == Workshop.station_id)
            .where(Workshop.slug == after)
        ).one_or_none()
    if last is not None:
        query = query.where(
            Station.path >= last.path, sa.tuple_(Station.path, Workshop.id) > tuple(last)
        )
    rows = db.session.execute(query).all()
    views = {
        view.id: view for view in _workshop_views(Workshop.id.in_([r.id for r in rows[:most]]))
    }
    shown = [views[row.id] for row in rows[:most]]
    return shown, shown[-1].slug if len(rows) > most else None


def workshops(scope: Scope) -> list[WorkshopView]:
    """Return the workshops in a reader's part of the tree."""
    return _workshop_views(in_scope(scope, Workshop.station_id))


def workshops_by_id(ids: Iterable[int]) -> dict[int, WorkshopView]:
    """Return workshops by id; unknown ids are simply missing."""
    wanted = set(ids)
    found = _workshop_views(Workshop.id.in_(wanted)) if wanted else []
    return {view.id: view for view in found}


@dataclass(frozen=True, slots=True)
class SeasonView:
    """One span of a workshop's slower weeks, by its outside name."""

    public_id: str
    workshop_id: int
    season: Season


def seasons(workshop_ids: Iterable[int], *, after: date) -> list[SeasonView]:
    """Return the spans of some workshops that are not over on a day, the next first."""
    rows = db.session.execute(
        sa.select(
            SeasonRow.public_id,
            SeasonRow.workshop_id,
            SeasonRow.reason,
            SeasonRow.percent,
            SeasonRow.starts_on,
            SeasonRow.ends_on,
        )
        .where(SeasonRow.workshop_id.in_(sorted(set(workshop_ids))), SeasonRow.ends_on > after)
        .order_by(SeasonRow.starts_on, SeasonRow.id)
    )
    return [
        SeasonView(
            row.public_id,
            row.workshop_id,
            Season(row.reason, row.percent, row.starts_on, row.ends_on),
        )
        for row in rows
    ]


_SPAN = aliased(SeasonRow)
# Built once: every cart and checkout asks it, and building it costs more than running it.
_WITH_SEASONS = (
    _WORKSHOPS.add_columns(
        _SPAN.public_id.label("span"),
        _SPAN.reason,
        _SPAN.percent,
        _SPAN.starts_on,
        _SPAN.ends_on,
    )
    .outerjoin(
        _SPAN,
        sa.and_(_SPAN.workshop_id == Workshop.id, _SPAN.ends_on > sa.bindparam("after")),
    )
    .where(Workshop.id.in_(sa.bindparam("workshops", expanding=True)))
    .order_by(Workshop.id, _SPAN.starts_on, _SPAN.id)
)


def workshops_with_seasons(
    ids: Iterable[int], *, after: date
) -> tuple[dict[int, WorkshopView], list[SeasonView]]:
    """Return workshops by id, and their spans that are not over on a day. One query."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}, []
    rows = db.session.execute(_WITH_SEASONS, {"workshops": wanted, "after": after}).all()
    spans = [
        SeasonView(row.span, row.id, Season(row.reason, row.percent, row.starts_on, row.ends_on))
        for row in rows
        if row.span is not None
    ]
    return {row.id: _workshop_view(row) for row in rows}, spans


def pace_of(workshop: WorkshopView, seasons: Iterable[SeasonView]) -> Pace:
    """Return how fast a workshop weaves, from what is known of it and all spans at hand."""
    return Pace(
        weekly_minutes=workshop.weekly_capacity_minutes,
        pickup_weekdays=workshop.pickup_weekdays or PICKUP_WEEKDAYS,
        seasons=tuple(one.season for one in seasons if one.workshop_id == workshop.id),
    )


def _members() -> sa.Select[Member, int, str]:
    return (
        sa.select(Member, Workshop.station_id, Station.path)
        .join(Workshop, Workshop.id == Member.workshop_id)
        .join(Station, Station.id == Workshop.station_id)
    )


def _member_view(row: Member, station_id: int, path: str) -> MemberView:
    return MemberView(
        id=row.id,
        public_id=row.public_id,
        workshop_id=row.workshop_id,
        station_id=station_id,
        path=path,
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        phone=row.phone,
        joined_on=row.joined_on,
        left_on=row.left_on,
        is_coop_member=row.is_coop_member,
    )


def member(member_id: int) -> MemberView:
    """Return one maker. Raises NotFound."""
    row = db.session.execute(_members().where(Member.id == member_id)).one_or_none()
    if row is None:
        raise NotFound(what=f"member:{member_id}")
    return _member_view(*row)


def members_by_id(ids: Iterable[int]) -> dict[int, MemberView]:
    """Return makers by id; unknown ids are simply missing."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = db.session.execute(_members().where(Member.id.in_(wanted)))
    return {row[0].id: _member_view(*row) for row in rows}


def member_by_public_id(public_id: str, *, scope: Scope) -> MemberView:
    """Return one maker in the reader's part of the tree. Raises NotFound outside it."""
    row = db.session.execute(
        _members().where(Member.public_id == public_id, in_scope(scope, Workshop.station_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what=public_id)
    return _member_view(*row)


def members(
    scope: Scope, *, workshop_id: int | None = None, text: str | None = None, most: int = 200
) -> list[MemberView]:
    """Return makers who have not left, by workshop and code.

    text    part of a name, the code or the end of a phone number; None means everybody.
    most    rows at most.
    """
    wanted = _members().where(Member.left_on.is_(None), in_scope(scope, Workshop.station_id))
    if workshop_id is not None:
        wanted = wanted.where(Member.workshop_id == workshop_id)
    if text:
        wanted = wanted.where(
            sa.or_(
                Member.name.contains(text, autoescape=True),
                Member.code == text,
                Member.phone.endswith(text, autoescape=True),
            )
        )
    rows = db.session.execute(wanted.order_by(Member.workshop_id, Member.code).limit(most))
    return [_member_view(*row) for row in rows]


def consents(member_id: int) -> frozenset[ConsentPurpose]:
    """Return what a maker allows at this moment."""
    return frozenset(
        db.session.scalars(
            sa.select(Consent.purpose).where(
                Consent.member_id == member_id, Consent.withdrawn_at.is_(None)
            )
        )
    )


def makers_shown(ids: Iterable[int]) -> dict[int, MakerShown]:
    """Return what the public may know of these makers, each field by her own consent.

    Source: domain.md 7 (maker's consents); a withdrawn one hides at once.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    allowed: dict[int, set[ConsentPurpose]] = {}
    for member_id, purpose in db.session.execute(
        sa.select(Consent.member_id, Consent.purpose).where(
            Consent.member_id.in_(wanted), Consent.withdrawn_at.is_(None)
        )
    ):
        allowed.setdefault(member_id, set()).add(purpose)
    rows = db.session.execute(
        sa.select(Member, Station.short_name, Station.name_en)
        .join(Workshop, Workshop.id == Member.workshop_id)
        .join(Station, Station.id == Workshop.station_id)
        .where(Member.id.in_(wanted))
    )
    shown: dict[int, MakerShown] = {}
    for row, village, village_en in rows:
        may = allowed.get(row.id, set())
        shown[row.id] = MakerShown(
            member_id=row.id,
            code=row.code,
            name=row.name if ConsentPurpose.NAME in may else None,
            name_en=row.name_en if ConsentPurpose.NAME in may else None,
            village=village if ConsentPurpose.VILLAGE in may else None,
            village_en=village_en if ConsentPurpose.VILLAGE in may else None,
            story=row.story if ConsentPurpose.STORY in may else None,
            story_en=row.story_en if ConsentPurpose.STORY in may else None,
        )
    return shown


def makers_of(workshop_id: int, *, most: int = 60) -> list[MakerShown]:
    """Return what the public may know of the makers of one workshop, by their codes."""
    ids = db.session.scalars(
        sa.select(Member.id)
        .where(Member.workshop_id == workshop_id, Member.left_on.is_(None))
        .order_by(Member.code)
        .limit(most)
    ).all()
    shown = makers_shown(ids)
    return [shown[member_id] for member_id in ids]
