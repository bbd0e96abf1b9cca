"""Random lives of a workshop's pay: earned, advanced, taken, corrected, paid, sent back, in turns.

A small model keeps what each woman earned and got; after every life the books must agree with it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.earnings import adjustments, queries
from shop.earnings.adjustments import AdjustmentView
from shop.earnings.models import PayRun, PaySlip, Taking
from shop.earnings.netting import DEDUCTIONS, AdjustmentKind
from shop.earnings.queries import SlipView
from shop.earnings.rules import EarningKind, PayChannel, PayoutState, Pot, last_period_end
from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.production import queries as making
from shop.workflows import adjusting, paying
from tests.builders.accounts import a_bookkeeper, a_cashier, a_social_worker
from tests.builders.earnings import an_earning
from tests.builders.production import Craft, a_craft, a_work_order
from tests.builders.stations import a_member, a_workshop

EVERYWHERE = Scope(("/",))
MEMBERS = 3
MOST_ACTS = 40
KINDS = (EarningKind.PIECE_WAGE, EarningKind.PIECE_WAGE, EarningKind.INSTRUCTOR_FEE)


@dataclass
class PayWorld:
    """The people who pay, one craft, and how often each act was done or refused."""

    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Hire them."""
        self.preparer, self.second = a_social_worker(), a_bookkeeper()
        self.cashier, self.colleague = a_cashier(), a_social_worker()


