"""The way of goods: a part is packed, leaves in one or several parcels, arrives, is complete.

Whoever packs, sends or opens parcels has locked the order (``orders.services.lock``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.kernel import events, freshness, ids
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.orders.events import (
    ParcelMoved,
    ParcelRenumbered,
    PartPacked,
    PartReceived,
    PartShipped,
    QueueChanged,
)
from shop.orders.models import Fulfillment, Order, OrderLine, Parcel, ParcelLine, ParcelScan
from shop.orders.rules import (
    COUNTS_AS_RECEIVED,
    NOT_YET_SENT,
    RETURN_WINDOW,
    STILL_OURS,
    FulfillmentState,
    Handover,
    OrderState,
    ParcelState,
    Scan,
    parcel_sources,
    part_sources,
)
from shop.orders.services import KeyReused, OrderNotOpen, complete_orders, lock
from shop.stations import queries as stations

_orders = table_of(Order)
_parts = table_of(Fulfillment)
_lines = table_of(OrderLine)
_parcels = table_of(Parcel)
_inside = table_of(ParcelLine)
_scans = table_of(ParcelScan)

_HERE = _lines.c.quantity - _lines.c.sent - _lines.c.cancelled
_GONE_BACK = _lines.c.returned - _lines.c.cancelled
# Pieces of each line in the parcels of some states.
_PACKED = (
    sa.select(_inside.c.order_line_id, sa.func.sum(_inside.c.quantity).label("pieces"))
    .join(_parcels, _parcels.c.id == _inside.c.parcel_id)
    .where(
        _parcels.c.fulfillment_id == sa.bindparam("part"),
        _parcels.c.state.in_(sa.bindparam("states", expanding=True)),
    )
    .group_by(_inside.c.order_line_id)
    .subquery()
)
_LINES_WITH_PACKED = (
    sa.select(
        _lines.c.id,
        _lines.c.title,
        _HERE.label("here"),
        _lines.c.sent,
        _GONE_BACK.label("gone_back"),
        sa.func.coalesce(_PACKED.c.pieces, 0).label("packed"),
    )
    .outerjoin(_PACKED, _PACKED.c.order_line_id == _lines.c.id)
    .where(_lines.c.fulfillment_id == sa.bindparam("part"))
    .order_by(_lines.c.position)
)
_COUNT_AS_SENT = (
    sa.update(_lines)
    .where(_lines.c.id == sa.bindparam("line"), sa.bindparam("pieces") <= _HERE)
    .values(sent=_lines.c.sent + sa.bindparam("pieces"))
)


class PartNotOpen(Conflict):
    """This part of the order is no longer in a state from which this can be done."""

    code = "orders.part_not_open"


class ParcelNotOpen(Conflict):
    """This parcel is no longer where this can be done with it; ``state`` says where it is."""

    code = "orders.parcel_not_open"


class TrackingMissing(InvalidInput):
    """A parcel leaves with the name of its carrier and a number to follow it."""

    code = "orders.tracking_missing"


class NothingInIt(InvalidInput):
    """A parcel needs at least one piece."""

    code = "orders.nothing_in_it"


class FromTheFuture(InvalidInput):
    """Nobody can have seen a parcel later than now."""

    code = "orders.from_the_future"


class WordsMissing(InvalidInput):
    """What the carrier said needs words."""

    code = "orders.words_missing"


class PiecesNotHere(Conflict):
    """So many pieces of ``title`` do not wait here any more; ``left`` do."""

    code = "orders.pieces_not_here"


@dataclass(frozen=True, slots=True)
class Packed:
    """A parcel that was packed; ``is_new`` is False when the form had been sent before."""

    id: int
    public_id: str
    is_new: bool


@transactional
def mark_packed(*, fulfillment_id: int, actor: Actor, now: datetime) -> bool:
    """Say that a part stands packed; True only the first time.

    Raises OutOfReach, Forbidden, PartNotOpen.
    """
    part = _part_for(fulfillment_id, actor)
    if part.state is FulfillmentState.PACKED:
        return False
    _move_part(part, FulfillmentState.PACKED)
    events.record(
        PartPacked(part.order_id, part.id), actor=actor, station_id=part.station_id, now=now
    )
    return True


@transactional
def hand_over(*, fulfillment_id: int, actor: Actor, now: datetime) -> bool:
    """Say that all of a part crossed the counter and is received; True only the first time.

    Raises OutOfReach, Forbidden, PartNotOpen (also when the order is not confirmed).
    """
    part = _part_for(fulfillment_id, actor)
    if part.handover is not Handover.PICK_UP:
        raise PartNotOpen(state=part.state.value)
    if part.state in {FulfillmentState.RECEIVED, FulfillmentState.COMPLETED}:
        return False
    _refuse_unconfirmed(part)
    _move_part(part, FulfillmentState.RECEIVED, {"shipped_at": now, "received_at": now})
    _count_all_as_sent([part.id])
    events.record(
        PartShipped(part.order_id, part.id), actor=actor, station_id=part.station_id, now=now
    )
    return True


@transactional
def pack(
    *,
    fulfillment_id: int,
    pieces: Mapping[int, int] | None = None,
    key: str,
    actor: Actor,
    now: datetime,
) -> Packed:
    """Pack a parcel of a part, on its way to the town or at once with ``send``.

    pieces    by order line; None for all that waits here and is in no other parcel.
    key       of the form: safe to repeat.

    Raises OutOfReach, Forbidden, PartNotOpen, OrderNotOpen, NothingInIt, PiecesNotHere, KeyReused.
    """
    part = _part_for(fulfillment_id, actor)
    known = db.session.execute(
        sa.select(_parcels.c.id, _parcels.c.public_id, _parcels.c.fulfillment_id).where(
            _parcels.c.key == key
        )
    ).one_or_none()
    if known is not None:
        if known.fulfillment_id != fulfillment_id:
            raise KeyReused(key=key)
        return Packed(known.id, known.public_id, is_new=False)
    if part.handover is not Handover.SHIP or part.state not in NOT_YET_SENT:
        raise PartNotOpen(state=part.state.value)
    _refuse_unconfirmed(part)
    chosen = _chosen(part, pieces)
    name = ids.public_id("par")
    position = sa.select(sa.func.coalesce(sa.func.max(_parcels.c.position), 0) + 1).where(
        _parcels.c.fulfillment_id == part.id
    )
    parcel_id = db.session.scalars(
        sa.insert(_parcels)
        .values(
            public_id=name,
            key=key,
            fulfillment_id=part.id,
            station_id=part.station_id,
            position=position.scalar_subquery(),
            state=ParcelState.TO_TOWN,
            carrier="",
            tracking="",
            packed_at=now,
        )
        .returning(_parcels.c.id)
    ).one()
    db.session.execute(
        sa.insert(_inside),
        [
            {"parcel_id": parcel_id, "order_line_id": line_id, "quantity": quantity}
            for line_id, quantity in chosen.items()
        ],
    )
    return Packed(parcel_id, name, is_new=True)


def _chosen(part: _PartRow, pieces: Mapping[int, int] | None) -> dict[int, int]:
    rows = _lines_with(part.id, STILL_OURS)
    waiting = {row.id: row.here - row.packed for row in rows}
    wanted = {
        line_id: quantity
        for line_id, quantity in (waiting if pieces is None else pieces).items()
        if quantity
    }
    if not wanted or min(wanted.values()) < 0:
        raise NothingInIt
    if not wanted.keys() <= waiting.keys():
        raise NotFound(what="order line")
    for row in rows:
        if wanted.get(row.id, 0) > waiting[row.id]:
            raise PiecesNotHere(title=row.title, left=waiting[row.id])
    return wanted


def _lines_with(part_id: int, states: Collection[ParcelState]) -> list[Any]:
    # Any: rows of several columns
    rows = db.session.execute(_LINES_WITH_PACKED, {"part": part_id, "states": sorted(states)})
    return list(rows)


@transactional
def give_to_town(*, parcel_id: int, actor: Actor, now: datetime) -> None:
    """Say that a parcel that was packed just now goes to the town first.

    A part of which every piece is packed stands packed then.
    """
    parcel = _parcel(parcel_id)
    _tell(parcel, ParcelState.TO_TOWN, actor=actor, now=now)
    lines = _lines_with(parcel.fulfillment_id, STILL_OURS)
    if all(row.here == row.packed for row in lines):
        mark_packed(fulfillment_id=parcel.fulfillment_id, actor=actor, now=now)


@transactional
def send(*, parcel_id: int, carrier: str, tracking: str, actor: Actor, now: datetime) -> bool:
    """Say that a carrier took a parcel; True only the first time.

    One that came back may be sent again, with another number.

    Raises OutOfReach, Forbidden, ParcelNotOpen, OrderNotOpen, TrackingMissing, PiecesNotHere.
    """
    parcel = _parcel_for(parcel_id, actor)
    if not (carrier.strip() and tracking.strip()):
        raise TrackingMissing
    if (parcel.state, parcel.tracking) == (ParcelState.SENT, tracking.strip()[:60]):
        return False
    part = _part(parcel.fulfillment_id)
    _refuse_unconfirmed(part)
    if parcel.state in STILL_OURS:
        _count_as_sent(parcel_id)
    _move_parcel(
        parcel,
        ParcelState.SENT,
        {
            "carrier": carrier.strip()[:40],
            "tracking": tracking.strip()[:60],
            "sent_at": now,
            "ended_at": None,
        },
        actor=actor,
        now=now,
    )
    if part.state is FulfillmentState.MAKING:
        freshness.follow(QueueChanged(part.station_id))
    _follow(part.id, actor=actor, now=now)
    return True


def _count_all_as_sent(part_ids: Sequence[int]) -> None:
    db.session.execute(
        sa.update(_lines)
        .where(_lines.c.fulfillment_id.in_(part_ids))
        .values(sent=_lines.c.quantity - _lines.c.cancelled)
    )


def _count_as_sent(parcel_id: int) -> None:
    rows = db.session.execute(
        sa.select(_inside.c.order_line_id, _inside.c.quantity, _lines.c.title, _HERE.label("here"))
        .join(_lines, _lines.c.id == _inside.c.order_line_id)
        .where(_inside.c.parcel_id == parcel_id)
        .order_by(_inside.c.order_line_id)
    ).all()
    for row in rows:
        if row.here < row.quantity:
            raise PiecesNotHere(title=row.title, left=row.here)
    counted = rows_changed(
        _COUNT_AS_SENT, [{"line": row.order_line_id, "pieces": row.quantity} for row in rows]
    )
    if counted != len(rows):
        raise PiecesNotHere(title="", left=0)


@transactional
def take_in_at_town(*, parcel_id: int, actor: Actor, now: datetime) -> bool:
    """Say that a parcel has come to the town; True only the first time.

    Raises OutOfReach, Forbidden, ParcelNotOpen.
    """
    return _moved_once(
        _parcel_for(parcel_id, actor),
        ParcelState.AT_TOWN,
        {"at_town_at": now},
        actor=actor,
        now=now,
    )


@transactional
def open_again(*, parcel_id: int, actor: Actor, now: datetime) -> bool:
    """Take a parcel apart that has not left yet; its pieces wait to be packed anew. Once.

    Raises OutOfReach, Forbidden, ParcelNotOpen.
    """
    return _opened(_parcel_for(parcel_id, actor), actor=actor, now=now)


def _opened(parcel: _ParcelRow, *, actor: Actor, now: datetime) -> bool:
    if not _moved_once(parcel, ParcelState.OPENED, {"ended_at": now}, actor=actor, now=now):
        return False
    part = _part(parcel.fulfillment_id)
    if part.state is FulfillmentState.PACKED:
        _move_part(part, FulfillmentState.PLACED)
    return True


@transactional
def renumber(*, parcel_id: int, carrier: str, tracking: str, actor: Actor, now: datetime) -> bool:
    """Write down the right carrier and number of a parcel on its way; True when they changed.

    What the carrier saw under the wrong number was somebody else's parcel and is dropped; the
    event keeps what stood there, and the buyer is told the right number.

    Raises OutOfReach, Forbidden, ParcelNotOpen for one that is not on its way, TrackingMissing.
    Safe to repeat.
    """
    parcel = _parcel_for(parcel_id, actor)
    if parcel.state is not ParcelState.SENT:
        raise ParcelNotOpen(state=parcel.state.value)
    if not (carrier.strip() and tracking.strip()):
        raise TrackingMissing
    right = (carrier.strip()[:40], tracking.strip()[:60])
    if right == (parcel.carrier, parcel.tracking):
        return False
    db.session.execute(
        sa.update(_parcels)
        .where(_parcels.c.id == parcel_id)
        .values(carrier=right[0], tracking=right[1])
    )
    db.session.execute(sa.delete(_scans).where(_scans.c.parcel_id == parcel_id))
    events.record(
        ParcelRenumbered(
            parcel.order_id, parcel.fulfillment_id, parcel_id, f"{parcel.carrier} {parcel.tracking}"
        ),
        actor=actor,
        station_id=parcel.station_id,
        now=now,
    )
    return True


@transactional
def receive(*, parcel_id: int, actor: Actor, now: datetime, at: datetime | None = None) -> bool:
    """Say that one parcel has reached its buyer; True only the first time.

    She herself says so on her order's page (the page has checked her code), or a worker. When it
    was the last of a part, her seven days begin.

    at    the moment it came, where a carrier has said it; else it came now.

    Raises NotFound, ParcelNotOpen for what has not left.
    """
    # Of two parcels received at the same moment each would see the other under way.
    lock(order_id=_parcel(parcel_id).order_id)
    parcel = _parcel(parcel_id)
    came_at = {"received_at": at or now}
    if not _moved_once(parcel, ParcelState.RECEIVED, came_at, actor=actor, now=now):
        return False
    _follow(parcel.fulfillment_id, actor=actor, now=now)
    return True


@transactional
def note_scans(
    *,
    parcel_id: int,
    scans: Sequence[Scan],
    actor: Actor,
    now: datetime,
    tracking: str | None = None,
) -> int:
    """Write down what a carrier saw of a parcel; return how much of it is new. Safe to repeat.

    tracking    the number the carrier was asked for; when it was corrected meanwhile, what was
                seen under it is of somebody else's parcel and nothing is written.

    A parcel that was signed for is received: at the moment its carrier says, though never before
    it left; when a person wrote it down, now, so that no mistyped day takes the buyer's seven.

    Raises NotFound, ParcelNotOpen for one that never left, FromTheFuture, WordsMissing.
    """
    # A number that is being corrected waits, or is corrected before anything is written here.
    lock(order_id=_parcel(parcel_id).order_id)
    parcel = _parcel(parcel_id)
    if tracking not in {None, parcel.tracking}:
        return 0
    if parcel.state in STILL_OURS or parcel.state is ParcelState.OPENED:
        raise ParcelNotOpen(state=parcel.state.value)
    if any(scan.at > now for scan in scans):
        raise FromTheFuture
    if not all(scan.words.strip() for scan in scans):
        raise WordsMissing
    if not scans:
        return 0
    written = db.session.scalars(
        insert_or(_scans)
        .on_conflict_do_nothing(index_elements=["parcel_id", "at", "words"])
        .returning(_scans.c.id),
        [
            {
                "parcel_id": parcel_id,
                "at": scan.at,
                "place": scan.place.strip()[:60],
                "words": scan.words.strip()[:120],
                "is_signed": scan.is_signed,
                "by_id": actor.user_id,
            }
            for scan in scans
        ],
    ).all()
    signed = [scan.at for scan in scans if scan.is_signed]
    if signed and parcel.state is ParcelState.SENT:
        came_at = max(min(signed), parcel.sent_at or now) if actor.is_system else now
        receive(parcel_id=parcel_id, at=came_at, actor=actor, now=now)
    return len(written)


@transactional
def receive_all(*, fulfillment_id: int, actor: Actor, now: datetime) -> bool:
    """Say that all that was sent of a part has reached its buyer; True only the first time.

    Raises NotFound, PartNotOpen when nothing of it is on its way.
    """
    under_way = db.session.scalars(
        sa.select(_parcels.c.id)
        .where(_parcels.c.fulfillment_id == fulfillment_id, _parcels.c.state == ParcelState.SENT)
        .order_by(_parcels.c.id)
    ).all()
    part = _part(fulfillment_id)
    if not under_way and part.state not in {FulfillmentState.RECEIVED, FulfillmentState.COMPLETED}:
        raise PartNotOpen(state=part.state.value)
    for parcel_id in under_way:
        receive(parcel_id=parcel_id, actor=actor, now=now)
    return bool(under_way)


@transactional
def note_came_back(*, parcel_id: int, actor: Actor, now: datetime) -> bool:
    """Say that a parcel came back to us unopened: refused at the door, or nobody was found.

    Its pieces count as left until it is sent again or its money goes back. True only the first
    time. Raises OutOfReach, Forbidden, ParcelNotOpen.
    """
    parcel = _parcel_for(parcel_id, actor)
    is_new = _moved_once(parcel, ParcelState.CAME_BACK, {"ended_at": now}, actor=actor, now=now)
    if is_new:
        # What the buyer does have of this part may be all that is still under way.
        _follow(parcel.fulfillment_id, actor=actor, now=now)
    return is_new


@transactional
def follow_returns(*, order_id: int, actor: Actor, now: datetime) -> None:
    """Let parts and parcels follow what was given back of an order; safe to repeat.

    A packed parcel whose pieces were cancelled is opened; a part of which nothing is left ends; one
    of which only the rest was cancelled has left as a whole.
    """
    parts = db.session.execute(
        sa.select(_parts.c.id, _parts.c.handover)
        .where(_parts.c.order_id == order_id)
        .order_by(_parts.c.id)
    ).all()
    for part in parts:
        if part.handover is Handover.SHIP:
            _open_overfull(part.id, actor=actor, now=now)
        _follow(part.id, actor=actor, now=now)


def _open_overfull(part_id: int, *, actor: Actor, now: datetime) -> None:
    short = {row.id for row in _lines_with(part_id, STILL_OURS) if row.packed > row.here}
    while short:
        newest = db.session.scalar(
            sa.select(sa.func.max(_parcels.c.id))
            .join(_inside, _inside.c.parcel_id == _parcels.c.id)
            .where(
                _parcels.c.fulfillment_id == part_id,
                _parcels.c.state.in_(sorted(STILL_OURS)),
                _inside.c.order_line_id.in_(short),
            )
        )
        if newest is None:
            return
        _opened(_parcel(newest), actor=actor, now=now)
        short = {row.id for row in _lines_with(part_id, STILL_OURS) if row.packed > row.here}


def _follow(part_id: int, *, actor: Actor, now: datetime) -> None:
    """Let a part follow its pieces: it has left with the last of them, and come with it."""
    part = _part(part_id)
    lines = _lines_with(part_id, {ParcelState.CAME_BACK})
    if any(row.here for row in lines) or part.state is FulfillmentState.CANCELLED:
        return
    if not any(row.sent for row in lines):
        _move_part(part, FulfillmentState.CANCELLED)
        return
    if part.handover is not Handover.SHIP:
        return
    way = db.session.execute(
        sa.select(
            sa.func.max(_parcels.c.sent_at).label("sent_at"),
            sa.func.max(_parcels.c.received_at).label("received_at"),
            sa.func.sum(sa.case((_parcels.c.state == ParcelState.SENT, 1), else_=0)).label(
                "under_way"
            ),
        ).where(_parcels.c.fulfillment_id == part_id)
    ).one()
    if part.state in NOT_YET_SENT:
        _move_part(part, FulfillmentState.SHIPPED, {"shipped_at": way.sent_at})
        events.record(
            PartShipped(part.order_id, part.id), actor=actor, station_id=part.station_id, now=now
        )
        part = _part(part_id)
    lies_here = any(row.packed > row.gone_back for row in lines)
    if part.state is not FulfillmentState.SHIPPED or way.under_way or lies_here:
        return
    if way.received_at is None:  # all of it came back, and its money has gone back
        _move_part(part, FulfillmentState.CANCELLED)
        return
    _move_part(part, FulfillmentState.RECEIVED, {"received_at": way.received_at})
    events.record(
        PartReceived(part.order_id, part.id), actor=actor, station_id=part.station_id, now=now
    )


@transactional
def mark_attended(*, order_ids: Sequence[int], workshop_id: int, now: datetime) -> int:
    """Say that the guests of these orders had all their sessions; return how many parts moved.

    What was attended cannot be sent back: the part is complete at once. Safe to repeat.
    """
    moved = db.session.scalars(
        sa.update(_parts)
        .where(
            _parts.c.order_id.in_(order_ids),
            _parts.c.workshop_id == workshop_id,
            _parts.c.handover == Handover.ATTEND,
            _parts.c.state == FulfillmentState.PLACED,
        )
        .values(
            state=FulfillmentState.COMPLETED,
            shipped_at=now,
            received_at=now,
            completed_at=now,
        )
        .returning(_parts.c.id)
    ).all()
    _count_all_as_sent(moved)
    complete_orders(order_ids, now=now)
    return len(moved)


@transactional
def make_due_complete(
    *, waiting: Collection[int] = (), now: datetime, most: int = 200
) -> list[int]:
    """Complete every part whose return window is over; return their ids, at most ``most``.

    A parcel that nobody confirmed counts as received ten days after it left.

    waiting    parts about which something is still open; they complete when it is settled.
    Safe to repeat. Source: domain.md 3 (7 days after receipt).
    """
    _receive_due(now=now, most=most)
    due = (
        sa.select(_parts.c.id)
        .where(
            _parts.c.state == FulfillmentState.RECEIVED,
            _parts.c.received_at <= now - RETURN_WINDOW,
            _parts.c.id.not_in(waiting),
        )
        .order_by(_parts.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        sa.update(_parts)
        .where(_parts.c.id.in_(due))
        .values(state=FulfillmentState.COMPLETED, completed_at=now)
        .returning(_parts.c.id, _parts.c.order_id)
    ).all()
    complete_orders(sorted({row.order_id for row in rows}), now=now)
    return sorted(row.id for row in rows)


def _receive_due(*, now: datetime, most: int) -> None:
    rows = db.session.execute(
        sa.select(_parcels.c.id, _parts.c.order_id)
        .join(_parts, _parts.c.id == _parcels.c.fulfillment_id)
        .where(
            # Written out, not bound: so that the partial index serves.
            _parcels.c.state == sa.literal_column("'sent'"),
            _parcels.c.sent_at <= now - COUNTS_AS_RECEIVED,
        )
        .order_by(_parcels.c.sent_at, _parcels.c.id)
        .limit(most)
    ).all()
    # Orders in one order everywhere: two workers then queue up instead of locking each other out.
    for row in sorted(rows, key=lambda one: (one.order_id, one.id)):
        receive(parcel_id=row.id, actor=SYSTEM, now=now)


@dataclass(frozen=True, slots=True)
class _PartRow:
    id: int
    order_id: int
    station_id: int
    handover: Handover
    state: FulfillmentState
    order_state: OrderState
    expires_at: datetime | None


def _part(fulfillment_id: int) -> _PartRow:
    row = db.session.execute(
        sa.select(
            Fulfillment.id,
            Fulfillment.order_id,
            Fulfillment.station_id,
            Fulfillment.handover,
            Fulfillment.state,
            Order.state.label("order_state"),
            Order.expires_at,
        )
        .join(Order, Order.id == Fulfillment.order_id)
        .where(Fulfillment.id == fulfillment_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"fulfillment:{fulfillment_id}")
    return _PartRow(*row)


def _part_for(fulfillment_id: int, actor: Actor) -> _PartRow:
    part = _part(fulfillment_id)
    actor.require(Permission.FULFILL, at=stations.path_of(part.station_id))
    return part


def _refuse_unconfirmed(part: _PartRow) -> None:
    is_on_terms = part.order_state is OrderState.PLACED and part.expires_at is None
    if part.order_state not in {OrderState.PAID, OrderState.COMPLETED} and not is_on_terms:
        raise OrderNotOpen(state=part.order_state.value)


def _move_part(
    part: _PartRow, target: FulfillmentState, values: Mapping[str, object] | None = None
) -> None:
    # Of two workers who press at the same moment only one moves the part.
    moved = rows_changed(
        sa.update(_parts)
        .where(_parts.c.id == part.id, _parts.c.state.in_(part_sources(target)))
        .values(state=target, **(values or {}))
    )
    if not moved:
        raise PartNotOpen(state=part.state.value)
    if part.state is FulfillmentState.MAKING:
        freshness.follow(QueueChanged(part.station_id))


@dataclass(frozen=True, slots=True)
class _ParcelRow:
    id: int
    fulfillment_id: int
    order_id: int
    station_id: int
    state: ParcelState
    carrier: str
    tracking: str
    sent_at: datetime | None


def _parcel(parcel_id: int) -> _ParcelRow:
    row = db.session.execute(
        sa.select(
            Parcel.id,
            Parcel.fulfillment_id,
            Fulfillment.order_id,
            Parcel.station_id,
            Parcel.state,
            Parcel.carrier,
            Parcel.tracking,
            Parcel.sent_at,
        )
        .join(Fulfillment, Fulfillment.id == Parcel.fulfillment_id)
        .where(Parcel.id == parcel_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"parcel:{parcel_id}")
    return _ParcelRow(*row)


def _parcel_for(parcel_id: int, actor: Actor) -> _ParcelRow:
    """Return a parcel to its room, or to the town where parcels are gathered."""
    parcel = _parcel(parcel_id)
    path = stations.path_of(parcel.station_id)
    if not actor.may(Permission.DISPATCH, at=path):
        actor.require(Permission.FULFILL, at=path)
    return parcel


def _moved_once(
    parcel: _ParcelRow,
    target: ParcelState,
    values: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Move a parcel unless it is there already; say whether it was moved."""
    if parcel.state is target:
        return False
    _move_parcel(parcel, target, values, actor=actor, now=now)
    return True


def _move_parcel(
    parcel: _ParcelRow,
    target: ParcelState,
    values: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    moved = rows_changed(
        sa.update(_parcels)
        .where(_parcels.c.id == parcel.id, _parcels.c.state.in_(parcel_sources(target)))
        .values(state=target, **values)
    )
    if not moved:
        raise ParcelNotOpen(state=_parcel(parcel.id).state.value)
    _tell(parcel, target, actor=actor, now=now)


def _tell(parcel: _ParcelRow, state: ParcelState, *, actor: Actor, now: datetime) -> None:
    events.record(
        ParcelMoved(parcel.order_id, parcel.fulfillment_id, parcel.id, state.value),
        actor=actor,
        station_id=parcel.station_id,
        now=now,
    )
