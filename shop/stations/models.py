"""Stations, workshops, members and members' consents."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.stations.rules import ConsentPurpose, SeasonReason, Tier

# Paths are compared as bytes, so that "everything below" is one range of the index everywhere.
PATH = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
CODE = sa.String(12).with_variant(sa.String(12, collation="C"), "postgresql")


class Station(Base):
    """One place in the tree. Names repeat; only the code identifies a place.

    ``path`` is the codes from the county down, each without what its parent's code already says:
    ``/500229/212/202/``. A room is open from ``opened_on`` on; None means it only exists.
    """

    __tablename__ = "stations"
    __table_args__ = (sa.Index("ix_stations_parent_id_code", "parent_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    tier: Mapped[Tier] = mapped_column(state_column(Tier))
    name: Mapped[str] = mapped_column(sa.String(80))
    short_name: Mapped[str] = mapped_column(sa.String(80))
    name_en: Mapped[str | None] = mapped_column(sa.String(120))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stations.id"))
    path: Mapped[str] = mapped_column(PATH, unique=True)
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="Asia/Shanghai")
    phone: Mapped[str | None] = mapped_column(sa.String(32))
    opened_on: Mapped[date | None] = mapped_column()


class Workshop(Base):
    """A group of makers at a room, selling in one name."""

    __tablename__ = "workshops"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    name_en: Mapped[str | None] = mapped_column(sa.String(120))
    story: Mapped[str] = mapped_column(sa.Text, default="")
    story_en: Mapped[str | None] = mapped_column(sa.Text)
    craft: Mapped[str] = mapped_column(sa.String(40), default="")
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    address_en: Mapped[str | None] = mapped_column(sa.String(200))
    hours: Mapped[str] = mapped_column(sa.String(200), default="")
    hours_en: Mapped[str | None] = mapped_column(sa.String(200))
    directions: Mapped[str] = mapped_column(sa.Text, default="")
    directions_en: Mapped[str | None] = mapped_column(sa.Text)
    phone: Mapped[str | None] = mapped_column(sa.String(32))
    seller_name: Mapped[str] = mapped_column(sa.String(120))
    seller_license: Mapped[str | None] = mapped_column(sa.String(40))
    weekly_capacity_minutes: Mapped[int] = mapped_column(default=0)
    pickup_weekdays: Mapped[str] = mapped_column(sa.String(7), default="14")
    is_pick_up_point: Mapped[bool] = mapped_column(default=False)
    # What every parcel costs; with terms of its own (room ``delivery``) the least it costs.
    shipping_minor: Mapped[int] = mapped_column(default=800)
    has_delivery_terms: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class WorkshopTotal(Base):
    """How many workshops a village, a town or a county has; counted when one is founded."""

    __tablename__ = "workshop_totals"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    workshops: Mapped[int] = mapped_column()


class SeasonRow(Base):
    """A dated span in which a workshop weaves less, and why; half-open."""

    __tablename__ = "seasons"
    __table_args__ = (
        sa.Index("ix_seasons_workshop_id_ends_on", "workshop_id", "ends_on"),
        sa.CheckConstraint("percent >= 0 AND percent < 100", name="slower"),
        sa.CheckConstraint("ends_on > starts_on", name="has_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    reason: Mapped[SeasonReason] = mapped_column(state_column(SeasonReason))
    percent: Mapped[int] = mapped_column()
    starts_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date] = mapped_column()


class Member(Base):
    """A maker who belongs and is paid; she may have neither phone nor login."""

    __tablename__ = "members"
    __table_args__ = (
        sa.UniqueConstraint("workshop_id", "code"),
        sa.Index("ix_members_phone", "phone"),
        sa.Index("ix_members_name", "name"),
        sa.Index("ix_members_letters", "letters"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    code: Mapped[str] = mapped_column(sa.String(16))
    name: Mapped[str] = mapped_column(sa.String(40))
    name_en: Mapped[str | None] = mapped_column(sa.String(60))
    # Her name as one types it in letters; searches ask for it while her consent stands.
    letters: Mapped[str] = mapped_column(sa.String(80), default="")
    phone: Mapped[str | None] = mapped_column(sa.String(20))
    story: Mapped[str | None] = mapped_column(sa.Text)
    story_en: Mapped[str | None] = mapped_column(sa.Text)
    is_coop_member: Mapped[bool] = mapped_column(default=True)
    joined_on: Mapped[date] = mapped_column()
    left_on: Mapped[date | None] = mapped_column()


class Consent(Base):
    """One permission a maker gave for one purpose; withdrawing it ends the row at once."""

    __tablename__ = "consents"
    __table_args__ = (
        sa.Index(
            "uq_consents_standing",
            "member_id",
            "purpose",
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    purpose: Mapped[ConsentPurpose] = mapped_column(state_column(ConsentPurpose))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    explained_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
