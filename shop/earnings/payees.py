"""Members' bank accounts: noted by one person, typed again by another, sealed, never shown whole.

The one place where whole numbers leave is the list for the bank, and taking it is written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from shop.earnings import queries, rules
from shop.earnings.events import BankListTaken, PayeeDecided, PayeeProposed
from shop.earnings.models import PayeeAccount
from shop.earnings.queries import SlipView
from shop.earnings.rules import PayeeState, PayoutState, PayRunState
from shop.earnings.services import OwnPay, RunNotApproved, TwoPeople, require_witness
from shop.kernel import events, links
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.statements import insert_or, table_of
from shop.stations import queries as stations
from shop.stations.models import Member
from shop.stations.queries import in_scope

_accounts = table_of(PayeeAccount)
PURPOSE = "payee account"
LONGEST_HOLDER = 40
LONGEST_BANK = 60
LONGEST_RELATION = 60
TAIL = 4
TO_SEND = frozenset({PayoutState.PENDING, PayoutState.RETURNED})


class NotAnAccount(InvalidInput):
    """An account has its holder, its bank and a number of eight digits or more."""

    code = "earnings.not_an_account"


class AnotherName(InvalidInput):
    """An account in another's name needs the reason for it."""

    code = "earnings.another_name"


class PayeeReused(Conflict):
    """The same form was sent again with other content."""

    code = "earnings.payee_reused"


class PayeeDone(Conflict):
    """The account was agreed to, refused or ended before."""

    code = "earnings.payee_done"


class NumberDiffers(InvalidInput):
    """The second person typed another number than the first: one of the two is mistyped."""

    code = "earnings.number_differs"


@dataclass(frozen=True, slots=True)
class PayeeView:
    """One account as staff and its member may see it: the end of its number, never more.

    review_on      day from which one in another's name is looked at anew; None for her own.
    shared_with    codes of other members whose pay goes to the same number.
    """

    id: int
    public_id: str
    member_id: int
    member_name: str
    member_name_en: str | None
    member_code: str
    station_id: int
    holder: str
    bank: str
    tail: str
    is_own: bool
    relation: str
    witness_id: int | None
    state: PayeeState
    proposed_on: date
    proposed_by_id: int
    decided_on: date | None
    decided_by_id: int | None
    review_on: date | None
    shared_with: tuple[str, ...]

    def is_due(self, today: date) -> bool:
        """Say whether it is in another's name and has to be looked at before money is sent."""
        return self.review_on is not None and self.review_on <= today


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of the list for the bank, with the whole number."""

    slip: SlipView
    holder: str
    bank: str
    number: str


@transactional
def propose(
    *,
    member_id: int,
    holder: str,
    bank: str,
    number: str,
    relation: str,
    witness_id: int | None,
    key: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Note a member's bank account and return its id; nothing is sent there before a second yes.

    relation      whose account it is to her and why, where it is not in her own name; then
    witness_id    names a user, neither she nor the one who notes it, who heard her say so.

    Safe to repeat by its key.

    Raises NotFound, OutOfReach, Forbidden, NotAnAccount, AnotherName, WitnessMissing,
    PayeeReused.
    Source: domain.md 6 (payee).
    """
    member = stations.member(member_id)
    actor.require(Permission.PREPARE_PAY, at=member.path)
    if actor.user_id is None:
        raise TwoPeople
    digits = rules.account_number(number)
    holder, bank, relation = holder.strip(), bank.strip(), relation.strip()
    if digits is None or not holder or not bank:
        raise NotAnAccount
    is_own = rules.is_own_name(holder, member.name)
    if is_own:
        relation, witness_id = "", None
    elif not relation:
        raise AnotherName
    else:
        require_witness(witness_id, member_id, actor)
    said = {
        "member_id": member_id,
        "holder": holder[:LONGEST_HOLDER],
        "bank": bank[:LONGEST_BANK],
        "digest": links.digest(PURPOSE, digits),
        "relation": relation[:LONGEST_RELATION],
        "witness_id": witness_id,
    }
    new_id = db.session.execute(
        insert_or(_accounts)
        .values(
            public_id=public_id("acc"),
            key=key,
            station_id=member.station_id,
            number=links.sealed(PURPOSE, digits),
            tail=digits[-TAIL:],
            is_own=is_own,
            state=PayeeState.PROPOSED,
            proposed_at=now,
            proposed_by_id=actor.user_id,
            **said,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_accounts.c.id)
    ).scalar_one_or_none()
    if new_id is not None:
        events.record(
            PayeeProposed(int(new_id), member_id),
            actor=actor,
            station_id=member.station_id,
            now=now,
        )
        return int(new_id)
    known = db.session.execute(sa.select(PayeeAccount).where(PayeeAccount.key == key)).scalar_one()
    if any(getattr(known, name) != value for name, value in said.items()):
        raise PayeeReused
    return known.id


