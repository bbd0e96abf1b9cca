"""The year's end: a plan drawn up by one person, opened by another, decided by the members.

``workflows.sharing`` books what they decided; the next pay run pays it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from shop.earnings import rules, surplus
from shop.earnings.events import YearDecided, YearDrawnUp, YearOpened
from shop.earnings.models import Adjustment, Earning, YearPlan, YearShare
from shop.earnings.netting import AdjustmentKind, AdjustmentState
from shop.earnings.rules import NOT_FOR_WORK, YearState
from shop.earnings.services import TwoPeople
from shop.earnings.surplus import MemberAccount, Share, Surplus
from shop.kernel import events
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.money import Money, total
from shop.kernel.statements import rows_changed
from shop.stations import queries as stations
from shop.stations.models import Member, Workshop
from shop.stations.queries import WorkshopView, in_scope

LONGEST_WORDS = 300
WHOLE = 100
FIRST_YEAR = 2007  # the co-operative law is of that year


class NothingToShare(InvalidInput):
    """Nothing is left of the surplus after the loss of earlier years."""

    code = "earnings.nothing_to_share"


class TooLittleByWork(InvalidInput):
    """The law wants at least 60 percent of what is shared to go by work."""

    code = "earnings.too_little_by_work"


class NobodyWorked(InvalidInput):
    """No member of the co-operative has accepted pay in this year."""

    code = "earnings.nobody_worked"


class YearNotOver(InvalidInput):
    """Papers are opened once their year is over."""

    code = "earnings.year_not_over"


class MeetingTooSoon(InvalidInput):
    """The papers lie open for fifteen days before the members meet; ``first`` is the first day."""

    code = "earnings.meeting_too_soon"


class MeetingNotHeld(InvalidInput):
    """What a meeting decides is written down on its day or later."""

    code = "earnings.meeting_not_held"


class NotAgreed(InvalidInput):
    """More members have to be for it than against it; else the plan is dropped."""

    code = "earnings.not_agreed"


class YearDone(Conflict):
    """The plan of this year is open, decided or dropped already."""

    code = "earnings.year_done"


@dataclass(frozen=True, slots=True)
class YearLine:
    """One member's line of a year."""

    member_id: int
    code: str
    name: str
    name_en: str | None
    patronage: Money
    account: MemberAccount
    share: Share


