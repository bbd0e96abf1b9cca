"""What a member is owed and was paid, and the runs by which she is paid."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from shop.earnings import netting, rules
from shop.earnings.models import Adjustment, Earning, PayRun, PaySlip
from shop.earnings.netting import AdjustmentState, Owing
from shop.earnings.rules import (
    NOT_FOR_WORK,
    EarningKind,
    PayChannel,
    PayoutState,
    PayRunState,
    Pot,
    Sentence,
)
from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money, total
from shop.orders.models import Fulfillment
from shop.orders.rules import RETURN_WINDOW
from shop.stations.models import Member, Station, Workshop
from shop.stations.queries import in_scope


@dataclass(frozen=True, slots=True)
class Due:
    """A part of what is sure, and when it is paid; ``is_late`` when that day is over.

    ``amount`` is what she gets; ``taken`` comes off before, within the caps of a run.
    """

    pay_on: date
    amount: Money
    is_late: bool
    taken: Money


@dataclass(frozen=True, slots=True)
class Pots:
    """Everything a member earned, in three pots, each with its date.

    ``sure`` is what she will get: what comes off, ``taken``, is no part of it. ``paid`` is money
    that she got, advances among it. ``due`` parts the sure sum by pay day. ``waiting_until`` is
    None while a buyer has not yet received the goods.
    Source: domain.md 4 (three pots, always with a date).
    """

    sure: Money
    due: tuple[Due, ...]
    waiting: Money
    waiting_until: date | None
    paid: Money
    last_paid_on: date | None

    @property
    def sure_on(self) -> date | None:
        """Return the first day on which something of the sure sum is paid."""
        return self.due[0].pay_on if self.due else None

    @property
    def taken(self) -> Money:
        """Return what comes off the sure sum for advances, deductions and corrections."""
        return total([part.taken for part in self.due])


@dataclass(frozen=True, slots=True)
class EarningLine:
    """One amount of a member with everything its sentence needs."""

    id: int
    public_id: str
    kind: EarningKind
    pot: Pot
    amount: Money
    earned_on: date
    pay_on: date | None
    paid_on: date | None
    channel: PayChannel | None
    waiting_for: str | None
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class PayRunView:
    """One pay run with its sum and its people (user ids); ``sent_back`` says why the town did."""

    id: int
    public_id: str
    workshop_id: int
    station_id: int
    period_end_on: date
    pay_on: date
    state: PayRunState
    total: Money
    slips: int
    prepared_by_id: int
    approved_by_id: int | None
    confirmed_by_id: int | None
    sent_back: str


@dataclass(frozen=True, slots=True)
class SlipView:
    """One member's slip in a run."""

    id: int
    public_id: str
    pay_run_id: int
    member_id: int
    member_name: str
    member_code: str
    gross: Money
    amount: Money
    channel: PayChannel
    state: PayoutState
    sent_at: datetime | None
    returned_at: datetime | None
    paid_at: datetime | None
    paid_by_id: int | None
    witness_id: int | None

    @property
    def confirm_by(self) -> datetime | None:
        """Return until when she can confirm a transfer by phone; None where none waits for her."""
        if self.state is not PayoutState.SENDING or self.sent_at is None:
            return None
        return self.sent_at + rules.CONFIRM_TIME


