"""What must always be true of earnings and pay, asked of the live database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from shop.earnings.models import Earning, PayRun, PaySlip
from shop.earnings.rules import PayoutState, PayRunState, source_of
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.kernel.i18n import money_text
from shop.kernel.money import Money
from shop.ledger.models import Entry, LedgerAccount, Posting
from shop.ledger.rules import AccountKind

PAYABLE = (AccountKind.WAGES_PAYABLE.value, AccountKind.CONSIGNMENT_PAYABLE.value)
PAYOUT = "payout"


def _money(minor: int) -> str:
    return money_text(Money(minor))


def _member_of(account_key: str) -> int:
    return int(account_key.rpartition(":")[2])


def earnings_are_in_the_books() -> Iterator[Finding]:
    """Yield every member and source where earnings and what the ledger owes disagree."""
    earned: Counter[tuple[int, str]] = Counter()
    for member_id, key, minor in db.session.execute(
        sa.select(Earning.member_id, Earning.key, Earning.amount_minor)
    ):
        earned[member_id, source_of(key)] += minor
    booked: Counter[tuple[int, str]] = Counter()
    for key, source, minor in db.session.execute(
        sa.select(LedgerAccount.key, Entry.source, sa.func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(LedgerAccount.kind.in_(PAYABLE), Entry.kind != PAYOUT)
        .group_by(LedgerAccount.key, Entry.source)
    ):
        booked[_member_of(key), source] += int(minor)
    for member_id, source in sorted(earned.keys() | booked.keys()):
        credited, owed = earned[member_id, source], booked[member_id, source]
        if credited != owed:
            yield Finding(
                "L3",
                f"member:{member_id}",
                f"{source} credited {_money(credited)}, the ledger owes {_money(owed)}",
            )


def pots_are_the_balance() -> Iterator[Finding]:
    """Yield every member whose unpaid earnings are not what stands on her payable accounts."""
    unpaid: Counter[int] = Counter()
    for member_id, minor in db.session.execute(
        sa.select(Earning.member_id, sa.func.sum(Earning.amount_minor))
        .outerjoin(PaySlip, PaySlip.id == Earning.pay_slip_id)
        .where(sa.or_(PaySlip.id.is_(None), PaySlip.state != PayoutState.PAID))
        .group_by(Earning.member_id)
    ):
        unpaid[member_id] = int(minor)
    owed: Counter[int] = Counter()
    for key, minor in db.session.execute(
        sa.select(LedgerAccount.key, sa.func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .where(LedgerAccount.kind.in_(PAYABLE))
        .group_by(LedgerAccount.key)
    ):
        owed[_member_of(key)] += int(minor)
    for member_id in sorted(unpaid.keys() | owed.keys()):
        if unpaid[member_id] != owed[member_id]:
            yield Finding(
                "L5",
                f"member:{member_id}",
                f"her pots hold {_money(unpaid[member_id])} unpaid, "
                f"the ledger owes her {_money(owed[member_id])}",
            )


def slips_add_up() -> Iterator[Finding]:
    """Yield every slip that is not the sum of the earnings stamped with it."""
    stamped = sa.func.coalesce(sa.func.sum(Earning.amount_minor), 0)
    rows = db.session.execute(
        sa.select(PaySlip.id, PaySlip.state, PaySlip.amount_minor, stamped.label("stamped"))
        .outerjoin(Earning, Earning.pay_slip_id == PaySlip.id)
        .group_by(PaySlip.id, PaySlip.state, PaySlip.amount_minor)
    )
    for row in rows:
        expected = 0 if row.state is PayoutState.CARRIED else row.amount_minor
        if int(row.stamped) != expected:
            yield Finding(
                "L6",
                f"pay_slip:{row.id}",
                f"says {_money(expected)}, its earnings are {_money(int(row.stamped))}",
            )


def stamps_are_own() -> Iterator[Finding]:
    """Yield every earning stamped with somebody else's slip or with one that was carried over."""
    rows = db.session.execute(
        sa.select(Earning.id, Earning.member_id, PaySlip.id.label("slip"), PaySlip.member_id)
        .join(PaySlip, PaySlip.id == Earning.pay_slip_id)
        .where(sa.or_(Earning.member_id != PaySlip.member_id, PaySlip.state == PayoutState.CARRIED))
    )
    for row in rows:
        yield Finding(
            "L6",
            f"earning:{row.id}",
            f"belongs to member {row[1]}, its slip {row.slip} is not hers or was carried over",
        )


