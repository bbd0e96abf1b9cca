"""Reads of programs and tokens, for the desk and for the door to programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.programs.models import Hook, HookMessage, Program, ProgramOrder, ProgramToken
from shop.programs.rules import TOKEN, HookKind, ProgramScope, TellingState, digest, read
from shop.stations import queries as stations
from shop.stations.models import Station


@dataclass(frozen=True, slots=True)
class KnownProgram:
    """Who a token belongs to and how far it reaches; what every request of a program asks."""

    program_id: int
    public_id: str
    token_id: int
    path: str
    scopes: frozenset[ProgramScope]
    used_at: datetime | None

    @property
    def scope(self) -> Scope:
        """Return the part of the tree whose orders it may read."""
        return Scope((self.path,))


_KNOWN = (
    sa.select(
        Program.id,
        Program.public_id,
        ProgramToken.id.label("token_id"),
        Station.path,
        ProgramToken.scopes,
        ProgramToken.used_at,
    )
    .join(Program, Program.id == ProgramToken.program_id)
    .join(Station, Station.id == Program.station_id)
    .where(
        ProgramToken.digest == sa.bindparam("digest"),
        ProgramToken.revoked_at.is_(None),
        ProgramToken.expires_at > sa.bindparam("now", type_=ProgramToken.expires_at.type),
        Program.ended_at.is_(None),
    )
)


def known(token: str, *, now: datetime) -> KnownProgram | None:
    """Return whose token this is, or None for one that opens nothing (any more). One statement."""
    if not TOKEN.fullmatch(token):
        return None
    row = db.session.execute(_KNOWN, {"digest": digest(token), "now": now}).one_or_none()
    if row is None:
        return None
    return KnownProgram(
        row.id, row.public_id, row.token_id, row.path, read(row.scopes), row.used_at
    )


@dataclass(frozen=True, slots=True)
class TokenView:
    """One token as the desk lists it."""

    public_id: str
    hint: str
    scopes: tuple[ProgramScope, ...]
    made_by: int | None
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Say whether it still opens anything."""
        return self.revoked_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True)
class ProgramView:
    """One program as the desk sees it."""

    id: int
    public_id: str
    name: str
    station_id: int
    place: str
    place_en: str | None
    created_at: datetime
    ended_at: datetime | None


def _programs(*conditions: sa.ColumnElement[bool]) -> list[ProgramView]:
    rows = db.session.execute(
        sa.select(
            Program.id,
            Program.public_id,
            Program.name,
            Program.station_id,
            Station.short_name,
            Station.name_en,
            Program.created_at,
            Program.ended_at,
        )
        .join(Station, Station.id == Program.station_id)
        .where(*conditions)
        .order_by(Program.ended_at.is_not(None), Program.id.desc())
        .limit(200)
    )
    return [ProgramView(*row) for row in rows]


def programs(scope: Scope) -> list[ProgramView]:
    """Return the programs in reach, those that still run first."""
    return _programs(stations.in_scope(scope, Program.station_id))


def program(public_id: str, *, scope: Scope) -> ProgramView:
    """Return one program in reach. Raises NotFound."""
    found = _programs(Program.public_id == public_id, stations.in_scope(scope, Program.station_id))
    if not found:
        raise NotFound(what=public_id)
    return found[0]


def tokens(program_id: int) -> list[TokenView]:
    """Return the tokens of a program, the newest first."""
    rows: Any = db.session.execute(
        sa.select(
            ProgramToken.public_id,
            ProgramToken.hint,
            ProgramToken.scopes,
            ProgramToken.made_by_id,
            ProgramToken.made_at,
            ProgramToken.expires_at,
            ProgramToken.revoked_at,
            ProgramToken.used_at,
        )
        .where(ProgramToken.program_id == program_id)
        .order_by(ProgramToken.id.desc())
        .limit(50)
    )
    return [
        TokenView(one, hint, tuple(sorted(read(text))), *rest) for one, hint, text, *rest in rows
    ]


