"""Who is acting, who somebody is, and where a person is signed in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from shop.accounts.models import Grant, SignIn, User
from shop.accounts.rules import (
    PERMISSIONS,
    PROVED_LATELY,
    SECOND_WAIT,
    Role,
    login_name,
    maker_reach,
    sign_in_digest,
)
from shop.kernel.access import Actor, Reach, Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.stations.models import Station
from shop.stations.queries import in_scope


@dataclass(frozen=True, slots=True)
class UserView:
    """Somebody who can sign in."""

    id: int
    public_id: str
    login: str
    name: str
    member_id: int | None
    locale: str | None
    is_active: bool
    locked_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GrantView:
    """One standing role of a person and the place it is for."""

    id: int
    role: Role
    station_id: int
    path: str
    place: str
    place_en: str | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class StaffView:
    """A person and the role that makes her appear in a list of a place."""

    user: UserView
    role: Role
    station_id: int
    grant_id: int


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device a person is signed in on."""

    id: int
    device: str
    started_at: datetime
    seen_at: datetime
    is_this: bool


class Present(NamedTuple):
    """A standing sign-in: who, on which row, when last seen on pages of her own."""

    sign_in_id: int
    user: User
    seen_at: datetime
    proved_at: datetime


def present(token: str, *, now: datetime) -> Present | None:
    """Return the sign-in that a device's token stands for, or None when it ended for any reason.

    It ends by signing out, by a changed password or uniquifier, when the person is switched off,
    and when its time is over: twelve hours, for a buyer on a device of her own thirty days. One
    query.
    """
    return _found(token, sa.not_(SignIn.is_waiting), now)


def waiting(token: str, *, now: datetime) -> Present | None:
    """Return the sign-in that a token stands for while it waits for a second factor, else None."""
    is_meant = sa.and_(SignIn.is_waiting, SignIn.started_at > now - SECOND_WAIT)
    return _found(token, is_meant, now)


def _found(token: str, meant: sa.ColumnElement[bool], now: datetime) -> Present | None:
    user_text, _, secret = token.partition(".")
    if not secret or not (user_text.isascii() and user_text.isdecimal()) or len(user_text) > 18:  # noqa: PLR2004 - what an id can hold
        return None
    rows = db.session.execute(
        sa.select(SignIn, User)
        .join(User, User.id == SignIn.user_id)
        .where(
            User.id == int(user_text),
            User.active,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            meant,
        )
        # Another request of this person may have changed the row since this session read it.
        .execution_options(populate_existing=True)
    )
    for sign_in, user in rows:
        expected = sign_in_digest(secret, user.fs_uniquifier)
        if hmac.compare_digest(sign_in.token_digest, expected):
            return Present(sign_in.id, user, sign_in.seen_at, sign_in.proved_at)
    return None


def has_proved_lately(token: str, *, now: datetime) -> bool:
    """Say whether who is signed in proved it on this device within the last quarter of an hour."""
    found = present(token, now=now)
    return found is not None and now - found.proved_at < PROVED_LATELY


def has_password(user_id: int) -> bool:
    """Say whether a person has a password; a buyer has one only if she wanted it."""
    return bool(db.session.scalar(sa.select(User.password).where(User.id == user_id)))


def actor_for_token(token: str, now: datetime) -> Actor | None:
    """Return who acts with this device's token, with today's rights, or None when nobody does.

    Rights are read afresh each time, so a grant ended a moment ago no longer counts (trust.md A4).
    Two queries.
    """
    found = present(token, now=now)
    return None if found is None else _actor(found.user)


def actor_of(user_id: int) -> Actor:
    """Return a person as actor, for commands that act in somebody's name. Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None or not user.active:
        raise NotFound(what=f"user:{user_id}")
    return _actor(user)


def _actor(user: User) -> Actor:
    reaches = [
        Reach(role=role, path=path, permissions=PERMISSIONS[role])
        for role, path in db.session.execute(
            sa.select(Grant.role, Station.path)
            .join(Station, Station.id == Grant.station_id)
            .where(Grant.user_id == user.id, Grant.ended_at.is_(None))
            .order_by(Grant.id)
        )
    ]
    if user.member_id is not None:
        reaches.append(maker_reach(user.member_id))
    return Actor(user_id=user.id, name=user.name, member_id=user.member_id, reaches=tuple(reaches))


def last_opened(user_id: int, *, token: str, now: datetime) -> datetime | None:
    """Return when this person's own pages were last open before the present sign-in, or None."""
    here = present(token, now=now)
    return db.session.scalar(
        sa.select(sa.func.max(SignIn.seen_at)).where(
            SignIn.user_id == user_id, SignIn.id != (here.sign_in_id if here else 0)
        )
    )


