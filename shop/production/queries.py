"""Reads of production: rates, work orders, hand-ins, and what their papers say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Product, Variant
from shop.catalog.options import Chosen, thawed
from shop.catalog.rules import ListingState, PayLane, Quality
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.production.models import (
    Appeal,
    HandIn,
    Inspection,
    MaterialIssue,
    PieceCode,
    PieceRate,
    SlipNumber,
    WorkOrder,
)
from shop.production.rules import (
    DECISION_TIME,
    OPEN,
    PAPER_SERIES,
    AppealState,
    HandInState,
    Raised,
    Verdict,
    WorkOrderState,
    decide_by,
    faults_read,
    inspector_number,
    paper_said,
)
from shop.stations import queries as stations
from shop.stations.models import Member, Station, Workshop

MOST = 200

# When pieces of a product passed last, and by whom, inside a statement of a room below: ``p`` is
# the product.
LAST_PASSED_ON = """(SELECT b.passed_on FROM piece_codes b WHERE b.product_id = p.id
 ORDER BY b.id DESC LIMIT 1)"""
LAST_INSPECTOR = """(SELECT b.inspector_id FROM piece_codes b WHERE b.product_id = p.id
 ORDER BY b.id DESC LIMIT 1)"""


@dataclass(frozen=True, slots=True)
class VariantPlace:
    """Where a variant is made and how its maker is paid, as it stands now."""

    variant_id: int
    product_id: int
    workshop_id: int
    station_id: int
    path: str
    pay_lane: PayLane
    share_percent: int | None
    title: str
    title_en: str | None


@dataclass(frozen=True, slots=True)
class RateView:
    """One version of a piece rate; ``rate`` and ``material`` are for one good piece."""

    rate_id: int
    product_id: int
    version: int
    minutes: int
    rate: Money
    material: Money
    valid_from: date
    study: str
    set_by_id: int | None
    approved_by_id: int | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Piece:
    """What is being made, as papers and lists show it."""

    variant_id: int
    product_id: int
    sku: str
    code: str
    craft: str
    drawing: str | None
    title: str
    title_en: str | None
    size: str
    color: str
    color_en: str | None


@dataclass(frozen=True, slots=True)
class Maker:
    """Whose work it is."""

    member_id: int
    public_id: str
    code: str
    name: str
    name_en: str | None


@dataclass(frozen=True, slots=True)
class WorkOrderView:
    """Work given to one member; ``left`` pieces can still be handed in.

    wish         what is woven in for one buyer; ``extra_pay`` is what that adds to a good piece.
    """

    work_order_id: int
    public_id: str
    number: str
    state: WorkOrderState
    workshop_id: int
    station_id: int
    piece: Piece
    maker: Maker
    quantity: int
    counted: int
    done: int
    left: int
    pay_lane: PayLane
    rate: Money
    share_percent: int | None
    due_on: date | None
    offered_at: datetime
    accepted_at: datetime | None
    accepted_by_id: int | None
    order_line_id: int | None
    wish: tuple[Chosen, ...]
    extra_pay: Money


@dataclass(frozen=True, slots=True)
class HandInView:
    """Pieces brought back, without a word about pay: the inspector's view."""

    hand_in_id: int
    public_id: str
    number: str
    paper: int | None
    state: HandInState
    work_order_public_id: str
    work_order_number: str
    workshop_id: int
    station_id: int
    piece: Piece
    maker: Maker
    pieces: int
    counted_at: datetime
    decide_by: datetime
    verdict: Verdict | None
    raised: Raised | None
    by_silence: bool
    inspected_at: datetime | None
    wish: tuple[Chosen, ...]

    @property
    def stands(self) -> Verdict | None:
        """Return what counts now: the verdict, or what a second look has made of it."""
        if self.verdict is None or self.raised is None:
            return self.verdict
        return self.raised.of(self.verdict)

    @property
    def has_labels(self) -> bool:
        """Say whether pieces of it have passed; raised second grade keeps the label it has."""
        raised = self.raised.rejected_to_passed if self.raised else 0
        return self.verdict is not None and self.verdict.passed + raised > 0

    @property
    def paper_number(self) -> str:
        """Return the number printed on the slip that was written by hand first; empty for none."""
        return "" if self.paper is None else paper_said(self.paper)


