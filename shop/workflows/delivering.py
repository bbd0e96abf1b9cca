"""Delivering: pieces leave in parcels, reach their buyer, and are complete a week later."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import structlog

from shop.claims import queries as claims_known
from shop.earnings import services as earnings
from shop.kernel.access import SYSTEM, Actor, Permission, Scope
from shop.kernel.db import transaction, transactional
from shop.kernel.errors import Conflict, ShopError
from shop.kernel.money import Money, total
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit
from shop.orders import couriers, parcels
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.queries import PartView
from shop.orders.rules import LineKind, OrderState, ParcelState, Scan
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows.giving_back import share_of, share_owner

log = structlog.get_logger(__name__)

SHIPMENT = "shipment"
AT_ONCE = 200


class MoneyStillDue(Conflict):
    """Goods that are paid on pick-up leave when their money was taken, not before."""

    code = "delivering.money_still_due"


@transactional
def pack_part(*, fulfillment_public_id: str, actor: Actor, now: datetime) -> bool:
    """Say that one workshop's part stands packed; True only the first time.

    Raises NotFound, OutOfReach, Forbidden, PartNotOpen.
    """
    return parcels.mark_packed(
        fulfillment_id=orders_known.part_id_of(fulfillment_public_id), actor=actor, now=now
    )


@transactional
def send_parcel(
    *,
    fulfillment_public_id: str,
    pieces: Mapping[int, int] | None = None,
    carrier: str,
    tracking: str,
    postage: Money | None = None,
    packing: Money | None = None,
    key: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Let pieces of a part leave with a carrier: out of stock, cost into the books; once.

    pieces     by order line; None for all that waits and is in no other parcel.
    postage    what the carrier cost, paid from the bank; None when it is not known yet.
    packing    packing material used, from its own stock; None for none.
    key        of the form: sent twice it acts once. Returns the parcel's outside name.

    Pieces that were made for the order go out from the shelf as they came in by hand-in.

    Raises NotFound, OutOfReach, Forbidden, PartNotOpen, OrderNotOpen, TrackingMissing, NothingInIt,
    PiecesNotHere, KeyReused; OutOfStock when pieces that had to be made are not there yet.
    Source: domain.md 3, 5 E4 (shipped); features.md 63, 64.
    """
    part = _locked(orders_known.part_id_of(fulfillment_public_id))
    packed = parcels.pack(fulfillment_id=part.id, pieces=pieces, key=key, actor=actor, now=now)
    if packed.is_new:
        _dispatch(
            packed.id,
            part.id,
            carrier=carrier,
            tracking=tracking,
            postage=postage,
            packing=packing,
            actor=actor,
            now=now,
        )
    return packed.public_id


