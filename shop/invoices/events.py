"""What happened to invoices; the first field is the subject."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class InvoiceWritten(Event):
    """A workshop has written an invoice and noted its number."""

    invoice_id: int


@dataclass(frozen=True, slots=True)
class RedLetterWritten(Event):
    """A workshop has taken back part of an invoice, because money went back."""

    invoice_id: int
