"""Goods on a shelf as tests need them."""

from __future__ import annotations

from datetime import datetime
from itertools import count

import sqlalchemy as sa

from shop.catalog.models import Variant
from shop.catalog.services import NewVariant
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.stock import services as stock
from shop.stock.rules import Quantity
from tests.builders.catalog import a_product
from tests.builders.stations import BEGINNING, a_room, a_workshop

_serial = count(1)


def a_shelf(pieces: int = 0, *, station_id: int | None = None) -> Quantity:
    """Return a new variant with so many pieces on its shelf, as a quantity of one."""
    number = next(_serial)
    place = a_room() if station_id is None else station_id
    product_id = a_product(
        now=BEGINNING,
        workshop_id=a_workshop(),
        code=f"G-{number}",
        variants=(NewVariant(sku=f"G-{number}", size="37"),),
    )
    variant_id = db.session.scalars(
        sa.select(Variant.id).where(Variant.product_id == product_id)
    ).one()
    if pieces:
        a_delivery([Quantity(variant_id, pieces, place)], now=BEGINNING)
    return Quantity(variant_id, 1, place)


def a_delivery(items: list[Quantity], *, now: datetime, source: str | None = None) -> None:
    """Put pieces on the shelf."""
    stock.receive(items=items, source=source or f"delivery:{next(_serial)}", actor=SYSTEM, now=now)


def a_quantity(goods: Quantity, pieces: int) -> Quantity:
    """Return another quantity of the same goods."""
    return Quantity(goods.variant_id, pieces, goods.station_id)
