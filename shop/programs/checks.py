"""What must always be true of programs and their tokens, asked of the live database."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa

from shop.accounts.models import Grant
from shop.accounts.rules import PERMISSIONS
from shop.kernel.access import Permission
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.programs.models import Hook, HookMessage, Program, ProgramOrder, ProgramToken
from shop.programs.rules import LONGEST_LIFE, NEEDS, ProgramScope
from shop.stations.models import Station


def tokens_end() -> Iterator[Finding]:
    """Yield every token that lives longer than a year, or is for nothing that is known."""
    known = {scope.value for scope in ProgramScope}
    for row in db.session.execute(
        sa.select(
            ProgramToken.id, ProgramToken.scopes, ProgramToken.made_at, ProgramToken.expires_at
        )
    ):
        if row.expires_at - row.made_at > LONGEST_LIFE:
            yield Finding("T1", f"token:{row.id}", "lives longer than a year")
        if not row.scopes or set(row.scopes.split()) - known:
            yield Finding("T1", f"token:{row.id}", f"is for {row.scopes!r}")


def tokens_reach_no_further_than_their_makers() -> Iterator[Finding]:
    """Yield every token whose maker held no right there, at that time, to what it is for.

    Tokens of the house itself (a command) have no maker and are not asked.
    """
    made = db.session.execute(
        sa.select(
            ProgramToken.id,
            ProgramToken.scopes,
            ProgramToken.made_by_id,
            ProgramToken.made_at,
            Station.path,
        )
        .join(Program, Program.id == ProgramToken.program_id)
        .join(Station, Station.id == Program.station_id)
        .where(ProgramToken.made_by_id.is_not(None))
    ).all()
    grants = db.session.execute(
        sa.select(Grant.user_id, Grant.role, Grant.granted_at, Grant.ended_at, Station.path)
        .join(Station, Station.id == Grant.station_id)
        .where(Grant.user_id.in_({row.made_by_id for row in made}))
    ).all()
    for token in made:
        held: set[Permission] = set()
        for grant in grants:
            if (
                grant.user_id == token.made_by_id
                and token.path.startswith(grant.path)
                and grant.granted_at <= token.made_at
                and (grant.ended_at is None or grant.ended_at >= token.made_at)
            ):
                held |= PERMISSIONS[grant.role]
        wanted = {NEEDS[ProgramScope(word)] for word in token.scopes.split() if word in NEEDS}
        missing = (wanted | {Permission.MANAGE_PROGRAMS}) - held
        if missing:
            yield Finding(
                "T2",
                f"token:{token.id}",
                f"user {token.made_by_id} held no {', '.join(sorted(missing))} at {token.path}",
            )


# A few hundred at a time: each message names its parts in its text.
AT_ONCE = 500
_TOLD = (
    sa.select(HookMessage.id, HookMessage.body, Hook.program_id, Station.path)
    .join(Hook, Hook.id == HookMessage.hook_id)
    .join(Program, Program.id == Hook.program_id)
    .join(Station, Station.id == Program.station_id)
    .where(HookMessage.id > sa.bindparam("after"), HookMessage.event_id.is_not(None))
    .order_by(HookMessage.id)
    .limit(AT_ONCE)
)
_PARTS = sa.text(
    "SELECT f.public_id, f.order_id, s.path FROM fulfillments f"
    " JOIN stations s ON s.id = f.station_id WHERE f.public_id IN :parts"
).bindparams(sa.bindparam("parts", expanding=True))


def nobody_is_told_of_other_places() -> Iterator[Finding]:
    """Yield every message that names a part its program may not see: of another place's order."""
    after = 0
    while told := db.session.execute(_TOLD, {"after": after}).all():
        after = told[-1].id
        named = {row.id: _parts_in(row.body) for row in told}
        parts = {
            row.public_id: row
            for row in db.session.execute(
                _PARTS, {"parts": sorted({one for some in named.values() for one in some})}
            )
        }
        own = {
            (row.program_id, row.order_id)
            for row in db.session.execute(
                sa.select(ProgramOrder.program_id, ProgramOrder.order_id).where(
                    ProgramOrder.order_id.in_({row.order_id for row in parts.values()})
                )
            )
        }
        for row in told:
            for part in (parts[name] for name in named[row.id] if name in parts):
                is_near = part.path.startswith(row.path)
                if not is_near and (row.program_id, part.order_id) not in own:
                    yield Finding("T3", f"message:{row.id}", f"names {part.public_id}")


def _parts_in(body: str) -> list[str]:
    return [part["id"] for part in json.loads(body)["data"].get("parts", ())]


CHECKS = (
    Check("T1", "every token of a program ends, and is for something", tokens_end),
    Check(
        "T2",
        "no token reaches further than who made it could",
        tokens_reach_no_further_than_their_makers,
    ),
    Check("T3", "no program is told of another place's orders", nobody_is_told_of_other_places),
)
