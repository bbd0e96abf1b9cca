"""Creating users, granting roles, signing in and out, changing PINs and passwords."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from shop.accounts import queries, rules
from shop.accounts.events import (
    AccountLocked,
    GrantEnded,
    PasswordChanged,
    RoleGranted,
    SignedInOnDevice,
    UserCreated,
    UserSwitchedOff,
)
from shop.accounts.models import BuyerContact, Grant, Passkey, SignIn, TotpSecret, User
from shop.accounts.rules import PERMISSIONS, Role
from shop.kernel import events, passwords
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.db import UtcDateTime, db, transaction, transactional
from shop.kernel.errors import Forbidden, InvalidInput, NotFound, OutOfReach, ShopError
from shop.kernel.ids import public_id, secret_token
from shop.kernel.statements import rows_changed
from shop.stations import queries as stations

DEVICE_LENGTH = 120


class WrongSignIn(ShopError):
    """Name and PIN or password do not belong together; which of them is wrong is not said."""

    code = "accounts.wrong_sign_in"
    status = 422


class Locked(ShopError):
    """Too many wrong tries in a row: the account rests, and even the right PIN waits."""

    code = "accounts.locked"
    status = 429


class LoginTaken(ShopError):
    """Somebody signs in with this name or number already."""

    code = "accounts.login_taken"


class WeakPin(InvalidInput):
    """A PIN that is not six digits, or among the first anybody would try."""

    code = "accounts.weak_pin"


class WeakPassword(InvalidInput):
    """A password too short or too long."""

    code = "accounts.weak_password"


class WrongPassword(InvalidInput):
    """The present PIN or password that was given is not the one."""

    code = "accounts.wrong_password"


class ExceedsOwn(Forbidden):
    """Nobody gives a role that can do more than she can herself (trust.md A3)."""

    code = "accounts.exceeds_own"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in; ``token`` goes into the device's cookie and is kept nowhere else.

    ``needs_second`` says that it opens nothing before a second factor has come.
    """

    token: str
    user_id: int
    needs_second: bool = False


class _Known(NamedTuple):
    """Somebody whose password is looked at."""

    id: int
    password: str


def create_user(
    *,
    login: str,
    name: str,
    password: str,
    now: datetime,
    member_id: int | None = None,
    together: Callable[[], object] | None = None,
    actor: Actor = SYSTEM,
) -> int:
    """Let somebody sign in and return the user's id; without a grant she may do nothing yet.

    login        phone number or staff name; written in one way (``rules.login_name``).
    password     six digits for a maker, ten characters or more for everybody else.
    member_id    the maker she is, if she is one; then a social worker of her room may do this.
    together     what else is written in the same transaction.
    actor        who does it; a command by default.

    Raises LoginTaken, WeakPin, WeakPassword, NotFound, OutOfReach, Forbidden.
    """
    login = rules.login_name(login)
    refuse_weak(password, login=login, is_maker=member_id is not None)
    hashed = passwords.hashed(password)  # a tenth of a second: never while others wait to write
    with transaction() as session:
        if member_id is not None:
            actor.require(Permission.MANAGE_MEMBERS, at=stations.member(member_id).path)
        elif not actor.is_system and not actor.holds(Permission.GRANT_ROLES):
            raise Forbidden(permission=Permission.GRANT_ROLES)
        if queries.is_taken(login):
            raise LoginTaken(login=login)
        if together is not None:
            together()
        user_id = session.execute(
            sa.insert(User).returning(User.id),
            {
                "public_id": public_id("usr"),
                "login": login,
                "name": name,
                "password": hashed,
                "active": True,
                "fs_uniquifier": secret_token(),
                "member_id": member_id,
                "created_at": now,
            },
        ).scalar_one()
        events.record(UserCreated(user_id), actor=actor, station_id=None, now=now)
    return user_id


