"""Delivery terms of workshops, and their zones."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime


class DeliveryTerms(Base):
    """How parcels of one workshop leave: from the village, or gathered at the town first."""

    __tablename__ = "delivery_terms"
    __table_args__ = (sa.CheckConstraint("town_days >= 0 AND town_days <= 14", name="town_days"),)

    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"), primary_key=True)
    by_town: Mapped[bool] = mapped_column(default=False)
    # Workdays that parcels wait at the town until the carrier takes all of them.
    town_days: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class DeliveryZone(Base):
    """What a parcel of one workshop costs to some places, by its weight.

    ``regions`` are codes apart by blanks, each with all below it; empty means the rest of the
    mainland.
    """

    __tablename__ = "delivery_zones"
    __table_args__ = (
        sa.Index("ix_delivery_zones_workshop_id", "workshop_id"),
        sa.CheckConstraint(
            "first_grams > 0 AND next_grams > 0 AND first_minor >= 0 AND next_minor >= 0"
            " AND (free_from_minor IS NULL OR free_from_minor > 0)",
            name="positive",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery_terms.workshop_id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    name_en: Mapped[str | None] = mapped_column(sa.String(60))
    regions: Mapped[str] = mapped_column(sa.String(400), default="")
    first_grams: Mapped[int] = mapped_column()
    first_minor: Mapped[int] = mapped_column(sa.BigInteger)
    next_grams: Mapped[int] = mapped_column()
    next_minor: Mapped[int] = mapped_column(sa.BigInteger)
    free_from_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
