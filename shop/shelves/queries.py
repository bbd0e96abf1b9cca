"""Reads of shelves: what visitors see today, and what whoever fills them needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Offer, Product
from shop.catalog.window import CARD, MAKER, Card
from shop.kernel.access import Scope
from shop.kernel.clock import business_day, ticks
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.shelves.models import Shelf, ShelfGoods
from shop.shelves.rules import MOST_GOODS, is_shown
from shop.stations import queries as stations
from shop.stations.models import Station, Workshop

# So far back one looks for goods that could be put on a shelf.
MOST_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class ShelfView:
    """One shelf; ``is_shown`` says whether it stands in the shop on the day of reading."""

    id: int
    slug: str
    station_id: int
    path: str
    place: str
    place_en: str | None
    title: str
    title_en: str | None
    words: str
    words_en: str | None
    picture: str
    starts_on: date
    ends_on: date
    is_shown: bool


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """A shelf with what is still on sale of it, in its order."""

    shelf: ShelfView
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """One product on a shelf, or one that could stand there."""

    product_id: int
    public_id: str
    code: str
    title: str
    title_en: str | None
    workshop_name: str
    workshop_name_en: str | None
    is_on_sale: bool


@dataclass(frozen=True, slots=True)
class FrontShelf:
    """As much of the shelf of the season as the first page shows."""

    slug: str
    title: str
    title_en: str | None
    words: str
    words_en: str | None
    picture: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class Front:
    """What the first page shows of goods: some that lie ready, and the shelf of the season."""

    ready: tuple[Card, ...]
    shelf: FrontShelf | None
    on_shelf: tuple[Card, ...]


def _shelves() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        Shelf.id,
        Shelf.slug,
        Shelf.station_id,
        Station.path,
        Station.short_name,
        Station.name_en,
        Shelf.title,
        Shelf.title_en,
        Shelf.words,
        Shelf.words_en,
        Shelf.picture,
        Shelf.starts_on,
        Shelf.ends_on,
    ).join(Station, Station.id == Shelf.station_id)


def _view(row: Any, today: date) -> ShelfView:
    return ShelfView(*(*row, is_shown(row.starts_on, row.ends_on, today)))


def page(slug: str, *, now: datetime) -> ShelfPage:
    """Return the page of a shelf that stands or has stood in the shop, with its goods on sale.

    Raises NotFound, also for one that has not begun.
    """
    today = business_day(now)
    row = db.session.execute(_shelves().where(Shelf.slug == slug)).one_or_none()
    if row is None or row.starts_on > today:
        raise NotFound(what=f"shelf {slug}")
    cards = db.session.execute(_CARDS, {"shelf": row.id, "now": ticks(now), "most": MOST_GOODS})
    return ShelfPage(_view(row, today), tuple(Card._make(card) for card in cards))


_CARDS = sa.text(
    f"SELECT {CARD} FROM shelf_goods g JOIN offers o ON o.product_id = g.product_id"  # noqa: S608 - our own words
    f" {MAKER} WHERE g.shelf_id = :shelf ORDER BY g.position LIMIT :most"
)
# A shelf of the county comes before one of a village, then the one that began last.
_STANDING = (
    "SELECT s.id FROM shelves s JOIN stations p ON p.id = s.station_id"
    " WHERE s.ends_on >= :today AND s.starts_on <= :today"
    " AND EXISTS (SELECT 1 FROM shelf_goods k JOIN offers x ON x.product_id = k.product_id"
    " WHERE k.shelf_id = s.id) ORDER BY length(p.path), s.starts_on DESC, s.id LIMIT 1"
)
_TEXTS = ("slug", "title", "title_en", "words", "words_en", "picture", "ends_on")
_NO_TEXTS = ", ".join(f"CAST(NULL AS VARCHAR) AS shelf_{name}" for name in _TEXTS)
_ITS_TEXTS = ", ".join(f"CAST(s.{name} AS VARCHAR)" for name in _TEXTS)
_FRONT = sa.text(
    f"SELECT * FROM (SELECT {CARD}, {_NO_TEXTS} FROM offers o {MAKER} WHERE o.ready_at <= :now"  # noqa: S608 - our own words
    " ORDER BY o.listed_at DESC, o.product_id DESC LIMIT :ready) a"
    f" UNION ALL SELECT * FROM (SELECT {CARD}, {_ITS_TEXTS}"
    " FROM shelf_goods g JOIN shelves s ON s.id = g.shelf_id"
    f" JOIN offers o ON o.product_id = g.product_id {MAKER}"
    f" WHERE g.shelf_id = ({_STANDING}) ORDER BY g.position LIMIT :most) b"
).bindparams(sa.bindparam("today", type_=sa.Date()))


def front(*, now: datetime, ready: int = 8, most: int = 4) -> Front:
    """Return what the first page shows of goods, in one statement."""
    given = {"now": ticks(now), "today": business_day(now), "ready": ready, "most": most}
    rows = db.session.execute(_FRONT, given).all()
    cards = len(Card._fields)
    on_shelf = [row for row in rows if row[cards] is not None]
    shelf = None
    if on_shelf:
        *texts, ends_on = on_shelf[0][cards:]
        shelf = FrontShelf(*(*texts, date.fromisoformat(ends_on)))
    return Front(
        ready=tuple(Card._make(row[:cards]) for row in rows if row[cards] is None),
        shelf=shelf,
        on_shelf=tuple(Card._make(row[:cards]) for row in on_shelf),
    )


def shelves(scope: Scope, *, now: datetime, most: int = 100) -> list[ShelfView]:
    """Return the shelves in a reader's reach, those that end last first."""
    rows = db.session.execute(
        _shelves()
        .where(stations.in_scope(scope, Shelf.station_id))
        .order_by(Shelf.ends_on.desc(), Shelf.id.desc())
        .limit(most)
    )
    return [_view(row, business_day(now)) for row in rows]


