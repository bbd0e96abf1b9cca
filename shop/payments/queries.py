"""What is known of payments, refunds and provider events, as plain facts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.payments.models import Dispute, Payment, ProviderEventRow, Refund
from shop.payments.rules import (
    BY_HAND,
    UNDECIDED,
    DisputeState,
    EventState,
    Method,
    PaymentState,
    RefundBearer,
    RefundCause,
    RefundState,
    RefundWay,
)
from shop.payments.services import PaymentNotFound, RefundNotFound
from shop.stations import queries as stations

WHOLE = Scope(("/",))


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """One payment as it stands."""

    id: int
    public_id: str
    order_id: int
    station_id: int
    method: Method
    provider: str
    provider_ref: str | None
    redirect_url: str
    state: PaymentState
    amount: Money
    captured: Money
    refunded: Money
    pending_refund: Money
    disputed: Money
    fee: Money
    failure_code: str
    opened_at: datetime
    succeeded_at: datetime | None
    ended_at: datetime | None

    @property
    def refundable(self) -> Money:
        """Return what can still go back."""
        return self.captured - self.refunded - self.pending_refund - self.disputed

    @property
    def is_paid(self) -> bool:
        """Say whether the money came."""
        return self.state is PaymentState.SUCCEEDED


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """One refund as it stands."""

    id: int
    public_id: str
    payment_id: int
    order_id: int
    amount: Money
    cause: RefundCause
    bearer: RefundBearer
    state: RefundState
    provider_ref: str | None
    failure_code: str
    opened_at: datetime
    settled_at: datetime | None
    station_id: int
    way: RefundWay
    again_of_id: int | None
    asked_by_id: int | None
    given_by_id: int | None
    proof: str

    @property
    def is_refused(self) -> bool:
        """Say whether the money could not go back this way."""
        return self.state is RefundState.FAILED

    @property
    def waits_in_cash(self) -> bool:
        """Say whether its cash lies ready to be counted out."""
        return self.way is RefundWay.CASH and self.state is RefundState.PENDING

    @property
    def waits_by_bank(self) -> bool:
        """Say whether a person is to send it to the buyer's account."""
        return self.way is RefundWay.BANK and self.state is RefundState.PENDING


@dataclass(frozen=True, slots=True)
class ProviderEventFacts:
    """One event of a provider: what it is about and what became of it."""

    id: int
    provider: str
    external_id: str
    kind: str
    state: EventState
    object_ref: str
    payment_public_id: str | None
    refund_public_id: str | None
    detail: str
    received_at: datetime
    finished_at: datetime | None

    @property
    def is_about_dispute(self) -> bool:
        """Say whether a bank wants something back."""
        return self.kind.startswith("charge.dispute.")

    @property
    def is_about_money(self) -> bool:
        """Say whether money of ours may have moved: then nobody may overlook it."""
        return self.kind.startswith(MOVES_MONEY)


MOVES_MONEY = (
    "charge.succeeded",
    "charge.refunded",
    "charge.dispute.",
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "payment_intent.succeeded",
    "refund.",
)


def payment(payment_id: int) -> PaymentFacts:
    """Return one payment. Raises PaymentNotFound."""
    found = _first_payment(Payment.id == payment_id)
    if found is None:
        raise PaymentNotFound(payment=payment_id)
    return found


def payment_by_public_id(public_id: str) -> PaymentFacts | None:
    """Return the payment of that outside name, or None."""
    return _first_payment(Payment.public_id == public_id)


def payment_by_ref(provider_ref: str) -> PaymentFacts | None:
    """Return the payment that the provider calls so, or None."""
    return _first_payment(Payment.provider_ref == provider_ref)


def payments_of_order(order_id: int) -> list[PaymentFacts]:
    """Return the payments of one order, oldest first."""
    return _payments(_payment_rows().where(Payment.order_id == order_id).order_by(Payment.id))


