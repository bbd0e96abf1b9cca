"""Accounts of buyers: opened by whoever proves a number or an address, and reached by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.accounts import rules, services
from shop.accounts.codes import Proven
from shop.accounts.events import (
    AccountClosed,
    BuyerContactProven,
    CodeForgotten,
    DataExported,
    UserCreated,
)
from shop.accounts.models import (
    BuyerAddress,
    BuyerContact,
    Grant,
    MessageRefusal,
    Passkey,
    SignIn,
    SignInCode,
    User,
)
from shop.accounts.rules import ContactKind
from shop.accounts.services import SignedIn
from shop.kernel import events
from shop.kernel.access import Actor
from shop.kernel.db import UtcDateTime, db, transactional
from shop.kernel.errors import Conflict, Forbidden, NotFound
from shop.kernel.ids import public_id, secret_token
from shop.kernel.statements import insert_or, rows_changed, table_of

_contacts = table_of(BuyerContact)
_addresses = table_of(BuyerAddress)
_refusals = table_of(MessageRefusal)


class ContactTaken(Conflict):
    """Another account is reached by this number or address."""

    code = "accounts.contact_taken"


class TooManyAddresses(Conflict):
    """More addresses than one person sends parcels to; ``most``."""

    code = "accounts.too_many_addresses"


@dataclass(frozen=True, slots=True)
class ContactView:
    """By what a buyer is reached, and since when that is proved."""

    kind: ContactKind
    address: str
    proven_at: datetime


@dataclass(frozen=True, slots=True)
class AddressView:
    """Where a buyer wants parcels to go; the fields of an order's contact."""

    public_id: str
    name: str
    phone: str
    place_code: str
    region: str
    address: str
    is_default: bool


def addresses_of(user_id: int) -> tuple[AddressView, ...]:
    """Return a buyer's addresses, the one she takes first, then the newest."""
    rows = db.session.execute(
        sa.select(
            BuyerAddress.public_id,
            BuyerAddress.name,
            BuyerAddress.phone,
            BuyerAddress.place_code,
            BuyerAddress.region,
            BuyerAddress.address,
            BuyerAddress.is_default,
        )
        .where(BuyerAddress.user_id == user_id)
        .order_by(BuyerAddress.is_default.desc(), BuyerAddress.id.desc())
    )
    return tuple(AddressView(*row) for row in rows)


def refuses(user_id: int, kind: str) -> bool:
    """Say whether a buyer does not want messages of a kind."""
    return kind in refusals_of(user_id)


def refusals_of(user_id: int) -> frozenset[str]:
    """Return the kinds of messages that a buyer does not want."""
    return frozenset(
        db.session.scalars(sa.select(MessageRefusal.kind).where(MessageRefusal.user_id == user_id))
    )


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


@transactional
def take_contact(*, user_id: int, proven: Proven, now: datetime) -> None:
    """Reach a buyer by what she has just proved, instead of what she had of that kind before.

    That she is who she is, she has proved by the old one: this is for the caller to ask.

    Raises ContactTaken. Safe to repeat.
    """
    holder = _holder(proven)
    if holder == user_id:
        return
    if holder is not None:
        raise ContactTaken
    db.session.execute(
        sa.delete(BuyerContact).where(
            BuyerContact.user_id == user_id, BuyerContact.kind == proven.kind
        )
    )
    new = db.session.scalar(
        insert_or(_contacts)
        .values(user_id=user_id, kind=proven.kind, address=proven.address, proven_at=now)
        .on_conflict_do_nothing(index_elements=["kind", "address"])
        .returning(_contacts.c.id)
    )
    if new is None:
        raise ContactTaken
    events.record(
        BuyerContactProven(user_id, proven.kind.value),
        actor=Actor(user_id=user_id),
        station_id=None,
        now=now,
    )


def set_password(*, user_id: int, password: str, device: str, now: datetime) -> SignedIn:
    """Give a buyer a password beside her codes, or another one; return a fresh sign-in.

    Every other device is signed out. That it is she, the caller has asked.

    Raises WeakPassword, WrongSignIn for an account that is switched off.
    """
    services.replace_password(user_id=user_id, password=password, now=now)
    return services.open_sign_in(
        user_id=user_id, device=device, lasts=rules.LONGEST_SIGN_IN, now=now
    )


@transactional
def drop_password(*, user_id: int) -> None:
    """Let a buyer sign in without a password only; codes reach her. Safe to repeat."""
    db.session.execute(sa.update(User).where(User.id == user_id).values(password=""))


