"""The second factor of staff: numbers from a telephone's clock, recovery codes, reset by two."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from shop.accounts import queries, rules
from shop.accounts.events import (
    FactorResetDropped,
    FactorResetProposed,
    RecoveryCodeUsed,
    SecondFactorReset,
    SecondFactorSet,
)
from shop.accounts.models import (
    FactorReset,
    Passkey,
    RecoveryCode,
    SignIn,
    TotpSecret,
    User,
)
from shop.accounts.services import SignedIn, count_try, end_all
from shop.kernel import events, links
from shop.kernel.access import Actor, Permission
from shop.kernel.db import Base, db, transaction, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.ids import public_id, random_letters, secret_token
from shop.kernel.later import later
from shop.kernel.statements import insert_or, rows_changed, table_of

if TYPE_CHECKING:
    import pyotp
else:
    pyotp = later("pyotp")

_secrets = table_of(TotpSecret)


class WrongNumber(InvalidInput):
    """Neither the number of now nor an unused recovery code; which was meant is not said."""

    code = "accounts.wrong_number"


class TwoColleagues(Conflict):
    """Whoever proposed a reset does not confirm it, and nobody resets her own."""

    code = "accounts.two_colleagues"


class ResetUnderWay(Conflict):
    """Somebody has proposed this already; another colleague confirms it."""

    code = "accounts.reset_under_way"


@dataclass(frozen=True, slots=True)
class FactorsView:
    """What second factors a person has."""

    has_numbers: bool
    passkeys: int
    recovery_codes: int

    @property
    def has_any(self) -> bool:
        """Say whether she can prove more than a password."""
        return self.has_numbers or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in whose password was right and whose second factor is still to come."""

    user_id: int
    login: str
    factors: FactorsView


@dataclass(frozen=True, slots=True)
class ResetView:
    """A proposal to take a colleague's second factor away, so that she can set up another."""

    public_id: str
    user_id: int
    asked_by_id: int
    asked_at: datetime
    reason: str


def factors_of(user_id: int) -> FactorsView:
    """Return what second factors a person has. Three counts in one statement."""

    def how_many(table: type[Base], *which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).select_from(table).where(*which).scalar_subquery()

    row = db.session.execute(
        sa.select(
            how_many(
                TotpSecret, TotpSecret.user_id == user_id, TotpSecret.confirmed_at.is_not(None)
            ),
            how_many(Passkey, Passkey.user_id == user_id),
            how_many(RecoveryCode, RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)),
        )
    ).one()
    return FactorsView(bool(row[0]), int(row[1]), int(row[2]))


def with_second(user_ids: frozenset[int]) -> frozenset[int]:
    """Return those of some people who have a second factor."""
    numbers = sa.select(TotpSecret.user_id).where(
        TotpSecret.user_id.in_(user_ids), TotpSecret.confirmed_at.is_not(None)
    )
    keys = sa.select(Passkey.user_id).where(Passkey.user_id.in_(user_ids))
    return frozenset(db.session.scalars(sa.union(numbers, keys)))


def waiting(token: str, *, now: datetime) -> Waiting | None:
    """Return the sign-in that waits for a second factor, or None when it waits no more.

    It waits for ten minutes.
    """
    found = queries.waiting(token, now=now)
    if found is None:
        return None
    return Waiting(found.user.id, found.user.login, factors_of(found.user.id))


