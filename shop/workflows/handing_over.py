"""Handing over: a buyer stands at the counter, pays if she has not yet, and takes her goods.

What was given and what went back is kept with the event, so that the page after a second tap and
the receipt say the same as the first.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import transaction, transactional
from shop.kernel.errors import Conflict, InvalidInput
from shop.kernel.money import Money
from shop.media import services as media
from shop.media.rules import NewPicture, Original, Sent, Subject, Words
from shop.orders import queries as orders_known
from shop.orders.parcels import PartNotOpen
from shop.orders.queries import PartView
from shop.orders.rules import Handover, typed_pick_up_code
from shop.stations import queries as stations
from shop.workflows import delivering, selling
from shop.workflows.events import CashTaken, HandedOver

LARGEST_NOTE = Money(100_00)
SEEN = Words(alt="交货时拍的照片", alt_en="Photograph taken at the hand-over")
# Our own: a month to claim in, and another for whoever asks late.
KEPT = timedelta(days=60)


class TooLittleCash(InvalidInput):
    """Less was given than is due; ``missing`` says how much."""

    code = "counter.too_little_cash"


class TooMuchCash(InvalidInput):
    """So much was typed that a whole note would go back: a slip of the finger."""

    code = "counter.too_much_cash"


class AlreadyPaid(Conflict):
    """The money of this order was taken before, by another form."""

    code = "counter.already_paid"


class AlreadyHandedOver(Conflict):
    """These goods have left the counter before; nobody gets them twice."""

    code = "counter.already_handed_over"


class WrongCode(InvalidInput):
    """This is not the code of this order."""

    code = "counter.wrong_code"


class ProofMissing(InvalidInput):
    """Goods go to who shows the code, or to whom a worker has asked for name and phone."""

    code = "counter.proof_missing"


class NotPickedUp(Conflict):
    """This part goes by parcel or is a seat; it does not cross the counter."""

    code = "counter.not_picked_up"


@dataclass(frozen=True, slots=True)
class Cash:
    """Cash taken for an order: what was given, what went back, who took it and when."""

    given: Money
    change: Money
    key: str
    taken_by_id: int | None
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Handed:
    """Who put a part into the buyer's hands, and by what she was known: ``code`` or ``asked``."""

    key: str
    proof: str
    by_id: int | None
    at: datetime


def change_of(*, due: Money, given: Money) -> Money:
    """Return what goes back to the buyer, to the fen; nothing is ever rounded off.

    The largest note is 100 yuan, so change of 100 yuan or more means a digit too many.

    Raises TooLittleCash, TooMuchCash. Source: domain.md 5 E14.
    """
    change = given - due
    if change.minor < 0:
        raise TooLittleCash(missing=due - given, due=due)
    if change >= LARGEST_NOTE:
        raise TooMuchCash(given=given, change=change)
    return change


@transactional
def take_cash(
    *, fulfillment_public_id: str, given: Money, key: str, actor: Actor, now: datetime
) -> Cash:
    """Take the cash of an order that is paid on pick-up and say what goes back.

    given    what the buyer put down, in the order's currency.
    key      of the form: sent twice it acts once and gives the first answer.

    Raises NotFound (also outside the actor's reach), TooLittleCash, TooMuchCash, AlreadyPaid,
    NotPickedUp, NotPaidHere, OrderNotOpen. Source: domain.md 5 E14; features.md 45, 46.
    """
    part = _part(fulfillment_public_id, actor)
    known = cash_taken(part.order_id)
    if known is None:
        due = orders_known.order(part.order_id).total
        change = change_of(due=due, given=given)
        if selling.take_money(order_id=part.order_id, actor=actor, now=now):
            events.record(
                CashTaken(part.order_id, given.minor, change.minor, key),
                actor=actor,
                station_id=part.station_id,
                now=now,
            )
        # Read again: of two taps at the same moment only one has taken the money.
        known = cash_taken(part.order_id)
    if known is None or known.key != key:
        raise AlreadyPaid
    return known


