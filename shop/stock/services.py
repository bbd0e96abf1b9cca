"""The verbs of stock: receive, reserve, allocate, ship, release, take back, issue, correct.

Counts change by one statement per table, in one order (variant, station), so that two buyers of
the same goods wait for each other instead of locking each other out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.catalog import offers
from shop.kernel import events, freshness
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, last_in_transaction, transactional
from shop.kernel.errors import Conflict
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.stations import queries as stations
from shop.stock import queries
from shop.stock.events import ShownCountChanged, StockCorrected
from shop.stock.models import Hold, Movement, StockItem
from shop.stock.rules import (
    FALLEN,
    MOST_PIECES,
    BadQuantity,
    HoldState,
    MovementReason,
    Quantity,
    merged,
    shown_count,
    sources_of,
)

_items = table_of(StockItem)
_movements = table_of(Movement)
_holds = table_of(Hold)

# Written out, not bound: SQLite uses a partial index only when it sees the word itself.
IS_HELD = _holds.c.state == sa.literal_column("'held'")

_FREE = _items.c.on_hand - _items.c.held - _items.c.allocated

# The one way a count changes. The condition repeats the table's own check, so that a race ends in
# a refusal by name.
_CHANGE = (
    sa.update(_items)
    .where(
        _items.c.id == sa.bindparam("item"),
        _items.c.held + sa.bindparam("more_held") >= 0,
        _items.c.allocated + sa.bindparam("more_allocated") >= 0,
        _items.c.held
        + sa.bindparam("more_held")
        + _items.c.allocated
        + sa.bindparam("more_allocated")
        <= _items.c.on_hand + sa.bindparam("more_on_hand"),
    )
    .values(
        on_hand=_items.c.on_hand + sa.bindparam("more_on_hand"),
        held=_items.c.held + sa.bindparam("more_held"),
        allocated=_items.c.allocated + sa.bindparam("more_allocated"),
    )
)

# Statements of the hot paths are built once: building them anew costs more than running them.
_LOCK = (
    sa.select(_items)
    .where(
        _items.c.variant_id.in_(sa.bindparam("variants", expanding=True)),
        _items.c.station_id.in_(sa.bindparam("stations", expanding=True)),
    )
    .order_by(_items.c.variant_id, _items.c.station_id)
    .with_for_update()
)
_MOVED = (
    sa.select(_items.c.variant_id, _items.c.station_id, _movements.c.quantity)
    .join(_items, _items.c.id == _movements.c.stock_item_id)
    .where(
        _movements.c.source == sa.bindparam("source"),
        _movements.c.reason == sa.bindparam("reason"),
    )
)
# Holds are locked before items everywhere, all of an owner's at once.
_STANDING = (
    sa.select(
        _holds.c.id,
        _holds.c.stock_item_id,
        _items.c.variant_id,
        _items.c.station_id,
        _holds.c.quantity,
        _holds.c.state,
        _holds.c.expires_at,
    )
    .join(_items, _items.c.id == _holds.c.stock_item_id)
    .where(_holds.c.owner == sa.bindparam("owner"))
    .order_by(_holds.c.id)
    .with_for_update(of=_holds)
)
# A hold that somebody pays or sweeps at this moment is left alone: whoever waited for it with an
# item locked, while the other waits for that item, would wait for ever.
_RUN_OUT = (
    sa.select(_holds.c.id, _holds.c.stock_item_id, _holds.c.quantity)
    .where(
        _holds.c.stock_item_id.in_(sa.bindparam("items", expanding=True)),
        IS_HELD,
        _holds.c.expires_at <= sa.bindparam("now"),
    )
    .order_by(_holds.c.id)
    .with_for_update(skip_locked=True)
)
_ITEM_IDS = sa.select(_items.c.id, _items.c.variant_id, _items.c.station_id).where(
    _items.c.variant_id.in_(sa.bindparam("variants", expanding=True))
)
# What nobody was promised, leaving aside that holds run out by the clock alone.
_LEFT_FREE = sa.select(_items.c.id, _items.c.variant_id, _FREE.label("free")).where(
    _items.c.id.in_(sa.bindparam("items", expanding=True))
)
_NEW_MOVEMENTS = sa.insert(_movements)
_NEW_HOLDS = sa.insert(_holds)
_CUT = (
    sa.update(_holds)
    .where(_holds.c.id == sa.bindparam("hold"), _holds.c.quantity > sa.bindparam("pieces"))
    .values(quantity=sa.bindparam("pieces"))
)

SWEEP_AT_ONCE = 500


class OutOfStock(Conflict):
    """Fewer pieces are free than were asked for; ``variant_id``, ``wanted``, ``available``."""

    code = "stock.out"


class NotAllocated(Conflict):
    """Pieces were to be shipped that nobody has paid for, or that fell free meanwhile."""

    code = "stock.not_allocated"


class SourceReused(Conflict):
    """One source was to move two different quantities of the same goods for the same reason."""

    code = "stock.source_reused"


class PromisedMore(Conflict):
    """A count was to fall below what is promised to buyers; ``promised`` pieces are."""

    code = "stock.promised_more"


@dataclass(slots=True)
class _Change:
    """What one statement adds to the three counters of one item; negative takes away."""

    on_hand: int = 0
    held: int = 0
    allocated: int = 0


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One locked item, with the holds that have run out by now and their pieces."""

    item_id: int
    on_hand: int
    held: int
    allocated: int
    fallen: int
    fallen_holds: tuple[int, ...]

    @property
    def free(self) -> int:
        return self.on_hand - self.held - self.allocated + self.fallen


