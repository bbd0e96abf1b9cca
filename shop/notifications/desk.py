"""What a desk sees of messages, and does where no machine could: mend, tell, give up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import Actor, Permission, Scope
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, NotFound, ShopError
from shop.kernel.paging import Page, key_of
from shop.kernel.statements import rows_changed
from shop.notifications import gateway
from shop.notifications.events import (
    LeftToPerson,
    SendingGivenUp,
    SendingTriedAgain,
    ToldInPerson,
)
from shop.notifications.models import Message, Sending, SendingAddress
from shop.notifications.post import OTHER_WAY, thawed
from shop.notifications.rules import (
    OPEN,
    Channel,
    Kind,
    Letter,
    SendingState,
    Urgency,
    leaves_at,
    sources_of,
    tail_of,
)
from shop.orders.models import Fulfillment
from shop.stations import queries as stations
from shop.stations.rules import phone_number

A_PAGE = 30
MOST_PRINTED = 60
SHORTEST_REASON = 3
_MAILBOX = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,180}\.[^@\s<>,;\".]{2,24}")


class CannotBeAnAddress(ShopError):
    """What was typed is neither a telephone number nor an e-mail address."""

    code = "telling.no_address"
    status = 422


class NobodySends(ShopError):
    """The house has no sender for this message to such an address."""

    code = "telling.nobody_sends"


class ReasonMissing(ShopError):
    """Giving a message up needs a reason that the next colleague understands."""

    code = "telling.reason_missing"
    status = 422


class Tray(StrEnum):
    """Which messages a list shows."""

    DEAD = "dead"
    TO_TELL = "to_tell"
    WAITING = "waiting"
    ALL = "all"


TRAYS: dict[Tray, frozenset[SendingState]] = {
    Tray.DEAD: frozenset({SendingState.DEAD}),
    Tray.TO_TELL: frozenset({SendingState.TO_TELL}),
    Tray.WAITING: frozenset({SendingState.WAITING, SendingState.CLAIMED}),
    Tray.ALL: frozenset(SendingState) - {SendingState.IN_RESERVE},
}


@dataclass(frozen=True, slots=True)
class SendingRow:
    """One way of one message as a desk sees it.

    address    whole where a person must act on it, and only there; else empty. ``tail`` is its end.
    part       outside name of the part of the order it is about, in this reader's reach; or empty.
    """

    id: int
    channel: Channel
    state: SendingState
    kind: Kind
    letter: Letter
    locale: str
    subject: str
    name: str
    address: str
    tail: str
    tries: int
    error: str
    reason: str
    written_at: datetime
    due_at: datetime
    ended_at: datetime | None
    part: str


@dataclass(frozen=True, slots=True)
class TrayCounts:
    """How much waits for a person."""

    dead: int
    to_tell: int


def counts(scope: Scope) -> TrayCounts:
    """Return how many messages in a reader's reach wait for a person."""
    rows = db.session.execute(
        sa.select(Sending.state, sa.func.count())
        .where(
            stations.in_scope(scope, Sending.station_id),
            Sending.state.in_([SendingState.DEAD, SendingState.TO_TELL]),
        )
        .group_by(Sending.state)
    )
    found = {row[0]: int(row[1]) for row in rows}
    return TrayCounts(
        dead=found.get(SendingState.DEAD, 0), to_tell=found.get(SendingState.TO_TELL, 0)
    )


def tray(
    scope: Scope, which: Tray, *, after: str | None = None, most: int = A_PAGE
) -> Page[SendingRow]:
    """Return the messages of a tray in a reader's reach: what waits oldest first, all newest first.

    Two statements however long the list. after: the key of the page before. Raises NotFound for
    one that is none.
    """
    is_log = which is Tray.ALL
    query = (
        _rows()
        .where(
            stations.in_scope(scope, Sending.station_id), Sending.state.in_(sorted(TRAYS[which]))
        )
        .order_by(Sending.id.desc() if is_log else Sending.id)
        .limit(most + 1)
    )
    if after is not None:
        seen = key_of(after)
        query = query.where(Sending.id < seen if is_log else Sending.id > seen)
    rows = db.session.execute(query).all()
    shown = rows[:most]
    parts = _parts(scope, [row.subject for row in shown])
    return Page(
        items=tuple(_row(row, parts) for row in shown),
        after=str(shown[-1].id) if len(rows) > most else None,
    )