@transactional
def grant(*, user_id: int, role: Role, station_id: int, actor: Actor, now: datetime) -> int:
    """Give a person a role at a station and everything below it; return the grant's id.

    Safe to repeat: a standing grant of the same role at the same place is returned.
    Nobody gives what she does not hold herself at that place. Source: trust.md A3.

    Raises NotFound, OutOfReach, Forbidden, ExceedsOwn.
    """
    path = stations.path_of(station_id)
    actor.require(Permission.GRANT_ROLES, at=path)
    beyond = sorted(p for p in PERMISSIONS[role] if not actor.may(p, at=path))
    if beyond:
        raise ExceedsOwn(role=role.value)
    if db.session.scalar(sa.select(User.id).where(User.id == user_id)) is None:
        raise NotFound(what=f"user:{user_id}")
    standing = db.session.scalar(
        sa.select(Grant.id).where(
            Grant.user_id == user_id,
            Grant.role == role,
            Grant.station_id == station_id,
            Grant.ended_at.is_(None),
        )
    )
    if standing is not None:
        return standing
    grant_id = db.session.execute(
        sa.insert(Grant).returning(Grant.id),
        {
            "user_id": user_id,
            "role": role,
            "station_id": station_id,
            "granted_by_id": actor.user_id,
            "granted_at": now,
        },
    ).scalar_one()
    if _policy.is_required and rules.needs_second(role):
        # Who is signed in by a password alone gets no weight by a grant: she signs in again.
        db.session.execute(
            sa.update(SignIn)
            .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.second_at.is_(None))
            .values(ended_at=now)
        )
    events.record(
        RoleGranted(user_id, grant_id, role.value), actor=actor, station_id=station_id, now=now
    )
    return grant_id


