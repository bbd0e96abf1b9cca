"""What must hold of payments at all times, asked of the live database in a few sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.payments.models import Dispute, Payment, ProviderEventRow, Refund, TransferSeen
from shop.payments.rules import (
    BY_HAND,
    UNDECIDED,
    EventState,
    Method,
    PaymentState,
    RefundState,
)

MOST = 100  # findings per check: whoever sees a hundred does not need the next


def events_take_effect_once() -> Iterator[Finding]:
    """Yield provider events that lie in the inbox twice or were finished without a time."""
    twice = (
        sa.select(ProviderEventRow.provider, ProviderEventRow.external_id, sa.func.count())
        .group_by(ProviderEventRow.provider, ProviderEventRow.external_id)
        .having(sa.func.count() > 1)
        .limit(MOST)
    )
    for provider, external_id, times in db.session.execute(twice):
        yield Finding("P3", f"provider_event:{external_id}", f"{provider} sent it {times} times")
    finished = ProviderEventRow.state.in_([EventState.APPLIED, EventState.IGNORED])
    timed = ProviderEventRow.finished_at.is_not(None)
    unfinished = sa.select(ProviderEventRow.id, ProviderEventRow.state).where(
        sa.or_(sa.and_(finished, sa.not_(timed)), sa.and_(sa.not_(finished), timed))
    )
    for event_id, state in db.session.execute(unfinished.limit(MOST)):
        yield Finding("P3", f"provider_event:{event_id}", f"{state} and its time disagree")


def refunds_stay_within_captures() -> Iterator[Finding]:
    """Yield payments whose refunds exceed what came, or whose counters are not their refunds."""
    sums = (
        sa.select(
            Refund.payment_id,
            _sum_in(RefundState.SETTLED).label("settled"),
            _sum_in(RefundState.PENDING).label("pending"),
        )
        .group_by(Refund.payment_id)
        .subquery()
    )
    settled = sa.func.coalesce(sums.c.settled, 0)
    pending = sa.func.coalesce(sums.c.pending, 0)
    rows = (
        sa.select(
            Payment.id,
            Payment.amount_minor,
            Payment.captured_minor,
            Payment.refunded_minor,
            Payment.pending_refund_minor,
            settled.label("settled"),
            pending.label("pending"),
        )
        .join_from(Payment, sums, sums.c.payment_id == Payment.id, isouter=True)
        .where(
            sa.or_(
                Payment.refunded_minor != settled,
                Payment.pending_refund_minor != pending,
                settled + pending + Payment.disputed_minor > Payment.captured_minor,
                Payment.captured_minor > Payment.amount_minor,
                Payment.refunded_minor < 0,
                Payment.pending_refund_minor < 0,
            )
        )
    )
    for row in db.session.execute(rows.limit(MOST)):
        yield Finding("P4", f"payment:{row.id}", _refunds_in_words(row))


def _sum_in(state: RefundState) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((Refund.state == state, Refund.amount_minor), else_=0))


def _refunds_in_words(row: sa.Row[Any]) -> str:
    return (
        f"captured {row.captured_minor} of {row.amount_minor}; counters say refunded"
        f" {row.refunded_minor} and pending {row.pending_refund_minor}; its refunds say"
        f" {row.settled} and {row.pending} (minor units)"
    )


def states_follow_facts() -> Iterator[Finding]:
    """Yield payments whose state and whose money or times disagree."""
    succeeded = Payment.state == PaymentState.SUCCEEDED
    rows = sa.select(Payment.id, Payment.state, Payment.captured_minor).where(
        sa.or_(
            sa.and_(succeeded, Payment.succeeded_at.is_(None)),
            sa.and_(sa.not_(succeeded), Payment.captured_minor != 0),
            sa.and_(sa.not_(succeeded), Payment.succeeded_at.is_not(None)),
        )
    )
    for payment_id, state, captured in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "P2", f"payment:{payment_id}", f"state {state}, captured {captured} minor units"
        )


def captured_is_what_was_asked() -> Iterator[Finding]:
    """Yield succeeded payments that took another sum than the buyer agreed to."""
    rows = sa.select(Payment.id, Payment.amount_minor, Payment.captured_minor).where(
        Payment.state == PaymentState.SUCCEEDED, Payment.captured_minor != Payment.amount_minor
    )
    for payment_id, asked, captured in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "P5", f"payment:{payment_id}", f"asked {asked}, captured {captured} minor units"
        )


def refused_refunds_are_tried_in_turn() -> Iterator[Finding]:
    """Yield tries of refunds that were not refused before, or that send another sum."""
    before = aliased(Refund)
    rows = (
        sa.select(Refund.id, before.id, before.state)
        .join(before, before.id == Refund.again_of_id)
        .where(
            sa.or_(
                before.state != RefundState.FAILED,
                before.payment_id != Refund.payment_id,
                before.amount_minor != Refund.amount_minor,
            )
        )
    )
    for refund_id, before_id, state in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "P4", f"refund:{refund_id}", f"tries refund:{before_id} again, which is {state}"
        )


def money_goes_back_by_two_people() -> Iterator[Finding]:
    """Yield money given back by hand without a second person or without proof."""
    rows = sa.select(Refund.id).where(
        Refund.way.in_(sorted(BY_HAND)),
        Refund.state == RefundState.SETTLED,
        sa.or_(
            Refund.given_by_id.is_(None),
            Refund.given_by_id == Refund.asked_by_id,
            Refund.proof == "",
        ),
    )
    for (refund_id,) in db.session.execute(rows.limit(MOST)):
        yield Finding("A3", f"refund:{refund_id}", "went back by hand without two people or proof")


def transfers_are_seen_by_two() -> Iterator[Finding]:
    """Yield payments by transfer that are paid without a confirmed transfer, or the reverse."""
    confirmed = (
        sa.exists()
        .where(
            TransferSeen.payment_id == Payment.id,
            TransferSeen.confirmed_at.is_not(None),
            TransferSeen.confirmed_by_id != TransferSeen.seen_by_id,
        )
        .correlate(Payment)
    )
    is_paid = Payment.state == PaymentState.SUCCEEDED
    rows = sa.select(Payment.id, Payment.state).where(
        Payment.method == Method.BANK_TRANSFER,
        sa.or_(sa.and_(is_paid, ~confirmed), sa.and_(~is_paid, confirmed)),
    )
    for payment_id, state in db.session.execute(rows.limit(MOST)):
        yield Finding("A3", f"payment:{payment_id}", f"is {state} against what two people saw")


def disputed_money_is_kept_once() -> Iterator[Finding]:
    """Yield payments whose disputed money is not the sum of their undecided disputes."""
    claimed = sa.func.coalesce(
        sa.func.sum(
            sa.case((Dispute.state.in_(sorted(UNDECIDED)), Dispute.claimed_minor), else_=0)
        ),
        0,
    )
    rows = (
        sa.select(Payment.id, Payment.disputed_minor, claimed.label("claimed"))
        .join_from(Payment, Dispute, Dispute.payment_id == Payment.id, isouter=True)
        .where(sa.or_(Payment.disputed_minor != 0, Dispute.id.is_not(None)))
        .group_by(Payment.id, Payment.disputed_minor)
        .having(Payment.disputed_minor != claimed)
    )
    for payment_id, kept, said in db.session.execute(rows.limit(MOST)):
        yield Finding(
            "P4", f"payment:{payment_id}", f"keeps {kept} for its bank, whose disputes say {said}"
        )


CHECKS: tuple[Check, ...] = (
    Check("P2", "A payment's state follows from its money and its times", states_follow_facts),
    Check("P3", "Each provider event takes effect at most once", events_take_effect_once),
    Check("P4", "Refunds never exceed what was captured", refunds_stay_within_captures),
    Check("P4", "A refused refund is tried once at a time", refused_refunds_are_tried_in_turn),
    Check("P4", "What a bank disputes is kept for it once", disputed_money_is_kept_once),
    Check("A3", "Money given back by hand has two people and proof", money_goes_back_by_two_people),
    Check("A3", "A transfer is money once two people saw it", transfers_are_seen_by_two),
    Check("P5", "What was captured is what the buyer agreed to", captured_is_what_was_asked),
)
