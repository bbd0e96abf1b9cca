"""Uploaded catalogs on their way: the worker reads what came and writes what was ordered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog

from shop.accounts import queries as accounts
from shop.exchange import gateway as shelf
from shop.exchange import services as exchange
from shop.exchange.files.pictures import open_pictures
from shop.exchange.files.reading import FileRefused
from shop.exchange.files.stage import staged
from shop.exchange.gateway import Place
from shop.exchange.rules import FileState, Remark
from shop.exchange.services import Claimed, WrongFileState
from shop.kernel.access import SYSTEM, Actor
from shop.kernel.db import transaction
from shop.kernel.errors import ShopError
from shop.workflows import catalog_import
from shop.workflows.catalog_import import ChangedSince, HasErrors

log = structlog.get_logger(__name__)

TOLD_EVERY_SECONDS = 1.0


def work_next(*, now: datetime) -> bool:
    """Read or write the next catalog that waits; say whether there was one.

    An interrupted reading begins anew; an interrupted writing has left nothing. Whoever brought the
    file is asked for her rights again, as they stand now. Safe to run from several workers.
    """
    claimed = exchange.claim_next(now=now)
    if claimed is None:
        return False
    if claimed.tries > exchange.MOST_TRIES:
        exchange.refuse(file_id=claimed.id, remark=Remark.of("failed"))
        return True
    work = _write if claimed.state is FileState.ORDERED else _read
    try:
        work(claimed, shelf.place_of(claimed.public_id), _Clock(now))
    except WrongFileState:
        log.info("catalog was taken out of hand", file=claimed.public_id)
    except FileRefused as refused:
        exchange.refuse(file_id=claimed.id, remark=refused.remark)
    except ShopError as refused:
        log.warning("catalog refused", file=claimed.public_id, why=refused.code)
        exchange.refuse(file_id=claimed.id, remark=Remark.of("not_yours"))
    return True


@dataclass(frozen=True, slots=True)
class _Clock:
    """The instant that the worker was given, moved on by what the work has taken since."""

    began: datetime

    def telling(self, claimed: Claimed) -> Callable[[int, int], None]:
        """Return a function of (done, of) that writes both down, about once a second."""
        started = monotonic()
        last = [0.0]

        def tell(done: int, of: int) -> None:
            passed = monotonic() - started
            if passed - last[0] >= TOLD_EVERY_SECONDS:
                last[0] = passed
                moment = self.began + timedelta(seconds=passed)
                exchange.tell(file_id=claimed.id, done=done, of=of, now=moment)

        return tell


def _actor(claimed: Claimed) -> Actor:
    return SYSTEM if claimed.actor_id is None else accounts.actor_of(claimed.actor_id)


def _read(claimed: Claimed, place: Place, clock: _Clock) -> None:
    if not place.is_there:
        raise FileRefused("gone")
    with staged(place.stage) as stage, open_pictures(place.pictures) as pictures:
        found = catalog_import.read(
            file=place.catalog,
            pictures=pictures,
            stage=stage,
            workshop_id=claimed.workshop_id,
            choices=claimed.choices,
            actor=_actor(claimed),
            tell=clock.telling(claimed),
        )
    exchange.finish_reading(
        file_id=claimed.id,
        dialect=found.dialect,
        encoding=found.encoding,
        ignored=found.ignored,
        counts=found.counts,
        # Why it is read again, if it is, and what there is to say about the file itself.
        remarks=[*claimed.remarks, *catalog_import.file_remarks(found)],
        now=clock.began,
    )


def _write(claimed: Claimed, place: Place, clock: _Clock) -> None:
    if not place.stage.is_file():
        raise FileRefused("gone")
    actor = _actor(claimed)
    try:
        with (
            staged(place.stage) as stage,
            open_pictures(place.pictures) as opened,
            catalog_import.taken_in(stage, opened) as pictures,
            transaction(),
        ):
            catalog_import.write(
                stage=stage,
                pictures=pictures,
                workshop_id=claimed.workshop_id,
                actor=actor,
                now=clock.began,
                tell=catalog_import.quietly,
            )
            exchange.written(file_id=claimed.id, actor=actor, now=clock.began)
    except ChangedSince as changed:
        about = changed.details
        exchange.read_again(file_id=claimed.id, remark=Remark.of("changed_since", **about))
    except HasErrors:
        exchange.read_again(file_id=claimed.id, remark=Remark.of("has_errors"))
