"""Crediting what members earned, and paying it out in runs of two people."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from shop.accounts import queries as accounts
from shop.earnings import netting, rules
from shop.earnings.events import (
    Earned,
    PaidOut,
    PayRunApproved,
    PayRunPrepared,
    PayRunReviewed,
    PayRunSentBack,
    TransferReturned,
    TransferSent,
    WageRecordTaken,
)
from shop.earnings.models import Adjustment, Earning, PayRun, PaySlip, Taking
from shop.earnings.netting import AdjustmentKind, Owing
from shop.earnings.rules import (
    NOT_FOR_WORK,
    TOWN_LIMIT,
    EarningKind,
    PayChannel,
    PayoutState,
    PayRunState,
)
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound, ShopError
from shop.kernel.ids import public_id
from shop.kernel.money import Money, total
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView

CHUNK = 1000
LONGEST_WORDS = 300


class NothingEarned(InvalidInput):
    """An earning of zero or less: that is no earning."""

    code = "earnings.nothing_earned"


class EarningReused(Conflict):
    """The same work was to be credited a second time with another amount."""

    code = "earnings.earning_reused"


class WageStands(ShopError):
    """Pay for accepted work is never taken back because of a sale (domain.md 4)."""

    code = "earnings.wage_stands"


class ReversedTooMuch(ShopError):
    """More would be taken back than was earned."""

    code = "earnings.reversed_too_much"


class NotAPeriodEnd(InvalidInput):
    """Pay periods end on the 5th and on the 20th."""

    code = "earnings.not_a_period_end"


class PeriodNotOver(ShopError):
    """The period still runs: what is accepted today belongs to it."""

    code = "earnings.period_not_over"


class NothingDue(ShopError):
    """Nobody of the workshop has anything sure and unpaid in this period."""

    code = "earnings.nothing_due"


class TwoPeople(ShopError):
    """The one who prepared a run never approves it (domain.md 14.7)."""

    code = "earnings.two_people"


class OwnPay(ShopError):
    """Nobody approves or hands out her own pay (trust.md A3)."""

    code = "earnings.own_pay"


class TransferUnderWay(Conflict):
    """A transfer by phone waits for her; a second payment only after it has come back."""

    code = "earnings.transfer_under_way"


class TransferNotSent(Conflict):
    """No transfer by phone is on its way for this slip."""

    code = "earnings.transfer_not_sent"


class WordsMissing(InvalidInput):
    """A run is sent back with words, so that the room knows what to look at."""

    code = "earnings.words_missing"


class RunNotApproved(Conflict):
    """Money leaves only for a run that a second person approved."""

    code = "earnings.run_not_approved"


class AlreadyPaid(Conflict):
    """The slip was paid before, in another way or by somebody else."""

    code = "earnings.already_paid"


class NothingToPayOut(Conflict):
    """The slip was carried over: its sum is in the next run."""

    code = "earnings.nothing_to_pay_out"


class WitnessMissing(InvalidInput):
    """Cash is handed over before a witness who is neither payer nor payee."""

    code = "earnings.witness_missing"


@dataclass(frozen=True, slots=True)
class NewEarning:
    """One amount to credit.

    key            names the work once: its ledger source, or that and a colon and more
                   (``hand_in:12``, ``order:31:line:2``, ``session:5:instructor``).
    facts          what ``rules.sentence`` needs.
    sure_at        from when it is hers for certain; None while it waits for ``waiting_for``.
    owner          what it hangs on while waiting, such as ``order:31:77``, part 77 of an order.
    """

    key: str
    member_id: int
    kind: EarningKind
    amount: Money
    facts: Mapping[str, object]
    earned_at: datetime
    sure_at: datetime | None
    waiting_for: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class PaidSlip:
    """What one slip settled, parted by where it stood in the books.

    ``wages`` and ``consignment`` were owed; what was taken of them is parted by kind.
    """

    pay_slip_id: int
    member_id: int
    workshop_id: int
    station_id: int
    wages: Money
    consignment: Money
    taken: Mapping[AdjustmentKind, Money]

    @property
    def paid(self) -> Money:
        """Return what she got."""
        return self.wages + self.consignment - total(list(self.taken.values()))


@dataclass(frozen=True, slots=True)
class _Owed:
    """What a run owes one member, and the earnings that make it up."""

    earning_ids: list[int]
    gross: Money
    for_work: Money


@transactional
def credit(
    *,
    key: str,
    member_id: int,
    kind: EarningKind,
    amount: Money,
    facts: Mapping[str, object],
    earned_at: datetime,
    sure_at: datetime | None,
    now: datetime,
    waiting_for: str | None = None,
    owner: str | None = None,
) -> int:
    """Credit one amount to a member and return the earning's id; see ``NewEarning``.

    The books are posted by the workflow that calls, under the source the key begins with.
    Safe to repeat: the same key with the same content gives the first id.

    Raises NothingEarned, EarningReused, NotFound.
    """
    earning = NewEarning(
        key, member_id, kind, amount, facts, earned_at, sure_at, waiting_for, owner
    )
    return _credit([earning], now)[0]


@transactional
def credit_many(*, earnings: Sequence[NewEarning], now: datetime) -> list[int]:
    """Credit several amounts with one statement; like ``credit`` in everything else."""
    return _credit(list(earnings), now)


def _credit(earnings: list[NewEarning], now: datetime) -> list[int]:
    if not earnings:
        return []
    for earning in earnings:
        if earning.amount <= Money(0):
            raise NothingEarned(key=earning.key)
    members = stations.members_by_id(earning.member_id for earning in earnings)
    rows = []
    for earning in earnings:
        if earning.member_id not in members:
            raise NotFound(what=f"member:{earning.member_id}")
        member = members[earning.member_id]
        rows.append(
            {
                "public_id": public_id("ern"),
                "key": earning.key,
                "member_id": member.id,
                "workshop_id": member.workshop_id,
                "station_id": member.station_id,
                "kind": earning.kind,
                "amount_minor": earning.amount.minor,
                "facts": json.dumps(dict(earning.facts), ensure_ascii=False, sort_keys=True),
                "earned_at": earning.earned_at,
                "sure_at": earning.sure_at,
                "waiting_for": None if earning.sure_at else earning.waiting_for,
                "owner": earning.owner,
            }
        )
    table = table_of(Earning)
    fresh = db.session.execute(
        insert_or(table)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(table.c.id, table.c.member_id, table.c.station_id),
        rows,
    ).all()
    for row in sorted(fresh, key=lambda row: row.id):
        # Who did it stands in the event of the work itself; this one only follows from it.
        events.record(
            Earned(row.id, row.member_id), actor=SYSTEM, station_id=row.station_id, now=now
        )
    known = {
        row.key: row
        for row in db.session.execute(
            sa.select(
                Earning.id, Earning.key, Earning.member_id, Earning.kind, Earning.amount_minor
            ).where(Earning.key.in_([earning.key for earning in earnings]))
        )
    }
    for earning in earnings:
        row = known[earning.key]
        said = (earning.member_id, earning.kind, earning.amount.minor)
        if said != (row.member_id, row.kind, row.amount_minor):
            raise EarningReused(key=earning.key)
    return [known[earning.key].id for earning in earnings]


@transactional
def make_sure(*, now: datetime, owners: Collection[str] = (), keys: Collection[str] = ()) -> int:
    """Turn waiting amounts into sure ones and return how many; safe to repeat.

    owners    everything that hangs on these, such as ``order:31:77``; exact names only.
    keys      single earnings by key.
    """
    chosen = sa.or_(Earning.owner.in_(list(owners)), Earning.key.in_(list(keys)))
    return rows_changed(
        sa.update(Earning)
        .where(chosen, Earning.sure_at.is_(None))
        .values(sure_at=now, waiting_for=None)
    )


@transactional
def reverse(
    *,
    earning_id: int,
    amount: Money,
    key: str,
    facts: Mapping[str, object],
    now: datetime,
) -> int:
    """Take back a part of a consignment share and return the id of the counter-earning.

    It lies in the same pot as what it reverses; after a payout it lowers the next one.
    Safe to repeat with the same key and amount.

    amount    how much is taken back, as a positive sum.

    Raises NotFound, NothingEarned, WageStands, ReversedTooMuch, EarningReused.
    Source: domain.md 4 (a return reverses exactly her part), trust.md L4.
    """
    if amount <= Money(0):
        raise NothingEarned(key=key)
    original = db.session.execute(
        sa.select(Earning).where(Earning.id == earning_id).with_for_update()
    ).scalar_one_or_none()
    if original is None:
        raise NotFound(what=f"earning:{earning_id}")
    if original.kind not in rules.REVERSIBLE:
        raise WageStands(earning=original.public_id)
    done = db.session.execute(
        sa.select(Earning.id, Earning.reverses_id, Earning.amount_minor).where(Earning.key == key)
    ).one_or_none()
    if done is not None:
        if (done.reverses_id, done.amount_minor) != (earning_id, -amount.minor):
            raise EarningReused(key=key)
        return int(done.id)
    taken = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Earning.amount_minor), 0)).where(
            Earning.reverses_id == earning_id
        )
    )
    if original.amount_minor + int(taken or 0) < amount.minor:
        raise ReversedTooMuch(earning=original.public_id)
    is_paid = original.pay_slip_id is not None
    return db.session.execute(
        sa.insert(Earning).returning(Earning.id),
        {
            "public_id": public_id("ern"),
            "key": key,
            "member_id": original.member_id,
            "workshop_id": original.workshop_id,
            "station_id": original.station_id,
            "kind": EarningKind.REVERSAL,
            "amount_minor": -amount.minor,
            "facts": json.dumps(dict(facts), ensure_ascii=False, sort_keys=True),
            "earned_at": now,
            "sure_at": now if is_paid else original.sure_at,
            "waiting_for": None if is_paid else original.waiting_for,
            "owner": original.owner,
            "reverses_id": original.id,
        },
    ).scalar_one()


@transactional
def prepare(
    *,
    workshop_id: int,
    period_end_on: date,
    actor: Actor,
    now: datetime,
    pay_anyway: Collection[int] = (),
) -> int:
    """Draw up the pay of a workshop for one period and return the run's id.

    Every sure, unpaid earning up to the end of the period is stamped with its slip; the stamp is
    the claim, so no second run finds it. What stands against her pay is taken within its caps
    (E8, E10). Small sums are carried over unstamped, and nothing is taken of them (E9).
    Safe to repeat: the run of a period is drawn up once and returned after that.

    pay_anyway    members who asked for their sum although it is small.

    Raises NotFound, OutOfReach, Forbidden, NotAPeriodEnd, PeriodNotOver, NothingDue.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.PREPARE_PAY, at=workshop.path)
    if actor.user_id is None:
        raise TwoPeople
    zone = stations.station(workshop.station_id).time_zone
    if not rules.is_period_end(period_end_on):
        raise NotAPeriodEnd(day=period_end_on)
    if business_day(now, zone) <= period_end_on:
        raise PeriodNotOver(day=period_end_on)
    run_id, is_new = _open_run(workshop, period_end_on, actor.user_id, now)
    if not is_new:
        return run_id
    earned = _unpaid(workshop_id, before=start_of_day(period_end_on + timedelta(days=1), zone))
    if not earned:
        raise NothingDue(day=period_end_on)
    carried_before = _carried_in_a_row(set(earned))
    paid = Money(0)
    owing = _owing(earned)
    for member_id, owed in sorted(earned.items()):
        takings = netting.taken(owing.get(member_id, []), gross=owed.gross, for_work=owed.for_work)
        due = owed.gross - total(list(takings.values()))
        carried = rules.is_carried(
            due, carried_before=carried_before.get(member_id, 0), asked=member_id in pay_anyway
        )
        slip_id = _add_slip(
            run_id, member_id, owed.gross, owed.gross if carried else due, carried=carried
        )
        if not carried:
            _stamp(owed.earning_ids, slip_id)
            _take(takings, slip_id)
            paid += due
    db.session.execute(sa.update(PayRun).where(PayRun.id == run_id).values(total_minor=paid.minor))
    events.record(PayRunPrepared(run_id), actor=actor, station_id=workshop.station_id, now=now)
    return run_id


