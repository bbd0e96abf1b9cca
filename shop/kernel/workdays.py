"""Which days China rests and which weekends it works, from the facts that come with the product."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

SATURDAY = 5
CHINA_DAYS = Path(__file__).resolve().parent.parent / "data/zh/china_days.csv"


@dataclass(frozen=True, slots=True)
class DayName:
    """What a public holiday is called."""

    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class WorkDays:
    """Public holidays by day, and the weekend days that are worked in their place."""

    holidays: Mapping[date, DayName] = field(default_factory=dict)
    makeup: frozenset[date] = frozenset()

    def after(self, day: date, workdays: int) -> date:
        """Return the day so many workdays later; with none of them the day itself."""
        while workdays > 0:
            day += timedelta(days=1)
            is_weekend = day.weekday() >= SATURDAY and day not in self.makeup
            if not is_weekend and day not in self.holidays:
                workdays -= 1
        return day


@cache
def china() -> WorkDays:
    """Return the days of ``data/zh/china_days.csv``; a year that is not in it has ordinary weeks.

    Source of the rows: State Council schedules; ``data/CREDITS.md`` says which are provisional.
    """
    holidays: dict[date, DayName] = {}
    makeup: set[date] = set()
    with CHINA_DAYS.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            day = date.fromisoformat(row["date"])
            if row["kind"] == "holiday":
                holidays[day] = DayName(row["name_zh"], row["name_en"])
            else:
                makeup.add(day)
    return WorkDays(holidays, frozenset(makeup))