@dataclass(frozen=True, slots=True)
class MySlip:
    """A slip as its member reads it: what she earned, and what was or will be paid of it."""

    id: int
    public_id: str
    pay_on: date
    gross: Money
    amount: Money
    state: PayoutState
    channel: PayChannel
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A member's pots, the latest amounts in each, and whether advances or deductions change it."""

    pots: Pots
    has_changes: bool
    lines: dict[Pot, list[EarningLine]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What reading one member's pay at one moment rests on."""

    member_id: int
    now: datetime
    zone: str
    today: date
    carried_on: frozenset[date]
    advanced: Money
    has_changes: bool


def overview(member_id: int, *, now: datetime, most: int) -> Overview:
    """Return a member's three pots and the latest ``most`` amounts in each.

    Raises NotFound for no such member.
    """
    reading = _reading(member_id, now)
    return Overview(
        pots=_pots(reading),
        has_changes=reading.has_changes,
        lines={pot: _statement(reading, pot, after=None, most=most) for pot in Pot},
    )


def pots(member_id: int, *, now: datetime) -> Pots:
    """Return a member's three pots at ``now``. Raises NotFound for no such member."""
    return _pots(_reading(member_id, now))


def _reading(member_id: int, now: datetime) -> _Reading:
    advanced = (
        sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount_minor), 0))
        .where(Adjustment.member_id == member_id, Adjustment.paid_at.is_not(None))
        .scalar_subquery()
    )
    found = db.session.execute(
        sa.select(
            Station.time_zone,
            advanced.label("advanced"),
            changes_of(sa.literal(member_id)).label("has_changes"),
        )
        .join(Workshop, Workshop.station_id == Station.id)
        .join(Member, Member.workshop_id == Workshop.id)
        .where(Member.id == member_id)
    ).one_or_none()
    if found is None:
        raise NotFound(what=f"member:{member_id}")
    carried_on = frozenset(
        db.session.scalars(
            sa.select(PayRun.pay_on)
            .join(PaySlip, PaySlip.pay_run_id == PayRun.id)
            .where(PaySlip.member_id == member_id, PaySlip.state == PayoutState.CARRIED)
        )
    )
    zone = found.time_zone
    today = business_day(now, zone)
    return _Reading(
        member_id, now, zone, today, carried_on, Money(int(found.advanced)), bool(found.has_changes)
    )


def _pots(reading: _Reading) -> Pots:
    zone = reading.zone
    rows = db.session.execute(_states(reading.member_id)).all()
    drawn_up: dict[int, list[tuple[date, Money, Money]]] = {}
    open_sums: dict[date, list[tuple[Money, Money]]] = {}
    waiting: list[Money] = []
    paid: list[Money] = []
    paid_days: list[date] = []
    owners: set[str] = set()
    for row in rows:
        amount = Money(int(row.amount))
        pot = _pot(row.slip_state, row.sure_at, reading.now)
        if pot is Pot.PAID:
            paid.append(Money(row.slip_amount))
            paid_days.append(business_day(row.paid_at, zone))
        elif pot is Pot.WAITING:
            waiting.append(amount)
            owners.add(row.owner or "")
        else:
            on = _pay_on(row.run_pay_on, row.sure_at, reading)
            if row.slip_amount is None:
                open_sums.setdefault(on, []).append((amount, Money(int(row.for_work))))
            else:
                drawn_up.setdefault(row.slip_id, []).append((on, amount, Money(row.slip_amount)))
    due = _due(drawn_up, open_sums, reading)
    return Pots(
        sure=total([part.amount for part in due]),
        due=due,
        waiting=total(waiting),
        waiting_until=_window_ends(owners, zone),
        paid=total([*paid, reading.advanced]),
        last_paid_on=max(paid_days, default=None),
    )


def _due(
    drawn_up: dict[int, list[tuple[date, Money, Money]]],
    open_sums: dict[date, list[tuple[Money, Money]]],
    reading: _Reading,
) -> tuple[Due, ...]:
    """Return what she gets and when: as slips say that are drawn up, else as the next runs will.

    drawn_up     by slip: day, one earned sum, and what the whole slip pays.
    open_sums    by pay day: sums in no run yet, and what of each is pay for work.
    """
    gets: dict[date, list[Money]] = {}
    taken: dict[date, list[Money]] = {}
    for parts in drawn_up.values():
        on, _, pays = parts[0]
        gets.setdefault(on, []).append(pays)
        taken.setdefault(on, []).append(total([earned for _, earned, _ in parts]) - pays)
    owing = owing_of(reading.member_id) if reading.has_changes else []
    for on in sorted(open_sums):
        gross = total([amount for amount, _ in open_sums[on]])
        for_work = total([part for _, part in open_sums[on]])
        takes = netting.taken(owing, gross=gross, for_work=for_work)
        owing = [
            replace(one, left=one.left - takes.get(one.adjustment_id, Money(0))) for one in owing
        ]
        off = total(list(takes.values()))
        gets.setdefault(on, []).append(gross - off)
        taken.setdefault(on, []).append(off)
    return tuple(
        Due(day, total(gets[day]), is_late=day < reading.today, taken=total(taken[day]))
        for day in sorted(gets)
    )


def changes_of(member_id: sa.SQLColumnExpression[int]) -> sa.Exists:
    """Return whether anything waits for a member's answer or is still to be taken from her pay."""
    return sa.exists().where(
        Adjustment.member_id == member_id,
        sa.or_(Adjustment.left_minor > 0, Adjustment.state == AdjustmentState.PROPOSED),
    )


