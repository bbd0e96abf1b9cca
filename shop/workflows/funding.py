"""Project money: what comes in and what an agreed attendance sheet pays is booked with it."""

from __future__ import annotations

from datetime import date, datetime

from shop.earnings import rules as earning_rules
from shop.earnings import services as earnings
from shop.earnings.rules import EarningKind
from shop.earnings.services import NewEarning
from shop.funds import services as funds
from shop.funds.services import AgreedSheet, Receipt
from shop.kernel.access import Actor
from shop.kernel.clock import start_of_day
from shop.kernel.db import transactional
from shop.kernel.money import Money, total
from shop.ledger import queries as books
from shop.ledger import services as ledger
from shop.ledger.rules import (
    AccountKind,
    account,
    credit,
    debit,
    member_account,
    project_account,
)
from shop.stations import queries as stations

RECEIVED = "project_received"


@transactional
def receive(
    *,
    project_id: int,
    amount: Money,
    paper: str,
    received_on: date,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Note that money came in for a project and book it apart; return the receipt's id.

    Safe to repeat by its key. Raises what funds.receive raises.
    """
    receipt = funds.receive(
        project_id=project_id,
        amount=amount,
        paper=paper,
        received_on=received_on,
        key=key,
        actor=actor,
        now=now,
    )
    ledger.post(
        kind=RECEIVED,
        source=_source(receipt),
        station_id=receipt.station_id,
        lines=[
            debit(account(AccountKind.BANK, receipt.workshop_id), receipt.amount),
            credit(project_account(receipt.project_id), receipt.amount),
        ],
        happened_at=start_of_day(
            receipt.received_on, stations.station(receipt.station_id).time_zone
        ),
        actor=actor,
        now=now,
    )
    return receipt.receipt_id


def _source(receipt: Receipt) -> str:
    return f"fund_receipt:{receipt.receipt_id}"


@transactional
def withdraw_receipt(*, receipt_id: int, actor: Actor, now: datetime) -> None:
    """Take a receipt that was written by mistake out of the books, as its second person.

    Safe to repeat. Raises what funds.withdraw_receipt raises.
    """
    receipt = funds.withdraw_receipt(receipt_id=receipt_id, actor=actor, now=now)
    if receipt is None:
        return
    (booked,) = [one for one in books.entries_of(_source(receipt)) if one.kind == RECEIVED]
    ledger.reverse(
        entry_id=booked.entry_id,
        source=f"{_source(receipt)}:withdrawn",
        happened_at=now,
        actor=actor,
        now=now,
    )


@transactional
def agree(*, sheet_id: int, actor: Actor, now: datetime) -> None:
    """Agree to an attendance sheet: from this moment its allowances are owed. Safe to repeat.

    Project money pays them, never what was earned by selling.

    Raises what funds.agree raises. Source: domain.md 5 E8.
    """
    sheet = funds.agree(sheet_id=sheet_id, actor=actor, now=now)
    if sheet is None:
        return
    source = f"allowance:{sheet.sheet_id}"
    earnings.credit_many(
        earnings=[_earning(sheet, member_id, source, now) for member_id in sheet.days], now=now
    )
    ledger.post(
        kind="project_allowance",
        source=source,
        station_id=sheet.station_id,
        lines=[
            debit(project_account(sheet.project_id), total(list(sheet.allowances.values()))),
            *[
                credit(member_account(AccountKind.WAGES_PAYABLE, member_id), hers)
                for member_id, hers in sheet.allowances.items()
            ],
        ],
        happened_at=now,
        actor=actor,
        now=now,
    )


def _earning(sheet: AgreedSheet, member_id: int, source: str, now: datetime) -> NewEarning:
    days = sheet.days[member_id]
    return NewEarning(
        key=f"{source}:member:{member_id}",
        member_id=member_id,
        kind=EarningKind.PROJECT_ALLOWANCE,
        amount=sheet.allowances[member_id],
        facts=earning_rules.allowance_facts(
            number=sheet.project_number,
            title=sheet.project_title,
            title_en=sheet.project_title_en,
            days=len(days),
            day_rate=sheet.day_rate,
            last_day=days[-1],
        ),
        earned_at=now,
        sure_at=now,
    )
