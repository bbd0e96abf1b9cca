"""A look at her own sums on somebody else's telephone: a code from her slip and four pictures."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from shop.accounts import queries, rules
from shop.accounts.events import PicturesSet, ShownOnBorrowed
from shop.accounts.models import PicturePin
from shop.accounts.services import Locked
from shop.kernel import events, passwords
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transaction, transactional
from shop.kernel.errors import Forbidden, InvalidInput, ShopError
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.stations import queries as stations

_pins = table_of(PicturePin)


class WeakPictures(InvalidInput):
    """Not four pictures of the twelve, or hardly different ones."""

    code = "accounts.weak_pictures"


class WrongPictures(ShopError):
    """Code and pictures do not belong together; which of them is wrong is not said."""

    code = "accounts.wrong_pictures"
    status = 422


class BeginAgain(ShopError):
    """The form was used already, or it is old: going back shows nothing."""

    code = "accounts.begin_again"
    status = 422


def _typed(chosen: Sequence[int]) -> str:
    return "-".join(map(str, chosen))


def fit(chosen: Sequence[int]) -> bool:
    """Say whether these can be somebody's pictures: four of the twelve, three different at least.

    Twenty thousand ways in a row of its own; with five tries, then ever longer rests, guessing
    takes years.
    """
    return (
        len(chosen) == rules.PICTURES_CHOSEN
        and all(0 <= one < rules.PICTURES for one in chosen)
        and len(set(chosen)) >= rules.PICTURES_DIFFERENT
    )


def set_pictures(*, member_id: int, chosen: Sequence[int], actor: Actor, now: datetime) -> str:
    """Keep the pictures a maker chose herself, and return the code that goes with them.

    The code is six digits, hers for good; it opens nothing without the pictures.

    Raises WeakPictures, Forbidden for anybody else.
    """
    if actor.member_id != member_id:
        raise Forbidden(permission=Permission.SEE_OWN_EARNINGS)
    if not fit(chosen):
        raise WeakPictures
    hashed = passwords.hashed(_typed(chosen))  # never while others wait to write
    with transaction() as session:
        values = {"pictures": hashed, "set_at": now, "failed_tries": 0, "locked_until": None}
        hers = sa.update(_pins).where(_pins.c.member_id == member_id).values(**values)
        # A code that is taken is drawn again; what a second tap has just kept is hers to change.
        while (
            not rows_changed(hers)
            and not session.execute(
                insert_or(_pins)
                .values(
                    member_id=member_id,
                    code=f"{secrets.randbelow(10**rules.PICTURE_CODE_DIGITS):06d}",
                    **values,
                )
                .on_conflict_do_nothing()
                .returning(_pins.c.member_id)
            ).scalar_one_or_none()
        ):
            pass
        events.record(
            PicturesSet(member_id),
            actor=actor,
            station_id=stations.member(member_id).station_id,
            now=now,
        )
    return code_of(member_id) or ""


@transactional
def end(*, member_id: int, actor: Actor) -> None:
    """Take the pictures away: the code opens nothing more. Safe to repeat. Raises Forbidden."""
    if actor.member_id != member_id:
        raise Forbidden(permission=Permission.SEE_OWN_EARNINGS)
    db.session.execute(sa.delete(_pins).where(_pins.c.member_id == member_id))


def code_of(member_id: int) -> str | None:
    """Return the code that stands on a maker's slips, if she chose pictures."""
    return db.session.scalar(sa.select(PicturePin.code).where(PicturePin.member_id == member_id))


def shown_at(member_id: int) -> datetime | None:
    """Return when her sums were last shown on a borrowed telephone."""
    return db.session.scalar(
        sa.select(PicturePin.opened_at).where(PicturePin.member_id == member_id)
    )


def open_with(*, code: str, chosen: Sequence[int], begun_at: datetime, now: datetime) -> int:
    """Return whose sums may be shown once, here and now; a try is counted before it is looked at.

    begun_at    when this form was begun. One that is older than the last showing, or than five
                minutes, shows nothing: nobody who goes back or sends it again sees her sums.

    Raises WrongPictures, BeginAgain, Locked (with the ``minutes`` left).
    """
    row = db.session.execute(sa.select(PicturePin).where(PicturePin.code == code)).one_or_none()
    if row is None:
        passwords.fits(_typed(chosen), _nobodys_pictures())
        raise WrongPictures
    pin: PicturePin = row[0]
    member_id, hashed, opened_at = pin.member_id, pin.pictures, pin.opened_at
    _count_try(member_id, now)
    if not passwords.fits(_typed(chosen), hashed):
        raise WrongPictures
    is_old = begun_at < now - rules.PICTURE_FORM_LIFE
    if is_old or (opened_at is not None and begun_at <= opened_at):
        raise BeginAgain
    user = queries.user_of_member(member_id)
    if user is not None and not user.is_active:
        raise WrongPictures
    _note_shown(member_id, begun_at, now)
    return member_id


@transactional
def _note_shown(member_id: int, begun_at: datetime, now: datetime) -> None:
    shown = rows_changed(
        sa.update(_pins)
        .where(
            _pins.c.member_id == member_id,
            sa.or_(_pins.c.opened_at.is_(None), _pins.c.opened_at < begun_at),
        )
        .values(opened_at=now, failed_tries=0, locked_until=None)
    )
    if not shown:
        raise BeginAgain
    events.record(
        ShownOnBorrowed(member_id),
        actor=Actor(user_id=None),
        station_id=stations.member(member_id).station_id,
        now=now,
    )


@transactional
def _count_try(member_id: int, now: datetime) -> None:
    tries = db.session.execute(
        sa.update(_pins)
        .where(
            _pins.c.member_id == member_id,
            sa.or_(_pins.c.locked_until.is_(None), _pins.c.locked_until <= now),
        )
        .values(failed_tries=_pins.c.failed_tries + 1)
        .returning(_pins.c.failed_tries)
    ).scalar_one_or_none()
    if tries is None:
        until = db.session.scalar(
            sa.select(PicturePin.locked_until).where(PicturePin.member_id == member_id)
        )
        rest = until - now if until is not None else rules.SHORTEST_LOCK
        raise Locked(minutes=max(1, -(-int(rest.total_seconds()) // 60)))
    until = rules.lock_after(tries, now=now)
    if until is not None:
        db.session.execute(
            sa.update(_pins).where(_pins.c.member_id == member_id).values(locked_until=until)
        )


@cache
def _nobodys_pictures() -> str:
    return passwords.hashed("0-0-0-0")
