"""Delivering: a part leaves the workshop, reaches its buyer, and is complete a week later."""

from __future__ import annotations

from datetime import datetime

from shop.claims import queries as claims_known
from shop.earnings import services as earnings
from shop.kernel.access import Actor, Permission
from shop.kernel.db import transaction, transactional
from shop.kernel.errors import Conflict
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.queries import PartView
from shop.orders.rules import Handover, LineKind, OrderState
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows.giving_back import share_of, share_owner

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
    return orders.mark_packed(
        fulfillment_id=orders_known.part_id_of(fulfillment_public_id), actor=actor, now=now
    )


@transactional
def ship_part(
    *,
    fulfillment_public_id: str,
    carrier: str = "",
    tracking: str = "",
    postage: Money | None = None,
    packing: Money | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Let one workshop's part leave: pieces out of stock, cost into the books; once.

    Returns True only the first time, so the button may be pressed twice.

    carrier, tracking    needed for a parcel. A part that is picked up is received in the same
                         moment; its money, when it was to be paid at the counter, is taken first.
    postage              what the carrier cost, paid from the bank; None when it is not known yet.
    packing              packing material used, from its own stock; None for none.

    Pieces that were made for the order go out from the shelf as they came in by hand-in.

    Raises NotFound, OutOfReach, Forbidden, PartNotOpen, OrderNotOpen, TrackingMissing,
    MoneyStillDue; OutOfStock when pieces that had to be made are not there yet.
    Source: domain.md 3, 5 E4 (shipped); features.md 46.
    """
    part = orders_known.part_by_id(orders_known.part_id_of(fulfillment_public_id))
    order = orders_known.order(part.order_id)
    if part.handover is Handover.PICK_UP and order.state is OrderState.PLACED:
        actor.require(Permission.FULFILL, at=stations.path_of(part.station_id))
        raise MoneyStillDue(number=order.number)
    if not orders.mark_shipped(
        fulfillment_id=part.id, carrier=carrier, tracking=tracking, actor=actor, now=now
    ):
        return False
    source = f"fulfillment:{part.id}"
    _take_off_the_shelf(part, source, actor=actor, now=now)
    lines = _costs(part, postage=postage or Money(0), packing=packing or Money(0))
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
    return True


def _take_off_the_shelf(part: PartView, source: str, *, actor: Actor, now: datetime) -> None:
    owner = f"order:{part.order_id}"
    made: list[Quantity] = []
    for line in part.lines:
        if line.kind is not LineKind.GOODS or line.variant_id is None or not line.left:
            continue
        left_now = stock.ship(
            owner=owner, source=source, actor=actor, now=now, variant_ids=[line.variant_id]
        )
        if not left_now:
            made.append(Quantity(line.variant_id, line.left, part.station_id))
    if made:
        stock.issue(items=made, source=source, actor=actor, now=now)


def _costs(part: PartView, *, postage: Money, packing: Money) -> list[Line]:
    """Return what sending a part cost, as ledger lines. Source: domain.md 5 E4 (shipped)."""
    workshop_id = part.workshop_id
    goods = Money(0)
    for line in part.lines:
        goods += line.cost * line.left
    pairs = (
        (AccountKind.COST_OF_GOODS, AccountKind.STOCK, goods),
        (AccountKind.PACKING, AccountKind.PACKING_STOCK, packing),
        (AccountKind.POSTAGE, AccountKind.BANK, postage),
    )
    lines: list[Line] = []
    for cost, from_where, amount in pairs:
        if amount:
            lines += [
                debit(account(cost, workshop_id), amount),
                credit(account(from_where, workshop_id), amount),
            ]
    return lines


@transactional
def receive_part(*, fulfillment_public_id: str, actor: Actor, now: datetime) -> bool:
    """Say that a part has reached its buyer; the seven days begin. True only the first time.

    The buyer says so on her order's page, which has checked who she is, or a worker.

    Raises NotFound, PartNotOpen.
    """
    return orders.mark_received(
        fulfillment_id=orders_known.part_id_of(fulfillment_public_id), actor=actor, now=now
    )


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
        part_ids = orders.make_due_complete(waiting=waiting, now=now, most=AT_ONCE)
        owners = [
            share_owner(part)
            for part in orders_known.parts_by_id(part_ids)
            if any(share_of(line) for line in part.lines)
        ]
        if owners:
            # By owner: what was taken back of a share becomes sure together with it.
            earnings.make_sure(owners=owners, now=now)
    return len(part_ids)
