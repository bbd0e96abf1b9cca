"""Disputing: a buyer's bank takes a payment back, waits for our answer, and decides; its books."""

from __future__ import annotations

from datetime import datetime

from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import transactional
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.events import DisputeAnswered, DisputeLost, DisputeOpened, DisputeWon
from shop.orders.queries import OrderView
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.gateway import ProviderDispute
from shop.payments.queries import DisputeFacts, PaymentFacts
from shop.payments.rules import DisputeState
from shop.workflows import giving_back, refunding
from shop.workflows.giving_back import DISPUTE, DISPUTE_FEE, DISPUTE_OPENED, DISPUTE_WON

TOLD = {
    DisputeState.ANSWERED: DisputeAnswered,
    DisputeState.WON: DisputeWon,
    DisputeState.LOST: DisputeLost,
}


@transactional
def take_dispute(*, payment_id: int, said: ProviderDispute, now: datetime) -> None:
    """Bring a dispute to where its provider says it is; safe to repeat, in any order.

    Opened: the money that had not gone back lies with the bank, and nothing of it can be refunded
    meanwhile. Won: it is ours again. Lost: it is a refund that the bank has made, of everything
    that was left of the order when that is the sum; a piece wage stays, a consignment share falls.
    What the provider takes for it is a fee, and gone from where the money lies; what it gives back
    of that comes back.

    Raises PaymentNotFound, PaymentNotSettled. Source: domain.md 4 (a refund has a cause and a
    bearer), trust.md 2, P4, L3, L5.
    """
    payment = payments_known.payment(payment_id)
    orders.lock(order_id=payment.order_id)
    opened = payments.open_dispute(
        payment_id=payment_id,
        provider=payment.provider,
        provider_ref=said.provider_ref,
        amount=said.amount,
        reason=said.reason,
        answer_by=said.answer_by,
        opened_at=said.opened_at,
        has_taken=said.has_taken,
    )
    dispute = payments_known.dispute(opened.id)
    order = orders_known.order(payment.order_id)
    if opened.is_new:
        _book(dispute, payment, order, kind=DISPUTE_OPENED, now=now)
        _tell(DisputeOpened(order.id, dispute.id), dispute, now)
    if change := payments.note_dispute_fee(dispute_id=dispute.id, fee=said.fee):
        _book_fee(dispute, payment, order, change, now=now)
    if said.state is DisputeState.NEEDS_ANSWER:
        return
    if not payments.move_dispute(dispute_id=dispute.id, target=said.state, now=now):
        return
    if said.state is DisputeState.WON:
        _book(dispute, payment, order, kind=DISPUTE_WON, now=now)
    if said.state is DisputeState.LOST and dispute.claimed:
        refunding.lose_to_bank(
            order_id=order.id,
            payment_id=payment.id,
            amount=dispute.claimed,
            key=f"{DISPUTE}:{dispute.id}",
            now=now,
        )
    _tell(TOLD[said.state](order.id, dispute.id), dispute, now)


def _tell(event: events.Event, dispute: DisputeFacts, now: datetime) -> None:
    events.record(event, actor=SYSTEM, station_id=dispute.station_id, now=now)


def _book(
    dispute: DisputeFacts, payment: PaymentFacts, order: OrderView, *, kind: str, now: datetime
) -> None:
    """Book money that a bank holds: it is owed to us until the bank has decided."""
    lies = giving_back.money_lies(payment, order)
    lines: list[Line] = []
    for workshop_id, amount in refunding.shared_by_workshop(order, dispute.claimed):
        outside = account(AccountKind.RECEIVABLE, workshop_id)
        inside = account(lies, workshop_id)
        owed, given = (outside, inside) if kind == DISPUTE_OPENED else (inside, outside)
        lines += [debit(owed, amount), credit(given, amount)]
    if any(line.amount for line in lines):
        ledger.post(
            kind=kind,
            source=f"{DISPUTE}:{dispute.id}",
            station_id=dispute.station_id,
            lines=lines,
            happened_at=now,
            actor=SYSTEM,
            now=now,
        )


def _book_fee(
    dispute: DisputeFacts, payment: PaymentFacts, order: OrderView, change: Money, *, now: datetime
) -> None:
    """Book what a provider took for a dispute, or gave back of it: the room bears it."""
    lies = giving_back.money_lies(payment, order)
    lines: list[Line] = []
    for workshop_id, amount in refunding.shared_by_workshop(order, max(change, -change)):
        fee, inside = account(AccountKind.FEE, workshop_id), account(lies, workshop_id)
        taken, given = (fee, inside) if change > Money(0) else (inside, fee)
        lines += [debit(taken, amount), credit(given, amount)]
    ledger.post(
        kind=DISPUTE_FEE,
        source=giving_back.fee_sources(dispute.id)[-1],
        station_id=dispute.station_id,
        lines=lines,
        happened_at=now,
        actor=SYSTEM,
        now=now,
    )