def for_work() -> sa.ColumnElement[int]:
    """Return what of an earning is pay for work: deductions are measured by it alone."""
    return sa.case((Earning.kind.in_(NOT_FOR_WORK), 0), else_=Earning.amount_minor)


def owing_of(member_id: int) -> list[Owing]:
    """Return what stands against a member's pay and was not yet taken by a run."""
    rows = db.session.execute(
        sa.select(Adjustment.id, Adjustment.kind, Adjustment.left_minor).where(
            Adjustment.member_id == member_id, Adjustment.left_minor > 0
        )
    )
    return [Owing(row.id, row.kind, Money(row.left_minor)) for row in rows]


def _states(member_id: int) -> sa.Select[*tuple[Any, ...]]:
    # Paid amounts, which grow for ever, come as one row a slip.
    slip_or_self = sa.case((PaySlip.state == PayoutState.PAID, None), else_=Earning.id)
    return (
        sa.select(
            PaySlip.id.label("slip_id"),
            PaySlip.state.label("slip_state"),
            PaySlip.amount_minor.label("slip_amount"),
            sa.func.max(PaySlip.paid_at, type_=PaySlip.paid_at.type).label("paid_at"),
            sa.func.max(PayRun.pay_on, type_=PayRun.pay_on.type).label("run_pay_on"),
            sa.func.max(Earning.sure_at, type_=Earning.sure_at.type).label("sure_at"),
            sa.func.max(Earning.owner).label("owner"),
            sa.func.sum(Earning.amount_minor).label("amount"),
            sa.func.sum(for_work()).label("for_work"),
        )
        .select_from(Earning)
        .outerjoin(PaySlip, PaySlip.id == Earning.pay_slip_id)
        .outerjoin(PayRun, PayRun.id == PaySlip.pay_run_id)
        .where(Earning.member_id == member_id)
        .group_by(PaySlip.id, PaySlip.state, PaySlip.amount_minor, slip_or_self)
    )


def _pot(slip_state: PayoutState | None, sure_at: datetime | None, now: datetime) -> Pot:
    if slip_state is PayoutState.PAID:
        return Pot.PAID
    return Pot.SURE if sure_at is not None and sure_at <= now else Pot.WAITING


def _pay_on(run_pay_on: date | None, sure_at: datetime, reading: _Reading) -> date:
    if run_pay_on is not None:
        return run_pay_on
    day = rules.pay_day_for(business_day(sure_at, reading.zone))
    # A small sum that was carried over is not late: it waits for the next pay day.
    if day in reading.carried_on and day < reading.today:
        return rules.next_pay_day(reading.today)
    return day


def _window_ends(owners: Iterable[str], zone: str) -> date | None:
    """Return the last day of the return windows these shares wait for.

    None while one has not begun, because the buyer has not received her part. An owner names an
    order and its part (``order:31:77``), or an order as a whole.
    """
    named = [owner.split(":")[1:] for owner in owners if owner.startswith("order:")]
    if not named:
        return None
    parts = [int(ids[1]) for ids in named if len(ids) > 1]
    orders = [int(ids[0]) for ids in named if len(ids) == 1]
    received = list(
        db.session.scalars(
            sa.select(Fulfillment.received_at).where(
                sa.or_(Fulfillment.id.in_(parts), Fulfillment.order_id.in_(orders))
            )
        )
    )
    days = [business_day(at + RETURN_WINDOW, zone) for at in received if at is not None]
    return max(days) if days and len(days) == len(received) else None


def statement(
    member_id: int, *, pot: Pot, now: datetime, after: int | None = None, most: int = 30
) -> list[EarningLine]:
    """Return the amounts in one pot, the latest first.

    after    id of the last line already shown; None begins at the latest.
    most     lines at most.

    Raises NotFound for no such member.
    """
    return _statement(_reading(member_id, now), pot, after=after, most=most)


def line(member_id: int, public_id: str, *, now: datetime) -> EarningLine:
    """Return one amount of a member's own. Raises NotFound, also for another member's."""
    reading = _reading(member_id, now)
    for pot in Pot:
        found = _statement(reading, pot, after=None, most=1, only=public_id)
        if found:
            return found[0]
    raise NotFound(what=public_id)


