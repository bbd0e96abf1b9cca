"""What a project's money may be spent on, and when a day of training counts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum

from shop.kernel.money import Money

# One sheet of paper holds a month at most.
MOST_SHEET_DAYS = 31


class SheetState(StrEnum):
    """Where an attendance sheet stands; only an agreed one is pay."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"


SHEET_MOVES: dict[SheetState, frozenset[SheetState]] = {
    SheetState.PROPOSED: frozenset({SheetState.AGREED, SheetState.REFUSED}),
    SheetState.AGREED: frozenset(),
    SheetState.REFUSED: frozenset(),
}


def days_between(first: date, last: date) -> list[date]:
    """Return the days of a sheet, both ends included; none when they are the wrong way round."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def allowances(attended: Mapping[int, Collection[date]], *, day_rate: Money) -> dict[int, Money]:
    """Return what each member gets for the days she came; who did not come is left out.

    Source: domain.md 5 E8 (3 days × 50.00 = 150.00).
    """
    return {member_id: day_rate * len(set(days)) for member_id, days in attended.items() if days}