def runs_add_up() -> Iterator[Finding]:
    """Yield every run whose total is not the sum of its slips."""
    to_pay = sa.case((PaySlip.state == PayoutState.CARRIED, 0), else_=PaySlip.amount_minor)
    rows = db.session.execute(
        sa.select(PayRun.id, PayRun.total_minor, sa.func.sum(to_pay).label("slips"))
        .outerjoin(PaySlip, PaySlip.pay_run_id == PayRun.id)
        .group_by(PayRun.id, PayRun.total_minor)
    )
    for row in rows:
        if row.total_minor != int(row.slips or 0):
            yield Finding(
                "L6",
                f"pay_run:{row.id}",
                f"says {_money(row.total_minor)}, its slips are {_money(int(row.slips or 0))}",
            )


def money_left_by_two_people() -> Iterator[Finding]:
    """Yield every paid slip of a run that nobody, or only its preparer, approved."""
    rows = db.session.execute(
        sa.select(PaySlip.id, PayRun.id.label("run"))
        .join(PayRun, PayRun.id == PaySlip.pay_run_id)
        .where(
            PaySlip.state == PayoutState.PAID,
            sa.or_(
                PayRun.approved_by_id.is_(None),
                PayRun.approved_by_id == PayRun.prepared_by_id,
                PayRun.state.in_([PayRunState.DRAFT, PayRunState.REVIEWED]),
            ),
        )
    )
    for row in rows:
        yield Finding(
            "A3", f"pay_slip:{row.id}", f"was paid, but run {row.run} has no second person"
        )


def town_confirmed_large_runs() -> Iterator[Finding]:
    """Yield every run above its limit whose money may leave although the town did not confirm."""
    rows = db.session.execute(
        sa.select(PayRun.id, PayRun.total_minor).where(
            PayRun.total_minor > PayRun.town_limit_minor,
            PayRun.state != PayRunState.REVIEWED,
            PayRun.confirmed_by_id.is_(None),
        )
    )
    for row in rows:
        yield Finding("A3", f"pay_run:{row.id}", f"pays {_money(row.total_minor)} unconfirmed")


def payouts_are_booked() -> Iterator[Finding]:
    """Yield every paid slip without its ledger entry, and every such entry without its slip."""
    booked: dict[str, int] = {}
    for source, minor in db.session.execute(
        sa.select(Entry.source, sa.func.sum(Posting.amount_minor))
        .join(Posting, Posting.entry_id == Entry.id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Entry.kind == PAYOUT, LedgerAccount.kind.in_(PAYABLE))
        .group_by(Entry.source)
    ):
        booked[source] = -int(minor)
    paid = {
        f"pay_slip:{slip_id}": minor
        for slip_id, minor in db.session.execute(
            sa.select(PaySlip.id, PaySlip.amount_minor).where(PaySlip.state == PayoutState.PAID)
        )
    }
    for source in sorted(booked.keys() | paid.keys()):
        if booked.get(source) != paid.get(source):
            yield Finding(
                "L3",
                source,
                f"paid {_money(paid.get(source, 0))}, booked {_money(booked.get(source, 0))}",
            )


CHECKS: tuple[Check, ...] = (
    Check("L3", "every earning stands in the ledger once", earnings_are_in_the_books),
    Check("L3", "every payout stands in the ledger once", payouts_are_booked),
    Check("L5", "a member's pots are what the ledger owes her", pots_are_the_balance),
    Check("L6", "every pay slip is the sum of its earnings", slips_add_up),
    Check("L6", "every pay run is the sum of its slips", runs_add_up),
    Check("L6", "an earning is stamped with one slip, its member's", stamps_are_own),
    Check("A3", "money left only after a second person approved", money_left_by_two_people),
    Check("A3", "the town confirmed every run above its limit", town_confirmed_large_runs),
)
