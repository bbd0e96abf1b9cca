"""When a shelf is shown, and the seasons that suggest one. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from shop.kernel.errors import InvalidInput
from shop.kernel.workdays import WorkDays

LONGEST_TITLE = 60
LONGEST_WORDS = 240
LONGEST_SLUG = 60
MOST_GOODS = 48
LONGEST = timedelta(days=366)
# Gifts are chosen four weeks before a feast: two of them to weave, one on the road.
BEFORE_A_FEAST = timedelta(days=28)


class BadShelf(InvalidInput):
    """A shelf without title or sentence, or with days that do not follow each other in a year."""

    code: ClassVar[str] = "shelves.bad_shelf"


@dataclass(frozen=True, slots=True)
class Feast:
    """A feast for which people give: how its shelf is called, and the picture it begins with."""

    key: str
    name: str
    name_en: str
    picture: str


@dataclass(frozen=True, slots=True)
class SuggestedSeason:
    """One feast of one year, and the days on which its shelf would stand."""

    feast: Feast
    day: date

    @property
    def starts_on(self) -> date:
        """Return the first day."""
        return self.day - BEFORE_A_FEAST

    @property
    def ends_on(self) -> date:
        """Return the last day: the feast itself."""
        return self.day


NEW_YEAR = Feast("new-year", "新年", "New Year", "shelf_lanterns")
SPRING_FESTIVAL = Feast("spring-festival", "春节", "Spring Festival", "shelf_lanterns")
WOMENS_DAY = Feast("womens-day", "三八妇女节", "8 March", "shelf_spring")
DRAGON_BOAT = Feast("dragon-boat", "端午", "Dragon Boat Festival", "shelf_mugwort")
MID_AUTUMN = Feast("mid-autumn", "中秋", "Mid-Autumn Festival", "shelf_moon")
NATIONAL_DAY = Feast("national-day", "国庆", "National Day", "home_hero")

# How the table of holidays calls them. Source: data/zh/china_days.csv; domain.md 11 (seasons).
_IN_THE_TABLE = {
    "元旦": NEW_YEAR,
    "春节": SPRING_FESTIVAL,
    "端午": DRAGON_BOAT,
    "端午节": DRAGON_BOAT,
    "中秋": MID_AUTUMN,
    "中秋节": MID_AUTUMN,
    "国庆节": NATIONAL_DAY,
}
_MARCH, _EIGHTH = 3, 8


def coming_seasons(days: WorkDays, *, today: date, most: int = 6) -> list[SuggestedSeason]:
    """Return the next feasts whose day the table knows, the nearest first; each once.

    The first of the free days of a feast is its day. 8 March is no holiday of the table: it falls
    on 8 March.
    """
    found: dict[tuple[str, int], date] = {}
    for day, name in sorted(days.holidays.items()):
        feast = _IN_THE_TABLE.get(name.name)
        if feast is not None:
            # The free days around a new year belong to the year that begins.
            found.setdefault((feast.key, (day + timedelta(days=10)).year), day)
    feasts = {feast.key: feast for feast in _IN_THE_TABLE.values()}
    seasons = [SuggestedSeason(feasts[key], day) for (key, _), day in found.items()]
    seasons += [SuggestedSeason(WOMENS_DAY, date(today.year + n, _MARCH, _EIGHTH)) for n in (0, 1)]
    ahead = sorted((s for s in seasons if s.day >= today), key=lambda s: (s.day, s.feast.key))
    return _each_once(ahead)[:most]


def _each_once(seasons: Iterable[SuggestedSeason]) -> list[SuggestedSeason]:
    first: dict[str, SuggestedSeason] = {}
    for season in seasons:
        first.setdefault(season.feast.key, season)
    return list(first.values())


def require_sound(*, title: str, words: str, starts_on: date, ends_on: date) -> None:
    """Return when a shelf can stand so: named, explained, a year at most. Raises BadShelf."""
    if (
        not 0 < len(title) <= LONGEST_TITLE
        or not 0 < len(words) <= LONGEST_WORDS
        or not timedelta(0) <= ends_on - starts_on <= LONGEST
    ):
        raise BadShelf


def is_shown(starts_on: date, ends_on: date, today: date) -> bool:
    """Say whether a shelf stands in the shop today; both its days count."""
    return starts_on <= today <= ends_on
