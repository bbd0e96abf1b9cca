"""Coupons as tests need them, by default 20.00 off goods for 100.00, paid by the co-op."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.coupons import services as coupons
from shop.coupons.models import Coupon
from shop.coupons.rules import Funder, Terms
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.stations import queries as stations
from tests.builders.stations import a_workshop

TWENTY_OFF = Terms(
    title="满一百减二十",
    title_en="20 off 100",
    funder=Funder.COOP,
    amount=Money(2000),
    least_goods=Money(10000),
)


def a_coupon(
    *, now: datetime, workshop_id: int | None = None, is_approved: bool = True, **changes: Any
) -> int:
    """Return the id of a coupon of one workshop, or of all workshops below its room."""
    workshop = stations.workshop(a_workshop() if workshop_id is None else workshop_id)
    name = coupons.propose(
        terms=replace(TWENTY_OFF, **changes),
        station_id=workshop.station_id,
        workshop_id=workshop_id,
        actor=SYSTEM,
        now=now,
    )
    coupon_id = db.session.scalars(sa.select(Coupon.id).where(Coupon.public_id == name)).one()
    if is_approved:
        coupons.approve(coupon_id=coupon_id, actor=SYSTEM, now=now)
    return coupon_id