@dataclass(frozen=True, slots=True)
class YearView:
    """One year of a workshop with its parts."""

    id: int
    public_id: str
    workshop_id: int
    station_id: int
    year: int
    parts: Surplus
    reserve_percent: int
    patronage_percent: int
    state: YearState
    drawn_up_by_id: int
    opened_by_id: int | None
    meeting_on: date | None
    votes_for: int | None
    votes_against: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What booking a decided year needs to know."""

    plan_id: int
    year: int
    workshop_id: int
    station_id: int
    parts: Surplus
    lines: tuple[YearLine, ...]


@transactional
def draw_up(
    *,
    workshop_id: int,
    year: int,
    surplus_of_year: Money,
    old_loss: Money,
    reserve_percent: int,
    patronage_percent: int,
    accounts: Mapping[int, MemberAccount],
    actor: Actor,
    now: datetime,
) -> str:
    """Write down how a year's surplus could be shared, and return the plan's public id.

    While it is a draft, drawing it up again takes the place of what was there; the patronage of
    each member is her accepted pay of the year, as the books of work have it.

    surplus_of_year, old_loss    as the closed books of the co-operative say; we keep no rent.
    accounts                     before the year, by member.

    Safe to repeat.

    Raises NotFound, OutOfReach, Forbidden, NothingToShare, TooLittleByWork, NobodyWorked,
    YearDone. Source: domain.md 5 E17.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.PREPARE_PAY, at=workshop.path)
    if actor.user_id is None:
        raise TwoPeople
    if year < FIRST_YEAR or year > business_day(now).year:
        raise YearNotOver
    _parts(surplus_of_year, old_loss, reserve_percent, patronage_percent)
    # Two people who draw the same year up at once take their turn.
    db.session.execute(sa.select(Workshop.id).where(Workshop.id == workshop_id).with_for_update())
    standing = db.session.execute(
        sa.select(YearPlan)
        .where(
            YearPlan.workshop_id == workshop_id,
            YearPlan.year == year,
            YearPlan.state != YearState.DROPPED,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if standing is not None and standing.state is not YearState.DRAFT:
        raise YearDone
    said = {
        "surplus_minor": surplus_of_year.minor,
        "old_loss_minor": old_loss.minor,
        "reserve_percent": reserve_percent,
        "patronage_percent": patronage_percent,
        "drawn_up_at": now,
        "drawn_up_by_id": actor.user_id,
    }
    if standing is None:
        plan = YearPlan(
            public_id=public_id("year"),
            workshop_id=workshop_id,
            station_id=workshop.station_id,
            year=year,
            state=YearState.DRAFT,
            **said,
        )
        db.session.add(plan)
        db.session.flush()
    else:
        plan = standing
        db.session.execute(sa.update(YearPlan).where(YearPlan.id == plan.id).values(**said))
        db.session.refresh(plan)
    _write_shares(plan, workshop, accounts)
    events.record(YearDrawnUp(plan.id), actor=actor, station_id=plan.station_id, now=now)
    return plan.public_id


def _parts(
    surplus_of_year: Money, old_loss: Money, reserve_percent: int, patronage_percent: int
) -> Surplus:
    if old_loss < Money(0) or not 0 <= reserve_percent <= WHOLE:
        raise NothingToShare
    parts = surplus.parted(
        surplus_of_year,
        old_loss=old_loss,
        reserve_percent=reserve_percent,
        patronage_percent=patronage_percent,
    )
    if parts is None or parts.distributable <= Money(0):
        raise NothingToShare
    # So small a surplus that rounding hides it is no reason to go under the law's part.
    by_rule = surplus.LEAST_BY_PATRONAGE_PERCENT <= patronage_percent <= WHOLE
    if not parts.is_lawful or not by_rule:
        raise TooLittleByWork(least=parts.least_by_patronage)
    return parts


def _write_shares(
    plan: YearPlan, workshop: WorkshopView, accounts: Mapping[int, MemberAccount]
) -> None:
    """Count the year's work and write each member's line anew."""
    patronage = patronage_of(workshop.id, plan.year)
    if not any(patronage.values()):
        raise NobodyWorked
    parts = _parts_of(plan)
    shared = surplus.shares(parts, patronage=patronage, accounts=accounts)
    db.session.execute(sa.delete(YearShare).where(YearShare.plan_id == plan.id))
    db.session.execute(
        sa.insert(YearShare),
        [
            {
                "plan_id": plan.id,
                "member_id": member_id,
                "patronage_minor": patronage[member_id].minor,
                "capital_minor": account.capital.minor,
                "reserve_minor": account.reserve.minor,
                "subsidy_minor": account.subsidy.minor,
                "refund_minor": share.refund.minor,
                "share_minor": share.share.minor,
                "new_reserve_minor": share.new_reserve.minor,
            }
            for member_id, share in shared.items()
            for account in [accounts.get(member_id, MemberAccount())]
        ],
    )


def patronage_of(workshop_id: int, year: int) -> dict[int, Money]:
    """Return the accepted pay of a year of each member of the co-operative, by her code.

    Members only: whoever works without being one is paid and does not share. What was written
    too high and corrected does not count. Who left before the year has no line.
    """
    zone = stations.station(stations.workshop(workshop_id).station_id).time_zone
    since, until = (start_of_day(date(one, 1, 1), zone) for one in (year, year + 1))
    in_year = sa.and_(Earning.earned_at >= since, Earning.earned_at < until)
    earned = (
        sa.select(sa.func.coalesce(sa.func.sum(Earning.amount_minor), 0))
        .where(Earning.member_id == Member.id, in_year, Earning.kind.not_in(NOT_FOR_WORK))
        .correlate(Member)
        .scalar_subquery()
    )
    corrected = (
        sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount_minor), 0))
        .join(Earning, Earning.id == Adjustment.earning_id)
        .where(
            Adjustment.member_id == Member.id,
            Adjustment.kind == AdjustmentKind.OVERPAYMENT,
            Adjustment.state == AdjustmentState.STANDING,
            in_year,
        )
        .correlate(Member)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Member.id, (earned - corrected).label("worked"))
        .where(
            Member.workshop_id == workshop_id,
            Member.is_coop_member,
            Member.joined_on < date(year + 1, 1, 1),
            sa.or_(Member.left_on.is_(None), Member.left_on >= date(year, 1, 1)),
        )
        .order_by(Member.code)
    )
    return {row.id: Money(max(0, int(row.worked))) for row in rows}