def payment_of_order(order_id: int) -> PaymentFacts | None:
    """Return the payment that counts: the one that succeeded, else the newest, else None."""
    found = payments_of_order(order_id)
    counting = [one for one in found if one.is_paid] or found
    return counting[-1] if counting else None


def paid_online(*, provider: str, since: datetime, before: datetime) -> list[PaymentFacts]:
    """Return payments that succeeded at a provider and were opened in that span."""
    return _payments(
        _payment_rows().where(
            Payment.method == Method.ONLINE,
            Payment.provider == provider,
            Payment.state == PaymentState.SUCCEEDED,
            Payment.provider_ref.is_not(None),
            Payment.opened_at >= since,
            Payment.opened_at < before,
        )
    )


def unsettled_payments(*, opened_before: datetime, most: int = 100) -> list[PaymentFacts]:
    """Return payments at a provider that neither succeeded nor ended, oldest first.

    Their provider is asked what is true: an event may have been lost. Source: trust.md 2, P7.
    """
    return _payments(
        _payment_rows()
        .where(
            Payment.state.in_([PaymentState.OPEN, PaymentState.PROCESSING]),
            Payment.method == Method.ONLINE,
            Payment.provider_ref.is_not(None),
            Payment.opened_at < opened_before,
        )
        .order_by(Payment.opened_at)
        .limit(most)
    )


def refund(refund_id: int) -> RefundFacts:
    """Return one refund. Raises RefundNotFound."""
    return _refund(refund_id)


def _refund(refund_id: int) -> RefundFacts:
    for found in _refunds(_refund_rows().where(Refund.id == refund_id)):
        return found
    raise RefundNotFound(refund=refund_id)


def refund_by_public_id(public_id: str) -> RefundFacts | None:
    """Return the refund of that outside name, or None."""
    found = _refunds(_refund_rows().where(Refund.public_id == public_id))
    return found[0] if found else None


def refund_by_key(key: str) -> RefundFacts | None:
    """Return the refund that was opened under this key, or None."""
    found = _refunds(_refund_rows().where(Refund.key == key))
    return found[0] if found else None


def refunds_of(payment_id: int) -> list[RefundFacts]:
    """Return the refunds of one payment, oldest first."""
    return _refunds(_refund_rows().where(Refund.payment_id == payment_id).order_by(Refund.id))


def refunds_of_order(order_id: int) -> list[RefundFacts]:
    """Return the refunds of all payments of one order, oldest first."""
    return _refunds(_refund_rows().where(Payment.order_id == order_id).order_by(Refund.id))


def standing_refunds(order_id: int, scope: Scope = WHOLE) -> list[RefundFacts]:
    """Return where the money that goes back for an order stands: of each refund its latest try.

    scope    of staff, who see what lies at their own stations; the buyer sees all of it.
    """
    tries = _refunds(
        _refund_rows()
        .where(Payment.order_id == order_id, stations.in_scope(scope, Payment.station_id))
        .order_by(Refund.id)
    )
    tried_again = {one.again_of_id for one in tries}
    return [one for one in tries if one.id not in tried_again]


def pending_refunds(*, opened_before: datetime, most: int = 100) -> list[RefundFacts]:
    """Return refunds whose provider has not answered, oldest first; they are asked for again."""
    return _refunds(
        _refund_rows()
        .where(
            Refund.state == RefundState.PENDING,
            Refund.way == RefundWay.AS_PAID,
            Refund.opened_at < opened_before,
        )
        .order_by(Refund.opened_at)
        .limit(most)
    )


_NEXT = aliased(Refund)
# What was refused and is not tried again yet.
_IS_REFUSED = sa.and_(
    Refund.state == RefundState.FAILED, ~sa.exists().where(_NEXT.again_of_id == Refund.id)
)
_WAITS_BY_HAND = sa.and_(Refund.state == RefundState.PENDING, Refund.way.in_(sorted(BY_HAND)))


