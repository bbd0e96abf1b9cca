"""The verbs of project money: open, receive, key in a sheet, agree. ``workflows.funding`` books."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from shop.funds import rules
from shop.funds.events import (
    AllowanceDecided,
    AllowanceProposed,
    FundReceiptWithdrawn,
    FundReceived,
    ProjectOpened,
)
from shop.funds.models import AllowanceDay, AllowanceSheet, FundedProject, FundReceipt
from shop.funds.queries import days_taken, left_of
from shop.funds.rules import SheetState
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.clock import business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, table_of
from shop.stations import queries as stations

_projects = table_of(FundedProject)
_receipts = table_of(FundReceipt)
_sheets = table_of(AllowanceSheet)
_days = table_of(AllowanceDay)


class SumMissing(InvalidInput):
    """Nothing, or less than nothing, is neither a receipt nor an allowance."""

    code = "funds.sum_missing"


class NameMissing(InvalidInput):
    """A project has a number, a title and somebody whose money it is; a receipt has its paper."""

    code = "funds.name_missing"


class WrongPeriod(InvalidInput):
    """A project ends on its first day or later."""

    code = "funds.wrong_period"


class NumberTaken(Conflict):
    """The workshop has another project under this number."""

    code = "funds.number_taken"


class NotYet(InvalidInput):
    """Money that has not come, and days that are not over, are not written down."""

    code = "funds.not_yet"


class OutsideProject(InvalidInput):
    """The project pays for days of its own period and for members of its own workshop."""

    code = "funds.outside_project"


class NobodyCame(InvalidInput):
    """A sheet without a single day is none."""

    code = "funds.nobody_came"


class DayTaken(Conflict):
    """A day of hers stands on another sheet already; ``who`` and ``day`` name the first."""

    code = "funds.day_taken"


class MoreThanLeft(Conflict):
    """A project spends what came in for it, not more; ``left`` is what is left."""

    code = "funds.more_than_left"


class FormReused(Conflict):
    """The same form was sent again with other content."""

    code = "funds.form_reused"


class SheetDone(Conflict):
    """The sheet was agreed to or refused before; what was decided stands."""

    code = "funds.sheet_done"


class OtherPerson(Forbidden):
    """A second person agrees, who did not key it in and is not paid by it herself."""

    code = "funds.other_person"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What booking a receipt needs to know."""

    receipt_id: int
    project_id: int
    workshop_id: int
    station_id: int
    amount: Money
    received_on: date


@dataclass(frozen=True, slots=True)
class AgreedSheet:
    """What booking a sheet needs to know: the days of each member, and the project that pays."""

    sheet_id: int
    project_id: int
    project_number: str
    project_title: str
    project_title_en: str
    station_id: int
    day_rate: Money
    days: Mapping[int, tuple[date, ...]]

    @property
    def allowances(self) -> dict[int, Money]:
        """Return what each member gets."""
        return rules.allowances(self.days, day_rate=self.day_rate)


