"""The verbs of coupons: propose, approve, refuse, end; use one, give a use back, take it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from shop.coupons.events import CouponApproved, CouponEnded, CouponProposed, CouponRefused
from shop.coupons.models import Coupon, CouponUse
from shop.coupons.rules import CouponState, Terms, buyer_digest, coupon_sources, require_sound
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.kernel.statements import rows_changed, table_of
from shop.stations import queries as stations

_coupons = table_of(Coupon)
_uses = table_of(CouponUse)


class CodeTaken(Conflict):
    """Another coupon has this code, perhaps one that ended: codes are never given twice."""

    code = "coupons.code_taken"


class OwnCoupon(Forbidden):
    """Whoever wrote a coupon does not approve it."""

    code = "coupons.own"


class CouponNotOpen(Conflict):
    """The coupon is no longer in a state from which this can be done."""

    code = "coupons.not_open"


class CouponUsedUp(Conflict):
    """The coupon's time, its uses or its money are over."""

    code = "coupons.used_up"


class CouponUsedByBuyer(Conflict):
    """This buyer has used the coupon as often as it may be."""

    code = "coupons.used_by_buyer"


class CouponUnknown(InvalidInput):
    """No coupon has this code, or nobody has approved it yet."""

    code = "coupons.unknown"


@transactional
def propose(
    *, terms: Terms, station_id: int, workshop_id: int | None, actor: Actor, now: datetime
) -> str:
    """Write a coupon down that a second person still has to approve; return its outside name.

    station_id     all workshops below it, or the one in ``workshop_id``, which lies there.

    Raises OutOfReach, Forbidden, BadCoupon, CodeTaken. Source: domain.md 14.7 (two people).
    """
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(station_id))
    require_sound(terms)
    if terms.code and db.session.scalar(
        sa.select(_coupons.c.id).where(_coupons.c.code == terms.code)
    ):
        raise CodeTaken
    name = public_id("cpn")
    coupon_id = db.session.execute(
        sa.insert(_coupons).returning(_coupons.c.id),
        {
            "public_id": name,
            "station_id": station_id,
            "workshop_id": workshop_id,
            "title": terms.title.strip(),
            "title_en": (terms.title_en or "").strip() or None,
            "code": terms.code or None,
            "funder": terms.funder,
            "project": terms.project.strip(),
            "amount_minor": _minor(terms.amount),
            "percent": terms.percent,
            "most_off_minor": _minor(terms.most_off),
            "least_goods_minor": terms.least_goods.minor,
            "starts_at": terms.starts_at,
            "ends_at": terms.ends_at,
            "is_first_order": terms.is_first_order,
            "most_uses": terms.most_uses,
            "most_per_buyer": terms.most_per_buyer,
            "most_money_minor": _minor(terms.most_money),
            "used": 0,
            "used_minor": 0,
            "state": CouponState.PROPOSED,
            "prepared_by_id": actor.user_id,
            "prepared_at": now,
        },
    ).scalar_one()
    events.record(CouponProposed(coupon_id), actor=actor, station_id=station_id, now=now)
    return name


def _minor(sum_: Money | None) -> int | None:
    return None if sum_ is None else sum_.minor


@transactional
def approve(*, coupon_id: int, actor: Actor, now: datetime) -> None:
    """Let a coupon count; safe to repeat.

    Raises NotFound, OutOfReach, Forbidden, OwnCoupon, CouponNotOpen.
    Source: domain.md 14.7 (two people on every price).
    """
    values = {"approved_by_id": actor.user_id, "approved_at": now}
    _decide(CouponApproved(coupon_id), values, actor=actor, now=now)


@transactional
def refuse(*, coupon_id: int, actor: Actor, now: datetime) -> None:
    """Do not let a coupon count; safe to repeat.

    Raises NotFound, OutOfReach, Forbidden, OwnCoupon, CouponNotOpen.
    """
    values = {"ended_at": now}
    _decide(CouponRefused(coupon_id), values, actor=actor, now=now)


