"""What must always be true of earnings and pay, asked of the live database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from shop.earnings import queries, surplus, years
from shop.earnings.models import (
    Adjustment,
    Earning,
    PayeeAccount,
    PayRun,
    PaySlip,
    Taking,
    YearPlan,
    YearShare,
)
from shop.earnings.netting import (
    LEAST_PAID_PERCENT,
    MOST_RECOVERED_PERCENT,
    AdjustmentKind,
    AdjustmentState,
)
from shop.earnings.payees import PURPOSE as PAYEE
from shop.earnings.rules import (
    SHARES_OF_SURPLUS,
    EarningKind,
    PayeeState,
    PayoutState,
    PayRunState,
    YearState,
    source_of,
)
from shop.kernel import links
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.i18n import money_text
from shop.kernel.money import Money
from shop.ledger.models import Entry, LedgerAccount, Posting
from shop.ledger.rules import AccountKind

PAYABLE = (AccountKind.WAGES_PAYABLE.value, AccountKind.CONSIGNMENT_PAYABLE.value)
MONEY = (AccountKind.CASH.value, AccountKind.BANK.value)
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
    for one in _overpaid():
        earned[one.member_id, f"adjustment:{one.id}"] -= one.amount_minor
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


def _overpaid() -> sa.Result[tuple[int, int, int, int]]:
    """Return the corrections against members, and what paid slips have taken of each."""
    return db.session.execute(
        sa.select(
            Adjustment.id,
            Adjustment.member_id,
            Adjustment.amount_minor,
            _taken_when_paid().label("taken"),
        ).where(
            Adjustment.kind == AdjustmentKind.OVERPAYMENT,
            Adjustment.state == AdjustmentState.STANDING,
        )
    )


def _taken_when_paid() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(Taking.amount_minor), 0))
        .join(PaySlip, PaySlip.id == Taking.pay_slip_id)
        .where(Taking.adjustment_id == Adjustment.id, PaySlip.state == PayoutState.PAID)
        .correlate(Adjustment)
        .scalar_subquery()
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
    for one in _overpaid():
        unpaid[one.member_id] -= one.amount_minor - int(one.taken)
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
        sa.select(PaySlip.id, PaySlip.state, PaySlip.gross_minor, stamped.label("stamped"))
        .outerjoin(Earning, Earning.pay_slip_id == PaySlip.id)
        .group_by(PaySlip.id, PaySlip.state, PaySlip.gross_minor)
    )
    for row in rows:
        expected = 0 if row.state is PayoutState.CARRIED else row.gross_minor
        if int(row.stamped) != expected:
            yield Finding(
                "L6",
                f"pay_slip:{row.id}",
                f"says {_money(expected)}, its earnings are {_money(int(row.stamped))}",
            )


def takings_stay_within() -> Iterator[Finding]:
    """Yield every slip that pays another sum than is left, or that took more than it may."""
    advanced = Adjustment.kind == AdjustmentKind.ADVANCE
    for_work = (
        sa.select(sa.func.coalesce(sa.func.sum(queries.for_work()), 0))
        .where(Earning.pay_slip_id == PaySlip.id)
        .correlate(PaySlip)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            PaySlip.id,
            PaySlip.gross_minor,
            PaySlip.amount_minor,
            sa.func.coalesce(sa.func.sum(Taking.amount_minor), 0).label("taken"),
            sa.func.coalesce(
                sa.func.sum(sa.case((advanced, 0), else_=Taking.amount_minor)), 0
            ).label("recovered"),
            sa.func.max(sa.case((Adjustment.member_id != PaySlip.member_id, 1), else_=0)).label(
                "strange"
            ),
            for_work.label("for_work"),
        )
        .outerjoin(Taking, Taking.pay_slip_id == PaySlip.id)
        .outerjoin(Adjustment, Adjustment.id == Taking.adjustment_id)
        .group_by(PaySlip.id, PaySlip.gross_minor, PaySlip.amount_minor)
        .having(sa.or_(sa.func.count(Taking.id) > 0, PaySlip.gross_minor != PaySlip.amount_minor))
    )
    for row in rows:
        gross, taken, recovered = row.gross_minor, int(row.taken), int(row.recovered)
        if row.amount_minor != gross - taken or row.strange:
            yield Finding(
                "L6",
                f"pay_slip:{row.id}",
                f"earned {_money(gross)}, took {_money(taken)}, pays {_money(row.amount_minor)}",
            )
        elif taken * 100 > gross * (100 - LEAST_PAID_PERCENT) or (
            recovered * 100 > int(row.for_work) * MOST_RECOVERED_PERCENT
        ):
            yield Finding(
                "L6", f"pay_slip:{row.id}", f"took {_money(taken)} of {_money(gross)}: over its cap"
            )


def adjustments_add_up() -> Iterator[Finding]:
    """Yield every adjustment whose rest is not what its takings leave, or that nobody agreed to."""
    taken = (
        sa.select(sa.func.coalesce(sa.func.sum(Taking.amount_minor), 0))
        .where(Taking.adjustment_id == Adjustment.id)
        .scalar_subquery()
    )
    for row, minor in db.session.execute(sa.select(Adjustment, taken)):
        is_taken = row.state is AdjustmentState.STANDING and row.kind is not AdjustmentKind.BACK_PAY
        expected = row.amount_minor - int(minor) if is_taken else 0
        if row.left_minor != expected or (minor and not is_taken):
            yield Finding(
                "L6",
                f"adjustment:{row.id}",
                f"says that {_money(row.left_minor)} is left, its slips leave {_money(expected)}",
            )
        agreed = row.state in {AdjustmentState.STANDING, AdjustmentState.APPROVED}
        if agreed and row.decided_by_id in {None, row.proposed_by_id}:
            yield Finding("A3", f"adjustment:{row.id}", "nobody but its preparer agreed to it")


def advances_are_booked() -> Iterator[Finding]:
    """Yield every member whose advances are not what the ledger says that she has in hand."""
    in_hand: Counter[int] = Counter()
    paid_out = sa.case((Adjustment.paid_at.is_(None), 0), else_=Adjustment.amount_minor)
    for member_id, minor, taken in db.session.execute(
        sa.select(Adjustment.member_id, paid_out, _taken_when_paid()).where(
            Adjustment.kind == AdjustmentKind.ADVANCE
        )
    ):
        in_hand[member_id] += int(minor) - int(taken)
    booked: Counter[int] = Counter()
    for key, minor in db.session.execute(
        sa.select(LedgerAccount.key, sa.func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .where(LedgerAccount.kind == AccountKind.ADVANCE.value)
        .group_by(LedgerAccount.key)
    ):
        booked[_member_of(key)] -= int(minor)
    for member_id in sorted(in_hand.keys() | booked.keys()):
        if in_hand[member_id] != booked[member_id]:
            yield Finding(
                "L3",
                f"member:{member_id}",
                f"advanced {_money(in_hand[member_id])}, booked {_money(booked[member_id])}",
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
    is_owed = LedgerAccount.kind.in_(PAYABLE)
    is_money = LedgerAccount.kind.in_(MONEY)
    booked = {
        row.source: (-int(row.owed), int(row.left))
        for row in db.session.execute(
            sa.select(
                Entry.source,
                sa.func.sum(sa.case((is_owed, Posting.amount_minor), else_=0)).label("owed"),
                sa.func.sum(sa.case((is_money, Posting.amount_minor), else_=0)).label("left"),
            )
            .join(Posting, Posting.entry_id == Entry.id)
            .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
            .where(Entry.kind == PAYOUT)
            .group_by(Entry.source)
        )
    }
    # A correction lowered what was owed when it was agreed to; its slip pays that much less off.
    corrected = (
        sa.select(sa.func.coalesce(sa.func.sum(Taking.amount_minor), 0))
        .join(Adjustment, Adjustment.id == Taking.adjustment_id)
        .where(Taking.pay_slip_id == PaySlip.id, Adjustment.kind == AdjustmentKind.OVERPAYMENT)
        .scalar_subquery()
    )
    paid = {
        f"pay_slip:{row.id}": (int(row.owed), row.amount_minor)
        for row in db.session.execute(
            sa.select(
                PaySlip.id, (PaySlip.gross_minor - corrected).label("owed"), PaySlip.amount_minor
            ).where(PaySlip.state == PayoutState.PAID)
        )
    }
    for source in sorted(booked.keys() | paid.keys()):
        said, was = paid.get(source, (0, 0)), booked.get(source, (0, 0))
        if said != was or source not in booked or source not in paid:
            yield Finding(
                "L3",
                source,
                f"settled {_money(said[0])} and paid {_money(said[1])}, "
                f"booked {_money(was[0])} and {_money(was[1])}",
            )


def years_add_up() -> Iterator[Finding]:
    """Yield every year whose lines are not what the rule makes of its parts, to the fen."""
    for plan in db.session.scalars(
        sa.select(YearPlan).where(YearPlan.state.in_([YearState.OPEN, YearState.DECIDED]))
    ):
        name = f"year_plan:{plan.id}"
        parts = surplus.parted(
            Money(plan.surplus_minor),
            old_loss=Money(plan.old_loss_minor),
            reserve_percent=plan.reserve_percent,
            patronage_percent=plan.patronage_percent,
        )
        lines = years.lines_of(plan.id)
        if parts is None or not parts.is_lawful:
            yield Finding("L4", name, "shares less by work than the law wants, or nothing at all")
            continue
        shared = surplus.shares(
            parts,
            patronage={one.member_id: one.patronage for one in lines},
            accounts={one.member_id: one.account for one in lines},
        )
        wrong = [one.code for one in lines if one.share != shared[one.member_id]]
        if wrong or not lines:
            yield Finding("L4", name, f"its lines are not what the rule says: {', '.join(wrong)}")
        if plan.opened_by_id in {None, plan.drawn_up_by_id}:
            yield Finding("A3", name, "nobody but its writer laid it open")


def years_are_owed() -> Iterator[Finding]:
    """Yield every decided year whose members were not credited what their lines say."""
    credited: Counter[str] = Counter()
    for key, minor in db.session.execute(
        sa.select(Earning.key, Earning.amount_minor).where(Earning.kind.in_(SHARES_OF_SURPLUS))
    ):
        credited[key] += minor
    said: Counter[str] = Counter()
    for row in db.session.scalars(
        sa.select(YearShare)
        .join(YearPlan, YearPlan.id == YearShare.plan_id)
        .where(YearPlan.state == YearState.DECIDED)
    ):
        hers = f"year:{row.plan_id}:member:{row.member_id}"
        said[f"{hers}:{EarningKind.PATRONAGE_REFUND.value}"] += row.refund_minor
        said[f"{hers}:{EarningKind.ACCOUNT_SHARE.value}"] += row.share_minor
    for key in sorted(credited.keys() | said.keys()):
        if credited[key] != said[key]:
            yield Finding(
                "L3",
                f"year_plan:{key.split(':')[1]}",
                f"{key} credited {_money(credited[key])}, its line says {_money(said[key])}",
            )


def accounts_are_whole() -> Iterator[Finding]:
    """Yield every bank account whose sealed number is not the one that two people typed."""
    for row in db.session.scalars(sa.select(PayeeAccount)):
        try:
            number = links.opened(PAYEE, row.number)
        except NotFound:
            yield Finding("A3", f"payee_account:{row.id}", "its number cannot be opened")
            continue
        if links.digest(PAYEE, number) != row.digest or not number.endswith(row.tail):
            yield Finding("A3", f"payee_account:{row.id}", "its number is not the one agreed to")


def accounts_have_two_people() -> Iterator[Finding]:
    """Yield every account to which pay is sent and that nobody but its writer agreed to."""
    for payee_id in db.session.scalars(
        sa.select(PayeeAccount.id).where(
            PayeeAccount.state.in_([PayeeState.STANDING, PayeeState.ENDED]),
            sa.or_(
                PayeeAccount.decided_by_id.is_(None),
                PayeeAccount.decided_by_id == PayeeAccount.proposed_by_id,
            ),
        )
    ):
        yield Finding("A3", f"payee_account:{payee_id}", "nobody but its writer agreed to it")


CHECKS: tuple[Check, ...] = (
    Check("L3", "every earning stands in the ledger once", earnings_are_in_the_books),
    Check("L3", "every payout stands in the ledger once", payouts_are_booked),
    Check("L5", "a member's pots are what the ledger owes her", pots_are_the_balance),
    Check("L6", "every pay slip is the sum of its earnings", slips_add_up),
    Check("L6", "a slip takes what is agreed to, within its caps", takings_stay_within),
    Check("L6", "an adjustment's rest is what its slips leave", adjustments_add_up),
    Check("L3", "every advance stands in the ledger", advances_are_booked),
    Check("L6", "every pay run is the sum of its slips", runs_add_up),
    Check("L6", "an earning is stamped with one slip, its member's", stamps_are_own),
    Check("L4", "a year's surplus is shared as the rule says", years_add_up),
    Check("L3", "every member was credited her share of a decided year", years_are_owed),
    Check("A3", "a bank account is the one that two people typed", accounts_are_whole),
    Check("A3", "every bank account was agreed to by a second person", accounts_have_two_people),
    Check("A3", "money left only after a second person approved", money_left_by_two_people),
    Check("A3", "the town confirmed every run above its limit", town_confirmed_large_runs),
)