@transactional
def agree(*, payee_id: int, number: str, actor: Actor, now: datetime) -> bool:
    """Agree to an account as its second person, who types the number from the card once more.

    Nobody is shown the number, so two people have to read the same one. Her account of before
    ends. True only the first time.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, OwnPay, NumberDiffers, PayeeDone.
    """
    row = _locked(payee_id)
    actor.require(Permission.APPROVE_PAY, at=stations.path_of(row.station_id))
    if actor.user_id is None or actor.user_id == row.proposed_by_id:
        raise TwoPeople
    if actor.member_id == row.member_id:
        raise OwnPay
    digits = rules.account_number(number)
    if digits is None or links.digest(PURPOSE, digits) != row.digest:
        raise NumberDiffers
    if row.state is PayeeState.STANDING:
        return False
    _require_move(row, PayeeState.STANDING)
    # Her row is locked so that two accounts at once do not both stand.
    db.session.execute(sa.select(Member.id).where(Member.id == row.member_id).with_for_update())
    before = db.session.scalar(
        sa.select(PayeeAccount.id).where(
            PayeeAccount.member_id == row.member_id, PayeeAccount.state == PayeeState.STANDING
        )
    )
    if before is not None:
        _end(db.session.get_one(PayeeAccount, before), actor=actor, now=now)
    _move(
        row,
        PayeeState.STANDING,
        {"decided_at": now, "decided_by_id": actor.user_id},
        actor=actor,
        now=now,
    )
    return True


@transactional
def end(*, payee_id: int, actor: Actor, now: datetime) -> bool:
    """Refuse an account that waits, or end one that stands; her pay is cash then.

    True only the first time. She herself may end hers, and whoever prepares or approves pay.

    Raises NotFound, OutOfReach, Forbidden.
    """
    row = _locked(payee_id)
    path = stations.path_of(row.station_id)
    if actor.member_id != row.member_id and not actor.may(Permission.APPROVE_PAY, at=path):
        actor.require(Permission.PREPARE_PAY, at=path)
    if row.state in {PayeeState.REFUSED, PayeeState.ENDED}:
        return False
    if row.state is PayeeState.STANDING:
        _end(row, actor=actor, now=now)
    else:
        _move(
            row,
            PayeeState.REFUSED,
            {"decided_at": now, "decided_by_id": actor.user_id},
            actor=actor,
            now=now,
        )
    return True


def _end(row: PayeeAccount, *, actor: Actor, now: datetime) -> None:
    _move(row, PayeeState.ENDED, {"ended_at": now}, actor=actor, now=now)


