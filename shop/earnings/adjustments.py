"""Advances, deductions and corrections: noted by one person, agreed to by another, or by her.

``workflows.adjusting`` books them; a pay run takes what stands (``netting.taken``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from shop.earnings import netting
from shop.earnings.events import AdjustmentDecided, AdjustmentProposed, AdvancePaid
from shop.earnings.models import Adjustment, Earning, Taking
from shop.earnings.netting import AdjustmentKind, AdjustmentState
from shop.earnings.rules import CORRECTABLE, EarningKind, PayChannel, Sentence
from shop.earnings.services import OwnPay, TwoPeople, require_witness
from shop.kernel import events
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.stations import queries as stations
from shop.stations.models import Member
from shop.stations.queries import MemberView, in_scope

_adjustments = table_of(Adjustment)
LONGEST_WORDS = 120
LONGEST_ANSWER = 300


class AmountMissing(InvalidInput):
    """Nothing, or less than nothing, is no advance and no deduction."""

    code = "earnings.amount_missing"


class ReasonNeeded(InvalidInput):
    """Every change of pay names its reason and, for a deduction, the paper that shows it."""

    code = "earnings.reason_needed"


class AdvanceTooLarge(InvalidInput):
    """At most half of an open order's wage is paid in advance; ``most`` is left of that."""

    code = "earnings.advance_too_large"


class TooMuchCorrected(InvalidInput):
    """More would be taken back than was written; ``most`` is left of it."""

    code = "earnings.too_much_corrected"


class TooLongAgo(InvalidInput):
    """Nothing older than three months is corrected against her."""

    code = "earnings.too_long_ago"


class NotCorrectable(InvalidInput):
    """Only pay for work is corrected; a share of a sale goes back with the sale."""

    code = "earnings.not_correctable"


class AdjustmentReused(Conflict):
    """The same form was sent again with other content."""

    code = "earnings.adjustment_reused"


class AdjustmentDone(Conflict):
    """It was agreed to, paid or refused before; what was decided stands."""

    code = "earnings.adjustment_done"


class HersToSay(Forbidden):
    """A deduction is agreed to by the member herself, or noted for her by somebody else."""

    code = "earnings.hers_to_say"


class ByTransferOrCash(InvalidInput):
    """An advance goes to her account or into her hand; nothing is left waiting on a telephone."""

    code = "earnings.by_transfer_or_cash"


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """One adjustment with its sentence; ``left`` is still to be taken from her pay."""

    id: int
    public_id: str
    kind: AdjustmentKind
    state: AdjustmentState
    member_id: int
    member_name: str
    member_name_en: str | None
    member_code: str
    workshop_id: int
    station_id: int
    amount: Money
    left: Money
    sentence: Sentence
    proposed_on: date
    proposed_by_id: int
    decided_by_id: int | None
    on_behalf: bool
    answer: str

    @property
    def is_hers_to_answer(self) -> bool:
        """Say whether it waits for her yes."""
        return self.state is AdjustmentState.PROPOSED and self.kind in netting.DEDUCTIONS


@dataclass(frozen=True, slots=True)
class Agreed:
    """What booking an adjustment needs to know."""

    adjustment_id: int
    kind: AdjustmentKind
    member_id: int
    workshop_id: int
    station_id: int
    amount: Money
    facts: Mapping[str, object]
    corrects: EarningKind | None