@dataclass(frozen=True, slots=True)
class _HeldRow:
    """The standing of an owner at one item: her latest hold there."""

    hold_id: int
    item_id: int
    variant_id: int
    station_id: int
    quantity: int
    state: HoldState
    expires_at: datetime


@transactional
def receive(
    *,
    items: Iterable[Quantity],
    source: str,
    actor: Actor,
    now: datetime,
    reason: MovementReason = MovementReason.RECEIVED,
) -> None:
    """Add pieces to the shelves, once per source.

    items      pieces by variant and station; equal ones are summed.
    source     what they came from, such as ``hand_in:12``.

    Safe to repeat with the same source and content.

    Raises BadQuantity, SourceReused.
    """
    _add(items=items, source=source, reason=reason, actor=actor, now=now)


@transactional
def take_back(*, items: Iterable[Quantity], source: str, actor: Actor, now: datetime) -> None:
    """Put returned pieces back on the shelf, once per source such as ``return:7``.

    Called after the goods were looked at, never at the wish alone. Source: trust.md S7.
    Safe to repeat with the same source and content.

    Raises BadQuantity, SourceReused.
    """
    _add(items=items, source=source, reason=MovementReason.RETURNED, actor=actor, now=now)


@transactional
def reserve(*, owner: str, items: Iterable[Quantity], now: datetime, expires_at: datetime) -> None:
    """Promise pieces to one owner until ``expires_at``: all of them or none.

    owner      whose they are to be, such as ``order:12``; reserves once.
    items      pieces by variant and station; equal ones are summed. Source: trust.md S4.

    Holds of others that have run out by ``now`` are counted as free. Source: trust.md S3.

    Raises OutOfStock for the first variant that is short, BadQuantity.
    """
    _take(owner=owner, wanted=merged(items), state=HoldState.HELD, now=now, expires_at=expires_at)


@transactional
def allocate(*, owner: str, now: datetime) -> bool:
    """Keep an owner's pieces for good, because they are paid for; say whether all are there.

    Pieces whose hold fell before the money came are taken anew when they are still free. When
    some are not, the answer is False and nothing has changed. Safe to repeat; an owner without
    goods is always served. Source: trust.md S6.
    """
    standing = _standing(owner)
    fallen = {
        (row.variant_id, row.station_id): row.quantity for row in standing if row.state in FALLEN
    }
    try:
        _take(
            owner=owner,
            wanted=dict(sorted(fallen.items())),
            state=HoldState.ALLOCATED,
            now=now,
            expires_at=now,
        )
    except OutOfStock:
        return False
    held = [row for row in standing if row.state is HoldState.HELD]
    _move_holds([row.hold_id for row in held], HoldState.ALLOCATED)
    _change(
        {
            row.item_id: _Change(held=-row.quantity, allocated=row.quantity)
            for row in _in_order(held)
        }
    )
    _mind_readiness(_left_free(row.item_id for row in held), now=now)
    for row in held:
        if row.expires_at <= now:  # every page has called these free since then
            freshness.follow(ShownCountChanged(row.variant_id, came_or_went=True))
    return True