def _open_run(
    workshop: WorkshopView, period_end_on: date, preparer_id: int, now: datetime
) -> tuple[int, bool]:
    """Return the run of a period and whether it is new; of two people at once one begins it."""
    runs = table_of(PayRun)
    period = (runs.c.workshop_id == workshop.id, runs.c.period_end_on == period_end_on)
    new_id = db.session.execute(
        insert_or(runs)
        .values(
            public_id=public_id("run"),
            workshop_id=workshop.id,
            station_id=workshop.station_id,
            period_end_on=period_end_on,
            pay_on=rules.pay_day_for(period_end_on),
            state=PayRunState.DRAFT,
            prepared_by_id=preparer_id,
            prepared_at=now,
        )
        .on_conflict_do_nothing(index_elements=["workshop_id", "period_end_on"])
        .returning(runs.c.id)
    ).scalar_one_or_none()
    if new_id is not None:
        return int(new_id), True
    return db.session.execute(sa.select(runs.c.id).where(*period)).scalar_one(), False


def _unpaid(workshop_id: int, *, before: datetime) -> dict[int, _Owed]:
    # Locked until the stamp is on them: on PostgreSQL two people may prepare at the same moment.
    rows = db.session.execute(
        sa.select(Earning.id, Earning.member_id, Earning.amount_minor, Earning.kind)
        .where(
            Earning.workshop_id == workshop_id,
            Earning.pay_slip_id.is_(None),
            Earning.sure_at < before,
        )
        .order_by(Earning.id)
        .with_for_update()
    )
    earned: dict[int, list[tuple[int, Money, Money]]] = {}
    for row in rows:
        amount = Money(row.amount_minor)
        for_work = Money(0) if row.kind in NOT_FOR_WORK else amount
        earned.setdefault(row.member_id, []).append((row.id, amount, for_work))
    return {
        member_id: _Owed(
            [one for one, _, _ in found],
            gross=total([amount for _, amount, _ in found]),
            for_work=total([for_work for _, _, for_work in found]),
        )
        for member_id, found in earned.items()
    }


