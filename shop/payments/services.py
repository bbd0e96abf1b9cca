"""Open, settle and end payments; send money back; take in what a provider tells us."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel import events, ids
from shop.kernel.access import SYSTEM, Actor
from shop.kernel.db import db, transaction, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound, ShopError
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.payments import gateway as gateways
from shop.payments.events import DemoEventEmitted, ProviderEventReceived
from shop.payments.models import Dispute, Payment, ProviderEventRow, Refund
from shop.payments.rules import (
    BY_HAND,
    DISPUTE_MOVES,
    EVENT_MOVES,
    UNDECIDED,
    DisputeState,
    EventState,
    Method,
    PaymentState,
    RefundBearer,
    RefundCause,
    RefundState,
    RefundWay,
    sources_of,
)

# Plain tables: the import of past sales calls these services thousands of times.
payments_table = table_of(Payment)
refunds_table = table_of(Refund)
events_table = table_of(ProviderEventRow)
disputes_table = table_of(Dispute)

_PAST_PAYMENTS = sa.select(payments_table.c.id, payments_table.c.order_id).where(
    payments_table.c.order_id.in_(sa.bindparam("orders", expanding=True)),
    payments_table.c.method == Method.IMPORTED,
)
_GIVE_BACK = (
    sa.update(payments_table)
    .where(
        payments_table.c.id == sa.bindparam("payment"),
        payments_table.c.refunded_minor
        + payments_table.c.pending_refund_minor
        + payments_table.c.disputed_minor
        + sa.bindparam("money")
        <= payments_table.c.captured_minor,
    )
    .values(refunded_minor=payments_table.c.refunded_minor + sa.bindparam("money"))
)
_NEW_PAST_REFUNDS = sa.insert(refunds_table).returning(
    refunds_table.c.id, refunds_table.c.payment_id
)


class PaymentNotFound(NotFound):
    """There is no such payment."""

    code = "payments.not_found"


class RefundNotFound(NotFound):
    """There is no such refund."""

    code = "payments.refund_not_found"


class KeyReused(Conflict):
    """The same key came back with another content; the first one stands."""

    code = "payments.key_reused"


class RefundTooLarge(Conflict):
    """More would go back than was captured and not yet refunded."""

    code = "payments.refund_too_large"


class RefundNotRefused(Conflict):
    """This refund was not refused, so there is nothing to try again."""

    code = "payments.refund_not_refused"


class RefundTakenUp(Conflict):
    """Somebody tries this money again already, in another way."""

    code = "payments.refund_taken_up"


class NoCashWaits(Conflict):
    """No cash waits to be given back for this refund, or no longer."""

    code = "payments.no_cash_waits"


class ProofMissing(InvalidInput):
    """Cash leaves the drawer against something in writing."""

    code = "payments.proof_missing"


class TwoPeople(ShopError):
    """Whoever asked for cash does not count it out. Source: domain.md 14.7."""

    code = "payments.two_people"
    status = 403


class PaymentNotSettled(Conflict):
    """Nothing was captured, so nothing can go back."""

    code = "payments.not_settled"


class OtherReference(Conflict):
    """The provider's name for this payment or refund is already another one."""

    code = "payments.other_reference"


class CapturedTooMuch(Conflict):
    """The provider says it took more than was asked, or in another currency."""

    code = "payments.captured_too_much"


class AmountNotPositive(InvalidInput):
    """Nothing, or less, cannot be asked for or sent back."""

    code = "payments.amount_not_positive"


@dataclass(frozen=True, slots=True)
class OpenedPayment:
    """A payment and whether this call opened it."""

    id: int
    public_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class OpenedRefund:
    """A refund and whether this call opened it."""

    id: int
    public_id: str
    is_new: bool