def has_placed(program_id: int, order_id: int) -> bool:
    """Say whether an order was placed by a program."""
    return (
        db.session.scalar(
            sa.select(ProgramOrder.order_id).where(
                ProgramOrder.order_id == order_id, ProgramOrder.program_id == program_id
            )
        )
        is not None
    )


def orders_placed(program_id: int, *, before: int | None = None, most: int = 24) -> list[int]:
    """Return the ids of the orders that a program placed, the newest first.

    before    id of the last order seen, for the next page.
    """
    wanted = sa.select(ProgramOrder.order_id).where(ProgramOrder.program_id == program_id)
    if before is not None:
        wanted = wanted.where(ProgramOrder.order_id < before)
    return list(db.session.scalars(wanted.order_by(ProgramOrder.order_id.desc()).limit(most)))


# Whether anybody wants to be told anything: asked by the statement that writes an event.
ANY_HOOK = sa.exists().where(Hook.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Listening:
    """A hook that wants to hear of a kind, and how far its program reaches."""

    hook_id: int
    program_id: int
    path: str


def listening(kind: HookKind) -> list[Listening]:
    """Return the hooks that want to hear of one kind; those that rest hear it later."""
    rows = db.session.execute(
        sa.select(Hook.id, Hook.program_id, Station.path, Hook.kinds)
        .join(Program, Program.id == Hook.program_id)
        .join(Station, Station.id == Program.station_id)
        .where(Hook.ended_at.is_(None), Program.ended_at.is_(None))
        .order_by(Hook.id)
    )
    return [
        Listening(row.id, row.program_id, row.path) for row in rows if kind in row.kinds.split()
    ]


@dataclass(frozen=True, slots=True)
class HookView:
    """One hook as the desk sees it; ``dead`` messages were given up and wait for a person."""

    id: int
    public_id: str
    url: str
    kinds: tuple[HookKind, ...]
    old_secret_until: datetime | None
    created_at: datetime
    paused_at: datetime | None
    waiting: int
    dead: int


def hooks(program_id: int) -> list[HookView]:
    """Return the hooks of a program that were not ended, with what waits and what was given up."""

    def so_many(*states: TellingState) -> sa.ScalarSelect[int]:
        return (
            sa.select(sa.func.count())
            .where(HookMessage.hook_id == Hook.id, HookMessage.state.in_(states))
            .correlate(Hook)
            .scalar_subquery()
        )

    rows: Any = db.session.execute(
        sa.select(
            Hook.id,
            Hook.public_id,
            Hook.url,
            Hook.kinds,
            Hook.old_secret_until,
            Hook.created_at,
            Hook.paused_at,
            so_many(TellingState.WAITING, TellingState.CLAIMED),
            so_many(TellingState.DEAD),
        )
        .where(Hook.program_id == program_id, Hook.ended_at.is_(None))
        .order_by(Hook.id)
    )
    known = {kind.value for kind in HookKind}
    return [
        HookView(one, name, url, tuple(HookKind(w) for w in kinds.split() if w in known), *rest)
        for one, name, url, kinds, *rest in rows
    ]


def hook(program_id: int, public_id: str) -> HookView:
    """Return one hook of a program. Raises NotFound."""
    found = next((one for one in hooks(program_id) if one.public_id == public_id), None)
    if found is None:
        raise NotFound(what=public_id)
    return found


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message to a hook, as its log shows it."""

    public_id: str
    kind: str
    body: str
    state: TellingState
    tries: int
    due_at: datetime
    sent_at: datetime | None
    status: int
    error: str
    written_at: datetime


def messages(hook_id: int, *, most: int = 50) -> list[MessageView]:
    """Return the last messages to a hook, the newest first."""
    rows: Any = db.session.execute(
        sa.select(
            HookMessage.public_id,
            HookMessage.kind,
            HookMessage.body,
            HookMessage.state,
            HookMessage.tries,
            HookMessage.due_at,
            HookMessage.sent_at,
            HookMessage.status,
            HookMessage.error,
            HookMessage.written_at,
        )
        .where(HookMessage.hook_id == hook_id)
        .order_by(HookMessage.id.desc())
        .limit(most)
    )
    return [MessageView(*row) for row in rows]