def _owing(member_ids: Iterable[int]) -> dict[int, list[Owing]]:
    """Return what stands against these members' pay, locked until the run has taken its part."""
    rows = db.session.execute(
        sa.select(Adjustment.id, Adjustment.kind, Adjustment.member_id, Adjustment.left_minor)
        .where(Adjustment.member_id.in_(list(member_ids)), Adjustment.left_minor > 0)
        .order_by(Adjustment.id)
        .with_for_update()
    )
    owing: dict[int, list[Owing]] = {}
    for row in rows:
        owing.setdefault(row.member_id, []).append(Owing(row.id, row.kind, Money(row.left_minor)))
    return owing


def _take(takings: Mapping[int, Money], slip_id: int) -> None:
    for adjustment_id, part in takings.items():
        db.session.execute(
            sa.insert(Taking).values(
                adjustment_id=adjustment_id, pay_slip_id=slip_id, amount_minor=part.minor
            )
        )
        db.session.execute(
            sa.update(Adjustment)
            .where(Adjustment.id == adjustment_id)
            .values(left_minor=Adjustment.left_minor - part.minor)
        )


def _carried_in_a_row(member_ids: set[int]) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(PaySlip.member_id, PaySlip.state)
        .where(PaySlip.member_id.in_(member_ids))
        .order_by(PaySlip.id.desc())
    )
    carried: dict[int, int] = {}
    broken: set[int] = set()
    for member_id, state in rows:
        if state is not PayoutState.CARRIED:
            broken.add(member_id)
        elif member_id not in broken:
            carried[member_id] = carried.get(member_id, 0) + 1
    return carried


