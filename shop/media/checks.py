"""What must hold of pictures: every copy lies where its row says, and nothing else lies there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.clock import utc_now
from shop.kernel.db import db
from shop.media.gateway import storage
from shop.media.models import Picture
from shop.media.rules import (
    ORIGINALS,
    PRIVATE,
    PUBLIC,
    Medium,
    PictureState,
    copy_names,
    folder_of,
)

LONGEST_WAIT = timedelta(hours=1)
# What a request or a darkroom is just at work on is no orphan yet; tidying comes every hour.
IN_WORK = timedelta(hours=2)
# Far away every look costs a request: so many pictures and files are looked at, the newest first.
MOST_PICTURES_FAR = 100
MOST_FILES_FAR = 5000
AT_ONCE = 500
_NAMED_BY = (Picture.subject, Picture.digest, Picture.widths, Picture.forms, Picture.medium)


def _names(row: Any) -> list[str]:
    return copy_names(
        row.digest,
        folder=folder_of(row.subject),
        widths=[int(width) for width in row.widths.split()],
        forms=row.forms.split(),
        is_video=row.medium is Medium.VIDEO,
    )


def copies_are_there() -> Iterator[Finding]:
    """Yield ready pictures of which a copy is missing."""
    query = (
        sa.select(Picture.id, *_NAMED_BY)
        .where(Picture.state == PictureState.READY)
        .order_by(Picture.id.desc())
    )
    if not storage().is_near:
        query = query.limit(MOST_PICTURES_FAR)
    for row in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
        missing = [name for name in _names(row) if not storage().has(name)]
        if missing:
            detail = f"{len(missing)} of its copies are missing, such as {missing[0]}"
            yield Finding("M1", f"picture:{row.id}", detail)


def nothing_waits_long() -> Iterator[Finding]:
    """Yield pictures whose original has lain there for more than an hour without a copy made."""
    since = utc_now() - LONGEST_WAIT
    files = (one.name for one in storage().lying(ORIGINALS) if one.since < since)
    while some := list(islice(files, AT_ONCE)):
        waiting = sa.select(Picture.id).where(Picture.original.in_(some)).order_by(Picture.id)
        for picture_id in db.session.scalars(waiting):
            detail = "has waited for its copies for over an hour"
            yield Finding("M2", f"picture:{picture_id}", detail)


def files_have_owners() -> Iterator[Finding]:
    """Yield files that no picture names, when they have lain there for longer than work takes."""
    old = utc_now() - IN_WORK
    for folder in (ORIGINALS, PUBLIC, PRIVATE):
        files: Iterator[str] = (one.name for one in storage().lying(folder) if one.since < old)
        if not storage().is_near:
            files = islice(files, MOST_FILES_FAR)
        while some := list(islice(files, AT_ONCE)):
            for name in sorted(set(some) - _owned(folder, some)):
                yield Finding("M3", f"file:{name}", "lies on the storage, and no picture names it")


def _owned(folder: str, names: list[str]) -> set[str]:
    if folder == ORIGINALS:
        named = db.session.scalars(sa.select(Picture.original).where(Picture.original.in_(names)))
        return {name for name in named if name is not None}
    digests = {name.split("/")[-1].split("-")[0].split(".")[0] for name in names}
    rows = db.session.execute(sa.select(*_NAMED_BY).where(Picture.digest.in_(digests)))
    return {name for row in rows for name in _names(row)}


CHECKS: tuple[Check, ...] = (
    Check("M1", "every picture that is ready has all its copies", copies_are_there),
    Check("M2", "no picture waits for its copies for longer than an hour", nothing_waits_long),
    Check("M3", "no file lies there that no picture names, nor any original", files_have_owners),
)
