"""What is read of pictures: those a buyer sees, those the desk works on, and covers of many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.kernel.db import db
from shop.media.models import Picture
from shop.media.rules import Medium, PictureState, Subject


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture as pages show it: where its copies lie, and its words.

    ``widths`` and ``forms`` are words with blanks between; sizes are of the widest copy, in pixels.
    """

    public_id: str
    medium: Medium
    digest: str
    width: int
    height: int
    widths: str
    forms: str
    tint: str
    seconds: int
    focus: str
    alt: str
    alt_en: str
    captions: str
    captions_en: str


@dataclass(frozen=True, slots=True)
class PictureAtDesk:
    """One picture as staff see it, whatever its state; ``shown`` once its copies are made."""

    public_id: str
    medium: Medium
    state: PictureState
    reason: str | None
    sent_as: str
    focus: str
    alt: str
    alt_en: str
    captions: str
    captions_en: str
    shown: PictureView | None

    @property
    def is_public(self) -> bool:
        """Say whether buyers see it."""
        return self.state is PictureState.READY and bool(self.alt)


_FIELDS = tuple(PictureView.__dataclass_fields__)
_COLUMNS = tuple(Picture.__table__.c[name] for name in _FIELDS)


def is_shown(picture: type[Picture] = Picture) -> sa.ColumnElement[bool]:
    """Return the condition under which buyers see a picture: copies made, words written."""
    return sa.and_(picture.state == PictureState.READY, picture.alt != "")


def shown_of(subject: Subject, subject_id: int) -> tuple[PictureView, ...]:
    """Return the pictures of one subject that buyers see, the cover first."""
    rows = db.session.execute(
        sa.select(*_COLUMNS)
        .where(Picture.subject == subject, Picture.subject_id == subject_id, is_shown())
        .order_by(Picture.position, Picture.id)
    )
    return tuple(PictureView(*row) for row in rows)


def at_desk(subject: Subject, subject_id: int) -> tuple[PictureAtDesk, ...]:
    """Return every picture of one subject that is not taken down, the cover first."""
    rows = db.session.execute(
        sa.select(*_COLUMNS, Picture.state, Picture.reason, Picture.sent_as)
        .where(
            Picture.subject == subject,
            Picture.subject_id == subject_id,
            Picture.state != PictureState.REMOVED,
        )
        .order_by(Picture.position, Picture.id)
    )
    return tuple(
        PictureAtDesk(
            public_id=row.public_id,
            medium=row.medium,
            state=row.state,
            reason=row.reason,
            sent_as=row.sent_as,
            focus=row.focus,
            alt=row.alt,
            alt_en=row.alt_en,
            captions=row.captions,
            captions_en=row.captions_en,
            shown=PictureView(*row[: len(_FIELDS)]) if row.digest else None,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class HangingPicture:
    """A picture that hangs on something, shown or not yet; ``sent_digest`` names the file sent."""

    public_id: str
    sent_digest: str
    is_ready: bool


def hanging(subject: Subject, subject_ids: Iterable[int]) -> dict[int, list[HangingPicture]]:
    """Return what hangs on each subject, the cover first; those without anything are missing."""
    found: dict[int, list[HangingPicture]] = {}
    for row in db.session.execute(
        sa.select(Picture.subject_id, Picture.public_id, Picture.sent_digest, Picture.state)
        .where(
            Picture.subject == subject,
            Picture.subject_id.in_(sorted(set(subject_ids))),
            Picture.state.in_((PictureState.WAITING, PictureState.READY)),
        )
        .order_by(Picture.subject_id, Picture.position, Picture.id)
    ):
        found.setdefault(row.subject_id, []).append(
            HangingPicture(row.public_id, row.sent_digest, row.state is PictureState.READY)
        )
    return found


def covers(subject: Subject, subject_ids: Iterable[int]) -> dict[int, PictureView]:
    """Return the first picture that buyers see of each subject; those without one are missing."""
    wanted = sorted(set(subject_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(Picture.subject_id, *_COLUMNS)
        .where(Picture.subject == subject, Picture.subject_id.in_(wanted), is_shown())
        .order_by(Picture.subject_id, Picture.position.desc(), Picture.id.desc())
    )
    return {row[0]: PictureView(*row[1:]) for row in rows}


# The cover beside rows of another room: an alias to join, its condition, its columns, its reader.
cover = aliased(Picture, name="cover")
COVER_COLUMNS = tuple(getattr(cover, name).label(f"cover_{name}") for name in _FIELDS)


def is_cover_of(subject: Subject, row_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that ``cover`` is the first picture of the row at hand that is shown.

    row_id    the column that holds the row's number, of a table the statement selects from.
    """
    first = (
        sa.select(Picture.id)
        .where(Picture.subject == subject, Picture.subject_id == row_id, is_shown())
        .order_by(Picture.position, Picture.id)
        .limit(1)
        .correlate(row_id.table)
        .scalar_subquery()
    )
    return cover.id == first


_PACKED = tuple(n for n in _FIELDS if n not in {"alt", "alt_en", "captions", "captions_en"})
_BETWEEN = "|"


def packed(picture: PictureView) -> str:
    """Return a picture as one line without its words, for a mirror of another room to keep."""
    return _BETWEEN.join(str(getattr(picture, name)) for name in _PACKED)


def packed_of_all(subject: Subject) -> dict[int, list[str]]:
    """Return the packed pictures that buyers see of every subject of one kind, for its checks."""
    rows = db.session.execute(
        sa.select(Picture.subject_id, *_COLUMNS)
        .where(Picture.subject == subject, is_shown())
        .order_by(Picture.subject_id, Picture.position, Picture.id)
    )
    lines: dict[int, list[str]] = {}
    for row in rows:
        lines.setdefault(row[0], []).append(packed(PictureView(*row[1:])))
    return lines


def unpacked(line: str, alt: str | None, alt_en: str | None) -> PictureView:
    """Return the picture that ``packed`` made a line of, with its words again."""
    public_id, medium, digest, width, height, widths, forms, tint, seconds, focus = line.split(
        _BETWEEN
    )
    return PictureView(
        public_id=public_id,
        medium=Medium(medium),
        digest=digest,
        width=int(width),
        height=int(height),
        widths=widths,
        forms=forms,
        tint=tint,
        seconds=int(seconds),
        focus=focus,
        alt=alt or "",
        alt_en=alt_en or "",
        captions="",
        captions_en="",
    )


def cover_of(row: Any) -> PictureView | None:
    """Return the cover of a row that selected ``COVER_COLUMNS``; None where it has none."""
    if row.cover_digest is None:
        return None
    return PictureView(*(getattr(row, f"cover_{name}") for name in _FIELDS))
