"""Experiences and their dates for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask_babel import lazy_gettext as _l
from msgspec import Meta, Struct

from shop.bookings import queries as bookings
from shop.bookings.queries import ExperienceView, SessionView
from shop.bookings.rules import FREE_UNTIL, SessionState
from shop.kernel.errors import NotFound
from shop.stations import queries as stations
from shop.web.access import now
from shop.web.addresses import absolute
from shop.web.api.door import Slug, operation
from shop.web.api.shapes import WorkshopRef, at_place, there, workshop_ref
from shop.web.problems import Amount, amount

TAG = "experiences"
SessionId = Annotated[str, Meta(pattern="^[a-z]+_[0-9A-Z]{8}$")]


class Session(Struct, frozen=True):
    """One date of an experience, with what is left."""

    id: str
    experience: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    places_left: int
    state: SessionState
    is_bookable: bool
    free_until: Annotated[datetime, Meta(description="the last moment to cancel without cost")]


class Experience(Struct, frozen=True):
    """What visitors can learn."""

    slug: str
    title: str
    title_en: str | None
    summary: str
    summary_en: str | None
    bring: str
    bring_en: str | None
    meeting_point: str
    meeting_point_en: str | None
    road_note: str
    road_note_en: str | None
    minutes: int
    min_age: int
    min_party: int
    adult: Annotated[Amount, Meta(description="price of a grown-up")]
    child: Amount
    family: Annotated[Amount, Meta(description="one grown-up and one child")]
    workshop: WorkshopRef
    next_at: datetime | None
    url: str


class ExperienceList(Struct, frozen=True):
    """What visitors can book, the nearest date first."""

    items: list[Experience]


class ExperiencePage(Struct, frozen=True):
    """One experience with its open dates."""

    experience: Experience
    sessions: list[Session]


def session(view: SessionView) -> Session:
    """Return one date as programs read it."""
    return Session(
        id=view.public_id,
        experience=view.slug,
        starts_at=there(view.starts_at),
        ends_at=there(view.ends_at),
        capacity=view.capacity,
        places_left=max(0, view.places_left),
        state=view.state,
        is_bookable=view.is_bookable(now()) and view.places_left > 0,
        free_until=there(view.starts_at - FREE_UNTIL),
    )


def _experience(view: ExperienceView, workshop: stations.WorkshopView) -> Experience:
    return Experience(
        slug=view.slug,
        title=view.title,
        title_en=view.title_en,
        summary=view.summary,
        summary_en=view.summary_en,
        bring=view.bring,
        bring_en=view.bring_en,
        meeting_point=view.meeting_point,
        meeting_point_en=view.meeting_point_en,
        road_note=view.road_note,
        road_note_en=view.road_note_en,
        minutes=view.minutes,
        min_age=view.min_age,
        min_party=view.min_party,
        adult=amount(view.adult),
        child=amount(view.child),
        family=amount(view.family),
        workshop=workshop_ref(workshop),
        next_at=at_place(view.next_at),
        url=absolute(f"/experiences/{view.slug}"),
    )


@operation(
    "GET",
    "/experiences",
    tag=TAG,
    title=_l("List experiences"),
    gives=ExperienceList,
    is_shown=True,
)
def list_experiences() -> ExperienceList:
    """List what visitors can book, the nearest date first; a hundred at most."""
    views = bookings.experiences_public(now())
    workshops = stations.workshops_by_id(view.workshop_id for view in views)
    return ExperienceList([_experience(view, workshops[view.workshop_id]) for view in views])


@operation(
    "GET",
    "/experiences/<string:slug>",
    tag=TAG,
    title=_l("Show one experience"),
    gives=ExperiencePage,
    is_shown=True,
    names={"slug": Slug},
    refuses=(NotFound,),
)
def show_experience(slug: str) -> ExperiencePage:
    """Show one experience with its open dates, the next forty."""
    page = bookings.experience(slug, now())
    return ExperiencePage(
        _experience(page.experience, page.workshop), [session(one) for one in page.sessions]
    )


@operation(
    "GET",
    "/sessions/<string:session_id>",
    tag=TAG,
    title=_l("Show one session"),
    gives=Session,
    is_shown=True,
    names={"session_id": SessionId},
    refuses=(NotFound,),
)
def show_session(session_id: str) -> Session:
    """Show one date of an experience that visitors can see."""
    view = bookings.session(session_id, now=now())
    bookings.experience(view.slug, now(), most_sessions=1)  # there for the public, or not at all
    return session(view)
