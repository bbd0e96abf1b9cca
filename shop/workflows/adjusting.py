"""Advances, deductions and corrections: what two people agree to is booked with it, or neither."""

from __future__ import annotations

from datetime import datetime

from shop.catalog.rules import PayLane
from shop.earnings import adjustments
from shop.earnings import services as earnings
from shop.earnings.adjustments import AdvanceTooLarge, Agreed
from shop.earnings.netting import AdjustmentKind
from shop.earnings.rules import EarningKind, PayChannel
from shop.kernel.access import Actor, Permission
from shop.kernel.db import transactional
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit, member_account
from shop.production import queries as making
from shop.production.queries import WorkOrderView
from shop.production.rules import WorkOrderState

OPEN = frozenset(
    {
        WorkOrderState.ACCEPTED,
        WorkOrderState.MATERIAL_ISSUED,
        WorkOrderState.PARTLY_HANDED_IN,
    }
)


def may_advance(work: WorkOrderView) -> bool:
    """Say whether a part of this work's wage can be paid before it is done."""
    return work.state in OPEN and work.pay_lane is PayLane.PIECE_WAGE


@transactional
def propose_advance(
    *,
    member_id: int,
    work_order_public_id: str,
    amount: Money,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Note that a member wants a part of an open order's wage before it is done.

    Raises NotFound, AdvanceTooLarge, and what adjustments.propose_advance raises.
    Source: domain.md 6 (at most half of an open order's wage, no interest).
    """
    work = making.work_order(work_order_public_id, actor.scope(Permission.PREPARE_PAY))
    if work.maker.member_id != member_id or not may_advance(work):
        raise AdvanceTooLarge(most=Money(0))
    return adjustments.propose_advance(
        member_id=member_id,
        work_order_id=work.work_order_id,
        wage=work.rate * work.quantity,
        amount=amount,
        facts={
            "number": work.number,
            "title": work.piece.title,
            "title_en": work.piece.title_en or work.piece.title,
        },
        key=key,
        actor=actor,
        now=now,
    )


@transactional
def agree(*, adjustment_id: int, actor: Actor, now: datetime, on_behalf: bool = False) -> None:
    """Agree to an adjustment as its second person, or as the member herself; safe to repeat.

    A correction is booked with it: what was too little is owed from this moment, what was too
    much no longer is. A deduction is booked when a run takes it, an advance when it is paid.

    Raises what adjustments.agree raises. Source: domain.md 4, 5 E10.
    """
    agreed = adjustments.agree(
        adjustment_id=adjustment_id, actor=actor, now=now, on_behalf=on_behalf
    )
    if agreed is None:
        return
    source = f"adjustment:{agreed.adjustment_id}"
    if agreed.kind is AdjustmentKind.BACK_PAY:
        earnings.credit(
            key=source,
            member_id=agreed.member_id,
            kind=EarningKind.BACK_PAY,
            amount=agreed.amount,
            facts=agreed.facts,
            earned_at=now,
            sure_at=now,
            now=now,
        )
        _correct(agreed, agreed.amount, source, actor=actor, now=now)
    elif agreed.kind is AdjustmentKind.OVERPAYMENT:
        _correct(agreed, -agreed.amount, source, actor=actor, now=now)


def _correct(agreed: Agreed, more: Money, source: str, *, actor: Actor, now: datetime) -> None:
    made = agreed.corrects is EarningKind.PIECE_WAGE
    cost = AccountKind.STOCK if made else AccountKind.INSTRUCTOR_COSTS
    ledger.post(
        kind="correction",
        source=source,
        station_id=agreed.station_id,
        lines=[
            debit(account(cost, agreed.workshop_id), more),
            credit(member_account(AccountKind.WAGES_PAYABLE, agreed.member_id), more),
        ],
        happened_at=now,
        actor=actor,
        now=now,
    )


@transactional
def pay_advance(
    *,
    adjustment_id: int,
    channel: PayChannel,
    actor: Actor,
    now: datetime,
    witness_id: int | None = None,
) -> Money:
    """Note that a member got her advance and book it, both or neither; return the sum.

    Safe to repeat. Cash for it is drawn from the bank; the till is never touched.

    Raises what adjustments.pay_advance raises. Source: domain.md 4 (坐支), 5 E16.
    """
    paid = adjustments.pay_advance(
        adjustment_id=adjustment_id, channel=channel, witness_id=witness_id, actor=actor, now=now
    )
    bank = account(AccountKind.BANK, paid.workshop_id)
    cash = account(AccountKind.CASH, paid.workshop_id)
    source = f"adjustment:{paid.adjustment_id}"
    owed_back = member_account(AccountKind.ADVANCE, paid.member_id)
    entries = [
        ledger.NewEntry(
            kind="advance",
            source=source,
            station_id=paid.station_id,
            lines=[
                debit(owed_back, paid.amount),
                credit(cash if channel is PayChannel.CASH else bank, paid.amount),
            ],
            happened_at=now,
        )
    ]
    if channel is PayChannel.CASH:
        entries.insert(
            0,
            ledger.NewEntry(
                kind="cash_drawn",
                source=source,
                station_id=paid.station_id,
                lines=[debit(cash, paid.amount), credit(bank, paid.amount)],
                happened_at=now,
            ),
        )
    ledger.post_many(entries=entries, actor=actor, now=now)
    return paid.amount
