"""Categories, products, variants, price sheets and photographs."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.catalog.rules import ListingState, PayLane, Quality, Supply
from shop.kernel.db import Base, UtcDateTime, state_column


class Category(Base):
    """A shelf of the shop."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    name_en: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int] = mapped_column(default=0)


class PriceSheet(Base):
    """Where the price of one product goes, to the fen; approved by a second person, then frozen.

    pay + material + pack + fee + workshop + rest = price. Source: domain.md 5 E2, 14.7.
    """

    __tablename__ = "price_sheets"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "version"),
        sa.CheckConstraint(
            "pay_minor + material_minor + pack_minor + fee_minor + workshop_minor + rest_minor"
            " = price_minor",
            name="adds_up",
        ),
        sa.CheckConstraint("price_minor >= 0", name="not_negative"),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> prepared_by_id", name="two"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    version: Mapped[int] = mapped_column()
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    pay_minor: Mapped[int] = mapped_column(sa.BigInteger)
    material_minor: Mapped[int] = mapped_column(sa.BigInteger)
    pack_minor: Mapped[int] = mapped_column(sa.BigInteger)
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger)
    workshop_minor: Mapped[int] = mapped_column(sa.BigInteger)
    rest_minor: Mapped[int] = mapped_column(sa.BigInteger)
    prepared_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Product(Base):
    """What is shown: one piece of craft of one workshop."""

    __tablename__ = "products"
    __table_args__ = (
        sa.UniqueConstraint("workshop_id", "code"),
        sa.Index("ix_products_shelf", "state", "category_id", "id"),
        sa.Index("ix_products_state_id", "state", "id"),
        sa.Index("ix_products_workshop_id_state", "workshop_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    slug: Mapped[str] = mapped_column(sa.String(120), unique=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id"))
    title: Mapped[str] = mapped_column(sa.String(200))
    title_en: Mapped[str | None] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    summary_en: Mapped[str | None] = mapped_column(sa.Text)
    material: Mapped[str] = mapped_column(sa.String(200), default="")
    material_en: Mapped[str | None] = mapped_column(sa.String(200))
    technique: Mapped[str] = mapped_column(sa.String(200), default="")
    technique_en: Mapped[str | None] = mapped_column(sa.String(200))
    care: Mapped[str] = mapped_column(sa.Text, default="")
    care_en: Mapped[str | None] = mapped_column(sa.Text)
    craft: Mapped[str] = mapped_column(sa.String(40), default="")
    drawing: Mapped[str | None] = mapped_column(sa.String(40))
    making_minutes: Mapped[int] = mapped_column(default=0)
    supply: Mapped[Supply] = mapped_column(state_column(Supply))
    pay_lane: Mapped[PayLane] = mapped_column(state_column(PayLane))
    share_percent: Mapped[int | None] = mapped_column()
    maker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"))
    state: Mapped[ListingState] = mapped_column(state_column(ListingState))
    # The approved sheet in force. No foreign key: the sheet points here, and two tables that
    # point at each other cannot be created on SQLite without altering one.
    price_sheet_id: Mapped[int | None] = mapped_column()
    price_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    checked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    on_sale_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Variant(Base):
    """What is counted and sold: one size and color of a product."""

    __tablename__ = "variants"
    __table_args__ = (
        sa.UniqueConstraint("workshop_id", "sku"),
        sa.UniqueConstraint("product_id", "size", "color", "quality"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    sku: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[str] = mapped_column(sa.String(40), default="")
    color: Mapped[str] = mapped_column(sa.String(40), default="")
    color_en: Mapped[str | None] = mapped_column(sa.String(40))
    quality: Mapped[Quality] = mapped_column(state_column(Quality), default=Quality.FIRST)
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    is_for_sale: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class Photo(Base):
    """One photograph of a product, kept by content; made by us from decoded pixels."""

    __tablename__ = "photos"
    __table_args__ = (sa.Index("ix_photos_product_id_position", "product_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    alt: Mapped[str] = mapped_column(sa.String(200))
    alt_en: Mapped[str | None] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