def _user_view(row: User) -> UserView:
    return UserView(
        id=row.id,
        public_id=row.public_id,
        login=row.login,
        name=row.name,
        member_id=row.member_id,
        locale=row.locale,
        is_active=row.active,
        locked_until=row.locked_until,
        created_at=row.created_at,
    )


def user_by_id(user_id: int) -> UserView:
    """Return one person. Raises NotFound."""
    row = db.session.get(User, user_id, populate_existing=True)
    if row is None:
        raise NotFound(what=f"user:{user_id}")
    return _user_view(row)


def user_by_login(login: str) -> UserView:
    """Return who signs in with a name or number. Raises NotFound."""
    row = db.session.scalar(sa.select(User).where(User.login == login_name(login)))
    if row is None:
        raise NotFound(what=f"login:{login}")
    return _user_view(row)


def is_taken(login: str) -> bool:
    """Say whether somebody signs in with this name or number, written as ``rules.login_name``."""
    return db.session.scalar(sa.select(User.id).where(User.login == login)) is not None


def user_of_member(member_id: int) -> UserView | None:
    """Return the sign-in of a maker, or None when she has none."""
    row = db.session.scalar(sa.select(User).where(User.member_id == member_id))
    return None if row is None else _user_view(row)


def names_of(user_ids: frozenset[int]) -> dict[int, str]:
    """Return the names of people by id, for "by whom" on slips and histories."""
    if not user_ids:
        return {}
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def grants_of(user_id: int) -> list[GrantView]:
    """Return a person's standing roles, oldest first."""
    rows = db.session.execute(
        sa.select(Grant, Station.path, Station.short_name, Station.name_en)
        .join(Station, Station.id == Grant.station_id)
        .where(Grant.user_id == user_id, Grant.ended_at.is_(None))
        .order_by(Grant.id)
    )
    return [
        GrantView(
            id=grant.id,
            role=grant.role,
            station_id=grant.station_id,
            path=path,
            place=place,
            place_en=place_en,
            granted_at=grant.granted_at,
        )
        for grant, path, place, place_en in rows
    ]


def staff(scope: Scope) -> list[StaffView]:
    """Return the people with a standing role in a reader's part of the tree, by place and role."""
    rows = db.session.execute(
        sa.select(User, Grant.role, Grant.station_id, Grant.id)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.ended_at.is_(None), User.active, in_scope(scope, Grant.station_id))
        .order_by(Grant.station_id, Grant.role, User.id)
    )
    return [
        StaffView(_user_view(user), role, station_id, grant_id)
        for user, role, station_id, grant_id in rows
    ]


def users_at(*station_ids: int) -> list[StaffView]:
    """Return the people whose role is for exactly these places, such as whom to ask there."""
    rows = db.session.execute(
        sa.select(User, Grant.role, Grant.station_id, Grant.id)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.ended_at.is_(None), User.active, Grant.station_id.in_(station_ids))
        .order_by(Grant.id)
    )
    return [StaffView(_user_view(user), role, at, grant_id) for user, role, at, grant_id in rows]


@dataclass(frozen=True, slots=True)
class SignInView:
    """One sign-in of a person, also one that is over."""

    device: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def every_device(user_id: int) -> list[SignInView]:
    """Return where a person was ever signed in, the first one first."""
    rows = db.session.execute(
        sa.select(
            SignIn.device, SignIn.started_at, SignIn.seen_at, SignIn.expires_at, SignIn.ended_at
        )
        .where(SignIn.user_id == user_id)
        .order_by(SignIn.id)
    )
    return [SignInView(*row) for row in rows]


def devices(user_id: int, *, token: str, now: datetime) -> list[DeviceView]:
    """Return where a person is signed in, the latest first."""
    here = present(token, now=now)
    rows = db.session.scalars(
        sa.select(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            sa.not_(SignIn.is_waiting),
        )
        .order_by(SignIn.started_at.desc(), SignIn.id.desc())
    )
    return [
        DeviceView(
            id=row.id,
            device=row.device,
            started_at=row.started_at,
            seen_at=row.seen_at,
            is_this=here is not None and here.sign_in_id == row.id,
        )
        for row in rows
    ]
