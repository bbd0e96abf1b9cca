"""Accounts of buyers: opened by whoever proves a number or an address, and reached by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.accounts import rules, services
from shop.accounts.codes import Proven
from shop.accounts.events import BuyerContactProven, UserCreated
from shop.accounts.models import BuyerContact, User
from shop.accounts.rules import ContactKind
from shop.accounts.services import SignedIn
from shop.kernel import events
from shop.kernel.access import Actor
from shop.kernel.db import db, transactional
from shop.kernel.ids import public_id, secret_token
from shop.kernel.statements import insert_or, table_of

_contacts = table_of(BuyerContact)


@dataclass(frozen=True, slots=True)
class ContactView:
    """By what a buyer is reached, and since when that is proved."""

    kind: ContactKind
    address: str
    proven_at: datetime


def contacts_of(user_id: int) -> tuple[ContactView, ...]:
    """Return by what a buyer is reached, her number first; nothing for who is no buyer."""
    rows = db.session.execute(
        sa.select(BuyerContact.kind, BuyerContact.address, BuyerContact.proven_at)
        .where(BuyerContact.user_id == user_id)
        .order_by(BuyerContact.kind.desc())
    )
    return tuple(ContactView(*row) for row in rows)


@transactional
def enter(*, proven: Proven, device: str, is_own_device: bool, now: datetime) -> SignedIn:
    """Sign a buyer in by what she has just proved; the first time this opens her account.

    is_own_device    keep her signed in for thirty days instead of twelve hours.

    Raises WrongSignIn for an account that is switched off.
    """
    user_id = _holder(proven) or _open(proven, now)
    lasts = rules.LONGEST_OF_A_BUYER if is_own_device else rules.LONGEST_SIGN_IN
    return services.open_sign_in(user_id=user_id, device=device, lasts=lasts, now=now)


def _holder(proven: Proven) -> int | None:
    return db.session.scalar(
        sa.select(BuyerContact.user_id).where(
            BuyerContact.kind == proven.kind, BuyerContact.address == proven.address
        )
    )


def _open(proven: Proven, now: datetime) -> int:
    name = public_id("usr")
    user_id: int = db.session.execute(
        sa.insert(User).returning(User.id),
        {
            "public_id": name,
            "login": name.lower(),
            "name": "",
            "password": "",
            "active": True,
            "fs_uniquifier": secret_token(),
            "created_at": now,
        },
    ).scalar_one()
    new = db.session.scalar(
        insert_or(_contacts)
        .values(user_id=user_id, kind=proven.kind, address=proven.address, proven_at=now)
        .on_conflict_do_nothing(index_elements=["kind", "address"])
        .returning(_contacts.c.id)
    )
    if new is None:
        # The same number proved itself twice in one moment: the other one has opened the account.
        db.session.execute(sa.delete(User).where(User.id == user_id))
        holder = _holder(proven)
        assert holder is not None, "somebody has just taken this number"  # noqa: S101 - cannot be
        return holder
    actor = Actor(user_id=user_id)
    events.record(UserCreated(user_id), actor=actor, station_id=None, now=now)
    events.record(
        BuyerContactProven(user_id, proven.kind.value), actor=actor, station_id=None, now=now
    )
    return user_id
