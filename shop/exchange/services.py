"""The verbs of catalog files: receive, claim, tell how far, order, write off, discard, tidy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, ClassVar

import sqlalchemy as sa

from shop.exchange import gateway as shelf
from shop.exchange.events import CatalogReceived, CatalogWritten
from shop.exchange.files.plain_text import tidied
from shop.exchange.models import CatalogFile
from shop.exchange.rules import (
    IN_HAND,
    KEPT_DAYS,
    MOST_FILE_BYTES,
    MOST_SENT_PICTURE_BYTES,
    Choices,
    Dialect,
    FileState,
    OtherCurrency,
    Outcome,
    Remark,
    states_before,
)
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transaction, transactional
from shop.kernel.errors import Conflict, NotFound
from shop.kernel.ids import public_id
from shop.stations import queries as stations

# Longer than any one step of the work; a killed worker's file comes back after it.
LEASE = timedelta(minutes=5)
MOST_TRIES = 3
LONGEST_NAME = 120
# Uploads of a week that one workshop may have: a folder of pictures is not a small thing.
MOST_LYING = 40


class TooManyFiles(Conflict):
    """The workshop has as many uploads lying as it may have; throwing one away makes room."""

    code: ClassVar[str] = "exchange.too_many_files"


class WrongFileState(Conflict):
    """The file is not at the step from which this can be done."""

    code: ClassVar[str] = "exchange.wrong_state"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file that the worker has in hand."""

    id: int
    public_id: str
    workshop_id: int
    actor_id: int | None
    state: FileState
    choices: Choices
    remarks: tuple[Remark, ...]
    tries: int


