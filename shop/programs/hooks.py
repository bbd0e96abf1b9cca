"""The verbs of hooks: open one, sign anew, rest, end; write messages down and send them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
import structlog

from shop.kernel import events, ids, links
from shop.kernel.access import Actor
from shop.kernel.db import db, transaction, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.programs import gateway
from shop.programs.events import HookChanged, HookOpened
from shop.programs.gateway import NotTold
from shop.programs.models import Hook, HookMessage
from shop.programs.rules import (
    DEAD_KEPT,
    MOST_HOOKS,
    OLD_SECRET_LASTS,
    PAUSES,
    PING,
    SENT_KEPT,
    TELLING_LEASE,
    HookKind,
    PingTold,
    TellingState,
    Told,
    hook_url,
    signature,
    written_secret,
)
from shop.programs.services import ProgramOver, reached

log = structlog.get_logger(__name__)

_hooks = table_of(Hook)
_messages = table_of(HookMessage)
GONE = 410
MOST_ERROR = 240
TIDIED_AT_ONCE = 500


class BadHook(InvalidInput):
    """The address cannot be told anything, or nothing was chosen to tell it."""

    code: ClassVar[str] = "programs.bad_hook"


class TooManyHooks(Conflict):
    """A program has so many addresses already; ``most``."""

    code: ClassVar[str] = "programs.too_many_hooks"


class MessageNotDead(Conflict):
    """Only a message that was given up can be sent once more."""

    code: ClassVar[str] = "programs.message_not_dead"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """The secret of a hook, shown to whoever opened it or had it signed anew."""

    public_id: str
    secret: str


def _secret(public_id: str, version: int) -> bytes:
    """Return a secret; it follows from the house's own and is kept nowhere."""
    return bytes.fromhex(links.digest("secret of a hook", f"{public_id} {version}"))


@transactional
def open_hook(
    *, program_id: int, url: str, kinds: Iterable[HookKind], actor: Actor, now: datetime
) -> NewSecret:
    """Tell an address of a program what happens from now on; return the secret that signs it.

    Raises NotFound, OutOfReach, Forbidden for a kind that the actor has no right to herself,
    BadHook, TooManyHooks, ProgramOver.
    """
    row = reached(program_id, actor)
    plain, wanted = hook_url(url), sorted(set(kinds))
    if plain is None or not wanted:
        raise BadHook
    for kind in wanted:
        actor.require(kind.needs, at=row.path)
    if row.ended_at is not None:
        raise ProgramOver
    there = db.session.scalar(
        sa.select(sa.func.count()).where(
            _hooks.c.program_id == program_id, _hooks.c.ended_at.is_(None)
        )
    )
    if (there or 0) >= MOST_HOOKS:
        raise TooManyHooks(most=MOST_HOOKS)
    public_id = ids.public_id("hok")
    hook_id = db.session.execute(
        sa.insert(_hooks).returning(_hooks.c.id),
        {
            "public_id": public_id,
            "program_id": program_id,
            "url": plain,
            "kinds": " ".join(wanted),
            "secret_version": 1,
            "created_by_id": actor.user_id,
            "created_at": now,
        },
    ).scalar_one()
    events.record(HookOpened(program_id, hook_id), actor=actor, station_id=row.station_id, now=now)
    return NewSecret(public_id, written_secret(_secret(public_id, 1)))


@transactional
def sign_anew(*, program_id: int, public_id: str, actor: Actor, now: datetime) -> NewSecret:
    """Return a fresh secret of a hook; the one before signs beside it for a day.

    Raises NotFound, OutOfReach, Forbidden.
    """
    version = _changed(
        program_id,
        public_id,
        {
            "secret_version": _hooks.c.secret_version + 1,
            "old_secret_until": now + OLD_SECRET_LASTS,
        },
        "signed_anew",
        actor=actor,
        now=now,
    )
    return NewSecret(public_id, written_secret(_secret(public_id, version)))


def rest(*, program_id: int, public_id: str, actor: Actor, now: datetime) -> None:
    """Send nothing to a hook until it goes on; what happens meanwhile waits for it.

    Raises NotFound, OutOfReach, Forbidden. Safe to repeat.
    """
    _change(program_id, public_id, {"paused_at": now}, "rests", actor=actor, now=now)