def sending(scope: Scope, sending_id: int) -> SendingRow:
    """Return one way of one message in a reader's reach. Raises NotFound."""
    row = db.session.execute(
        _rows().where(
            Sending.id == sending_id,
            stations.in_scope(scope, Sending.station_id),
            Sending.state != SendingState.IN_RESERVE,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what="message")
    return _row(row, _parts(scope, [row.subject]))


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Sending.id,
            Sending.channel,
            Sending.state,
            Sending.tail,
            Sending.tries,
            Sending.error,
            Sending.reason,
            Sending.due_at,
            Sending.ended_at,
            Message.kind,
            Message.short,
            Message.letter,
            Message.is_essential,
            Message.locale,
            Message.subject,
            Message.written_at,
            SendingAddress.name,
            SendingAddress.address,
        )
        .join(Message, Message.id == Sending.message_id)
        .outerjoin(SendingAddress, SendingAddress.sending_id == Sending.id)
    )


def _parts(scope: Scope, subjects: list[str]) -> dict[str, str]:
    order_ids = [
        int(subject.removeprefix("order:")) for subject in subjects if subject.startswith("order:")
    ]
    if not order_ids:
        return {}
    rows = db.session.execute(
        sa.select(Fulfillment.order_id, Fulfillment.public_id)
        .where(
            Fulfillment.order_id.in_(order_ids), stations.in_scope(scope, Fulfillment.station_id)
        )
        .order_by(Fulfillment.id.desc())
    )
    return {f"order:{row.order_id}": row.public_id for row in rows}


def _row(row: Any, parts: dict[str, str]) -> SendingRow:
    needs_person = row.state in {SendingState.DEAD, SendingState.TO_TELL}
    return SendingRow(
        id=row.id,
        channel=row.channel,
        state=row.state,
        kind=Kind(row.kind),
        letter=thawed(
            kind=row.kind, short=row.short, letter=row.letter, is_essential=row.is_essential
        ),
        locale=row.locale,
        subject=row.subject,
        name=(row.name or "") if needs_person else "",
        address=(row.address or "") if needs_person else "",
        tail=row.tail,
        tries=row.tries,
        error=row.error,
        reason=row.reason,
        written_at=row.written_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        part=parts.get(row.subject, ""),
    )


@transactional
def try_again(*, sending_id: int, address: str, actor: Actor, now: datetime) -> None:
    """Send a message again that did not arrive, to the address as it is or as it was mended.

    What else waits for the same wrong address about the same matter is mended with it. A number
    may become a mailbox and the other way round.

    Raises NotFound, OutOfReach, Forbidden, Conflict where it is not dead, CannotBeAnAddress and
    NobodySends.
    """
    held = _held(sending_id, actor)
    plain = _address(address)
    channel = Channel.EMAIL if "@" in plain else Channel.SMS
    if channel not in gateway.can_send(
        Kind(held.kind), locale=held.locale, addresses={channel: plain}
    ):
        raise NobodySends(channel=channel.value)
    is_mended = plain != held.address
    due_at = leaves_at(now, Urgency(held.urgency), luck=0)
    if channel is held.channel:
        _move(sending_id, SendingState.WAITING, due_at=due_at, tries=0, error="")
        sendings = _of_the_same(held) if is_mended else []
    else:
        _take_other_way(held, channel, SendingState.WAITING, plain, actor=actor, now=now)
        sendings = []
    _readdress([sending_id, *sendings] if channel is held.channel else [], plain)
    _record(SendingTriedAgain(sending_id, is_mended), held, actor, now)


@transactional
def leave_to_person(*, sending_id: int, actor: Actor, now: datetime) -> None:
    """Put a message that did not arrive into the queue of those to be told in person.

    Raises NotFound, OutOfReach, Forbidden and Conflict where it is not dead.
    """
    held = _held(sending_id, actor)
    _take_other_way(
        held, Channel.PERSON, SendingState.TO_TELL, held.address or "", actor=actor, now=now
    )
    _record(LeftToPerson(sending_id), held, actor, now)


@transactional
def tell(*, sending_id: int, actor: Actor, now: datetime) -> None:
    """Tick off that somebody was told in person. Safe to repeat by the same tap.

    Raises NotFound, OutOfReach, Forbidden and Conflict where she was not to be told.
    """
    held = _held(sending_id, actor)
    if held.state is SendingState.TOLD:
        return
    _move(sending_id, SendingState.TOLD, ended_at=now, ended_by_id=actor.user_id)
    _record(ToldInPerson(sending_id), held, actor, now)