def _statement(
    reading: _Reading, pot: Pot, *, after: int | None, most: int, only: str | None = None
) -> list[EarningLine]:
    zone, now = reading.zone, reading.now
    is_paid = PaySlip.state == PayoutState.PAID
    is_sure = sa.and_(Earning.sure_at <= now, sa.or_(PaySlip.id.is_(None), sa.not_(is_paid)))
    is_waiting = sa.or_(Earning.sure_at.is_(None), Earning.sure_at > now)
    condition = {Pot.PAID: is_paid, Pot.SURE: is_sure, Pot.WAITING: is_waiting}[pot]
    wanted = (
        sa.select(Earning, PaySlip.paid_at, PaySlip.channel, PayRun.pay_on)
        .outerjoin(PaySlip, PaySlip.id == Earning.pay_slip_id)
        .outerjoin(PayRun, PayRun.id == PaySlip.pay_run_id)
        .where(Earning.member_id == reading.member_id, condition)
    )
    if after is not None:
        wanted = wanted.where(Earning.id < after)
    if only is not None:
        wanted = wanted.where(Earning.public_id == only)
    lines = []
    for row, paid_at, channel, run_pay_on in db.session.execute(
        wanted.order_by(Earning.id.desc()).limit(most)
    ):
        earned_on = business_day(row.earned_at, zone)
        pay_on = None
        if pot is Pot.SURE and row.sure_at is not None:
            pay_on = _pay_on(run_pay_on, row.sure_at, reading)
        amount = Money(row.amount_minor)
        lines.append(
            EarningLine(
                id=row.id,
                public_id=row.public_id,
                kind=row.kind,
                pot=pot,
                amount=amount,
                earned_on=earned_on,
                pay_on=pay_on,
                paid_on=None if paid_at is None else business_day(paid_at, zone),
                channel=channel if pot is Pot.PAID else None,
                waiting_for=row.waiting_for,
                sentence=rules.sentence(
                    row.kind, json.loads(row.facts), amount=amount, day=earned_on
                ),
            )
        )
    return lines


def _runs() -> sa.Select[*tuple[Any, ...]]:
    slips = (
        sa.select(sa.func.count())
        .select_from(PaySlip)
        .where(PaySlip.pay_run_id == PayRun.id)
        .scalar_subquery()
    )
    return sa.select(PayRun, slips.label("slips"))


def _run_view(row: PayRun, slips: int) -> PayRunView:
    return PayRunView(
        id=row.id,
        public_id=row.public_id,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        period_end_on=row.period_end_on,
        pay_on=row.pay_on,
        state=row.state,
        total=Money(row.total_minor),
        slips=slips,
        prepared_by_id=row.prepared_by_id,
        approved_by_id=row.approved_by_id,
        confirmed_by_id=row.confirmed_by_id,
        sent_back=row.sent_back,
    )


def pay_runs(scope: Scope, *, state: PayRunState | None = None, most: int = 50) -> list[PayRunView]:
    """Return the runs in a reader's part of the tree, of one state or all, the latest first."""
    wanted = _runs().where(in_scope(scope, PayRun.station_id))
    if state is not None:
        wanted = wanted.where(PayRun.state == state)
    rows = db.session.execute(wanted.order_by(PayRun.id.desc()).limit(most))
    return [_run_view(*row) for row in rows]