@transactional
def ship(*, owner: str, items: Iterable[Quantity], source: str, actor: Actor, now: datetime) -> int:
    """Let pieces of an owner leave; return how many left in this call.

    items    what is in one parcel. Pieces promised to the owner go first; those that never were,
             because they were made for the owner and came in by hand-in, go from what is free.

    Safe to repeat with the same source and content.

    Raises NotAllocated when a piece is not paid for, OutOfStock, BadQuantity, SourceReused.
    """
    wanted = _not_yet(merged(items), sign=-1, source=source, reason=MovementReason.SHIPPED)
    leaving = _standing_at(owner, wanted)
    for row, _ in leaving.values():
        if row.state is HoldState.HELD:
            raise NotAllocated(variant_id=row.variant_id, state=row.state.value)
    made = {
        place: quantity - leaving[place][1] if place in leaving else quantity
        for place, quantity in wanted.items()
    }
    made = {place: quantity for place, quantity in made.items() if quantity}
    shelves = _lock_free(made, now=now)
    _mind_edges(shelves, made, now=now)
    _fell(shelves.values(), now=now)
    _end_holds(owner, leaving.values(), HoldState.SHIPPED, now=now)
    item_ids = {place: row.item_id for place, (row, _) in leaving.items()}
    item_ids |= {place: shelf.item_id for place, shelf in shelves.items()}
    _change(
        {
            item_ids[place]: _Change(
                on_hand=-quantity,
                allocated=-(leaving[place][1] if place in leaving else 0),
                held=-(shelves[place].fallen if place in shelves else 0),
            )
            for place, quantity in wanted.items()
        }
    )
    _tell_taken(made, shelves)
    _note(
        {item_ids[place]: -quantity for place, quantity in wanted.items()},
        source=source,
        reason=MovementReason.SHIPPED,
        actor=actor,
        now=now,
    )
    return sum(wanted.values())


@transactional
def release(*, owner: str, now: datetime, items: Iterable[Quantity] | None = None) -> int:
    """Set an owner's held and allocated pieces free; return how many.

    items    at most so many of these; None means all of the owner's.

    Safe to repeat without ``items``: what has left, fallen or been released stays as it is.
    """
    freed = _standing_at(owner, None if items is None else merged(items))
    _end_holds(owner, freed.values(), HoldState.RELEASED, now=now)
    _change(
        {
            row.item_id: _Change(held=-n) if row.state is HoldState.HELD else _Change(allocated=-n)
            for row, n in freed.values()
        }
    )
    _tell_freed({row.item_id: n for row, n in freed.values()}, now=now)
    return sum(n for _, n in freed.values())


@transactional
def issue(*, items: Iterable[Quantity], source: str, actor: Actor, now: datetime) -> None:
    """Hand free pieces over at once, without a hold: a counter sale, or a sale of the past.

    Safe to repeat with the same source and content.

    Raises OutOfStock, BadQuantity, SourceReused.
    """
    wanted = merged(items)
    wanted = _not_yet(wanted, sign=-1, source=source, reason=MovementReason.SHIPPED)
    shelves = _lock_free(wanted, now=now)
    _mind_edges(shelves, wanted, now=now)
    _fell(shelves.values(), now=now)
    _change(
        {
            shelf.item_id: _Change(on_hand=-wanted[place], held=-shelf.fallen)
            for place, shelf in shelves.items()
        }
    )
    _tell_taken(wanted, shelves)
    _note(
        {shelf.item_id: -wanted[place] for place, shelf in shelves.items()},
        source=source,
        reason=MovementReason.SHIPPED,
        actor=actor,
        now=now,
    )


