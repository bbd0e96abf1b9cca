"""Uploaded catalogs; their rows lie in a scratch file beside them, see ``stage``."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.exchange.rules import Dialect, FileState
from shop.kernel.db import Base, UtcDateTime, state_column


class CatalogFile(Base):
    """One catalog that somebody brought, and how far it has come.

    The five counts are rows by outcome; ``done`` and ``of`` tell how much of the work at hand is
    done. ``remarks`` and ``choices`` are JSON.
    """

    __tablename__ = "catalog_files"
    __table_args__ = (
        sa.Index("ix_catalog_files_station_id_id", "station_id", "id"),
        sa.Index(
            "ix_catalog_files_in_hand",
            "id",
            sqlite_where=sa.text("state IN ('received', 'ordered')"),
            postgresql_where=sa.text("state IN ('received', 'ordered')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    brought_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    pictures_name: Mapped[str | None] = mapped_column(sa.String(120))
    choices: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[FileState] = mapped_column(state_column(FileState))
    dialect: Mapped[Dialect | None] = mapped_column(state_column(Dialect))
    encoding: Mapped[str] = mapped_column(sa.String(16), default="")
    remarks: Mapped[str] = mapped_column(sa.Text, default="[]")
    ignored: Mapped[str] = mapped_column(sa.Text, default="")
    done: Mapped[int] = mapped_column(default=0)
    of: Mapped[int] = mapped_column(default=0)
    new_rows: Mapped[int] = mapped_column(default=0)
    changed_rows: Mapped[int] = mapped_column(default=0)
    same_rows: Mapped[int] = mapped_column(default=0)
    left_out_rows: Mapped[int] = mapped_column(default=0)
    wrong_rows: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
