"""Reads of invoices: those that wait, and those written, in a reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.invoices.models import Invoice, InvoiceRequest
from shop.invoices.rules import InvoiceWish
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.stations import queries as stations


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """One workshop's invoice and in whose name it is; ``wish`` is None once that has served."""

    id: int
    public_id: str
    order_id: int
    workshop_id: int
    wish: InvoiceWish | None
    asked_at: datetime
    number: str
    written: Money
    written_at: datetime | None
    red_number: str
    red: Money

    @property
    def stands_for(self) -> Money:
        """Return what is written and not taken back."""
        return self.written - self.red


_VIEWS = sa.select(
    Invoice,
    InvoiceRequest.kind,
    InvoiceRequest.title,
    InvoiceRequest.tax_number,
    InvoiceRequest.asked_at,
    InvoiceRequest.forgotten_at,
).join(InvoiceRequest, InvoiceRequest.order_id == Invoice.order_id)


def invoices(scope: Scope, *, most: int = 100) -> list[InvoiceView]:
    """Return the invoices in a reach: those not written yet first, then the newest."""
    first = sa.case((Invoice.written_at.is_(None), 0), else_=1)
    return _views(
        _VIEWS.where(stations.in_scope(scope, Invoice.station_id))
        .order_by(first, Invoice.id.desc())
        .limit(most)
    )


def invoice(public_id: str, scope: Scope) -> InvoiceView:
    """Return one invoice. Raises NotFound outside the scope."""
    found = _views(
        _VIEWS.where(Invoice.public_id == public_id, stations.in_scope(scope, Invoice.station_id))
    )
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def invoices_of(order_id: int) -> list[InvoiceView]:
    """Return the invoices asked for with an order, for its buyer."""
    return _views(_VIEWS.where(Invoice.order_id == order_id).order_by(Invoice.id))


def _views(query: sa.Select[*tuple[Any, ...]]) -> list[InvoiceView]:
    return [
        InvoiceView(
            id=row.id,
            public_id=row.public_id,
            order_id=row.order_id,
            workshop_id=row.workshop_id,
            wish=None if forgotten_at else InvoiceWish(kind, title, tax_number),
            asked_at=asked_at,
            number=row.number,
            written=Money(row.written_minor),
            written_at=row.written_at,
            red_number=row.red_number,
            red=Money(row.red_minor),
        )
        for row, kind, title, tax_number, asked_at, forgotten_at in db.session.execute(query)
    ]
