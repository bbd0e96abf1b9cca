"""Coupons and their uses."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.coupons.rules import CouponState, Funder
from shop.kernel.db import Base, UtcDateTime, state_column


class Coupon(Base):
    """What is taken off goods of one workshop, or of all workshops below a station.

    ``used`` and ``used_minor`` are the sums of the uses that count; the guard of every new use
    reads them, so that no limit is passed by two buyers at once.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        # What every cart asks for: the few that count by themselves.
        sa.Index(
            "ix_coupons_automatic",
            "state",
            sqlite_where=sa.text("code IS NULL"),
            postgresql_where=sa.text("code IS NULL"),
        ),
        sa.CheckConstraint("(amount_minor IS NULL) <> (percent IS NULL)", name="one_value"),
        sa.CheckConstraint("used >= 0 AND used_minor >= 0", name="counts"),
        sa.CheckConstraint("most_uses IS NULL OR used <= most_uses", name="uses_within"),
        sa.CheckConstraint(
            "most_money_minor IS NULL OR used_minor <= most_money_minor", name="money_within"
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> prepared_by_id", name="two_people"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    workshop_id: Mapped[int | None] = mapped_column(sa.ForeignKey("workshops.id"))
    title: Mapped[str] = mapped_column(sa.String(60))
    title_en: Mapped[str | None] = mapped_column(sa.String(80))
    code: Mapped[str | None] = mapped_column(sa.String(24))
    funder: Mapped[Funder] = mapped_column(state_column(Funder))
    project: Mapped[str] = mapped_column(sa.String(40), default="")
    amount_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    percent: Mapped[int | None] = mapped_column()
    most_off_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    least_goods_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_first_order: Mapped[bool] = mapped_column(default=False)
    most_uses: Mapped[int | None] = mapped_column()
    most_per_buyer: Mapped[int | None] = mapped_column()
    most_money_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    used: Mapped[int] = mapped_column(default=0)
    used_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    state: Mapped[CouponState] = mapped_column(state_column(CouponState))
    prepared_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CouponUse(Base):
    """One order's use of a coupon; given back when the order falls unpaid.

    ``buyer`` tells one buyer from another for this coupon alone: a digest, no number.
    """

    __tablename__ = "coupon_uses"
    __table_args__ = (
        sa.UniqueConstraint("order_id"),
        sa.Index("ix_coupon_uses_coupon_id_buyer", "coupon_id", "buyer"),
        sa.CheckConstraint("amount_minor > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    coupon_id: Mapped[int] = mapped_column(sa.ForeignKey("coupons.id"))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    buyer: Mapped[str] = mapped_column(sa.String(64))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
