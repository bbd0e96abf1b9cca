"""What stands of project money: received, set aside, spent, left; and the sheets behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from shop.funds.models import AllowanceDay, AllowanceSheet, FundedProject, FundReceipt
from shop.funds.rules import SheetState
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.stations.queries import in_scope


@dataclass(frozen=True, slots=True)
class ProjectView:
    """One funded project with its money; ``set_aside`` waits for a second person."""

    id: int
    public_id: str
    number: str
    title: str
    title_en: str | None
    funder: str
    workshop_id: int
    station_id: int
    day_rate: Money
    starts_on: date
    ends_on: date
    received: Money
    set_aside: Money
    spent: Money

    @property
    def left(self) -> Money:
        """Return what can still be promised."""
        return self.received - self.set_aside - self.spent


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Money that came in, and whether it was written by mistake."""

    id: int
    public_id: str
    amount: Money
    paper: str
    received_on: date
    noted_by_id: int
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class SheetView:
    """One attendance sheet: who came on how many days is ``days``, by member."""

    id: int
    public_id: str
    project_public_id: str
    paper: str
    day_rate: Money
    amount: Money
    state: SheetState
    proposed_by_id: int
    decided_by_id: int | None
    days: dict[int, list[date]]


def _received(project_id: Any) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(FundReceipt.amount_minor), 0))
        .where(FundReceipt.project_id == project_id, FundReceipt.withdrawn_at.is_(None))
        .scalar_subquery()
    )


def _promised(project_id: Any, *states: SheetState) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(AllowanceSheet.amount_minor), 0))
        .where(AllowanceSheet.project_id == project_id, AllowanceSheet.state.in_(states))
        .scalar_subquery()
    )


def left_of(project_id: int) -> Money:
    """Return what came in for a project and is neither spent nor set aside."""
    promised = _promised(project_id, SheetState.PROPOSED, SheetState.AGREED)
    left = db.session.scalar(sa.select(_received(project_id) - promised))
    return Money(int(left or 0))


def projects(scope: Scope, *, most: int = 100) -> list[ProjectView]:
    """Return the projects of workshops within reach, the latest first."""
    return _projects(in_scope(scope, FundedProject.station_id), most=most)


def project(public_id: str, *, scope: Scope) -> ProjectView:
    """Return one project within reach. Raises NotFound outside it."""
    found = _projects(
        FundedProject.public_id == public_id, in_scope(scope, FundedProject.station_id), most=1
    )
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def _projects(*conditions: sa.ColumnElement[bool], most: int) -> list[ProjectView]:
    rows = db.session.execute(
        sa.select(
            FundedProject,
            _received(FundedProject.id),
            _promised(FundedProject.id, SheetState.PROPOSED),
            _promised(FundedProject.id, SheetState.AGREED),
        )
        .where(*conditions)
        .order_by(FundedProject.id.desc())
        .limit(most)
    )
    return [
        ProjectView(
            id=row.id,
            public_id=row.public_id,
            number=row.number,
            title=row.title,
            title_en=row.title_en,
            funder=row.funder,
            workshop_id=row.workshop_id,
            station_id=row.station_id,
            day_rate=Money(row.day_rate_minor),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            received=Money(int(received)),
            set_aside=Money(int(set_aside)),
            spent=Money(int(spent)),
        )
        for row, received, set_aside, spent in rows
    ]


def receipts(project_id: int, *, most: int = 50) -> list[ReceiptView]:
    """Return what came in for a project, the latest first."""
    rows = db.session.execute(
        sa.select(FundReceipt)
        .where(FundReceipt.project_id == project_id)
        .order_by(FundReceipt.id.desc())
        .limit(most)
    ).scalars()
    return [
        ReceiptView(
            id=row.id,
            public_id=row.public_id,
            amount=Money(row.amount_minor),
            paper=row.paper,
            received_on=row.received_on,
            noted_by_id=row.noted_by_id,
            is_withdrawn=row.withdrawn_at is not None,
        )
        for row in rows
    ]


def receipt_of(project_id: int, public_id: str) -> ReceiptView:
    """Return one receipt of a project. Raises NotFound, also for another project's."""
    found = [one for one in receipts(project_id) if one.public_id == public_id]
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def sheets(project_id: int, *, most: int = 50) -> list[SheetView]:
    """Return the attendance sheets of a project, the latest first."""
    return _sheets(AllowanceSheet.project_id == project_id, most=most)


def sheet(public_id: str, *, scope: Scope) -> SheetView:
    """Return one sheet within reach. Raises NotFound outside it."""
    found = _sheets(
        AllowanceSheet.public_id == public_id, in_scope(scope, AllowanceSheet.station_id), most=1
    )
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def sheets_waiting(scope: Scope, *, most: int = 100) -> list[tuple[str, int]]:
    """Return which sheets within reach wait for a second person: project, and who keyed it in."""
    rows = db.session.execute(
        sa.select(FundedProject.public_id, AllowanceSheet.proposed_by_id)
        .join(FundedProject, FundedProject.id == AllowanceSheet.project_id)
        .where(
            AllowanceSheet.state == SheetState.PROPOSED,
            in_scope(scope, AllowanceSheet.station_id),
        )
        .order_by(AllowanceSheet.id)
        .limit(most)
    )
    return [(row.public_id, row.proposed_by_id) for row in rows]


def _sheets(*conditions: sa.ColumnElement[bool], most: int) -> list[SheetView]:
    rows = db.session.execute(
        sa.select(AllowanceSheet, FundedProject.public_id)
        .join(FundedProject, FundedProject.id == AllowanceSheet.project_id)
        .where(*conditions)
        .order_by(AllowanceSheet.id.desc())
        .limit(most)
    ).all()
    days: dict[int, dict[int, list[date]]] = {}
    for one in db.session.execute(
        sa.select(AllowanceDay)
        .where(AllowanceDay.sheet_id.in_([row.id for row, _ in rows]))
        .order_by(AllowanceDay.member_id, AllowanceDay.day)
    ).scalars():
        days.setdefault(one.sheet_id, {}).setdefault(one.member_id, []).append(one.day)
    return [
        SheetView(
            id=row.id,
            public_id=row.public_id,
            project_public_id=project,
            paper=row.paper,
            day_rate=Money(row.day_rate_minor),
            amount=Money(row.amount_minor),
            state=row.state,
            proposed_by_id=row.proposed_by_id,
            decided_by_id=row.decided_by_id,
            days=days.get(row.id, {}),
        )
        for row, project in rows
    ]


def days_taken(wanted: Iterable[tuple[int, date]], *, but: int) -> set[tuple[int, date]]:
    """Return which of these members' days stand on a sheet that counts.

    but    a sheet that is not asked.
    """
    asked = set(wanted)
    rows = db.session.execute(
        sa.select(AllowanceDay.member_id, AllowanceDay.day).where(
            AllowanceDay.counts,
            AllowanceDay.member_id.in_({member_id for member_id, _ in asked}),
            AllowanceDay.day.in_({day for _, day in asked}),
            AllowanceDay.sheet_id != but,
        )
    )
    return asked & {(row.member_id, row.day) for row in rows}
