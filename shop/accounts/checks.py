"""What must always be true of rights and sign-ins, asked of the live database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.accounts.models import (
    BuyerAddress,
    BuyerContact,
    Grant,
    MessageRefusal,
    Passkey,
    SignIn,
    SignInCode,
    TotpSecret,
    User,
)
from shop.accounts.rules import PERMISSIONS, Role, needs_second
from shop.accounts.services import is_second_required
from shop.kernel.access import Permission
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.stations.models import Station


@dataclass(frozen=True, slots=True)
class _Held:
    role: Role
    path: str
    granted_at: datetime
    ended_at: datetime | None

    def stood_at(self, instant: datetime) -> bool:
        return self.granted_at <= instant and (self.ended_at is None or self.ended_at >= instant)


def grants_lie_in_the_granters_reach() -> Iterator[Finding]:
    """Yield every grant whose giver held no role there, at that time, that could give it.

    Grants of the house itself (a command) have no giver and are not asked.
    """
    given = db.session.execute(
        sa.select(Grant.id, Grant.role, Grant.granted_by_id, Grant.granted_at, Station.path)
        .join(Station, Station.id == Grant.station_id)
        .where(Grant.granted_by_id.is_not(None))
        .order_by(Grant.id)
    ).all()
    held: dict[int, list[_Held]] = {}
    for row in db.session.execute(
        sa.select(Grant.user_id, Grant.role, Grant.granted_at, Grant.ended_at, Station.path)
        .join(Station, Station.id == Grant.station_id)
        .where(Grant.user_id.in_({row.granted_by_id for row in given}))
    ):
        held.setdefault(row.user_id, []).append(
            _Held(row.role, row.path, row.granted_at, row.ended_at)
        )
    for grant in given:
        could: set[Permission] = set()
        for own in held.get(grant.granted_by_id, []):
            if own.stood_at(grant.granted_at) and grant.path.startswith(own.path):
                could |= PERMISSIONS[own.role]
        if Permission.GRANT_ROLES not in could or not PERMISSIONS[grant.role] <= could:
            yield Finding(
                "A3",
                f"grant:{grant.id}",
                f"{grant.role.value} at {grant.path} was given by user {grant.granted_by_id}, "
                "whose own roles did not reach that far",
            )


def nobody_switched_off_is_signed_in() -> Iterator[Finding]:
    """Yield every standing sign-in of somebody who is switched off."""
    rows = db.session.execute(
        sa.select(SignIn.id, SignIn.user_id)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.ended_at.is_(None), sa.not_(User.active))
    )
    for row in rows:
        yield Finding(
            "A4", f"sign_in:{row.id}", f"stands open for user {row.user_id}, who is switched off"
        )


def grants_stand_once() -> Iterator[Finding]:
    """Yield every role that one person holds twice at one place."""
    rows = db.session.execute(
        sa.select(Grant.user_id, Grant.role, Grant.station_id, sa.func.count().label("times"))
        .where(Grant.ended_at.is_(None))
        .group_by(Grant.user_id, Grant.role, Grant.station_id)
        .having(sa.func.count() > 1)
    )
    for row in rows:
        yield Finding(
            "A3",
            f"user:{row.user_id}",
            f"holds {row.role.value} at station {row.station_id} {row.times} times",
        )


def paths_follow_the_tree() -> Iterator[Finding]:
    """Yield every station whose path is not its parent's with one step more: scopes rest on it."""
    parent = aliased(Station)
    rows = db.session.execute(
        sa.select(Station.id, Station.path, parent.path.label("above")).outerjoin(
            parent, parent.id == Station.parent_id
        )
    )
    for row in rows:
        above = row.above or "/"
        rest = row.path.removeprefix(above)
        if not row.path.startswith(above) or rest.strip("/") + "/" != rest or "/" in rest[:-1]:
            yield Finding("A2", f"station:{row.id}", f"{row.path} does not lie below {above}")


def second_factors_are_asked() -> Iterator[Finding]:
    """Yield sign-ins that stand open without the second factor that they should have had.

    Whoever had set one up when she signed in; where the house asks for it, every weighty role.
    """
    stands = sa.and_(
        SignIn.ended_at.is_(None), sa.not_(SignIn.is_waiting), SignIn.second_at.is_(None)
    )
    has_one = sa.and_(
        TotpSecret.user_id == SignIn.user_id, TotpSecret.confirmed_at <= SignIn.started_at
    )
    has_role = sa.exists().where(Grant.user_id == SignIn.user_id, Grant.ended_at.is_(None))
    asked = sa.and_(has_role, sa.exists().where(has_one))
    if is_second_required():
        weighty = [role for role in Role if needs_second(role)]
        asked = sa.or_(
            asked,
            sa.exists().where(
                Grant.user_id == SignIn.user_id, Grant.ended_at.is_(None), Grant.role.in_(weighty)
            ),
        )
    rows = db.session.execute(sa.select(SignIn.id, SignIn.user_id).where(stands, asked))
    for row in rows:
        yield Finding(
            "A4", f"sign_in:{row.id}", f"is open for user {row.user_id} without a second factor"
        )


def closed_accounts_name_nobody() -> Iterator[Finding]:
    """Yield what is left of a buyer here who has closed her account."""
    is_closed = User.closed_at.is_not(None)
    left = (
        ("name", sa.select(User.id).where(is_closed, User.name != "")),
        ("password", sa.select(User.id).where(is_closed, User.password != "")),
        ("way in", sa.select(User.id).where(is_closed, User.active)),
        *(
            (what, sa.select(table.user_id).join(User, User.id == table.user_id).where(is_closed))
            for what, table in (
                ("number or address to reach her", BuyerContact),
                ("address for parcels", BuyerAddress),
                ("choice of messages", MessageRefusal),
                ("code", SignInCode),
                ("passkey", Passkey),
            )
        ),
        (
            "device",
            sa.select(SignIn.user_id)
            .join(User, User.id == SignIn.user_id)
            .where(is_closed, sa.or_(SignIn.device != "", SignIn.ended_at.is_(None))),
        ),
    )
    for what, rows in left:
        for user_id in db.session.scalars(rows.distinct()):
            yield Finding("R2", f"user:{user_id}", f"is closed, but a {what} is left")


CHECKS: tuple[Check, ...] = (
    Check("A4", "who has a second factor is signed in with it", second_factors_are_asked),
    Check("A2", "every station's path follows the tree", paths_follow_the_tree),
    Check("A3", "nobody gave a role beyond her own reach", grants_lie_in_the_granters_reach),
    Check("A3", "nobody holds a role twice at one place", grants_stand_once),
    Check("R2", "a closed account names nobody", closed_accounts_name_nobody),
    Check("A4", "nobody who is switched off is signed in", nobody_switched_off_is_signed_in),
)
