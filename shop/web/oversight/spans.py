"""The time that figures speak of: thirty days, this year, the year before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shop.kernel.clock import business_day, start_of_day

THIS_YEAR = "year"
LAST_YEAR = "last-year"
DAYS_30 = "30-days"
SPANS = (THIS_YEAR, DAYS_30, LAST_YEAR)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of instants, and the first and last day of it at the place."""

    name: str
    since: datetime
    until: datetime
    first_on: date
    last_on: date


def span(name: str, *, now: datetime) -> Span:
    """Return the span of that name, this calendar year at the place for an unknown one.

    Spans that run are open until the end of today, so that what happens today is in them.
    """
    today = business_day(now)
    first, last = date(today.year, 1, 1), today
    if name == LAST_YEAR:
        first, last = date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    elif name == DAYS_30:
        first = today - timedelta(days=29)
    else:
        name = THIS_YEAR
    return Span(
        name=name,
        since=start_of_day(first),
        until=start_of_day(last + timedelta(days=1)),
        first_on=first,
        last_on=last,
    )
