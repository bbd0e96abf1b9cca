"""Reads of catalog files: what was brought, how far it is, what would become of each row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.exchange import gateway as shelf
from shop.exchange.files.stage import StagedRow, staged
from shop.exchange.models import CatalogFile
from shop.exchange.rules import IN_HAND, KEPT_DAYS, Dialect, FileState, Outcome, Remark
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.stations import queries as stations

MOST_FILES = 50


@dataclass(frozen=True, slots=True)
class CatalogFileView:
    """One catalog that somebody brought; ``counts`` are rows by outcome."""

    public_id: str
    workshop_id: int
    station_id: int
    brought_by_id: int | None
    name: str
    pictures_name: str | None
    state: FileState
    dialect: Dialect | None
    encoding: str
    remarks: tuple[Remark, ...]
    ignored: tuple[str, ...]
    done: int
    of: int
    counts: dict[Outcome, int]
    received_at: datetime
    read_at: datetime | None
    written_at: datetime | None

    @property
    def is_in_hand(self) -> bool:
        """Say whether the worker has something to do with it."""
        return self.state in IN_HAND

    @property
    def rows(self) -> int:
        """Return how many rows it has, as far as they are read."""
        return sum(self.counts.values())

    @property
    def may_be_written(self) -> bool:
        """Say whether a person may order it to be written."""
        asks_for_something = self.counts[Outcome.NEW] or self.counts[Outcome.CHANGES]
        return bool(
            self.state is FileState.READ and not self.counts[Outcome.ERROR] and asks_for_something
        )


def _view(row: CatalogFile) -> CatalogFileView:
    return CatalogFileView(
        public_id=row.public_id,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        brought_by_id=row.brought_by_id,
        name=row.name,
        pictures_name=row.pictures_name,
        state=row.state,
        dialect=row.dialect,
        encoding=row.encoding,
        remarks=tuple(Remark(*said) for said in json.loads(row.remarks)),
        ignored=tuple(row.ignored.split("\n")) if row.ignored else (),
        done=row.done,
        of=row.of,
        counts={
            Outcome.NEW: row.new_rows,
            Outcome.CHANGES: row.changed_rows,
            Outcome.SAME: row.same_rows,
            Outcome.LEFT_OUT: row.left_out_rows,
            Outcome.ERROR: row.wrong_rows,
        },
        received_at=row.received_at,
        read_at=row.read_at,
        written_at=row.written_at,
    )


def files(scope: Scope, *, now: datetime) -> list[CatalogFileView]:
    """Return what was brought inside the scope in the last seven days, the newest first."""
    rows = db.session.scalars(
        sa.select(CatalogFile)
        .where(
            stations.in_scope(scope, CatalogFile.station_id),
            CatalogFile.received_at > now - timedelta(days=KEPT_DAYS),
            CatalogFile.state != FileState.DISCARDED,
        )
        .order_by(CatalogFile.id.desc())
        .limit(MOST_FILES)
    )
    return [_view(row) for row in rows]


def file(name: str, scope: Scope) -> CatalogFileView:
    """Return one catalog by its outside name. Raises NotFound, also outside the scope."""
    row = db.session.scalar(
        sa.select(CatalogFile).where(
            CatalogFile.public_id == name,
            CatalogFile.state != FileState.DISCARDED,
            stations.in_scope(scope, CatalogFile.station_id),
        )
    )
    if row is None:
        raise NotFound(what=name)
    return _view(row)


def rows(
    catalog: CatalogFileView,
    *,
    outcomes: Iterable[Outcome] | None = None,
    after: int = 0,
    most: int | None = None,
) -> Iterator[StagedRow]:
    """Yield rows of a catalog that has been read, in the order of the file.

    Nothing once its seven days are over.
    """
    place = shelf.place_of(catalog.public_id)
    if catalog.state not in {FileState.READ, FileState.ORDERED, FileState.WRITTEN}:
        return
    if not place.stage.is_file():
        return
    with staged(place.stage) as stage:
        yield from stage.rows(outcomes=outcomes, after=after, most=most)
