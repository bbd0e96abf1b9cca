"""Invoices: what each workshop's comes to now, and noting that one is written or taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shop.invoices import queries as known
from shop.invoices import services as invoices
from shop.invoices.queries import InvoiceView
from shop.invoices.rules import PartDue, dues
from shop.kernel.access import Actor, Scope
from shop.kernel.db import transactional
from shop.kernel.money import Money, total
from shop.orders import queries as orders
from shop.orders.queries import OrderView
from shop.payments import queries as payments
from shop.payments.rules import RefundState


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One invoice with its order and what it should stand for now."""

    invoice: InvoiceView
    order: OrderView
    due: Money

    @property
    def is_to_write(self) -> bool:
        """Say whether it is to be written: the money is here and something is left of it."""
        return self.invoice.written_at is None and self.due.minor > 0

    @property
    def is_to_redden(self) -> bool:
        """Say whether money went back after it was written."""
        return self.invoice.stands_for > self.due


def rows(scope: Scope) -> list[InvoiceRow]:
    """Return the invoices in a reach, with what each comes to now."""
    found = known.invoices(scope)
    by_id = orders.orders_by_id(one.order_id for one in found)
    sums = {order.id: _dues(order) for order in by_id.values()}
    return [
        InvoiceRow(one, by_id[one.order_id], sums[one.order_id].get(one.workshop_id, Money(0)))
        for one in found
        if one.order_id in by_id
    ]


def _dues(order: OrderView) -> dict[int, Money]:
    """Return what each workshop's invoice of an order comes to; nothing before it is paid."""
    if order.paid_at is None:
        return {}
    back = total(
        [
            refund.amount
            for refund in payments.standing_refunds(order.id)
            if refund.state is RefundState.SETTLED
        ]
    )
    return dues(list(_parts(order)), given_back=back)


def _parts(order: OrderView) -> Iterable[PartDue]:
    for part in order.parts:
        yield PartDue(
            workshop_id=part.workshop_id,
            station_id=part.station_id,
            paid=part.goods + part.shipping,
            shipping=part.shipping,
            returned=total([line.refunded for line in part.lines]),
        )


@transactional
def note_written(*, public_id: str, number: str, scope: Scope, actor: Actor, now: datetime) -> None:
    """Note the number of an invoice that was written for what it comes to now, once.

    Raises NotFound, OutOfReach, Forbidden, NumberMissing, InvoiceNotOpen.
    """
    one = known.invoice(public_id, scope)
    invoices.note_written(invoice_id=one.id, number=number, amount=_due(one), actor=actor, now=now)


@transactional
def note_red(*, public_id: str, number: str, scope: Scope, actor: Actor, now: datetime) -> None:
    """Note the number of the red letter that takes an invoice back to what it comes to now.

    Raises NotFound, OutOfReach, Forbidden, NumberMissing, InvoiceNotOpen.
    """
    one = known.invoice(public_id, scope)
    invoices.note_red(invoice_id=one.id, number=number, due=_due(one), actor=actor, now=now)


def _due(one: InvoiceView) -> Money:
    # Who gives money back holds the order: so nothing changes between this sum and its note.
    return _dues(orders.order(one.order_id)).get(one.workshop_id, Money(0))
