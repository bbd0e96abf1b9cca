"""Work given out and brought back, as tests need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

import sqlalchemy as sa

from shop.catalog.models import Variant
from shop.catalog.rules import PayLane
from shop.catalog.services import NewVariant
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.production import queries
from shop.production import services as production
from tests.builders.catalog import a_product
from tests.builders.stations import BEGINNING, a_member, a_workshop

_serial = count(1)


@dataclass(frozen=True)
class Craft:
    """A piece that can be made: its variant, product, workshop and place."""

    variant_id: int
    product_id: int
    workshop_id: int
    station_id: int


def a_craft(
    *,
    minutes: int = 120,
    material_fen: int = 1250,
    pay_lane: PayLane = PayLane.PIECE_WAGE,
    share_percent: int | None = None,
    maker_id: int | None = None,
    has_rate: bool = True,
    workshop_id: int | None = None,
) -> Craft:
    """Return a piece of 灯梁编织坊, by default sandals at 46.20 with material for 12.50."""
    number = next(_serial)
    workshop = a_workshop() if workshop_id is None else workshop_id
    product_id = a_product(
        now=BEGINNING,
        workshop_id=workshop,
        code=f"M-{number}",
        variants=(NewVariant(sku=f"M-{number}-37", size="37"),),
        pay_lane=pay_lane,
        share_percent=share_percent,
        maker_id=maker_id,
    )
    if has_rate:
        a_rate(product_id=product_id, minutes=minutes, material_fen=material_fen)
    variant_id = db.session.scalars(
        sa.select(Variant.id).where(Variant.product_id == product_id)
    ).one()
    return Craft(variant_id, product_id, workshop, queries.place_of_product(product_id)[0])


def a_rate(
    *,
    product_id: int,
    minutes: int = 120,
    material_fen: int = 1250,
    valid_from: date = date(2026, 1, 1),
    is_approved: bool = True,
) -> int:
    rate_id = production.set_rate(
        product_id=product_id,
        minutes=minutes,
        material=Money(material_fen),
        valid_from=valid_from,
        study="工时测定 2026-01",
        actor=SYSTEM,
        now=BEGINNING,
    )
    if is_approved:
        production.approve_rate(rate_id=rate_id, actor=SYSTEM, now=BEGINNING)
    return rate_id


def an_offer(
    *,
    now: datetime,
    craft: Craft | None = None,
    member_id: int | None = None,
    quantity: int = 12,
    key: str | None = None,
) -> int:
    craft = craft or a_craft()
    return production.offer(
        member_id=a_member() if member_id is None else member_id,
        variant_id=craft.variant_id,
        quantity=quantity,
        due_on=date(2026, 8, 1),
        key=key or f"offer-{next(_serial)}",
        actor=SYSTEM,
        now=now,
    )


def a_work_order(
    *,
    now: datetime,
    craft: Craft | None = None,
    member_id: int | None = None,
    quantity: int = 12,
) -> int:
    """Return accepted work, by default twelve pairs of sandals."""
    work_order_id = an_offer(now=now, craft=craft, member_id=member_id, quantity=quantity)
    production.accept(work_order_id=work_order_id, actor=SYSTEM, now=now, on_behalf=True)
    return work_order_id


def a_hand_in(
    *,
    now: datetime,
    work_order_id: int | None = None,
    pieces: int = 12,
    craft: Craft | None = None,
    member_id: int | None = None,
    key: str | None = None,
) -> int:
    """Return the id of counted pieces, by default all twelve pairs of a work order."""
    if work_order_id is None:
        work_order_id = a_work_order(now=now, craft=craft, member_id=member_id, quantity=pieces)
    slip = production.record_hand_in(
        work_order_id=work_order_id,
        pieces=pieces,
        key=key or f"hand-in-{next(_serial)}",
        actor=SYSTEM,
        now=now,
    )
    return slip.id