def _decide(
    event: CouponApproved | CouponRefused,
    values: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    coupon_id = event.coupon_id
    target = CouponState.OPEN if isinstance(event, CouponApproved) else CouponState.REFUSED
    station_id, state, prepared_by_id = _known(coupon_id)
    actor.require(Permission.APPROVE_PRICE, at=stations.path_of(station_id))
    if prepared_by_id is not None and prepared_by_id == actor.user_id:
        raise OwnCoupon
    if state is target:
        return
    _move(coupon_id, target, values)
    events.record(event, actor=actor, station_id=station_id, now=now)


@transactional
def end(*, coupon_id: int, actor: Actor, now: datetime) -> None:
    """End a coupon before its last day; orders that used it keep what it took off. Repeatable.

    Raises NotFound, OutOfReach, Forbidden, CouponNotOpen.
    """
    station_id, state, _ = _known(coupon_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(station_id))
    if state is CouponState.ENDED:
        return
    _move(coupon_id, CouponState.ENDED, {"ended_at": now})
    events.record(CouponEnded(coupon_id), actor=actor, station_id=station_id, now=now)


def _known(coupon_id: int) -> tuple[int, CouponState, int | None]:
    row = db.session.execute(
        sa.select(_coupons.c.station_id, _coupons.c.state, _coupons.c.prepared_by_id).where(
            _coupons.c.id == coupon_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"coupon:{coupon_id}")
    return row.station_id, row.state, row.prepared_by_id


def _move(coupon_id: int, target: CouponState, values: Mapping[str, object]) -> None:
    moved = rows_changed(
        sa.update(_coupons)
        .where(_coupons.c.id == coupon_id, _coupons.c.state.in_(coupon_sources(target)))
        .values(state=target, **values)
    )
    if not moved:
        raise CouponNotOpen


def _within(amount: Money) -> sa.ColumnElement[bool]:
    """Say in one condition that one more use passes no limit of the coupon."""
    return sa.and_(
        sa.or_(_coupons.c.most_uses.is_(None), _coupons.c.used < _coupons.c.most_uses),
        sa.or_(
            _coupons.c.most_money_minor.is_(None),
            _coupons.c.used_minor + amount.minor <= _coupons.c.most_money_minor,
        ),
    )


@transactional
def use(*, coupon_id: int, order_id: int, amount: Money, buyer: str, now: datetime) -> None:
    """Spend one use of a coupon on an order; all limits hold however many come at once.

    buyer    what tells her from others, such as her telephone number; only a digest is kept.

    The guarded update comes first: it makes uses of one coupon queue up until the transaction
    ends, so that those of one buyer can be counted after it.

    Raises CouponUsedUp, CouponUsedByBuyer. Source: trust.md 5 threat 9 (coupon repeats).
    """
    row = db.session.execute(
        sa.update(_coupons)
        .where(
            _coupons.c.id == coupon_id,
            _coupons.c.state == CouponState.OPEN,
            sa.or_(_coupons.c.starts_at.is_(None), _coupons.c.starts_at <= now),
            sa.or_(_coupons.c.ends_at.is_(None), _coupons.c.ends_at > now),
            _within(amount),
        )
        .values(used=_coupons.c.used + 1, used_minor=_coupons.c.used_minor + amount.minor)
        .returning(_coupons.c.most_per_buyer)
    ).one_or_none()
    if row is None:
        raise CouponUsedUp
    whose = buyer_digest(coupon_id, buyer)
    db.session.execute(
        sa.insert(_uses),
        {
            "coupon_id": coupon_id,
            "order_id": order_id,
            "buyer": whose,
            "amount_minor": amount.minor,
            "used_at": now,
        },
    )
    if row.most_per_buyer is not None and _uses_of(coupon_id, whose) > row.most_per_buyer:
        raise CouponUsedByBuyer


def _uses_of(coupon_id: int, whose: str) -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                _uses.c.coupon_id == coupon_id,
                _uses.c.buyer == whose,
                _uses.c.given_back_at.is_(None),
            )
        )
        or 0
    )


@transactional
def give_back(*, order_id: int, now: datetime) -> None:
    """Give an order's use back, because the order fell unpaid; safe to repeat."""
    row = db.session.execute(
        sa.update(_uses)
        .where(_uses.c.order_id == order_id, _uses.c.given_back_at.is_(None))
        .values(given_back_at=now)
        .returning(_uses.c.coupon_id, _uses.c.amount_minor)
    ).one_or_none()
    if row is not None:
        db.session.execute(
            sa.update(_coupons)
            .where(_coupons.c.id == row.coupon_id)
            .values(used=_coupons.c.used - 1, used_minor=_coupons.c.used_minor - row.amount_minor)
        )


@transactional
def take_again(*, order_id: int) -> bool:
    """Take back the use of an order whose money came late; False when no use is left.

    True also for an order whose use was never given back, or that used none. An ended coupon is
    taken again: the buyer agreed to its price.
    """
    row = db.session.execute(
        sa.update(_uses)
        .where(_uses.c.order_id == order_id, _uses.c.given_back_at.is_not(None))
        .values(given_back_at=None)
        .returning(_uses.c.coupon_id, _uses.c.amount_minor)
    ).one_or_none()
    if row is None:
        return True
    return bool(
        rows_changed(
            sa.update(_coupons)
            .where(_coupons.c.id == row.coupon_id, _within(Money(row.amount_minor)))
            .values(used=_coupons.c.used + 1, used_minor=_coupons.c.used_minor + row.amount_minor)
        )
    )
