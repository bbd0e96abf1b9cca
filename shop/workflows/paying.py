"""Paying members: drawn up by one person, approved by another, handed out, and booked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from shop.earnings import asking
from shop.earnings import services as earnings
from shop.earnings.netting import AdjustmentKind
from shop.earnings.rules import PayChannel
from shop.earnings.services import PaidSlip
from shop.kernel.access import Actor
from shop.kernel.db import transactional
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit, member_account


@transactional
def prepare_pay_run(
    *,
    workshop_id: int,
    period_end_on: date,
    actor: Actor,
    now: datetime,
    pay_anyway: Collection[int] = (),
) -> int:
    """Draw up the pay of a workshop for one period and return the run's id; safe to repeat.

    pay_anyway    members who get their sum although it is under the minimum, beside those who
                  asked for it themselves (``earnings.asking``).

    Raises what earnings.prepare raises: NotFound, OutOfReach, Forbidden, NotAPeriodEnd,
    PeriodNotOver, NothingDue.
    Source: domain.md 5 E8, E9; 6 (pay days, minimum payout).
    """
    run_id = earnings.prepare(
        workshop_id=workshop_id,
        period_end_on=period_end_on,
        pay_anyway={*pay_anyway, *asking.who_asked(workshop_id)},
        actor=actor,
        now=now,
    )
    asking.answer(pay_run_id=run_id)
    return run_id


@transactional
def approve_pay_run(*, pay_run_id: int, actor: Actor, now: datetime) -> None:
    """Approve a run as its second person; above the limit it waits for the town then.

    Raises what earnings.approve raises: NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay,
    Conflict.
    """
    earnings.approve(pay_run_id=pay_run_id, actor=actor, now=now)


@transactional
def confirm_pay_run(*, pay_run_id: int, actor: Actor, now: datetime) -> bool:
    """Confirm a run above the limit for the town; True only the first time.

    Raises what earnings.confirm raises: NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay,
    Conflict.
    """
    return earnings.confirm(pay_run_id=pay_run_id, actor=actor, now=now)


@transactional
def send_back_pay_run(*, pay_run_id: int, words: str, actor: Actor, now: datetime) -> None:
    """Send a run back to its room with the town's words.

    Raises what earnings.send_back raises: NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay,
    WordsMissing, Conflict.
    """
    earnings.send_back(pay_run_id=pay_run_id, words=words, actor=actor, now=now)


@transactional
def send_transfer(*, pay_slip_id: int, actor: Actor, now: datetime) -> bool:
    """Note that a transfer by phone was sent and waits for its payee; True only the first time.

    Raises what earnings.send raises.
    """
    return earnings.send(pay_slip_id=pay_slip_id, actor=actor, now=now)


@transactional
def note_returned(*, pay_slip_id: int, actor: Actor, now: datetime) -> bool:
    """Note that a transfer by phone came back; her money stays owed. True only the first time.

    Raises what earnings.note_returned raises.
    """
    return earnings.note_returned(pay_slip_id=pay_slip_id, actor=actor, now=now)


@transactional
def record_payout(
    *,
    pay_slip_id: int,
    channel: PayChannel,
    actor: Actor,
    now: datetime,
    witness_id: int | None = None,
) -> Money:
    """Note that a member got the money of her slip and book it, both or neither; return the sum.

    The slip itself is the key: saying the same again changes nothing.

    witness_id    user who saw cash handed over.

    Raises what earnings.pay_out raises: NotFound, OutOfReach, Forbidden, RunNotApproved,
    NothingToPayOut, AlreadyPaid, OwnPay, WitnessMissing, TransferUnderWay, TransferNotSent.
    Source: domain.md 4 (no wages straight from the till), 5 E8, E10, E11.
    """
    slip = earnings.pay_out(
        pay_slip_id=pay_slip_id, channel=channel, witness_id=witness_id, actor=actor, now=now
    )
    paid = slip.paid
    source = f"pay_slip:{slip.pay_slip_id}"
    bank = account(AccountKind.BANK, slip.workshop_id)
    cash = account(AccountKind.CASH, slip.workshop_id)
    if channel is PayChannel.CASH:
        # Cash for wages is drawn from the bank for that run; the till is never touched.
        ledger.post(
            kind="cash_drawn",
            source=source,
            station_id=slip.station_id,
            lines=[debit(cash, paid), credit(bank, paid)],
            happened_at=now,
            actor=actor,
            now=now,
        )
    ledger.post(
        kind="payout",
        source=source,
        station_id=slip.station_id,
        lines=[
            debit(
                member_account(AccountKind.WAGES_PAYABLE, slip.member_id),
                # A correction lowered what we owe when it was agreed to.
                slip.wages - slip.taken.get(AdjustmentKind.OVERPAYMENT, Money(0)),
            ),
            debit(
                member_account(AccountKind.CONSIGNMENT_PAYABLE, slip.member_id), slip.consignment
            ),
            credit(cash if channel is PayChannel.CASH else bank, paid),
            *_recovered(slip),
        ],
        happened_at=now,
        actor=actor,
        now=now,
    )
    return paid


def _recovered(slip: PaidSlip) -> list[Line]:
    """Return where what was taken goes: advances, tools, material. Source: domain.md 5 E8, E16."""
    accounts = {
        AdjustmentKind.ADVANCE: member_account(AccountKind.ADVANCE, slip.member_id),
        AdjustmentKind.TOOL: account(AccountKind.TOOLS_RECOVERED, slip.workshop_id),
        AdjustmentKind.MATERIAL: account(AccountKind.MATERIAL, slip.workshop_id),
    }
    return [credit(accounts[kind], part) for kind, part in slip.taken.items() if kind in accounts]
