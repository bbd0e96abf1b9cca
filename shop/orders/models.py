"""Carts, orders with contacts, lines, fulfillments, parcels, returns and unmatched returns."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.orders.rules import (
    FulfillmentState,
    Handover,
    LineKind,
    OrderSource,
    OrderState,
    ParcelState,
    ReturnState,
)


class Cart(Base):
    """A wish, kept for a device by a random token."""

    __tablename__ = "carts"
    __table_args__ = (sa.Index("ix_carts_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(48), unique=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    coupon_code: Mapped[str] = mapped_column(sa.String(24), default="", server_default="")


class CartLine(Base):
    """One wished variant with what is to be woven into it, or the seats wished in one session.

    ``wish`` holds the answers to custom options in one writing; the same variant with another
    wish is another line.
    """

    __tablename__ = "cart_lines"
    __table_args__ = (
        sa.UniqueConstraint("cart_id", "variant_id", "wish"),
        sa.UniqueConstraint("cart_id", "session_id"),
        sa.CheckConstraint("(variant_id IS NULL) <> (session_id IS NULL)", name="one_kind"),
        sa.CheckConstraint(
            "quantity >= 0 AND adults >= 0 AND children >= 0 AND families >= 0", name="counts"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(sa.ForeignKey("carts.id"))
    variant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("variants.id"))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("experience_sessions.id"))
    wish: Mapped[str] = mapped_column(sa.String(600), default="")
    quantity: Mapped[int] = mapped_column(default=0)
    adults: Mapped[int] = mapped_column(default=0)
    children: Mapped[int] = mapped_column(default=0)
    families: Mapped[int] = mapped_column(default=0)
    # What the buyer last saw: the price of one piece or of the party, and the seller's name.
    seen_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    seen_seller: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")


class Order(Base):
    """A contract; its prices, fees and texts never change with later settings."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.Index("ix_orders_state_expires_at", "state", "expires_at"),
        sa.Index(
            "ix_orders_network",
            "network",
            sqlite_where=sa.text("network <> ''"),
            postgresql_where=sa.text("network <> ''"),
        ),
        sa.CheckConstraint(
            "total_minor = goods_minor + shipping_minor - discount_minor", name="adds_up"
        ),
        sa.CheckConstraint("total_minor >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    key_digest: Mapped[str] = mapped_column(sa.String(64))
    code_digest: Mapped[str] = mapped_column(sa.String(64), default="")
    source: Mapped[OrderSource] = mapped_column(state_column(OrderSource))
    state: Mapped[OrderState] = mapped_column(state_column(OrderState))
    buyer_reference: Mapped[str | None] = mapped_column(sa.String(64))
    # A digest of the network address it came from; gone as soon as it is paid or has fallen.
    network: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    locale: Mapped[str] = mapped_column(sa.String(16), default="zh_Hans")
    currency: Mapped[str] = mapped_column(sa.String(3), default="CNY")
    goods_minor: Mapped[int] = mapped_column(sa.BigInteger)
    shipping_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    discount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    is_demo: Mapped[bool] = mapped_column(default=False)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderBuyer(Base):
    """Whose account an order is in: apart from the contract, so that it can go while that stays."""

    __tablename__ = "order_buyers"
    __table_args__ = (sa.Index("ix_order_buyers_user_id", "user_id", "order_id"),)

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderContact(Base):
    """Who gets the goods: personal data, kept apart from the contract so it can be hidden alone."""

    __tablename__ = "order_contacts"

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), default="")
    phone: Mapped[str] = mapped_column(sa.String(20), index=True)
    email: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    # "sms" or "email", as she chose where she gave both; else empty.
    told_by: Mapped[str] = mapped_column(sa.String(16), default="", server_default="")
    region: Mapped[str] = mapped_column(sa.String(120), default="")
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    # Code of the place that was picked; empty where the address was written freely.
    place_code: Mapped[str] = mapped_column(sa.String(12), default="", server_default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    # A present goes without any price in its parcel; its words stand on a card.
    is_gift: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    gift_words: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")


class Fulfillment(Base):
    """One workshop's part of an order, with its own promised date."""

    __tablename__ = "fulfillments"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "workshop_id", "handover"),
        sa.Index("ix_fulfillments_station_id_state", "station_id", "state", "promised_on"),
        sa.Index(
            "uq_fulfillments_pick_up_code",
            "pick_up_code",
            unique=True,
            sqlite_where=sa.text("pick_up_code IS NOT NULL"),
            postgresql_where=sa.text("pick_up_code IS NOT NULL"),
        ),
        # What is still to be woven, workshop by workshop: the queue before a new order.
        sa.Index(
            "ix_fulfillments_making",
            "workshop_id",
            sqlite_where=sa.text("state = 'making'"),
            postgresql_where=sa.text("state = 'making'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    handover: Mapped[Handover] = mapped_column(state_column(Handover))
    state: Mapped[FulfillmentState] = mapped_column(state_column(FulfillmentState))
    goods_minor: Mapped[int] = mapped_column(sa.BigInteger)
    shipping_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    promised_on: Mapped[date] = mapped_column()
    # What a buyer shows at the counter; of parts that are fetched.
    pick_up_code: Mapped[str | None] = mapped_column(sa.String(8))
    # Where parcels are gathered at the town: the day on which the carrier takes them there.
    dispatch_on: Mapped[date | None] = mapped_column()
    # When the last of its pieces left, and when the last of its parcels came.
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderLine(Base):
    """One frozen row of a contract: title, price, maker and lane as they were when placed."""

    __tablename__ = "order_lines"
    __table_args__ = (
        sa.Index("ix_order_lines_order_id", "order_id"),
        sa.Index("ix_order_lines_fulfillment_id", "fulfillment_id"),
        sa.Index("ix_order_lines_variant_id", "variant_id"),
        sa.CheckConstraint("quantity > 0", name="positive"),
        sa.CheckConstraint("unit_minor >= 0", name="price_not_negative"),
        sa.CheckConstraint(
            "returned >= 0 AND returned <= quantity", name="returned_at_most_bought"
        ),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= total_minor", name="refunded"
        ),
        sa.CheckConstraint("making_minutes >= 0", name="minutes_not_negative"),
        # Each piece is still here, has left, or was given back before it left: one of the three.
        sa.CheckConstraint(
            "sent >= 0 AND cancelled >= 0 AND sent + cancelled <= quantity", name="left_once"
        ),
        sa.CheckConstraint(
            "cancelled <= returned AND returned <= sent + cancelled", name="back_from_where_it_was"
        ),
        # Without the buyer's own confirmation a return may not be refused (trust.md 4).
        sa.CheckConstraint("may_come_back OR agreed_at IS NOT NULL", name="no_return_was_agreed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    fulfillment_id: Mapped[int] = mapped_column(sa.ForeignKey("fulfillments.id"))
    position: Mapped[int] = mapped_column()
    kind: Mapped[LineKind] = mapped_column(state_column(LineKind))
    variant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("variants.id"))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("experience_sessions.id"))
    sku: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(240))
    title_en: Mapped[str | None] = mapped_column(sa.String(240))
    unit_minor: Mapped[int] = mapped_column(sa.BigInteger)
    quantity: Mapped[int] = mapped_column()
    # What a coupon took off, and whose money that is; inside ``total_minor`` already.
    discount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    funder: Mapped[str] = mapped_column(sa.String(16), default="", server_default="")
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    # Pieces that have left the workshop, or seats that were taken.
    sent: Mapped[int] = mapped_column(default=0, server_default="0")
    # Pieces given back in all, and those of them that had not left yet.
    returned: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0, server_default="0")
    refunded_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    cost_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    maker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"))
    pay_lane: Mapped[str | None] = mapped_column(sa.String(16))
    share_percent: Mapped[int | None] = mapped_column()
    # For one piece, when it is made after the order; zero for what lay in stock.
    making_minutes: Mapped[int] = mapped_column(default=0)
    # Answers to custom options, in words of both languages, with what each added.
    wish: Mapped[str] = mapped_column(sa.Text, default="")
    may_come_back: Mapped[bool] = mapped_column(default=True)
    # The buyer's separate confirmation that it cannot come back: her words as shown, when, and
    # who where she was signed in; else the order's contact says who.
    agreed_words: Mapped[str] = mapped_column(sa.Text, default="")
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class Parcel(Base):
    """Pieces of one part that travel together, with the number by which they are followed."""

    __tablename__ = "parcels"
    __table_args__ = (
        sa.UniqueConstraint("fulfillment_id", "position"),
        sa.Index("ix_parcels_station_id_state", "station_id", "state", "id"),
        # Those under way, by when the carrier took them: which count as received by now.
        sa.Index(
            "ix_parcels_under_way",
            "sent_at",
            sqlite_where=sa.text("state = 'sent'"),
            postgresql_where=sa.text("state = 'sent'"),
        ),
        sa.CheckConstraint("position > 0", name="position"),
        sa.CheckConstraint(
            "(sent_at IS NULL) = (state IN ('to_town', 'at_town', 'opened'))", name="sent"
        ),
        sa.CheckConstraint("sent_at IS NULL OR tracking <> ''", name="followed_by_its_number"),
        sa.CheckConstraint("(received_at IS NOT NULL) = (state = 'received')", name="received"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    fulfillment_id: Mapped[int] = mapped_column(sa.ForeignKey("fulfillments.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    position: Mapped[int] = mapped_column()
    state: Mapped[ParcelState] = mapped_column(state_column(ParcelState))
    carrier: Mapped[str] = mapped_column(sa.String(40), default="")
    tracking: Mapped[str] = mapped_column(sa.String(60), default="")
    packed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at_town_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When it was opened again before it left, or came back to us.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ParcelLine(Base):
    """So many pieces of one order line in a parcel."""

    __tablename__ = "parcel_lines"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="positive"),)

    parcel_id: Mapped[int] = mapped_column(sa.ForeignKey("parcels.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("order_lines.id"), primary_key=True, index=True
    )
    quantity: Mapped[int] = mapped_column()


class ParcelScan(Base):
    """What a carrier saw of a parcel, told by itself or written down by a person."""

    __tablename__ = "parcel_scans"
    __table_args__ = (sa.UniqueConstraint("parcel_id", "at", "words"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(sa.ForeignKey("parcels.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(sa.String(60), default="")
    words: Mapped[str] = mapped_column(sa.String(120))
    is_signed: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class Return(Base):
    """Goods that come back: quantity, cause, and what is refunded for them."""

    __tablename__ = "returns"
    __table_args__ = (
        sa.Index("ix_returns_order_id", "order_id"),
        sa.CheckConstraint("quantity > 0", name="positive"),
        sa.CheckConstraint("cancelled >= 0 AND cancelled <= quantity", name="cancelled_of_them"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_lines.id"))
    quantity: Mapped[int] = mapped_column()
    # Of them, pieces that had not left yet.
    cancelled: Mapped[int] = mapped_column(default=0, server_default="0")
    refund_minor: Mapped[int] = mapped_column(sa.BigInteger)
    cause: Mapped[str] = mapped_column(sa.String(32))
    state: Mapped[ReturnState] = mapped_column(state_column(ReturnState))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    goods_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UnmatchedReturn(Base):
    """A return from an imported file whose sale is not known here; a person must look at it."""

    __tablename__ = "unmatched_returns"
    __table_args__ = (sa.Index("ix_unmatched_returns_station_id", "station_id", "closed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    order_number: Mapped[str] = mapped_column(sa.String(40))
    line_number: Mapped[int] = mapped_column()
    buyer_reference: Mapped[str | None] = mapped_column(sa.String(64))
    sku: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(240), default="")
    quantity: Mapped[int] = mapped_column()
    unit_minor: Mapped[int] = mapped_column(sa.BigInteger)
    reason: Mapped[str] = mapped_column(sa.String(40))
    returned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
