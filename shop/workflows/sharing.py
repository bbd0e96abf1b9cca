"""Sharing a year's surplus: what the members decided is booked and owed with it, or neither."""

from __future__ import annotations

from datetime import datetime

from shop.earnings import rules, years
from shop.earnings import services as earnings
from shop.earnings.rules import EarningKind
from shop.earnings.services import NewEarning
from shop.earnings.years import Decided
from shop.kernel.access import Actor
from shop.kernel.db import transactional
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit, member_account


@transactional
def decide(
    *,
    plan_id: int,
    votes_for: int,
    votes_against: int,
    words: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down that the members agreed to a year's plan: from now on their shares are owed.

    The next pay run pays them. Safe to repeat with the same votes and words.

    Raises what years.decide raises. Source: domain.md 5 E17 and its journal row.
    """
    decided = years.decide(
        plan_id=plan_id,
        votes_for=votes_for,
        votes_against=votes_against,
        words=words,
        actor=actor,
        now=now,
    )
    if decided is None:
        return
    source = f"year:{plan_id}"
    earnings.credit_many(earnings=_earnings(decided, source, now), now=now)
    at = decided.workshop_id
    by_work = account(AccountKind.PATRONAGE_PAYABLE, at)
    by_account = account(AccountKind.ACCOUNT_SHARE_PAYABLE, at)
    parts = decided.parts
    ledger.post_many(
        entries=[
            ledger.NewEntry(
                kind="surplus",
                source=source,
                station_id=decided.station_id,
                lines=[
                    debit(account(AccountKind.SURPLUS, at), parts.surplus),
                    credit(account(AccountKind.OLD_LOSS, at), parts.old_loss),
                    credit(account(AccountKind.RESERVE, at), parts.reserve),
                    credit(by_work, parts.by_patronage),
                    credit(by_account, parts.by_accounts),
                ],
                happened_at=now,
            ),
            ledger.NewEntry(
                kind="surplus_shared",
                source=source,
                station_id=decided.station_id,
                lines=[
                    debit(by_work, parts.by_patronage),
                    debit(by_account, parts.by_accounts),
                    *[
                        credit(
                            member_account(AccountKind.WAGES_PAYABLE, one.member_id),
                            one.share.together,
                        )
                        for one in decided.lines
                    ],
                ],
                happened_at=now,
            ),
        ],
        actor=actor,
        now=now,
    )


def _earnings(decided: Decided, source: str, now: datetime) -> list[NewEarning]:
    all_of_it = years.together(list(decided.lines))
    return [
        NewEarning(
            key=f"{source}:member:{one.member_id}:{kind.value}",
            member_id=one.member_id,
            kind=kind,
            amount=amount,
            facts=rules.surplus_facts(year=decided.year, hers=hers, everyones=everyones, part=part),
            earned_at=now,
            sure_at=now,
        )
        for one in decided.lines
        for kind, amount, hers, everyones, part in (
            (
                EarningKind.PATRONAGE_REFUND,
                one.share.refund,
                one.patronage,
                all_of_it.patronage,
                decided.parts.by_patronage,
            ),
            (
                EarningKind.ACCOUNT_SHARE,
                one.share.share,
                one.account.together,
                all_of_it.account.together,
                decided.parts.by_accounts,
            ),
        )
        if amount > Money(0)
    ]
