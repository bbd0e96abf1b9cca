"""Claiming: what a buyer brings forward after her order came, and how it is made good.

A return without a reason, or something damaged, faulty, missing or wrong. The room answers; a
buyer who is not content has another person of the station look, then the town. Nobody's piece wage
is ever touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.claims import queries as claims_known
from shop.claims import services as claims
from shop.claims.queries import ClaimView
from shop.claims.rules import (
    CLAIM_WINDOW,
    LONGEST_WORDS,
    MAY_BE_RAISED,
    MAY_BE_REFUSED,
    ClaimKind,
    ClaimState,
    Pieces,
    may_be_decided,
)
from shop.claims.services import ClaimClosed, NothingClaimed, WordsMissing
from shop.kernel.access import VISITOR, Actor, Permission, Scope
from shop.kernel.db import transaction, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound, ShopError
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, account, credit, debit
from shop.media import services as media
from shop.media.rules import NewPicture, Sent
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.queries import LineView, OrderView, PartView
from shop.orders.rules import LineKind
from shop.payments.rules import RefundCause
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows import refunding
from shop.workflows.giving_back import RefundAsked
from shop.workflows.refunding import RefundPlan, Wish
from shop.workflows.rules import NotReturnable, TooLateToReturn

REPLACEMENT = "replacement"
ANYWHERE = Scope(("/",))
CAUSES = {
    ClaimKind.RETURN: RefundCause.NO_REASON_RETURN,
    ClaimKind.DAMAGED: RefundCause.DAMAGED,
    ClaimKind.FAULTY: RefundCause.FAULTY,
    ClaimKind.MISSING: RefundCause.MISSING,
    ClaimKind.WRONG: RefundCause.WRONG_GOODS,
}


class TooLateToClaim(Conflict):
    """A month after goods came nothing can be brought forward about them any more."""

    code = "claims.too_late"


class NotHereYet(Conflict):
    """What has not left can be cancelled, what has not come cannot go back."""

    code = "claims.not_here_yet"


class WordsTooLong(InvalidInput):
    """Words are at most ``most`` characters."""

    code = "claims.words_too_long"


class AnotherPerson(ShopError):
    """Whoever refused does not look again: another person of the station does."""

    code = "claims.another_person"
    status = 403


class CourierMissing(InvalidInput):
    """A parcel on its way has a carrier and a number."""

    code = "claims.courier_missing"


@dataclass(frozen=True, slots=True)
class Claimable:
    """One line of a part and what its buyer could bring forward about it today.

    left           pieces that are hers, not given back and in no open claim.
    may_come_back  without a reason; ``until`` is the last moment for it.
    """

    line: LineView
    part: PartView
    left: int
    may_come_back: bool
    until: datetime | None


def claimable(order: OrderView, *, now: datetime) -> list[Claimable]:
    """Return the lines of an order about which something can be brought forward, in order."""
    taken = claims_known.pieces_in_question(order.id)
    found = []
    for part in order.parts:
        if _is_over(part, now):
            continue
        until = part.may_return_until
        for line in part.lines:
            left = line.with_buyer - taken.get(line.id, 0)
            if line.kind is not LineKind.GOODS or left <= 0:
                continue
            in_time = part.has_come(line) if until is None else now <= until
            found.append(
                Claimable(
                    line=line,
                    part=part,
                    left=left,
                    may_come_back=line.may_come_back and in_time,
                    until=until,
                )
            )
    return found


def _is_over(part: PartView, now: datetime) -> bool:
    return part.received_at is not None and now > part.received_at + CLAIM_WINDOW


def simulate(
    *, order_id: int, kind: ClaimKind, pieces: Mapping[int, int], now: datetime
) -> RefundPlan:
    """Return what the buyer would get back if all is as she says; nothing is written.

    Raises what refunding.simulate_refund raises.
    """
    wishes = [Wish(line_id, n) for line_id, n in pieces.items() if n]
    if not wishes:
        raise NothingClaimed
    return refunding.simulate_refund(order_id=order_id, wishes=wishes, cause=CAUSES[kind], now=now)


def open_claim(
    *,
    order_id: int,
    kind: ClaimKind,
    pieces: Mapping[int, int],
    words: str = "",
    files: Sequence[Sent] = (),
    key: str,
    now: datetime,
) -> str:
    """Bring something forward about one workshop's part; return its outside name.

    pieces    by order line; all of one part.
    words     what is wrong; a return needs none.
    files     photographs, at most four; re-encoded, without what the telephone wrote into them.
    key       of the form; safe to repeat.

    The page has checked who the buyer is. All or nothing: with a picture that cannot be taken in,
    nothing is opened.

    Raises NotFound, NothingClaimed, NotHereYet, TooLateToClaim, NotReturnable, TooLateToReturn,
    ClaimedAlready, WordsMissing, WordsTooLong, and what media.taken_in raises.
    Source: features.md 52-56; trust.md 4 (Consumer Protection Law art. 25).
    """
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong(most=LONGEST_WORDS)
    with media.taken_in(files) as originals, transaction():
        orders.lock(order_id=order_id)
        order = orders_known.order(order_id)
        asked = [Pieces(line_id, n) for line_id, n in sorted(pieces.items()) if n]
        part = _part_of(order, asked)
        if kind is ClaimKind.RETURN:
            _refuse_return(order, asked, now)
        elif _is_over(part, now):
            raise TooLateToClaim
        public_id = claims.open(
            order_id=order_id,
            fulfillment_id=part.id,
            station_id=part.station_id,
            kind=kind,
            pieces=asked,
            left={line.id: line.with_buyer for line in part.lines},
            words=words,
            key=key,
            now=now,
        )
        claims.add_pictures(
            claim_id=claims_known.id_of(public_id),
            station_id=part.station_id,
            pictures=[NewPicture(one) for one in originals],
            now=now,
        )
    return public_id


def _part_of(order: OrderView, asked: Sequence[Pieces]) -> PartView:
    wanted = {one.order_line_id for one in asked}
    if not wanted:
        raise NothingClaimed
    for part in order.parts:
        goods = {line.id for line in part.lines if line.kind is LineKind.GOODS}
        if wanted <= goods:
            if not any(line.sent for line in part.lines if line.id in wanted):
                raise NotHereYet
            return part
    raise NotFound(what="order line")


def _refuse_return(order: OrderView, asked: Sequence[Pieces], now: datetime) -> None:
    lines = {line.id: line for line in order.lines}
    for one in asked:
        line = lines[one.order_line_id]
        part = order.part_of(line)
        until = part.may_return_until
        if not line.may_come_back:
            raise NotReturnable
        if not part.has_come(line):
            raise NotHereYet
        if until is not None and now > until:
            raise TooLateToReturn


@transactional
def note_sent_back(
    *, order_id: int, public_id: str, carrier: str, tracking: str, now: datetime
) -> bool:
    """Take the number of the parcel in which a buyer sends goods back; True only the first time.

    Raises NotFound, CourierMissing, ClaimClosed.
    """
    found = claims_known.claim_of_order(public_id, order_id=order_id)
    if found.kind is not ClaimKind.RETURN:
        raise ClaimClosed(state=found.state.value)
    if not carrier.strip() or not tracking.strip():
        raise CourierMissing
    return claims.move(
        claim_id=found.id,
        to=ClaimState.SENT,
        carrier=carrier.strip()[:40],
        tracking=tracking.strip()[:60],
        actor=VISITOR,
        now=now,
    )


@transactional
def withdraw(*, order_id: int, public_id: str, now: datetime) -> bool:
    """Let a buyer take back what she brought forward, while nothing has moved.

    True only the first time. Raises NotFound, ClaimClosed.
    """
    found = claims_known.claim_of_order(public_id, order_id=order_id)
    return claims.move(claim_id=found.id, to=ClaimState.WITHDRAWN, actor=VISITOR, now=now)


@transactional
def raise_higher(*, order_id: int, public_id: str, words: str, now: datetime) -> ClaimState:
    """Take a refusal one step higher: to another person of the station, then to the town.

    Returns where it stands now. Raises NotFound, ClaimClosed, WordsMissing, WordsTooLong.
    Source: features.md 59.
    """
    found = claims_known.claim_of_order(public_id, order_id=order_id)
    if not words.strip():
        raise WordsMissing
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong(most=LONGEST_WORDS)
    if not found.may_be_raised(now):
        raise ClaimClosed(state=found.state.value)
    to = MAY_BE_RAISED[found.state]
    claims.move(claim_id=found.id, to=to, words=words, actor=VISITOR, now=now)
    return to


@transactional
def note_arrival(*, public_id: str, actor: Actor, now: datetime) -> bool:
    """Say that the goods of a return lie here again; True only the first time.

    Raises NotFound, OutOfReach, Forbidden without ``payments.refund``, ClaimClosed.
    """
    found = _for_room(public_id, actor)
    if found.kind is not ClaimKind.RETURN:
        raise ClaimClosed(state=found.state.value)
    return claims.move(claim_id=found.id, to=ClaimState.ARRIVED, actor=actor, now=now)


def make_good(
    *,
    public_id: str,
    pieces: Mapping[int, int] | None = None,
    are_goods_back: bool = False,
    shipping: Money | None = None,
    return_postage: Money | None = None,
    words: str = "",
    actor: Actor,
    now: datetime,
) -> RefundAsked:
    """Give the money of a claim back, as its cause says who bears it; safe to repeat.

    pieces            of the claim's lines, if not all of them are accepted.
    are_goods_back    they lie here, looked at, and are fit for the shelf again.
    shipping, return_postage    as in ``refunding.request_refund``.

    Refund and claim move in one transaction. Raises NotFound, OutOfReach, Forbidden,
    AnotherPerson, ClaimClosed, NothingClaimed, and what request_refund raises.
    """
    found = _for_decision(public_id, actor, done=ClaimState.REFUNDED)
    wishes = _accepted(found, pieces)

    def together(refund_id: int) -> None:
        claims.move(
            claim_id=found.id,
            to=ClaimState.REFUNDED,
            refund_id=refund_id,
            words=words,
            actor=actor,
            now=now,
        )

    return refunding.request_refund(
        order_id=found.order_id,
        wishes=wishes,
        cause=CAUSES[found.kind],
        are_goods_back=are_goods_back,
        shipping=shipping,
        return_postage=return_postage,
        asked_at=found.opened_at,
        together=together,
        actor=actor,
        key=f"claim:{found.public_id}",
        now=now,
    )


def simulate_making_good(
    *,
    public_id: str,
    pieces: Mapping[int, int] | None = None,
    shipping: Money | None = None,
    actor: Actor,
    now: datetime,
) -> RefundPlan:
    """Return what ``make_good`` would do; nothing is written. Raises the same."""
    found = _for_decision(public_id, actor)
    return refunding.simulate_refund(
        order_id=found.order_id,
        wishes=_accepted(found, pieces),
        cause=CAUSES[found.kind],
        shipping=shipping,
        asked_at=found.opened_at,
        now=now,
    )


def _accepted(found: ClaimView, pieces: Mapping[int, int] | None) -> list[Wish]:
    most = {one.order_line_id: one.quantity for one in found.pieces}
    wanted = most if pieces is None else pieces
    if not wanted.keys() <= most.keys():
        raise NotFound(what="order line")
    wishes = [Wish(line_id, min(n, most[line_id])) for line_id, n in wanted.items() if n]
    if not wishes:
        raise NothingClaimed
    return wishes


@transactional
def replace(*, public_id: str, carrier: str, tracking: str, actor: Actor, now: datetime) -> bool:
    """Send the pieces of a claim anew from the shelf; True only the first time.

    The buyer keeps what she paid for at its price: nothing is sold, and the co-operative bears
    what the new pieces cost. Their makers have their wages since they handed them in.

    Raises NotFound, OutOfReach, Forbidden, AnotherPerson, ClaimClosed, NotReplaced for a return,
    CourierMissing, OutOfStock. Source: features.md 55; domain.md 4 (piece wage), 5 E4 (cost).
    """
    found = _for_decision(public_id, actor, done=ClaimState.REPLACED)
    if found.kind is ClaimKind.RETURN:
        raise ClaimClosed(state=found.state.value)
    if not carrier.strip() or not tracking.strip():
        raise CourierMissing
    orders.lock(order_id=found.order_id)
    if not claims.move(
        claim_id=found.id,
        to=ClaimState.REPLACED,
        carrier=carrier.strip()[:40],
        tracking=tracking.strip()[:60],
        actor=actor,
        now=now,
    ):
        return False
    order = orders_known.order(found.order_id)
    lines = {line.id: line for line in order.lines}
    part = order.part_of(lines[found.pieces[0].order_line_id])
    source = f"claim:{found.id}"
    stock.issue(
        items=[
            Quantity(variant_id, one.quantity, found.station_id)
            for one in found.pieces
            if (variant_id := lines[one.order_line_id].variant_id) is not None
        ],
        source=source,
        actor=actor,
        now=now,
    )
    cost = Money(0)
    for one in found.pieces:
        cost += lines[one.order_line_id].cost * one.quantity
    if cost:
        ledger.post(
            kind=REPLACEMENT,
            source=source,
            station_id=found.station_id,
            lines=[
                debit(account(AccountKind.COST_OF_GOODS, part.workshop_id), cost),
                credit(account(AccountKind.STOCK, part.workshop_id), cost),
            ],
            happened_at=now,
            actor=actor,
            now=now,
        )
    return True


@transactional
def refuse(*, public_id: str, words: str, actor: Actor, now: datetime) -> ClaimState:
    """Say no to a claim, with words its buyer reads; return where it stands now.

    Raises NotFound, OutOfReach, Forbidden, AnotherPerson, ClaimClosed, WordsMissing.
    """
    found = _for_decision(public_id, actor)
    if found.state not in MAY_BE_REFUSED:
        raise ClaimClosed(state=found.state.value)
    if not words.strip():
        raise WordsMissing
    to = MAY_BE_REFUSED[found.state]
    claims.move(claim_id=found.id, to=to, words=words[:LONGEST_WORDS], actor=actor, now=now)
    return to


@transactional
def decide_at_town(
    *, public_id: str, is_for_buyer: bool, words: str, actor: Actor, now: datetime
) -> ClaimState:
    """Say for the town who is right, with words that buyer and room read.

    For the buyer: the room makes it good within three days. Else the matter ends here; courts and
    the consumers' association are open to her as ever.

    Raises NotFound, OutOfReach, Forbidden without ``oversight.decide_objections``, ClaimClosed,
    WordsMissing. Source: features.md 59.
    """
    found = claims_known.claim(public_id, scope=ANYWHERE)
    actor.require(Permission.DECIDE_OBJECTIONS, at=stations.path_of(found.station_id))
    if not words.strip():
        raise WordsMissing
    to = ClaimState.DIRECTED if is_for_buyer else ClaimState.ENDED
    claims.move(claim_id=found.id, to=to, words=words[:LONGEST_WORDS], actor=actor, now=now)
    return to


def _for_room(public_id: str, actor: Actor) -> ClaimView:
    found = claims_known.claim(public_id, scope=ANYWHERE)
    actor.require(Permission.REFUND, at=stations.path_of(found.station_id))
    return found


def _for_decision(public_id: str, actor: Actor, *, done: ClaimState | None = None) -> ClaimView:
    """Return a claim that this person may decide now, or that stands decided so already."""
    found = _for_room(public_id, actor)
    if found.state is not done and not may_be_decided(found.kind, found.state):
        raise ClaimClosed(state=found.state.value)
    if found.state is ClaimState.RAISED and actor.user_id == found.decided_by_id:
        raise AnotherPerson
    return found
