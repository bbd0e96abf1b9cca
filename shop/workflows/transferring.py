"""Transferring: a buyer's money on our bank account, seen by one and confirmed by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shop.kernel import events
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.db import transactional
from shop.kernel.errors import Conflict, InvalidInput
from shop.kernel.money import Money
from shop.orders import queries as orders_known
from shop.orders.queries import OrderView
from shop.payments import queries as payments_known
from shop.payments import transfers
from shop.payments.events import TransferConfirmed, TransferSeen, TransferTakenBack
from shop.payments.queries import PaymentFacts
from shop.payments.rules import Method
from shop.payments.transfers import DayAhead, TransferFacts
from shop.stations import queries as stations
from shop.workflows import selling

# Bookkeeper and cashier see the account: either sees a transfer come, the other confirms it.
WHO_SEES = (Permission.RECONCILE, Permission.TAKE_MONEY)


class NoTransferAwaited(InvalidInput):
    """No order of this number waits for a bank transfer."""

    code = "payments.no_transfer_awaited"


class TransferDiffers(Conflict):
    """The sum on the account is not the sum that was asked for."""

    code = "payments.transfer_differs"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmed transfer did: the order stands, or its money is to go back."""

    number: str
    stands: bool


def awaited(scope: Scope) -> list[OrderView]:
    """Return the orders in reach whose transfer nobody has seen yet, oldest first."""
    ids = transfers.orders_awaited(scope)
    known = orders_known.orders_by_id(ids)
    return [known[one] for one in ids]


@transactional
def see(
    *,
    number: str,
    amount: Money,
    reference: str,
    payer: str,
    came_on: date,
    key: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Write down that a buyer's money stands on our account; return the transfer's outside name.

    number       of the order, as the buyer wrote it on the transfer.
    amount       what stands on the account: exactly what the order asks.
    reference    the bank's own number of the transfer.
    came_on      the bank's day; not before the order's and not ahead.

    Also for an order that has fallen: its money is ours to confirm, or to give back. Nothing is
    paid by this; ``confirm`` does it, by somebody else. Safe to repeat by ``key``.

    Raises NoTransferAwaited, OutOfReach, Forbidden, TransferDiffers, DayAhead, TransferKnown,
    TransferTakenUp. Source: features.md 45; domain.md 14.7.
    """
    order, payment = _asked(number)
    _require(actor, payment.station_id)
    if amount != payment.amount:
        raise TransferDiffers(asked=payment.amount, came=amount)
    if not business_day(payment.opened_at) <= came_on <= business_day(now):
        raise DayAhead
    name = transfers.see(
        payment_id=payment.id,
        reference=reference,
        payer=payer,
        came_on=came_on,
        key=key,
        actor=actor,
        now=now,
    )
    events.record(
        TransferSeen(order.id, payment.id), actor=actor, station_id=payment.station_id, now=now
    )
    return name


def confirm(*, public_id: str, actor: Actor, now: datetime) -> Confirmed:
    """Say as the second person that a transfer stands on the account: now it is money.

    The order stands; or, when it had fallen and something is gone, its money waits to be sent
    back. Both in the transaction that says who confirmed. Safe to repeat.

    Raises NotFound, OutOfReach, Forbidden, TransferEnded, TwoPeople.
    Source: domain.md 14.7; trust.md P2, S6.
    """
    seen = _within_reach(public_id, actor)

    def together() -> None:
        if transfers.confirm(public_id=public_id, actor=actor, now=now):
            events.record(
                TransferConfirmed(seen.order_id, seen.payment_id),
                actor=actor,
                station_id=seen.station_id,
                now=now,
            )

    selling.confirm_payment(
        payment_id=seen.payment_id,
        captured=seen.amount,
        fee=Money(0, seen.amount.currency),
        actor=actor,
        together=together,
        now=now,
    )
    order = orders_known.order(seen.order_id)
    return Confirmed(order.number, stands=order.is_confirmed)


@transactional
def take_back(*, public_id: str, actor: Actor, now: datetime) -> bool:
    """Say that a transfer was written down by mistake; True only the first time.

    Raises NotFound, OutOfReach, Forbidden, TransferEnded once it is confirmed.
    """
    seen = _within_reach(public_id, actor)
    if not transfers.take_back(public_id=public_id, now=now):
        return False
    events.record(
        TransferTakenBack(seen.order_id, seen.payment_id),
        actor=actor,
        station_id=seen.station_id,
        now=now,
    )
    return True


def _asked(number: str) -> tuple[OrderView, PaymentFacts]:
    order_id = orders_known.order_id_of(number)
    if order_id is not None:
        for payment in payments_known.payments_of_order(order_id):
            if payment.method is Method.BANK_TRANSFER and not payment.is_paid:
                return orders_known.order(order_id), payment
    raise NoTransferAwaited


def _within_reach(public_id: str, actor: Actor) -> TransferFacts:
    seen = transfers.transfer(public_id)
    _require(actor, seen.station_id)
    return seen


def _require(actor: Actor, station_id: int) -> None:
    path = stations.path_of(station_id)
    if not any(actor.may(permission, at=path) for permission in WHO_SEES):
        actor.require(WHO_SEES[0], at=path)