def _add_slip(run_id: int, member_id: int, gross: Money, due: Money, *, carried: bool) -> int:
    return db.session.execute(
        sa.insert(PaySlip).returning(PaySlip.id),
        {
            "public_id": public_id("slp"),
            "pay_run_id": run_id,
            "member_id": member_id,
            "gross_minor": gross.minor,
            "amount_minor": due.minor,
            "channel": PayChannel.CASH,
            "state": PayoutState.CARRIED if carried else PayoutState.PENDING,
        },
    ).scalar_one()


def _stamp(earning_ids: list[int], slip_id: int) -> None:
    for start in range(0, len(earning_ids), CHUNK):
        chunk = earning_ids[start : start + CHUNK]
        stamped = rows_changed(
            sa.update(Earning)
            .where(Earning.id.in_(chunk), Earning.pay_slip_id.is_(None))
            .values(pay_slip_id=slip_id)
        )
        if stamped != len(chunk):
            raise Conflict(what=f"pay_slip:{slip_id}")


@transactional
def approve(*, pay_run_id: int, actor: Actor, now: datetime) -> None:
    """Approve a run as its second person; then, and only then, its money may leave.

    A run above the limit waits for the town first; one in which everything is carried over is
    closed by this.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay, Conflict when it is no draft.
    Source: domain.md 14.7, trust.md A3, L6.
    """
    run = _run(pay_run_id)
    actor.require(Permission.APPROVE_PAY, at=stations.path_of(run.station_id))
    if actor.user_id is None or actor.user_id == run.prepared_by_id:
        raise TwoPeople
    _refuse_own_pay(pay_run_id, actor)
    state = rules.state_approved(Money(run.total_minor), limit=TOWN_LIMIT)
    moved = rows_changed(
        sa.update(PayRun)
        .where(PayRun.id == pay_run_id, PayRun.state == PayRunState.DRAFT)
        .values(
            state=state,
            approved_by_id=actor.user_id,
            approved_at=now,
            town_limit_minor=TOWN_LIMIT.minor,
            sent_back="",
            closed_at=now if state is PayRunState.CLOSED else None,
        )
    )
    if not moved:
        raise Conflict(what=run.public_id)
    is_waiting = state is PayRunState.REVIEWED
    events.record(
        PayRunReviewed(pay_run_id) if is_waiting else PayRunApproved(pay_run_id),
        actor=actor,
        station_id=run.station_id,
        now=now,
    )


