"""Reconciling: what the other side says of our payments beside what stands here.

The provider's list is looked through every few minutes: what an event should have told and did not
is applied, and what differs after that waits for a person. A file of what the channel paid out is
brought by a person: what agrees is booked as paid out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.db import transaction, transactional
from shop.kernel.errors import Conflict, Forbidden, ShopError
from shop.kernel.money import Money
from shop.payments import differences, settlement
from shop.payments import gateway as gateways
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.differences import Found, WordsMissing
from shop.payments.events import ProviderEventReviewed
from shop.payments.gateway import PaymentGateway, ProviderPayment
from shop.payments.queries import PaymentFacts
from shop.payments.rules import Against, DifferenceKind, EventState, PaymentState, RefundState
from shop.payments.settlement import SettledRow
from shop.workflows import disputing, giving_back, selling

log = structlog.get_logger(__name__)

LOOKS_BACK = timedelta(days=2)
# What has just happened may not have been told to both sides yet.
SETTLES_DOWN = timedelta(minutes=2)


class FileKnown(Conflict):
    """This very file was compared before."""

    code = "reconciling.file_known"


@dataclass(slots=True)
class Outcome:
    """How a comparison came out: payments that agree, their sum, and what differs."""

    agreed: int = 0
    agreed_sum: Money = field(default_factory=lambda: Money(0))
    differing: int = 0

    def agree(self, payment: PaymentFacts) -> None:
        """Count one payment on which both sides agree."""
        self.agreed += 1
        self.agreed_sum += payment.captured


def _require(actor: Actor) -> None:
    # The account at the provider is one for the whole house, so what fits no order of ours lies
    # in nobody's village.
    if not actor.holds(Permission.RECONCILE):
        raise Forbidden


def compare(*, now: datetime, since: datetime | None = None) -> Outcome:
    """Compare every payment, refund and dispute since then with the provider's own list.

    since    two days back unless given.

    What an event should have told is applied first, so a webhook that never came is made up for;
    what differs after that is kept until a person closes it. Safe to repeat and from several
    workers. Returns nothing compared when no provider is connected.

    Raises GatewayUnreachable, GatewayNonsense; what was found until then is kept.
    Source: trust.md 2, P7.
    """
    outcome = Outcome()
    if not gateways.is_connected():
        return outcome
    gateway = gateways.current()
    since = since or now - LOOKS_BACK
    listed: set[int] = set()
    for said in gateway.list_payments(since=since):
        payment = _ours(said.payment_public_id)
        if payment is None:
            outcome.differing += _note_unknown(said, now)
            continue
        listed.add(payment.id)
        _apply(payment, said, now)
        differs = _compare_one(payments_known.payment(payment.id), said, now)
        if differs:
            outcome.differing += differs
        elif said.state is PaymentState.SUCCEEDED:
            outcome.agree(payments_known.payment(payment.id))
    _hear_refunds(gateway, since, now)
    _hear_disputes(gateway, since, now)
    outcome.differing += _note_unlisted(gateway, since, listed, now)
    differences.note_comparison(
        name=f"list:{gateway.provider}",
        against=Against.PROVIDER,
        agreed=outcome.agreed,
        agreed_sum=outcome.agreed_sum,
        differing=outcome.differing,
        since=since,
        actor=SYSTEM,
        now=now,
    )
    return outcome


def _ours(public_id: str | None) -> PaymentFacts | None:
    return payments_known.payment_by_public_id(public_id) if public_id else None


def _apply(payment: PaymentFacts, said: ProviderPayment, now: datetime) -> None:
    """Do what an event should have told: money that came, a page that closed, a dispute."""
    is_told = payment.state is said.state and not said.disputes
    if is_told or said.state is PaymentState.OPEN:
        return
    try:
        selling.apply_payment_answer(payment=payment, said=said, now=now)
    except ShopError as refusal:
        # Such as another sum than was asked: that is a difference, and kept as one below.
        log.warning("payment unclear", payment=payment.id, code=refusal.code)


def _compare_one(payment: PaymentFacts, said: ProviderPayment, now: datetime) -> int:
    """Keep in what one payment differs; return in how many ways."""
    if now - payment.opened_at < SETTLES_DOWN:
        return 0
    found = list(_differences(payment, said))
    for one in found:
        differences.note(one, now=now)
    if not found:
        differences.note_agreement(against=Against.PROVIDER, payment_id=payment.id, now=now)
    return len(found)


def _differences(payment: PaymentFacts, said: ProviderPayment) -> Iterator[Found]:
    def differing(kind: DifferenceKind, expected: Money, found: Money) -> Found:
        return Found(Against.PROVIDER, kind, said.provider_ref, payment.id, expected, found)

    if said.state is not PaymentState.SUCCEEDED:
        if payment.state is PaymentState.SUCCEEDED:
            yield differing(
                DifferenceKind.UNKNOWN_THERE, payment.captured, Money(0, payment.amount.currency)
            )
        return
    if payment.captured != said.captured:
        yield differing(DifferenceKind.AMOUNT, payment.captured, said.captured)
    refunded = payments_known.refunded_by_provider(payment.id)
    # What is on its way may have arrived there and not been told here yet.
    if not refunded <= said.refunded <= refunded + payment.pending_refund:
        yield differing(DifferenceKind.REFUNDED, refunded, said.refunded)


def _note_unknown(said: ProviderPayment, now: datetime) -> int:
    if said.state is not PaymentState.SUCCEEDED:
        return 0
    differences.note(
        Found(
            Against.PROVIDER,
            DifferenceKind.UNKNOWN_HERE,
            said.provider_ref,
            None,
            Money(0, said.captured.currency),
            said.captured,
        ),
        now=now,
    )
    return 1


def _hear_refunds(gateway: PaymentGateway, since: datetime, now: datetime) -> None:
    for answer in gateway.list_refunds(since=since):
        refund = payments_known.refund_by_public_id(answer.refund_public_id or "")
        is_told = refund is None or refund.state is answer.state
        if refund is not None and not is_told and answer.state is not RefundState.PENDING:
            giving_back.take_refund_answer(refund_id=refund.id, answer=answer, now=now)


def _hear_disputes(gateway: PaymentGateway, since: datetime, now: datetime) -> None:
    said = list(gateway.list_disputes(since=since))
    heard = {one.provider_ref for one in said}
    # A bank decides months later: every undecided one is asked about, however old.
    said += [
        gateway.look_up_dispute(one.provider_ref)
        for one in payments_known.disputes(payments_known.WHOLE)
        if one.provider_ref not in heard
    ]
    for one in said:
        payment = _ours(one.payment_public_id)
        if payment is not None and payment.is_paid:
            disputing.take_dispute(payment_id=payment.id, said=one, now=now)


def _note_unlisted(
    gateway: PaymentGateway, since: datetime, listed: set[int], now: datetime
) -> int:
    """Keep payments that are paid here and that the provider does not list."""
    missing = [
        one
        for one in payments_known.paid_online(
            provider=gateway.provider, since=since + SETTLES_DOWN, before=now - SETTLES_DOWN
        )
        if one.id not in listed
    ]
    for one in missing:
        differences.note(
            Found(
                Against.PROVIDER,
                DifferenceKind.UNKNOWN_THERE,
                one.provider_ref or one.public_id,
                one.id,
                one.captured,
                Money(0, one.amount.currency),
            ),
            now=now,
        )
    return len(missing)


def compare_file(*, content: bytes, file_name: str, actor: Actor, now: datetime) -> Outcome:
    """Compare a file of what the channel paid out, and book what agrees as paid out to the bank.

    content    CSV; its columns are those of ``settlement.COLUMNS``.

    Nothing is taken twice: the same file is refused, and a payment is booked as paid out once.

    Raises Forbidden without ``payments.reconcile``, SettlementUnreadable, FileKnown.
    Source: domain.md 4 (fees), 5 E4 (settled by channel); trust.md 2, P7, L7.
    """
    _require(actor)
    name = settlement.digest(content)
    rows = settlement.rows_of(content)
    if differences.was_compared(name):
        raise FileKnown(file=file_name)
    outcome, seen = Outcome(), set[str]()
    for row in rows:
        payment = _by_any_name(row.ref)
        found = list(_file_differences(row, payment, seen))
        seen.add(f"{row.is_refund}:{row.ref}")
        for one in found:
            differences.note(one, now=now)
        outcome.differing += len(found)
        if payment is not None and not found:
            differences.note_agreement(against=Against.SETTLEMENT, payment_id=payment.id, now=now)
            if not row.is_refund:
                outcome.agree(payment)
                _book_payout(payment, now)
    differences.note_comparison(
        name=name,
        against=Against.SETTLEMENT,
        file_name=file_name,
        agreed=outcome.agreed,
        agreed_sum=outcome.agreed_sum,
        differing=outcome.differing,
        since=None,
        actor=actor,
        now=now,
    )
    return outcome


def _by_any_name(ref: str) -> PaymentFacts | None:
    return _ours(ref) or (payments_known.payment_by_ref(ref) if ref else None)


def _file_differences(
    row: SettledRow, payment: PaymentFacts | None, seen: set[str]
) -> Iterator[Found]:
    def differing(kind: DifferenceKind, expected: Money, found: Money) -> Found:
        known = None if payment is None else payment.id
        return Found(Against.SETTLEMENT, kind, row.ref, known, expected, found)

    nothing = Money(0, row.gross.currency)
    if payment is None:
        yield differing(DifferenceKind.UNKNOWN_HERE, nothing, row.gross)
        return
    if row.is_refund:
        # A payment may go back in several rows; each must be one that stands here.
        sums = {one.amount for one in payments_known.refunds_of(payment.id)}
        if row.gross not in sums and row.gross != payment.refunded:
            yield differing(DifferenceKind.REFUNDED, payment.refunded, row.gross)
        return
    if f"{row.is_refund}:{row.ref}" in seen:
        yield differing(DifferenceKind.TWICE, payment.captured, row.gross + payment.captured)
    elif row.gross != payment.captured:
        yield differing(DifferenceKind.AMOUNT, payment.captured, row.gross)
    elif row.fee is not None and row.fee != payment.fee:
        yield differing(DifferenceKind.FEE, payment.fee, row.fee)


def _book_payout(payment: PaymentFacts, now: datetime) -> None:
    try:
        giving_back.settle_channel(payment_id=payment.id, actor=SYSTEM, now=now)
    except Conflict:
        # Everything of it had gone back before the channel paid: there is nothing to pay out.
        log.info("nothing to pay out", payment=payment.id)


@transactional
def close_difference(*, difference_id: int, words: str, actor: Actor, now: datetime) -> None:
    """Close a difference in reach with a person's words about what became of it.

    Raises Forbidden without ``payments.reconcile``, NotFound, WordsMissing, Conflict.
    """
    _require(actor)
    differences.find(difference_id, actor.scope(Permission.RECONCILE))
    differences.close(difference_id=difference_id, words=words, actor=actor, now=now)


def hear_again(*, event_id: int, actor: Actor, now: datetime) -> EventState:
    """Ask the provider anew about an event that waits for a person; safe to repeat.

    Returns what became of it. Raises Forbidden without ``payments.reconcile``, NotFound, and
    GatewayUnreachable.
    """
    _require(actor)
    return selling.hear_again(event_id=event_id, now=now)


def close_event(*, event_id: int, words: str, actor: Actor, now: datetime) -> None:
    """Close an event that fits nothing here, with a person's words about what became of it.

    Raises Forbidden without ``payments.reconcile``, WordsMissing, NotFound, Conflict when it is
    closed already. Source: trust.md 2, P7.
    """
    _require(actor)
    if not words.strip():
        raise WordsMissing
    with transaction():
        told = payments_known.provider_event(event_id)
        if told.state is not EventState.REVIEW:
            raise Conflict(what="provider event")
        payments.finish_event(
            event_id=event_id,
            result=EventState.IGNORED,
            detail=f"{words.strip()[:200]} ({told.detail})",
            now=now,
        )
        events.record(ProviderEventReviewed(event_id), actor=actor, station_id=None, now=now)
