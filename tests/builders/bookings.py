"""Experiences and dates as tests need them, by default those of the worked example E12."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from shop.bookings import services as bookings
from shop.bookings.services import ExperiencePrices, ExperienceTexts
from shop.kernel.access import SYSTEM
from shop.kernel.money import Money
from tests.builders.stations import BEGINNING, a_workshop

_serial = count(1)

WEEK = timedelta(days=7)


def an_experience(
    *,
    workshop_id: int | None = None,
    slug: str | None = None,
    title: str = "编一个小挂件",
    is_public: bool = True,
    min_party: int = 4,
) -> int:
    """Return "weave a pendant": adult 98.00, child 68.00, family 148.00."""
    return bookings.create_experience(
        workshop_id=a_workshop() if workshop_id is None else workshop_id,
        slug=slug or f"weave-a-pendant-{next(_serial)}",
        texts=ExperienceTexts(title=title, title_en="Weave a pendant"),
        prices=ExperiencePrices(
            adult=Money(9800),
            child=Money(6800),
            family=Money(14800),
            instructor_fee=Money(12000),
            assistant_fee=Money(6000),
            kit=Money(1200),
            insurance=Money(300),
            room=Money(3000),
        ),
        minutes=120,
        min_party=min_party,
        is_public=is_public,
        actor=SYSTEM,
        now=BEGINNING,
    )


def a_session(
    *,
    now: datetime,
    experience_id: int | None = None,
    workshop_id: int | None = None,
    capacity: int = 12,
    starts_at: datetime | None = None,
    instructor_id: int | None = None,
    assistant_id: int | None = None,
) -> int:
    """Return a date in a week with twelve seats."""
    if experience_id is None:
        experience_id = an_experience(workshop_id=workshop_id)
    return bookings.plan_session(
        experience_id=experience_id,
        starts_at=starts_at or now + WEEK,
        capacity=capacity,
        instructor_id=instructor_id,
        assistant_id=assistant_id,
        actor=SYSTEM,
        now=now,
    )