@transactional
def give_up(*, sending_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Give a message up that nobody can deliver or tell, with a reason of up to 200 letters.

    Raises NotFound, OutOfReach, Forbidden, ReasonMissing and Conflict where it waits for nobody.
    """
    held = _held(sending_id, actor)
    plain = " ".join(reason.split())
    if len(plain) < SHORTEST_REASON:
        raise ReasonMissing
    _move(
        sending_id,
        SendingState.GIVEN_UP,
        ended_at=now,
        ended_by_id=actor.user_id,
        reason=plain[:200],
        from_states=frozenset({SendingState.DEAD, SendingState.TO_TELL}),
    )
    _record(SendingGivenUp(sending_id), held, actor, now)


def _held(sending_id: int, actor: Actor) -> _Held:
    """Return the facts of a sending, its row locked; asked for the right at its own place."""
    row = db.session.execute(
        sa.select(
            Sending.id,
            Sending.message_id,
            Sending.station_id,
            Sending.channel,
            Sending.state,
            Sending.urgency,
            Sending.expires_at,
            Message.kind,
            Message.locale,
            Message.subject,
        )
        .join(Message, Message.id == Sending.message_id)
        .where(Sending.id == sending_id)
        .with_for_update(of=Sending)
    ).one_or_none()
    if row is None or row.station_id is None:
        raise NotFound(what="message")
    actor.require(Permission.TELL_PEOPLE, at=stations.path_of(row.station_id))
    kept = db.session.execute(
        sa.select(SendingAddress.name, SendingAddress.address).where(
            SendingAddress.sending_id == sending_id
        )
    ).one_or_none()
    return _Held(
        id=row.id,
        message_id=row.message_id,
        station_id=row.station_id,
        channel=row.channel,
        state=row.state,
        urgency=row.urgency,
        expires_at=row.expires_at,
        kind=row.kind,
        locale=row.locale,
        subject=row.subject,
        name=kept.name if kept else "",
        address=kept.address if kept else "",
    )


@dataclass(frozen=True, slots=True)
class _Held:
    id: int
    message_id: int
    station_id: int
    channel: Channel
    state: SendingState
    urgency: int
    expires_at: datetime | None
    kind: str
    locale: str
    subject: str
    name: str
    address: str


def _address(typed: str) -> str:
    plain = typed.strip()
    if "@" in plain:
        if not _MAILBOX.fullmatch(plain):
            raise CannotBeAnAddress
        return plain
    try:
        digits = phone_number(plain)
    except ValueError:
        digits = ""
    if not digits:
        raise CannotBeAnAddress
    return plain


def _move(
    sending_id: int,
    state: SendingState,
    *,
    from_states: frozenset[SendingState] | None = None,
    **values: object,
) -> None:
    legal = set(sources_of(state))
    # What a worker holds or has yet to try is not a person's to move.
    legal &= from_states or {SendingState.DEAD, SendingState.TO_TELL}
    if not rows_changed(
        sa.update(Sending)
        .where(Sending.id == sending_id, Sending.state.in_(sorted(legal)))
        .values(state=state, **values)
    ):
        raise Conflict


def _take_other_way(
    held: _Held,
    channel: Channel,
    state: SendingState,
    address: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """End one way and open another; a message goes each way once."""
    _move(
        held.id,
        SendingState.GIVEN_UP,
        ended_at=now,
        ended_by_id=actor.user_id,
        reason=OTHER_WAY,
        from_states=frozenset({SendingState.DEAD}),
    )
    taken = db.session.scalar(
        sa.select(Sending.id).where(
            Sending.message_id == held.message_id, Sending.channel == channel
        )
    )
    if taken is not None:
        raise Conflict
    sending_id = db.session.scalar(
        sa.insert(Sending).returning(Sending.id),
        {
            "message_id": held.message_id,
            "station_id": held.station_id,
            "channel": channel,
            "state": state,
            "urgency": held.urgency,
            "tail": tail_of(address),
            "due_at": leaves_at(now, Urgency(held.urgency), luck=0),
            "expires_at": held.expires_at,
        },
    )
    db.session.execute(
        sa.insert(SendingAddress),
        {"sending_id": sending_id, "name": held.name, "address": address},
    )


def _of_the_same(held: _Held) -> list[int]:
    """Return what else is under way to the same wrong address about the same matter."""
    return list(
        db.session.scalars(
            sa.select(Sending.id)
            .join(Message, Message.id == Sending.message_id)
            .join(SendingAddress, SendingAddress.sending_id == Sending.id)
            .where(
                Message.subject == held.subject,
                Sending.channel == held.channel,
                Sending.state.in_(sorted(OPEN - {SendingState.CLAIMED})),
                SendingAddress.address == held.address,
                Sending.id != held.id,
            )
        )
    )


def _readdress(sending_ids: list[int], address: str) -> None:
    db.session.execute(
        sa.update(SendingAddress)
        .where(SendingAddress.sending_id.in_(sending_ids))
        .values(address=address)
    )
    db.session.execute(
        sa.update(Sending).where(Sending.id.in_(sending_ids)).values(tail=tail_of(address))
    )


def _record(event: events.Event, held: _Held, actor: Actor, now: datetime) -> None:
    events.record(event, actor=actor, station_id=held.station_id, now=now)
