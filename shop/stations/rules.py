"""How places are named, numbered and opened. Pure: no database, no clock, no request."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Tier(StrEnum):
    """The three tiers; what people call them is a setting."""

    COUNTY = "county"
    TOWN = "town"
    ROOM = "room"


class ConsentPurpose(StrEnum):
    """What a maker may allow, one by one. Source: domain.md 7."""

    NAME = "name"
    PICTURE = "picture"
    VILLAGE = "village"
    STORY = "story"
    VOICE = "voice"


class SeasonReason(StrEnum):
    """Why a workshop weaves less for a while. Source: domain.md 11 (seasons)."""

    PLANTING = "planting"
    TEA_PICKING = "tea_picking"
    HARVEST = "harvest"
    VISITORS = "visitors"
    SNOW = "snow"
    SPRING_FESTIVAL = "spring_festival"
    OTHER = "other"


WEEK = 7
FULL_PERCENT = 100
# Farm weeks at half the pace. Source: domain.md 6 (capacity).
FARM_PERCENT = 50
# A workshop that has not said how much it weaves gets one person's half days, five a week.
ONE_PERSON_MINUTES = 20 * 60
MOST_WEEKLY_MINUTES = 60 * 60 * 200
# Two pick-ups a week, Monday and Thursday. Source: domain.md 6 (dispatch).
PICKUP_WEEKDAYS = frozenset({1, 4})
LONGEST_SEASON = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Season:
    """A dated span in which a workshop weaves at ``percent`` of its pace; at 0 it is closed.

    starts_on, ends_on    half-open: it is over on ``ends_on``.
    """

    reason: SeasonReason
    percent: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a workshop weaves and on which weekdays (Monday is 1) the carrier comes."""

    weekly_minutes: int
    pickup_weekdays: frozenset[int] = PICKUP_WEEKDAYS
    seasons: tuple[Season, ...] = ()

    def season_on(self, day: date) -> Season | None:
        """Return what slows the workshop on a day; of several the slowest."""
        return min(
            (one for one in self.seasons if one.starts_on <= day < one.ends_on),
            key=lambda one: one.percent,
            default=None,
        )

    def stretches(self, first: date) -> Iterator[tuple[date, date | None, int]]:
        """Yield (first day, day after the last, percent of the pace) from a day on, without gaps.

        The last stretch has no end and runs at full pace.
        """
        borders = {border for one in self.seasons for border in (one.starts_on, one.ends_on)}
        start = first
        for border in sorted(border for border in borders if border > first):
            yield start, border, self._percent(start)
            start = border
        yield start, None, self._percent(start)

    def _percent(self, day: date) -> int:
        season = self.season_on(day)
        return FULL_PERCENT if season is None else season.percent


def weekdays_of(text: str) -> frozenset[int]:
    """Return the weekdays that are kept as their digits: ``14`` is Monday and Thursday."""
    return frozenset(int(digit) for digit in text if "1" <= digit <= "7")


COMMITTEES = ("村民委员会", "居民委员会")
VILLAGE_COMMITTEE = "村民委员会"

# How a place is called in English by how its name ends; the longest ending wins.
KINDS_EN = (
    ("自治县", "Autonomous County"),
    ("街道", "Subdistrict"),
    ("社区工作站", "Community Station"),
    ("社区", "Community"),
    ("镇", "Town"),
    ("乡", "Township"),
    ("村", "Village"),
    ("区", "District"),
    ("县", "County"),
)
PEOPLES_EN = (("土家族", "Tujia"), ("苗族", "Miao"), ("仡佬族", "Gelao"))


def short_name(name: str) -> str:
    """Return a place's name as people say it: 灯梁村 for 灯梁村村民委员会.

    Only the word for the committee falls; 社区 stays, because people say it.
    """
    for committee in COMMITTEES:
        stem = name.removesuffix(committee)
        if stem not in {name, ""}:
            # 真武村民委员会 is the committee of 真武村: the 村 belongs to both words.
            ends_well = committee != VILLAGE_COMMITTEE or stem.endswith(("村", "社区"))
            return stem if ends_well else f"{stem}村"
    return name


def parts_of_name(short: str) -> tuple[str, tuple[str, ...], str]:
    """Return a name's own part, the English names of its peoples, and its kind in English.

    石柱土家族自治县 gives 石柱, (Tujia,), Autonomous County.
    """
    stem, kind = short, ""
    for ending, english in KINDS_EN:
        if short.endswith(ending) and short != ending:
            stem, kind = short.removesuffix(ending), english
            break
    peoples: list[str] = []
    found = True
    while found:
        found = False
        for people, english in PEOPLES_EN:
            if stem.endswith(people) and stem != people:
                stem = stem.removesuffix(people)
                peoples.insert(0, english)
                found = True
    return stem, tuple(peoples), kind


def path_below(parent_path: str, parent_code: str, code: str) -> str:
    """Return the path of a place below another; ``/`` and an empty code for the top."""
    return f"{parent_path}{code.removeprefix(parent_code)}/"


def prefixes(path: str) -> list[str]:
    """Return the paths of a place's ancestors and its own, from the top."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[: n + 1]) + "/" for n in range(len(steps))]


def places_of(code: str) -> list[str]:
    """Return the codes of a village, its town and its county; a code begins with those above it."""
    return [code[:digits] for digits in (6, 9, 12) if digits <= len(code)]


def rooms_to_open(rooms: Mapping[str, Sequence[tuple[str, str]]], how_many: int) -> frozenset[str]:
    """Return the codes of the rooms to open, always the same for the same tree.

    Every town opens its share of ``how_many`` in proportion to its rooms (largest remainder, ties
    to the lower town code); inside a town villages come before communities, then by code. The rule
    is ours: the programme of 2025 counts 4,350 rooms and does not say which.

    rooms       by town code, (room code, name as given).
    how_many    of all; more than there are means all.
    """
    towns = sorted(rooms)
    everything = sum(len(rooms[town]) for town in towns)
    if everything == 0:
        return frozenset()
    wanted = min(how_many, everything)
    shares = {town: divmod(wanted * len(rooms[town]), everything) for town in towns}
    missing = wanted - sum(whole for whole, _ in shares.values())
    rounded_up = set(sorted(towns, key=lambda town: (-shares[town][1], town))[:missing])
    opened: set[str] = set()
    for town in towns:
        in_order = sorted(
            rooms[town], key=lambda room: (not room[1].endswith(VILLAGE_COMMITTEE), room[0])
        )
        count = shares[town][0] + (town in rounded_up)
        opened.update(code for code, _ in in_order[:count])
    return frozenset(opened)


def phone_number(text: str) -> str:
    """Return a telephone number in one writing: digits only, mainland numbers without +86.

    Full-width digits, spaces, dashes and brackets are understood. An empty text stays empty.
    Raises ValueError for anything else than 5 to 15 digits.
    """
    plain = re.sub(r"[\s\-()·.]", "", unicodedata.normalize("NFKC", text))
    plain = re.sub(r"^(?:\+|00)86", "", plain).removeprefix("+")
    if plain and not re.fullmatch(r"[0-9]{5,15}", plain):
        message = "not a telephone number"
        raise ValueError(message)
    return plain