def hand_over(
    *,
    fulfillment_public_id: str,
    code: str = "",
    was_asked: bool = False,
    files: Sequence[Sent] = (),
    key: str,
    actor: Actor,
    now: datetime,
) -> Handed:
    """Put a paid part into its buyer's hands, once; her seven days begin.

    code         what she shows; good for this one time.
    was_asked    without a code: a worker has asked for name and phone.
    files        a photograph of the signed receipt or of the goods, at most two; re-encoded.
    key          of the form: sent twice it acts once and gives the first answer.

    Raises NotFound (also outside the actor's reach), Forbidden without ``orders.fulfill``,
    NotPickedUp, WrongCode, ProofMissing, MoneyStillDue, AlreadyHandedOver, OrderNotOpen,
    PartNotOpen; OutOfStock when pieces that had to be made are not there yet; and what
    media.taken_in raises. Source: features.md 46, 70, 71.
    """
    try:
        with media.taken_in(files) as originals:
            known = _hand_over(
                fulfillment_public_id,
                proof=_Proof(code, was_asked, originals),
                key=key,
                actor=actor,
                now=now,
            )
    except PartNotOpen:
        # Of two taps at the same moment the second finds the goods gone: the first has them.
        with transaction():
            known = handed_over(_part(fulfillment_public_id, actor))
        if known is None:
            raise
    if known is None or known.key != key:
        raise AlreadyHandedOver
    return known


@dataclass(frozen=True, slots=True)
class _Proof:
    code: str
    was_asked: bool
    pictures: tuple[Original, ...]

    def of(self, part: PartView) -> str:
        if typed := typed_pick_up_code(self.code):
            if not hmac.compare_digest(typed.encode(), (part.pick_up_code or "").encode()):
                raise WrongCode
            return "code"
        if not self.was_asked:
            raise ProofMissing
        return "asked"


@transactional
def _hand_over(
    public_id: str, *, proof: _Proof, key: str, actor: Actor, now: datetime
) -> Handed | None:
    part = _part(public_id, actor)
    known = handed_over(part)
    if known is not None:
        return known
    actor.require(Permission.FULFILL, at=stations.path_of(part.station_id))
    event = HandedOver(part.order_id, part.id, key, proof.of(part))
    if delivering.hand_over_part(fulfillment_public_id=public_id, actor=actor, now=now):
        events.record(event, actor=actor, station_id=part.station_id, now=now)
        for original in proof.pictures:
            media.hang(
                subject=Subject.HAND_OVER,
                subject_id=part.id,
                station_id=part.station_id,
                picture=NewPicture(original, SEEN),
                actor=actor,
                now=now,
            )
    return handed_over(part)


def forget(*, order_id: int, now: datetime) -> None:
    """Take down what was photographed when an order's goods were handed over. Safe to repeat."""
    parts = [part.id for part in orders_known.order(order_id).parts]
    media.take_down_all(subject=Subject.HAND_OVER, subject_ids=parts, now=now)


def forget_pictures(*, now: datetime) -> int:
    """Take down what was photographed at counters long enough ago; return how many. Repeatable."""
    return media.take_down_all(subject=Subject.HAND_OVER, before=now - KEPT, now=now)


def _part(public_id: str, actor: Actor) -> PartView:
    part = orders_known.part(public_id, actor.scope(Permission.TAKE_MONEY)).part
    if part.handover is not Handover.PICK_UP:
        raise NotPickedUp
    return part


def cash_taken(order_id: int) -> Cash | None:
    """Return the cash that was taken for an order over a counter, or None."""
    for row in events.history(f"order:{order_id}"):
        if row.kind == CashTaken.__name__:
            return Cash(
                given=Money(int(str(row.facts["given_minor"]))),
                change=Money(int(str(row.facts["change_minor"]))),
                key=str(row.facts["key"]),
                taken_by_id=row.actor_id,
                taken_at=row.happened_at,
            )
    return None


def handed_over(part: PartView) -> Handed | None:
    """Return who handed a part over at a counter, or None."""
    for row in events.history(f"order:{part.order_id}"):
        if row.kind == HandedOver.__name__ and row.facts["fulfillment_id"] == part.id:
            return Handed(
                key=str(row.facts["key"]),
                proof=str(row.facts.get("proof", "asked")),
                by_id=row.actor_id,
                at=row.happened_at,
            )
    return None
