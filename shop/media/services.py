"""The verbs of pictures: take in, hang, describe, move, take down, make copies, tidy.

Nobody's right is asked here: the room a picture belongs to has asked, and an import contract names
the few who may call. ``subject`` and ``subject_id`` say whose picture it must be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor
from shop.kernel.db import db, transaction, transactional
from shop.kernel.errors import ShopError
from shop.kernel.ids import public_id, secret_token
from shop.media.darkroom.door import DarkroomFailed, Developed, developed, makes_films, reads_heif
from shop.media.darkroom.heads import head_of
from shop.media.events import PictureReady, PictureRefused
from shop.media.gateway import FileMissing, StorageAway, storage
from shop.media.models import Picture
from shop.media.rules import (
    FOCUSES,
    FORMS,
    LONGEST_CAPTIONS,
    LONGEST_WORDS,
    MIDDLE,
    MOST_OF,
    ORIGINALS,
    VIDEO_KINDS,
    WITH_FILMS,
    HeicUnread,
    Medium,
    NewPicture,
    Original,
    OriginalLost,
    PictureGone,
    PictureNotMade,
    PictureState,
    Place,
    Sent,
    Subject,
    TooManyPictures,
    VideoNotTaken,
    Words,
    WordsMissing,
    copy_name,
    copy_names,
    folder_of,
    moved,
    video_name,
)

log = structlog.get_logger(__name__)

# Longer than the darkroom's own patience: a killed worker's picture comes back after it.
LEASE = timedelta(minutes=8)
MOST_TRIES = 3
PAUSE = timedelta(minutes=1)
# A page that somebody still looks at may show a picture taken down; then its files go.
KEPT_AFTER_REMOVAL = timedelta(days=1)
# An original without a row is on its way to one, or its request died.
LONGEST_WAY = timedelta(hours=1)
LONGEST_NAME = 120
Tell = Callable[[Subject, int, datetime], None]
SHOWN_STATES = (PictureState.WAITING, PictureState.READY)


@contextmanager
def taken_in(files: Iterable[Sent]) -> Iterator[tuple[Original, ...]]:
    """Keep files as originals while the block hangs them; whatever no row took is dropped.

    Raises NotAPicture, PictureMoves, PictureTooLarge, PictureDamaged; then nothing was kept.
    Source: trust.md I3, 5 threat 7.
    """
    originals: list[Original] = []
    try:
        for file in files:
            originals.append(_take_in(file))  # noqa: PERF401 - known one by one, should the next be refused
        yield tuple(originals)
    finally:
        if originals:
            names = [original.name for original in originals]
            storage().remove(set(names) - set(_hung(names)))


def _take_in(file: Sent) -> Original:
    head = head_of(file.data)
    if head.kind == "HEIF" and not reads_heif():
        raise HeicUnread
    is_video = head.kind in VIDEO_KINDS
    if is_video and not makes_films():
        raise VideoNotTaken
    name = f"{ORIGINALS}/{secret_token()}"
    storage().put(name, file.data)
    return Original(
        name=name,
        kind=head.kind,
        medium=Medium.VIDEO if is_video else Medium.PHOTO,
        sent_as=file.name[-LONGEST_NAME:],
        sent_digest=hashlib.sha256(file.data).hexdigest(),
    )


def _hung(names: Sequence[str]) -> list[str]:
    rows = db.session.scalars(sa.select(Picture.original).where(Picture.original.in_(names)))
    return [name for name in rows if name is not None]


@transactional
def hang(
    *,
    subject: Subject,
    subject_id: int,
    station_id: int | None,
    picture: NewPicture,
    actor: Actor,
    now: datetime,
) -> int:
    """Return the id of a picture behind those its subject has; it waits for its copies.

    The same file sent again is the same picture, so this is safe to repeat.

    Raises TooManyPictures, VideoNotTaken.
    """
    if picture.original.medium is Medium.VIDEO and subject not in WITH_FILMS:
        raise VideoNotTaken
    if db.engine.dialect.name == "postgresql":
        # One after the other: two taps of one file are one picture, and the most is the most.
        mark = f"pictures:{subject.value}:{subject_id}"
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(mark))))
    here = db.session.execute(
        sa.select(Picture.id, Picture.sent_digest, Picture.position)
        .where(
            Picture.subject == subject,
            Picture.subject_id == subject_id,
            Picture.state.in_(SHOWN_STATES),
        )
        .order_by(Picture.position, Picture.id)
    ).all()
    original = picture.original
    for row in here:
        if row.sent_digest == original.sent_digest:
            return int(row.id)
    if len(here) >= MOST_OF[subject]:
        raise TooManyPictures(most=MOST_OF[subject])
    picture_id: int = db.session.execute(
        sa.insert(Picture).returning(Picture.id),
        {
            "public_id": public_id("pic"),
            "subject": subject,
            "subject_id": subject_id,
            "station_id": station_id,
            "medium": original.medium,
            "state": PictureState.WAITING,
            "original": original.name,
            "kind": original.kind,
            "sent_as": original.sent_as,
            "sent_digest": original.sent_digest,
            "due_at": now,
            **_kept(picture.words),
            "position": here[-1].position + 1 if here else 0,
            "added_by_id": actor.user_id,
            "added_at": now,
            "changed_at": now,
        },
    ).scalar_one()
    return picture_id


def _kept(words: Words) -> dict[str, str]:
    return {
        "alt": words.alt.strip()[:LONGEST_WORDS],
        "alt_en": words.alt_en.strip()[:LONGEST_WORDS],
        "focus": words.focus if words.focus in FOCUSES else MIDDLE,
        "captions": words.captions.strip()[:LONGEST_CAPTIONS],
        "captions_en": words.captions_en.strip()[:LONGEST_CAPTIONS],
    }


@transactional
def describe(
    *, subject: Subject, subject_id: int, picture: str, words: Words, now: datetime
) -> None:
    """Write what is seen on a picture and where the eye goes.

    picture    outside name.

    Raises WordsMissing while one of the two languages says nothing; PictureGone.
    """
    if not words.alt.strip() or not words.alt_en.strip():
        raise WordsMissing
    _change(subject, subject_id, picture, **_kept(words), changed_at=now)


@transactional
def move(*, subject: Subject, subject_id: int, picture: str, to: Place, now: datetime) -> None:
    """Move a picture among those of its subject; the first one is the cover. Raises PictureGone."""
    rows = db.session.execute(
        sa.select(Picture.id, Picture.public_id)
        .where(
            Picture.subject == subject,
            Picture.subject_id == subject_id,
            Picture.state != PictureState.REMOVED,
        )
        .order_by(Picture.position, Picture.id)
    ).all()
    one = next((row.id for row in rows if row.public_id == picture), None)
    if one is None:
        raise PictureGone(what=picture)
    for position, picture_id in enumerate(moved([row.id for row in rows], one, to)):
        db.session.execute(
            sa.update(Picture).where(Picture.id == picture_id).values(position=position)
        )
    db.session.execute(sa.update(Picture).where(Picture.id == one).values(changed_at=now))


@transactional
def take_down(*, subject: Subject, subject_id: int, picture: str, now: datetime) -> None:
    """Take a picture off its subject; its files go a day later. Raises PictureGone."""
    _change(
        subject,
        subject_id,
        picture,
        state=PictureState.REMOVED,
        original=None,
        changed_at=now,
    )


@transactional
def take_down_all(
    *,
    subject: Subject,
    subject_ids: Collection[int] | None = None,
    before: datetime | None = None,
    now: datetime,
) -> int:
    """Take down every picture of some subjects, or of all of a kind; return how many.

    before    only those that were added before this moment; None for all.
    Safe to repeat; their files go a day later.
    """
    wanted = [Picture.subject == subject, Picture.state != PictureState.REMOVED]
    if subject_ids is not None:
        wanted.append(Picture.subject_id.in_(subject_ids))
    if before is not None:
        wanted.append(Picture.added_at < before)
    taken = db.session.execute(
        sa.update(Picture)
        .where(*wanted)
        .values(state=PictureState.REMOVED, original=None, changed_at=now)
        .returning(Picture.id)
    )
    return len(taken.all())


def _change(subject: Subject, subject_id: int, picture: str, **values: object) -> None:
    changed = db.session.execute(
        sa.update(Picture)
        .where(
            Picture.public_id == picture,
            Picture.subject == subject,
            Picture.subject_id == subject_id,
            Picture.state != PictureState.REMOVED,
        )
        .values(**values)
        .returning(Picture.id)
    ).one_or_none()
    if changed is None:
        raise PictureGone(what=picture)


@dataclass(frozen=True, slots=True)
class _Job:
    """One picture in the darkroom."""

    picture_id: int
    public_id: str
    subject: Subject
    subject_id: int
    station_id: int | None
    original: str
    kind: str
    medium: Medium
    tries: int


def make_next(*, now: datetime, tell: Tell | None = None) -> bool:
    """Make the copies of the picture that has waited longest; say whether there was one.

    tell    is told of a finished picture in the transaction that finishes it.

    Any number of workers may ask at once: a claim is one conditional update with a lease. What the
    darkroom fails at three times, and what it refuses, ends as *refused* with its reason.
    """
    job = _claim(now)
    if job is None:
        return False
    try:
        made = developed(storage().get(job.original), kind=job.kind)
    except StorageAway:
        # No fault of the picture's: its lease runs out, and it is tried again.
        raise
    except FileMissing:
        # A backup brought back the row, but the original was let go while it was made.
        _refuse(job, OriginalLost.code, now)
    except ShopError as refusal:
        _refuse(job, refusal.code, now)
    except DarkroomFailed:
        log.warning("darkroom failed", picture=job.public_id, tries=job.tries + 1)
        if job.tries + 1 >= MOST_TRIES:
            _refuse(job, PictureNotMade.code, now)
        else:
            _try_later(job, now)
    else:
        _keep(job, made, now, tell)
    return True


def _claim(now: datetime) -> _Job | None:
    waiting = (
        sa.select(Picture.id)
        .where(Picture.state == PictureState.WAITING, Picture.due_at <= now)
        .order_by(Picture.due_at, Picture.id)
        .limit(1)
    )
    # An idle worker only reads: nobody's write lock is taken to learn that nothing waits.
    if db.session.scalar(waiting) is None:
        return None
    with transaction() as session:
        row = session.execute(
            sa.update(Picture)
            .where(Picture.id.in_(waiting.with_for_update(skip_locked=True)))
            .values(due_at=now + LEASE)
            .returning(
                Picture.id,
                Picture.public_id,
                Picture.subject,
                Picture.subject_id,
                Picture.station_id,
                Picture.original,
                Picture.kind,
                Picture.medium,
                Picture.tries,
            )
        ).one_or_none()
    if row is None or row.original is None:
        return None
    return _Job(
        picture_id=row.id,
        public_id=row.public_id,
        subject=row.subject,
        subject_id=row.subject_id,
        station_id=row.station_id,
        original=row.original,
        kind=row.kind,
        medium=row.medium,
        tries=row.tries,
    )


def _try_later(job: _Job, now: datetime) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Picture)
            .where(Picture.id == job.picture_id)
            .values(tries=job.tries + 1, due_at=now + PAUSE)
        )


def _keep(job: _Job, made: Developed, now: datetime, tell: Tell | None) -> None:
    # The picture's own name is part of the digest: no two pictures share files, so taking one
    # down never takes another's away.
    name = hashlib.sha256(job.public_id.encode())
    for key in sorted(made.copies):
        name.update(made.copies[key])
    name.update(made.film or b"")
    digest = name.hexdigest()[:32]
    folder = folder_of(job.subject)
    for (width, form), content in made.copies.items():
        storage().put(f"{folder}/{copy_name(digest, width=width, form=form)}", content)
    if made.film is not None:
        storage().put(f"{folder}/{video_name(digest)}", made.film)
    is_wanted = _finish(
        job,
        PictureReady(job.picture_id, job.subject.value, job.subject_id),
        now,
        tell,
        state=PictureState.READY,
        digest=digest,
        width=made.width,
        height=made.height,
        widths=" ".join(map(str, made.widths)),
        forms=" ".join(FORMS),
        tint=made.tint,
        seconds=made.seconds,
    )
    if not is_wanted:
        storage().remove(
            copy_names(
                digest,
                folder=folder,
                widths=made.widths,
                forms=FORMS,
                is_video=made.film is not None,
            )
        )


def _refuse(job: _Job, reason: str, now: datetime) -> None:
    _finish(
        job,
        PictureRefused(job.picture_id, job.subject.value, job.subject_id, reason),
        now,
        None,
        state=PictureState.REFUSED,
        reason=reason,
    )


def _finish(
    job: _Job, what: events.Event, now: datetime, tell: Tell | None, **values: object
) -> bool:
    """Write what became of a picture and let its original go; say whether it was still wanted."""
    with transaction() as session:
        done = session.execute(
            sa.update(Picture)
            .where(Picture.id == job.picture_id, Picture.state == PictureState.WAITING)
            .values(original=None, changed_at=now, **values)
            .returning(Picture.id)
        ).one_or_none()
        if done is not None:
            events.record(what, actor=SYSTEM, station_id=job.station_id, now=now)
            if tell is not None:
                tell(job.subject, job.subject_id, now)
    storage().remove([job.original])
    return done is not None


def tidy(*, now: datetime) -> int:
    """Take away the files of pictures taken down a day ago, and originals that no row names.

    Returns how many pictures left for good. Safe to repeat.
    """
    rows = db.session.execute(
        sa.select(
            Picture.id,
            Picture.subject,
            Picture.digest,
            Picture.widths,
            Picture.forms,
            Picture.medium,
        ).where(
            Picture.state == PictureState.REMOVED,
            Picture.changed_at <= now - KEPT_AFTER_REMOVAL,
        )
    ).all()
    for row in rows:
        if row.digest is not None:
            storage().remove(
                copy_names(
                    row.digest,
                    folder=folder_of(row.subject),
                    widths=[int(width) for width in row.widths.split()],
                    forms=row.forms.split(),
                    is_video=row.medium is Medium.VIDEO,
                )
            )
    if rows:
        with transaction() as session:
            session.execute(sa.delete(Picture).where(Picture.id.in_([row.id for row in rows])))
    old = [one.name for one in storage().lying(ORIGINALS) if one.since <= now - LONGEST_WAY]
    for start in range(0, len(old), 500):
        some = old[start : start + 500]
        storage().remove(set(some) - set(_hung(some)))
    return len(rows)