def shelf(slug: str, *, scope: Scope, now: datetime) -> ShelfView:
    """Return one shelf in a reader's reach, whenever it stands. Raises NotFound."""
    row = db.session.execute(
        _shelves().where(Shelf.slug == slug, stations.in_scope(scope, Shelf.station_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"shelf {slug}")
    return _view(row, business_day(now))


def _items() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Product.id,
            Product.public_id,
            Product.code,
            Product.title,
            Product.title_en,
            Workshop.name,
            Workshop.name_en,
            Offer.product_id.is_not(None),
        )
        .join(Workshop, Workshop.id == Product.workshop_id)
        .outerjoin(Offer, Offer.product_id == Product.id)
    )


def goods_on(shelf_id: int) -> list[ShelfItem]:
    """Return what stands on a shelf in its order, also what is not on sale any more."""
    rows = db.session.execute(
        _items()
        .join(ShelfGoods, ShelfGoods.product_id == Product.id)
        .where(ShelfGoods.shelf_id == shelf_id)
        .order_by(ShelfGoods.position)
    )
    return [ShelfItem(*row) for row in rows]


def goods_to_add(view: ShelfView, *, text: str = "", most: int = 24) -> list[ShelfItem]:
    """Return the newest goods on sale below a shelf's station that do not stand on it yet.

    text    part of a title or a code; looked for among the newest ``MOST_LOOKED_AT``.
    """
    newest = (
        sa.select(Offer.product_id)
        .join(Product, Product.id == Offer.product_id)
        .where(
            stations.in_scope(Scope((view.path,)), Product.station_id),
            Offer.product_id.not_in(
                sa.select(ShelfGoods.product_id).where(ShelfGoods.shelf_id == view.id)
            ),
        )
        .order_by(Offer.listed_at.desc(), Offer.product_id.desc())
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    query = _items().join(newest, newest.c.product_id == Product.id)
    if text:
        query = query.where(
            sa.or_(
                Product.title.icontains(text, autoescape=True),
                Product.title_en.icontains(text, autoescape=True),
                Product.code.icontains(text, autoescape=True),
            )
        )
    rows = db.session.execute(query.order_by(Product.id.desc()).limit(most))
    return [ShelfItem(*row) for row in rows]


def shelves_shown(*, now: datetime, most: int = 12) -> Sequence[ShelfView]:
    """Return the shelves that stand in the shop today and hold something, the newest first."""
    today = business_day(now)
    rows = db.session.execute(
        _shelves()
        .where(
            Shelf.ends_on >= today,
            Shelf.starts_on <= today,
            sa.exists()
            .where(ShelfGoods.shelf_id == Shelf.id)
            .where(ShelfGoods.product_id == Offer.product_id),
        )
        .order_by(Shelf.starts_on.desc(), Shelf.id)
        .limit(most)
    )
    return [_view(row, today) for row in rows]
