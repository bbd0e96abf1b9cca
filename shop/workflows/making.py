"""Making: pieces handed in become goods on the shelf and a wage that is owed, both or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from shop.catalog import queries as catalog_known
from shop.catalog import services as catalog
from shop.catalog.options import frozen
from shop.catalog.rules import SECOND_GRADE_PAY_PERCENT, PayLane
from shop.earnings import services as earnings
from shop.earnings.rules import EarningKind, piece_wage
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.clock import business_day
from shop.kernel.db import transactional
from shop.kernel.errors import Conflict, NotFound, ShopError
from shop.kernel.money import Money, total
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit, member_account
from shop.media import services as media
from shop.media.rules import NewPicture, Original, Sent, Subject, Words
from shop.orders import queries as orders_known
from shop.production import appeals
from shop.production import queries as making
from shop.production import services as production
from shop.production.rules import Paper, Raised, Verdict
from shop.production.services import HandInSlip, Inspected, KeyReused, MadeFor
from shop.stock import services as stock
from shop.stock.rules import Quantity

log = structlog.get_logger(__name__)

ACCEPTANCE = "acceptance"
FAULT_SHOWN = Words(alt="验收时拍下的问题", alt_en="The fault, photographed at the inspection")


class LineGivenOut(Conflict):
    """All pieces of this order line are with a maker already; ``left`` could still be given."""

    code = "making.line_given_out"


@transactional
def offer_for_line(
    *,
    fulfillment_public_id: str,
    position: int,
    member_id: int,
    quantity: int,
    key: str,
    actor: Actor,
    now: datetime,
    due_on: date | None = None,
) -> int:
    """Offer the pieces of one order line to a member, with what the buyer wishes woven in.

    position    of the line in its order.
    key         of the form; repeated with the same content it returns the same work order.

    Her pay for the wish was approved with the price and frozen on the order line: it comes on top
    of the piece rate, so that price, pay and rest still add up.

    Raises NotFound (also outside the actor's reach), LineGivenOut, and what production.offer
    raises. Source: domain.md 3 (work order), 5 E2.
    """
    row = orders_known.part(fulfillment_public_id, actor.scope(Permission.GIVE_WORK))
    line = next((one for one in row.part.lines if one.position == position), None)
    if line is None or line.variant_id is None:
        raise NotFound(what="order line")
    known = making.work_order_by_key(key)
    left = line.left - making.given_out([line.id]).get(line.id, 0)
    if known is None and quantity > left:
        raise LineGivenOut(title=line.title, left=max(0, left))
    extras = [one.extra for one in line.wish]
    return production.offer(
        member_id=member_id,
        variant_id=line.variant_id,
        quantity=quantity,
        due_on=due_on,
        key=key,
        made_for=MadeFor(
            order_line_id=line.id,
            wish=frozen(line.wish),
            extra_pay=total([one.pay for one in extras]),
            extra_material=total([one.material for one in extras]),
        ),
        actor=actor,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Material:
    """Material that a member takes home with new work, such as 300 g of ramie."""

    name: str
    quantity: int
    unit: str


@transactional
def give_work(
    *,
    member_id: int,
    variant_id: int,
    quantity: int,
    key: str,
    actor: Actor,
    now: datetime,
    due_on: date | None = None,
    she_takes_it: bool = False,
    material: Material | None = None,
) -> int:
    """Offer a member new work and return the work order, all of it or nothing.

    she_takes_it    she stands at the table and says so: noted for her, her rate is frozen.
    material        that she takes home with it at once; only when she takes the work.
    key             of the form; repeated with the same content it gives the work out once.

    Raises what production.offer, accept and issue_material raise. Source: domain.md 3.
    """
    work_order_id = production.offer(
        member_id=member_id,
        variant_id=variant_id,
        quantity=quantity,
        due_on=due_on,
        key=key,
        actor=actor,
        now=now,
    )
    if she_takes_it:
        production.accept(work_order_id=work_order_id, actor=actor, now=now, on_behalf=True)
        if material is not None:
            production.issue_material(
                work_order_id=work_order_id,
                material=material.name,
                quantity=material.quantity,
                unit=material.unit,
                key=f"{key}:material",
                actor=actor,
                now=now,
            )
    return work_order_id


def take_in(
    *,
    work_order_id: int,
    pieces: int,
    verdict: Verdict | None,
    key: str,
    actor: Actor,
    now: datetime,
    files: Sequence[Sent] = (),
    paper: Paper | None = None,
) -> HandInSlip:
    """Count pieces that a member brings and, with a verdict, decide on them: both or neither.

    Returns her slip; the wage of a verdict is owed from this moment.

    verdict    None when nobody looks now; then three days of waiting begin.
    files      photographs of faults, at most four; re-encoded.
    key        of the form; repeated with the same content it gives the same slip, once.
    paper      the slip that was written by hand while the power was out.

    Raises what production.record_hand_in and accept_hand_in raise, KeyReused when the same form
    comes back with another verdict, and what media.taken_in raises.
    Source: domain.md 3, features.md "nobody has" 1.
    """
    with media.taken_in(files) as photographs:
        return _take_in(
            work_order_id=work_order_id,
            pieces=pieces,
            verdict=verdict,
            photographs=photographs,
            paper=paper,
            key=key,
            actor=actor,
            now=now,
        )


@transactional
def _take_in(
    *,
    work_order_id: int,
    pieces: int,
    verdict: Verdict | None,
    photographs: Sequence[Original],
    paper: Paper | None,
    key: str,
    actor: Actor,
    now: datetime,
) -> HandInSlip:
    slip = production.record_hand_in(
        work_order_id=work_order_id, pieces=pieces, paper=paper, key=key, actor=actor, now=now
    )
    if verdict is None:
        return slip
    found = None if slip.is_new else making.verdict_of(slip.id)
    if found is None:
        _accept(slip.id, verdict, photographs, actor=actor, now=now)
    elif found != verdict.as_kept:
        raise KeyReused
    return slip


def decide(
    *,
    hand_in_id: int,
    verdict: Verdict,
    actor: Actor,
    now: datetime,
    files: Sequence[Sent] = (),
) -> Money:
    """Decide on pieces that were counted before and return the wage, as ``accept_hand_in`` does.

    files    photographs of faults, at most four; re-encoded.

    Raises what accept_hand_in and media.taken_in raise.
    """
    with media.taken_in(files) as photographs:
        return _accept(hand_in_id, verdict, photographs, actor=actor, now=now)


@transactional
def _accept(
    hand_in_id: int,
    verdict: Verdict,
    photographs: Sequence[Original],
    *,
    actor: Actor,
    now: datetime,
) -> Money:
    wage = accept_hand_in(hand_in_id=hand_in_id, verdict=verdict, actor=actor, now=now)
    (seen,) = making.hand_ins_by_id([hand_in_id]) if photographs else (None,)
    for photograph in photographs:
        media.hang(
            subject=Subject.HAND_IN,
            subject_id=hand_in_id,
            station_id=seen.station_id if seen else None,
            picture=NewPicture(photograph, FAULT_SHOWN),
            actor=actor,
            now=now,
        )
    return wage


@transactional
def decide_appeal(
    *, hand_in_id: int, raised: Raised | None, answer: str, actor: Actor, now: datetime
) -> Money:
    """Decide on a maker's objection and return what she is owed on top; nothing when it is kept.

    raised    pieces that a second look puts into a better grade. Rejected ones go on the shelf;
              raised second grade lies there already and keeps its label until it is relabelled.

    Raises what appeals.decide raises. Source: domain.md 3 (appeal), 4 (in her favour: next run).
    """
    found = appeals.decide(
        hand_in_id=hand_in_id, raised=raised, answer=answer, actor=actor, now=now
    )
    if raised is None:
        return Money(0)
    work, source = found.work, f"appeal:{found.appeal_id}"
    to_shelf = Verdict(passed=raised.rejected_to_passed, second_grade=raised.rejected_to_second)
    if to_shelf.accepted:
        _shelve(work, to_shelf, source, actor=actor, now=now)
    if work.pay_lane is PayLane.CONSIGNMENT:
        return Money(0)
    before, after = _wage(work, found.before), _wage(work, found.after)
    facts = _facts(work, found.after) | {
        "together_minor": after.minor,
        "before_minor": before.minor,
    }
    return _owe(work, to_shelf, after - before, facts, source, actor=actor, now=now)


@transactional
def accept_hand_in(
    *,
    hand_in_id: int,
    verdict: Verdict,
    actor: Actor,
    now: datetime,
    by_silence: bool = False,
) -> Money:
    """Take finished pieces into stock and owe the maker her wage, both or neither.

    Returns the wage. It is earned here, at acceptance, whatever later becomes of the goods; for
    consignment pieces it is zero, because her share is earned at the sale.

    verdict       pieces; its four counts add up to what she handed in. Second grade goes on the
                  shelf as a variant of its own; passed pieces get the codes of their labels.
    by_silence    nobody decided within three days; only the house itself says so.
    now           UTC; starts the clock on her payment.

    Raises what production.inspect raises: NotFound, OutOfReach, Forbidden, OwnWork,
    AlreadyInspected, CountMismatch, ReasonMissing.
    Source: domain.md 4 (earning at acceptance), 5 E3 and E8, 14.4, 14.7.
    """
    work = production.inspect(
        hand_in_id=hand_in_id, verdict=verdict, actor=actor, now=now, by_silence=by_silence
    )
    source = f"hand_in:{hand_in_id}"
    _shelve(work, verdict, source, actor=actor, now=now)
    if work.pay_lane is PayLane.CONSIGNMENT:
        return Money(0)
    wage = _wage(work, verdict)
    return _owe(work, verdict, wage, _facts(work, verdict), source, actor=actor, now=now)


def accept_by_silence(*, now: datetime) -> int:
    """Accept as passed what nobody inspected within three days; return how many hand-ins.

    Each is a transaction of its own: one that cannot be accepted does not hold up the pay of the
    others. Takes some hundred at a time; safe to repeat and to run beside an inspector.
    Source: domain.md 3, 6, 14.4 (silence counts as accepted).
    """
    accepted = 0
    for hand_in_id, pieces in making.passed_by_silence(now=now):
        try:
            accept_hand_in(
                hand_in_id=hand_in_id,
                verdict=Verdict(passed=pieces),
                actor=SYSTEM,
                now=now,
                by_silence=True,
            )
        except ShopError as refusal:
            log.warning("not accepted by silence", hand_in=hand_in_id, code=refusal.code)
            continue
        accepted += 1
    return accepted


def _shelve(work: Inspected, verdict: Verdict, source: str, *, actor: Actor, now: datetime) -> None:
    stock.receive(items=_pieces(work, verdict), source=source, actor=actor, now=now)
    production.give_codes(
        work=work,
        passed=verdict.passed,
        is_each_its_own=catalog_known.is_one_of_a_kind(work.product_id),
        actor=actor,
        now=now,
    )


def _owe(
    work: Inspected,
    shelved: Verdict,
    wage: Money,
    facts: dict[str, object],
    source: str,
    *,
    actor: Actor,
    now: datetime,
) -> Money:
    """Owe her a wage and book it with the material of what was shelved; return the wage."""
    if wage:
        earnings.credit(
            key=source,
            member_id=work.member_id,
            kind=EarningKind.PIECE_WAGE,
            amount=wage,
            facts=facts,
            earned_at=now,
            sure_at=now,
            now=now,
        )
        _book(work, shelved, wage=wage, source=source, actor=actor, now=now)
    return wage


def _pieces(work: Inspected, verdict: Verdict) -> list[Quantity]:
    """Return what goes on the shelf: good pieces, and second grade as its own variant."""
    pieces = []
    if verdict.passed:
        pieces.append(Quantity(work.variant_id, verdict.passed, work.station_id))
    if verdict.second_grade:
        second = catalog.second_grade_of(variant_id=work.variant_id)
        pieces.append(Quantity(second, verdict.second_grade, work.station_id))
    return pieces


def _wage(work: Inspected, verdict: Verdict) -> Money:
    return piece_wage(work.rate, passed=verdict.passed, second_grade=verdict.second_grade)


def _facts(work: Inspected, verdict: Verdict) -> dict[str, object]:
    """Return the numbers and words of the sentence that explains the wage."""
    return {
        "hand_in": work.number,
        "day": business_day(work.counted_at).isoformat(),
        "title": work.title,
        "title_en": work.title_en,
        "pieces": work.pieces,
        "passed": verdict.passed,
        "rework": verdict.rework,
        "second_grade": verdict.second_grade,
        "rejected": verdict.rejected,
        "rate_minor": work.rate.minor,
        "second_grade_minor": work.rate.percent(SECOND_GRADE_PAY_PERCENT).minor,
        "second_grade_percent": SECOND_GRADE_PAY_PERCENT,
        "reason": verdict.reason.strip(),
        "faults": list(verdict.as_kept.faults),
    }


def _book(
    work: Inspected,
    verdict: Verdict,
    *,
    wage: Money,
    source: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Book what the accepted pieces are worth: material and wage. Source: domain.md 5 E3."""
    material = work.material * verdict.accepted
    ledger.post(
        kind=ACCEPTANCE,
        source=source,
        station_id=work.station_id,
        lines=[
            debit(account(AccountKind.STOCK, work.workshop_id), material + wage),
            credit(account(AccountKind.MATERIAL, work.workshop_id), material),
            credit(member_account(AccountKind.WAGES_PAYABLE, work.member_id), wage),
        ],
        happened_at=now,
        actor=actor,
        now=now,
    )
