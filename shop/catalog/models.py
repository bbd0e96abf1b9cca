"""Categories, words, products, variants, price sheets; and offers, their mirror."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.catalog.options import OptionKind
from shop.catalog.rules import ListingState, PayLane, Quality, Supply, TermKind
from shop.kernel.db import Base, UtcDateTime, state_column

# Codes are compared as bytes, the same on both engines.
CODE = sa.String(12).with_variant(sa.String(12, collation="C"), "postgresql")


class Category(Base):
    """A kind of goods: footwear, pendants, things for the home."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    name_en: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int] = mapped_column(default=0)


class Term(Base):
    """One word of the small vocabulary for material and craft; the label keeps its own words."""

    __tablename__ = "terms"

    slug: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    kind: Mapped[TermKind] = mapped_column(state_column(TermKind))
    name: Mapped[str] = mapped_column(sa.String(40))
    name_en: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int] = mapped_column(default=0)


class ProductTerm(Base):
    """One product is of this material, or made in this craft; several of each are usual."""

    __tablename__ = "product_terms"

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), primary_key=True)
    term: Mapped[str] = mapped_column(sa.ForeignKey("terms.slug"), primary_key=True)


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


class OptionRow(Base):
    """One answer that a custom option takes, with what it adds; frozen with its price sheet.

    A text or a measure is one row; each choice of a choice is a row of its own under one key.
    What price, pay, material and workshop leave after the payment fee is reserve and surplus.
    """

    __tablename__ = "custom_options"
    __table_args__ = (
        sa.UniqueConstraint("price_sheet_id", "key", "code"),
        sa.CheckConstraint(
            "price_minor >= pay_minor + material_minor + workshop_minor", name="carries_itself"
        ),
        sa.CheckConstraint(
            "pay_minor >= 0 AND material_minor >= 0 AND workshop_minor >= 0 AND minutes >= 0",
            name="not_negative",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    price_sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("price_sheets.id"))
    position: Mapped[int] = mapped_column()
    key: Mapped[str] = mapped_column(sa.String(24))
    code: Mapped[str] = mapped_column(sa.String(24), default="")
    kind: Mapped[OptionKind] = mapped_column(state_column(OptionKind))
    label: Mapped[str] = mapped_column(sa.String(40))
    label_en: Mapped[str | None] = mapped_column(sa.String(60))
    value: Mapped[str] = mapped_column(sa.String(40), default="")
    value_en: Mapped[str | None] = mapped_column(sa.String(60))
    most_letters: Mapped[int] = mapped_column(default=0)
    least_mm: Mapped[int] = mapped_column(default=0)
    most_mm: Mapped[int] = mapped_column(default=0)
    step_mm: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=0)
    price_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    pay_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    material_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    workshop_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)


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
    is_one_of_a_kind: Mapped[bool] = mapped_column(default=False)
    length_mm: Mapped[int] = mapped_column(default=0)
    width_mm: Mapped[int] = mapped_column(default=0)
    height_mm: Mapped[int] = mapped_column(default=0)
    weight_g: Mapped[int] = mapped_column(default=0)
    pay_lane: Mapped[PayLane] = mapped_column(state_column(PayLane))
    share_percent: Mapped[int | None] = mapped_column()
    maker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"))
    state: Mapped[ListingState] = mapped_column(state_column(ListingState))
    # The approved sheet in force. No foreign key: the sheet points here, and two tables that
    # point at each other cannot be created on SQLite without altering one.
    price_sheet_id: Mapped[int | None] = mapped_column()
    price_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    # What buyers gave it, so that a list of cards asks no other table; ``reviews`` counts it.
    rating_sum: Mapped[int] = mapped_column(default=0, server_default="0")
    rating_count: Mapped[int] = mapped_column(default=0, server_default="0")
    hearts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    checked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    on_sale_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When a piece is free, as stock last said: 0 now, a tick of the clock when the first hold runs
    # out, None when there is none. So a hold that ran out is free without anybody's doing.
    ready_at: Mapped[int | None] = mapped_column(sa.BigInteger)


class RetiredSlug(Base):
    """An address that a product once had: it leads to where the product is now, for good."""

    __tablename__ = "retired_slugs"

    slug: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), index=True)
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)


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