def pay_run(public_id: str, *, scope: Scope) -> PayRunView:
    """Return one run in the reader's part of the tree. Raises NotFound outside it."""
    row = db.session.execute(
        _runs().where(PayRun.public_id == public_id, in_scope(scope, PayRun.station_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what=public_id)
    return _run_view(*row)


def pay_run_by_id(pay_run_id: int) -> PayRunView:
    """Return a run by its id, whoever asks. Raises NotFound."""
    row = db.session.execute(_runs().where(PayRun.id == pay_run_id)).one_or_none()
    if row is None:
        raise NotFound(what=f"pay_run:{pay_run_id}")
    return _run_view(*row)


def transfers_to_look_at(scope: Scope, *, now: datetime) -> list[str]:
    """Return the outside names of the runs in which a transfer by phone waits over its time.

    It has come back or was confirmed: only a look into the phone tells which.
    """
    rows = db.session.scalars(
        sa.select(PayRun.public_id)
        .join(PaySlip, PaySlip.pay_run_id == PayRun.id)
        .where(
            PaySlip.state == PayoutState.SENDING,
            PaySlip.sent_at <= now - rules.CONFIRM_TIME,
            in_scope(scope, PayRun.station_id),
        )
        .order_by(PaySlip.sent_at, PaySlip.id)
    )
    return list(rows)


def slips(pay_run_id: int) -> list[SlipView]:
    """Return the slips of a run by the members' codes."""
    rows = db.session.execute(
        sa.select(PaySlip, Member.name, Member.code)
        .join(Member, Member.id == PaySlip.member_id)
        .where(PaySlip.pay_run_id == pay_run_id)
        .order_by(Member.code, PaySlip.id)
    )
    return [
        SlipView(
            id=row.id,
            public_id=row.public_id,
            pay_run_id=row.pay_run_id,
            member_id=row.member_id,
            member_name=name,
            member_code=code,
            gross=Money(row.gross_minor),
            amount=Money(row.amount_minor),
            channel=row.channel,
            state=row.state,
            sent_at=row.sent_at,
            returned_at=row.returned_at,
            paid_at=row.paid_at,
            paid_by_id=row.paid_by_id,
            witness_id=row.witness_id,
        )
        for row, name, code in rows
    ]


def earned_by_kind(pay_run_id: int) -> dict[int, dict[EarningKind, Money]]:
    """Return what the slips of a run paid for, by slip and kind; of carried ones nothing."""
    rows = db.session.execute(
        sa.select(PaySlip.id, Earning.kind, sa.func.sum(Earning.amount_minor))
        .join(Earning, Earning.pay_slip_id == PaySlip.id)
        .where(PaySlip.pay_run_id == pay_run_id)
        .group_by(PaySlip.id, Earning.kind)
    )
    found: dict[int, dict[EarningKind, Money]] = {}
    for slip_id, kind, amount in rows:
        found.setdefault(slip_id, {})[kind] = Money(int(amount))
    return found


def slips_of(member_id: int, *, after: int | None = None, most: int = 12) -> list[MySlip]:
    """Return a member's own slips that are not carried over, the latest first.

    after    id of the last slip already shown.
    """
    wanted = (
        sa.select(PaySlip, PayRun.pay_on)
        .join(PayRun, PayRun.id == PaySlip.pay_run_id)
        .where(PaySlip.member_id == member_id, PaySlip.state != PayoutState.CARRIED)
    )
    if after is not None:
        wanted = wanted.where(PaySlip.id < after)
    rows = db.session.execute(wanted.order_by(PaySlip.id.desc()).limit(most))
    return [_my_slip(row, pay_on) for row, pay_on in rows]


def slip_of(member_id: int, public_id: str) -> MySlip:
    """Return one slip of a member's own. Raises NotFound, also for another member's."""
    found = db.session.execute(
        sa.select(PaySlip, PayRun.pay_on)
        .join(PayRun, PayRun.id == PaySlip.pay_run_id)
        .where(
            PaySlip.member_id == member_id,
            PaySlip.public_id == public_id,
            PaySlip.state != PayoutState.CARRIED,
        )
    ).one_or_none()
    if found is None:
        raise NotFound(what=public_id)
    return _my_slip(found[0], found[1])


def _my_slip(row: PaySlip, pay_on: date) -> MySlip:
    return MySlip(
        id=row.id,
        public_id=row.public_id,
        pay_on=pay_on,
        gross=Money(row.gross_minor),
        amount=Money(row.amount_minor),
        state=row.state,
        channel=row.channel,
        paid_at=row.paid_at,
    )


def slip_lines(pay_slip_id: int, *, zone: str) -> list[EarningLine]:
    """Return the amounts on one slip in the order they were earned, for paper and screen alike."""
    return [
        EarningLine(
            id=row.id,
            public_id=row.public_id,
            kind=row.kind,
            pot=Pot.SURE,
            amount=Money(row.amount_minor),
            earned_on=business_day(row.earned_at, zone),
            pay_on=None,
            paid_on=None,
            channel=None,
            waiting_for=None,
            sentence=rules.sentence(
                row.kind,
                json.loads(row.facts),
                amount=Money(row.amount_minor),
                day=business_day(row.earned_at, zone),
            ),
        )
        for row in db.session.scalars(
            sa.select(Earning).where(Earning.pay_slip_id == pay_slip_id).order_by(Earning.id)
        )
    ]


def earning_by_key(key: str) -> int | None:
    """Return the id of the earning credited under this key, or None."""
    return db.session.scalar(sa.select(Earning.id).where(Earning.key == key))