def receive(
    *,
    workshop_id: int,
    catalog: IO[bytes],
    name: str,
    pictures: IO[bytes] | None,
    pictures_name: str | None,
    choices: Choices,
    actor: Actor,
    now: datetime,
) -> str:
    """Keep an uploaded catalog and return its outside name; the worker reads it soon.

    Raises OutOfReach, Forbidden, NotFound for the workshop; FileRefused for too many bytes,
    TooManyFiles for too many uploads.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(workshop.station_id))
    _refuse_too_many(workshop_id, now)
    own = public_id("cat")
    shelf.keep(own, catalog, pictures, most=(MOST_FILE_BYTES, MOST_SENT_PICTURE_BYTES))
    try:
        with transaction():
            file_id: int = db.session.execute(
                sa.insert(CatalogFile).returning(CatalogFile.id),
                {
                    "public_id": own,
                    "workshop_id": workshop_id,
                    "station_id": workshop.station_id,
                    "brought_by_id": actor.user_id,
                    "name": _plain_name(name),
                    "pictures_name": _plain_name(pictures_name) if pictures_name else None,
                    "choices": json.dumps(dataclasses.asdict(choices)),
                    "state": FileState.RECEIVED,
                    "received_at": now,
                },
            ).scalar_one()
            events.record(
                CatalogReceived(file_id), actor=actor, station_id=workshop.station_id, now=now
            )
    except BaseException:
        shelf.remove(own)
        raise
    return own


def _refuse_too_many(workshop_id: int, now: datetime) -> None:
    lying = db.session.scalar(
        sa.select(sa.func.count()).where(
            CatalogFile.workshop_id == workshop_id,
            CatalogFile.state != FileState.DISCARDED,
            CatalogFile.received_at > now - timedelta(days=KEPT_DAYS),
        )
    )
    if (lying or 0) >= MOST_LYING:
        raise TooManyFiles(most=MOST_LYING)


def claim_next(*, now: datetime) -> Claimed | None:
    """Return a file that waits for the worker, held under a lease; None when nothing waits."""
    # An idle worker only reads: nobody's write lock is taken to learn that nothing waits.
    if db.session.scalar(_waiting(now).limit(1)) is None:
        return None
    with transaction():
        row = db.session.execute(
            sa.update(CatalogFile)
            .where(CatalogFile.id.in_(_waiting(now).limit(1).with_for_update(skip_locked=True)))
            .values(claimed_until=now + LEASE, tries=CatalogFile.tries + 1)
            .returning(
                CatalogFile.id,
                CatalogFile.public_id,
                CatalogFile.workshop_id,
                CatalogFile.brought_by_id,
                CatalogFile.written_by_id,
                CatalogFile.state,
                CatalogFile.choices,
                CatalogFile.remarks,
                CatalogFile.tries,
            )
        ).one_or_none()
    if row is None:
        return None
    said = json.loads(row.choices)
    return Claimed(
        id=row.id,
        public_id=row.public_id,
        workshop_id=row.workshop_id,
        actor_id=row.written_by_id if row.state is FileState.ORDERED else row.brought_by_id,
        state=row.state,
        choices=Choices(**said | {"other_currency": OtherCurrency(said["other_currency"])}),
        remarks=tuple(Remark(*remark) for remark in json.loads(row.remarks)),
        tries=row.tries,
    )


def _waiting(now: datetime) -> sa.Select[int]:
    return (
        sa.select(CatalogFile.id)
        .where(
            CatalogFile.state.in_(sorted(IN_HAND)),
            sa.or_(CatalogFile.claimed_until.is_(None), CatalogFile.claimed_until <= now),
        )
        .order_by(CatalogFile.id)
    )


@transactional
def tell(*, file_id: int, done: int, of: int, now: datetime) -> None:
    """Write down how far the work at hand is, and hold it for longer."""
    db.session.execute(
        sa.update(CatalogFile)
        .where(CatalogFile.id == file_id)
        .values(done=done, of=of, claimed_until=now + LEASE)
    )


@transactional
def finish_reading(
    *,
    file_id: int,
    dialect: Dialect,
    encoding: str,
    ignored: Sequence[str],
    counts: Mapping[Outcome, int],
    remarks: Sequence[Remark],
    now: datetime,
) -> None:
    """Write down what the dry run found; a person decides now.

    Raises WrongFileState when it was discarded meanwhile.
    """
    _move(
        file_id,
        FileState.READ,
        dialect=dialect,
        encoding=encoding,
        ignored="\n".join(ignored),
        remarks=_said(remarks),
        new_rows=counts[Outcome.NEW],
        changed_rows=counts[Outcome.CHANGES],
        same_rows=counts[Outcome.SAME],
        left_out_rows=counts[Outcome.LEFT_OUT],
        wrong_rows=counts[Outcome.ERROR],
        read_at=now,
        done=0,
        of=0,
    )


@transactional
def refuse(*, file_id: int, remark: Remark) -> None:
    """Write down that the file as a whole cannot be used, and why. Raises WrongFileState."""
    _move(file_id, FileState.REFUSED, remarks=_said([remark]))


@transactional
def read_again(*, file_id: int, remark: Remark) -> None:
    """Send a file back to be read anew, and say why. Raises WrongFileState."""
    _move(file_id, FileState.RECEIVED, remarks=_said([remark]), tries=0, done=0, of=0)


@transactional
def order(*, name: str, actor: Actor) -> None:
    """Say that what the dry run showed is to be written; the worker does it. Safe to repeat.

    name    outside name of the file.

    Raises NotFound, OutOfReach, Forbidden; WrongFileState also while a row is wrong.
    """
    row = _row(name, actor)
    if row.state is FileState.ORDERED:
        return
    if row.wrong_rows or row.state is not FileState.READ:
        raise WrongFileState(state=row.state.value)
    _move(row.id, FileState.ORDERED, written_by_id=actor.user_id, tries=0, done=0, of=0)


@transactional
def written(*, file_id: int, actor: Actor, now: datetime) -> None:
    """Write down, in the transaction that writes the goods, that they are written.

    Raises WrongFileState when another worker was faster.
    """
    row = _move(file_id, FileState.WRITTEN, written_at=now)
    events.record(
        CatalogWritten(file_id, row.new_rows, row.changed_rows),
        actor=actor,
        station_id=row.station_id,
        now=now,
    )


def discard(*, name: str, actor: Actor) -> None:
    """Throw an upload away with all that was read of it.

    Raises NotFound, OutOfReach, Forbidden, WrongFileState once it is being written.
    """
    with transaction():
        _move(_row(name, actor).id, FileState.DISCARDED)
    shelf.remove(name)


def tidy(*, now: datetime) -> int:
    """Remove uploads older than seven days and those without a row; return how many; repeatable."""
    young = set(
        db.session.scalars(
            sa.select(CatalogFile.public_id).where(
                CatalogFile.received_at > now - timedelta(days=KEPT_DAYS)
            )
        )
    )
    old = [name for name in shelf.lying() if name not in young]
    for name in old:
        shelf.remove(name)
    return len(old)


def _plain_name(name: str) -> str:
    """Return the name of a file as one short line that every database can keep."""
    return " ".join(tidied(name).split())[-LONGEST_NAME:]


def _said(remarks: Sequence[Remark]) -> str:
    return json.dumps([[one.code, one.about] for one in remarks], ensure_ascii=False)


def _row(name: str, actor: Actor) -> CatalogFile:
    row = db.session.scalar(
        sa.select(CatalogFile)
        .where(CatalogFile.public_id == name)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(what=name)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(row.station_id))
    return row


def _move(file_id: int, state: FileState, **values: object) -> sa.Row[int, int, int]:
    moved = db.session.execute(
        sa.update(CatalogFile)
        .where(CatalogFile.id == file_id, CatalogFile.state.in_(states_before(state)))
        .values(state=state, claimed_until=None, **values)
        .returning(CatalogFile.station_id, CatalogFile.new_rows, CatalogFile.changed_rows)
    ).one_or_none()
    if moved is None:
        raise WrongFileState(state=state.value)
    return moved