@dataclass(frozen=True, slots=True)
class MaterialView:
    """Material given out for one work order."""

    material: str
    quantity: int
    unit: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Makeable:
    """What a member can be asked to make, and what a good piece earns her.

    ``rate`` is None for consignment, where she gets ``share_percent`` of the price when it sells.
    """

    piece: Piece
    rate: Money | None
    share_percent: int | None


@dataclass(frozen=True, slots=True)
class Slip:
    """Everything that stands on the three-part slip of one hand-in."""

    hand_in: HandInView
    workshop_name: str
    workshop_name_en: str | None
    station_name: str
    station_name_en: str | None
    phone: str | None
    pay_lane: PayLane
    rate: Money
    share_percent: int | None


def place_of_variant(variant_id: int) -> VariantPlace:
    """Return where a variant is made and how it is paid. Raises NotFound."""
    row = db.session.execute(
        sa.select(
            Variant.id,
            Variant.product_id,
            Variant.workshop_id,
            Product.station_id,
            Station.path,
            Product.pay_lane,
            Product.share_percent,
            Product.title,
            Product.title_en,
        )
        .join(Product, Product.id == Variant.product_id)
        .join(Station, Station.id == Product.station_id)
        .where(Variant.id == variant_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"variant:{variant_id}")
    return VariantPlace(*row)


def place_of_product(product_id: int) -> tuple[int, str]:
    """Return the station of a product and its path. Raises NotFound."""
    row = db.session.execute(
        sa.select(Product.station_id, Station.path)
        .join(Station, Station.id == Product.station_id)
        .where(Product.id == product_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"product:{product_id}")
    return row.station_id, row.path


def require_at(product_ids: Iterable[int], station_id: int) -> None:
    """Return when every product is of this place. Raises NotFound for the first that is not."""
    wanted = set(product_ids)
    here = set(
        db.session.scalars(
            sa.select(Product.id).where(Product.id.in_(wanted), Product.station_id == station_id)
        )
    )
    if wanted - here:
        raise NotFound(what=f"product:{min(wanted - here)}")


def rates(product_ids: Iterable[int], *, on: date) -> dict[int, RateView]:
    """Return the rate in force on a day, by product; a product without one is missing."""
    in_force: dict[int, RateView] = {}
    for rate in _rates(PieceRate.product_id.in_(list(product_ids))):
        if rate.approved_at is not None and rate.valid_from <= on:
            in_force[rate.product_id] = rate
    return in_force


def rate_history(product_id: int) -> list[RateView]:
    """Return every version of one product's rate, oldest first, waiting ones too."""
    return _rates(PieceRate.product_id == product_id)


def rates_waiting(scope: Scope) -> list[RateView]:
    """Return the rates within reach that wait for a second person."""
    mine = sa.select(Product.id).where(stations.in_scope(scope, Product.station_id))
    return _rates(sa.and_(PieceRate.approved_at.is_(None), PieceRate.product_id.in_(mine)))


def _rates(condition: sa.ColumnElement[bool]) -> list[RateView]:
    rows = db.session.scalars(
        sa.select(PieceRate)
        .where(condition)
        .order_by(PieceRate.product_id, PieceRate.valid_from, PieceRate.version)
    )
    return [
        RateView(
            rate_id=row.id,
            product_id=row.product_id,
            version=row.version,
            minutes=row.minutes,
            rate=Money(row.rate_minor),
            material=Money(row.material_minor),
            valid_from=row.valid_from,
            study=row.study,
            set_by_id=row.set_by_id,
            approved_by_id=row.approved_by_id,
            approved_at=row.approved_at,
        )
        for row in rows
    ]


def makeable(workshop_id: int, *, on: date) -> list[Makeable]:
    """Return what members of a workshop can be asked to make on a day, by code and size.

    What is paid by the piece and has no rate in force on that day is left out.
    """
    rows = db.session.execute(
        sa.select(*_PIECE, Product.pay_lane, Product.share_percent)
        .join(Product, Product.id == Variant.product_id)
        .where(
            Variant.workshop_id == workshop_id,
            Variant.quality == Quality.FIRST,
            Product.state.not_in([ListingState.ENDED, ListingState.UNLISTED]),
        )
        .order_by(Product.code, Variant.position, Variant.id)
    ).all()
    in_force = rates({row.product_id for row in rows}, on=on)
    found = []
    for row in rows:
        if row.pay_lane is PayLane.CONSIGNMENT:
            found.append(Makeable(_piece(row), None, row.share_percent))
        elif row.product_id in in_force:
            found.append(Makeable(_piece(row), in_force[row.product_id].rate, None))
    return found


def work_orders(
    *,
    scope: Scope | None = None,
    member_id: int | None = None,
    open_only: bool = True,
    most: int = MOST,
) -> list[WorkOrderView]:
    """Return work within a reader's reach, or one member's own; newest first.

    scope        of the reader; None only together with ``member_id``, for her own page.
    open_only    leave out what is closed or declined.

    Raises ValueError when neither is given: nobody reads everything by mistake.
    """
    if scope is None and member_id is None:
        message = "work orders are read within a scope or for one member"
        raise ValueError(message)
    query = _work_select().order_by(WorkOrder.id.desc()).limit(most)
    if scope is not None:
        query = query.where(stations.in_scope(scope, WorkOrder.station_id))
    if member_id is not None:
        query = query.where(WorkOrder.member_id == member_id)
    if open_only:
        query = query.where(WorkOrder.state.in_(OPEN))
    return [_work_view(row) for row in db.session.execute(query)]


def work_order(public_id: str, scope: Scope) -> WorkOrderView:
    """Return one work order within reach. Raises NotFound."""
    row = db.session.execute(
        _work_select().where(
            WorkOrder.public_id == public_id, stations.in_scope(scope, WorkOrder.station_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"work order {public_id}")
    return _work_view(row)


def work_order_public_id(work_order_id: int) -> str:
    """Return the outside name of a work order. Raises NotFound."""
    public_id = db.session.scalar(
        sa.select(WorkOrder.public_id).where(WorkOrder.id == work_order_id)
    )
    if public_id is None:
        raise NotFound(what=f"work order:{work_order_id}")
    return public_id


def work_order_by_key(key: str) -> int | None:
    """Return the work order that a form with this key made, or None."""
    return db.session.scalar(sa.select(WorkOrder.id).where(WorkOrder.key == key))


def given_out(order_line_ids: Iterable[int]) -> dict[int, int]:
    """Return how many pieces of order lines makers have been asked for, by line.

    Declined work counts for nothing, closed work for the pieces that were decided.
    """
    pieces = sa.case(
        (WorkOrder.state == WorkOrderState.CLOSED, WorkOrder.done), else_=WorkOrder.quantity
    )
    rows = db.session.execute(
        sa.select(WorkOrder.order_line_id, sa.func.sum(pieces))
        .where(
            WorkOrder.order_line_id.in_(list(order_line_ids)),
            WorkOrder.state != WorkOrderState.DECLINED,
        )
        .group_by(WorkOrder.order_line_id)
    )
    return {line_id: int(count) for line_id, count in rows if line_id is not None}


def material_issued(work_order_id: int) -> list[MaterialView]:
    """Return what was given out for one work order, oldest first."""
    rows = db.session.execute(
        sa.select(
            MaterialIssue.material,
            MaterialIssue.quantity,
            MaterialIssue.unit,
            MaterialIssue.issued_at,
        )
        .where(MaterialIssue.work_order_id == work_order_id)
        .order_by(MaterialIssue.id)
    )
    return [MaterialView(*row) for row in rows]


def hand_ins_waiting(scope: Scope, *, most: int = MOST) -> list[HandInView]:
    """Return what waits for an inspector within reach, the longest waiting first."""
    rows = db.session.execute(
        _hand_in_select()
        .where(stations.in_scope(scope, HandIn.station_id), HandIn.state == HandInState.COUNTED)
        .order_by(HandIn.counted_at, HandIn.id)
        .limit(most)
    )
    return [_hand_in_view(row) for row in rows]


def hand_ins_of(member_id: int, *, after: int | None = None, most: int = MOST) -> list[HandInView]:
    """Return what one member has handed in, newest first, for her own page.

    after    the ``hand_in_id`` that the page before ended with.
    """
    query = _hand_in_select().where(HandIn.member_id == member_id)
    if after is not None:
        query = query.where(HandIn.id < after)
    rows = db.session.execute(query.order_by(HandIn.id.desc()).limit(most))
    return [_hand_in_view(row) for row in rows]


def hand_ins_appealed(scope: Scope, *, most: int = MOST) -> list[HandInView]:
    """Return the hand-ins within reach to which a maker objects, the longest waiting first."""
    rows = db.session.execute(
        _hand_in_select()
        .where(Appeal.state == AppealState.OPEN, stations.in_scope(scope, Appeal.station_id))
        .order_by(Appeal.said_at, Appeal.id)
        .limit(most)
    )
    return [_hand_in_view(row) for row in rows]


def hand_in_of(member_id: int, public_id: str) -> int:
    """Return the id of one of a member's own hand-ins. Raises NotFound."""
    found = db.session.scalar(
        sa.select(HandIn.id).where(HandIn.member_id == member_id, HandIn.public_id == public_id)
    )
    if found is None:
        raise NotFound(what=f"hand-in {public_id}")
    return found


def hand_ins_decided(scope: Scope, *, most: int = MOST) -> list[HandInView]:
    """Return what was inspected within reach, newest first."""
    rows = db.session.execute(
        _hand_in_select()
        .where(stations.in_scope(scope, HandIn.station_id), HandIn.state == HandInState.INSPECTED)
        .order_by(HandIn.id.desc())
        .limit(most)
    )
    return [_hand_in_view(row) for row in rows]


def hand_ins_by_id(hand_in_ids: Iterable[int]) -> list[HandInView]:
    """Return hand-ins by id; unknown ids are simply missing."""
    rows = db.session.execute(_hand_in_select().where(HandIn.id.in_(list(hand_in_ids))))
    return [_hand_in_view(row) for row in rows]


def hand_in(public_id: str, scope: Scope) -> HandInView:
    """Return one hand-in within reach. Raises NotFound."""
    row = db.session.execute(
        _hand_in_select().where(
            HandIn.public_id == public_id, stations.in_scope(scope, HandIn.station_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"hand-in {public_id}")
    return _hand_in_view(row)


def slip(public_id: str, scope: Scope) -> Slip:
    """Return what the slip of one hand-in within reach says. Raises NotFound."""
    row = db.session.execute(_slip_select(scope).where(HandIn.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound(what=f"hand-in {public_id}")
    return _slip(row)


def slips_of(member_id: int, scope: Scope, *, most: int) -> list[Slip]:
    """Return the slips that one member was given last within reach, the latest first."""
    rows = db.session.execute(
        _slip_select(scope)
        .where(HandIn.member_id == member_id)
        .order_by(HandIn.id.desc())
        .limit(most)
    )
    return [_slip(row) for row in rows]


def slips_so_far(work_order_ids: Iterable[int]) -> dict[int, int]:
    """Return how many slips each work order has, so that a form knows which is the next."""
    ids = list(work_order_ids)
    rows = db.session.execute(
        sa.select(HandIn.work_order_id, sa.func.count())
        .where(HandIn.work_order_id.in_(ids))
        .group_by(HandIn.work_order_id)
    )
    return dict.fromkeys(ids, 0) | {work_order_id: int(slips) for work_order_id, slips in rows}


def last_paper(station_id: int) -> int:
    """Return the highest number that was printed at a place on slips for writing by hand."""
    return (
        db.session.scalar(
            sa.select(SlipNumber.last).where(
                SlipNumber.station_id == station_id, SlipNumber.series == PAPER_SERIES
            )
        )
        or 0
    )


def verdict_of(hand_in_id: int) -> Verdict | None:
    """Return what was found in one hand-in; None while nobody has decided."""
    found = db.session.scalar(sa.select(Inspection).where(Inspection.hand_in_id == hand_in_id))
    return None if found is None else _verdict(found)


def _slip_select(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    return (
        _hand_in_select()
        .add_columns(
            Workshop.name.label("workshop_name"),
            Workshop.name_en.label("workshop_name_en"),
            Station.short_name.label("station_name"),
            Station.name_en.label("station_name_en"),
            sa.func.coalesce(Workshop.phone, Station.phone).label("phone"),
            WorkOrder.pay_lane,
            WorkOrder.rate_minor,
            WorkOrder.share_percent,
        )
        .join(Workshop, Workshop.id == WorkOrder.workshop_id)
        .join(Station, Station.id == HandIn.station_id)
        .where(stations.in_scope(scope, HandIn.station_id))
    )


def passed_by_silence(*, now: datetime, most: int = MOST) -> list[tuple[int, int]]:
    """Return (hand-in, pieces) on which nobody decided in time, the oldest first."""
    rows = db.session.execute(
        sa.select(HandIn.id, HandIn.pieces)
        .where(HandIn.state == HandInState.COUNTED, HandIn.counted_at <= now - DECISION_TIME)
        .order_by(HandIn.counted_at, HandIn.id)
        .limit(most)
    )
    return [(row.id, row.pieces) for row in rows]


_PIECE = (
    Variant.id.label("variant_id"),
    Variant.product_id,
    Variant.sku,
    Product.code.label("product_code"),
    Product.craft,
    Product.drawing,
    Product.title,
    Product.title_en,
    Variant.size,
    Variant.color,
    Variant.color_en,
)
_MAKER = (
    Member.id.label("member_id"),
    Member.public_id.label("member_public_id"),
    Member.code.label("member_code"),
    Member.name.label("member_name"),
    Member.name_en.label("member_name_en"),
)


def _work_select() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(WorkOrder, *_PIECE, *_MAKER)
        .join(Variant, Variant.id == WorkOrder.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Member, Member.id == WorkOrder.member_id)
    )


def _hand_in_select() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            HandIn,
            Inspection,
            Appeal,
            WorkOrder.public_id.label("work_order_public_id"),
            WorkOrder.number.label("work_order_number"),
            WorkOrder.workshop_id,
            WorkOrder.wish,
            *_PIECE,
            *_MAKER,
        )
        .join(WorkOrder, WorkOrder.id == HandIn.work_order_id)
        .join(Variant, Variant.id == WorkOrder.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Member, Member.id == HandIn.member_id)
        .outerjoin(Inspection, Inspection.hand_in_id == HandIn.id)
        .outerjoin(Appeal, Appeal.hand_in_id == HandIn.id)
    )


# Any: rows of the selects above, whose columns carry the names used here.
def _slip(row: Any) -> Slip:
    return Slip(
        hand_in=_hand_in_view(row),
        workshop_name=row.workshop_name,
        workshop_name_en=row.workshop_name_en,
        station_name=row.station_name,
        station_name_en=row.station_name_en,
        phone=row.phone,
        pay_lane=PayLane(row.pay_lane),
        rate=Money(row.rate_minor),
        share_percent=row.share_percent,
    )


def _piece(row: Any) -> Piece:
    return Piece(
        variant_id=row.variant_id,
        product_id=row.product_id,
        sku=row.sku,
        code=row.product_code,
        craft=row.craft,
        drawing=row.drawing,
        title=row.title,
        title_en=row.title_en,
        size=row.size,
        color=row.color,
        color_en=row.color_en,
    )


def _maker(row: Any) -> Maker:
    return Maker(
        member_id=row.member_id,
        public_id=row.member_public_id,
        code=row.member_code,
        name=row.member_name,
        name_en=row.member_name_en,
    )


def _work_view(row: Any) -> WorkOrderView:
    work: WorkOrder = row.WorkOrder
    return WorkOrderView(
        work_order_id=work.id,
        public_id=work.public_id,
        number=work.number,
        state=work.state,
        workshop_id=work.workshop_id,
        station_id=work.station_id,
        piece=_piece(row),
        maker=_maker(row),
        quantity=work.quantity,
        counted=work.counted,
        done=work.done,
        left=work.quantity - work.counted - work.done,
        pay_lane=PayLane(work.pay_lane),
        rate=Money(work.rate_minor),
        share_percent=work.share_percent,
        due_on=work.due_on,
        offered_at=work.offered_at,
        accepted_at=work.accepted_at,
        accepted_by_id=work.accepted_by_id,
        order_line_id=work.order_line_id,
        wish=thawed(work.wish),
        extra_pay=Money(work.extra_pay_minor),
    )


def _hand_in_view(row: Any) -> HandInView:
    seen: HandIn = row.HandIn
    found: Inspection | None = row.Inspection
    return HandInView(
        hand_in_id=seen.id,
        public_id=seen.public_id,
        number=seen.number,
        paper=seen.paper,
        state=seen.state,
        work_order_public_id=row.work_order_public_id,
        work_order_number=row.work_order_number,
        workshop_id=row.workshop_id,
        station_id=seen.station_id,
        piece=_piece(row),
        maker=_maker(row),
        pieces=seen.pieces,
        counted_at=seen.counted_at,
        decide_by=decide_by(seen.counted_at),
        verdict=None if found is None else _verdict(found),
        raised=None if row.Appeal is None else raised_by(row.Appeal),
        by_silence=found is not None and found.by_silence,
        inspected_at=None if found is None else found.inspected_at,
        wish=thawed(row.wish),
    )


def raised_by(appeal: Appeal) -> Raised:
    """Return what a second look has raised; nothing while it waits or where it was kept."""
    return Raised(appeal.second_to_passed, appeal.rejected_to_passed, appeal.rejected_to_second)


def _verdict(found: Inspection) -> Verdict:
    return Verdict(
        passed=found.passed,
        rework=found.rework,
        second_grade=found.second_grade,
        rejected=found.rejected,
        reason=found.reason,
        faults=faults_read(found.faults),
    )


@dataclass(frozen=True, slots=True)
class CodeView:
    """One code as the desk prints it."""

    code: str
    serial: int
    pieces: int
    passed_on: date
    inspector: str


def codes_of(hand_in_id: int) -> list[CodeView]:
    """Return the codes of the passed pieces of one hand-in; none before they pass."""
    rows = db.session.execute(
        sa.select(
            PieceCode.code,
            PieceCode.serial,
            PieceCode.pieces,
            PieceCode.passed_on,
            PieceCode.inspector_id,
        )
        .where(PieceCode.hand_in_id == hand_in_id)
        .order_by(PieceCode.serial)
    )
    return [
        CodeView(
            row.code, row.serial, row.pieces, row.passed_on, inspector_number(row.inspector_id)
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the piece with a code comes from: what everybody may know, and nothing of a buyer."""

    code: str
    product_id: int
    workshop_id: int
    station_id: int
    member_id: int
    pieces: int
    size: str
    color: str
    color_en: str | None
    passed_on: date
    inspector: str
    is_on_sale: bool
    slug: str
    product_code: str
    title: str
    title_en: str | None
    material: str
    material_en: str | None
    technique: str
    technique_en: str | None
    care: str
    care_en: str | None
    craft: str
    drawing: str | None
    making_minutes: int


def provenance(code: str) -> Provenance:
    """Return where the pieces with a code come from. Raises NotFound.

    code    as ``rules.plain_code`` writes it.
    """
    row = db.session.execute(
        sa.select(
            PieceCode.code,
            PieceCode.product_id,
            Product.workshop_id,
            Product.station_id,
            PieceCode.member_id,
            PieceCode.pieces,
            Variant.size,
            Variant.color,
            Variant.color_en,
            PieceCode.passed_on,
            PieceCode.inspector_id,
            (Product.state == ListingState.ON_SALE).label("is_on_sale"),
            Product.slug,
            Product.code.label("product_code"),
            Product.title,
            Product.title_en,
            Product.material,
            Product.material_en,
            Product.technique,
            Product.technique_en,
            Product.care,
            Product.care_en,
            Product.craft,
            Product.drawing,
            Product.making_minutes,
        )
        .join(Product, Product.id == PieceCode.product_id)
        .join(Variant, Variant.id == PieceCode.variant_id)
        .where(PieceCode.code == code)
    ).one_or_none()
    if row is None:
        raise NotFound(what="piece")
    facts = row._asdict()
    return Provenance(inspector=inspector_number(facts.pop("inspector_id")), **facts)
