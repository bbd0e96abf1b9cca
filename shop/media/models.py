"""Pictures and short videos: one row from the phone to the window and out again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.media.rules import MIDDLE, Medium, PictureState, Subject


class Picture(Base):
    """One picture of one subject. The subject is a row of another room, by kind and number.

    ``digest`` names the copies and changes with them; ``widths`` and ``forms`` say which there are,
    in words with blanks between, so that copies made under an older rule are still found.
    """

    __tablename__ = "pictures"
    __table_args__ = (
        sa.Index("ix_pictures_subject", "subject", "subject_id", "position", "id"),
        sa.Index(
            "uq_pictures_sent_once",
            "subject",
            "subject_id",
            "sent_digest",
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'ready')"),
            postgresql_where=sa.text("state IN ('waiting', 'ready')"),
        ),
        sa.Index(
            "ix_pictures_waiting",
            "due_at",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.CheckConstraint("state <> 'ready' OR digest IS NOT NULL", name="made"),
        sa.CheckConstraint("(state = 'waiting') = (original IS NOT NULL)", name="let_go"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    subject: Mapped[Subject] = mapped_column(state_column(Subject))
    subject_id: Mapped[int] = mapped_column()
    station_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stations.id"))
    medium: Mapped[Medium] = mapped_column(state_column(Medium))
    state: Mapped[PictureState] = mapped_column(state_column(PictureState))
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    original: Mapped[str | None] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(8))
    sent_as: Mapped[str] = mapped_column(sa.String(120), default="")
    sent_digest: Mapped[str] = mapped_column(sa.String(64))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    widths: Mapped[str] = mapped_column(sa.String(40), default="")
    forms: Mapped[str] = mapped_column(sa.String(40), default="")
    tint: Mapped[str] = mapped_column(sa.String(2), default="")
    seconds: Mapped[int] = mapped_column(default=0)
    focus: Mapped[str] = mapped_column(sa.String(2), default=MIDDLE)
    alt: Mapped[str] = mapped_column(sa.String(200), default="")
    alt_en: Mapped[str] = mapped_column(sa.String(200), default="")
    captions: Mapped[str] = mapped_column(sa.Text, default="")
    captions_en: Mapped[str] = mapped_column(sa.Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    added_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