def _locked(payee_id: int) -> PayeeAccount:
    row = db.session.execute(
        sa.select(PayeeAccount)
        .where(PayeeAccount.id == payee_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(what=f"payee_account:{payee_id}")
    return row


def _require_move(row: PayeeAccount, target: PayeeState) -> None:
    if target not in rules.PAYEE_MOVES[row.state]:
        raise PayeeDone


def _move(
    row: PayeeAccount,
    target: PayeeState,
    values: dict[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    _require_move(row, target)
    db.session.execute(
        sa.update(PayeeAccount).where(PayeeAccount.id == row.id).values(state=target, **values)
    )
    events.record(
        PayeeDecided(row.id, row.member_id, target.value),
        actor=actor,
        station_id=row.station_id,
        now=now,
    )


@transactional
def bank_list(*, pay_run_id: int, actor: Actor, now: datetime) -> list[BankLine]:
    """Return the lines of a run that a bank can pay, with whole numbers; who took it is written.

    Members without a standing account, and those whose account in another's name waits for its
    yearly look, are left out: their pay is cash. Only what is still to be sent is listed, so the
    list of a run that was half paid never pays a line twice.

    Raises NotFound, OutOfReach, Forbidden, RunNotApproved. Source: trust.md 4 (PIPL 51), 5.19.
    """
    run = queries.pay_run_by_id(pay_run_id)
    path = stations.path_of(run.station_id)
    if not actor.may(Permission.PAY_OUT, at=path):
        actor.require(Permission.APPROVE_PAY, at=path)
    if actor.user_id is None:
        raise Forbidden(permission=Permission.PAY_OUT)
    if run.state in {PayRunState.DRAFT, PayRunState.REVIEWED}:
        raise RunNotApproved
    slips = [one for one in queries.slips(pay_run_id) if one.state in TO_SEND]
    today = business_day(now, stations.station(run.station_id).time_zone)
    usable = standing_of((one.member_id for one in slips), today=today)
    numbers = {
        row.id: row.number
        for row in db.session.execute(
            sa.select(PayeeAccount.id, PayeeAccount.number).where(
                PayeeAccount.id.in_([one.id for one in usable.values()])
            )
        )
    }
    lines = [
        BankLine(slip, one.holder, one.bank, links.opened(PURPOSE, numbers[one.id]))
        for slip in slips
        if (one := usable.get(slip.member_id)) is not None
    ]
    events.record(
        BankListTaken(pay_run_id, len(lines)), actor=actor, station_id=run.station_id, now=now
    )
    return lines


def standing_of(member_ids: Iterable[int], *, today: date) -> dict[int, PayeeView]:
    """Return the accounts to which these members' pay can be sent today, by member."""
    found = _views(
        PayeeAccount.member_id.in_(list(member_ids)),
        PayeeAccount.state == PayeeState.STANDING,
        most=None,
    )
    return {one.member_id: one for one in found if not one.is_due(today)}


def waiting(scope: Scope, *, most: int = 100) -> list[PayeeView]:
    """Return the accounts within reach that wait for a second person, the oldest first."""
    return _views(
        PayeeAccount.state == PayeeState.PROPOSED,
        in_scope(scope, PayeeAccount.station_id),
        most=most,
    )


def standing(scope: Scope, *, most: int = 200) -> list[PayeeView]:
    """Return the accounts within reach to which pay is sent."""
    return _views(
        PayeeAccount.state == PayeeState.STANDING,
        in_scope(scope, PayeeAccount.station_id),
        most=most,
    )


def of_member(member_id: int) -> PayeeView | None:
    """Return the account to which a member's pay is sent, or None."""
    found = _views(
        PayeeAccount.member_id == member_id, PayeeAccount.state == PayeeState.STANDING, most=1
    )
    return found[0] if found else None


def payee(public_id: str, *, scope: Scope) -> PayeeView:
    """Return one account within reach. Raises NotFound outside it."""
    found = _views(
        PayeeAccount.public_id == public_id, in_scope(scope, PayeeAccount.station_id), most=1
    )
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def _views(*conditions: sa.ColumnElement[bool], most: int | None) -> list[PayeeView]:
    rows = db.session.execute(
        sa.select(PayeeAccount, Member.name, Member.name_en, Member.code)
        .join(Member, Member.id == PayeeAccount.member_id)
        .where(*conditions)
        .order_by(PayeeAccount.id)
        .limit(most)
    ).all()
    if not rows:
        return []
    sharing: dict[str, set[tuple[int, str]]] = {}
    for digest, member_id, code in db.session.execute(
        sa.select(PayeeAccount.digest, PayeeAccount.member_id, Member.code)
        .join(Member, Member.id == PayeeAccount.member_id)
        .where(
            PayeeAccount.digest.in_([row.digest for row, *_ in rows]),
            PayeeAccount.state == PayeeState.STANDING,
        )
    ):
        sharing.setdefault(digest, set()).add((member_id, code))
    return [
        PayeeView(
            id=row.id,
            public_id=row.public_id,
            member_id=row.member_id,
            member_name=name,
            member_name_en=name_en,
            member_code=code,
            station_id=row.station_id,
            holder=row.holder,
            bank=row.bank,
            tail=row.tail,
            is_own=row.is_own,
            relation=row.relation,
            witness_id=row.witness_id,
            state=row.state,
            proposed_on=business_day(row.proposed_at),
            proposed_by_id=row.proposed_by_id,
            decided_on=business_day(row.decided_at) if row.decided_at else None,
            decided_by_id=row.decided_by_id,
            review_on=None
            if row.is_own or row.decided_at is None
            else business_day(row.decided_at) + rules.PAYEE_REVIEW,
            shared_with=tuple(
                sorted(
                    other
                    for member_id, other in sharing.get(row.digest, ())
                    if member_id != row.member_id
                )
            ),
        )
        for row, name, name_en, code in rows
    ]
