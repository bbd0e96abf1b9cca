"""Money that buyers send to our bank account: where to, what staff saw come, and by whose two eyes.

A transfer is seen on the account by one person and confirmed by another; only then is it money.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from shop.kernel import ids
from shop.kernel.access import Actor, Scope
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.payments.models import Payment, TransferSeen
from shop.payments.rules import Method, PaymentState
from shop.payments.services import TwoPeople
from shop.stations import queries as stations

# So long goods are kept for money that is on its way by bank: a weekend and the day after.
TRANSFER_TIME = timedelta(days=3)
LONGEST_REFERENCE = 60
LONGEST_PAYER = 100

seen_table = table_of(TransferSeen)


class TransferKnown(Conflict):
    """The bank's number of this transfer was written down before, for ``order``."""

    code = "payments.transfer_known"


class TransferTakenUp(Conflict):
    """Another transfer was seen for this order and is not taken back."""

    code = "payments.transfer_taken_up"


class TransferEnded(Conflict):
    """This transfer was confirmed or taken back meanwhile."""

    code = "payments.transfer_ended"


class DayAhead(InvalidInput):
    """Money cannot have come on a day that is not yet, or before it was asked for."""

    code = "payments.day_ahead"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where buyers send money: as it must stand on the transfer."""

    holder: str
    bank: str
    number: str


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """One transfer that somebody saw on the account, and how far it is."""

    id: int
    public_id: str
    payment_id: int
    order_id: int
    station_id: int
    amount: Money
    reference: str
    payer: str
    came_on: date
    seen_by_id: int
    seen_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None

    @property
    def waits(self) -> bool:
        """Say whether a second person is to look at it."""
        return self.confirmed_at is None and self.ended_at is None


_account: list[BankAccount] = []


def install(account: BankAccount | None) -> None:
    """Take the account that the operator has set; without one no transfers are offered."""
    _account[:] = [account] if account is not None else []


def our_account() -> BankAccount | None:
    """Return the account that buyers send money to, or None where there is none."""
    return _account[0] if _account else None


@transactional
def see(
    *,
    payment_id: int,
    reference: str,
    payer: str,
    came_on: date,
    key: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Write down that the money of a payment stands on our account; return the outside name.

    reference    the bank's own number of the transfer: one transfer pays one order.
    came_on      the bank's day.

    Safe to repeat by ``key``. Raises TransferKnown, TransferTakenUp.
    """
    s = seen_table.c
    known = db.session.scalar(sa.select(s.public_id).where(s.key == key))
    if known is not None:
        return str(known)
    _refuse_known(payment_id, reference)
    public_id = ids.public_id("tra")
    seen = db.session.scalar(
        insert_or(seen_table)
        .values(
            public_id=public_id,
            key=key,
            payment_id=payment_id,
            reference=reference,
            payer=payer,
            came_on=came_on,
            seen_by_id=actor.user_id,
            seen_at=now,
        )
        .on_conflict_do_nothing()
        .returning(s.public_id)
    )
    if seen is None:  # somebody else wrote the same one down at this moment
        _refuse_known(payment_id, reference)
        raise TransferKnown(reference=reference)
    return str(seen)


def _refuse_known(payment_id: int, reference: str) -> None:
    s = seen_table.c
    for row in db.session.execute(
        sa.select(s.payment_id, s.reference).where(
            s.ended_at.is_(None),
            sa.or_(s.payment_id == payment_id, s.reference == reference),
        )
    ):
        if row.reference == reference:
            raise TransferKnown(reference=reference)
        raise TransferTakenUp(reference=row.reference)


@transactional
def confirm(*, public_id: str, actor: Actor, now: datetime) -> bool:
    """Say as the second person that a transfer stands on the account; True only the first time.

    Raises NotFound, TransferEnded when it was taken back, TwoPeople. Source: domain.md 14.7.
    """
    known = transfer(public_id)
    if known.ended_at is not None:
        raise TransferEnded
    if actor.user_id is None or actor.user_id == known.seen_by_id:
        raise TwoPeople
    return bool(_end(known.id, confirmed_at=now, confirmed_by_id=actor.user_id))


@transactional
def take_back(*, public_id: str, now: datetime) -> bool:
    """Say that a transfer was written down by mistake; True only the first time.

    Raises NotFound, TransferEnded when it is confirmed: then the money is ours.
    """
    known = transfer(public_id)
    if known.confirmed_at is not None:
        raise TransferEnded
    return bool(_end(known.id, ended_at=now))


def _end(transfer_id: int, **values: object) -> int:
    s = seen_table.c
    return rows_changed(
        sa.update(seen_table)
        .where(s.id == transfer_id, s.confirmed_at.is_(None), s.ended_at.is_(None))
        .values(**values)
    )


def transfer(public_id: str) -> TransferFacts:
    """Return one transfer. Raises NotFound."""
    for found in _transfers(_rows().where(TransferSeen.public_id == public_id)):
        return found
    raise NotFound(what="transfer")


def to_confirm(scope: Scope, *, most: int = 100) -> list[TransferFacts]:
    """Return transfers in reach that wait for a second person, oldest first."""
    return _transfers(
        _rows()
        .where(
            TransferSeen.confirmed_at.is_(None),
            TransferSeen.ended_at.is_(None),
            stations.in_scope(scope, Payment.station_id),
        )
        .order_by(TransferSeen.seen_at, TransferSeen.id)
        .limit(most)
    )


def orders_awaited(scope: Scope, *, most: int = 100) -> list[int]:
    """Return the orders in reach whose transfer nobody has seen yet, oldest first."""
    seen = sa.exists().where(TransferSeen.payment_id == Payment.id, TransferSeen.ended_at.is_(None))
    rows = (
        sa.select(Payment.order_id)
        .where(
            Payment.method == Method.BANK_TRANSFER,
            Payment.state == PaymentState.OPEN,
            ~seen,
            stations.in_scope(scope, Payment.station_id),
        )
        .order_by(Payment.opened_at, Payment.id)
        .limit(most)
    )
    return list(db.session.scalars(rows))


@functools.cache
def _rows() -> sa.Select[*tuple[object, ...]]:
    return sa.select(
        *seen_table.c,
        Payment.order_id,
        Payment.station_id,
        Payment.amount_minor,
        Payment.currency,
    ).join(Payment, Payment.id == TransferSeen.payment_id)


def _transfers(query: sa.Select[*tuple[object, ...]]) -> list[TransferFacts]:
    return [
        TransferFacts(
            id=row.id,
            public_id=row.public_id,
            payment_id=row.payment_id,
            order_id=row.order_id,
            station_id=row.station_id,
            amount=Money(row.amount_minor, row.currency),
            reference=row.reference,
            payer=row.payer,
            came_on=row.came_on,
            seen_by_id=row.seen_by_id,
            seen_at=row.seen_at,
            confirmed_at=row.confirmed_at,
            ended_at=row.ended_at,
        )
        for row in db.session.execute(query)
    ]
