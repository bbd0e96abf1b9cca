"""Building the tree, founding workshops, taking members in, keeping their consents."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from shop.kernel import events, freshness
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.clock import SHANGHAI, business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import InvalidInput, NotFound, ShopError
from shop.kernel.hanzi import letters
from shop.kernel.i18n import romanized
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.stations import rules
from shop.stations.events import (
    ConsentGiven,
    ConsentWithdrawn,
    MemberJoined,
    PaceChanged,
    PlaceRenamed,
    PlacesChanged,
    ShippingShown,
    WorkshopDescribed,
    WorkshopFounded,
)
from shop.stations.models import Consent, Member, SeasonRow, Station, Workshop, WorkshopTotal
from shop.stations.rules import (
    FULL_PERCENT,
    LONGEST_SEASON,
    MOST_WEEKLY_MINUTES,
    PICKUP_WEEKDAYS,
    WEEK,
    ConsentPurpose,
    Season,
    Tier,
)

T = TypeVar("T")

CHUNK = 1000
ROOMS_TO_OPEN = 4350
DEFAULT_SHIPPING = Money(800)


class DivisionsUnreadable(InvalidInput):
    """A file of the divisions is missing, wrongly encoded or says something impossible."""

    code = "stations.divisions_unreadable"


class SlugTaken(ShopError):
    """Another workshop has this public address."""

    code = "stations.slug_taken"


class MemberCodeTaken(ShopError):
    """Another maker of the workshop has this code."""

    code = "stations.member_code_taken"


class PhoneUnreadable(InvalidInput):
    """What was given is not a telephone number."""

    code = "stations.phone_unreadable"


class BadPace(InvalidInput):
    """The weekly minutes are negative or absurd, or no weekday is named for the carrier."""

    code = "stations.bad_pace"


class BadSeason(InvalidInput):
    """A season has no days or more than a year of them, or does not slow anything."""

    code = "stations.bad_season"


@dataclass(frozen=True, slots=True)
class TreeBuilt:
    """What an import found and did; all are counts of places.

    ``opened`` rooms were opened by it, ``open_rooms`` are open now, in the whole tree.
    """

    counties: int
    towns: int
    rooms: int
    added: int
    renamed: int
    opened: int
    open_rooms: int


@dataclass(frozen=True, slots=True)
class _Level:
    """One file of the divisions: its tier, the length of its codes and where the parent stands."""

    tier: Tier
    file: str
    digits: int
    parent_column: str | None


# cities.csv is a counting layer (市辖区, 县), not places; a three-tier tree goes without it.
LEVELS = (
    _Level(Tier.COUNTY, "areas.csv", 6, None),
    _Level(Tier.TOWN, "streets.csv", 9, "areaCode"),
    _Level(Tier.ROOM, "villages.csv", 12, "streetCode"),
)

Place = tuple[str, str, str]  # code, name as given, code of the parent ("" at the top)


@transactional
def import_divisions(
    folder: Path,
    *,
    now: datetime,
    open_rooms: int = ROOMS_TO_OPEN,
    progress: Callable[[int, int], None] | None = None,
) -> TreeBuilt:
    """Build the tree from a folder of official divisions and open rooms, all or nothing.

    Places are found by their code: a second run adds and opens nothing, a new official name
    replaces the old one. Which rooms open is ``rules.rooms_to_open``, so it is always the same.

    folder      holds areas.csv, streets.csv and villages.csv, in UTF-8.
    open_rooms  how many rooms are open in the end; those already open count by the same rule.
    progress    told (places done, places in all) now and then.

    Raises DivisionsUnreadable naming file and line; nothing is changed then.
    """
    levels = [(level, _read(folder, level)) for level in LEVELS]
    _refuse_orphans(levels)
    everything = sum(len(places) for _, places in levels)
    known = {
        row.code: (row.id, row.path, row.name)
        for row in db.session.execute(
            sa.select(Station.code, Station.id, Station.path, Station.name)
        )
    }
    added = renamed = done = 0
    for level, places in levels:
        fresh = [place for place in places if place[0] not in known]
        changed = [
            place for place in places if place[0] in known and known[place[0]][2] != place[1]
        ]
        done += len(places) - len(fresh)
        for chunk in _chunks(fresh):
            db.session.execute(sa.insert(Station), [_row(level.tier, p, known) for p in chunk])
            done += len(chunk)
            if progress is not None:
                progress(done, everything)
        _rename(changed, now)
        added += len(fresh)
        renamed += len(changed)
        if fresh:
            known |= {
                row.code: (row.id, row.path, row.name)
                for row in db.session.execute(
                    sa.select(Station.code, Station.id, Station.path, Station.name).where(
                        Station.tier == level.tier
                    )
                )
            }
    if progress is not None:
        progress(done, everything)
    opened = _open(levels[-1][1], how_many=open_rooms, on=business_day(now, SHANGHAI))
    if added + renamed + opened:
        freshness.follow(PlacesChanged(added + renamed + opened))
    counties, towns, rooms = (len(places) for _, places in levels)
    return TreeBuilt(
        counties=counties,
        towns=towns,
        rooms=rooms,
        added=added,
        renamed=renamed,
        opened=opened,
        open_rooms=_open_rooms(),
    )


def _read(folder: Path, level: _Level) -> list[Place]:
    path = folder / level.file
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as missing:
        raise DivisionsUnreadable(file=level.file, line=0, why="missing") from missing
    except UnicodeDecodeError as wrong:
        raise DivisionsUnreadable(file=level.file, line=0, why="not UTF-8") from wrong
    reader = csv.DictReader(text.splitlines())
    columns = {"code", "name"} | ({level.parent_column} if level.parent_column else set())
    lacking = sorted(columns - set(reader.fieldnames or ()))
    if lacking:
        raise DivisionsUnreadable(file=level.file, line=1, why=f"no column {', '.join(lacking)}")
    places: dict[str, Place] = {}
    for row in reader:
        code, name = (row["code"] or "").strip(), (row["name"] or "").strip()
        parent = (row[level.parent_column] or "").strip() if level.parent_column else ""
        if not (code.isascii() and code.isdecimal() and len(code) == level.digits):
            why = f"the code {code!r} has not {level.digits} digits"
            raise DivisionsUnreadable(file=level.file, line=reader.line_num, why=why)
        if not name:
            raise DivisionsUnreadable(file=level.file, line=reader.line_num, why="no name")
        if code in places:
            why = f"the code {code} stands twice"
            raise DivisionsUnreadable(file=level.file, line=reader.line_num, why=why)
        places[code] = (code, name, parent)
    return sorted(places.values())


def _refuse_orphans(levels: list[tuple[_Level, list[Place]]]) -> None:
    above: set[str] = {""}
    for level, places in levels:
        for code, _, parent in places:
            if parent not in above:
                why = f"{code} belongs to {parent or 'nothing'}, which is not there"
                raise DivisionsUnreadable(file=level.file, line=0, why=why)
        above = {code for code, _, _ in places}


def _row(tier: Tier, place: Place, known: dict[str, tuple[int, str, str]]) -> dict[str, object]:
    code, name, parent = place
    parent_id, parent_path = known[parent][:2] if parent else (None, "/")
    return {
        "code": code,
        "tier": tier,
        **_names(name),
        "parent_id": parent_id,
        "path": rules.path_below(parent_path, parent, code),
    }


def _names(name: str) -> dict[str, str]:
    short = rules.short_name(name)
    stem, peoples, kind = rules.parts_of_name(short)
    return {
        "name": name,
        "short_name": short,
        "name_en": " ".join(part for part in (romanized(stem), *peoples, kind) if part),
    }


def _rename(places: list[Place], now: datetime) -> None:
    for code, name, _ in places:
        station_id = db.session.execute(
            sa.update(Station)
            .where(Station.code == code)
            .values(**_names(name))
            .returning(Station.id)
        ).scalar_one()
        events.record(PlaceRenamed(station_id), actor=SYSTEM, station_id=station_id, now=now)


def _open(places: list[Place], *, how_many: int, on: date) -> int:
    by_town: dict[str, list[tuple[str, str]]] = {}
    for code, name, town in places:
        by_town.setdefault(town, []).append((code, name))
    chosen = sorted(rules.rooms_to_open(by_town, how_many))
    opened = 0
    for chunk in _chunks(chosen):
        opened += rows_changed(
            sa.update(Station)
            .where(Station.code.in_(chunk), Station.opened_on.is_(None))
            .values(opened_on=on)
        )
    return opened


def _open_rooms() -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Station)
            .where(Station.tier == Tier.ROOM, Station.opened_on.is_not(None))
        )
        or 0
    )


def _chunks(things: list[T]) -> Iterable[list[T]]:
    return (things[start : start + CHUNK] for start in range(0, len(things), CHUNK))


@transactional
def open_room(*, station_id: int, actor: Actor, now: datetime) -> None:
    """Open one room from today on; safe to repeat.

    Raises NotFound, OutOfReach, Forbidden.
    """
    actor.require(Permission.MANAGE_TREE, at=_path(station_id))
    zone = db.session.scalar(sa.select(Station.time_zone).where(Station.id == station_id))
    opened = rows_changed(
        sa.update(Station)
        .where(Station.id == station_id, Station.opened_on.is_(None))
        .values(opened_on=business_day(now, zone or SHANGHAI))
    )
    if opened:
        freshness.follow(PlacesChanged(opened))


@dataclass(frozen=True, slots=True)
class WorkshopWords:
    """What a workshop says of itself on its page, in both languages; empty says nothing."""

    story: str = ""
    story_en: str = ""
    address: str = ""
    address_en: str = ""
    hours: str = ""
    hours_en: str = ""
    directions: str = ""
    directions_en: str = ""
    phone: str = ""


@transactional
def add_workshop(
    *,
    station_id: int,
    slug: str,
    name: str,
    seller_name: str,
    actor: Actor,
    now: datetime,
    name_en: str | None = None,
    story: str = "",
    story_en: str | None = None,
    craft: str = "",
    address: str = "",
    address_en: str | None = None,
    hours: str = "",
    hours_en: str | None = None,
    directions: str = "",
    directions_en: str | None = None,
    phone: str | None = None,
    seller_license: str | None = None,
    weekly_capacity_minutes: int = 0,
    pickup_weekdays: Collection[int] = PICKUP_WEEKDAYS,
    is_pick_up_point: bool = False,
    shipping: Money = DEFAULT_SHIPPING,
) -> int:
    """Found a workshop at a room and return its id.

    slug                       end of its public address; unique in the whole product.
    hours, directions          when it is open, and how one gets there, in words.
    seller_name                the seller of record on every listing (domain.md 7).
    seller_license             None means "依法无需办理市场主体登记".
    weekly_capacity_minutes    minutes of work a week, for honest delivery dates.
    pickup_weekdays            when the carrier comes; Monday is 1.
    shipping                   what a parcel costs the buyer.

    Raises NotFound, OutOfReach, Forbidden, SlugTaken, PhoneUnreadable, BadPace.
    """
    actor.require(Permission.MANAGE_TREE, at=_path(station_id))
    if db.session.scalar(sa.select(Workshop.id).where(Workshop.slug == slug)) is not None:
        raise SlugTaken(slug=slug)
    workshop_id = db.session.execute(
        sa.insert(Workshop).returning(Workshop.id),
        {
            "public_id": public_id("wks"),
            "slug": slug,
            "station_id": station_id,
            "name": name,
            "name_en": name_en,
            "story": story,
            "story_en": story_en,
            "craft": craft,
            "address": address,
            "address_en": address_en,
            "hours": hours,
            "hours_en": hours_en,
            "directions": directions,
            "directions_en": directions_en,
            "phone": _phone(phone),
            "seller_name": seller_name,
            "seller_license": seller_license,
            **_pace(weekly_capacity_minutes, pickup_weekdays),
            "is_pick_up_point": is_pick_up_point,
            "shipping_minor": shipping.minor,
        },
    ).scalar_one()
    _count_in(station_id)
    events.record(WorkshopFounded(workshop_id), actor=actor, station_id=station_id, now=now)
    return workshop_id


def _count_in(station_id: int) -> None:
    code = db.session.scalars(sa.select(Station.code).where(Station.id == station_id)).one()
    totals = table_of(WorkshopTotal)
    db.session.execute(
        insert_or(totals).on_conflict_do_update(
            index_elements=["code"], set_={"workshops": totals.c.workshops + 1}
        ),
        [{"code": place, "workshops": 1} for place in rules.places_of(code)],
    )


@transactional
def say_of_workshop(*, workshop_id: int, words: WorkshopWords, actor: Actor, now: datetime) -> None:
    """Change what a workshop says of itself: its story, when it is open and how to get there.

    Raises NotFound, OutOfReach, Forbidden, PhoneUnreadable.
    """
    station_id, path, _ = _place_of_workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=path)
    said = {name: getattr(words, name).strip() for name in words.__slots__}
    said |= {name: said[name] or None for name in said if name.endswith("_en")}
    db.session.execute(
        sa.update(Workshop)
        .where(Workshop.id == workshop_id)
        .values(**said | {"phone": _phone(words.phone.strip() or None)})
    )
    events.record(WorkshopDescribed(workshop_id), actor=actor, station_id=station_id, now=now)


@transactional
def show_shipping(*, workshop_id: int, least: Money | None, actor: Actor, now: datetime) -> None:
    """Show a workshop's goods with the least that its delivery terms ask for a parcel.

    least    None where its terms name no sums: then what every parcel cost stays.

    Safe to repeat. Raises NotFound, OutOfReach, Forbidden.
    """
    station_id, path, _ = _place_of_workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=path)
    said: dict[str, object] = {"has_delivery_terms": True}
    if least is not None:
        said["shipping_minor"] = least.minor
    db.session.execute(sa.update(Workshop).where(Workshop.id == workshop_id).values(**said))
    events.record(ShippingShown(workshop_id), actor=actor, station_id=station_id, now=now)


def _pace(weekly_minutes: int, pickup_weekdays: Collection[int]) -> dict[str, object]:
    days = sorted(set(pickup_weekdays))
    if (
        not 0 <= weekly_minutes <= MOST_WEEKLY_MINUTES
        or not days
        or not set(days) <= set(range(1, WEEK + 1))
    ):
        raise BadPace
    return {
        "weekly_capacity_minutes": weekly_minutes,
        "pickup_weekdays": "".join(map(str, days)),
    }


@transactional
def set_pace(
    *,
    workshop_id: int,
    weekly_capacity_minutes: int,
    pickup_weekdays: Collection[int],
    actor: Actor,
    now: datetime,
) -> None:
    """Say how much a workshop weaves in an ordinary week and when the carrier comes.

    weekly_capacity_minutes    0 where nobody knows: then one person's half days are counted.
    pickup_weekdays            Monday is 1; at least one.

    Dates that buyers were promised before stay as they are.

    Raises NotFound, OutOfReach, Forbidden, BadPace. Source: domain.md 6 (capacity, dispatch).
    """
    station_id, path, _ = _place_of_workshop(workshop_id)
    actor.require(Permission.GIVE_WORK, at=path)
    db.session.execute(
        sa.update(Workshop)
        .where(Workshop.id == workshop_id)
        .values(**_pace(weekly_capacity_minutes, pickup_weekdays))
    )
    events.record(PaceChanged(workshop_id), actor=actor, station_id=station_id, now=now)


@transactional
def add_season(*, workshop_id: int, season: Season, actor: Actor, now: datetime) -> str:
    """Note a dated span in which a workshop weaves less; return its outside name.

    Raises NotFound, OutOfReach, Forbidden, BadSeason. Source: domain.md 6, 11 (farm weeks).
    """
    station_id, path, _ = _place_of_workshop(workshop_id)
    actor.require(Permission.GIVE_WORK, at=path)
    days = season.ends_on - season.starts_on
    if not (0 <= season.percent < FULL_PERCENT and timedelta(0) < days <= LONGEST_SEASON):
        raise BadSeason
    name = public_id("ssn")
    db.session.execute(
        sa.insert(SeasonRow),
        {
            "public_id": name,
            "workshop_id": workshop_id,
            "reason": season.reason,
            "percent": season.percent,
            "starts_on": season.starts_on,
            "ends_on": season.ends_on,
        },
    )
    events.record(PaceChanged(workshop_id), actor=actor, station_id=station_id, now=now)
    return name


@transactional
def remove_season(*, workshop_id: int, season: str, actor: Actor, now: datetime) -> None:
    """Take a span out by its outside name; safe to repeat.

    Raises NotFound, OutOfReach, Forbidden.
    """
    station_id, path, _ = _place_of_workshop(workshop_id)
    actor.require(Permission.GIVE_WORK, at=path)
    removed = rows_changed(
        sa.delete(SeasonRow).where(
            SeasonRow.workshop_id == workshop_id, SeasonRow.public_id == season
        )
    )
    if removed:
        events.record(PaceChanged(workshop_id), actor=actor, station_id=station_id, now=now)


@transactional
def add_member(
    *,
    workshop_id: int,
    name: str,
    actor: Actor,
    now: datetime,
    joined_on: date | None = None,
    code: str | None = None,
    name_en: str | None = None,
    phone: str | None = None,
    story: str | None = None,
    story_en: str | None = None,
    is_coop_member: bool = True,
) -> int:
    """Take a maker into a workshop and return her id; she may have neither phone nor login.

    joined_on    the day she joined; None means today at the place.
    code         what the public sees instead of her name; None gives the next number.

    Raises NotFound, OutOfReach, Forbidden, MemberCodeTaken, PhoneUnreadable.
    """
    station_id, path, zone = _place_of_workshop(workshop_id)
    actor.require(Permission.MANAGE_MEMBERS, at=path)
    codes = set(db.session.scalars(sa.select(Member.code).where(Member.workshop_id == workshop_id)))
    if code in codes:
        raise MemberCodeTaken(member_code=code)
    if code is None:
        code = next(f"{n:03d}" for n in range(len(codes) + 1, 10_000) if f"{n:03d}" not in codes)
    member_id = db.session.execute(
        sa.insert(Member).returning(Member.id),
        {
            "public_id": public_id("mbr"),
            "workshop_id": workshop_id,
            "code": code,
            "name": name,
            "name_en": name_en,
            "letters": letters(name_en or name),
            "phone": _phone(phone),
            "story": story,
            "story_en": story_en,
            "is_coop_member": is_coop_member,
            "joined_on": joined_on or business_day(now, zone),
        },
    ).scalar_one()
    events.record(MemberJoined(member_id, workshop_id), actor=actor, station_id=station_id, now=now)
    return member_id


@transactional
def give_consent(
    *,
    member_id: int,
    purpose: ConsentPurpose,
    explained_by: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Note that a maker allows one use of what is hers; safe to repeat.

    explained_by    user who explained it to her; None when she did it herself on her own page.

    Raises NotFound, OutOfReach, Forbidden. Source: trust.md 4 (consent per purpose, who explained).
    """
    station_id = _may_decide(member_id, actor)
    standing = db.session.scalar(
        sa.select(Consent.id).where(
            Consent.member_id == member_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    )
    if standing is not None:
        return
    db.session.execute(
        sa.insert(Consent),
        {
            "member_id": member_id,
            "purpose": purpose,
            "given_at": now,
            "explained_by_id": explained_by,
        },
    )
    events.record(
        ConsentGiven(member_id, purpose.value), actor=actor, station_id=station_id, now=now
    )


@transactional
def withdraw_consent(
    *, member_id: int, purpose: ConsentPurpose, actor: Actor, now: datetime
) -> None:
    """End a maker's permission; it hides at once, also in old listings. Safe to repeat.

    Raises NotFound, OutOfReach, Forbidden. Source: domain.md 7.
    """
    station_id = _may_decide(member_id, actor)
    ended = rows_changed(
        sa.update(Consent)
        .where(
            Consent.member_id == member_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    if ended:
        events.record(
            ConsentWithdrawn(member_id, purpose.value), actor=actor, station_id=station_id, now=now
        )


def _may_decide(member_id: int, actor: Actor) -> int:
    workshop_id = db.session.scalar(sa.select(Member.workshop_id).where(Member.id == member_id))
    if workshop_id is None:
        raise NotFound(what=f"member:{member_id}")
    station_id, path, _ = _place_of_workshop(workshop_id)
    if actor.member_id != member_id:  # what is hers she decides herself; staff enter it for her
        actor.require(Permission.MANAGE_MEMBERS, at=path)
    return station_id


def _place_of_workshop(workshop_id: int) -> tuple[int, str, str]:
    row = db.session.execute(
        sa.select(Station.id, Station.path, Station.time_zone)
        .join(Workshop, Workshop.station_id == Station.id)
        .where(Workshop.id == workshop_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"workshop:{workshop_id}")
    return row.id, row.path, row.time_zone


def _path(station_id: int) -> str:
    path = db.session.scalar(sa.select(Station.path).where(Station.id == station_id))
    if path is None:
        raise NotFound(what=f"station:{station_id}")
    return path


def _phone(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return rules.phone_number(text) or None
    except ValueError as unreadable:
        raise PhoneUnreadable(phone=text[:40]) from unreadable