class PayLife:
    """One workshop's random weeks; the same seed lives them again."""

    def __init__(self, world: PayWorld, seed: int, now: datetime) -> None:
        self.world, self.seed, self.now = world, seed, now
        self.chance = random.Random(seed)
        self.workshop = a_workshop(slug=f"life-{seed}", name=f"工坊 {seed}")
        self.members = [a_member(workshop_id=self.workshop) for _ in range(MEMBERS)]
        self.craft: Craft = a_craft(workshop_id=self.workshop)
        self.earned: Counter[int] = Counter()
        self.got: Counter[int] = Counter()
        self.closed: dict[int, object] = {}
        self.serial = 0

    def live(self) -> None:
        """Live it; raises AssertionError with the seed where model and books disagree."""
        acts: list[Callable[[], object]] = [
            self.earn, self.earn, self.earn, self.earn, self.advance, self.deduct, self.correct,
            self.answer, self.answer, self.answer, self.hand_over_advance, self.wait, self.wait,
            self.prepare, self.approve, self.pay, self.pay, self.pay, self.settle_transfer,
        ]  # fmt: skip
        for _ in range(self.chance.randint(5, MOST_ACTS)):
            act = self.chance.choice(acts)
            try:
                act()
                self.world.told[act.__name__] += 1
            except ShopError as refusal:
                self.world.told[f"{act.__name__}: {refusal.code}"] += 1
            self.keep_closed_runs()
        self.hold()

    # What may happen

    def earn(self) -> None:
        member, fen = self.chance.choice(self.members), self.chance.randint(100, 30_000)
        an_earning(member_id=member, fen=fen, at=self.now, kind=self.chance.choice(KINDS))
        self.earned[member] += fen

    def advance(self) -> None:
        member = self.chance.choice(self.members)
        work = a_work_order(now=self.now, craft=self.craft, member_id=member, quantity=4)
        adjusting.propose_advance(
            member_id=member,
            work_order_public_id=making.work_order_public_id(work),
            amount=Money(self.chance.randint(1, 10_000)),
            key=self._key(),
            actor=self.world.preparer,
            now=self.now,
        )

    def deduct(self) -> None:
        adjustments.propose_deduction(
            kind=self.chance.choice(sorted(DEDUCTIONS)),
            member_id=self.chance.choice(self.members),
            item="钩针",
            paper=self._key(),
            amount=Money(self.chance.randint(1, 9_000)),
            key=self._key(),
            actor=self.world.preparer,
            now=self.now,
        )

    def correct(self) -> None:
        member = self.chance.choice(self.members)
        pot = self.chance.choice((Pot.SURE, Pot.PAID))
        lines = queries.statement(member, pot=pot, now=self.now)
        if not lines:
            return
        line = self.chance.choice(lines)
        adjustments.propose_correction(
            kind=self.chance.choice((AdjustmentKind.OVERPAYMENT, AdjustmentKind.BACK_PAY)),
            member_id=member,
            earning_public_id=line.public_id,
            amount=Money(self.chance.randint(1, max(2, line.amount.minor))),
            reason="数错了",
            key=self._key(),
            actor=self.world.preparer,
            now=self.now,
        )

    def answer(self) -> None:
        found = self._mine(adjustments.waiting(EVERYWHERE, most=10_000))
        if not found:
            return
        one = self.chance.choice(found)
        if self.chance.random() < 0.2:
            adjustments.refuse(
                adjustment_id=one.id, words="", actor=self.world.second, now=self.now
            )
            return
        is_hers = one.kind in DEDUCTIONS
        actor = self.world.colleague if is_hers else self.world.second
        for _ in range(self.chance.choice((1, 2))):  # a double tap books nothing twice
            adjusting.agree(adjustment_id=one.id, actor=actor, now=self.now, on_behalf=is_hers)
        self.earned[one.member_id] += {
            AdjustmentKind.BACK_PAY: one.amount.minor,
            AdjustmentKind.OVERPAYMENT: -one.amount.minor,
        }.get(one.kind, 0)

    def hand_over_advance(self) -> None:
        found = self._mine(adjustments.to_pay(EVERYWHERE, most=10_000))
        if not found:
            return
        one = self.chance.choice(found)
        channel = self.chance.choice((PayChannel.BANK, PayChannel.CASH))
        for _ in range(self.chance.choice((1, 2))):
            adjusting.pay_advance(
                adjustment_id=one.id,
                channel=channel,
                witness_id=self.world.preparer.user_id,
                actor=self.world.cashier,
                now=self.now,
            )
        self.got[one.member_id] += one.amount.minor

    def wait(self) -> None:
        self.now += timedelta(days=self.chance.randint(1, 12))

    def prepare(self) -> None:
        paying.prepare_pay_run(
            workshop_id=self.workshop,
            period_end_on=last_period_end(business_day(self.now)),
            actor=self.world.preparer,
            now=self.now,
            pay_anyway=[one for one in self.members if self.chance.random() < 0.3],
        )

    def approve(self) -> None:
        for run in self._runs():
            paying.approve_pay_run(pay_run_id=run, actor=self.world.second, now=self.now)

    def pay(self) -> None:
        slip = self._slip(PayoutState.PENDING, PayoutState.RETURNED)
        if slip is None:
            return
        channel = self.chance.choice(list(PayChannel))
        if channel is PayChannel.WECHAT:
            paying.send_transfer(pay_slip_id=slip.id, actor=self.world.cashier, now=self.now)
            return
        for _ in range(self.chance.choice((1, 2))):
            self._pay_out(slip, channel)
        self.got[slip.member_id] += slip.amount.minor

    def settle_transfer(self) -> None:
        slip = self._slip(PayoutState.SENDING)
        if slip is None:
            return
        if self.chance.random() < 0.5:
            paying.note_returned(pay_slip_id=slip.id, actor=self.world.cashier, now=self.now)
            return
        self._pay_out(slip, PayChannel.WECHAT)
        self.got[slip.member_id] += slip.amount.minor

    # What must hold

    def hold(self) -> None:
        """Compare every woman's books with the model."""
        for member in self.members:
            # What was advanced lies on its own account until a run takes it back.
            in_hand = -ledger.balance(f"advance:member:{member}").minor
            deducted = sum(
                part.minor
                for parts in adjustments.taken_by(self._paid(member)).values()
                for part, one in parts
                if one.kind in DEDUCTIONS
            )
            owed = ledger.balance(f"wages_payable:member:{member}").minor
            left = self.earned[member] - self.got[member] - deducted + in_hand
            assert owed == left, f"seed {self.seed}, member {member}: {owed} owed, not {left}"

    def keep_closed_runs(self) -> None:
        """Raise when anything of a closed run has changed, to the byte."""
        for run in db.session.scalars(
            sa.select(PayRun.id).where(
                PayRun.workshop_id == self.workshop, PayRun.closed_at.is_not(None)
            )
        ).all():
            kept = self.closed.setdefault(run, self._written(run))
            assert kept == self._written(run), f"seed {self.seed}: closed run {run} was edited"

    def _written(self, run: int) -> object:
        columns = sa.inspect(PayRun).columns
        slips = sa.select(PaySlip.id, PaySlip.member_id, PaySlip.gross_minor, PaySlip.amount_minor)
        takings = sa.select(Taking.id, Taking.adjustment_id, Taking.amount_minor).join(
            PaySlip, PaySlip.id == Taking.pay_slip_id
        )
        return [
            [tuple(row) for row in db.session.execute(one)]
            for one in (
                sa.select(*columns).where(PayRun.id == run),
                slips.where(PaySlip.pay_run_id == run).order_by(PaySlip.id),
                takings.where(PaySlip.pay_run_id == run).order_by(Taking.id),
            )
        ]

    def _pay_out(self, slip: SlipView, channel: PayChannel) -> None:
        paying.record_payout(
            pay_slip_id=slip.id,
            channel=channel,
            witness_id=self.world.preparer.user_id if channel is PayChannel.CASH else None,
            actor=self.world.cashier,
            now=self.now,
        )

    def _mine(self, found: list[AdjustmentView]) -> list[AdjustmentView]:
        return [one for one in found if one.member_id in self.members]

    def _runs(self) -> list[int]:
        return list(
            db.session.scalars(
                sa.select(PayRun.id).where(
                    PayRun.workshop_id == self.workshop, PayRun.approved_at.is_(None)
                )
            )
        )

    def _paid(self, member: int) -> list[int]:
        return list(
            db.session.scalars(
                sa.select(PaySlip.id).where(
                    PaySlip.member_id == member, PaySlip.state == PayoutState.PAID
                )
            )
        )

    def _slip(self, *states: PayoutState) -> SlipView | None:
        runs = db.session.scalars(sa.select(PayRun.id).where(PayRun.workshop_id == self.workshop))
        found = [one for run in runs for one in queries.slips(run) if one.state in states]
        return self.chance.choice(found) if found else None

    def _key(self) -> str:
        self.serial += 1
        return f"life-{self.seed}-{self.serial}"