@transactional
def propose_advance(
    *,
    member_id: int,
    work_order_id: int,
    wage: Money,
    amount: Money,
    facts: Mapping[str, object],
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Note that a member wants money before her work is done; return the adjustment's id.

    wage    of the whole open order; at most half of it is advanced.
    key     of the form; repeated with the same content it is noted once.

    Raises NotFound, OutOfReach, Forbidden, AmountMissing, AdvanceTooLarge, AdjustmentReused.
    Source: domain.md 6 (advance), 5 E16.
    """
    member = _preparing(member_id, amount, actor)
    # Two forms for one order take their turn, so that together they keep to the half.
    db.session.execute(sa.select(Member.id).where(Member.id == member_id).with_for_update())
    before = advanced_on([work_order_id], but=key).get(work_order_id, Money(0))
    most = netting.most_advanced(wage, before=before)
    if amount > most:
        raise AdvanceTooLarge(most=most)
    return _note(
        AdjustmentKind.ADVANCE,
        member,
        amount,
        facts,
        {"work_order_id": work_order_id},
        key=key,
        actor=actor,
        now=now,
    )


@transactional
def propose_deduction(
    *,
    kind: AdjustmentKind,
    member_id: int,
    item: str,
    paper: str,
    amount: Money,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Note a tool that did not come back, or material lost above the allowance, at its cost.

    It changes nothing before she herself agrees.

    kind     TOOL or MATERIAL: the list is closed.
    paper    number of the slip, or of the photograph, that shows it.

    Raises NotFound, OutOfReach, Forbidden, AmountMissing, ReasonNeeded, AdjustmentReused.
    Source: domain.md 4 (closed list of deductions), 14.3.
    """
    assert kind in netting.DEDUCTIONS  # noqa: S101 - the closed list
    member = _preparing(member_id, amount, actor)
    item, paper = item.strip()[:LONGEST_WORDS], paper.strip()[:LONGEST_WORDS]
    if not item or not paper:
        raise ReasonNeeded
    facts = {"item": item, "paper": paper}
    return _note(kind, member, amount, facts, {}, key=key, actor=actor, now=now)


@transactional
def propose_correction(
    *,
    kind: AdjustmentKind,
    member_id: int,
    earning_public_id: str,
    amount: Money,
    reason: str,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Note that one amount of hers was written too high or too low; return the adjustment's id.

    kind      OVERPAYMENT or BACK_PAY.
    amount    the difference, as a positive sum.

    Raises NotFound, OutOfReach, Forbidden, AmountMissing, ReasonNeeded, NotCorrectable,
    TooMuchCorrected, TooLongAgo, AdjustmentReused. Source: domain.md 4 (corrections), 5 E10.
    """
    assert kind in netting.CORRECTIONS  # noqa: S101 - callers choose between the two
    member = _preparing(member_id, amount, actor)
    reason = reason.strip()[:LONGEST_WORDS]
    if not reason:
        raise ReasonNeeded
    earning = db.session.execute(
        sa.select(Earning)
        .where(Earning.public_id == earning_public_id, Earning.member_id == member_id)
        .with_for_update()
    ).scalar_one_or_none()
    if earning is None:
        raise NotFound(what=earning_public_id)
    if earning.kind not in CORRECTABLE:
        raise NotCorrectable
    if kind is AdjustmentKind.OVERPAYMENT:
        _refuse_overpayment(earning, amount, key, now)
    said = json.loads(earning.facts)
    facts = {
        "title": str(said.get("title", "")),
        "title_en": str(said.get("title_en", "")),
        "reason": reason,
        "day": str(said.get("day") or _day(earning.earned_at, member).isoformat()),
    }
    return _note(
        kind, member, amount, facts, {"earning_id": earning.id}, key=key, actor=actor, now=now
    )


def _refuse_overpayment(earning: Earning, amount: Money, key: str, now: datetime) -> None:
    member = stations.member(earning.member_id)
    if _day(earning.earned_at, member) < netting.reaches_back_to(_day(now, member)):
        raise TooLongAgo
    before = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount_minor), 0)).where(
            Adjustment.earning_id == earning.id,
            Adjustment.kind == AdjustmentKind.OVERPAYMENT,
            Adjustment.state != AdjustmentState.REFUSED,
            Adjustment.key != key,
        )
    )
    most = Money(earning.amount_minor - int(before or 0))
    if amount > most:
        raise TooMuchCorrected(most=most)


def _day(at: datetime, member: MemberView) -> date:
    return business_day(at, stations.station(member.station_id).time_zone)


def _preparing(member_id: int, amount: Money, actor: Actor) -> MemberView:
    member = stations.member(member_id)
    actor.require(Permission.PREPARE_PAY, at=member.path)
    if actor.user_id is None:
        raise TwoPeople
    if amount <= Money(0):
        raise AmountMissing
    return member


def _note(
    kind: AdjustmentKind,
    member: MemberView,
    amount: Money,
    facts: Mapping[str, object],
    hangs_on: Mapping[str, int],
    *,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    content = json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)
    new_id = db.session.execute(
        insert_or(_adjustments)
        .values(
            public_id=public_id("adj"),
            key=key,
            kind=kind,
            state=AdjustmentState.PROPOSED,
            member_id=member.id,
            workshop_id=member.workshop_id,
            station_id=member.station_id,
            amount_minor=amount.minor,
            facts=content,
            proposed_at=now,
            proposed_by_id=actor.user_id,
            **hangs_on,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_adjustments.c.id)
    ).scalar_one_or_none()
    if new_id is not None:
        events.record(
            AdjustmentProposed(int(new_id), member.id),
            actor=actor,
            station_id=member.station_id,
            now=now,
        )
        return int(new_id)
    known = db.session.execute(sa.select(Adjustment).where(Adjustment.key == key)).scalar_one()
    if (known.kind, known.member_id, known.amount_minor, known.facts) != (
        kind,
        member.id,
        amount.minor,
        content,
    ):
        raise AdjustmentReused
    return known.id


@transactional
def agree(
    *, adjustment_id: int, actor: Actor, now: datetime, on_behalf: bool = False
) -> Agreed | None:
    """Agree to an adjustment; returns what to book, None when that was done before.

    An advance or a correction needs a second person; a deduction needs the member herself.

    on_behalf    she said yes at the room and somebody who did not note it writes that down.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay, HersToSay, TooLongAgo,
    AdjustmentDone. Source: domain.md 4 (two names; the maker's own confirmation).
    """
    row = _locked(adjustment_id)
    _require_agreeing(row, actor, on_behalf=on_behalf)
    if row.state in {AdjustmentState.APPROVED, AdjustmentState.STANDING}:
        return None
    if row.kind is AdjustmentKind.OVERPAYMENT:
        corrected = db.session.get_one(Earning, row.earning_id)
        _refuse_overpayment(corrected, Money(row.amount_minor), row.key, now)
    is_advance = row.kind is AdjustmentKind.ADVANCE
    _move(
        row,
        AdjustmentState.APPROVED if is_advance else AdjustmentState.STANDING,
        {"on_behalf": on_behalf},
        actor=actor,
        now=now,
    )
    return _agreed(row)


def _require_agreeing(row: Adjustment, actor: Actor, *, on_behalf: bool) -> None:
    path = stations.path_of(row.station_id)
    if row.kind in netting.DEDUCTIONS:
        if actor.member_id != row.member_id:
            actor.require(Permission.PREPARE_PAY, at=path)
            if not on_behalf:
                raise HersToSay
    else:
        actor.require(Permission.APPROVE_PAY, at=path)
        if actor.member_id == row.member_id:
            raise OwnPay
    if actor.user_id is None or actor.user_id == row.proposed_by_id:
        raise TwoPeople


@transactional
def refuse(*, adjustment_id: int, words: str, actor: Actor, now: datetime) -> bool:
    """Refuse or withdraw an adjustment before it stands; True only the first time.

    The member herself may refuse a deduction, without a word; whoever has to do with pay at her
    room may end any of them.

    Raises NotFound, OutOfReach, Forbidden, AdjustmentDone.
    """
    row = _locked(adjustment_id)
    is_hers = row.kind in netting.DEDUCTIONS and actor.member_id == row.member_id
    path = stations.path_of(row.station_id)
    if not is_hers and not actor.may(Permission.APPROVE_PAY, at=path):
        actor.require(Permission.PREPARE_PAY, at=path)
    if row.state is AdjustmentState.REFUSED:
        return False
    answer = {"answer": words.strip()[:LONGEST_ANSWER]}
    _move(row, AdjustmentState.REFUSED, answer, actor=actor, now=now)
    return True


@transactional
def pay_advance(
    *,
    adjustment_id: int,
    channel: PayChannel,
    actor: Actor,
    now: datetime,
    witness_id: int | None = None,
) -> Agreed:
    """Note that a member got her advance, by transfer or in cash before a witness.

    Returns what to book; safe to repeat by the same person in the same words.

    Raises NotFound, OutOfReach, Forbidden, OwnPay, WitnessMissing, ByTransferOrCash,
    AdjustmentDone when it was not approved or was paid in another way.
    """
    row = _locked(adjustment_id)
    actor.require(Permission.PAY_OUT, at=stations.path_of(row.station_id))
    if actor.user_id is None or actor.member_id == row.member_id:
        raise OwnPay
    if channel is PayChannel.WECHAT:
        raise ByTransferOrCash
    said = (channel, actor.user_id, witness_id)
    if row.state is AdjustmentState.STANDING and said == (
        row.channel,
        row.paid_by_id,
        row.witness_id,
    ):
        return _agreed(row)
    if row.kind is not AdjustmentKind.ADVANCE or row.state is not AdjustmentState.APPROVED:
        raise AdjustmentDone
    if channel is PayChannel.CASH:
        require_witness(witness_id, row.member_id, actor)
    db.session.execute(
        sa.update(Adjustment)
        .where(Adjustment.id == row.id)
        .values(
            state=AdjustmentState.STANDING,
            left_minor=row.amount_minor,
            channel=channel,
            paid_at=now,
            paid_by_id=actor.user_id,
            witness_id=witness_id,
        )
    )
    events.record(
        AdvancePaid(row.id, row.member_id), actor=actor, station_id=row.station_id, now=now
    )
    return _agreed(row)


def _locked(adjustment_id: int) -> Adjustment:
    row = db.session.execute(
        sa.select(Adjustment)
        .where(Adjustment.id == adjustment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(what=f"adjustment:{adjustment_id}")
    return row


def _move(
    row: Adjustment,
    target: AdjustmentState,
    values: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    if target not in netting.ADJUSTMENT_MOVES[row.state]:
        raise AdjustmentDone
    is_taken = target is AdjustmentState.STANDING and row.kind is not AdjustmentKind.BACK_PAY
    moved = rows_changed(
        sa.update(Adjustment)
        .where(Adjustment.id == row.id, Adjustment.state == row.state)
        .values(
            state=target,
            decided_at=now,
            decided_by_id=actor.user_id,
            left_minor=row.amount_minor if is_taken else 0,
            **values,
        )
    )
    if not moved:
        raise AdjustmentDone
    events.record(
        AdjustmentDecided(row.id, row.member_id, target.value, bool(values.get("on_behalf"))),
        actor=actor,
        station_id=row.station_id,
        now=now,
    )


def _agreed(row: Adjustment) -> Agreed:
    corrects = None
    if row.earning_id is not None:
        corrects = db.session.scalar(sa.select(Earning.kind).where(Earning.id == row.earning_id))
    return Agreed(
        adjustment_id=row.id,
        kind=row.kind,
        member_id=row.member_id,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        amount=Money(row.amount_minor),
        facts=json.loads(row.facts),
        corrects=corrects,
    )


def _views(*conditions: sa.ColumnElement[bool], most: int) -> list[AdjustmentView]:
    rows = db.session.execute(
        sa.select(Adjustment, Member.name, Member.name_en, Member.code)
        .join(Member, Member.id == Adjustment.member_id)
        .where(*conditions)
        .order_by(Adjustment.id.desc())
        .limit(most)
    )
    return [_view(row) for row in rows]


def _view(found: Any) -> AdjustmentView:
    row, name, name_en, code = found
    facts = json.loads(row.facts)
    noted_on = business_day(row.paid_at or row.proposed_at)
    on = date.fromisoformat(facts["day"]) if "day" in facts else noted_on
    amount = Money(row.amount_minor)
    return AdjustmentView(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        state=row.state,
        member_id=row.member_id,
        member_name=name,
        member_name_en=name_en,
        member_code=code,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        amount=amount,
        left=Money(row.left_minor),
        sentence=netting.sentence(row.kind, facts, amount=amount, day=on),
        proposed_on=noted_on,
        proposed_by_id=row.proposed_by_id,
        decided_by_id=row.decided_by_id,
        on_behalf=row.on_behalf,
        answer=row.answer,
    )


def waiting(scope: Scope, *, most: int = 100) -> list[AdjustmentView]:
    """Return what somebody has still to answer within reach, the latest first."""
    return _views(
        Adjustment.state == AdjustmentState.PROPOSED,
        in_scope(scope, Adjustment.station_id),
        most=most,
    )


def to_pay(scope: Scope, *, most: int = 100) -> list[AdjustmentView]:
    """Return the advances within reach that are agreed to and not handed out, the latest first."""
    return _views(
        Adjustment.state == AdjustmentState.APPROVED,
        in_scope(scope, Adjustment.station_id),
        most=most,
    )


def standing(scope: Scope, *, most: int = 100) -> list[AdjustmentView]:
    """Return what the next runs within reach will take, the latest first."""
    return _views(Adjustment.left_minor > 0, in_scope(scope, Adjustment.station_id), most=most)


def adjustment(public_id: str, *, scope: Scope) -> AdjustmentView:
    """Return one adjustment within reach. Raises NotFound outside it."""
    found = _views(
        Adjustment.public_id == public_id, in_scope(scope, Adjustment.station_id), most=1
    )
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def of_member(member_id: int, *, most: int = 30) -> list[AdjustmentView]:
    """Return the adjustments of one member's pay that were not refused, the latest first."""
    return _views(
        Adjustment.member_id == member_id, Adjustment.state != AdjustmentState.REFUSED, most=most
    )


def of_member_by_public_id(member_id: int, public_id: str) -> AdjustmentView:
    """Return one adjustment of a member's own. Raises NotFound, also for another member's."""
    found = _views(Adjustment.member_id == member_id, Adjustment.public_id == public_id, most=1)
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def advanced_on(work_order_ids: Iterable[int], *, but: str = "") -> dict[int, Money]:
    """Return what was advanced, or asked for, on each of these orders; most have nothing.

    but    key of an advance that does not count.
    """
    rows = db.session.execute(
        sa.select(Adjustment.work_order_id, sa.func.sum(Adjustment.amount_minor))
        .where(
            Adjustment.work_order_id.in_(list(work_order_ids)),
            Adjustment.state != AdjustmentState.REFUSED,
            Adjustment.key != but,
        )
        .group_by(Adjustment.work_order_id)
    )
    return {int(order_id or 0): Money(int(minor)) for order_id, minor in rows}


def taken_by(pay_slip_ids: Iterable[int]) -> dict[int, list[tuple[Money, AdjustmentView]]]:
    """Return what each slip took and why, by slip, in the order it was taken."""
    rows = db.session.execute(
        sa.select(Taking, Adjustment, Member.name, Member.name_en, Member.code)
        .join(Adjustment, Adjustment.id == Taking.adjustment_id)
        .join(Member, Member.id == Adjustment.member_id)
        .where(Taking.pay_slip_id.in_(list(pay_slip_ids)))
        .order_by(Taking.id)
    )
    found: dict[int, list[tuple[Money, AdjustmentView]]] = {}
    for taking, *row in rows:
        found.setdefault(taking.pay_slip_id, []).append((Money(taking.amount_minor), _view(row)))
    return found
