"""Amounts that members earned, booked as the workflows book them, and runs that pay them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count

from shop.earnings import adjustments, payees
from shop.earnings import services as earnings
from shop.earnings.netting import AdjustmentKind
from shop.earnings.rules import EarningKind, share_facts, source_of
from shop.kernel.access import SYSTEM, Actor
from shop.kernel.db import transaction
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit, member_account
from shop.stations import queries as stations
from shop.workflows import adjusting, paying
from tests.builders.accounts import a_bookkeeper, a_maker, a_social_worker

ACCEPTED = datetime(2026, 7, 18, 3, 0, tzinfo=UTC)
JULY = date(2026, 7, 20)
AFTER_JULY = datetime(2026, 7, 23, 1, 0, tzinfo=UTC)

_serial = count(1)


def wage_facts(*, pieces: int = 12, passed: int = 11, fen: int = 4620) -> dict[str, object]:
    return {
        "hand_in": "J-20260718-1",
        "day": "2026-07-18",
        "title": "手编凉鞋",
        "title_en": "Hand-woven sandals",
        "pieces": pieces,
        "passed": passed,
        "second_grade": 0,
        "rate_minor": fen,
        "reason": "",
    }


def an_earning(
    *,
    member_id: int,
    fen: int = 50820,
    at: datetime = ACCEPTED,
    is_sure: bool = True,
    kind: EarningKind = EarningKind.PIECE_WAGE,
    key: str | None = None,
    owner: str | None = None,
    is_booked: bool = True,
    facts: dict[str, object] | None = None,
) -> int:
    """Return the id of one amount, by default eleven pairs of sandals, sure since 18 July."""
    key = key or f"hand_in:{900_000 + next(_serial)}"
    member = stations.member(member_id)
    on_share = kind is EarningKind.CONSIGNMENT_SHARE
    if facts is None:
        facts = wage_facts()
        if on_share:
            facts = share_facts(
                title="手编凉鞋",
                title_en="Hand-woven sandals",
                quantity=1,
                price=Money(2 * fen),
                percent=50,
            )
    with transaction():
        earning_id = earnings.credit(
            key=key,
            member_id=member_id,
            kind=kind,
            amount=Money(fen),
            facts=facts,
            earned_at=at,
            sure_at=at if is_sure else None,
            waiting_for=None if is_sure else "return_window",
            owner=owner,
            now=at,
        )
        if is_booked:
            payable = AccountKind.CONSIGNMENT_PAYABLE if on_share else AccountKind.WAGES_PAYABLE
            cost = AccountKind.CONSIGNMENT_COSTS if on_share else AccountKind.STOCK
            ledger.post(
                kind="acceptance",
                source=source_of(key),
                station_id=member.station_id,
                lines=[
                    debit(account(cost, member.workshop_id), Money(fen)),
                    credit(member_account(payable, member_id), Money(fen)),
                ],
                happened_at=at,
                actor=SYSTEM,
                now=at,
            )
    return earning_id


def a_deduction(
    *,
    member_id: int,
    fen: int = 600,
    item: str = "钩针",
    actor: Actor | None = None,
    now: datetime = ACCEPTED,
    agrees: bool = False,
) -> int:
    """Return a crochet hook that did not come back (E8), to which she has agreed or not yet."""
    adjustment_id = adjustments.propose_deduction(
        kind=AdjustmentKind.TOOL,
        member_id=member_id,
        item=item,
        paper="K-0718",
        amount=Money(fen),
        key=f"deduction-{next(_serial)}",
        actor=actor or a_social_worker(),
        now=now,
    )
    if agrees:
        adjusting.agree(adjustment_id=adjustment_id, actor=a_maker(member_id=member_id), now=now)
    return adjustment_id


NUMBER = "6228 4804 0256 4890 018"


def an_account(
    *,
    member_id: int,
    number: str = NUMBER,
    holder: str | None = None,
    relation: str = "",
    witness_id: int | None = None,
    agrees: bool = True,
    actor: Actor | None = None,
    now: datetime = ACCEPTED,
) -> int:
    """Return a member's own bank account, agreed to by a bookkeeper."""
    payee = payees.propose(
        member_id=member_id,
        holder=holder or stations.member(member_id).name,
        bank="农业银行城口支行",
        number=number,
        relation=relation,
        witness_id=witness_id,
        key=f"account-{next(_serial)}",
        actor=actor or a_social_worker(),
        now=now,
    )
    if agrees:
        payees.agree(payee_id=payee, number=number, actor=a_bookkeeper(), now=now)
    return payee


def a_pay_run(
    *,
    workshop_id: int,
    period_end_on: date = JULY,
    now: datetime = AFTER_JULY,
    preparer: Actor | None = None,
    is_approved: bool = True,
) -> int:
    """Return the id of a run, by default that of 25 July, approved by a bookkeeper."""
    run_id = paying.prepare_pay_run(
        workshop_id=workshop_id,
        period_end_on=period_end_on,
        actor=preparer or a_social_worker(),
        now=now,
    )
    if is_approved:
        paying.approve_pay_run(pay_run_id=run_id, actor=a_bookkeeper(), now=now)
    return run_id