@transactional
def confirm(*, pay_run_id: int, actor: Actor, now: datetime) -> bool:
    """Let the town confirm a run above the limit; True only the first time.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople for whoever drew it up or approved it,
    OwnPay, Conflict when it does not wait for the town. Source: domain.md 2, 3.
    """
    run = _run_for_town(pay_run_id, actor)
    if run.confirmed_by_id is not None and run.confirmed_by_id == actor.user_id:
        return False
    moved = rows_changed(
        sa.update(PayRun)
        .where(PayRun.id == pay_run_id, PayRun.state == PayRunState.REVIEWED)
        .values(state=PayRunState.APPROVED, confirmed_by_id=actor.user_id, confirmed_at=now)
    )
    if not moved:
        raise Conflict(what=run.public_id)
    events.record(PayRunApproved(pay_run_id), actor=actor, station_id=run.station_id, now=now)
    return True


@transactional
def send_back(*, pay_run_id: int, words: str, actor: Actor, now: datetime) -> None:
    """Let the town send a run back that it does not confirm; the room reads why.

    Its second person is asked anew.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay, WordsMissing, Conflict when it does
    not wait for the town.
    """
    run = _run_for_town(pay_run_id, actor)
    if not words.strip():
        raise WordsMissing
    moved = rows_changed(
        sa.update(PayRun)
        .where(PayRun.id == pay_run_id, PayRun.state == PayRunState.REVIEWED)
        .values(
            state=PayRunState.DRAFT,
            approved_by_id=None,
            approved_at=None,
            town_limit_minor=None,
            sent_back=words.strip()[:LONGEST_WORDS],
        )
    )
    if not moved:
        raise Conflict(what=run.public_id)
    events.record(
        PayRunSentBack(pay_run_id, words.strip()[:LONGEST_WORDS]),
        actor=actor,
        station_id=run.station_id,
        now=now,
    )


def _run_for_town(pay_run_id: int, actor: Actor) -> PayRun:
    run = _run(pay_run_id)
    actor.require(Permission.CONFIRM_PAY, at=stations.path_of(run.station_id))
    if actor.user_id is None or actor.user_id in {run.prepared_by_id, run.approved_by_id}:
        raise TwoPeople
    _refuse_own_pay(pay_run_id, actor)
    return run


def _refuse_own_pay(pay_run_id: int, actor: Actor) -> None:
    if actor.member_id is None:
        return
    mine = db.session.scalar(
        sa.select(PaySlip.id).where(
            PaySlip.pay_run_id == pay_run_id,
            PaySlip.member_id == actor.member_id,
            PaySlip.state == PayoutState.PENDING,
        )
    )
    if mine is not None:
        raise OwnPay


