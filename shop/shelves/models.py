"""Shelves and what stands on them."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime


class Shelf(Base):
    """A collection that a station shows from its first day to its last; both count."""

    __tablename__ = "shelves"
    __table_args__ = (
        sa.Index("ix_shelves_ends_on_starts_on", "ends_on", "starts_on"),
        sa.CheckConstraint("starts_on <= ends_on", name="in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(60))
    title_en: Mapped[str | None] = mapped_column(sa.String(80))
    words: Mapped[str] = mapped_column(sa.String(240))
    words_en: Mapped[str | None] = mapped_column(sa.String(320))
    picture: Mapped[str] = mapped_column(sa.String(40))
    starts_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date] = mapped_column()
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShelfGoods(Base):
    """One product in its place on a shelf."""

    __tablename__ = "shelf_goods"
    __table_args__ = (sa.Index("ix_shelf_goods_place", "shelf_id", "position"),)

    shelf_id: Mapped[int] = mapped_column(sa.ForeignKey("shelves.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), primary_key=True)
    position: Mapped[int] = mapped_column()
