"""Outside programs and their tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shop.kernel.access import SYSTEM, Actor, Scope
from shop.programs import queries, services
from shop.programs.rules import ProgramScope
from tests.builders.stations import a_room


def a_program(
    *, now: datetime, station_id: int | None = None, name: str = "小程序", actor: Actor = SYSTEM
) -> str:
    """Return the outside name of a program that a room answers for."""
    return services.enter(station_id=station_id or a_room(), name=name, actor=actor, now=now)


def program_id(public_id: str) -> int:
    return queries.program(public_id, scope=Scope(("/",))).id


def a_token(
    *scopes: ProgramScope,
    now: datetime,
    station_id: int | None = None,
    program: str = "",
    days: int = 90,
    actor: Actor = SYSTEM,
) -> str:
    """Return a token of a program, of a new one where none is named."""
    wanted: Iterable[ProgramScope] = scopes or list(ProgramScope)
    public_id = program or a_program(now=now, station_id=station_id, actor=actor)
    return services.make_token(
        program_id=program_id(public_id), scopes=wanted, days=days, actor=actor, now=now
    ).secret
