"""What must always be true of project money, asked of the live database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from shop.funds.models import AllowanceDay, AllowanceSheet, FundReceipt
from shop.funds.rules import SheetState
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.kernel.i18n import money_text
from shop.kernel.money import Money
from shop.ledger.models import Entry, LedgerAccount, Posting
from shop.ledger.rules import AccountKind


def _money(minor: int) -> str:
    return money_text(Money(minor))


def project_money_is_booked() -> Iterator[Finding]:
    """Yield every project whose money in the books is not what came in less what was agreed."""
    left: Counter[int] = Counter()
    for project_id, minor in db.session.execute(
        sa.select(FundReceipt.project_id, sa.func.sum(FundReceipt.amount_minor))
        .where(FundReceipt.withdrawn_at.is_(None))
        .group_by(FundReceipt.project_id)
    ):
        left[project_id] += int(minor)
    for project_id, minor in db.session.execute(
        sa.select(AllowanceSheet.project_id, sa.func.sum(AllowanceSheet.amount_minor))
        .where(AllowanceSheet.state == SheetState.AGREED)
        .group_by(AllowanceSheet.project_id)
    ):
        left[project_id] -= int(minor)
    booked: Counter[int] = Counter()
    for key, minor in db.session.execute(
        sa.select(LedgerAccount.key, sa.func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .where(LedgerAccount.kind == AccountKind.PROJECT_FUND.value)
        .group_by(LedgerAccount.key)
    ):
        booked[int(key.rpartition(":")[2])] += int(minor)
    for project_id in sorted(left.keys() | booked.keys()):
        if left[project_id] != booked[project_id]:
            yield Finding(
                "L3",
                f"funded_project:{project_id}",
                f"{_money(left[project_id])} is left, the ledger says {_money(booked[project_id])}",
            )


def nothing_is_promised_twice() -> Iterator[Finding]:
    """Yield every project that spends or promises more than came in for it."""
    received = (
        sa.select(sa.func.coalesce(sa.func.sum(FundReceipt.amount_minor), 0))
        .where(
            FundReceipt.project_id == AllowanceSheet.project_id,
            FundReceipt.withdrawn_at.is_(None),
        )
        .correlate(AllowanceSheet)
        .scalar_subquery()
    )
    for project_id, promised, came in db.session.execute(
        sa.select(
            AllowanceSheet.project_id,
            sa.func.sum(AllowanceSheet.amount_minor),
            sa.func.max(received),
        )
        .where(AllowanceSheet.state != SheetState.REFUSED)
        .group_by(AllowanceSheet.project_id)
    ):
        if int(promised) > int(came):
            yield Finding(
                "L5",
                f"funded_project:{project_id}",
                f"promises {_money(int(promised))} of {_money(int(came))}",
            )


def sheets_are_paid_as_kept() -> Iterator[Finding]:
    """Yield every sheet whose sum, or whose members' pay, is not its days times its rate."""
    owed: Counter[tuple[int, int]] = Counter()
    for key, source, minor in db.session.execute(
        sa.select(LedgerAccount.key, Entry.source, sa.func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Entry.kind == "project_allowance",
            LedgerAccount.kind == AccountKind.WAGES_PAYABLE.value,
        )
        .group_by(LedgerAccount.key, Entry.source)
    ):
        owed[int(source.rpartition(":")[2]), int(key.rpartition(":")[2])] += int(minor)
    kept: Counter[tuple[int, int]] = Counter()
    sums: Counter[int] = Counter()
    said: dict[int, int] = {}
    for sheet_id, rate, amount, state, member_id, days, counting in db.session.execute(
        sa.select(
            AllowanceSheet.id,
            AllowanceSheet.day_rate_minor,
            AllowanceSheet.amount_minor,
            AllowanceSheet.state,
            AllowanceDay.member_id,
            sa.func.count(),
            sa.func.sum(sa.case((AllowanceDay.counts, 1), else_=0)),
        )
        .join(AllowanceDay, AllowanceDay.sheet_id == AllowanceSheet.id)
        .group_by(
            AllowanceSheet.id,
            AllowanceSheet.day_rate_minor,
            AllowanceSheet.amount_minor,
            AllowanceSheet.state,
            AllowanceDay.member_id,
        )
    ):
        said[sheet_id] = amount
        sums[sheet_id] += days * rate
        if state is SheetState.AGREED:
            kept[sheet_id, member_id] += days * rate
        if int(counting) != (0 if state is SheetState.REFUSED else days):
            yield Finding(
                "L3", f"allowance_sheet:{sheet_id}", f"member {member_id}: {counting} days count"
            )
    for sheet_id, amount in said.items():
        if sums[sheet_id] != amount:
            yield Finding(
                "L3",
                f"allowance_sheet:{sheet_id}",
                f"says {_money(amount)}, its days are {_money(sums[sheet_id])}",
            )
    for sheet_id, member_id in sorted(kept.keys() | owed.keys()):
        hers, booked = kept[sheet_id, member_id], owed[sheet_id, member_id]
        if hers != booked:
            yield Finding(
                "L3",
                f"allowance_sheet:{sheet_id}",
                f"member {member_id} came for {_money(hers)}, booked {_money(booked)}",
            )


def sheets_have_two_people() -> Iterator[Finding]:
    """Yield every agreed sheet that nobody but its writer agreed to."""
    for sheet_id in db.session.scalars(
        sa.select(AllowanceSheet.id).where(
            AllowanceSheet.state == SheetState.AGREED,
            sa.or_(
                AllowanceSheet.decided_by_id.is_(None),
                AllowanceSheet.decided_by_id == AllowanceSheet.proposed_by_id,
            ),
        )
    ):
        yield Finding("A3", f"allowance_sheet:{sheet_id}", "nobody but its writer agreed to it")


CHECKS: tuple[Check, ...] = (
    Check(
        "L3",
        "project money in the books is what came in less what was agreed",
        project_money_is_booked,
    ),
    Check("L5", "no project spends more than came in for it", nothing_is_promised_twice),
    Check("L3", "a sheet pays each member her days, once", sheets_are_paid_as_kept),
    Check("A3", "every sheet was agreed to by a second person", sheets_have_two_people),
)
