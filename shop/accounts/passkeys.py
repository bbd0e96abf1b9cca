"""Passkeys: a key on a person's own device that signs her in, without anything to be typed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from shop.accounts import rules
from shop.accounts.events import PasskeyAdded, PasskeyRemoved
from shop.accounts.models import Passkey, PasskeyChallenge, User
from shop.kernel import events
from shop.kernel.access import Actor
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.later import later
from shop.kernel.statements import rows_changed

if TYPE_CHECKING:
    import webauthn
    from webauthn import helpers
    from webauthn.helpers import exceptions, structs
else:
    webauthn = later("webauthn")
    helpers = later("webauthn.helpers")
    exceptions = later("webauthn.helpers.exceptions")
    structs = later("webauthn.helpers.structs")

LONGEST_CREDENTIAL = 1400
LONGEST_ANSWER = 20_000  # an attestation with its certificates has some thousand signs


class PasskeyRefused(InvalidInput):
    """What the device answered proves nothing here; why is in the log, not on the page."""

    code = "accounts.passkey_refused"


class TooManyPasskeys(Conflict):
    """More passkeys than one person has devices; ``most``."""

    code = "accounts.too_many_passkeys"


@dataclass(frozen=True, slots=True)
class House:
    """For whom a passkey is: a name of a host, and the address pages of it have."""

    name: str
    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """One passkey of a person."""

    public_id: str
    device: str
    made_at: datetime
    used_at: datetime | None


def passkeys_of(user_id: int) -> tuple[PasskeyView, ...]:
    """Return a person's passkeys, the first one first."""
    rows = db.session.execute(
        sa.select(Passkey.public_id, Passkey.device, Passkey.made_at, Passkey.used_at)
        .where(Passkey.user_id == user_id)
        .order_by(Passkey.id)
    )
    return tuple(PasskeyView(*row) for row in rows)


@transactional
def ask_for_new(*, user_id: int, house: House, now: datetime) -> str:
    """Return what a device has to be told to make a passkey, as JSON. Raises TooManyPasskeys.

    It has to be kept on the device (so that nobody types a name), and to ask its owner for finger,
    face or number: then it is two factors in one.
    """
    own = db.session.execute(
        sa.select(Passkey.credential_id).where(Passkey.user_id == user_id)
    ).scalars()
    known = [
        structs.PublicKeyCredentialDescriptor(id=helpers.base64url_to_bytes(one)) for one in own
    ]
    if len(known) >= rules.MOST_PASSKEYS:
        raise TooManyPasskeys(most=rules.MOST_PASSKEYS)
    user = db.session.execute(
        sa.select(User.public_id, User.name, User.login).where(User.id == user_id)
    ).one()
    options = webauthn.generate_registration_options(
        rp_id=house.host,
        rp_name=house.name,
        user_id=user.public_id.encode(),
        user_name=user.name or user.login,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=known,
    )
    _keep(options.challenge, now)
    return webauthn.options_to_json(options)