@transactional
def secret_to_set_up(*, user_id: int, now: datetime) -> str:
    """Return the secret that a person's telephone is to learn, the same until she confirms it.

    One that lay unconfirmed for an hour is another. An older one works until the new is confirmed.
    """
    row = db.session.execute(
        sa.select(TotpSecret.fresh, TotpSecret.fresh_at).where(TotpSecret.user_id == user_id)
    ).one_or_none()
    if row is not None and row.fresh and now - row.fresh_at < rules.SET_UP_LIFE:
        return links.opened("totp", row.fresh)
    secret = pyotp.random_base32()
    values = {"fresh": links.sealed("totp", secret), "fresh_at": now}
    db.session.execute(
        insert_or(_secrets)
        .values(user_id=user_id, secret="", last_step=0, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )
    return secret


def address_of(secret: str, *, login: str) -> str:
    """Return what a telephone reads from the square code to learn a secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=rules.ISSUER)


def set_up(*, user_id: int, number: str, now: datetime) -> list[str]:
    """Take a telephone's numbers as a person's second factor; return her ten recovery codes.

    They are shown now and never again: only digests are kept. Older ones are worth nothing.

    Raises WrongNumber, Locked.
    """
    count_try(user_id, now)
    row = db.session.execute(
        sa.select(TotpSecret.fresh, TotpSecret.fresh_at).where(TotpSecret.user_id == user_id)
    ).one_or_none()
    if row is None or not row.fresh or now - row.fresh_at >= rules.SET_UP_LIFE:
        raise WrongNumber
    step = _step_of(links.opened("totp", row.fresh), number, now)
    if step is None:
        raise WrongNumber
    with transaction():
        taken = rows_changed(
            sa.update(TotpSecret)
            .where(TotpSecret.user_id == user_id, TotpSecret.fresh == row.fresh)
            .values(secret=row.fresh, fresh="", last_step=step, confirmed_at=now)
        )
        if not taken:
            raise WrongNumber
        events.record(
            SecondFactorSet(user_id), actor=Actor(user_id=user_id), station_id=None, now=now
        )
        return new_recovery_codes(user_id=user_id, now=now)


@transactional
def new_recovery_codes(*, user_id: int, now: datetime) -> list[str]:
    """Return ten fresh recovery codes of a person; those from before are worth nothing any more."""
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [random_letters(rules.RECOVERY_LETTERS) for _ in range(rules.RECOVERY_CODES)]
    db.session.execute(
        sa.insert(RecoveryCode),
        [{"user_id": user_id, "digest": _kept(user_id, code), "made_at": now} for code in codes],
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _kept(user_id: int, code: str) -> str:
    return links.digest("recovery", f"{user_id} {code}")


def _step_of(secret: str, number: str, now: datetime) -> int | None:
    """Return the step of the clock whose number this is: now, half a minute ago, or ahead."""
    typed = rules.digits_of(number)
    here = int(now.timestamp()) // rules.STEP_SECONDS
    for step in (here, here - 1, here + 1):
        if hmac.compare_digest(pyotp.HOTP(secret).at(step), typed):
            return step
    return None


def finish(*, token: str, number: str, now: datetime) -> SignedIn:
    """Open a waiting sign-in by the number of now or by a recovery code; each works once.

    A try is counted before anything is looked at, and locks as wrong passwords do.

    Raises WrongNumber, Locked, NotFound when nothing waits.
    """
    found = queries.waiting(token, now=now)
    if found is None:
        raise NotFound(what="sign-in")
    user_id = found.user.id
    count_try(user_id, now)
    if not (_use_number(user_id, number, now) or _use_recovery_code(user_id, number, now)):
        raise WrongNumber
    return _open(found.sign_in_id, user_id, token, now)


def finish_proven(*, token: str, user_id: int, now: datetime) -> SignedIn:
    """Open a waiting sign-in of somebody who has proved herself by a passkey, or just set up.

    Raises NotFound when nothing of hers waits.
    """
    found = queries.waiting(token, now=now)
    if found is None or found.user.id != user_id:
        raise NotFound(what="sign-in")
    return _open(found.sign_in_id, user_id, token, now)


def prove_again(*, user_id: int, number: str, now: datetime) -> None:
    """Return when a number or a recovery code proves a person again. Raises WrongNumber, Locked."""
    count_try(user_id, now)
    if not (_use_number(user_id, number, now) or _use_recovery_code(user_id, number, now)):
        raise WrongNumber
    with transaction() as session:
        session.execute(
            sa.update(User).where(User.id == user_id).values(failed_tries=0, locked_until=None)
        )


@transactional
def _open(sign_in_id: int, user_id: int, token: str, now: datetime) -> SignedIn:
    db.session.execute(
        sa.update(User).where(User.id == user_id).values(failed_tries=0, locked_until=None)
    )
    opened = rows_changed(
        sa.update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.is_waiting)
        .values(is_waiting=False, second_at=now, proved_at=now)
    )
    if not opened:
        raise NotFound(what="sign-in")
    return SignedIn(token=token, user_id=user_id)


@transactional
def _use_number(user_id: int, number: str, now: datetime) -> bool:
    kept = db.session.scalar(
        sa.select(TotpSecret.secret).where(
            TotpSecret.user_id == user_id, TotpSecret.confirmed_at.is_not(None)
        )
    )
    step = _step_of(links.opened("totp", kept), number, now) if kept else None
    if step is None:
        return False
    # The number of a step that was used, or of one before it, is somebody looking over a shoulder.
    return bool(
        rows_changed(
            sa.update(TotpSecret)
            .where(TotpSecret.user_id == user_id, TotpSecret.last_step < step)
            .values(last_step=step)
        )
    )


@transactional
def _use_recovery_code(user_id: int, typed: str, now: datetime) -> bool:
    code = rules.recovery_code_of(typed)
    used = rows_changed(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.digest == _kept(user_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    if used:
        events.record(
            RecoveryCodeUsed(user_id), actor=Actor(user_id=user_id), station_id=None, now=now
        )
    return bool(used)


@transactional
def propose_reset(*, user_id: int, reason: str, actor: Actor, now: datetime) -> str:
    """Propose to take a colleague's second factor away, because she lost her telephone.

    Another colleague confirms it within a day; until then nothing changes. Returns its public id.

    Raises TwoColleagues for one's own, ResetUnderWay, NotFound, OutOfReach, Forbidden.
    Source: domain.md 14.7 (two people).
    """
    _require_over(user_id, actor)
    if actor.user_id == user_id:
        raise TwoColleagues
    if _open_reset(FactorReset.user_id == user_id, now) is not None:
        raise ResetUnderWay
    name = public_id("rst")
    reset_id = db.session.execute(
        sa.insert(FactorReset).returning(FactorReset.id),
        {
            "public_id": name,
            "user_id": user_id,
            "asked_by_id": actor.user_id,
            "asked_at": now,
            "reason": reason[: rules.LONGEST_REASON],
        },
    ).scalar_one()
    events.record(FactorResetProposed(user_id, reset_id), actor=actor, station_id=None, now=now)
    return name


@transactional
def confirm_reset(*, name: str, actor: Actor, now: datetime) -> None:
    """Take a colleague's second factor away: numbers, passkeys, recovery codes, every sign-in.

    At her next sign-in she sets up another.

    Raises TwoColleagues for who proposed it and for herself, NotFound, OutOfReach, Forbidden.
    """
    reset = _open_reset(FactorReset.public_id == name, now)
    if reset is None:
        raise NotFound(what=f"reset:{name}")
    _require_over(reset.user_id, actor)
    if actor.user_id in {reset.user_id, reset.asked_by_id}:
        raise TwoColleagues
    done = rows_changed(
        sa.update(FactorReset)
        .where(FactorReset.id == reset.id, FactorReset.closed_at.is_(None))
        .values(confirmed_by_id=actor.user_id, closed_at=now)
    )
    if done:
        reset_by_house(user_id=reset.user_id, actor=actor, now=now)


@transactional
def drop_reset(*, name: str, actor: Actor, now: datetime) -> None:
    """Drop a proposal. Raises NotFound, OutOfReach, Forbidden."""
    reset = _open_reset(FactorReset.public_id == name, now)
    if reset is None:
        raise NotFound(what=f"reset:{name}")
    _require_over(reset.user_id, actor)
    db.session.execute(
        sa.update(FactorReset).where(FactorReset.id == reset.id).values(closed_at=now)
    )
    events.record(
        FactorResetDropped(reset.user_id, reset.id), actor=actor, station_id=None, now=now
    )


@transactional
def reset_by_house(*, user_id: int, actor: Actor, now: datetime) -> None:
    """Take a second factor away; for two colleagues, or a command where there is only one.

    Safe to repeat.
    """
    for table in (TotpSecret, Passkey, RecoveryCode):
        db.session.execute(sa.delete(table).where(table.user_id == user_id))
    db.session.execute(
        sa.update(User).where(User.id == user_id).values(fs_uniquifier=secret_token())
    )
    end_all(user_id, now)
    events.record(SecondFactorReset(user_id), actor=actor, station_id=None, now=now)


def open_resets(actor: Actor, *, now: datetime) -> list[ResetView]:
    """Return the proposals about colleagues whom a person may help, oldest first."""
    rows = db.session.scalars(
        sa.select(FactorReset)
        .where(FactorReset.closed_at.is_(None), FactorReset.asked_at > now - rules.RESET_LIFE)
        .order_by(FactorReset.id)
    ).all()
    return [
        ResetView(row.public_id, row.user_id, row.asked_by_id, row.asked_at, row.reason)
        for row in rows
        if _is_over(row.user_id, actor)
    ]


def _open_reset(meant: sa.ColumnElement[bool], now: datetime) -> FactorReset | None:
    return db.session.scalar(
        sa.select(FactorReset)
        .where(
            meant,
            FactorReset.closed_at.is_(None),
            FactorReset.asked_at > now - rules.RESET_LIFE,
        )
        .execution_options(populate_existing=True)
    )


def _is_over(user_id: int, actor: Actor) -> bool:
    places = [grant.path for grant in queries.grants_of(user_id)]
    return bool(places) and all(actor.may(Permission.RESET_FACTORS, at=path) for path in places)


def _require_over(user_id: int, actor: Actor) -> None:
    places = [grant.path for grant in queries.grants_of(user_id)]
    if not places:
        raise NotFound(what=f"user:{user_id}")
    for path in places:
        actor.require(Permission.RESET_FACTORS, at=path)
