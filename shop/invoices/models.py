"""Requests for invoices, and what each workshop has written for them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.invoices.rules import TitleKind
from shop.kernel.db import Base, UtcDateTime, state_column


class InvoiceRequest(Base):
    """In whose name an order's invoices are written: personal data, kept apart and deleted."""

    __tablename__ = "invoice_requests"

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), primary_key=True)
    kind: Mapped[TitleKind] = mapped_column(state_column(TitleKind))
    title: Mapped[str] = mapped_column(sa.String(100))
    tax_number: Mapped[str] = mapped_column(sa.String(18), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invoice(Base):
    """One workshop's invoice for its part of an order; what went back later is written off in red.

    It is written once for ``written_minor``; ``red_minor`` of it is taken back by red letters.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "workshop_id"),
        sa.Index("ix_invoices_station_id", "station_id", "id"),
        sa.CheckConstraint(
            "written_minor >= 0 AND red_minor >= 0 AND red_minor <= written_minor", name="sums"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("invoice_requests.order_id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    number: Mapped[str] = mapped_column(sa.String(40), default="")
    written_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    red_number: Mapped[str] = mapped_column(sa.String(40), default="")
    red_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    red_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    red_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
