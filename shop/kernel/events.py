"""What happened, written once in the same transaction, and its deliveries after commit.

The rows are the audit trail, a station's activity list and the work queue of reactions. They are
only ever appended. A delivery is claimed with a lease, so a killed worker's task comes back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel import freshness
from shop.kernel.access import Actor
from shop.kernel.db import Base, UtcDateTime, db, state_column, transaction
from shop.kernel.seals import Stream
from shop.kernel.statements import instant_as_text, line_of_text, table_of

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MOST_TRIES = 8
EVENTS_AT_ONCE = 2000


class DeliveryState(StrEnum):
    """Where one delivery stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    DEAD = "dead"


class EventRow(Base):
    """One thing that happened; never changed, never removed (the database refuses both)."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_subject_id", "subject", "id"),
        sa.Index("ix_events_station_id_id", "station_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(64))
    facts: Mapped[str] = mapped_column(sa.Text)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    station_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stations.id"))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Delivery(Base):
    """One event on its way to one reaction."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "reaction"),
        sa.Index(
            "ix_deliveries_due",
            "due_at",
            sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
            postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"))
    reaction: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[DeliveryState] = mapped_column(state_column(DeliveryState))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(sa.Text)


class Heartbeat(Base):
    """The last sign of life of one worker, by name."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)


# Every act of every room passes here: past the object layer, and built once.
_events = table_of(EventRow)
_NEW_EVENT = sa.insert(_events).returning(_events.c.id)
_NEW_DELIVERIES = sa.insert(table_of(Delivery))


@dataclass(frozen=True, slots=True)
class Event:
    """Parent of every past-tense event: ids only; the first field names its subject."""

    known: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        """Enter the event in the book of kinds, so that a row can become the object again."""
        # dataclass(slots=True) builds the class twice; the second, complete one wins.
        Event.known[cls.__name__] = cls


Reaction = Callable[..., None]
_reactions: dict[str, tuple[tuple[str, Reaction], ...]] = {}


@dataclass(frozen=True, slots=True)
class Happened:
    """The row of an event, for who passes it on: its number, where and when it was."""

    event_id: int
    station_id: int | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears some kinds of events while somebody wants to know, and costs nothing else.

    hear         is called with the event and what ``Happened``; as safe to repeat as a reaction.
    is_wanted    a condition in SQL, asked by the statement that writes the event.
    """

    kinds: frozenset[type[Event]]
    hear: Callable[..., None]
    is_wanted: sa.ColumnElement[bool]

    @property
    def name(self) -> str:
        """Return what its deliveries are called."""
        return f"{self.hear.__module__}.{self.hear.__qualname__}"


@dataclass(slots=True)
class _Listening:
    """The listener, if any, with the statement that writes an event and asks whether it hears."""

    listener: Listener | None = None
    kinds: frozenset[str] = frozenset()
    new_event: sa.sql.dml.ReturningInsert[Any] | None = None

    def hears(self, kind: str) -> bool:
        return kind in self.kinds


_listening = _Listening()


def connect(
    reactions: Mapping[type[Event], Sequence[Reaction]], listener: Listener | None = None
) -> None:
    """Tell the kernel who reacts to what; called once by the application with ``reactions.py``."""
    _reactions.clear()
    for kind, functions in reactions.items():
        _reactions[kind.__name__] = tuple(
            (f"{function.__module__}.{function.__qualname__}", function) for function in functions
        )
    _listening.listener = listener
    _listening.kinds = frozenset(k.__name__ for k in listener.kinds) if listener else frozenset()
    _listening.new_event = (
        sa.insert(_events).returning(_events.c.id, listener.is_wanted.label("is_wanted"))
        if listener
        else None
    )


def _written(row: dict[str, object]) -> tuple[int, list[str]]:
    """Write one event and return its number and the names of who hears of it."""
    kind = str(row["kind"])
    names = [name for name, _ in _reactions.get(kind, ())]
    listener, statement = _listening.listener, _listening.new_event
    if listener is None or statement is None or not _listening.hears(kind):
        return db.session.execute(_NEW_EVENT, row).scalar_one(), names
    event_id, is_wanted = db.session.execute(statement, row).one()
    return event_id, [*names, listener.name] if is_wanted else names


def record(event: Event, *, actor: Actor, station_id: int | None, now: datetime) -> int:
    """Write one event and its deliveries in the transaction that is open; return its id.

    Kept pages that it makes stale are not shown again once the transaction is there.

    Raises WriteOutsideTransaction outside one.
    """
    kind = type(event).__name__
    facts = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
    first = next(iter(facts))
    event_id, names = _written(
        {
            "kind": kind,
            "subject": f"{first.removesuffix('_id')}:{facts[first]}",
            "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
            "actor_id": actor.user_id,
            "station_id": station_id,
            "happened_at": now,
        }
    )
    waiting = [
        {
            "event_id": event_id,
            "reaction": name,
            "state": DeliveryState.WAITING,
            "tries": 0,
            "due_at": now,
        }
        for name in names
    ]
    if waiting:
        db.session.execute(_NEW_DELIVERIES, waiting)
    freshness.follow(event, station_id=station_id)
    return event_id


def record_many(
    many: Sequence[Event], *, actor: Actor, station_id: int | None, now: datetime
) -> None:
    """Write many events of one act at one place; the same rows as ``record``, two statements.

    Raises WriteOutsideTransaction outside a transaction.
    """
    if not many:
        return
    rows = []
    for event in many:
        facts = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
        first = next(iter(facts))
        rows.append(
            {
                "kind": type(event).__name__,
                "subject": f"{first.removesuffix('_id')}:{facts[first]}",
                "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
                "actor_id": actor.user_id,
                "station_id": station_id,
                "happened_at": now,
            }
        )
    ids = db.session.scalars(
        sa.insert(EventRow).returning(EventRow.id, sort_by_parameter_order=True), rows
    ).all()
    is_heard = _is_heard(many)
    waiting = [
        {
            "event_id": event_id,
            "reaction": name,
            "state": DeliveryState.WAITING,
            "tries": 0,
            "due_at": now,
        }
        for event_id, event in zip(ids, many, strict=True)
        for name in _hearing(type(event).__name__, is_heard=is_heard)
    ]
    if waiting:
        db.session.execute(_NEW_DELIVERIES, waiting)
    for event in many:
        freshness.follow(event, station_id=station_id)


def _is_heard(many: Sequence[Event]) -> bool:
    """Say whether the listener wants any of many events; asked once, and only if it could."""
    listener = _listening.listener
    if listener is None or not any(_listening.hears(type(one).__name__) for one in many):
        return False
    return bool(db.session.scalar(sa.select(listener.is_wanted)))


def _hearing(kind: str, *, is_heard: bool) -> list[str]:
    """Return the names of who hears of one kind."""
    names = [name for name, _ in _reactions.get(kind, ())]
    listener = _listening.listener
    return [*names, listener.name] if listener and is_heard and _listening.hears(kind) else names


def deliver_due(*, now: datetime, most: int = 50) -> int:
    """Hand due deliveries to their reactions; return how many were handed over, well or not.

    Safe to run from several workers: a claim is one conditional update with a lease of a minute.
    A reaction that fails is tried again later, at growing intervals, and rests as *dead* after
    eight tries, where a person can see it.
    """
    handed = 0
    for delivery_id, reaction_name, event_row in _claim(now=now, most=most):
        handed += 1
        _hand_over(delivery_id, reaction_name, event_row, now)
    return handed


def _claim(*, now: datetime, most: int) -> list[tuple[int, str, sa.Row[Any]]]:
    # An idle worker only reads: nobody's write lock is taken to learn that nothing waits.
    if db.session.scalar(_due(now).limit(1)) is None:
        return []
    with transaction() as session:
        claimed = session.execute(
            sa.update(Delivery)
            .where(Delivery.id.in_(_due(now).limit(most).with_for_update(skip_locked=True)))
            .values(state=DeliveryState.CLAIMED, due_at=now + LEASE, tries=Delivery.tries + 1)
            .returning(Delivery.id, Delivery.reaction, Delivery.event_id)
        ).all()
        rows: dict[int, Any] = {
            row.id: row
            for row in session.execute(
                sa.select(
                    EventRow.id,
                    EventRow.kind,
                    EventRow.facts,
                    EventRow.station_id,
                    EventRow.happened_at,
                ).where(EventRow.id.in_([c.event_id for c in claimed]))
            )
        }
    return [(c.id, c.reaction, rows[c.event_id]) for c in sorted(claimed, key=lambda c: c.id)]


def _due(now: datetime) -> sa.Select[int]:
    return (
        sa.select(Delivery.id)
        .where(
            Delivery.state.in_([DeliveryState.WAITING, DeliveryState.CLAIMED]),
            Delivery.due_at <= now,
        )
        .order_by(Delivery.due_at, Delivery.id)
    )


def _hand_over(delivery_id: int, name: str, row: sa.Row[Any], now: datetime) -> None:
    reaction = dict(_reactions.get(row.kind, ())).get(name)
    listener = _listening.listener
    try:
        event = Event.known[row.kind](**json.loads(row.facts))
        if listener is not None and name == listener.name:
            happened = Happened(row.id, row.station_id, row.happened_at)
            listener.hear(event, happened=happened, now=now)
        elif reaction is not None:
            reaction(event, now=now)
        else:
            message = f"nobody is called {name} any more"
            raise LookupError(message)  # noqa: TRY301 - one path for every way a delivery can fail
    except Exception as error:  # noqa: BLE001 - whatever a reaction raises, the row must say so
        log.warning("delivery failed", delivery=delivery_id, reaction=name, error=repr(error))
        _put_back(delivery_id, repr(error), now)
        return
    with transaction() as session:
        session.execute(
            sa.update(Delivery)
            .where(Delivery.id == delivery_id)
            .values(state=DeliveryState.DONE, done_at=now, error=None)
        )


def _put_back(delivery_id: int, error: str, now: datetime) -> None:
    with transaction() as session:
        tries = session.scalar(sa.select(Delivery.tries).where(Delivery.id == delivery_id)) or 1
        session.execute(
            sa.update(Delivery)
            .where(Delivery.id == delivery_id)
            .values(
                state=DeliveryState.DEAD if tries >= MOST_TRIES else DeliveryState.WAITING,
                due_at=now + timedelta(seconds=5 * 2**tries),
                error=error[:2000],
            )
        )


def beat(*, name: str, now: datetime) -> None:
    """Note that the named worker is alive; safe to repeat."""
    with transaction() as session:
        known = session.execute(
            sa.update(Heartbeat)
            .where(Heartbeat.name == name)
            .values(beat_at=now)
            .returning(Heartbeat.name)
        ).one_or_none()
        if known is None:
            session.execute(sa.insert(Heartbeat), {"name": name, "beat_at": now})


def last_beat() -> datetime | None:
    """Return when any worker was last alive, or None."""
    return db.session.scalar(sa.select(sa.func.max(Heartbeat.beat_at)))


@dataclass(frozen=True, slots=True)
class HappenedRow:
    """One line of a history: what, by whom, when."""

    kind: str
    facts: dict[str, object]
    actor_id: int | None
    happened_at: datetime


def history(subject: str, *, most: int = 200, kinds: Collection[str] = ()) -> list[HappenedRow]:
    """Return what happened to one subject such as ``order:12``, oldest first.

    kinds    only these; without any, all.
    """
    wanted = EventRow.kind.in_(kinds) if kinds else sa.true()
    rows = db.session.execute(
        sa.select(EventRow.kind, EventRow.facts, EventRow.actor_id, EventRow.happened_at)
        .where(EventRow.subject == subject, wanted)
        .order_by(EventRow.id)
        .limit(most)
    )
    return [HappenedRow(r.kind, json.loads(r.facts), r.actor_id, r.happened_at) for r in rows]


def recorded_text(first_id: int, last_id: int) -> Iterator[str]:
    """Yield events as seals read them: a line each, its parts after tabs, in pieces."""
    line = line_of_text(
        "V",
        EventRow.id,
        EventRow.kind,
        EventRow.subject,
        EventRow.actor_id,
        EventRow.station_id,
        instant_as_text(EventRow.happened_at),
        EventRow.facts,
    )
    for start in range(first_id, last_id + 1, EVENTS_AT_ONCE):
        end = min(last_id, start + EVENTS_AT_ONCE - 1)
        yield "".join(
            db.session.scalars(
                sa.select(line).where(EventRow.id.between(start, end)).order_by(EventRow.id)
            )
        )


SEALED = Stream("events", EventRow.id, EventRow.happened_at, recorded_text)
