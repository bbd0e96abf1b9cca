"""What must hold in production at all times: work orders, hand-ins and inspections agree."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.production.models import Appeal, HandIn, Inspection, PieceCode, WorkOrder
from shop.production.rules import HandInState, WorkOrderState


def _work_orders_count_their_hand_ins() -> Iterator[Finding]:
    waiting = sa.case((HandIn.state == HandInState.COUNTED, HandIn.pieces), else_=0)
    finished = Inspection.passed + Inspection.second_grade + Inspection.rejected
    counted = sa.func.coalesce(sa.func.sum(waiting), 0)
    done = sa.func.coalesce(sa.func.sum(finished), 0)
    rows = db.session.execute(
        sa.select(
            WorkOrder.id,
            WorkOrder.counted,
            WorkOrder.done,
            counted.label("sum_counted"),
            done.label("sum_done"),
        )
        .outerjoin(HandIn, HandIn.work_order_id == WorkOrder.id)
        .outerjoin(Inspection, Inspection.hand_in_id == HandIn.id)
        .group_by(WorkOrder.id, WorkOrder.counted, WorkOrder.done)
        .having(sa.or_(WorkOrder.counted != counted, WorkOrder.done != done))
        .order_by(WorkOrder.id)
    )
    for row in rows:
        yield Finding(
            "W1",
            f"work_order:{row.id}",
            f"counts {row.counted} waiting and {row.done} done, its hand-ins sum to "
            f"{row.sum_counted} and {row.sum_done}",
        )


def _inspections_add_up() -> Iterator[Finding]:
    pieces = Inspection.passed + Inspection.rework + Inspection.second_grade + Inspection.rejected
    rows = db.session.execute(
        sa.select(HandIn.id, HandIn.pieces, HandIn.state, pieces.label("seen"))
        .outerjoin(Inspection, Inspection.hand_in_id == HandIn.id)
        .where(
            sa.or_(
                pieces != HandIn.pieces,
                (HandIn.state == HandInState.INSPECTED) != Inspection.id.is_not(None),
            )
        )
        .order_by(HandIn.id)
    )
    for row in rows:
        yield Finding(
            "W2",
            f"hand_in:{row.id}",
            f"of {row.pieces} pieces is {row.state}, its inspection saw {row.seen}",
        )


def _makers_are_the_members_asked() -> Iterator[Finding]:
    rows = db.session.execute(
        sa.select(HandIn.id, HandIn.member_id, WorkOrder.member_id.label("asked"))
        .join(WorkOrder, WorkOrder.id == HandIn.work_order_id)
        .where(
            sa.or_(
                HandIn.member_id != WorkOrder.member_id, HandIn.station_id != WorkOrder.station_id
            )
        )
        .order_by(HandIn.id)
    )
    for row in rows:
        yield Finding(
            "W2", f"hand_in:{row.id}", f"is of member {row.member_id}, work was {row.asked}'s"
        )


def _rates_are_frozen() -> Iterator[Finding]:
    rows = db.session.execute(
        sa.select(WorkOrder.id, WorkOrder.state)
        .where(
            WorkOrder.state.not_in([WorkOrderState.OFFERED, WorkOrderState.DECLINED]),
            sa.or_(
                WorkOrder.accepted_at.is_(None),
                sa.and_(WorkOrder.pay_lane == "piece_wage", WorkOrder.rate_minor == 0),
            ),
        )
        .order_by(WorkOrder.id)
    )
    for row in rows:
        yield Finding("W3", f"work_order:{row.id}", f"is {row.state} without a frozen rate")


def _passed_pieces_have_their_codes() -> Iterator[Finding]:
    coded = (
        sa.select(PieceCode.hand_in_id, sa.func.sum(PieceCode.pieces).label("pieces"))
        .group_by(PieceCode.hand_in_id)
        .subquery()
    )
    passed = Inspection.passed + sa.func.coalesce(Appeal.rejected_to_passed, 0)
    rows = db.session.execute(
        sa.select(Inspection.hand_in_id, passed.label("passed"), coded.c.pieces)
        .outerjoin(Appeal, Appeal.hand_in_id == Inspection.hand_in_id)
        .outerjoin(coded, coded.c.hand_in_id == Inspection.hand_in_id)
        .where(passed != sa.func.coalesce(coded.c.pieces, 0))
        .order_by(Inspection.hand_in_id)
    )
    for row in rows:
        yield Finding(
            "W4", f"hand_in:{row.hand_in_id}", f"{row.passed} passed, {row.pieces or 0} have a code"
        )


CHECKS: tuple[Check, ...] = (
    Check(
        "W1", "work orders count what was handed in and decided", _work_orders_count_their_hand_ins
    ),
    Check("W2", "every inspection adds up to its hand-in", _inspections_add_up),
    Check("W2", "every hand-in belongs to the work it answers", _makers_are_the_members_asked),
    Check("W3", "accepted work has its frozen rate", _rates_are_frozen),
    Check("W4", "every passed piece has the code of a label", _passed_pieces_have_their_codes),
)