@transactional
def correct(
    *, variant_id: int, station_id: int, counted: int, key: str, actor: Actor, now: datetime
) -> int:
    """Set a count to what a person found on the shelf; return the difference in pieces.

    counted    pieces found, zero or more.
    key        of the form; repeated, it changes nothing and returns zero.

    Raises OutOfReach, Forbidden, BadQuantity, PromisedMore when less is there than was promised
    to buyers (a person must decide whom to disappoint; source: trust.md S5).
    """
    actor.require(Permission.CORRECT_STOCK, at=stations.path_of(station_id))
    if not 0 <= counted <= MOST_PIECES:
        raise BadQuantity(quantity=counted, most=MOST_PIECES)
    source = f"count:{key}"
    if _moved(source, MovementReason.CORRECTED):
        return 0
    item_id = _open_items([(variant_id, station_id)])[variant_id, station_id]
    shelf = _lock([(variant_id, station_id)], now=now)[variant_id, station_id]
    promised = shelf.held - shelf.fallen + shelf.allocated
    if counted < promised:
        raise PromisedMore(counted=counted, promised=promised)
    difference = counted - shelf.on_hand
    if not difference:
        return 0
    last_in_transaction(_note_readiness, {variant_id: now})
    _fell([shelf], now=now)
    _change({item_id: _Change(on_hand=difference, held=-shelf.fallen)})
    _tell(variant_id, before=shelf.free, after=counted - promised)
    _note(
        {item_id: difference},
        source=source,
        reason=MovementReason.CORRECTED,
        actor=actor,
        now=now,
    )
    events.record(
        StockCorrected(
            stock_item_id=item_id, variant_id=variant_id, before=shelf.on_hand, after=counted
        ),
        actor=actor,
        station_id=station_id,
        now=now,
    )
    return difference


