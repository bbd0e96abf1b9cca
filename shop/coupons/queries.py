"""Reads of coupons: what a cart may use, and what the desk sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.coupons.models import Coupon, CouponUse
from shop.coupons.rules import CouponState, Funder, Terms, Unfit, buyer_digest, when_unfit
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.stations import queries as stations
from shop.stations.models import Station


@dataclass(frozen=True, slots=True)
class CouponView:
    """One coupon with how often it was used; ``path`` is its station's."""

    id: int
    public_id: str
    station_id: int
    path: str
    place: str
    workshop_id: int | None
    terms: Terms
    state: CouponState
    used: int
    used_money: Money
    prepared_by_id: int | None
    prepared_at: datetime
    approved_by_id: int | None

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.terms.title

    @property
    def title_en(self) -> str | None:
        """Return what it is called in English."""
        return self.terms.title_en

    @property
    def funder(self) -> Funder:
        """Return whose money it is."""
        return self.terms.funder

    def fits(self, *, workshop_id: int, path: str) -> bool:
        """Say whether it is for goods of this workshop, which lies at this station path."""
        if self.workshop_id is not None:
            return self.workshop_id == workshop_id
        return path.startswith(self.path)

    def unfit(self, off: Money, now: datetime) -> Unfit | None:
        """Return why it cannot be used at this moment, whatever lies in the cart."""
        if self.state is not CouponState.OPEN:
            return Unfit.OVER
        return when_unfit(self.terms, used=self.used, used_money=self.used_money, off=off, now=now)


_COUPONS = sa.select(*Coupon.__table__.c, Station.path, Station.short_name.label("place")).join(
    Station, Station.id == Coupon.station_id
)
_OFFERED = _COUPONS.where(
    sa.or_(
        sa.and_(Coupon.code.is_(None), Coupon.state == CouponState.OPEN),
        sa.and_(
            Coupon.code == sa.bindparam("code"),
            Coupon.state.in_([CouponState.OPEN, CouponState.ENDED]),
        ),
    )
).order_by(Coupon.id)


# Whether any counts by itself, inside a statement of another room: mostly none does.
ANY_AUTOMATIC = sa.exists().where(Coupon.code.is_(None), Coupon.state == CouponState.OPEN)


def offered(code: str = "") -> list[CouponView]:
    """Return the coupons that count by themselves, and the one with this code. One query.

    code    in its normal writing (``rules.normal_code``); one nobody approved is as if unknown.
    """
    return [_view(row) for row in db.session.execute(_OFFERED, {"code": code})]


def uses_of(buyer: str, coupon_ids: Sequence[int]) -> dict[int, int]:
    """Return how often one buyer has used coupons, by coupon; those she has not are missing.

    buyer    her telephone number.
    """
    if not coupon_ids:
        return {}
    whose = [buyer_digest(one, buyer) for one in coupon_ids]
    rows = db.session.execute(
        sa.select(CouponUse.coupon_id, sa.func.count())
        .where(CouponUse.buyer.in_(whose), CouponUse.given_back_at.is_(None))
        .where(CouponUse.coupon_id.in_(coupon_ids))
        .group_by(CouponUse.coupon_id)
    )
    return {row[0]: row[1] for row in rows}


def coupons(scope: Scope, *, most: int = 200) -> list[CouponView]:
    """Return the coupons in a reach, those that wait for a second person first."""
    first = sa.case((Coupon.state == CouponState.PROPOSED, 0), else_=1)
    rows = db.session.execute(
        _COUPONS.where(stations.in_scope(scope, Coupon.station_id))
        .order_by(first, Coupon.id.desc())
        .limit(most)
    )
    return [_view(row) for row in rows]


def coupon(public_id: str, scope: Scope) -> CouponView:
    """Return one coupon. Raises NotFound outside the scope."""
    row = db.session.execute(
        _COUPONS.where(Coupon.public_id == public_id, stations.in_scope(scope, Coupon.station_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what=public_id)
    return _view(row)


def _money(minor: int | None) -> Money | None:
    return None if minor is None else Money(minor)


def _view(row: Any) -> CouponView:
    return CouponView(
        id=row.id,
        public_id=row.public_id,
        station_id=row.station_id,
        path=row.path,
        place=row.place,
        workshop_id=row.workshop_id,
        terms=Terms(
            title=row.title,
            title_en=row.title_en,
            code=row.code or "",
            funder=row.funder,
            project=row.project,
            amount=_money(row.amount_minor),
            percent=row.percent,
            most_off=_money(row.most_off_minor),
            least_goods=Money(row.least_goods_minor),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            is_first_order=row.is_first_order,
            most_uses=row.most_uses,
            most_per_buyer=row.most_per_buyer,
            most_money=_money(row.most_money_minor),
        ),
        state=row.state,
        used=row.used,
        used_money=Money(row.used_minor),
        prepared_by_id=row.prepared_by_id,
        prepared_at=row.prepared_at,
        approved_by_id=row.approved_by_id,
    )