@transactional
def open(  # noqa: A001 - read as payments.open
    *,
    order_id: int,
    station_id: int,
    amount: Money,
    method: Method,
    provider: str = "",
    key: str,
    now: datetime,
) -> OpenedPayment:
    """Return the payment that asks ``amount`` for an order; safe to repeat by ``key``.

    provider    which gateway takes it; empty for money that passes no provider.

    Raises AmountNotPositive below zero, KeyReused when the key asked something else before.
    """
    if amount.minor < 0:
        raise AmountNotPositive(amount=amount)
    public_id = ids.public_id("pay")
    payment_id = db.session.scalar(
        insert_or(payments_table)
        .values(
            public_id=public_id,
            key=key,
            order_id=order_id,
            station_id=station_id,
            method=method,
            provider=provider,
            state=PaymentState.OPEN,
            currency=amount.currency,
            amount_minor=amount.minor,
            opened_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(payments_table.c.id)
    )
    if payment_id is not None:
        return OpenedPayment(id=payment_id, public_id=public_id, is_new=True)
    return _opened_before(key, order_id, amount)


def _opened_before(key: str, order_id: int, amount: Money) -> OpenedPayment:
    known = db.session.execute(
        sa.select(
            Payment.id, Payment.public_id, Payment.order_id, Payment.amount_minor, Payment.currency
        ).where(Payment.key == key)
    ).one()
    same = (known.order_id, known.amount_minor, known.currency)
    if same != (order_id, amount.minor, amount.currency):
        raise KeyReused(key=key)
    return OpenedPayment(id=known.id, public_id=known.public_id, is_new=False)


@transactional
def write_past(
    *, order_id: int, station_id: int, amount: Money, key: str, now: datetime
) -> int | None:
    """Write down money that was taken before this house kept books; return its payment's id.

    None when the key is known: nothing is written twice. Raises AmountNotPositive below zero.
    """
    if amount.minor < 0:
        raise AmountNotPositive(amount=amount)
    return db.session.scalar(
        _past_payment(db.engine.dialect.name),
        {
            "public_id": ids.public_id("pay"),
            "key": key,
            "order_id": order_id,
            "station_id": station_id,
            "method": Method.IMPORTED,
            "provider": "",
            "state": PaymentState.SUCCEEDED,
            "currency": amount.currency,
            "amount_minor": amount.minor,
            "captured_minor": amount.minor,
            "opened_at": now,
            "succeeded_at": now,
            "ended_at": now,
        },
    )


@functools.cache
def _past_payment(dialect: str) -> sa.sql.dml.ReturningInsert[int]:
    """Return the insert of a past payment, built once for each database."""
    del dialect
    insert = insert_or(payments_table).on_conflict_do_nothing(index_elements=["key"])
    return insert.returning(payments_table.c.id)


@dataclass(frozen=True, slots=True)
class PastRefund:
    """Money of one past order that went back before this house kept books."""

    order_id: int
    amount: Money
    key: str


@transactional
def write_past_refunds(*, refunds: Sequence[PastRefund], now: datetime) -> dict[int, int]:
    """Write down money that went back before this house kept books; return refunds by order.

    At most one refund per order in one call; settled from the first moment.

    Raises AmountNotPositive, PaymentNotFound, and RefundTooLarge when more would have gone back
    than came. Source: trust.md 2, P4.
    """
    for refund in refunds:
        if refund.amount.minor <= 0:
            raise AmountNotPositive(amount=refund.amount)
    if not refunds:
        return {}
    of_order = {
        row.order_id: row.id
        for row in db.session.execute(
            _PAST_PAYMENTS, {"orders": [refund.order_id for refund in refunds]}
        )
    }
    for refund in refunds:
        if refund.order_id not in of_order:
            raise PaymentNotFound(order=refund.order_id)
    given = rows_changed(
        _GIVE_BACK,
        [
            {"payment": of_order[refund.order_id], "money": refund.amount.minor}
            for refund in refunds
        ],
    )
    if given != len(refunds):
        raise RefundTooLarge(orders=sorted(of_order))
    rows = db.session.execute(
        _NEW_PAST_REFUNDS,
        [
            {
                "public_id": ids.public_id("ref"),
                "key": refund.key,
                "payment_id": of_order[refund.order_id],
                "amount_minor": refund.amount.minor,
                "cause": RefundCause.IMPORTED_RETURN,
                "bearer": RefundBearer.COOP,
                "state": RefundState.SETTLED,
                "opened_at": now,
                "settled_at": now,
                "ended_at": now,
            }
            for refund in refunds
        ],
    ).all()
    by_payment = {row.payment_id: row.id for row in rows}
    return {order_id: by_payment[payment_id] for order_id, payment_id in of_order.items()}


@transactional
def mark_started(*, payment_id: int, provider_ref: str, redirect_url: str, now: datetime) -> None:
    """Keep the provider's name for a payment and where its buyer pays; safe to repeat.

    Raises PaymentNotFound, OtherReference when another name is already kept.
    """
    del now
    ref = payments_table.c.provider_ref
    kept = db.session.scalar(
        sa.update(payments_table)
        .where(payments_table.c.id == payment_id, sa.or_(ref.is_(None), ref == provider_ref))
        .values(provider_ref=provider_ref, redirect_url=redirect_url)
        .returning(payments_table.c.id)
    )
    if kept is None:
        _require_payment(payment_id)
        raise OtherReference(payment=payment_id, provider_ref=provider_ref)


@transactional
def mark_processing(*, payment_id: int, now: datetime) -> bool:
    """Note that the buyer has agreed and the money is on its way; True only the first time.

    Raises PaymentNotFound.
    """
    del now
    return _move(payment_id, PaymentState.PROCESSING, {})


@transactional
def settle(
    *,
    payment_id: int,
    captured: Money,
    fee: Money,
    provider_ref: str | None = None,
    now: datetime,
) -> bool:
    """Record that the money is ours; True only the first time, so books are written once.

    Also from failed or cancelled: late money is still money (what to do with it is the caller's).

    captured    what the buyer paid; ``fee`` what the channel keeps of it.

    Raises PaymentNotFound; CapturedTooMuch when more came than was asked, or another currency;
    OtherReference when the provider's name differs from the kept one.
    Source: trust.md 2, P2 and P3.
    """
    p = payments_table.c
    values: dict[str, object] = {
        "captured_minor": captured.minor,
        "fee_minor": fee.minor,
        "failure_code": "",
        "succeeded_at": now,
        "ended_at": now,
    }
    fits = [p.currency == captured.currency, p.amount_minor >= captured.minor]
    if provider_ref is not None:
        values["provider_ref"] = provider_ref
        fits.append(sa.or_(p.provider_ref.is_(None), p.provider_ref == provider_ref))
    if captured.minor >= 0 and _moved(payment_id, PaymentState.SUCCEEDED, values, *fits):
        return True
    row = _require_payment(payment_id)
    if captured.currency != row.currency or not 0 <= captured.minor <= row.amount_minor:
        raise CapturedTooMuch(payment=payment_id, captured=captured)
    if provider_ref is not None and row.provider_ref not in (None, provider_ref):
        raise OtherReference(payment=payment_id, provider_ref=provider_ref)
    return False


@transactional
def fail(*, payment_id: int, reason: str, now: datetime) -> bool:
    """End a payment that the provider could not take; True only the first time.

    reason    the provider's short code. Raises PaymentNotFound.
    """
    return _move(payment_id, PaymentState.FAILED, {"failure_code": reason[:64], "ended_at": now})


@transactional
def cancel(*, payment_id: int, now: datetime) -> bool:
    """End a payment that nobody waits for any more; False when it had ended already.

    Raises PaymentNotFound.
    """
    return _move(payment_id, PaymentState.CANCELLED, {"ended_at": now})


def _move(payment_id: int, target: PaymentState, values: Mapping[str, object]) -> bool:
    moved = _moved(payment_id, target, values)
    if not moved:
        _require_payment(payment_id)
    return moved


def _moved(
    payment_id: int,
    target: PaymentState,
    values: Mapping[str, object],
    *conditions: sa.ColumnElement[bool],
) -> bool:
    # One conditional update: of two callers at the same moment only one moves the state.
    p = payments_table.c
    moved = db.session.scalar(
        sa.update(payments_table)
        .where(p.id == payment_id, p.state.in_(sorted(sources_of(target))), *conditions)
        .values(state=target, **values)
        .returning(p.id)
    )
    return moved is not None


def _require_payment(payment_id: int) -> sa.Row[str, int, str | None, PaymentState]:
    row = db.session.execute(
        sa.select(
            Payment.currency, Payment.amount_minor, Payment.provider_ref, Payment.state
        ).where(Payment.id == payment_id)
    ).one_or_none()
    if row is None:
        raise PaymentNotFound(payment=payment_id)
    return row


@transactional
def open_refund(
    *,
    payment_id: int,
    amount: Money,
    cause: RefundCause,
    bearer: RefundBearer,
    way: RefundWay = RefundWay.AS_PAID,
    key: str,
    actor: Actor = SYSTEM,
    now: datetime,
) -> OpenedRefund:
    """Return the refund that claims ``amount`` of a payment; safe to repeat by ``key``.

    The claim is made here: pending and refunded together never exceed what was captured.

    Raises PaymentNotFound, AmountNotPositive, PaymentNotSettled, RefundTooLarge, and KeyReused
    when the key asked something else before. Source: trust.md 2, P4.
    """
    if amount.minor <= 0:
        raise AmountNotPositive(amount=amount)
    known = db.session.execute(
        sa.select(Refund.id, Refund.public_id, Refund.payment_id, Refund.amount_minor).where(
            Refund.key == key
        )
    ).one_or_none()
    if known is not None:
        if (known.payment_id, known.amount_minor) != (payment_id, amount.minor):
            raise KeyReused(key=key)
        return OpenedRefund(id=known.id, public_id=known.public_id, is_new=False)
    return _open_refund(
        {
            "key": key,
            "payment_id": payment_id,
            "way": way,
            "amount_minor": amount.minor,
            "cause": cause,
            "bearer": bearer,
            "asked_by_id": actor.user_id,
            "opened_at": now,
        },
        amount,
    )


def _open_refund(values: Mapping[str, object], amount: Money) -> OpenedRefund:
    payment_id = int(str(values["payment_id"]))
    _claim_refund(payment_id, amount)
    values = {**values, "way": _way(payment_id, RefundWay(str(values["way"])))}
    public_id = ids.public_id("ref")
    refund_id = db.session.execute(
        sa.insert(refunds_table)
        .values(public_id=public_id, state=RefundState.PENDING, **values)
        .returning(refunds_table.c.id)
    ).scalar_one()
    return OpenedRefund(id=refund_id, public_id=public_id, is_new=True)


@transactional
def try_refund_again(
    *, refund_id: int, way: RefundWay, actor: Actor, now: datetime
) -> OpenedRefund:
    """Return the next try of a refused refund: one of its own, its money claimed anew.

    way    as it was paid, or cash over the counter.

    A refused refund has one next try: safe to repeat, and of two people who press at the same
    moment the second gets the first one's.

    Raises RefundNotFound, RefundNotRefused, RefundTakenUp when it is tried in another way,
    RefundTooLarge. Source: trust.md 2, P4, L6 (a key is never used again after a failure).
    """
    r = refunds_table.c
    refused = db.session.execute(
        sa.select(
            r.payment_id, r.amount_minor, r.cause, r.bearer, r.state, payments_table.c.currency
        )
        .join(payments_table, payments_table.c.id == r.payment_id)
        .where(r.id == refund_id)
    ).one_or_none()
    if refused is None:
        raise RefundNotFound(refund=refund_id)
    if refused.state is not RefundState.FAILED:
        raise RefundNotRefused(state=refused.state.value)
    known = db.session.execute(
        sa.select(r.id, r.public_id, r.way).where(r.again_of_id == refund_id)
    ).one_or_none()
    if known is not None:
        if known.way is not _way(refused.payment_id, way):
            raise RefundTakenUp(way=known.way.value)
        return OpenedRefund(id=known.id, public_id=known.public_id, is_new=False)
    return _open_refund(
        {
            "key": f"again:{refund_id}",
            "again_of_id": refund_id,
            "way": way,
            "payment_id": refused.payment_id,
            "amount_minor": refused.amount_minor,
            "cause": refused.cause,
            "bearer": refused.bearer,
            "asked_by_id": actor.user_id,
            "opened_at": now,
        },
        Money(refused.amount_minor, refused.currency),
    )


def _way(payment_id: int, way: RefundWay) -> RefundWay:
    """Return how money really goes back: a transfer is paid back by one, and a person sends it."""
    if way is not RefundWay.AS_PAID:
        return way
    method = db.session.scalar(sa.select(Payment.method).where(Payment.id == payment_id))
    return RefundWay.BANK if method is Method.BANK_TRANSFER else way


def _claim_refund(payment_id: int, amount: Money) -> None:
    p = payments_table.c
    claimed = db.session.scalar(
        sa.update(payments_table)
        .where(
            p.id == payment_id,
            p.currency == amount.currency,
            p.state == PaymentState.SUCCEEDED,
            p.refunded_minor + p.pending_refund_minor + p.disputed_minor + amount.minor
            <= p.captured_minor,
        )
        .values(pending_refund_minor=p.pending_refund_minor + amount.minor)
        .returning(p.id)
    )
    if claimed is None:
        if _require_payment(payment_id).state is not PaymentState.SUCCEEDED:
            raise PaymentNotSettled(payment=payment_id)
        raise RefundTooLarge(payment=payment_id, amount=amount)


@transactional
def settle_refund(*, refund_id: int, provider_ref: str = "", now: datetime) -> bool:
    """Record that the money went back the way it was paid; True only the first time.

    provider_ref    the provider's name for it; empty for cash. Raises RefundNotFound.
    """
    values = {"provider_ref": provider_ref or None, "settled_at": now, "ended_at": now}
    return _move_refund(refund_id, RefundState.PENDING, RefundState.SETTLED, values)


@transactional
def hand_refund_over(*, refund_id: int, proof: str, actor: Actor, now: datetime) -> bool:
    """Record that money went back by hand, as the second person; True only the first time.

    proof    what is in writing: the number of the receipt that the buyer signed, or the bank's
             number of the transfer.

    Raises RefundNotFound, NoCashWaits, ProofMissing, TwoPeople. Source: domain.md 14.7.
    """
    row = db.session.execute(
        sa.select(
            refunds_table.c.way,
            refunds_table.c.state,
            refunds_table.c.asked_by_id,
            refunds_table.c.given_by_id,
        ).where(refunds_table.c.id == refund_id)
    ).one_or_none()
    if row is None:
        raise RefundNotFound(refund=refund_id)
    if row.way not in BY_HAND or row.state is RefundState.FAILED:
        raise NoCashWaits(state=row.state.value)
    if actor.user_id is None or actor.user_id == row.asked_by_id:
        raise TwoPeople
    if not proof.strip():
        raise ProofMissing
    values = {
        "given_by_id": actor.user_id,
        "proof": proof.strip()[:80],
        "settled_at": now,
        "ended_at": now,
    }
    return _move_refund(refund_id, RefundState.PENDING, RefundState.SETTLED, values)


@transactional
def fail_refund(*, refund_id: int, reason: str, now: datetime) -> bool:
    """Record that the money could not go back and free its claim; True only the first time.

    reason    the provider's short code. Raises RefundNotFound.
    """
    values = {"failure_code": reason[:64], "ended_at": now}
    return _move_refund(refund_id, RefundState.PENDING, RefundState.FAILED, values)


@transactional
def take_refund_back(*, refund_id: int, reason: str, now: datetime) -> bool:
    """Record that money which had gone back came to us again; True only the first time.

    reason    the provider's short code. Raises RefundNotFound.
    """
    values = {"failure_code": reason[:64], "ended_at": now}
    return _move_refund(refund_id, RefundState.SETTLED, RefundState.FAILED, values)


_COUNTED_IN = {RefundState.PENDING: "pending_refund_minor", RefundState.SETTLED: "refunded_minor"}


def _move_refund(
    refund_id: int, source: RefundState, target: RefundState, values: Mapping[str, object]
) -> bool:
    r, p = refunds_table.c, payments_table.c
    moved = db.session.execute(
        sa.update(refunds_table)
        .where(r.id == refund_id, r.state == source)
        .values(state=target, **values)
        .returning(r.payment_id, r.amount_minor)
    ).one_or_none()
    if moved is None:
        if db.session.scalar(sa.select(r.id).where(r.id == refund_id)) is None:
            raise RefundNotFound(refund=refund_id)
        return False
    counters = {_COUNTED_IN[source]: p[_COUNTED_IN[source]] - moved.amount_minor}
    if target in _COUNTED_IN:
        counters[_COUNTED_IN[target]] = p[_COUNTED_IN[target]] + moved.amount_minor
    db.session.execute(sa.update(payments_table).where(p.id == moved.payment_id).values(**counters))
    return True


@dataclass(frozen=True, slots=True)
class OpenedDispute:
    """A dispute and whether this call opened it; ``claimed`` is what can be lost by it."""

    id: int
    claimed: Money
    is_new: bool


@transactional
def open_dispute(
    *,
    payment_id: int,
    provider: str,
    provider_ref: str,
    amount: Money,
    reason: str,
    answer_by: datetime | None,
    opened_at: datetime,
    has_taken: bool,
) -> OpenedDispute:
    """Return the dispute of that name at its provider; safe to repeat.

    has_taken    the bank has the money until it decides: from here on what had not gone back of
                 the payment is kept for that, and can be refunded no more until then. A bank that
                 only asks takes nothing yet.

    Serialized by the caller, who has locked the order.

    Raises PaymentNotFound, AmountNotPositive, PaymentNotSettled. Source: trust.md 2, P4.
    """
    d, p = disputes_table.c, payments_table.c
    known = db.session.execute(
        sa.select(d.id, d.claimed_minor).where(
            d.provider == provider, d.provider_ref == provider_ref
        )
    ).one_or_none()
    if known is not None and (known.claimed_minor or not has_taken):
        return OpenedDispute(known.id, Money(known.claimed_minor, amount.currency), is_new=False)
    if amount.minor <= 0:
        raise AmountNotPositive(amount=amount)
    left = p.captured_minor - p.refunded_minor - p.pending_refund_minor - p.disputed_minor
    row = db.session.execute(
        sa.select(left.label("left"), p.state).where(p.id == payment_id)
    ).one_or_none()
    if row is None:
        raise PaymentNotFound(payment=payment_id)
    if row.state is not PaymentState.SUCCEEDED:
        raise PaymentNotSettled(payment=payment_id)
    claimed = min(amount.minor, row.left) if has_taken else 0
    if known is not None:
        return _claim_for_bank(known.id, payment_id, Money(claimed, amount.currency))
    db.session.execute(
        sa.update(payments_table)
        .where(p.id == payment_id)
        .values(disputed_minor=p.disputed_minor + claimed)
    )
    dispute_id = db.session.execute(
        sa.insert(disputes_table)
        .values(
            public_id=ids.public_id("dsp"),
            provider=provider,
            provider_ref=provider_ref,
            payment_id=payment_id,
            state=DisputeState.NEEDS_ANSWER,
            amount_minor=amount.minor,
            claimed_minor=claimed,
            reason=reason[:64],
            answer_by=answer_by,
            opened_at=opened_at,
        )
        .returning(d.id)
    ).scalar_one()
    return OpenedDispute(dispute_id, Money(claimed, amount.currency), is_new=True)


@transactional
def note_dispute_fee(*, dispute_id: int, fee: Money) -> Money:
    """Keep what a provider takes for a dispute by now; return how much more, or less, that is.

    Safe to repeat: nothing the second time. Serialized by the caller, who has locked the order.
    """
    d = disputes_table.c
    before = db.session.scalar(sa.select(d.fee_minor).where(d.id == dispute_id))
    db.session.execute(
        sa.update(disputes_table).where(d.id == dispute_id).values(fee_minor=fee.minor)
    )
    return fee - Money(before or 0, fee.currency)


def _claim_for_bank(dispute_id: int, payment_id: int, claimed: Money) -> OpenedDispute:
    """Keep money for a bank that had only asked before; nothing once it has decided."""
    d, p = disputes_table.c, payments_table.c
    kept = db.session.scalar(
        sa.update(disputes_table)
        .where(d.id == dispute_id, d.claimed_minor == 0, d.state.in_(sorted(UNDECIDED)))
        .values(claimed_minor=claimed.minor)
        .returning(d.id)
    )
    if kept is None:
        return OpenedDispute(dispute_id, Money(0, claimed.currency), is_new=False)
    db.session.execute(
        sa.update(payments_table)
        .where(p.id == payment_id)
        .values(disputed_minor=p.disputed_minor + claimed.minor)
    )
    return OpenedDispute(dispute_id, claimed, is_new=bool(claimed))


@transactional
def move_dispute(*, dispute_id: int, target: DisputeState, now: datetime) -> bool:
    """Say that a dispute was answered, won or lost; True only the first time.

    A decision frees what was kept of the payment; what was lost is for the caller to give up in
    the same transaction. Raises LookupError when there is no such dispute.
    """
    d, p = disputes_table.c, payments_table.c
    sources = sorted(state for state, targets in DISPUTE_MOVES.items() if target in targets)
    is_decided = not DISPUTE_MOVES[target]
    moved = db.session.execute(
        sa.update(disputes_table)
        .where(d.id == dispute_id, d.state.in_(sources))
        .values(state=target, closed_at=now if is_decided else None)
        .returning(d.payment_id, d.claimed_minor)
    ).one_or_none()
    if moved is None:
        if db.session.scalar(sa.select(d.id).where(d.id == dispute_id)) is None:
            raise LookupError(dispute_id)
        return False
    if is_decided:
        db.session.execute(
            sa.update(payments_table)
            .where(p.id == moved.payment_id)
            .values(disputed_minor=p.disputed_minor - moved.claimed_minor)
        )
    return True


@transactional
def receive_event(
    *, provider: str, external_id: str, kind: str, payload: Mapping[str, str], now: datetime
) -> int | None:
    """Take a provider's event into the inbox; None when it lay there before.

    payload    what the event is about, by name; never the provider's whole body.

    Source: trust.md 2, P3.
    """
    event_id: int | None = db.session.scalar(
        insert_or(events_table)
        .values(
            provider=provider,
            external_id=external_id,
            kind=kind[:80],
            payload=json.dumps(dict(payload), ensure_ascii=False, sort_keys=True),
            state=EventState.RECEIVED,
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider", "external_id"])
        .returning(events_table.c.id)
    )
    return event_id


@transactional
def finish_event(*, event_id: int, result: EventState, detail: str = "", now: datetime) -> bool:
    """Say what became of an event: applied, ignored, or kept for a person; safe to repeat.

    Returns False when it was finished before. ``detail`` is for the person who reviews it.
    """
    sources = [source for source, targets in EVENT_MOVES.items() if result in targets]
    done = db.session.scalar(
        sa.update(events_table)
        .where(events_table.c.id == event_id, events_table.c.state.in_(sources))
        .values(
            state=result,
            detail=detail[:400],
            finished_at=None if result is EventState.REVIEW else now,
        )
        .returning(events_table.c.id)
    )
    return done is not None


def take_webhook(*, body: bytes, signature: str, now: datetime) -> int | None:
    """Take in a message that claims to come from our provider; None when it came before.

    The signature is checked first, outside any transaction; then the inbox row and the event that
    wakes the worker are written together. Nothing of the message is believed yet: the reaction
    asks the provider what is true.

    Raises BadSignature, UnreadableEvent and ProviderNotConnected, and then nothing is kept.
    """
    gateway = gateways.current()
    told = gateway.read_event(body, signature)
    with transaction():
        event_id = receive_event(
            provider=gateway.provider,
            external_id=told.external_id,
            kind=told.kind,
            payload={
                "object": told.object_ref,
                "payment": told.payment_public_id or "",
                "refund": told.refund_public_id or "",
            },
            now=now,
        )
        if event_id is not None:
            events.record(
                ProviderEventReceived(provider_event_id=event_id),
                actor=SYSTEM,
                station_id=None,
                now=now,
            )
    return event_id


def deliver_demo_event(event: DemoEventEmitted, *, now: datetime) -> None:
    """Bring one event of the demonstration's provider to our own door, signed; safe to repeat."""
    house = gateways.demonstration()
    if house is None:
        return
    body, signature = house.signed_event(event.demo_event_id)
    take_webhook(body=body, signature=signature, now=now)