@transactional
def open_project(
    *,
    workshop_id: int,
    number: str,
    title: str,
    title_en: str,
    funder: str,
    day_rate: Money,
    starts_on: date,
    ends_on: date,
    actor: Actor,
    now: datetime,
) -> str:
    """Open a project whose money a workshop may spend, and return its public id.

    day_rate    what it pays one member for one day of training.

    Safe to repeat with the same content.

    Raises NotFound, OutOfReach, Forbidden, NameMissing, SumMissing, WrongPeriod, NumberTaken.
    Source: domain.md 3 (funded project), 5 E8.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.PREPARE_PAY, at=workshop.path)
    said = {
        "number": number.strip(),
        "title": title.strip(),
        "title_en": title_en.strip() or None,
        "funder": funder.strip(),
        "day_rate_minor": day_rate.minor,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    if not said["number"] or not said["title"] or not said["funder"]:
        raise NameMissing
    if day_rate <= Money(0):
        raise SumMissing
    if ends_on < starts_on:
        raise WrongPeriod
    new = db.session.execute(
        insert_or(_projects)
        .values(
            public_id=public_id("fund"),
            workshop_id=workshop_id,
            station_id=workshop.station_id,
            opened_at=now,
            opened_by_id=actor.user_id,
            **said,
        )
        .on_conflict_do_nothing(index_elements=["workshop_id", "number"])
        .returning(_projects.c.id, _projects.c.public_id)
    ).one_or_none()
    if new is not None:
        events.record(
            ProjectOpened(int(new.id)), actor=actor, station_id=workshop.station_id, now=now
        )
        return str(new.public_id)
    known = db.session.execute(
        sa.select(FundedProject).where(
            FundedProject.workshop_id == workshop_id, FundedProject.number == said["number"]
        )
    ).scalar_one()
    if any(getattr(known, name) != value for name, value in said.items()):
        raise NumberTaken
    return known.public_id


@transactional
def receive(
    *,
    project_id: int,
    amount: Money,
    paper: str,
    received_on: date,
    key: str,
    actor: Actor,
    now: datetime,
) -> Receipt:
    """Note that money came in for a project; returns what to book. Safe to repeat by its key.

    paper    number of the bank's slip that shows it.

    Raises NotFound, OutOfReach, Forbidden, SumMissing, NameMissing, NotYet, FormReused.
    """
    project = _reached(project_id, Permission.PREPARE_PAY, actor)
    paper = paper.strip()
    if amount <= Money(0):
        raise SumMissing
    if not paper:
        raise NameMissing
    if received_on > _today(project, now):
        raise NotYet
    said = (project_id, amount.minor, paper, received_on)
    new_id = db.session.execute(
        insert_or(_receipts)
        .values(
            public_id=public_id("fin"),
            key=key,
            project_id=project_id,
            amount_minor=amount.minor,
            paper=paper,
            received_on=received_on,
            noted_at=now,
            noted_by_id=actor.user_id,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_receipts.c.id)
    ).scalar_one_or_none()
    if new_id is None:
        known = db.session.execute(
            sa.select(FundReceipt).where(FundReceipt.key == key)
        ).scalar_one()
        if said != (known.project_id, known.amount_minor, known.paper, known.received_on):
            raise FormReused
        return _receipt(known, project)
    events.record(
        FundReceived(project_id, int(new_id)),
        actor=actor,
        station_id=project.station_id,
        now=now,
    )
    return Receipt(
        int(new_id), project_id, project.workshop_id, project.station_id, amount, received_on
    )


def _receipt(row: FundReceipt, project: FundedProject) -> Receipt:
    return Receipt(
        row.id,
        project.id,
        project.workshop_id,
        project.station_id,
        Money(row.amount_minor),
        row.received_on,
    )


@transactional
def withdraw_receipt(*, receipt_id: int, actor: Actor, now: datetime) -> Receipt | None:
    """Take out, as a second person, a receipt that was written by mistake.

    Returns what to book back; None when it was withdrawn before.

    Raises NotFound, OutOfReach, Forbidden, OtherPerson, MoreThanLeft when it is spent already.
    """
    row = db.session.get(FundReceipt, receipt_id)
    if row is None:
        raise NotFound(what=f"fund_receipt:{receipt_id}")
    project = _reached(row.project_id, Permission.APPROVE_PAY, actor, lock=True)
    db.session.refresh(row)
    if actor.user_id is None or actor.user_id == row.noted_by_id:
        raise OtherPerson
    if row.withdrawn_at is not None:
        return None
    left = left_of(project.id)
    if Money(row.amount_minor) > left:
        raise MoreThanLeft(left=left)
    db.session.execute(
        sa.update(FundReceipt)
        .where(FundReceipt.id == receipt_id)
        .values(withdrawn_at=now, withdrawn_by_id=actor.user_id)
    )
    events.record(
        FundReceiptWithdrawn(project.id, receipt_id),
        actor=actor,
        station_id=project.station_id,
        now=now,
    )
    return _receipt(row, project)


@transactional
def propose_sheet(
    *,
    project_id: int,
    paper: str,
    attended: Mapping[int, Collection[date]],
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Key in an attendance sheet and return its id; nothing is paid before a second person agrees.

    attended    the days on which each member came, by her id.
    paper       number of the sheet.

    Safe to repeat by its key. Its sum is set aside at once, so that two sheets never promise the
    same money.

    Raises NotFound, OutOfReach, Forbidden, NameMissing, NobodyCame, NotYet, OutsideProject,
    DayTaken, MoreThanLeft, FormReused. Source: domain.md 5 E8, E15.
    """
    project = _reached(project_id, Permission.PREPARE_PAY, actor, lock=True)
    paper = paper.strip()
    if not paper:
        raise NameMissing
    wanted = {(member_id, day) for member_id, days in attended.items() for day in days}
    day_rate = Money(project.day_rate_minor)
    amount = day_rate * len(wanted)
    known = db.session.execute(
        sa.select(AllowanceSheet).where(AllowanceSheet.key == key)
    ).scalar_one_or_none()
    if known is not None:
        before = {
            (row.member_id, row.day)
            for row in db.session.execute(
                sa.select(AllowanceDay.member_id, AllowanceDay.day).where(
                    AllowanceDay.sheet_id == known.id
                )
            )
        }
        if (known.project_id, known.paper, before) != (project_id, paper, wanted):
            raise FormReused
        return known.id
    _refuse_days(project, wanted, now)
    left = left_of(project_id)
    if amount > left:
        raise MoreThanLeft(left=left)
    sheet_id = int(
        db.session.execute(
            sa.insert(_sheets)
            .values(
                public_id=public_id("sheet"),
                key=key,
                project_id=project_id,
                station_id=project.station_id,
                paper=paper,
                day_rate_minor=day_rate.minor,
                amount_minor=amount.minor,
                state=SheetState.PROPOSED,
                proposed_at=now,
                proposed_by_id=actor.user_id,
            )
            .returning(_sheets.c.id)
        ).scalar_one()
    )
    written = db.session.execute(
        insert_or(_days).on_conflict_do_nothing().returning(_days.c.id),
        [
            {"sheet_id": sheet_id, "member_id": member_id, "day": day, "counts": True}
            for member_id, day in sorted(wanted)
        ],
    ).all()
    if len(written) < len(wanted):
        member_id, day = min(days_taken(wanted, but=sheet_id))
        raise DayTaken(who=stations.member(member_id).name, day=day)
    events.record(AllowanceProposed(sheet_id), actor=actor, station_id=project.station_id, now=now)
    return sheet_id