@transactional
def pay_out(
    *,
    pay_slip_id: int,
    channel: PayChannel,
    actor: Actor,
    now: datetime,
    witness_id: int | None = None,
) -> PaidSlip:
    """Note that a member got the money of her slip, and close the run with its last slip.

    A transfer by phone counts when she has confirmed it (``send`` comes first); while one is on
    its way, the money leaves no other way. What came back is paid anew, also when its run has
    closed meanwhile. Safe to repeat: the same person saying the same gets the same answer.

    witness_id    user who saw cash handed over; neither payer nor payee.

    Raises NotFound, OutOfReach, Forbidden, RunNotApproved, NothingToPayOut, AlreadyPaid, OwnPay,
    WitnessMissing, TransferUnderWay, TransferNotSent. Source: domain.md 5 E11, trust.md L6.
    """
    slip, run = _slip_to_pay(pay_slip_id, actor)
    if slip.state is PayoutState.PAID:
        said = (channel, actor.user_id, witness_id)
        if said != (slip.channel, slip.paid_by_id, slip.witness_id):
            raise AlreadyPaid(slip=slip.public_id)
        return _paid_slip(slip, run)
    _refuse_unapproved(slip, run)
    if slip.state is PayoutState.SENDING and channel is not PayChannel.WECHAT:
        raise TransferUnderWay(slip=slip.public_id)
    if slip.state is not PayoutState.SENDING and channel is PayChannel.WECHAT:
        raise TransferNotSent(slip=slip.public_id)
    if channel is PayChannel.CASH:
        require_witness(witness_id, slip.member_id, actor)
    moved = rows_changed(
        sa.update(PaySlip)
        .where(PaySlip.id == pay_slip_id, PaySlip.state == slip.state)
        .values(
            state=PayoutState.PAID,
            channel=channel,
            paid_at=now,
            paid_by_id=actor.user_id,
            witness_id=witness_id,
        )
    )
    if not moved:
        raise AlreadyPaid(slip=slip.public_id)
    _move_run_on(run.id, now)
    events.record(
        PaidOut(pay_slip_id, slip.member_id), actor=actor, station_id=run.station_id, now=now
    )
    return _paid_slip(slip, run)


@transactional
def send(*, pay_slip_id: int, actor: Actor, now: datetime) -> bool:
    """Note that a transfer by phone was sent and waits for its payee; True only the first time.

    Nothing is booked yet: her money stays owed until she has confirmed it.

    Raises NotFound, OutOfReach, Forbidden, RunNotApproved, NothingToPayOut, AlreadyPaid, OwnPay.
    Source: domain.md 3 (awaiting payee), 5 E11.
    """
    slip, run = _slip_to_pay(pay_slip_id, actor)
    if slip.state is PayoutState.SENDING:
        return False
    if slip.state is PayoutState.PAID:
        raise AlreadyPaid(slip=slip.public_id)
    _refuse_unapproved(slip, run)
    _move_slip(slip, PayoutState.SENDING, {"channel": PayChannel.WECHAT, "sent_at": now})
    _move_run_on(run.id, now)
    events.record(
        TransferSent(pay_slip_id, slip.member_id), actor=actor, station_id=run.station_id, now=now
    )
    return True


@transactional
def note_returned(*, pay_slip_id: int, actor: Actor, now: datetime) -> bool:
    """Note that a transfer by phone came back; True only the first time.

    A person says so who has looked in the phone: after 24 hours it may have come back or have
    been confirmed, and only one of them may be paid again.

    Raises NotFound, OutOfReach, Forbidden, OwnPay, NothingToPayOut, TransferNotSent.
    Source: domain.md 3 (expired-returned), 5 E11.
    """
    slip, run = _slip_to_pay(pay_slip_id, actor)
    if slip.state is PayoutState.RETURNED:
        return False
    if slip.state is not PayoutState.SENDING:
        raise TransferNotSent(slip=slip.public_id)
    _move_slip(slip, PayoutState.RETURNED, {"returned_at": now})
    _move_run_on(run.id, now)
    events.record(
        TransferReturned(pay_slip_id, slip.member_id),
        actor=actor,
        station_id=run.station_id,
        now=now,
    )
    return True


