"""Hosting: a session was held and its hosts earn the same evening, or it was called off."""

from __future__ import annotations

from datetime import datetime

from shop.bookings import queries as bookings_known
from shop.bookings import services as bookings
from shop.bookings.services import Settled
from shop.earnings import services as earnings
from shop.earnings.rules import EarningKind, fee_facts
from shop.earnings.services import NewEarning
from shop.kernel.access import SYSTEM, Actor
from shop.kernel.db import transactional
from shop.kernel.money import total
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit, member_account
from shop.orders import parcels
from shop.orders import queries as orders_known
from shop.payments.rules import RefundCause
from shop.workflows import refunding
from shop.workflows.giving_back import SESSION_HELD, RefundAsked
from shop.workflows.refunding import Wish
from shop.workflows.rules import stand_down_percent

SESSION_COSTS = "session_costs"
STAND_DOWN = "stand_down"


@transactional
def complete_session(*, session_id: int, actor: Actor, now: datetime) -> Settled:
    """Settle a session that has taken place: prepayments become income, its hosts earn, once.

    Guests not checked in are noted as absent; they pay all the same. Kits and insurance count for
    every paid seat. The instructor's fee, and the assistant's from seven guests on, is sure at
    once: it stands on her page the same evening.

    Safe to repeat: the second call returns what the first one did.

    Raises NotFound, OutOfReach, Forbidden, SessionNotOver, InstructorMissing, BookingNotOpen.
    Source: domain.md 5 E12 (held, costs).
    """
    held = bookings.settle(session_id=session_id, actor=actor, now=now)
    if not held.is_new:
        return held
    source = f"session:{session_id}"
    income = total([left for _, left in orders_known.seat_lines(session_id)])
    if income:
        prepaid = account(AccountKind.PREPAYMENT, held.workshop_id)
        earned = account(AccountKind.SESSION_INCOME, held.workshop_id)
        _post(SESSION_HELD, held, [debit(prepaid, income), credit(earned, income)], actor, now)
    costs = _cost_lines(held)
    if costs:
        _post(SESSION_COSTS, held, costs, actor, now)
    earnings.credit_many(earnings=_fees(held, source, now), now=now)
    _complete_orders(held, now)
    return held


def _post(kind: str, held: Settled, lines: list[Line], actor: Actor, now: datetime) -> None:
    ledger.post(
        kind=kind,
        source=f"session:{held.session_id}",
        station_id=held.station_id,
        lines=lines,
        happened_at=now,
        actor=actor,
        now=now,
    )


def _cost_lines(held: Settled) -> list[Line]:
    """Return what a held session cost, as ledger lines. Source: domain.md 5 E12 (costs)."""
    costs, workshop = held.costs, held.workshop_id
    lines = [
        debit(account(AccountKind.SESSION_COSTS, workshop), costs.materials),
        credit(account(AccountKind.KITS, workshop), costs.kits),
        credit(account(AccountKind.BANK, workshop), costs.insurance + costs.room),
        debit(account(AccountKind.INSTRUCTOR_COSTS, workshop), costs.pay),
    ]
    lines += [
        credit(member_account(AccountKind.WAGES_PAYABLE, member_id), fee)
        for member_id, fee in (
            (held.instructor_id, costs.instructor),
            (held.assistant_id, costs.assistant),
        )
        if member_id is not None
    ]
    return lines if any(line.amount for line in lines) else []


def _fees(held: Settled, source: str, now: datetime) -> list[NewEarning]:
    hosts = (
        ("instructor", EarningKind.INSTRUCTOR_FEE, held.instructor_id, held.costs.instructor),
        ("assistant", EarningKind.ASSISTANT_FEE, held.assistant_id, held.costs.assistant),
    )
    return [
        NewEarning(
            key=f"{source}:{part}",
            member_id=member_id,
            kind=kind,
            amount=fee,
            facts=fee_facts(title=held.title, title_en=held.title_en, guests=held.guests),
            earned_at=now,
            sure_at=now,
        )
        for part, kind, member_id, fee in hosts
        if member_id is not None and fee
    ]


def _complete_orders(held: Settled, now: datetime) -> None:
    """Complete the parts of guests who have no other session to come."""
    waiting = bookings_known.owners_with_sessions_to_come(held.owners)
    order_ids = [
        int(owner.removeprefix("order:"))
        for owner in held.owners
        if owner.startswith("order:") and owner not in waiting
    ]
    if order_ids:
        parcels.mark_attended(order_ids=order_ids, workshop_id=held.workshop_id, now=now)


def cancel_session(
    *, session_id: int, cause: RefundCause, actor: Actor, now: datetime
) -> list[RefundAsked]:
    """Call a session off: everybody gets everything back, the instructor her part for standing by.

    cause    CANCELLED_BY_HOUSE or WEATHER (the road is closed by warning).

    Several steps, each whole: the session closes and the instructor is credited first, then the
    refunds go one by one. Safe to repeat: what was done stays done, what was not goes on.

    Raises NotFound, OutOfReach, Forbidden, BookingNotOpen. Source: domain.md 5 E13.
    """
    owners = _call_off(session_id, cause, actor, now)
    asked = []
    for owner in owners:
        order = orders_known.order(int(owner.removeprefix("order:")))
        wishes = [
            Wish(line.id, line.left)
            for line in order.lines
            if line.session_id == session_id and line.left
        ]
        if wishes:
            asked.append(
                refunding.request_refund(
                    order_id=order.id,
                    wishes=wishes,
                    cause=cause,
                    actor=SYSTEM,
                    key=f"session:{session_id}:order:{order.id}",
                    now=now,
                )
            )
    return asked


@transactional
def _call_off(session_id: int, cause: RefundCause, actor: Actor, now: datetime) -> list[str]:
    session = bookings_known.sessions_by_id([session_id], now=now).get(session_id)
    called_off = bookings.cancel_session(session_id=session_id, actor=actor, now=now)
    if session is None or not called_off.is_new or session.instructor_id is None:
        return called_off.owners
    percent = stand_down_percent(cause, starts_at=session.starts_at, now=now)
    fee = called_off.instructor_fee.percent(percent)
    if not fee or not called_off.owners:
        return called_off.owners
    source = f"session:{session_id}"
    ledger.post(
        kind=STAND_DOWN,
        source=source,
        station_id=session.station_id,
        lines=[
            debit(account(AccountKind.INSTRUCTOR_COSTS, session.workshop_id), fee),
            credit(member_account(AccountKind.WAGES_PAYABLE, session.instructor_id), fee),
        ],
        happened_at=now,
        actor=actor,
        now=now,
    )
    earnings.credit(
        key=f"{source}:stand_down",
        member_id=session.instructor_id,
        kind=EarningKind.INSTRUCTOR_FEE,
        amount=fee,
        facts=fee_facts(title=session.title, title_en=session.title_en, guests=session.booked),
        earned_at=now,
        sure_at=now,
        now=now,
    )
    return called_off.owners