def _refuse_days(project: FundedProject, wanted: set[tuple[int, date]], now: datetime) -> None:
    if not wanted:
        raise NobodyCame
    people = stations.members_by_id({member_id for member_id, _ in wanted})
    days = {day for _, day in wanted}
    if max(days) > _today(project, now):
        raise NotYet
    is_inside = project.starts_on <= min(days) and max(days) <= project.ends_on
    is_ours = all(one.workshop_id == project.workshop_id for one in people.values())
    if not is_inside or not is_ours or len(people) < len({one for one, _ in wanted}):
        raise OutsideProject


@transactional
def agree(*, sheet_id: int, actor: Actor, now: datetime) -> AgreedSheet | None:
    """Agree to a sheet as its second person; returns what to book, None when it was done before.

    Raises NotFound, OutOfReach, Forbidden, OtherPerson, SheetDone. Source: trust.md A3.
    """
    sheet, project = _locked(sheet_id, actor, (Permission.APPROVE_PAY,))
    days: dict[int, list[date]] = {}
    for one in db.session.execute(
        sa.select(AllowanceDay)
        .where(AllowanceDay.sheet_id == sheet_id)
        .order_by(AllowanceDay.member_id, AllowanceDay.day)
    ).scalars():
        days.setdefault(one.member_id, []).append(one.day)
    if actor.user_id is None or actor.user_id == sheet.proposed_by_id or actor.member_id in days:
        raise OtherPerson
    if sheet.state is SheetState.AGREED:
        return None
    _decide(sheet, SheetState.AGREED, actor=actor, now=now)
    return AgreedSheet(
        sheet_id=sheet_id,
        project_id=project.id,
        project_number=project.number,
        project_title=project.title,
        project_title_en=project.title_en or project.title,
        station_id=sheet.station_id,
        day_rate=Money(sheet.day_rate_minor),
        days={member_id: tuple(found) for member_id, found in days.items()},
    )


@transactional
def refuse(*, sheet_id: int, actor: Actor, now: datetime) -> bool:
    """Refuse or withdraw a sheet before it is pay; its days and its sum are free again.

    True only the first time.

    Raises NotFound, OutOfReach, Forbidden, SheetDone.
    """
    sheet, _ = _locked(sheet_id, actor, (Permission.APPROVE_PAY, Permission.PREPARE_PAY))
    if sheet.state is SheetState.REFUSED:
        return False
    _decide(sheet, SheetState.REFUSED, actor=actor, now=now)
    db.session.execute(
        sa.update(AllowanceDay).where(AllowanceDay.sheet_id == sheet_id).values(counts=False)
    )
    return True


def _decide(sheet: AllowanceSheet, target: SheetState, *, actor: Actor, now: datetime) -> None:
    if target not in rules.SHEET_MOVES[sheet.state]:
        raise SheetDone
    db.session.execute(
        sa.update(AllowanceSheet)
        .where(AllowanceSheet.id == sheet.id)
        .values(state=target, decided_at=now, decided_by_id=actor.user_id)
    )
    events.record(
        AllowanceDecided(sheet.id, target.value), actor=actor, station_id=sheet.station_id, now=now
    )


def _locked(
    sheet_id: int, actor: Actor, permissions: tuple[Permission, ...]
) -> tuple[AllowanceSheet, FundedProject]:
    sheet = db.session.execute(
        sa.select(AllowanceSheet)
        .where(AllowanceSheet.id == sheet_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if sheet is None:
        raise NotFound(what=f"allowance_sheet:{sheet_id}")
    path = stations.path_of(sheet.station_id)
    if not any(actor.may(one, at=path) for one in permissions):
        actor.require(permissions[-1], at=path)
    return sheet, db.session.get_one(FundedProject, sheet.project_id)


def _reached(
    project_id: int, permission: Permission, actor: Actor, *, lock: bool = False
) -> FundedProject:
    """Return a project within reach; locked, what is left of it stands still."""
    wanted = sa.select(FundedProject).where(FundedProject.id == project_id)
    project = db.session.execute(wanted.with_for_update() if lock else wanted).scalar_one_or_none()
    if project is None:
        raise NotFound(what=f"funded_project:{project_id}")
    actor.require(permission, at=stations.path_of(project.station_id))
    return project


def _today(project: FundedProject, now: datetime) -> date:
    return business_day(now, stations.station(project.station_id).time_zone)
