"""What happened to coupons; the first field of each is its subject."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class CouponProposed(Event):
    """A worker wrote a coupon; a second person has not looked at it yet."""

    coupon_id: int


@dataclass(frozen=True, slots=True)
class CouponApproved(Event):
    """A second person let a coupon count."""

    coupon_id: int


@dataclass(frozen=True, slots=True)
class CouponRefused(Event):
    """A second person did not let a coupon count."""

    coupon_id: int


@dataclass(frozen=True, slots=True)
class CouponEnded(Event):
    """Somebody ended a coupon before its last day."""

    coupon_id: int
