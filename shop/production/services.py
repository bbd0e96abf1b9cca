"""The verbs of making: set a rate, offer work, issue material, take pieces in, inspect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.catalog.rules import PayLane
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from shop.kernel.ids import public_id, random_letters
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.production import queries
from shop.production.events import (
    HandInCounted,
    HandInInspected,
    MaterialIssued,
    PiecesCoded,
    RateApproved,
    RateSet,
    SlipsPrinted,
    WorkAccepted,
    WorkClosed,
    WorkDeclined,
    WorkOffered,
)
from shop.production.models import (
    HandIn,
    Inspection,
    MaterialIssue,
    PieceCode,
    PieceRate,
    SlipNumber,
    WorkOrder,
)
from shop.production.rules import (
    CODE_LETTERS,
    MOST_MATERIAL,
    MOST_MINUTES,
    MOST_PIECES,
    MOST_SLIPS,
    OLDEST_PAPER,
    PAPER_SERIES,
    REFERENCE_HOURLY,
    TAKES_PIECES,
    HandInState,
    Paper,
    Verdict,
    WorkOrderState,
    faults_kept,
    paper_said,
    piece_rate,
    sources_of,
    state_after,
)
from shop.stations import queries as stations

_rates = table_of(PieceRate)
_numbers = table_of(SlipNumber)
_work = table_of(WorkOrder)
_materials = table_of(MaterialIssue)
_hand_ins = table_of(HandIn)
_inspections = table_of(Inspection)
_codes = table_of(PieceCode)


class TwoPeople(Forbidden):
    """Whoever set a rate may not approve it. Source: domain.md 4 and 14.7."""

    code = "production.two_people"


class AlreadyApproved(Conflict):
    """The rate is in force already."""

    code = "production.already_approved"


class NoRate(Conflict):
    """The product has no approved piece rate on this day, so nobody may be asked to make it."""

    code = "production.no_rate"


class BadPieces(InvalidInput):
    """A number of pieces or minutes, or a quantity of material, is zero, negative or absurd."""

    code = "production.bad_pieces"


class NotOfWorkshop(Conflict):
    """The member does not belong to the workshop that makes this, or has left it."""

    code = "production.not_of_workshop"


class NotHers(Forbidden):
    """Only the member herself answers an offer, or a helper who says that she speaks for her."""

    code = "production.not_hers"


class WrongStep(Conflict):
    """The work order is not at the step from which this can be done."""

    code = "production.wrong_step"


class KeyReused(Conflict):
    """The same form came back with another content; what was sent first stands."""

    code = "production.key_reused"


class TooManyPieces(Conflict):
    """More pieces were brought than the work order still asks for; ``left`` are."""

    code = "production.too_many_pieces"


class OwnWork(Forbidden):
    """Nobody inspects what she made herself. Source: domain.md 2 and 14.7."""

    code = "production.own_work"


class AlreadyInspected(Conflict):
    """Somebody has decided on these pieces; what was found stands."""

    code = "production.already_inspected"


class PaperNotPrinted(InvalidInput):
    """No slip of this number was printed here: a digit is mistyped."""

    code = "production.paper_not_printed"


class PaperKeyedIn(Conflict):
    """This paper slip has been keyed in before, as ``slip``; it does not count twice."""

    code = "production.paper_keyed_in"


class PaperDayWrong(InvalidInput):
    """The day on a paper slip is to come, long past, or before she took the work."""

    code = "production.paper_day_wrong"


class PiecesWaiting(Conflict):
    """Pieces of this work order still wait for a verdict."""

    code = "production.pieces_waiting"


@dataclass(frozen=True, slots=True)
class MadeFor:
    """The line of an order that work is for, and what a buyer's wish adds to one piece.

    wish    as ``catalog.options.frozen`` writes it; nothing for a piece in standard form.
    """

    order_line_id: int
    wish: str = ""
    extra_pay: Money = field(default_factory=lambda: Money(0))
    extra_material: Money = field(default_factory=lambda: Money(0))


@dataclass(frozen=True, slots=True)
class HandInSlip:
    """What goes on the slip at once: the serial number stands on paper and screen alike."""

    id: int
    public_id: str
    number: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Inspected:
    """What accepting needs to know about one inspected hand-in.

    ``rate`` and ``material`` are for one good piece, as frozen on the work order.
    """

    hand_in_id: int
    number: str
    work_order_id: int
    variant_id: int
    product_id: int
    title: str
    title_en: str | None
    workshop_id: int
    station_id: int
    member_id: int
    pieces: int
    counted_at: datetime
    rate: Money
    material: Money
    pay_lane: PayLane
    share_percent: int | None


@transactional
def set_rate(
    *,
    product_id: int,
    minutes: int,
    material: Money,
    valid_from: date,
    study: str,
    actor: Actor,
    now: datetime,
    hourly: Money = REFERENCE_HOURLY,
) -> int:
    """Propose what a good piece earns from a day on; return the rate, which waits for approval.

    minutes     for one piece, from the time study named in ``study``.
    material    in one piece, at cost.
    hourly      reference wage of an hour.

    Raises OutOfReach, Forbidden, NotFound, BadPieces. Source: domain.md 4, 5 E1, 14.2.
    """
    station_id, path = queries.place_of_product(product_id)
    actor.require(Permission.SET_RATE, at=path)
    if not 0 < minutes <= MOST_MINUTES or material.minor < 0 or hourly.minor <= 0:
        raise BadPieces(most=MOST_MINUTES)
    version = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.max(_rates.c.version), 0) + 1).where(
            _rates.c.product_id == product_id
        )
    )
    rate_id: int = db.session.execute(
        sa.insert(_rates).returning(_rates.c.id),
        {
            "product_id": product_id,
            "version": version,
            "minutes": minutes,
            "rate_minor": piece_rate(minutes=minutes, hourly=hourly).minor,
            "material_minor": material.minor,
            "valid_from": valid_from,
            "study": study,
            "set_by_id": actor.user_id,
            "set_at": now,
        },
    ).scalar_one()
    events.record(
        RateSet(rate_id=rate_id, product_id=product_id),
        actor=actor,
        station_id=station_id,
        now=now,
    )
    return rate_id


@dataclass(frozen=True, slots=True)
class NewRate:
    """A proposed rate of one product: minutes for one piece, material in it at cost."""

    product_id: int
    minutes: int
    material: Money


@transactional
def set_rates(
    *,
    rates: Sequence[NewRate],
    station_id: int,
    valid_from: date,
    study: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Propose rates for many products of one place, all or none, as ``set_rate`` does for one.

    Raises OutOfReach, Forbidden, BadPieces, NotFound for a product of another place.
    """
    if not rates:
        return
    actor.require(Permission.SET_RATE, at=stations.path_of(station_id))
    queries.require_at({one.product_id for one in rates}, station_id)
    if any(not 0 < one.minutes <= MOST_MINUTES or one.material.minor < 0 for one in rates):
        raise BadPieces(most=MOST_MINUTES)
    versions: dict[int, int] = {
        row.product_id: row.version
        for row in db.session.execute(
            sa.select(_rates.c.product_id, sa.func.max(_rates.c.version).label("version"))
            .where(_rates.c.product_id.in_([one.product_id for one in rates]))
            .group_by(_rates.c.product_id)
        )
    }
    rate_ids = db.session.scalars(
        sa.insert(_rates).returning(_rates.c.id, sort_by_parameter_order=True),
        [
            {
                "product_id": one.product_id,
                "version": versions.get(one.product_id, 0) + 1,
                "minutes": one.minutes,
                "rate_minor": piece_rate(minutes=one.minutes).minor,
                "material_minor": one.material.minor,
                "valid_from": valid_from,
                "study": study,
                "set_by_id": actor.user_id,
                "set_at": now,
            }
            for one in rates
        ],
    ).all()
    events.record_many(
        [
            RateSet(rate_id=rate_id, product_id=one.product_id)
            for rate_id, one in zip(rate_ids, rates, strict=True)
        ],
        actor=actor,
        station_id=station_id,
        now=now,
    )