def go_on(*, program_id: int, public_id: str, actor: Actor, now: datetime) -> None:
    """Send to a hook again. Raises NotFound, OutOfReach, Forbidden. Safe to repeat."""
    _change(program_id, public_id, {"paused_at": None}, "goes_on", actor=actor, now=now)


def end_hook(*, program_id: int, public_id: str, actor: Actor, now: datetime) -> None:
    """Tell an address nothing any more, for good; what waits for it is given up.

    Raises NotFound, OutOfReach, Forbidden.
    """
    _change(program_id, public_id, {"ended_at": now}, "ended", actor=actor, now=now)


@transactional
def _change(
    program_id: int,
    public_id: str,
    values: dict[str, Any],
    how: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    _changed(program_id, public_id, values, how, actor=actor, now=now)


def _changed(
    program_id: int,
    public_id: str,
    values: dict[str, Any],
    how: str,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    row = reached(program_id, actor)
    changed = db.session.execute(
        sa.update(_hooks)
        .where(
            _hooks.c.program_id == program_id,
            _hooks.c.public_id == public_id,
            _hooks.c.ended_at.is_(None),
        )
        .values(**values)
        .returning(_hooks.c.id, _hooks.c.secret_version)
    ).one_or_none()
    if changed is None:
        raise NotFound(what=public_id)
    events.record(
        HookChanged(program_id, changed.id, how), actor=actor, station_id=row.station_id, now=now
    )
    version: int = changed.secret_version
    return version


@transactional
def write(
    *,
    hook_id: int,
    kind: str,
    data: Told,
    event_id: int | None,
    happened_at: datetime,
    now: datetime,
) -> None:
    """Write one message down for a hook; one event gives a hook one message, however often."""
    body = {"type": kind, "timestamp": happened_at.isoformat(), "data": asdict(data)}
    db.session.execute(
        insert_or(_messages).on_conflict_do_nothing(),
        {
            "public_id": f"msg_{ids.random_letters(16)}",
            "hook_id": hook_id,
            "event_id": event_id,
            "kind": kind,
            "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            "state": TellingState.WAITING,
            "tries": 0,
            "due_at": now,
            "status": 0,
            "error": "",
            "written_at": now,
        },
    )


@transactional
def ping(*, program_id: int, public_id: str, actor: Actor, now: datetime) -> None:
    """Send a message to try the address. Raises NotFound, OutOfReach, Forbidden."""
    reached(program_id, actor)
    write(
        hook_id=_id_of(program_id, public_id),
        kind=PING,
        data=PingTold(public_id),
        event_id=None,
        happened_at=now,
        now=now,
    )


@transactional
def send_again(
    *, program_id: int, public_id: str, message: str, actor: Actor, now: datetime
) -> None:
    """Send a message that was given up once more, from the first try on.

    Raises NotFound, OutOfReach, Forbidden, MessageNotDead.
    """
    reached(program_id, actor)
    is_again = rows_changed(
        sa.update(_messages)
        .where(
            _messages.c.hook_id == _id_of(program_id, public_id),
            _messages.c.public_id == message,
            _messages.c.state == TellingState.DEAD,
        )
        .values(state=TellingState.WAITING, tries=0, due_at=now)
    )
    if not is_again:
        raise MessageNotDead


def _id_of(program_id: int, public_id: str) -> int:
    found: int | None = db.session.scalar(
        sa.select(_hooks.c.id).where(
            _hooks.c.program_id == program_id,
            _hooks.c.public_id == public_id,
            _hooks.c.ended_at.is_(None),
        )
    )
    if found is None:
        raise NotFound(what=public_id)
    return found


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    public_id: str
    hook_id: int
    body: str
    tries: int


def send_next(*, now: datetime) -> bool:
    """Send one message that is due; True while there may be more. Safe from several workers.

    A message may come twice where a worker was killed between sending and noting it; its id is the
    same then. Speaks to the outside between transactions.
    """
    due = _claim(now)
    if due is None:
        return False
    hook = db.session.execute(sa.select(_hooks).where(_hooks.c.id == due.hook_id)).one()
    db.session.rollback()  # no snapshot stays open while somebody else's machine thinks
    if hook.ended_at is not None:
        _give_up(due, "the address was ended", status=0)
        return True
    secrets = [_secret(hook.public_id, hook.secret_version)]
    if hook.old_secret_until is not None and hook.old_secret_until > now:
        secrets.append(_secret(hook.public_id, hook.secret_version - 1))
    sent_at = int(now.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Dengliang-Webhooks/1",
        "webhook-id": due.public_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signature(
            secrets, message_id=due.public_id, sent_at=sent_at, body=due.body
        ),
    }
    try:
        told = gateway.current().send(hook.url, headers=headers, body=due.body)
    except NotTold as error:
        _try_later(due, str(error), status=0, now=now)
        return True
    if told.is_taken:
        _settle(due, state=TellingState.SENT, sent_at=now, status=told.status, error="")
    elif told.status == GONE:
        _give_up(due, "the address says that it is gone", status=told.status)
        _pause(due.hook_id, now)
    else:
        _try_later(due, f"answered {told.status}", status=told.status, now=now)
    return True


def _claim(now: datetime) -> _Due | None:
    wanted = (
        sa.select(_messages.c.id)
        .join(_hooks, _hooks.c.id == _messages.c.hook_id)
        .where(
            _messages.c.state.in_([TellingState.WAITING, TellingState.CLAIMED]),
            _messages.c.due_at <= now,
            _hooks.c.paused_at.is_(None),
        )
        .order_by(_messages.c.due_at, _messages.c.id)
        .limit(1)
    )
    # An idle worker only reads: nobody's write lock is taken to learn that nothing waits.
    if db.session.scalar(wanted) is None:
        return None
    with transaction() as session:
        row = session.execute(
            sa.update(_messages)
            .where(_messages.c.id.in_(wanted.with_for_update(skip_locked=True, of=_messages)))
            .values(
                state=TellingState.CLAIMED, due_at=now + TELLING_LEASE, tries=_messages.c.tries + 1
            )
            .returning(
                _messages.c.id,
                _messages.c.public_id,
                _messages.c.hook_id,
                _messages.c.body,
                _messages.c.tries,
            )
        ).one_or_none()
    return None if row is None else _Due(*row)


def _try_later(due: _Due, error: str, *, status: int, now: datetime) -> None:
    if due.tries > len(PAUSES):
        _give_up(due, error, status=status)
        return
    pause = timedelta(seconds=PAUSES[due.tries - 1])
    _settle(due, state=TellingState.WAITING, due_at=now + pause, status=status, error=error)


def _give_up(due: _Due, error: str, *, status: int) -> None:
    log.warning("a program was not told", message=due.public_id, error=error)
    _settle(due, state=TellingState.DEAD, status=status, error=error)


@transactional
def _settle(due: _Due, **values: Any) -> None:
    values["error"] = values["error"][:MOST_ERROR]
    db.session.execute(
        sa.update(_messages)
        .where(_messages.c.id == due.id, _messages.c.state == TellingState.CLAIMED)
        .values(**values)
    )


@transactional
def _pause(hook_id: int, now: datetime) -> None:
    db.session.execute(
        sa.update(_hooks)
        .where(_hooks.c.id == hook_id, _hooks.c.paused_at.is_(None))
        .values(paused_at=now)
    )


@transactional
def tidy(*, now: datetime) -> bool:
    """Remove messages that were taken a month ago or given up three months ago.

    True while there may be more. Safe to repeat.
    """
    old = (
        sa.select(_messages.c.id)
        .where(
            sa.or_(
                sa.and_(
                    _messages.c.state == TellingState.SENT,
                    _messages.c.written_at <= now - SENT_KEPT,
                ),
                sa.and_(
                    _messages.c.state == TellingState.DEAD,
                    _messages.c.written_at <= now - DEAD_KEPT,
                ),
            )
        )
        .limit(TIDIED_AT_ONCE)
    )
    return rows_changed(sa.delete(_messages).where(_messages.c.id.in_(old))) == TIDIED_AT_ONCE