@transactional
def keep_address(
    *,
    user_id: int,
    name: str,
    phone: str,
    region: str,
    address: str,
    now: datetime,
    place_code: str = "",
    is_default: bool = False,
    public_id_of: str | None = None,
) -> str:
    """Keep an address, or change the one named ``public_id_of``; return its public id.

    The first one is the one she takes; so is the one that says ``is_default``.

    place_code    of the place that was picked; empty for one written freely in ``region``.

    Raises NotFound for somebody else's, TooManyAddresses.
    """
    values = {
        "name": name,
        "phone": phone,
        "place_code": place_code,
        "region": region,
        "address": address,
    }
    if public_id_of is None:
        many = db.session.scalar(sa.select(sa.func.count()).where(_addresses.c.user_id == user_id))
        if (many or 0) >= rules.MOST_ADDRESSES:
            raise TooManyAddresses(most=rules.MOST_ADDRESSES)
        is_default = is_default or not many
        public_id_of = public_id("adr")
        db.session.execute(
            sa.insert(_addresses),
            {
                "public_id": public_id_of,
                "user_id": user_id,
                "is_default": False,
                "kept_at": now,
                **values,
            },
        )
    elif not rows_changed(
        sa.update(_addresses)
        .where(_addresses.c.public_id == public_id_of, _addresses.c.user_id == user_id)
        .values(**values)
    ):
        raise NotFound(what=f"address:{public_id_of}")
    if is_default:
        _take_first(user_id, public_id_of)
    return public_id_of


def _take_first(user_id: int, name: str) -> None:
    for is_default, whose in ((False, _addresses.c.is_default), (True, sa.true())):
        is_meant = _addresses.c.public_id == name if is_default else whose
        db.session.execute(
            sa.update(_addresses)
            .where(_addresses.c.user_id == user_id, is_meant)
            .values(is_default=is_default)
        )


@transactional
def drop_address(*, user_id: int, name: str) -> None:
    """Remove an address; safe to repeat. The newest of the others takes its place as the first.

    Somebody else's is not touched.
    """
    db.session.execute(
        sa.delete(_addresses).where(_addresses.c.public_id == name, _addresses.c.user_id == user_id)
    )
    left = addresses_of(user_id)
    if left and not left[0].is_default:
        _take_first(user_id, left[0].public_id)


@transactional
def choose_messages(*, user_id: int, refused: frozenset[str]) -> None:
    """Keep which kinds of messages a buyer does not want; the others she wants. Safe to repeat."""
    db.session.execute(sa.delete(_refusals).where(_refusals.c.user_id == user_id))
    if refused:
        db.session.execute(
            sa.insert(_refusals), [{"user_id": user_id, "kind": kind} for kind in sorted(refused)]
        )


@transactional
def note_export(*, user_id: int, now: datetime) -> None:
    """Note that a buyer fetched all that is kept of her. Source: trust.md 4 (PIPL 45)."""
    events.record(DataExported(user_id), actor=Actor(user_id=user_id), station_id=None, now=now)


@transactional
def close(*, user_id: int, now: datetime) -> None:
    """Close a buyer's account: nobody signs in any more, and nothing here says who she was.

    Safe to repeat. Raises Forbidden for who works or weaves here: that ends at the room.
    Source: trust.md 2 R2, 4 (PIPL 47).
    """
    user = db.session.execute(
        sa.select(User.member_id, User.closed_at).where(User.id == user_id)
    ).one_or_none()
    has_role = db.session.scalar(
        sa.select(Grant.id).where(Grant.user_id == user_id, Grant.ended_at.is_(None)).limit(1)
    )
    if user is None or user.member_id is not None or has_role is not None:
        raise Forbidden(permission="close")
    if user.closed_at is not None:
        return
    of_hers = sa.or_(
        SignInCode.user_id == user_id,
        SignInCode.address.in_([contact.address for contact in contacts_of(user_id)]),
    )
    actor = Actor(user_id=user_id)
    for code_id, name in db.session.execute(
        sa.delete(SignInCode).where(of_hers).returning(SignInCode.id, SignInCode.public_id)
    ).all():
        events.record(CodeForgotten(code_id, name), actor=actor, station_id=None, now=now)
    for table in (BuyerContact, BuyerAddress, MessageRefusal, Passkey):
        db.session.execute(sa.delete(table).where(table.user_id == user_id))
    db.session.execute(
        sa.update(SignIn)
        .where(SignIn.user_id == user_id)
        .values(
            device="", ended_at=sa.func.coalesce(SignIn.ended_at, sa.literal(now, UtcDateTime()))
        )
    )
    db.session.execute(
        sa.update(User)
        .where(User.id == user_id)
        .values(
            name="",
            password="",
            active=False,
            locale=None,
            fs_uniquifier=secret_token(),
            closed_at=now,
        )
    )
    events.record(AccountClosed(user_id), actor=actor, station_id=None, now=now)