@transactional
def expire_holds(*, now: datetime) -> int:
    """Set free what was held and not paid in time; return how many holds fell in this call.

    Takes some hundred at a time; call it again until it returns zero. Safe from several workers.
    """
    rows = db.session.execute(
        sa.select(_holds.c.id)
        .where(IS_HELD, _holds.c.expires_at <= now)
        .order_by(_holds.c.id)
        .limit(SWEEP_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars()
    return _let_fall(list(rows), now=now)


def _let_fall(hold_ids: list[int], *, now: datetime) -> int:
    if not hold_ids:
        return 0
    rows = db.session.execute(
        sa.select(
            _holds.c.stock_item_id,
            _items.c.variant_id,
            _items.c.station_id,
            sa.func.sum(_holds.c.quantity).label("quantity"),
        )
        .join(_items, _items.c.id == _holds.c.stock_item_id)
        .where(_holds.c.id.in_(hold_ids))
        .group_by(_holds.c.stock_item_id, *_items.c)
        .order_by(_items.c.variant_id, _items.c.station_id)
    ).all()
    _move_holds(hold_ids, HoldState.EXPIRED, ended_at=now)
    freed = {row.stock_item_id: int(row.quantity) for row in rows}
    _change({item_id: _Change(held=-quantity) for item_id, quantity in freed.items()})
    _tell_freed(freed, now=now)
    return len(hold_ids)


def _add(
    *,
    items: Iterable[Quantity],
    source: str,
    reason: MovementReason,
    actor: Actor,
    now: datetime,
) -> None:
    wanted = _not_yet(merged(items), sign=1, source=source, reason=reason)
    if not wanted:
        return
    added = db.session.execute(
        _add_pieces(db.engine.dialect.name),
        [
            {"variant_id": v, "station_id": s, "on_hand": n, "held": 0, "allocated": 0}
            for (v, s), n in wanted.items()
        ],
    ).all()
    for row in added:
        _tell(
            row.variant_id,
            before=row.free - wanted[row.variant_id, row.station_id],
            after=row.free,
        )
    last_in_transaction(
        _note_readiness,
        {
            row.variant_id: now
            for row in added
            if row.free <= wanted[row.variant_id, row.station_id]
        },
    )
    _note(
        {row.id: wanted[row.variant_id, row.station_id] for row in added},
        source=source,
        reason=reason,
        actor=actor,
        now=now,
    )


@functools.cache
def _add_pieces(_dialect: str) -> sa.Executable:
    statement = insert_or(_items)
    return statement.on_conflict_do_update(
        index_elements=["variant_id", "station_id"],
        set_={"on_hand": _items.c.on_hand + statement.excluded.on_hand},
    ).returning(_items.c.id, _items.c.variant_id, _items.c.station_id, _FREE.label("free"))


def _take(
    *,
    owner: str,
    wanted: Mapping[tuple[int, int], int],
    state: HoldState,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Write a hold per item after making sure of all of them; nothing is written before that."""
    shelves = _lock_free(wanted, now=now)
    if not shelves:
        return
    _mind_edges(shelves, wanted, now=now)
    _fell(shelves.values(), now=now)
    is_held = state is HoldState.HELD
    _change(
        {
            shelf.item_id: _Change(
                held=(wanted[place] if is_held else 0) - shelf.fallen,
                allocated=0 if is_held else wanted[place],
            )
            for place, shelf in shelves.items()
        }
    )
    _tell_taken(wanted, shelves)
    db.session.execute(
        _NEW_HOLDS,
        [
            {
                "owner": owner,
                "stock_item_id": shelf.item_id,
                "quantity": wanted[place],
                "state": state,
                "held_at": now,
                "expires_at": expires_at,
            }
            for place, shelf in shelves.items()
        ],
    )


def _lock_free(
    wanted: Mapping[tuple[int, int], int], *, now: datetime
) -> dict[tuple[int, int], _Shelf]:
    """Return the locked shelves of all that is wanted, or raise OutOfStock."""
    shelves = _lock(list(wanted), now=now)
    for place, quantity in wanted.items():
        free = shelves[place].free if place in shelves else 0
        if free < quantity:
            raise OutOfStock(variant_id=place[0], wanted=quantity, available=max(free, 0))
    return shelves


def _lock(places: Sequence[tuple[int, int]], *, now: datetime) -> dict[tuple[int, int], _Shelf]:
    # One lock per item, all in one statement and in one order: two orders that share goods queue
    # up behind the first item they share.
    if not places:
        return {}
    rows = db.session.execute(
        _LOCK,
        {
            "variants": [variant for variant, _ in places],
            "stations": list({station for _, station in places}),
        },
    ).all()
    asked = set(places)
    rows = [row for row in rows if (row.variant_id, row.station_id) in asked]
    fallen: dict[int, list[tuple[int, int]]] = {}
    for hold in _run_out([row.id for row in rows if row.held], now=now):
        fallen.setdefault(hold.stock_item_id, []).append((hold.id, hold.quantity))
    return {
        (row.variant_id, row.station_id): _Shelf(
            item_id=row.id,
            on_hand=row.on_hand,
            held=row.held,
            allocated=row.allocated,
            fallen=sum(quantity for _, quantity in fallen.get(row.id, ())),
            fallen_holds=tuple(hold_id for hold_id, _ in fallen.get(row.id, ())),
        )
        for row in rows
    }


def _mind_edges(
    shelves: Mapping[tuple[int, int], _Shelf],
    wanted: Mapping[tuple[int, int], int],
    *,
    now: datetime,
) -> None:
    edges = {p[0]: now for p, s in shelves.items() if s.free <= wanted[p] or s.fallen}
    last_in_transaction(_note_readiness, edges)


def _left_free(item_ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """Return item, variant and what nobody was promised, of items that this act has changed.

    Behind the change their rows are locked: what was read before it, another buyer may have moved
    meanwhile.
    """
    ids = list(item_ids)
    if not ids:
        return []
    rows = db.session.execute(_LEFT_FREE, {"items": ids})
    return [(row.id, row.variant_id, row.free) for row in rows]


def _mind_readiness(counts: Iterable[tuple[int, int, int]], *, now: datetime) -> None:
    # Only where nothing was free can it matter to a list when a promise is kept or given back.
    noted = {variant_id: now for _, variant_id, free in counts if free <= 0}
    last_in_transaction(_note_readiness, noted)


def _note_readiness(variants: dict[int, datetime]) -> None:
    """Tell the catalog when a piece of each product is free, once in a transaction, at its end."""
    if not variants:
        return
    products = queries.products_of(variants)
    offers.lock(products)
    offers.note_readiness(queries.readiness(products), now=max(variants.values()))


def _run_out(item_ids: list[int], *, now: datetime) -> Sequence[sa.Row[*tuple[int, int, int]]]:
    if not item_ids:
        return []
    return db.session.execute(_RUN_OUT, {"items": item_ids, "now": now}).all()


def _fell(shelves: Iterable[_Shelf], *, now: datetime) -> None:
    """Mark the run-out holds of locked items; their counters follow in the caller's change."""
    hold_ids = [hold_id for shelf in shelves for hold_id in shelf.fallen_holds]
    _move_holds(hold_ids, HoldState.EXPIRED, ended_at=now)


def _standing(owner: str) -> list[_HeldRow]:
    rows = db.session.execute(_STANDING, {"owner": owner}).all()
    # An item's later hold replaces the earlier one, which had fallen before it.
    latest = {row.stock_item_id: row for row in rows}
    return [_HeldRow(*row) for row in latest.values()]


def _standing_at(
    owner: str, wanted: Mapping[tuple[int, int], int] | None
) -> dict[tuple[int, int], tuple[_HeldRow, int]]:
    """Return what stands promised of what is wanted, in the order of all locks."""
    promised = sources_of(HoldState.RELEASED)
    rows = {(row.variant_id, row.station_id): row for row in _standing(owner)}
    return {
        place: (row, row.quantity if wanted is None else min(row.quantity, wanted[place]))
        for place, row in sorted(rows.items())
        if row.state in promised and (wanted is None or place in wanted)
    }


def _end_holds(
    owner: str, some: Iterable[tuple[_HeldRow, int]], state: HoldState, *, now: datetime
) -> None:
    """End so many pieces of each hold; what is over stands on in a hold of its own."""
    ending = list(some)
    _move_holds([row.hold_id for row, _ in ending], state, ended_at=now)
    cut = [(row, n) for row, n in ending if n < row.quantity]
    if not cut:
        return
    db.session.execute(_CUT, [{"hold": row.hold_id, "pieces": n} for row, n in cut])
    db.session.execute(
        _NEW_HOLDS,
        [
            {
                "owner": owner,
                "stock_item_id": row.item_id,
                "quantity": row.quantity - n,
                "state": row.state,
                "held_at": now,
                "expires_at": row.expires_at,
            }
            for row, n in cut
        ],
    )


def _in_order(rows: Iterable[_HeldRow]) -> list[_HeldRow]:
    return sorted(rows, key=lambda row: (row.variant_id, row.station_id))


def _move_holds(hold_ids: list[int], state: HoldState, *, ended_at: datetime | None = None) -> None:
    if not hold_ids:
        return
    moved = rows_changed(_to_state(state), {"holds": hold_ids, "now": ended_at})
    if moved != len(hold_ids):
        raise Conflict(what="hold", state=state.value)


@functools.cache
def _to_state(state: HoldState) -> sa.Update:
    return (
        sa.update(_holds)
        .where(
            _holds.c.id.in_(sa.bindparam("holds", expanding=True)),
            _holds.c.state.in_(sources_of(state)),
        )
        .values(state=state, ended_at=sa.bindparam("now"))
    )


def _change(changes: Mapping[int, _Change]) -> None:
    if not changes:
        return
    changed = rows_changed(
        _CHANGE,
        [
            {
                "item": item_id,
                "more_on_hand": change.on_hand,
                "more_held": change.held,
                "more_allocated": change.allocated,
            }
            for item_id, change in changes.items()
        ],
    )
    if changed != len(changes):
        raise Conflict(what="stock item", state="changed")


def _tell(variant_id: int, *, before: int, after: int) -> None:
    """Make kept pages stale on which a count of free pieces reads differently now."""
    if shown_count(before) != shown_count(after):
        freshness.follow(
            ShownCountChanged(variant_id, came_or_went=(before > 0) is not (after > 0))
        )


def _tell_taken(
    wanted: Mapping[tuple[int, int], int], shelves: Mapping[tuple[int, int], _Shelf]
) -> None:
    for place, shelf in shelves.items():
        _tell(place[0], before=shelf.free, after=shelf.free - wanted[place])


def _tell_freed(freed: Mapping[int, int], *, now: datetime) -> None:
    counts = _left_free(freed)
    for item_id, variant_id, free in counts:
        _tell(variant_id, before=free - freed[item_id], after=free)
    _mind_readiness([(i, variant, free - freed[i]) for i, variant, free in counts], now=now)


def _note(
    quantities: Mapping[int, int],
    *,
    source: str,
    reason: MovementReason,
    actor: Actor,
    now: datetime,
) -> None:
    if not quantities:
        return
    db.session.execute(
        _NEW_MOVEMENTS,
        [
            {
                "stock_item_id": item_id,
                "quantity": quantity,
                "reason": reason,
                "source": source,
                "actor_id": actor.user_id,
                "moved_at": now,
            }
            for item_id, quantity in quantities.items()
        ],
    )


def _moved(source: str, reason: MovementReason) -> dict[tuple[int, int], int]:
    rows = db.session.execute(_MOVED, {"source": source, "reason": reason})
    return {(row.variant_id, row.station_id): row.quantity for row in rows}


def _not_yet(
    wanted: Mapping[tuple[int, int], int], *, sign: int, source: str, reason: MovementReason
) -> dict[tuple[int, int], int]:
    """Return what of it the source has not moved before; raise SourceReused when it differs."""
    moved = _moved(source, reason)
    for place, quantity in wanted.items():
        if moved.get(place, sign * quantity) != sign * quantity:
            raise SourceReused(source=source)
    return {place: quantity for place, quantity in wanted.items() if place not in moved}


@transactional
def write_past_sale(*, items: Iterable[Quantity], source: str, actor: Actor, now: datetime) -> None:
    """Write down pieces that were made and sold before this house counted: in, and out again.

    No count changes, so nothing is locked and nothing that is promised to buyers is touched.
    Safe to repeat with the same source.

    Raises BadQuantity.
    """
    past = merged(items)
    rows = [
        {
            "variant": variant_id,
            "station": station_id,
            "pieces": quantity,
            "came_from": source,
            "actor": actor.user_id,
            "now": now,
        }
        for (variant_id, station_id), quantity in past.items()
    ]
    came_in = _came_in(db.engine.dialect.name)
    if rows_changed(came_in, rows) < len(rows):
        # A place that never had these goods has no row yet; a known sale is written no second time.
        _open_items(list(past))
        db.session.execute(came_in, rows)
    db.session.execute(_went_out(db.engine.dialect.name), {"came_from": source})


_MOVEMENT_COLUMNS = ["stock_item_id", "quantity", "reason", "source", "actor_id", "moved_at"]


@functools.cache
def _came_in(_dialect: str) -> sa.Insert:
    """Return the statement that counts past pieces in, finding their place by itself."""
    place = sa.select(
        _items.c.id,
        sa.bindparam("pieces", type_=sa.Integer),
        sa.literal(MovementReason.IMPORTED, _movements.c.reason.type),
        sa.bindparam("came_from", type_=sa.String),
        sa.bindparam("actor", type_=sa.Integer),
        sa.bindparam("now", type_=_movements.c.moved_at.type),
    ).where(
        _items.c.variant_id == sa.bindparam("variant"),
        _items.c.station_id == sa.bindparam("station"),
    )
    return insert_or(_movements).from_select(_MOVEMENT_COLUMNS, place).on_conflict_do_nothing()


@functools.cache
def _went_out(_dialect: str) -> sa.Insert:
    """Return the statement that lets leave what came in from one source."""
    came = sa.select(
        _movements.c.stock_item_id,
        -_movements.c.quantity,
        sa.literal(MovementReason.SHIPPED, _movements.c.reason.type),
        _movements.c.source,
        _movements.c.actor_id,
        _movements.c.moved_at,
    ).where(
        _movements.c.source == sa.bindparam("came_from"),
        _movements.c.reason == MovementReason.IMPORTED,
    )
    return insert_or(_movements).from_select(_MOVEMENT_COLUMNS, came).on_conflict_do_nothing()


def _open_items(places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return item ids, after making a row for each place that has none."""
    known = _item_ids(places)
    if all(place in known for place in places):
        return known
    db.session.execute(
        insert_or(_items).on_conflict_do_nothing(index_elements=["variant_id", "station_id"]),
        [
            {"variant_id": v, "station_id": s, "on_hand": 0, "held": 0, "allocated": 0}
            for v, s in places
        ],
    )
    return _item_ids(places)


def _item_ids(places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    rows = db.session.execute(_ITEM_IDS, {"variants": [variant for variant, _ in places]})
    return {(row.variant_id, row.station_id): row.id for row in rows}