@transactional
def ask_for_known(*, house: House, now: datetime) -> str:
    """Return what a device has to be told to show a passkey that it has, as JSON.

    Whose, it is not asked: the device shows what it has for this house.
    """
    options = webauthn.generate_authentication_options(
        rp_id=house.host, user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    _keep(options.challenge, now)
    return webauthn.options_to_json(options)


def _keep(challenge: bytes, now: datetime) -> None:
    """Keep a challenge for five minutes; it is answered once."""
    db.session.execute(
        sa.delete(PasskeyChallenge).where(PasskeyChallenge.made_at <= now - rules.CHALLENGE_LIFE)
    )
    db.session.execute(sa.insert(PasskeyChallenge), {"digest": _digest(challenge), "made_at": now})


def _digest(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def challenge_of(options: str) -> str:
    """Return the challenge in what a device is told: the browser that asked keeps it."""
    return str(json.loads(options)["challenge"])


def _answered(challenge: str, now: datetime) -> bytes:
    """Return the bytes of a challenge, answered now and never again. Raises PasskeyRefused."""
    try:
        asked = helpers.base64url_to_bytes(challenge)
    except ValueError:
        raise PasskeyRefused from None
    fresh = sa.delete(PasskeyChallenge).where(
        PasskeyChallenge.digest == _digest(asked),
        PasskeyChallenge.made_at > now - rules.CHALLENGE_LIFE,
    )
    if not challenge or not rows_changed(fresh):
        raise PasskeyRefused
    return asked


@transactional
def _spend(challenge: str, now: datetime) -> bytes:
    return _answered(challenge, now)


def add(
    *, user_id: int, answer: str, challenge: str, house: House, device: str, now: datetime
) -> str:
    """Keep the passkey that a device has made; return its public id.

    challenge    that this browser was given; it is spent, whatever comes of it.

    Raises PasskeyRefused, also for one of another house or somebody else's.
    """
    asked = _spend(challenge, now)
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=asked,
            expected_rp_id=house.host,
            expected_origin=house.origin,
            require_user_verification=True,
        )
    except (exceptions.WebAuthnException, ValueError) as refused:
        raise PasskeyRefused from refused
    return _enter(
        user_id=user_id,
        credential_id=helpers.bytes_to_base64url(made.credential_id),
        public_key=helpers.bytes_to_base64url(made.credential_public_key),
        count=made.sign_count,
        device=device,
        now=now,
    )


@transactional
def _enter(
    *, user_id: int, credential_id: str, public_key: str, count: int, device: str, now: datetime
) -> str:
    known = db.session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == credential_id))
    many = db.session.scalar(
        sa.select(sa.func.count()).select_from(Passkey).where(Passkey.user_id == user_id)
    )
    if known is not None:
        raise PasskeyRefused
    if (many or 0) >= rules.MOST_PASSKEYS:
        raise TooManyPasskeys(most=rules.MOST_PASSKEYS)
    name = public_id("psk")
    passkey_id = db.session.execute(
        sa.insert(Passkey).returning(Passkey.id),
        {
            "public_id": name,
            "user_id": user_id,
            "credential_id": credential_id,
            "public_key": public_key,
            "sign_count": count,
            "device": device[: rules.LONGEST_DEVICE],
            "made_at": now,
        },
    ).scalar_one()
    events.record(
        PasskeyAdded(user_id, passkey_id), actor=Actor(user_id=user_id), station_id=None, now=now
    )
    return name


def proven_by(*, answer: str, challenge: str, house: House, now: datetime) -> int:
    """Return the id of whoever has just proved herself by a passkey of hers.

    The challenge is spent, whatever comes of it. A key whose counter went back was copied, and
    proves nothing.

    Raises PasskeyRefused.
    """
    asked = _spend(challenge, now)
    said = _read(answer)
    known = db.session.execute(
        sa.select(Passkey.id, Passkey.user_id, Passkey.public_key, Passkey.sign_count)
        .join(User, User.id == Passkey.user_id)
        .where(Passkey.credential_id == str(said.get("id", ""))[:LONGEST_CREDENTIAL], User.active)
    ).one_or_none()
    if known is None:
        raise PasskeyRefused
    try:
        proof = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=asked,
            expected_rp_id=house.host,
            expected_origin=house.origin,
            credential_public_key=helpers.base64url_to_bytes(known.public_key),
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (exceptions.WebAuthnException, ValueError) as refused:
        raise PasskeyRefused from refused
    _note_use(known.id, proof.new_sign_count, now)
    return int(known.user_id)


@transactional
def _note_use(passkey_id: int, count: int, now: datetime) -> None:
    db.session.execute(
        sa.update(Passkey).where(Passkey.id == passkey_id).values(sign_count=count, used_at=now)
    )


def _read(answer: str) -> dict[str, object]:
    try:
        said = json.loads(answer[:LONGEST_ANSWER])
    except ValueError:
        raise PasskeyRefused from None
    if not isinstance(said, dict):
        raise PasskeyRefused
    return said


@transactional
def remove(*, user_id: int, name: str, now: datetime) -> None:
    """Let a passkey open nothing any more. Raises NotFound for somebody else's."""
    passkey_id = db.session.scalar(
        sa.delete(Passkey)
        .where(Passkey.public_id == name, Passkey.user_id == user_id)
        .returning(Passkey.id)
    )
    if passkey_id is None:
        raise NotFound(what=f"passkey:{name}")
    events.record(
        PasskeyRemoved(user_id, passkey_id), actor=Actor(user_id=user_id), station_id=None, now=now
    )