def _slip_to_pay(pay_slip_id: int, actor: Actor) -> tuple[PaySlip, PayRun]:
    slip = db.session.execute(
        sa.select(PaySlip)
        .where(PaySlip.id == pay_slip_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if slip is None:
        raise NotFound(what=f"pay_slip:{pay_slip_id}")
    run = _run(slip.pay_run_id)
    actor.require(Permission.PAY_OUT, at=stations.path_of(run.station_id))
    if actor.user_id is None or actor.member_id == slip.member_id:
        raise OwnPay
    if slip.state is PayoutState.CARRIED:
        raise NothingToPayOut(slip=slip.public_id)
    return slip, run


def _refuse_unapproved(slip: PaySlip, run: PayRun) -> None:
    is_left_over = run.state is PayRunState.CLOSED and slip.state in {
        PayoutState.RETURNED,
        PayoutState.SENDING,
    }
    if run.state not in {PayRunState.APPROVED, PayRunState.PAYING} and not is_left_over:
        raise RunNotApproved(run=run.public_id)


def _move_slip(slip: PaySlip, target: PayoutState, values: Mapping[str, object]) -> None:
    assert target in rules.PAYOUT_MOVES[slip.state]  # noqa: S101 - the callers have asked
    moved = rows_changed(
        sa.update(PaySlip)
        .where(PaySlip.id == slip.id, PaySlip.state == slip.state)
        .values(state=target, **values)
    )
    if not moved:
        raise Conflict(what=slip.public_id)


@transactional
def note_record_taken(*, pay_run_id: int, actor: Actor, now: datetime) -> None:
    """Write down that somebody takes the wage record of a run; every time she does.

    Raises NotFound, OutOfReach, Forbidden. Source: trust.md 5 threat 19 (export right and log).
    """
    run = db.session.get(PayRun, pay_run_id)
    if run is None:
        raise NotFound(what=f"pay_run:{pay_run_id}")
    path = stations.path_of(run.station_id)
    if not any(actor.may(one, at=path) for one in (Permission.APPROVE_PAY, Permission.PAY_OUT)):
        actor.require(Permission.PREPARE_PAY, at=path)
    events.record(WageRecordTaken(pay_run_id), actor=actor, station_id=run.station_id, now=now)


def require_witness(witness_id: int | None, member_id: int, actor: Actor) -> None:
    """Return when somebody saw the cash who neither pays nor gets it. Raises WitnessMissing."""
    if witness_id is None or witness_id == actor.user_id:
        raise WitnessMissing
    if accounts.user_by_id(witness_id).member_id == member_id:
        raise WitnessMissing


def _move_run_on(run_id: int, now: datetime) -> None:
    pending = db.session.scalar(
        sa.select(PaySlip.id)
        .where(PaySlip.pay_run_id == run_id, PaySlip.state.in_(sorted(rules.KEEPS_RUN_OPEN)))
        .limit(1)
    )
    if pending is None:
        values: dict[str, object] = {"state": PayRunState.CLOSED, "closed_at": now}
    else:
        values = {"state": PayRunState.PAYING}
    # A closed run is never edited, whatever becomes of a line that had come back.
    db.session.execute(
        sa.update(PayRun)
        .where(PayRun.id == run_id, PayRun.state != PayRunState.CLOSED)
        .values(**values)
    )


def _paid_slip(slip: PaySlip, run: PayRun) -> PaidSlip:
    parts = {True: Money(0), False: Money(0)}
    for kind, amount in db.session.execute(
        sa.select(Earning.kind, sa.func.sum(Earning.amount_minor))
        .where(Earning.pay_slip_id == slip.id)
        .group_by(Earning.kind)
    ):
        parts[kind in rules.ON_CONSIGNMENT] += Money(int(amount))
    return PaidSlip(
        pay_slip_id=slip.id,
        member_id=slip.member_id,
        workshop_id=run.workshop_id,
        station_id=run.station_id,
        wages=parts[False],
        consignment=parts[True],
        taken={
            kind: Money(int(amount))
            for kind, amount in db.session.execute(
                sa.select(Adjustment.kind, sa.func.sum(Taking.amount_minor))
                .join(Taking, Taking.adjustment_id == Adjustment.id)
                .where(Taking.pay_slip_id == slip.id)
                .group_by(Adjustment.kind)
            )
        },
    )


def _run(pay_run_id: int) -> PayRun:
    run = db.session.get(PayRun, pay_run_id, populate_existing=True)
    if run is None:
        raise NotFound(what=f"pay_run:{pay_run_id}")
    return run
