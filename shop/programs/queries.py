"""Reads of programs and tokens, for the desk and for the door to programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.programs.models import Program, ProgramOrder, ProgramToken
from shop.programs.rules import TOKEN, ProgramScope, digest, read
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
