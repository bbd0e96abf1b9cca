"""People who can sign in, and people who act."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from itertools import count

import sqlalchemy as sa

from shop.accounts import buyers, queries, rules
from shop.accounts import services as accounts
from shop.accounts.codes import Proven
from shop.accounts.models import User
from shop.accounts.rules import Role
from shop.accounts.services import SignedIn
from shop.kernel import passwords
from shop.kernel.access import SYSTEM, Actor
from shop.kernel.db import transaction
from shop.kernel.ids import public_id, secret_token
from shop.kernel.telling import CodePurpose
from tests.builders.stations import BEGINNING, a_county, a_member, a_phone, a_room, a_town

PASSWORD = "weaving by lamplight"
PIN = "583920"
HOME = {Role.TOWN_SUPERVISOR: a_town, Role.COUNTY_OFFICER: a_county, Role.OPERATOR: a_county}

_serial = count(1)


@cache
def _hashed(password: str) -> str:
    return passwords.hashed(password)  # a tenth of a second each: once per run is enough


def a_user(
    *,
    login: str | None = None,
    name: str = "周敏",
    password: str = PASSWORD,
    member_id: int | None = None,
) -> int:
    """Return the id of a new user without any role."""
    with transaction() as session:
        return session.execute(
            sa.insert(User).returning(User.id),
            {
                "public_id": public_id("usr"),
                "login": rules.login_name(login or f"worker{next(_serial)}"),
                "name": name,
                "password": _hashed(password),
                "active": True,
                "fs_uniquifier": secret_token(),
                "member_id": member_id,
                "created_at": BEGINNING,
            },
        ).scalar_one()


def an_actor(
    role: Role = Role.SOCIAL_WORKER,
    *,
    at: int | None = None,
    member_id: int | None = None,
    name: str = "周敏",
) -> Actor:
    """Return somebody new with a role at a station (by default where that role is at home)."""
    user_id = a_user(name=name, member_id=member_id)
    accounts.grant(
        user_id=user_id,
        role=role,
        station_id=HOME.get(role, a_room)() if at is None else at,
        actor=SYSTEM,
        now=BEGINNING,
    )
    return queries.actor_of(user_id)


def a_social_worker(*, at: int | None = None) -> Actor:
    return an_actor(Role.SOCIAL_WORKER, at=at)


def an_inspector(*, at: int | None = None, member_id: int | None = None) -> Actor:
    return an_actor(Role.INSPECTOR, at=at, member_id=member_id, name="谭云")


def a_bookkeeper(*, at: int | None = None) -> Actor:
    return an_actor(Role.BOOKKEEPER, at=at, name="肖红")


def a_cashier(*, at: int | None = None, member_id: int | None = None) -> Actor:
    return an_actor(Role.CASHIER, at=at, member_id=member_id, name="罗萍")


def a_maker(*, member_id: int | None = None, phone: str | None = None, pin: str = PIN) -> Actor:
    """Return a maker who signs in with her phone number and ``PIN``."""
    if member_id is None:
        member_id = a_member()
    user_id = a_user(login=phone or a_phone(), name="王秀兰", password=pin, member_id=member_id)
    return queries.actor_of(user_id)


def a_buyer(*, contact: str, now: datetime) -> SignedIn:
    """Return the sign-in of a buyer whose account is reached by a number or an address."""
    kind, address = rules.contact_of(contact)
    proven = Proven(CodePurpose.SIGN_IN, kind, address, None)
    return buyers.enter(proven=proven, device="a phone", is_own_device=False, now=now)