@transactional
def approve_rate(*, rate_id: int, actor: Actor, now: datetime) -> None:
    """Put a rate in force, as the second person. Work accepted before keeps its frozen rate.

    Raises OutOfReach, Forbidden, NotFound, TwoPeople, AlreadyApproved. Source: domain.md 14.7.
    """
    rate = db.session.execute(
        sa.select(_rates.c.product_id, _rates.c.set_by_id).where(_rates.c.id == rate_id)
    ).one_or_none()
    if rate is None:
        raise NotFound(what=f"rate:{rate_id}")
    station_id, path = queries.place_of_product(rate.product_id)
    actor.require(Permission.SET_RATE, at=path)
    if actor.user_id == rate.set_by_id and not actor.is_system:
        raise TwoPeople
    approved = rows_changed(
        sa.update(_rates)
        .where(_rates.c.id == rate_id, _rates.c.approved_at.is_(None))
        .values(approved_by_id=actor.user_id, approved_at=now)
    )
    if not approved:
        raise AlreadyApproved
    events.record(
        RateApproved(rate_id=rate_id, product_id=rate.product_id),
        actor=actor,
        station_id=station_id,
        now=now,
    )


@transactional
def offer(
    *,
    member_id: int,
    variant_id: int,
    quantity: int,
    key: str,
    actor: Actor,
    now: datetime,
    due_on: date | None = None,
    made_for: MadeFor | None = None,
) -> int:
    """Offer work to a member of the workshop and return the work order; she may decline.

    quantity    pieces, one or more.
    made_for    the buyer's line that it is for; its extra pay comes on top of the piece rate.
    key         of the form; repeated with the same content it returns the same work order.

    Raises OutOfReach, Forbidden, NotFound, BadPieces, NotOfWorkshop, NoRate for a piece-wage
    product without an approved rate, KeyReused. Source: domain.md 3.
    """
    place = queries.place_of_variant(variant_id)
    actor.require(Permission.GIVE_WORK, at=place.path)
    if not 0 < quantity <= MOST_PIECES:
        raise BadPieces(most=MOST_PIECES)
    content = (member_id, variant_id, quantity, due_on)
    known = _offered_before(key, content)
    if known is not None:
        return known
    member = stations.member(member_id)
    day = business_day(now)
    if member.workshop_id != place.workshop_id or (member.left_on and member.left_on <= day):
        raise NotOfWorkshop
    if place.pay_lane is PayLane.PIECE_WAGE:
        _rate_in_force(place.product_id, day)
    number = _next_number("W", place.station_id, day)
    # Taking the number waited for every other offer here: the same form may have come meanwhile.
    known = _offered_before(key, content)
    if known is not None:
        return known
    work_order_id: int = db.session.execute(
        sa.insert(_work).returning(_work.c.id),
        {
            "public_id": public_id("wrk"),
            "number": number,
            "key": key,
            "workshop_id": place.workshop_id,
            "station_id": place.station_id,
            "member_id": member_id,
            "variant_id": variant_id,
            "quantity": quantity,
            "pay_lane": place.pay_lane.value,
            "share_percent": place.share_percent,
            "order_line_id": made_for.order_line_id if made_for else None,
            "wish": made_for.wish if made_for else "",
            "extra_pay_minor": made_for.extra_pay.minor if made_for else 0,
            "extra_material_minor": made_for.extra_material.minor if made_for else 0,
            "state": WorkOrderState.OFFERED,
            "due_on": due_on,
            "offered_at": now,
            "offered_by_id": actor.user_id,
        },
    ).scalar_one()
    events.record(
        WorkOffered(work_order_id=work_order_id, member_id=member_id),
        actor=actor,
        station_id=place.station_id,
        now=now,
    )
    return work_order_id