@transactional
def open_papers(*, plan_id: int, meeting_on: date, actor: Actor, now: datetime) -> bool:
    """Lay the papers open to the members, as a second person; True only the first time.

    The year's work is counted once more and stands still from then on.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, YearNotOver, MeetingTooSoon, YearDone.
    Source: domain.md 7 (members' meeting pack, 15 days).
    """
    plan = _locked(plan_id, Permission.APPROVE_PAY, actor)
    if actor.user_id is None or actor.user_id == plan.drawn_up_by_id:
        raise TwoPeople
    if plan.state is YearState.OPEN and plan.meeting_on == meeting_on:
        return False
    workshop = stations.workshop(plan.workshop_id)
    today = business_day(now, stations.station(plan.station_id).time_zone)
    if today <= date(plan.year, 12, 31):
        raise YearNotOver
    first = today + timedelta(days=surplus.DAYS_OPEN)
    if meeting_on < first:
        raise MeetingTooSoon(first=first)
    _move(
        plan,
        YearState.OPEN,
        {"opened_at": now, "opened_by_id": actor.user_id, "meeting_on": meeting_on},
    )
    _write_shares(plan, workshop, {one.member_id: one.account for one in lines_of(plan_id)})
    events.record(YearOpened(plan_id), actor=actor, station_id=plan.station_id, now=now)
    return True


@transactional
def decide(
    *,
    plan_id: int,
    votes_for: int,
    votes_against: int,
    words: str,
    actor: Actor,
    now: datetime,
) -> Decided | None:
    """Write down that the members' meeting agreed; returns what to book, None the second time.

    words    who was against it and why: dissent is kept.

    Raises NotFound, OutOfReach, Forbidden, MeetingNotHeld, NotAgreed, YearDone.
    """
    plan = _locked(plan_id, Permission.APPROVE_PAY, actor)
    said = (votes_for, votes_against, words.strip()[:LONGEST_WORDS])
    if plan.state is YearState.DECIDED and said == (
        plan.votes_for,
        plan.votes_against,
        plan.words,
    ):
        return None
    if plan.state is not YearState.OPEN or plan.meeting_on is None:
        raise YearDone
    if business_day(now, stations.station(plan.station_id).time_zone) < plan.meeting_on:
        raise MeetingNotHeld
    if votes_for <= votes_against or votes_against < 0:
        raise NotAgreed
    _move(
        plan,
        YearState.DECIDED,
        {
            "votes_for": votes_for,
            "votes_against": votes_against,
            "words": said[2],
            "decided_at": now,
            "decided_by_id": actor.user_id,
        },
    )
    events.record(
        YearDecided(plan_id, YearState.DECIDED.value),
        actor=actor,
        station_id=plan.station_id,
        now=now,
    )
    return Decided(
        plan_id=plan_id,
        year=plan.year,
        workshop_id=plan.workshop_id,
        station_id=plan.station_id,
        parts=_parts_of(plan),
        lines=tuple(lines_of(plan_id)),
    )


@transactional
def drop(*, plan_id: int, words: str, actor: Actor, now: datetime) -> bool:
    """Drop a plan that was not decided; another can be drawn up. True only the first time.

    Raises NotFound, OutOfReach, Forbidden, YearDone.
    """
    plan = _locked(plan_id, Permission.PREPARE_PAY, actor)
    if plan.state is YearState.DROPPED:
        return False
    _move(
        plan,
        YearState.DROPPED,
        {
            "words": words.strip()[:LONGEST_WORDS],
            "decided_at": now,
            "decided_by_id": actor.user_id,
        },
    )
    events.record(
        YearDecided(plan_id, YearState.DROPPED.value),
        actor=actor,
        station_id=plan.station_id,
        now=now,
    )
    return True


