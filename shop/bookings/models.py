"""Experiences, their sessions and bookings."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.bookings.rules import BookingState, SessionState
from shop.kernel.db import Base, UtcDateTime, state_column


class Experience(Base):
    """What visitors can learn, with its prices per adult, child and family of two."""

    __tablename__ = "experiences"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"), index=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    title: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str | None] = mapped_column(sa.String(120))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    summary_en: Mapped[str | None] = mapped_column(sa.Text)
    bring: Mapped[str] = mapped_column(sa.String(200), default="")
    bring_en: Mapped[str | None] = mapped_column(sa.String(200))
    meeting_point: Mapped[str] = mapped_column(sa.String(200), default="")
    meeting_point_en: Mapped[str | None] = mapped_column(sa.String(200))
    road_note: Mapped[str] = mapped_column(sa.String(200), default="")
    road_note_en: Mapped[str | None] = mapped_column(sa.String(200))
    drawing: Mapped[str | None] = mapped_column(sa.String(40))
    minutes: Mapped[int] = mapped_column()
    min_age: Mapped[int] = mapped_column(default=6)
    adult_minor: Mapped[int] = mapped_column()
    child_minor: Mapped[int] = mapped_column()
    family_minor: Mapped[int] = mapped_column()
    min_party: Mapped[int] = mapped_column(default=4)
    kit_minor: Mapped[int] = mapped_column(default=0)
    insurance_minor: Mapped[int] = mapped_column(default=0)
    room_minor: Mapped[int] = mapped_column(default=0)
    instructor_fee_minor: Mapped[int] = mapped_column()
    assistant_fee_minor: Mapped[int] = mapped_column(default=0)
    assistant_from: Mapped[int] = mapped_column(default=7)
    is_public: Mapped[bool] = mapped_column(default=True)


class ExperienceSession(Base):
    """One dated session; seats held and booked never pass its capacity."""

    __tablename__ = "experience_sessions"
    __table_args__ = (
        sa.Index("ix_experience_sessions_experience_id_starts_at", "experience_id", "starts_at"),
        sa.Index("ix_experience_sessions_station_id_starts_at", "station_id", "starts_at"),
        sa.CheckConstraint("held >= 0 AND booked >= 0 AND held + booked <= capacity", name="seats"),
        sa.CheckConstraint("capacity >= 0", name="capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    experience_id: Mapped[int] = mapped_column(sa.ForeignKey("experiences.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    capacity: Mapped[int] = mapped_column(default=12)
    held: Mapped[int] = mapped_column(default=0)
    booked: Mapped[int] = mapped_column(default=0)
    state: Mapped[SessionState] = mapped_column(state_column(SessionState))
    instructor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"))
    assistant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class Booking(Base):
    """Seats promised to one order line: held with an end, then paid, then attended or not."""

    __tablename__ = "bookings"
    __table_args__ = (
        sa.UniqueConstraint("owner", "session_id"),
        sa.Index("ix_bookings_session_id_state", "session_id", "state", "expires_at"),
        sa.CheckConstraint("adults >= 0 AND children >= 0 AND families >= 0", name="counts"),
        sa.CheckConstraint("seats = adults + children + 2 * families AND seats > 0", name="seats"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    owner: Mapped[str] = mapped_column(sa.String(40))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("experience_sessions.id"))
    adults: Mapped[int] = mapped_column(default=0)
    children: Mapped[int] = mapped_column(default=0)
    families: Mapped[int] = mapped_column(default=0)
    seats: Mapped[int] = mapped_column()
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[BookingState] = mapped_column(state_column(BookingState))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