@transactional
def pack_for_town(
    *,
    fulfillment_public_id: str,
    pieces: Mapping[int, int] | None = None,
    key: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Pack a parcel that goes to the town first; return its outside name. Safe to repeat by key.

    Its pieces have not left yet: the buyer may still cancel, and the parcel is opened again then.

    Raises NotFound, OutOfReach, Forbidden, PartNotOpen, OrderNotOpen, NothingInIt, PiecesNotHere,
    KeyReused. Source: features.md 68.
    """
    part = _locked(orders_known.part_id_of(fulfillment_public_id))
    packed = parcels.pack(fulfillment_id=part.id, pieces=pieces, key=key, actor=actor, now=now)
    if packed.is_new:
        parcels.give_to_town(parcel_id=packed.id, actor=actor, now=now)
    return packed.public_id


@transactional
def take_in_at_town(*, public_ids: Collection[str], actor: Actor, now: datetime) -> int:
    """Say that parcels of the villages have come to the town; return how many are new.

    Raises NotFound outside the actor's reach, ParcelNotOpen. Safe to repeat.
    """
    taken = 0
    for public_id in sorted(public_ids):
        parcel_id, _, _ = _parcel(public_id, actor)
        taken += parcels.take_in_at_town(parcel_id=parcel_id, actor=actor, now=now)
    return taken


@transactional
def send_again(
    *,
    parcel_public_id: str,
    carrier: str,
    tracking: str,
    postage: Money | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Let a parcel leave that was packed before: from the town, or one that had come back. Once.

    Raises NotFound outside the actor's reach, ParcelNotOpen, OrderNotOpen, TrackingMissing,
    PiecesNotHere, OutOfStock.
    """
    parcel_id, part_id, order_id = _parcel(parcel_public_id, actor)
    orders.lock(order_id=order_id)
    part = orders_known.part_by_id(part_id)
    parcel = next(one for one in part.parcels if one.id == parcel_id)
    if (parcel.state, parcel.tracking) == (ParcelState.SENT, tracking.strip()[:60]):
        return False
    if parcel.state is ParcelState.CAME_BACK:
        parcels.send(parcel_id=parcel_id, carrier=carrier, tracking=tracking, actor=actor, now=now)
        source = f"{_source(parcel_id)}:again:{tracking.strip()[:30]}"
        _book(part, {}, source, postage=postage, packing=None, actor=actor, now=now)
        return True
    _dispatch(
        parcel_id,
        part_id,
        carrier=carrier,
        tracking=tracking,
        postage=postage,
        packing=None,
        actor=actor,
        now=now,
    )
    return True


@transactional
def open_parcel(*, parcel_public_id: str, actor: Actor, now: datetime) -> bool:
    """Take a parcel apart that has not left; its pieces wait to be packed anew. Once.

    Raises NotFound outside the actor's reach, ParcelNotOpen.
    """
    parcel_id, _, order_id = _parcel(parcel_public_id, actor)
    orders.lock(order_id=order_id)
    return parcels.open_again(parcel_id=parcel_id, actor=actor, now=now)


@transactional
def renumber(
    *, parcel_public_id: str, carrier: str, tracking: str, actor: Actor, now: datetime
) -> bool:
    """Write down the right carrier and number of a parcel on its way; True when they changed.

    Raises NotFound outside the actor's reach, ParcelNotOpen, TrackingMissing. Safe to repeat.
    """
    parcel_id, _, order_id = _parcel(parcel_public_id, actor)
    orders.lock(order_id=order_id)
    return parcels.renumber(
        parcel_id=parcel_id, carrier=carrier, tracking=tracking, actor=actor, now=now
    )


@transactional
def note_came_back(*, parcel_public_id: str, actor: Actor, now: datetime) -> bool:
    """Say that a parcel came back unopened. Its money goes back, or it is sent again. Once.

    Raises NotFound outside the actor's reach, ParcelNotOpen.
    """
    parcel_id, _, order_id = _parcel(parcel_public_id, actor)
    orders.lock(order_id=order_id)
    return parcels.note_came_back(parcel_id=parcel_id, actor=actor, now=now)


@transactional
def hand_over_part(*, fulfillment_public_id: str, actor: Actor, now: datetime) -> bool:
    """Let a part cross the counter: out of stock, cost into the books, received at once.

    Its money, when it was to be paid at the counter, is taken first. True only the first time.

    Raises NotFound, OutOfReach, Forbidden, PartNotOpen, OrderNotOpen, MoneyStillDue; OutOfStock
    when pieces that had to be made are not there yet. Source: features.md 46.
    """
    part = _locked(orders_known.part_id_of(fulfillment_public_id))
    order = orders_known.order(part.order_id)
    if order.state is OrderState.PLACED:
        actor.require(Permission.FULFILL, at=stations.path_of(part.station_id))
        raise MoneyStillDue(number=order.number)
    if not parcels.hand_over(fulfillment_id=part.id, actor=actor, now=now):
        return False
    going = {line.id: line.here for line in part.lines if line.here}
    _take_off_the_shelf(part, going, f"fulfillment:{part.id}", actor=actor, now=now)
    _book(part, going, f"fulfillment:{part.id}", postage=None, packing=None, actor=actor, now=now)
    return True


def _locked(part_id: int) -> PartView:
    orders.lock(order_id=orders_known.part_by_id(part_id).order_id)
    return orders_known.part_by_id(part_id)


def _parcel(public_id: str, actor: Actor) -> tuple[int, int, int]:
    reach = Scope(actor.scope(Permission.FULFILL).paths + actor.scope(Permission.DISPATCH).paths)
    return orders_known.parcel_and_part(public_id, reach)


def _source(parcel_id: int) -> str:
    return f"parcel:{parcel_id}"


def _dispatch(
    parcel_id: int,
    part_id: int,
    *,
    carrier: str,
    tracking: str,
    postage: Money | None,
    packing: Money | None,
    actor: Actor,
    now: datetime,
) -> None:
    part = orders_known.part_by_id(part_id)
    going = next(one.pieces for one in part.parcels if one.id == parcel_id)
    parcels.send(parcel_id=parcel_id, carrier=carrier, tracking=tracking, actor=actor, now=now)
    source = _source(parcel_id)
    _take_off_the_shelf(part, going, source, actor=actor, now=now)
    _book(part, going, source, postage=postage, packing=packing, actor=actor, now=now)


def _take_off_the_shelf(
    part: PartView, going: Mapping[int, int], source: str, *, actor: Actor, now: datetime
) -> None:
    leaving = [
        Quantity(line.variant_id, going[line.id], part.station_id)
        for line in part.lines
        if line.kind is LineKind.GOODS and line.variant_id is not None and going.get(line.id)
    ]
    if leaving:
        stock.ship(
            owner=f"order:{part.order_id}", items=leaving, source=source, actor=actor, now=now
        )


def _book(
    part: PartView,
    going: Mapping[int, int],
    source: str,
    *,
    postage: Money | None,
    packing: Money | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Book what sending pieces cost. Source: domain.md 5 E4 (shipped)."""
    goods = total([line.cost * going.get(line.id, 0) for line in part.lines])
    pairs = (
        (AccountKind.COST_OF_GOODS, AccountKind.STOCK, goods),
        (AccountKind.PACKING, AccountKind.PACKING_STOCK, packing),
        (AccountKind.POSTAGE, AccountKind.BANK, postage),
    )
    lines: list[Line] = []
    for cost, from_where, amount in pairs:
        if amount:
            lines += [
                debit(account(cost, part.workshop_id), amount),
                credit(account(from_where, part.workshop_id), amount),
            ]
    if lines:
        ledger.post(
            kind=SHIPMENT,
            source=source,
            station_id=part.station_id,
            lines=lines,
            happened_at=now,
            actor=actor,
            now=now,
        )


@transactional
def receive_part(*, fulfillment_public_id: str, actor: Actor, now: datetime) -> bool:
    """Say that all that was sent of a part has reached its buyer. True only the first time.

    The buyer says so on her order's page, which has checked who she is, or a worker. When nothing
    more is to come, the seven days begin.

    Raises NotFound, PartNotOpen.
    """
    return parcels.receive_all(
        fulfillment_id=orders_known.part_id_of(fulfillment_public_id), actor=actor, now=now
    )


@transactional
def note_scan(*, parcel_public_id: str, scan: Scan, actor: Actor, now: datetime) -> int:
    """Write down what a person learned of a parcel from its carrier; 1 when that is new.

    Raises NotFound outside the actor's reach, ParcelNotOpen, FromTheFuture, WordsMissing.
    """
    parcel_id, _, _ = _parcel(parcel_public_id, actor)
    return parcels.note_scans(parcel_id=parcel_id, scans=[scan], actor=actor, now=now)


def ask_couriers(*, now: datetime, most: int = AT_ONCE) -> int:
    """Ask the carriers that answer where their parcels are; return how much is new.

    most    parcels read at a time; all of them are asked about.

    Each is asked outside any transaction. One that does not answer is left alone until the next
    round; an answer that cannot be written down keeps nobody from the others. Safe to repeat.
    """
    new, last = 0, 0
    answering = dict(couriers.answering())
    while answering:
        page = orders_known.under_way_with(answering, after=last, most=most)
        if not page:
            break
        last = page[-1][0]
        for parcel_id, carrier, tracking in page:
            if carrier not in answering:
                continue
            try:
                seen = answering[carrier].scans(tracking)
                new += parcels.note_scans(
                    parcel_id=parcel_id, tracking=tracking, scans=seen, actor=SYSTEM, now=now
                )
            except couriers.CourierUnreachable as trouble:
                del answering[carrier]
                log.warning("courier silent", carrier=carrier, trouble=str(trouble))
            except ShopError as refusal:
                log.warning("courier refused", parcel=parcel_id, code=refusal.code)
    return new


def complete_due(*, now: datetime) -> int:
    """Complete every part whose return window is over and make its shares sure; return how many.

    A parcel that nobody confirmed counts as received ten days after it left. Takes some hundred at
    a time, each hundred in one transaction. Safe to repeat and from several workers.
    Source: domain.md 3 (completed 7 days after receipt), 4 (consignment: sure after the window).
    """
    completed = 0
    while done := _complete_some(now):
        completed += done
    return completed


def _complete_some(now: datetime) -> int:
    with transaction():
        waiting = claims_known.parts_in_question()
        part_ids = parcels.make_due_complete(waiting=waiting, now=now, most=AT_ONCE)
        owners = [
            share_owner(part)
            for part in orders_known.parts_by_id(part_ids)
            if any(share_of(line) for line in part.lines)
        ]
        if owners:
            # By owner: what was taken back of a share becomes sure together with it.
            earnings.make_sure(owners=owners, now=now)
    return len(part_ids)
