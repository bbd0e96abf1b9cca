"""What time it is: the one place that asks the machine, and business days from a place's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = "Asia/Shanghai"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the present instant in UTC; asked at the edge (page, command, worker), passed in."""
    return datetime.now(UTC)


def ticks(instant: datetime) -> int:
    """Return an instant as whole microseconds since 1970, for columns that are only compared."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def business_day(now: datetime, zone: str = SHANGHAI) -> date:
    """Return the calendar day at the place when the instant is ``now``."""
    return now.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, zone: str = SHANGHAI) -> datetime:
    """Return the UTC instant at which ``day`` begins at the place."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_span(day: date, zone: str = SHANGHAI) -> tuple[datetime, datetime]:
    """Return the half-open UTC span of one calendar day at the place."""
    return start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