def refunds_stuck(scope: Scope, *, most: int = 100) -> list[RefundFacts]:
    """Return refunds that need a person, oldest first: refused ones, and money given by hand."""
    return _refunds(
        _refund_rows()
        .where(sa.or_(_IS_REFUSED, _WAITS_BY_HAND), stations.in_scope(scope, Payment.station_id))
        .order_by(Refund.opened_at, Refund.id)
        .limit(most)
    )


def tries_before(refund: RefundFacts) -> list[RefundFacts]:
    """Return the refused tries that a refund follows, the first one last; none for a first try."""
    tries: list[RefundFacts] = []
    while refund.again_of_id is not None:
        refund = _refund(refund.again_of_id)
        tries.append(refund)
    return tries


def refunded_by_provider(payment_id: int) -> Money:
    """Return how much of a payment has gone back the way it came, as it stands here."""
    row = db.session.execute(
        sa.select(Payment.currency, sa.func.coalesce(sa.func.sum(Refund.amount_minor), 0))
        .outerjoin(
            Refund,
            sa.and_(
                Refund.payment_id == Payment.id,
                Refund.state == RefundState.SETTLED,
                Refund.way == RefundWay.AS_PAID,
            ),
        )
        .where(Payment.id == payment_id)
        .group_by(Payment.id, Payment.currency)
    ).one()
    return Money(int(row[1]), row[0])


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """One dispute as it stands; ``claimed`` is what of ``amount`` can be lost by it.

    fee    what the provider keeps for it.
    """

    id: int
    public_id: str
    payment_id: int
    order_id: int
    station_id: int
    provider_ref: str
    state: DisputeState
    amount: Money
    claimed: Money
    fee: Money
    reason: str
    answer_by: datetime | None
    opened_at: datetime
    closed_at: datetime | None


def dispute(dispute_id: int) -> DisputeFacts:
    """Return one dispute. Raises LookupError."""
    for found in _disputes(Dispute.id == dispute_id):
        return found
    raise LookupError(dispute_id)


def disputes_of_payment(payment_id: int) -> list[DisputeFacts]:
    """Return the disputes of one payment, oldest first."""
    return _disputes(Dispute.payment_id == payment_id)


def disputes_of_order(order_id: int, scope: Scope = WHOLE) -> list[DisputeFacts]:
    """Return the disputes of all payments of one order, oldest first."""
    return _disputes(Payment.order_id == order_id, stations.in_scope(scope, Payment.station_id))


def disputes(scope: Scope, *, is_open: bool = True, most: int = 100) -> list[DisputeFacts]:
    """Return disputes in reach: open ones by their deadline, or decided ones, newest first."""
    undecided = Dispute.state.in_(sorted(UNDECIDED))
    return _disputes(
        undecided if is_open else sa.not_(undecided),
        stations.in_scope(scope, Payment.station_id),
        order_by=(Dispute.answer_by, Dispute.id) if is_open else (Dispute.closed_at.desc(),),
        most=most,
    )


