"""The verbs of shelves: put one up, change it, fill it, order it, end it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa

from shop.catalog import queries as catalog
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.clock import business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, NotFound, ShopError
from shop.kernel.i18n import romanized
from shop.kernel.ids import random_letters
from shop.shelves.events import ShelfChanged, ShelfPutUp
from shop.shelves.models import Shelf, ShelfGoods
from shop.shelves.rules import LONGEST_SLUG, MOST_GOODS, require_sound
from shop.stations import queries as stations


class ShelfFull(Conflict):
    """More goods than anybody looks through: ``most`` fit on a shelf."""

    code: ClassVar[str] = "shelves.full"


class NotOfThisPlace(ShopError):
    """A station puts only goods of its own workshops on its shelf."""

    code: ClassVar[str] = "shelves.not_of_this_place"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class ShelfWords:
    """What a shelf says and when it stands; both days count. ``picture`` names a drawing."""

    title: str
    words: str
    picture: str
    starts_on: date
    ends_on: date
    title_en: str = ""
    words_en: str = ""

    def columns(self) -> dict[str, object]:
        """Return the columns of the row. Raises BadShelf."""
        title, words = self.title.strip(), self.words.strip()
        require_sound(title=title, words=words, starts_on=self.starts_on, ends_on=self.ends_on)
        return {
            "title": title,
            "title_en": self.title_en.strip() or None,
            "words": words,
            "words_en": self.words_en.strip() or None,
            "picture": self.picture,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    station_id: int
    path: str
    starts_on: date
    ends_on: date


def _reached(shelf_id: int, actor: Actor) -> _Row:
    row = db.session.execute(
        sa.select(Shelf.id, Shelf.station_id, Shelf.starts_on, Shelf.ends_on)
        .where(Shelf.id == shelf_id)
        # One person at a time rearranges a shelf: places are counted from what stands there.
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"shelf:{shelf_id}")
    path = stations.path_of(row.station_id)
    actor.require(Permission.CURATE, at=path)
    return _Row(row.id, row.station_id, path, row.starts_on, row.ends_on)


@transactional
def put_up(*, station_id: int, words: ShelfWords, actor: Actor, now: datetime) -> str:
    """Begin a shelf of a station and return what its address ends in.

    Raises OutOfReach, Forbidden, NotFound for an unknown station, BadShelf.
    """
    actor.require(Permission.CURATE, at=stations.path_of(station_id))
    columns = words.columns()
    slug = _free_slug(words)
    shelf_id: int = db.session.execute(
        sa.insert(Shelf).returning(Shelf.id),
        {
            **columns,
            "slug": slug,
            "station_id": station_id,
            "created_by_id": actor.user_id,
            "created_at": now,
        },
    ).scalar_one()
    events.record(ShelfPutUp(shelf_id), actor=actor, station_id=station_id, now=now)
    return slug


def _free_slug(words: ShelfWords) -> str:
    """Return a free end of an address, made of the English title and the year."""
    said = words.title_en or romanized(words.title)
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", plain))[: LONGEST_SLUG - 14] or "shelf"
    wanted = f"{stem}-{words.ends_on.year}"
    is_taken = db.session.scalar(sa.select(Shelf.id).where(Shelf.slug == wanted)) is not None
    return f"{wanted}-{random_letters(6).lower()}" if is_taken else wanted


@transactional
def change(*, shelf_id: int, words: ShelfWords, actor: Actor, now: datetime) -> None:
    """Change what a shelf says and when it stands; its address stays.

    Raises OutOfReach, Forbidden, NotFound, BadShelf.
    """
    row = _reached(shelf_id, actor)
    db.session.execute(sa.update(Shelf).where(Shelf.id == shelf_id).values(**words.columns()))
    _tell(row, actor, now)


@transactional
def end(*, shelf_id: int, actor: Actor, now: datetime) -> None:
    """Take a shelf out of the shop today; one that has not begun is gone. Safe to repeat.

    Raises OutOfReach, Forbidden, NotFound.
    """
    row = _reached(shelf_id, actor)
    yesterday = business_day(now) - timedelta(days=1)
    if row.starts_on > yesterday:
        db.session.execute(sa.delete(ShelfGoods).where(ShelfGoods.shelf_id == shelf_id))
        db.session.execute(sa.delete(Shelf).where(Shelf.id == shelf_id))
    elif row.ends_on > yesterday:
        db.session.execute(sa.update(Shelf).where(Shelf.id == shelf_id).values(ends_on=yesterday))
    _tell(row, actor, now)


@transactional
def add_goods(*, shelf_id: int, product_id: int, actor: Actor, now: datetime) -> None:
    """Put a product at the end of a shelf; one that stands there stays where it is.

    Raises OutOfReach, Forbidden, NotFound, NotOfThisPlace, ShelfFull.
    """
    row = _reached(shelf_id, actor)
    there = _in_order(shelf_id)
    if product_id in there:
        return
    if not stations.path_of(catalog.station_of(product_id)).startswith(row.path):
        raise NotOfThisPlace
    if len(there) >= MOST_GOODS:
        raise ShelfFull(most=MOST_GOODS)
    db.session.execute(
        sa.insert(ShelfGoods),
        {"shelf_id": shelf_id, "product_id": product_id, "position": len(there)},
    )
    _tell(row, actor, now)


@transactional
def take_off(*, shelf_id: int, product_id: int, actor: Actor, now: datetime) -> None:
    """Take a product off a shelf; safe to repeat. Raises OutOfReach, Forbidden, NotFound."""
    row = _reached(shelf_id, actor)
    left = [one for one in _in_order(shelf_id) if one != product_id]
    db.session.execute(
        sa.delete(ShelfGoods).where(
            ShelfGoods.shelf_id == shelf_id, ShelfGoods.product_id == product_id
        )
    )
    _place(shelf_id, left)
    _tell(row, actor, now)


@transactional
def move(*, shelf_id: int, product_id: int, by: int, actor: Actor, now: datetime) -> None:
    """Move a product some places along its shelf, not beyond the ends.

    by    places; negative is towards the beginning.

    Raises OutOfReach, Forbidden, NotFound, also for what does not stand there.
    """
    row = _reached(shelf_id, actor)
    order = _in_order(shelf_id)
    if product_id not in order:
        raise NotFound(what=f"product:{product_id}")
    place = order.index(product_id)
    order.insert(max(0, place + by), order.pop(place))
    _place(shelf_id, order)
    _tell(row, actor, now)


def _in_order(shelf_id: int) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(ShelfGoods.product_id)
            .where(ShelfGoods.shelf_id == shelf_id)
            .order_by(ShelfGoods.position)
        )
    )


def _place(shelf_id: int, order: list[int]) -> None:
    if not order:
        return
    table = ShelfGoods.__table__
    db.session.execute(
        sa.update(ShelfGoods)
        .where(ShelfGoods.shelf_id == shelf_id)
        .values(
            position=sa.case(
                {product_id: place for place, product_id in enumerate(order)},
                value=table.c.product_id,
            )
        )
    )


def _tell(row: _Row, actor: Actor, now: datetime) -> None:
    events.record(ShelfChanged(row.id), actor=actor, station_id=row.station_id, now=now)
