"""Users, grants and sign-ins; how buyers are reached, and the codes that prove it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.rules import ContactKind, Role
from shop.kernel.db import Base, UtcDateTime, state_column
from shop.kernel.telling import CodePurpose


class User(Base):
    """Someone who can sign in; ``login`` is a phone number or a staff name.

    A buyer signs in by what reaches her (``BuyerContact``): her ``login`` is her public id, which
    nobody types, and her password is empty until she wants one.

    Changing ``fs_uniquifier`` ends every sign-in of the person at once.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    login: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    password: Mapped[str] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    member_id: Mapped[int | None] = mapped_column(sa.ForeignKey("members.id"), unique=True)
    locale: Mapped[str | None] = mapped_column(sa.String(16))
    failed_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # A buyer closed her account: what is left of her here is this row, which names nobody.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Grant(Base):
    """A role of a user at a station, reaching over everything below it."""

    __tablename__ = "grants"
    __table_args__ = (sa.Index("ix_grants_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(state_column(Role))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    granted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignIn(Base):
    """One signed-in device; ending the row signs it out, whatever its cookie says."""

    __tablename__ = "sign_ins"
    __table_args__ = (sa.Index("ix_sign_ins_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    device: Mapped[str] = mapped_column(sa.String(120), default="")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When she last proved on this device who she is; some acts ask for it anew.
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Her password was right and her second factor is still to come: nobody is signed in yet.
    is_waiting: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    second_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BuyerContact(Base):
    """A telephone number or an address that a buyer has proved to reach her; nobody else has it.

    Personal data, kept apart from the user, so that it can go while what she did stays.
    """

    __tablename__ = "buyer_contacts"
    __table_args__ = (
        sa.UniqueConstraint("kind", "address"),
        sa.UniqueConstraint("user_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    kind: Mapped[ContactKind] = mapped_column(state_column(ContactKind))
    address: Mapped[str] = mapped_column(sa.String(120))
    proven_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInCode(Base):
    """One code that was sent to somebody; only its digest is kept, and the row only for two days.

    ``ticket_digest`` ties it to the browser that asked: nobody can use it from another one.
    """

    __tablename__ = "sign_in_codes"
    __table_args__ = (
        sa.Index("ix_sign_in_codes_address", "address", "asked_at"),
        sa.Index("ix_sign_in_codes_network", "network", "asked_at"),
        sa.Index("ix_sign_in_codes_asked_at", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    purpose: Mapped[CodePurpose] = mapped_column(state_column(CodePurpose))
    kind: Mapped[ContactKind] = mapped_column(state_column(ContactKind))
    address: Mapped[str] = mapped_column(sa.String(120))
    ticket_digest: Mapped[str] = mapped_column(sa.String(64))
    code_digest: Mapped[str] = mapped_column(sa.String(64))
    # Who asked for it while signed in; nobody yet where it is to sign in.
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    network: Mapped[str] = mapped_column(sa.String(64), default="")
    tries: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BuyerAddress(Base):
    """Where a buyer wants parcels to go, for the next order; personal data, gone with her account.

    The same fields as the contact of an order, which is frozen apart.
    """

    __tablename__ = "buyer_addresses"
    __table_args__ = (
        sa.Index("ix_buyer_addresses_user_id", "user_id"),
        sa.Index(
            "uq_buyer_addresses_default",
            "user_id",
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(sa.String(60))
    phone: Mapped[str] = mapped_column(sa.String(20))
    # Of the place that was picked from lists (``kernel.divisions``); empty for one written freely.
    place_code: Mapped[str] = mapped_column(sa.String(12), default="")
    region: Mapped[str] = mapped_column(sa.String(120))
    address: Mapped[str] = mapped_column(sa.String(200))
    is_default: Mapped[bool] = mapped_column(default=False)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MessageRefusal(Base):
    """One kind of message that a buyer does not want; what an order needs cannot be refused."""

    __tablename__ = "message_refusals"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(32), primary_key=True)


class Passkey(Base):
    """The public half of a key on a person's device; ``sign_count`` only ever goes up."""

    __tablename__ = "passkeys"
    __table_args__ = (sa.Index("ix_passkeys_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(sa.Text)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    device: Mapped[str] = mapped_column(sa.String(120), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasskeyChallenge(Base):
    """A question that a device has been asked and has not answered yet; gone after five minutes."""

    __tablename__ = "passkey_challenges"
    __table_args__ = (sa.Index("ix_passkey_challenges_made_at", "made_at"),)

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TotpSecret(Base):
    """What a person's telephone makes its numbers from, sealed; ``last_step`` was used last.

    ``fresh`` is the one that she is being shown, until a number proves that her telephone has it.
    """

    __tablename__ = "totp_secrets"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(sa.String(255))
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fresh: Mapped[str] = mapped_column(sa.String(255))
    fresh_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """One code on paper for the day on which the telephone is gone; works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (sa.UniqueConstraint("user_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FactorReset(Base):
    """A colleague's wish to take somebody's second factor away, and the other who agreed."""

    __tablename__ = "factor_resets"
    __table_args__ = (
        sa.CheckConstraint(
            "asked_by_id <> user_id AND confirmed_by_id <> user_id"
            " AND confirmed_by_id <> asked_by_id",
            name="two_others",
        ),
        sa.Index("ix_factor_resets_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.String(200))
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PinReset(Base):
    """A colleague's wish for a new PIN of a maker, and the other who saw her type it."""

    __tablename__ = "pin_resets"
    __table_args__ = (
        sa.CheckConstraint("witness_id <> asked_by_id", name="two"),
        sa.Index("ix_pin_resets_member_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.String(200))
    witness_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PicturePin(Base):
    """Four pictures of a maker's and the code on her slips: a look on a borrowed telephone.

    It opens no sign-in and has tries of its own, so that nobody locks her PIN by it.
    """

    __tablename__ = "picture_pins"

    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(6), unique=True)
    pictures: Mapped[str] = mapped_column(sa.String(255))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failed_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