class Offer(Base):
    """One product on public sale, as lists read it: a mirror, written with what it mirrors.

    ``offers`` keeps it in the same transaction; a list is one range of one index and joins only
    the maker's consent. ``ready_at`` is the product's, ``listed_at`` the second it first came on
    sale; ``wait_days``, ``loved`` and ``band`` are what ``rules`` says of waiting, ratings, price.
    """

    __tablename__ = "offers"
    __table_args__ = (
        sa.Index("ix_offers_listed_at", "listed_at", "product_id"),
        sa.Index("ix_offers_category_listed_at", "category", "listed_at", "product_id"),
        sa.Index("ix_offers_price", "price_minor", "product_id"),
        sa.Index("ix_offers_category_price", "category", "price_minor", "product_id"),
        sa.Index("ix_offers_wait_days", "wait_days", "product_id"),
        sa.Index("ix_offers_category_wait_days", "category", "wait_days", "product_id"),
        sa.Index("ix_offers_loved", "loved", "product_id"),
        sa.Index("ix_offers_category_loved", "category", "loved", "product_id"),
        sa.Index("ix_offers_workshop", "workshop", "listed_at", "product_id"),
        sa.Index("ix_offers_county", "county", "listed_at", "product_id"),
        sa.Index("ix_offers_town", "town", "listed_at", "product_id"),
        sa.Index("ix_offers_village", "village", "listed_at", "product_id"),
        sa.Index(
            "ix_offers_ready",
            "listed_at",
            "product_id",
            sqlite_where=sa.text("ready_at IS NOT NULL"),
            postgresql_where=sa.text("ready_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_offers_held",
            "ready_at",
            sqlite_where=sa.text("ready_at > 0"),
            postgresql_where=sa.text("ready_at > 0"),
        ),
        # SQLite follows "behind this price and number" along an index only where the number is
        # no rowid.
        {"sqlite_with_rowid": False},
    )

    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("products.id"), primary_key=True, autoincrement=False
    )
    public_id: Mapped[str] = mapped_column(sa.String(16), server_default="")
    slug: Mapped[str] = mapped_column(sa.String(120))
    code: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(200))
    title_en: Mapped[str | None] = mapped_column(sa.String(200))
    craft: Mapped[str] = mapped_column(sa.String(40))
    drawing: Mapped[str | None] = mapped_column(sa.String(40))
    # What ``media.queries.packed`` says of the cover.
    photo: Mapped[str | None] = mapped_column(sa.String(200))
    photo_alt: Mapped[str | None] = mapped_column(sa.String(200))
    photo_alt_en: Mapped[str | None] = mapped_column(sa.String(200))
    supply: Mapped[Supply] = mapped_column(state_column(Supply))
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    band: Mapped[int] = mapped_column()
    category: Mapped[str] = mapped_column(sa.String(40))
    workshop: Mapped[str] = mapped_column(sa.String(80))
    workshop_name: Mapped[str] = mapped_column(sa.String(80))
    workshop_name_en: Mapped[str | None] = mapped_column(sa.String(120))
    village: Mapped[str] = mapped_column(CODE)
    village_name: Mapped[str] = mapped_column(sa.String(80))
    village_name_en: Mapped[str | None] = mapped_column(sa.String(120))
    town: Mapped[str] = mapped_column(CODE)
    county: Mapped[str] = mapped_column(CODE)
    maker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"))
    ready_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    wait_days: Mapped[int] = mapped_column()
    loved: Mapped[int] = mapped_column()
    rating_sum: Mapped[int] = mapped_column(server_default="0")
    rating_count: Mapped[int] = mapped_column(server_default="0")
    listed_at: Mapped[int] = mapped_column(sa.BigInteger)


class OfferTerm(Base):
    """One offer under one word, so that a rare material is a short range of an index."""

    __tablename__ = "offer_terms"
    __table_args__ = (
        sa.Index("ix_offer_terms_product_id", "product_id"),
        {"sqlite_with_rowid": False},
    )

    term: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    category: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("offers.product_id", ondelete="CASCADE"), primary_key=True
    )


class OfferTotal(Base):
    """How many offers have one value of one facet: in all (category ''), or in one category.

    Counted up and down with the offers, so that a list shows its numbers without counting. The
    names stand beside them for the same reason.
    """

    __tablename__ = "offer_totals"
    __table_args__ = (
        sa.Index("ix_offer_totals_most", "category", "facet", "total", "value"),
        {"sqlite_with_rowid": False},
    )

    category: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    facet: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    total: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    name_en: Mapped[str | None] = mapped_column(sa.String(120))