@transactional
def end_grant(*, grant_id: int, actor: Actor, now: datetime) -> None:
    """Take a role back; the person's next request is without it. Safe to repeat.

    Raises NotFound, OutOfReach, Forbidden.
    """
    row = db.session.execute(
        sa.select(Grant.user_id, Grant.station_id).where(Grant.id == grant_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"grant:{grant_id}")
    actor.require(Permission.GRANT_ROLES, at=stations.path_of(row.station_id))
    ended = rows_changed(
        sa.update(Grant).where(Grant.id == grant_id, Grant.ended_at.is_(None)).values(ended_at=now)
    )
    if ended:
        events.record(
            GrantEnded(row.user_id, grant_id), actor=actor, station_id=row.station_id, now=now
        )


def sign_in(*, login: str, password: str, device: str, now: datetime) -> SignedIn:
    """Open a sign-in for one device and return its token.

    A try is counted before the password is looked at, so that many at once do not get more tries
    than one after the other. Unknown names take as long as known ones.

    device    what the browser says it is; shown to the person in her list of devices.

    Raises WrongSignIn, Locked (with the ``minutes`` left).
    """
    tried = _who_may_be(login, password)
    if not tried:
        passwords.fits(password[: rules.LONGEST_PASSWORD], _nobodys_password())
    for user in tried:
        count_try(user.id, now)
        if passwords.fits(password[: rules.LONGEST_PASSWORD], user.password):
            return _let_in(user.id, device, now)
    raise WrongSignIn


def _who_may_be(login: str, password: str) -> list[_Known]:
    """Return who could have typed this: a maker and a buyer may have one telephone number.

    Whoever types six digits is a maker; else a buyer who wanted a password comes first.
    """
    is_same = User.login == rules.login_name(login)
    rows = db.session.execute(sa.select(User.id, User.password).where(is_same, User.active)).all()
    if not rules.is_pin(password):
        try:
            kind, address = rules.contact_of(login)
        except ValueError:
            return [_Known(*row) for row in rows]
        buyers = db.session.execute(
            sa.select(User.id, User.password)
            .join(BuyerContact, BuyerContact.user_id == User.id)
            .where(
                BuyerContact.kind == kind,
                BuyerContact.address == address,
                User.active,
                User.password != "",
            )
        ).all()
        rows = [*buyers, *rows]
    return [_Known(*row) for row in rows]


def _let_in(user_id: int, device: str, now: datetime) -> SignedIn:
    needs_second = wants_second(user_id)
    with transaction() as session:
        if not needs_second:
            # Else tries stay counted: a right password must not buy more tries at the number.
            session.execute(
                sa.update(User).where(User.id == user_id).values(failed_tries=0, locked_until=None)
            )
        return open_sign_in(
            user_id=user_id,
            device=device,
            lasts=rules.LONGEST_SIGN_IN,
            needs_second=needs_second,
            now=now,
        )


@dataclass(slots=True)
class _Policy:
    is_required: bool = False


_policy = _Policy()


def install_policy(*, is_required: bool) -> None:
    """Say whether weighty roles have to sign in with a second factor; called once at the start.

    Where not, as in the demonstration, whoever has set one up is asked for it all the same.
    """
    _policy.is_required = is_required


def is_second_required() -> bool:
    """Say whether weighty roles have to sign in with a second factor here."""
    return _policy.is_required


def wants_second(user_id: int) -> bool:
    """Say whether a person's password is not enough: her role asks for more, or she has more.

    Of people without a role it is not asked: makers keep to number and PIN, buyers to codes.
    """
    roles = {grant.role for grant in queries.grants_of(user_id)}
    if not roles:
        return False
    if _policy.is_required and any(map(rules.needs_second, roles)):
        return True
    return bool(
        db.session.scalar(
            sa.select(
                sa.or_(
                    sa.exists().where(
                        TotpSecret.user_id == user_id, TotpSecret.confirmed_at.is_not(None)
                    ),
                    sa.exists().where(Passkey.user_id == user_id),
                )
            )
        )
    )


@transactional
def open_sign_in(
    *,
    user_id: int,
    device: str,
    lasts: timedelta,
    now: datetime,
    needs_second: bool = False,
    has_second: bool = False,
) -> SignedIn:
    """Open a sign-in of somebody who has just proved who she is, and return its token.

    needs_second    it opens nothing before a second factor has come (``factors.finish``).
    has_second      what she proved herself by was two factors in one: a passkey.

    Raises WrongSignIn for somebody who is switched off.
    """
    uniquifier = db.session.scalar(
        sa.select(User.fs_uniquifier).where(User.id == user_id, User.active)
    )
    if uniquifier is None:
        raise WrongSignIn
    secret = secret_token()
    sign_in_id = db.session.execute(
        sa.insert(SignIn).returning(SignIn.id),
        {
            "token_digest": rules.sign_in_digest(secret, uniquifier),
            "user_id": user_id,
            "device": device[:DEVICE_LENGTH],
            "started_at": now,
            "seen_at": now,
            "expires_at": now + lasts,
            "proved_at": now,
            "is_waiting": needs_second,
            "second_at": now if has_second else None,
        },
    ).scalar_one()
    events.record(
        SignedInOnDevice(user_id, sign_in_id),
        actor=Actor(user_id=user_id),
        station_id=None,
        now=now,
    )
    return SignedIn(f"{user_id}.{secret}", user_id, needs_second)


@cache
def _nobodys_password() -> str:
    return passwords.hashed(secret_token())


def count_try(user_id: int, now: datetime) -> None:
    """Count a try before what was typed is looked at. Raises Locked (with the ``minutes`` left)."""
    with transaction() as session:
        tries = session.execute(
            sa.update(User)
            .where(
                User.id == user_id, sa.or_(User.locked_until.is_(None), User.locked_until <= now)
            )
            .values(failed_tries=User.failed_tries + 1)
            .returning(User.failed_tries)
        ).scalar_one_or_none()
        if tries is None:
            until = session.scalar(sa.select(User.locked_until).where(User.id == user_id))
            rest = until - now if until is not None else rules.SHORTEST_LOCK
            raise Locked(minutes=max(1, -(-int(rest.total_seconds()) // 60)))
        until = rules.lock_after(tries, now=now)
        if until is not None:
            session.execute(sa.update(User).where(User.id == user_id).values(locked_until=until))
            events.record(
                AccountLocked(user_id), actor=Actor(user_id=user_id), station_id=None, now=now
            )


@transactional
def prove_again(*, token: str, now: datetime) -> None:
    """Note that who is signed in on this device has just proved it anew; safe to repeat."""
    found = queries.present(token, now=now)
    if found is not None:
        db.session.execute(
            sa.update(SignIn).where(SignIn.id == found.sign_in_id).values(proved_at=now)
        )


def prove_by_password(*, token: str, password: str, now: datetime) -> None:
    """Let who is signed in prove it anew by her password; a wrong one counts as a try.

    Raises WrongPassword, Locked.
    """
    found = queries.present(token, now=now)
    if found is None:
        raise WrongPassword
    count_try(found.user.id, now)
    if not passwords.fits(password[: rules.LONGEST_PASSWORD], found.user.password):
        raise WrongPassword
    with transaction() as session:
        session.execute(
            sa.update(User)
            .where(User.id == found.user.id)
            .values(failed_tries=0, locked_until=None)
        )
        prove_again(token=token, now=now)


@transactional
def sign_out(*, token: str, now: datetime) -> None:
    """End the sign-in of this device; safe to repeat and with a token that means nothing."""
    found = queries.present(token, now=now)
    if found is not None:
        db.session.execute(
            sa.update(SignIn).where(SignIn.id == found.sign_in_id).values(ended_at=now)
        )


@transactional
def sign_out_device(*, user_id: int, sign_in_id: int, now: datetime) -> None:
    """End one sign-in of a person by its id; safe to repeat.

    Raises NotFound for somebody else's.
    """
    ended = rows_changed(
        sa.update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.user_id == user_id)
        .values(ended_at=sa.func.coalesce(SignIn.ended_at, sa.literal(now, UtcDateTime())))
    )
    if not ended:
        raise NotFound(what=f"sign_in:{sign_in_id}")


@transactional
def sign_out_everywhere(*, user_id: int, actor: Actor, now: datetime) -> int:
    """End every sign-in of a person and return how many devices that were.

    Raises NotFound, OutOfReach, Forbidden for somebody else's without the right.
    """
    _may_help(user_id, actor)
    return end_all(user_id, now)


@transactional
def keep_open(*, token: str, now: datetime) -> bool:
    """Say whether a person's own pages may be shown, and if so keep them open two minutes more.

    They may within two minutes after the PIN was given or such a page was looked at: phones are
    shared at home, and longer silence hides the amounts again. Source: domain.md 8.
    """
    found = queries.present(token, now=now)
    if found is None or now - found.seen_at > rules.QUIET_ON_OWN_PAGES:
        return False
    db.session.execute(sa.update(SignIn).where(SignIn.id == found.sign_in_id).values(seen_at=now))
    return True


def change_password(*, user_id: int, old: str, new: str, now: datetime) -> None:
    """Let a person replace her own PIN or password; every device is signed out, also this one.

    Wrong present passwords count as tries and lock like sign-ins do.

    Raises WrongPassword, WeakPin, WeakPassword, Locked, NotFound.
    """
    user = _user(user_id)
    count_try(user_id, now)
    if not passwords.fits(old[: rules.LONGEST_PASSWORD], user.password):
        raise WrongPassword
    _replace_password(user, new, actor=Actor(user_id=user_id, name=user.name), now=now)


def set_password(*, user_id: int, password: str, actor: Actor, now: datetime) -> None:
    """Give a person a new password, for who manages staff, or a command.

    Ends a lock and signs every device out. A maker's PIN takes two colleagues (``pins``).

    Raises NotFound, OutOfReach, Forbidden, WeakPin, WeakPassword.
    """
    _may_help(user_id, actor)
    user = _user(user_id)
    if user.member_id is not None and not actor.is_system:
        raise Forbidden(permission=Permission.MANAGE_MEMBERS)
    _replace_password(user, password, actor=actor, now=now)


def replace_password(
    *,
    user_id: int,
    password: str,
    together: Callable[[], object] | None = None,
    now: datetime,
) -> None:
    """Give a person another password, who has proved by other means who she is.

    together    what else is written in the same transaction.

    Signs every device out. Raises WeakPin, WeakPassword, NotFound.
    """
    user = _user(user_id)
    actor = Actor(user_id=user_id, name=user.name)
    _replace_password(user, password, together=together, actor=actor, now=now)


def _replace_password(
    user: User,
    password: str,
    *,
    together: Callable[[], object] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    refuse_weak(password, login=user.login, is_maker=user.member_id is not None)
    hashed = passwords.hashed(password)
    with transaction() as session:
        if together is not None:
            together()
        session.execute(
            sa.update(User)
            .where(User.id == user.id)
            .values(
                password=hashed,
                fs_uniquifier=secret_token(),
                failed_tries=0,
                locked_until=None,
            )
        )
        end_all(user.id, now)
        events.record(PasswordChanged(user.id), actor=actor, station_id=None, now=now)


@transactional
def switch_off(*, user_id: int, actor: Actor, now: datetime) -> None:
    """Let a person sign in no more and end every sign-in of hers; safe to repeat.

    What she did stays with her name. Raises NotFound, OutOfReach, Forbidden.
    """
    _may_help(user_id, actor)
    switched = rows_changed(
        sa.update(User)
        .where(User.id == user_id, User.active)
        .values(active=False, fs_uniquifier=secret_token())
    )
    if switched:
        end_all(user_id, now)
        events.record(UserSwitchedOff(user_id), actor=actor, station_id=None, now=now)


@transactional
def rename(*, user_id: int, name: str) -> None:
    """Keep how a person wants to be called; staff and makers are called by their room.

    Safe to repeat.
    """
    db.session.execute(sa.update(User).where(User.id == user_id).values(name=name))


@transactional
def choose_language(*, user_id: int, locale: str) -> None:
    """Keep the language a person reads, for messages to her. Safe to repeat."""
    db.session.execute(sa.update(User).where(User.id == user_id).values(locale=locale))


def end_all(user_id: int, now: datetime) -> int:
    """End every sign-in of a person, in the transaction that is open; return how many it were."""
    return rows_changed(
        sa.update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def _user(user_id: int) -> User:
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFound(what=f"user:{user_id}")
    return user


def _may_help(user_id: int, actor: Actor) -> None:
    """Return when the actor is the person, or may manage her wherever she has a role."""
    if actor.is_system or actor.user_id == user_id:
        return
    user = _user(user_id)
    places = [(Permission.GRANT_ROLES, grant.path) for grant in queries.grants_of(user_id)]
    if user.member_id is not None:
        places.append((Permission.MANAGE_MEMBERS, stations.member(user.member_id).path))
    if not places:
        raise OutOfReach(what=f"user:{user_id}")
    for permission, path in places:
        actor.require(permission, at=path)


def refuse_weak(password: str, *, login: str, is_maker: bool) -> None:
    """Return when this can be somebody's PIN or password. Raises WeakPin, WeakPassword."""
    if is_maker and len(password) < rules.SHORTEST_PASSWORD:
        if not rules.is_pin(password) or rules.pin_is_weak(password, login=login):
            raise WeakPin(digits=rules.PIN_DIGITS)
    elif not rules.SHORTEST_PASSWORD <= len(password) <= rules.LONGEST_PASSWORD:
        raise WeakPassword(shortest=rules.SHORTEST_PASSWORD, longest=rules.LONGEST_PASSWORD)