def _locked(plan_id: int, permission: Permission, actor: Actor) -> YearPlan:
    plan = db.session.execute(
        sa.select(YearPlan)
        .where(YearPlan.id == plan_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if plan is None:
        raise NotFound(what=f"year_plan:{plan_id}")
    actor.require(permission, at=stations.path_of(plan.station_id))
    return plan


def _move(plan: YearPlan, target: YearState, values: Mapping[str, object]) -> None:
    if target not in rules.YEAR_MOVES[plan.state]:
        raise YearDone
    moved = rows_changed(
        sa.update(YearPlan)
        .where(YearPlan.id == plan.id, YearPlan.state == plan.state)
        .values(state=target, **values)
    )
    if not moved:
        raise YearDone


def _parts_of(plan: YearPlan) -> Surplus:
    return _parts(
        Money(plan.surplus_minor),
        Money(plan.old_loss_minor),
        plan.reserve_percent,
        plan.patronage_percent,
    )


def years(scope: Scope, *, most: int = 60) -> list[YearView]:
    """Return the years within reach that were not dropped, the latest first."""
    return _views(
        in_scope(scope, YearPlan.station_id), YearPlan.state != YearState.DROPPED, most=most
    )


def year(public_id: str, *, scope: Scope) -> YearView:
    """Return one year within reach. Raises NotFound outside it."""
    found = _views(YearPlan.public_id == public_id, in_scope(scope, YearPlan.station_id), most=1)
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def shown_to(member_id: int) -> tuple[YearView, YearLine] | None:
    """Return the latest year whose papers lie open to a member, with her own line; or None."""
    plan_id = db.session.scalar(
        sa.select(sa.func.max(YearPlan.id))
        .join(YearShare, YearShare.plan_id == YearPlan.id)
        .where(
            YearShare.member_id == member_id,
            YearPlan.state.in_([YearState.OPEN, YearState.DECIDED]),
        )
    )
    if plan_id is None:
        return None
    (view,) = _views(YearPlan.id == plan_id, most=1)
    (line,) = lines_of(plan_id, member_id=member_id)
    return view, line


def accounts_for(workshop_id: int, year: int) -> dict[int, MemberAccount]:
    """Return the members' accounts before a year: as its draft has them, else as they were left."""
    draft = db.session.scalar(
        sa.select(YearPlan.id).where(
            YearPlan.workshop_id == workshop_id,
            YearPlan.year == year,
            YearPlan.state == YearState.DRAFT,
        )
    )
    if draft is not None:
        return {one.member_id: one.account for one in lines_of(draft)}
    return account_after(workshop_id, before_year=year)


def account_after(workshop_id: int, *, before_year: int) -> dict[int, MemberAccount]:
    """Return the members' accounts as the last decided year before left them."""
    plan_id = db.session.scalar(
        sa.select(YearPlan.id)
        .where(
            YearPlan.workshop_id == workshop_id,
            YearPlan.year < before_year,
            YearPlan.state == YearState.DECIDED,
        )
        .order_by(YearPlan.year.desc())
        .limit(1)
    )
    if plan_id is None:
        return {}
    return {
        one.member_id: MemberAccount(
            one.account.capital,
            one.account.reserve + one.share.new_reserve,
            one.account.subsidy,
        )
        for one in lines_of(plan_id)
    }


def lines_of(plan_id: int, *, member_id: int | None = None) -> list[YearLine]:
    """Return the members' lines of a year by code, or one member's only."""
    wanted = (
        sa.select(YearShare, Member.code, Member.name, Member.name_en)
        .join(Member, Member.id == YearShare.member_id)
        .where(YearShare.plan_id == plan_id)
        .order_by(Member.code)
    )
    if member_id is not None:
        wanted = wanted.where(YearShare.member_id == member_id)
    return [
        YearLine(
            member_id=row.member_id,
            code=code,
            name=name,
            name_en=name_en,
            patronage=Money(row.patronage_minor),
            account=MemberAccount(
                Money(row.capital_minor), Money(row.reserve_minor), Money(row.subsidy_minor)
            ),
            share=Share(
                Money(row.refund_minor), Money(row.share_minor), Money(row.new_reserve_minor)
            ),
        )
        for row, code, name, name_en in db.session.execute(wanted)
    ]


def together(lines: list[YearLine]) -> YearLine:
    """Return the sum of a year's lines."""
    return YearLine(
        member_id=0,
        code="",
        name="",
        name_en=None,
        patronage=total([one.patronage for one in lines]),
        account=MemberAccount(
            total([one.account.capital for one in lines]),
            total([one.account.reserve for one in lines]),
            total([one.account.subsidy for one in lines]),
        ),
        share=Share(
            total([one.share.refund for one in lines]),
            total([one.share.share for one in lines]),
            total([one.share.new_reserve for one in lines]),
        ),
    )


def _views(*conditions: sa.ColumnElement[bool], most: int) -> list[YearView]:
    plans = db.session.execute(
        sa.select(YearPlan).where(*conditions).order_by(YearPlan.id.desc()).limit(most)
    ).scalars()
    return [
        YearView(
            id=plan.id,
            public_id=plan.public_id,
            workshop_id=plan.workshop_id,
            station_id=plan.station_id,
            year=plan.year,
            parts=_parts_of(plan),
            reserve_percent=plan.reserve_percent,
            patronage_percent=plan.patronage_percent,
            state=plan.state,
            drawn_up_by_id=plan.drawn_up_by_id,
            opened_by_id=plan.opened_by_id,
            meeting_on=plan.meeting_on,
            votes_for=plan.votes_for,
            votes_against=plan.votes_against,
            words=plan.words,
        )
        for plan in plans
    ]
