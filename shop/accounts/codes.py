"""Codes that prove a telephone number or an address: asked for, sent, used once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.accounts import rules
from shop.accounts.models import SignInCode
from shop.accounts.rules import ContactKind
from shop.kernel import links, telling
from shop.kernel.db import db, transaction, transactional
from shop.kernel.errors import InvalidInput, NotFound, ShopError
from shop.kernel.ids import public_id, random_digits
from shop.kernel.telling import CodePurpose

# Names our lock among all advisory locks of the database.
ASKING_LOCK = 1_279_607_130


class ContactUnreadable(InvalidInput):
    """Neither a mobile number of the mainland nor an e-mail address."""

    code = "accounts.contact_unreadable"


class TooManyCodes(ShopError):
    """So many codes were asked for that the next has to wait; ``minutes``."""

    code = "accounts.too_many_codes"
    status = 429


class CodeWrong(InvalidInput):
    """The code does not fit, was used, or is too old; which of them is not said."""

    code = "accounts.code_wrong"


@dataclass(frozen=True, slots=True)
class AskedCode:
    """A code that is on its way; ``code`` is kept nowhere, for the demonstration to show it."""

    public_id: str
    code: str
    kind: ContactKind
    address: str


@dataclass(frozen=True, slots=True)
class CodeView:
    """What the page on which a code is typed may say about it."""

    public_id: str
    purpose: CodePurpose
    kind: ContactKind
    address: str
    user_id: int | None

    @property
    def masked(self) -> str:
        """Return where it was sent, its ends only."""
        return rules.contact_masked(self.kind, self.address)


@dataclass(frozen=True, slots=True)
class Proven:
    """A number or address that somebody has just proved, and for which purpose."""

    purpose: CodePurpose
    kind: ContactKind
    address: str
    user_id: int | None


@transactional
def ask(
    *,
    contact: str,
    ticket: str,
    network: str,
    locale: str,
    now: datetime,
    purpose: CodePurpose = CodePurpose.SIGN_IN,
    user_id: int | None = None,
) -> AskedCode:
    """Have a code sent to a number or an address.

    Answers the same whether or not anybody has an account: it never asks.

    ticket     random, of the browser that asks; the code works in no other.
    network    a digest of where it is asked from; empty when that names nobody.
    user_id    who is signed in, when the code is for a change of hers.

    Raises ContactUnreadable, TooManyCodes (with the ``minutes`` to wait), CannotBeReached where the
    house sends no messages of that kind.
    Source: trust.md 5 threat 10; the limits are ours (``rules``).
    """
    try:
        kind, address = rules.contact_of(contact)
    except ValueError:
        raise ContactUnreadable from None
    if db.engine.dialect.name != "sqlite":  # which has one writer anyway
        # Fifty askings in one moment would each count forty-nine too few.
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(ASKING_LOCK)))
    _refuse_too_many(address, network, now)
    name, code = public_id("cod"), random_digits(rules.CODE_DIGITS)
    db.session.execute(
        sa.insert(SignInCode),
        {
            "public_id": name,
            "purpose": purpose,
            "kind": kind,
            "address": address,
            "ticket_digest": links.digest("ticket", ticket),
            "code_digest": _kept(name, code),
            "user_id": user_id,
            "network": network,
            "asked_at": now,
            "expires_at": now + rules.CODE_LIFE,
        },
    )
    telling.send_code(
        purpose=purpose,
        to=address,
        locale=locale,
        code=code,
        minutes=int(rules.CODE_LIFE.total_seconds()) // 60,
        key=name,
        now=now,
    )
    return AskedCode(name, code, kind, address)


def _kept(name: str, code: str) -> str:
    return links.digest("code", f"{name} {code}")


def _refuse_too_many(address: str, network: str, now: datetime) -> None:
    groups = [
        (SignInCode.address == address, rules.CODES_TO_ONE),
        (sa.true(), rules.CODES_IN_ALL),
    ]
    if network:
        groups.append((SignInCode.network == network, rules.CODES_FOR_NETWORK))
    free_at = now
    for whose, limits in groups:
        for most, span in limits:
            # The one that has to grow old before the next may leave.
            stands = db.session.scalar(
                sa.select(SignInCode.asked_at)
                .where(whose, SignInCode.asked_at > now - span)
                .order_by(SignInCode.asked_at.desc())
                .offset(most - 1)
                .limit(1)
            )
            if stands is not None:
                free_at = max(free_at, stands + span)
    if free_at > now:
        seconds = int((free_at - now).total_seconds())
        raise TooManyCodes(minutes=max(1, -(-seconds // 60)))


def code_for(name: str, *, ticket: str) -> CodeView:
    """Return a code that this browser asked for. Raises NotFound for anybody else's."""
    row = db.session.execute(
        sa.select(
            SignInCode.purpose,
            SignInCode.kind,
            SignInCode.address,
            SignInCode.user_id,
            SignInCode.ticket_digest,
        ).where(SignInCode.public_id == name)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.ticket_digest, links.digest("ticket", ticket)):
        raise NotFound(what="code")
    return CodeView(name, row.purpose, row.kind, row.address, row.user_id)


def use(*, name: str, ticket: str, code: str, now: datetime) -> Proven:
    """Return what a code proves; it proves it once.

    A try is counted before the code is looked at, so that many at once do not get more than five.

    Raises CodeWrong, also when it was used, is ten minutes old or was tried five times; NotFound
    when this browser did not ask for it.
    """
    asked = code_for(name, ticket=ticket)
    with transaction() as session:
        kept = session.scalar(
            sa.update(SignInCode)
            .where(
                SignInCode.public_id == name,
                SignInCode.used_at.is_(None),
                SignInCode.expires_at > now,
                SignInCode.tries < rules.CODE_TRIES,
            )
            .values(tries=SignInCode.tries + 1)
            .returning(SignInCode.code_digest)
        )
    if kept is None or not hmac.compare_digest(kept, _kept(name, rules.digits_of(code))):
        raise CodeWrong
    with transaction() as session:
        used = session.scalar(
            sa.update(SignInCode)
            .where(SignInCode.public_id == name, SignInCode.used_at.is_(None))
            .values(used_at=now)
            .returning(SignInCode.id)
        )
    if used is None:
        raise CodeWrong
    return Proven(asked.purpose, asked.kind, asked.address, asked.user_id)


@transactional
def forget_codes(*, now: datetime) -> int:
    """Remove codes two days old, with the numbers they went to; return how many. Safe to repeat."""
    gone = db.session.execute(
        sa.delete(SignInCode)
        .where(SignInCode.asked_at <= now - rules.CODES_KEPT)
        .returning(SignInCode.id)
    )
    return len(gone.all())
