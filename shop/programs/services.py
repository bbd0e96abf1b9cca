"""The verbs of programs: take one in, give it a token, take the token back, end it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa

from shop.kernel import events, ids
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.statements import rows_changed, table_of
from shop.programs.events import ProgramEnded, ProgramEntered, TokenMade, TokenRevoked
from shop.programs.models import Program, ProgramToken
from shop.programs.queries import KnownProgram
from shop.programs.rules import (
    HINT_LETTERS,
    LONGEST_LIFE,
    LONGEST_NAME,
    MOST_TOKENS,
    NEEDS,
    PREFIX,
    USE_NOTED_EVERY,
    ProgramScope,
    digest,
    written,
)
from shop.stations import queries as stations

_programs = table_of(Program)
_tokens = table_of(ProgramToken)


class BadProgram(InvalidInput):
    """A program needs a name of 1 to ``most`` signs."""

    code: ClassVar[str] = "programs.bad_program"


class BadToken(InvalidInput):
    """A token is for something, and ends after 1 to ``most`` days."""

    code: ClassVar[str] = "programs.bad_token"


class TooManyTokens(Conflict):
    """So many tokens of this program are open already; ``most``."""

    code: ClassVar[str] = "programs.too_many_tokens"


class ProgramOver(Conflict):
    """The program was ended."""

    code: ClassVar[str] = "programs.over"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the one moment at which it is known: shown once, kept nowhere."""

    public_id: str
    secret: str


@transactional
def enter(*, station_id: int, name: str, actor: Actor, now: datetime) -> str:
    """Let a place answer for a program, and return what the program is called outside.

    Raises OutOfReach, Forbidden, BadProgram.
    """
    actor.require(Permission.MANAGE_PROGRAMS, at=stations.path_of(station_id))
    plain = name.strip()
    if not 0 < len(plain) <= LONGEST_NAME:
        raise BadProgram(most=LONGEST_NAME)
    public_id = ids.public_id("prg")
    program_id = db.session.execute(
        sa.insert(_programs).returning(_programs.c.id),
        {
            "public_id": public_id,
            "station_id": station_id,
            "name": plain,
            "created_by_id": actor.user_id,
            "created_at": now,
        },
    ).scalar_one()
    events.record(ProgramEntered(program_id), actor=actor, station_id=station_id, now=now)
    return public_id


@transactional
def make_token(
    *, program_id: int, scopes: Iterable[ProgramScope], days: int, actor: Actor, now: datetime
) -> NewToken:
    """Return a fresh token of a program; this is the only time that anybody can read it.

    days    until it ends, from 1 to a year.

    Raises NotFound, OutOfReach, Forbidden for a scope that the actor has no right to herself,
    BadToken, TooManyTokens, ProgramOver. Source: trust.md A3.
    """
    row = _reached(program_id, actor)
    wanted = frozenset(scopes)
    life = timedelta(days=days) if 0 < days <= LONGEST_LIFE.days else None
    if not wanted or life is None:
        raise BadToken(most=LONGEST_LIFE.days)
    for scope in sorted(wanted):
        actor.require(NEEDS[scope], at=row.path)
    if row.ended_at is not None:
        raise ProgramOver
    opened = db.session.scalar(
        sa.select(sa.func.count()).where(
            _tokens.c.program_id == program_id,
            _tokens.c.revoked_at.is_(None),
            _tokens.c.expires_at > now,
        )
    )
    if (opened or 0) >= MOST_TOKENS:
        raise TooManyTokens(most=MOST_TOKENS)
    secret = PREFIX + ids.secret_token()
    public_id = ids.public_id("tok")
    token_id = db.session.execute(
        sa.insert(_tokens).returning(_tokens.c.id),
        {
            "public_id": public_id,
            "program_id": program_id,
            "digest": digest(secret),
            "hint": secret[-HINT_LETTERS:],
            "scopes": written(wanted),
            "made_by_id": actor.user_id,
            "made_at": now,
            "expires_at": now + life,
        },
    ).scalar_one()
    events.record(TokenMade(program_id, token_id), actor=actor, station_id=row.station_id, now=now)
    return NewToken(public_id, secret)


@transactional
def revoke_token(*, program_id: int, public_id: str, actor: Actor, now: datetime) -> bool:
    """Let a token open nothing from now on; True only the first time.

    Raises NotFound, OutOfReach, Forbidden.
    """
    row = _reached(program_id, actor)
    token_id = db.session.scalar(
        sa.select(_tokens.c.id).where(
            _tokens.c.program_id == program_id, _tokens.c.public_id == public_id
        )
    )
    if token_id is None:
        raise NotFound(what=public_id)
    is_first = rows_changed(
        sa.update(_tokens)
        .where(_tokens.c.id == token_id, _tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if is_first:
        events.record(
            TokenRevoked(program_id, token_id), actor=actor, station_id=row.station_id, now=now
        )
    return bool(is_first)


@transactional
def end(*, program_id: int, actor: Actor, now: datetime) -> bool:
    """Let a program do nothing from now on, with any of its tokens; True only the first time.

    Raises NotFound, OutOfReach, Forbidden.
    """
    row = _reached(program_id, actor)
    is_first = rows_changed(
        sa.update(_programs)
        .where(_programs.c.id == program_id, _programs.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    if is_first:
        events.record(ProgramEnded(program_id), actor=actor, station_id=row.station_id, now=now)
    return bool(is_first)


def note_use(known: KnownProgram, *, now: datetime) -> None:
    """Note that a token was used, every ten minutes at most: most requests only read."""
    if known.used_at is None or now - known.used_at >= USE_NOTED_EVERY:
        _note_use(known.token_id, now)


@transactional
def _note_use(token_id: int, now: datetime) -> None:
    db.session.execute(sa.update(_tokens).where(_tokens.c.id == token_id).values(used_at=now))


@dataclass(frozen=True, slots=True)
class _Row:
    station_id: int
    path: str
    ended_at: datetime | None


def _reached(program_id: int, actor: Actor) -> _Row:
    row = db.session.execute(
        sa.select(_programs.c.station_id, _programs.c.ended_at)
        .where(_programs.c.id == program_id)
        # One at a time: open tokens are counted.
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"program:{program_id}")
    path = stations.path_of(row.station_id)
    actor.require(Permission.MANAGE_PROGRAMS, at=path)
    return _Row(row.station_id, path, row.ended_at)