def _disputes(
    *conditions: sa.ColumnElement[bool],
    order_by: tuple[sa.ColumnElement[Any] | Any, ...] = (),  # Any: columns of several kinds
    most: int = 100,
) -> list[DisputeFacts]:
    rows = db.session.execute(
        sa.select(*Dispute.__table__.c, Payment.order_id, Payment.station_id, Payment.currency)
        .join_from(Dispute, Payment, Payment.id == Dispute.payment_id)
        .where(*conditions)
        .order_by(*(order_by or (Dispute.id,)))
        .limit(most)
    )
    return [
        DisputeFacts(
            id=row.id,
            public_id=row.public_id,
            payment_id=row.payment_id,
            order_id=row.order_id,
            station_id=row.station_id,
            provider_ref=row.provider_ref,
            state=row.state,
            amount=Money(row.amount_minor, row.currency),
            claimed=Money(row.claimed_minor, row.currency),
            fee=Money(row.fee_minor, row.currency),
            reason=row.reason,
            answer_by=row.answer_by,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]


def provider_event(event_id: int) -> ProviderEventFacts:
    """Return one event of the inbox. Raises NotFound."""
    for found in _events(sa.select(ProviderEventRow).where(ProviderEventRow.id == event_id)):
        return found
    raise NotFound(what=f"provider_event:{event_id}")


def events_of_payment(public_id: str, *, most: int = 100) -> list[ProviderEventFacts]:
    """Return what a provider told about one payment, oldest first."""
    # The inbox keeps what an event is about as sorted JSON; an operator asks this now and then.
    return _events(
        sa.select(ProviderEventRow)
        .where(ProviderEventRow.payload.contains(f'"payment": "{public_id}"', autoescape=True))
        .order_by(ProviderEventRow.id)
        .limit(most)
    )


def events_to_review(*, most: int = 50) -> list[ProviderEventFacts]:
    """Return events that wait for a person, oldest first. Source: trust.md 2, P7."""
    return _events(
        sa.select(ProviderEventRow)
        .where(ProviderEventRow.state == EventState.REVIEW)
        .order_by(ProviderEventRow.received_at)
        .limit(most)
    )


def _payment_rows() -> sa.Select[Any]:
    return sa.select(*Payment.__table__.c)


def _first_payment(condition: sa.ColumnElement[bool]) -> PaymentFacts | None:
    found = _payments(_payment_rows().where(condition))
    return found[0] if found else None


def _payments(rows: sa.Select[Any]) -> list[PaymentFacts]:
    return [
        PaymentFacts(
            id=row.id,
            public_id=row.public_id,
            order_id=row.order_id,
            station_id=row.station_id,
            method=row.method,
            provider=row.provider,
            provider_ref=row.provider_ref,
            redirect_url=row.redirect_url,
            state=row.state,
            amount=Money(row.amount_minor, row.currency),
            captured=Money(row.captured_minor, row.currency),
            refunded=Money(row.refunded_minor, row.currency),
            pending_refund=Money(row.pending_refund_minor, row.currency),
            disputed=Money(row.disputed_minor, row.currency),
            fee=Money(row.fee_minor, row.currency),
            failure_code=row.failure_code,
            opened_at=row.opened_at,
            succeeded_at=row.succeeded_at,
            ended_at=row.ended_at,
        )
        for row in db.session.execute(rows)
    ]


def _refund_rows() -> sa.Select[Any]:
    return sa.select(
        *Refund.__table__.c, Payment.order_id, Payment.station_id, Payment.currency
    ).join_from(Refund, Payment, Payment.id == Refund.payment_id)


def _refunds(rows: sa.Select[Any]) -> list[RefundFacts]:
    return [
        RefundFacts(
            id=row.id,
            public_id=row.public_id,
            payment_id=row.payment_id,
            order_id=row.order_id,
            amount=Money(row.amount_minor, row.currency),
            cause=row.cause,
            bearer=row.bearer,
            state=row.state,
            provider_ref=row.provider_ref,
            failure_code=row.failure_code,
            opened_at=row.opened_at,
            settled_at=row.settled_at,
            station_id=row.station_id,
            way=row.way,
            again_of_id=row.again_of_id,
            asked_by_id=row.asked_by_id,
            given_by_id=row.given_by_id,
            proof=row.proof,
        )
        for row in db.session.execute(rows)
    ]


def _events(rows: sa.Select[ProviderEventRow]) -> list[ProviderEventFacts]:
    found: Iterable[ProviderEventRow] = db.session.scalars(rows)
    return [_event(row) for row in found]


def _event(row: ProviderEventRow) -> ProviderEventFacts:
    about = json.loads(row.payload)
    return ProviderEventFacts(
        id=row.id,
        provider=row.provider,
        external_id=row.external_id,
        kind=row.kind,
        state=row.state,
        object_ref=about.get("object", ""),
        payment_public_id=about.get("payment") or None,
        refund_public_id=about.get("refund") or None,
        detail=row.detail,
        received_at=row.received_at,
        finished_at=row.finished_at,
    )
