"""The verbs of programs: take one in, give it a token, take the token back, end it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa

from shop.kernel import events, ids
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.programs.events import ProgramEnded, ProgramEntered, TokenMade, TokenRevoked
from shop.programs.models import KeptAnswer, Program, ProgramOrder, ProgramToken
from shop.programs.queries import KnownProgram
from shop.programs.rules import (
    ANSWERS_KEPT,
    HINT_LETTERS,
    LONGEST_LIFE,
    LONGEST_NAME,
    MOST_TOKENS,
    NEEDS,
    PREFIX,
    USE_NOTED_EVERY,
    WORK_LASTS,
    AnswerState,
    ProgramScope,
    digest,
    written,
)
from shop.stations import queries as stations

_programs = table_of(Program)
_tokens = table_of(ProgramToken)
_orders = table_of(ProgramOrder)
_answers = table_of(KeptAnswer)


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


class KeyTaken(InvalidInput):
    """The key was used with another content; the first answer stands."""

    code: ClassVar[str] = "programs.key_taken"


class KeyInUse(Conflict):
    """A request with this key is being worked on at this moment."""

    code: ClassVar[str] = "programs.key_in_use"


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
    row = reached(program_id, actor)
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
    row = reached(program_id, actor)
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
    row = reached(program_id, actor)
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
class Reached:
    """Where a program is, and whether it was ended."""

    station_id: int
    path: str
    ended_at: datetime | None


def reached(program_id: int, actor: Actor) -> Reached:
    """Return where a program is, to whoever manages programs there; one at a time.

    Raises NotFound, OutOfReach, Forbidden.
    """
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
    return Reached(row.station_id, path, row.ended_at)


@transactional
def note_order(*, program_id: int, order_id: int) -> None:
    """Note that a program placed an order and may follow it; safe to repeat."""
    db.session.execute(
        insert_or(_orders).on_conflict_do_nothing(),
        {"program_id": program_id, "order_id": order_id},
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that is this request's to answer.

    is_done    its effect stands already: only the answer is missing.
    """

    id: int
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that was given under a key before."""

    status: int
    body: str


@transactional
def claim(*, caller: str, key: str, content: str, now: datetime) -> Claim | Kept:
    """Take a key for one request, or return what was answered under it.

    caller     whose key it is.
    content    all that is asked under it, in one text.

    A key whose request was killed is free again after a minute. Raises KeyTaken, KeyInUse.
    """
    row = {
        "caller": caller,
        "key": digest(key),
        "content": digest(content),
        "state": AnswerState.WORKING,
        "status": 0,
        "begun_at": now,
    }
    new = db.session.scalar(
        insert_or(_answers).on_conflict_do_nothing().returning(_answers.c.id), row
    )
    if new is not None:
        return Claim(new)
    known = db.session.execute(
        sa.select(_answers)
        .where(_answers.c.caller == caller, _answers.c.key == row["key"])
        .with_for_update()
    ).one_or_none()
    if known is None:  # its request was refused at this very moment
        raise KeyInUse
    if known.content != row["content"]:
        raise KeyTaken
    if known.state is AnswerState.ANSWERED:
        return Kept(known.status, known.body)
    if now - known.begun_at < WORK_LASTS:
        raise KeyInUse
    db.session.execute(sa.update(_answers).where(_answers.c.id == known.id).values(begun_at=now))
    return Claim(known.id, is_done=known.state is AnswerState.DONE)


def perform(claimed: Claim | None, act: Callable[[], object]) -> None:
    """Do what a request is for and note that it is done, both or neither; never a second time.

    claimed    None for a request that brought no key: then it is only done.

    Raises what ``act`` raises.
    """
    if claimed is None:
        act()
    elif not claimed.is_done:
        _perform(claimed.id, act)


@transactional
def _perform(answer_id: int, act: Callable[[], object]) -> None:
    act()
    db.session.execute(
        sa.update(_answers).where(_answers.c.id == answer_id).values(state=AnswerState.DONE)
    )


@transactional
def keep_answer(claimed: Claim, *, status: int, body: str) -> None:
    """Keep what was answered under a key; the first answer stands."""
    db.session.execute(
        sa.update(_answers)
        .where(_answers.c.id == claimed.id, _answers.c.state != AnswerState.ANSWERED)
        .values(state=AnswerState.ANSWERED, status=status, body=body)
    )


@transactional
def let_go(claimed: Claim) -> None:
    """Free a key whose request was refused and changed nothing; done ones keep it."""
    db.session.execute(
        sa.delete(_answers).where(
            _answers.c.id == claimed.id, _answers.c.state == AnswerState.WORKING
        )
    )


@transactional
def forget_answers(*, now: datetime) -> int:
    """Remove answers that are a day old, and return how many. Safe to repeat."""
    return rows_changed(sa.delete(_answers).where(_answers.c.begun_at <= now - ANSWERS_KEPT))
