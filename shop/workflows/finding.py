"""The search index over several rooms: written anew, and kept as places are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shop.bookings import services as bookings
from shop.catalog import offers
from shop.catalog import queries as listed
from shop.catalog import services as catalog
from shop.kernel.access import Scope
from shop.kernel.db import transaction
from shop.search import queries as found
from shop.search import services as search
from shop.stations import queries as stations
from shop.stations.events import PlaceRenamed, WorkshopFounded

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Written:
    """How much of what was entered."""

    goods: int
    workshops: int


def write_anew(*, progress: Callable[[int], None] | None = None) -> Written:
    """Write the whole index anew and return how much there is; safe to repeat or break off.

    In short transactions, while selling and searching go on: what is there stays until its new
    words replace it.

    progress    told how many goods are done, now and then.
    """
    search.begin_anew()
    catalog.enter_shelves()
    bookings.enter_in_search()
    workshops = [one.id for one in stations.workshops_public()]
    for start in range(0, len(workshops), AT_ONCE):
        search.enter_workshops(workshops[start : start + AT_ONCE])
    done = last = 0
    for batch in _on_sale():
        # Also what the index knows between them and is no longer on sale: it leaves here.
        catalog.enter_in_search(_with_strays(batch, last))
        last = batch[-1]
        done += len(batch)
        if progress is not None:
            progress(done)
    catalog.enter_in_search(found.indexed_goods(after=last, until=None))
    search.end_anew()
    return Written(done, len(workshops))


def write_anew_if_needed() -> Written | None:
    """Write the index anew where it was never written whole, or by rules that have changed."""
    return None if found.is_current() else write_anew()


def _on_sale(*, below: str | None = None) -> Iterator[list[int]]:
    last = 0
    while batch := listed.ids_on_sale(after=last, most=AT_ONCE, below=below):
        yield batch
        last = batch[-1]


def _with_strays(batch: list[int], last: int) -> list[int]:
    return sorted({*batch, *found.indexed_goods(after=last, until=batch[-1])})


def enter_workshop(event: WorkshopFounded, *, now: datetime) -> None:  # noqa: ARG001 - reactions are called so
    """Let a new workshop be found."""
    search.enter_workshops([event.workshop_id])


def call_by_new_name(event: PlaceRenamed, *, now: datetime) -> None:
    """Let everything below a renamed place be listed and found by its new name only."""
    path = stations.path_of(event.station_id)
    workshops = [one.id for one in stations.workshops(Scope((path,)))]
    search.enter_workshops(workshops)
    bookings.enter_in_search(workshop_ids=workshops)
    for batch in _on_sale(below=path):
        with transaction():
            catalog.enter_in_search(batch)
            offers.touch(batch, now=now)