@transactional
def accept(*, work_order_id: int, actor: Actor, now: datetime, on_behalf: bool = False) -> None:
    """Note that the member takes the work; from here its rate is frozen. Safe to repeat.

    on_behalf    a helper says it for a member without a phone; the history keeps that.

    Raises NotFound, NotHers, OutOfReach, Forbidden, NoRate, WrongStep. Source: domain.md 3.
    """
    work = _answer(work_order_id, actor=actor, on_behalf=on_behalf)
    if work.state in TAKES_PIECES:
        return
    place = queries.place_of_variant(work.variant_id)
    rate_minor = material_minor = 0
    if work.pay_lane == PayLane.PIECE_WAGE:
        rate = _rate_in_force(place.product_id, business_day(now))
        rate_minor = rate.rate.minor + work.extra_pay_minor
        material_minor = rate.material.minor + work.extra_material_minor
    _move_work(
        work_order_id,
        WorkOrderState.ACCEPTED,
        rate_minor=rate_minor,
        material_minor=material_minor,
        accepted_at=now,
        accepted_by_id=actor.user_id,
    )
    events.record(
        WorkAccepted(work_order_id=work_order_id, member_id=work.member_id, on_behalf=on_behalf),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )


@transactional
def decline(*, work_order_id: int, actor: Actor, now: datetime, on_behalf: bool = False) -> None:
    """Note that the member does not take the work. Safe to repeat.

    Raises NotFound, NotHers, OutOfReach, Forbidden, WrongStep once she has accepted.
    """
    work = _answer(work_order_id, actor=actor, on_behalf=on_behalf)
    if work.state is WorkOrderState.DECLINED:
        return
    _move_work(work_order_id, WorkOrderState.DECLINED)
    events.record(
        WorkDeclined(work_order_id=work_order_id, member_id=work.member_id, on_behalf=on_behalf),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )


@transactional
def close(*, work_order_id: int, actor: Actor, now: datetime) -> None:
    """End a work order whose rest will not be made; what she has handed in stays hers.

    Raises NotFound, OutOfReach, Forbidden, WrongStep, PiecesWaiting.
    """
    work = _locked_work(work_order_id)
    actor.require(Permission.GIVE_WORK, at=work.path)
    if work.counted:
        raise PiecesWaiting(waiting=work.counted)
    _move_work(work_order_id, WorkOrderState.CLOSED)
    events.record(
        WorkClosed(work_order_id=work_order_id, member_id=work.member_id),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )


@transactional
def issue_material(
    *,
    work_order_id: int,
    material: str,
    quantity: int,
    unit: str,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Hand material out for an accepted work order and return the slip's id.

    quantity    in ``unit``, such as 300 g; one or more.
    key         of the form; repeated with the same content it returns the same slip.

    Raises NotFound, OutOfReach, Forbidden, BadPieces, WrongStep, KeyReused.
    """
    work = _locked_work(work_order_id)
    actor.require(Permission.GIVE_WORK, at=work.path)
    if not 0 < quantity <= MOST_MATERIAL:
        raise BadPieces(most=MOST_MATERIAL)
    known = db.session.execute(
        sa.select(
            _materials.c.id,
            _materials.c.work_order_id,
            _materials.c.material,
            _materials.c.quantity,
            _materials.c.unit,
        ).where(_materials.c.key == key)
    ).one_or_none()
    if known is not None:
        if tuple(known)[1:] != (work_order_id, material, quantity, unit):
            raise KeyReused
        return int(known.id)
    if work.state not in TAKES_PIECES:
        raise WrongStep(state=work.state.value)
    issue_id: int = db.session.execute(
        sa.insert(_materials).returning(_materials.c.id),
        {
            "key": key,
            "work_order_id": work_order_id,
            "material": material,
            "quantity": quantity,
            "unit": unit,
            "issued_at": now,
            "issued_by_id": actor.user_id,
        },
    ).scalar_one()
    # Further material for work that is under way moves nothing.
    if work.state is WorkOrderState.ACCEPTED:
        _move_work(work_order_id, WorkOrderState.MATERIAL_ISSUED)
    events.record(
        MaterialIssued(work_order_id=work_order_id, material_issue_id=issue_id),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )
    return issue_id


@transactional
def print_slips(*, station_id: int, slips: int, actor: Actor, now: datetime) -> range:
    """Return the numbers of so many slips for writing by hand; no number is ever given twice.

    Raises NotFound, OutOfReach, Forbidden, BadPieces. Not safe to repeat: a second call gives the
    next numbers, and those of the first stay good.
    """
    actor.require(Permission.RECORD_HAND_IN, at=stations.path_of(station_id))
    if not 0 < slips <= MOST_SLIPS:
        raise BadPieces(most=MOST_SLIPS)
    last = _last_number(PAPER_SERIES, station_id, more=slips)
    numbers = range(last - slips + 1, last + 1)
    events.record(
        SlipsPrinted(station_id=station_id, first=numbers[0], last=numbers[-1]),
        actor=actor,
        station_id=station_id,
        now=now,
    )
    return numbers


@transactional
def record_hand_in(
    *,
    work_order_id: int,
    pieces: int,
    key: str,
    actor: Actor,
    now: datetime,
    paper: Paper | None = None,
) -> HandInSlip:
    """Count pieces that a member brings and return her slip; three days of waiting begin.

    pieces    brought, one or more.
    key       of the form; repeated with the same content it returns the same slip.
    paper     the slip that was written by hand on the day she came: the three days count from
              that day, and no printed number counts twice.

    Raises NotFound, OutOfReach, Forbidden, BadPieces, TooManyPieces, WrongStep, KeyReused,
    PaperNotPrinted, PaperDayWrong, PaperKeyedIn. Source: domain.md 3 (counted, slip given).
    """
    work = _locked_work(work_order_id)
    actor.require(Permission.RECORD_HAND_IN, at=work.path)
    if not 0 < pieces <= MOST_PIECES:
        raise BadPieces(most=MOST_PIECES)
    known = _counted_before(key, (work_order_id, pieces, paper.number if paper else None))
    if known is not None:
        return known
    if work.state not in TAKES_PIECES:
        raise WrongStep(state=work.state.value)
    left = work.quantity - work.done - work.counted
    if pieces > left:
        raise TooManyPieces(brought=pieces, left=left)
    counted_at = now if paper is None else _on_paper(paper, work, now=now)
    counted = work.counted + pieces
    db.session.execute(
        sa.update(_work)
        .where(_work.c.id == work_order_id)
        .values(
            counted=counted,
            state=state_after(quantity=work.quantity, counted=counted, done=work.done),
        )
    )
    number = _next_number("H", work.station_id, business_day(now))
    outside = public_id("hnd")
    hand_in_id: int = db.session.execute(
        sa.insert(_hand_ins).returning(_hand_ins.c.id),
        {
            "public_id": outside,
            "number": number,
            "paper": None if paper is None else paper.number,
            "key": key,
            "work_order_id": work_order_id,
            "member_id": work.member_id,
            "station_id": work.station_id,
            "pieces": pieces,
            "state": HandInState.COUNTED,
            "counted_at": counted_at,
            "counted_by_id": actor.user_id,
        },
    ).scalar_one()
    events.record(
        HandInCounted(hand_in_id=hand_in_id, work_order_id=work_order_id, member_id=work.member_id),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )
    return HandInSlip(id=hand_in_id, public_id=outside, number=number, is_new=True)


def _on_paper(paper: Paper, work: _Work, *, now: datetime) -> datetime:
    """Return the moment a paper slip stands for, once it is known that it can be keyed in."""
    # Giving out none waits all the same: of two who key one slip in, the second finds it known.
    last = _last_number(PAPER_SERIES, work.station_id, more=0)
    if not 0 < paper.number <= last:
        raise PaperNotPrinted(number=paper_said(paper.number))
    known = db.session.scalar(
        sa.select(_hand_ins.c.number).where(
            _hand_ins.c.station_id == work.station_id, _hand_ins.c.paper == paper.number
        )
    )
    if known is not None:
        raise PaperKeyedIn(number=paper_said(paper.number), slip=known)
    today = business_day(now)
    if not today - OLDEST_PAPER <= paper.on_day <= today:
        raise PaperDayWrong
    if work.accepted_at is not None and paper.on_day < business_day(work.accepted_at):
        raise PaperDayWrong
    # Nobody wrote down the minute: noon is the middle of a day at the table.
    return min(now, start_of_day(paper.on_day) + timedelta(hours=12))


@transactional
def inspect(
    *,
    hand_in_id: int,
    verdict: Verdict,
    actor: Actor,
    now: datetime,
    by_silence: bool = False,
) -> Inspected:
    """Write down what was found in one hand-in and return what accepting needs to know.

    verdict       pieces; its four counts add up to what was handed in.
    by_silence    nobody decided in time; only the house itself says so.

    Pieces to rework go back to the maker: her work order asks for them again. Called by
    ``workflows.making``, which moves stock and wage in the same transaction.

    Raises NotFound, OutOfReach, Forbidden, OwnWork, AlreadyInspected, CountMismatch,
    ReasonMissing. Source: domain.md 2, 3, 14.4, 14.7.
    """
    work = inspected(hand_in_id)
    actor.require(Permission.INSPECT, at=stations.path_of(work.station_id))
    refuse_own_work(work, actor)
    if by_silence and not actor.is_system:
        raise Forbidden(permission=Permission.INSPECT)
    verdict.fit(work.pieces)
    decided = rows_changed(
        sa.update(_hand_ins)
        .where(_hand_ins.c.id == hand_in_id, _hand_ins.c.state == HandInState.COUNTED)
        .values(state=HandInState.INSPECTED)
    )
    if not decided:
        raise AlreadyInspected
    db.session.execute(
        sa.insert(_inspections),
        {
            "hand_in_id": hand_in_id,
            "passed": verdict.passed,
            "rework": verdict.rework,
            "second_grade": verdict.second_grade,
            "rejected": verdict.rejected,
            "reason": verdict.reason.strip(),
            "faults": faults_kept(verdict.faults),
            "by_silence": by_silence,
            "inspector_id": actor.user_id,
            "inspected_at": now,
        },
    )
    _settle_work(work.work_order_id, verdict)
    events.record(
        HandInInspected(
            hand_in_id=hand_in_id,
            work_order_id=work.work_order_id,
            member_id=work.member_id,
            by_silence=by_silence,
        ),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )
    return work


def refuse_own_work(work: Inspected, actor: Actor) -> None:
    """Return when the actor did not make these pieces herself. Raises OwnWork."""
    if actor.member_id is not None and actor.member_id == work.member_id:
        raise OwnWork


def inspected(hand_in_id: int) -> Inspected:
    """Return what accepting, or looking again, needs to know of a hand-in. Raises NotFound."""
    row = db.session.execute(_inspected_select().where(_hand_ins.c.id == hand_in_id)).one_or_none()
    if row is None:
        raise NotFound(what=f"hand-in:{hand_in_id}")
    place = queries.place_of_variant(row.variant_id)
    return Inspected(
        hand_in_id=hand_in_id,
        number=row.number,
        work_order_id=row.work_order_id,
        variant_id=row.variant_id,
        product_id=place.product_id,
        title=place.title,
        title_en=place.title_en,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        member_id=row.member_id,
        pieces=row.pieces,
        counted_at=row.counted_at,
        rate=Money(row.rate_minor),
        material=Money(row.material_minor),
        pay_lane=PayLane(row.pay_lane),
        share_percent=row.share_percent,
    )


@transactional
def give_codes(
    *, work: Inspected, passed: int, is_each_its_own: bool, actor: Actor, now: datetime
) -> None:
    """Give passed pieces the codes of their labels: one for the batch, or one each.

    Those that pass at a second look get further codes, with the number of whoever looked then.

    passed             pieces; none gets no code.
    is_each_its_own    no two are alike, so each has its own page.

    Called by ``workflows.making`` in the transaction in which they pass. Source: domain.md 7, 14.13
    (the label is printed from the acceptance step, for passed pieces only).
    """
    if not passed:
        return
    before = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.max(_codes.c.serial), 0)).where(
            _codes.c.hand_in_id == work.hand_in_id
        )
    )
    counts = [1] * passed if is_each_its_own else [passed]
    # Of 30 letters in 8 places two are hardly ever alike; the constraint would say so.
    db.session.execute(
        sa.insert(_codes),
        [
            {
                "code": random_letters(CODE_LETTERS),
                "hand_in_id": work.hand_in_id,
                "product_id": work.product_id,
                "variant_id": work.variant_id,
                "member_id": work.member_id,
                "serial": serial,
                "pieces": pieces,
                "inspector_id": actor.user_id,
                "passed_on": business_day(now),
            }
            for serial, pieces in enumerate(counts, start=(before or 0) + 1)
        ],
    )
    events.record(
        PiecesCoded(product_id=work.product_id, hand_in_id=work.hand_in_id),
        actor=actor,
        station_id=work.station_id,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """One work order as its verbs need it, with the path of its place."""

    id: int
    station_id: int
    path: str
    member_id: int
    variant_id: int
    pay_lane: str
    quantity: int
    counted: int
    done: int
    extra_pay_minor: int
    extra_material_minor: int
    state: WorkOrderState
    accepted_at: datetime | None


def _locked_work(work_order_id: int) -> _Work:
    # Its numbers decide what may be counted or closed: two slips at once take their turn.
    return _work_order(work_order_id, query=_work_select().with_for_update())


def _work_select() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        _work.c.station_id,
        _work.c.member_id,
        _work.c.variant_id,
        _work.c.pay_lane,
        _work.c.quantity,
        _work.c.counted,
        _work.c.done,
        _work.c.extra_pay_minor,
        _work.c.extra_material_minor,
        _work.c.state,
        _work.c.accepted_at,
    )


def _work_order(work_order_id: int, *, query: sa.Select[*tuple[Any, ...]] | None = None) -> _Work:
    query = _work_select() if query is None else query
    row = db.session.execute(query.where(_work.c.id == work_order_id)).one_or_none()
    if row is None:
        raise NotFound(what=f"work order:{work_order_id}")
    return _Work(id=work_order_id, path=stations.path_of(row.station_id), **row._asdict())


def _answer(work_order_id: int, *, actor: Actor, on_behalf: bool) -> _Work:
    """Return the work order once it is known that this actor may answer its offer."""
    work = _work_order(work_order_id)
    if actor.member_id is not None and actor.member_id == work.member_id:
        return work
    actor.require(Permission.GIVE_WORK, at=work.path)
    if not on_behalf:
        raise NotHers
    return work


def _move_work(work_order_id: int, state: WorkOrderState, **values: object) -> None:
    moved = rows_changed(
        sa.update(_work)
        .where(_work.c.id == work_order_id, _work.c.state.in_(sources_of(state)))
        .values(state=state, **values)
    )
    if not moved:
        raise WrongStep(state=_work_order(work_order_id).state.value)


def _settle_work(work_order_id: int, verdict: Verdict) -> None:
    work = _locked_work(work_order_id)
    counted = work.counted - verdict.pieces
    done = work.done + verdict.finished
    db.session.execute(
        sa.update(_work)
        .where(_work.c.id == work_order_id)
        .values(
            counted=counted,
            done=done,
            state=state_after(quantity=work.quantity, counted=counted, done=done),
        )
    )


def _inspected_select() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        _hand_ins.c.number,
        _hand_ins.c.work_order_id,
        _hand_ins.c.member_id,
        _hand_ins.c.station_id,
        _hand_ins.c.pieces,
        _hand_ins.c.counted_at,
        _work.c.variant_id,
        _work.c.workshop_id,
        _work.c.rate_minor,
        _work.c.material_minor,
        _work.c.pay_lane,
        _work.c.share_percent,
    ).join(_work, _work.c.id == _hand_ins.c.work_order_id)


def _rate_in_force(product_id: int, day: date) -> queries.RateView:
    rate = queries.rates([product_id], on=day).get(product_id)
    if rate is None:
        raise NoRate
    return rate


def _next_number(letter: str, station_id: int, day: date) -> str:
    """Return the next serial number of the day at one station, such as ``H260720-3``."""
    series = f"{letter}{day:%y%m%d}"
    return f"{series}-{_last_number(series, station_id, more=1)}"


def _last_number(series: str, station_id: int, *, more: int) -> int:
    """Return the last number of a series once ``more`` are given out; whoever asks next waits."""
    last: int = db.session.execute(
        insert_or(_numbers)
        .on_conflict_do_update(
            index_elements=["station_id", "series"], set_={"last": _numbers.c.last + more}
        )
        .returning(_numbers.c.last),
        {"station_id": station_id, "series": series, "last": more},
    ).scalar_one()
    return last


def _offered_before(key: str, content: tuple[int, int, int, date | None]) -> int | None:
    known = db.session.execute(
        sa.select(
            _work.c.id, _work.c.member_id, _work.c.variant_id, _work.c.quantity, _work.c.due_on
        ).where(_work.c.key == key)
    ).one_or_none()
    if known is None:
        return None
    if tuple(known)[1:] != content:
        raise KeyReused
    return int(known.id)


def _counted_before(key: str, content: tuple[int, int, int | None]) -> HandInSlip | None:
    known = db.session.execute(
        sa.select(
            _hand_ins.c.id,
            _hand_ins.c.public_id,
            _hand_ins.c.number,
            _hand_ins.c.work_order_id,
            _hand_ins.c.pieces,
            _hand_ins.c.paper,
        ).where(_hand_ins.c.key == key)
    ).one_or_none()
    if known is None:
        return None
    if (known.work_order_id, known.pieces, known.paper) != content:
        raise KeyReused
    return HandInSlip(id=known.id, public_id=known.public_id, number=known.number, is_new=False)
