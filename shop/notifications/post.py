"""Writing messages down and sending them: each once, by the way that reaches its person."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask_babel import force_locale, gettext

from shop.kernel import links
from shop.kernel.db import WriteOutsideTransaction, db, in_transaction, transaction, transactional
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.kernel.telling import CannotBeReached, CodePurpose
from shop.notifications import gateway
from shop.notifications.gateway import NotDeliverable, Parcel, TryLater
from shop.notifications.models import Message, Sending, SendingAddress, Unwanted
from shop.notifications.rules import (
    ADDRESS_KEPT,
    CODE_PAUSE,
    MOST_TRIES,
    OPEN,
    SHORT,
    Channel,
    Kind,
    Letter,
    Reach,
    SendingState,
    Urgency,
    leaves_at,
    pause_before,
    sources_of,
    tail_of,
    ways,
)

log = structlog.get_logger(__name__)

# Longer than a turn can take: a claim that is older belongs to a worker that was killed.
LEASE = timedelta(minutes=5)
AT_ONCE = 10
WHILE_ALL_ARE_AWAY = timedelta(seconds=30)
MOST_ERROR = 240
TIDIED_AT_ONCE = 500
# Reasons that no person gave; pages have words for them.
OTHER_WAY = "other_way"
TOO_LATE = "too_late"
NOT_NEEDED = "not_needed"
FORGOTTEN = "forgotten"
STOP = "no more messages"

_messages = table_of(Message)
_luck = random.SystemRandom()


def frozen(letter: Letter) -> str:
    """Return a letter in one writing, all but its short text, as the log keeps it."""
    return json.dumps(
        {
            "title": letter.title,
            "paragraphs": letter.paragraphs,
            "rows": letter.rows,
            "path": letter.path,
            "action": letter.action,
            "parts": dict(letter.parts),
        },
        ensure_ascii=False,
    )


def thawed(*, kind: str, short: str, letter: str, is_essential: bool) -> Letter:
    """Return a letter from what the log keeps of it."""
    facts: dict[str, Any] = json.loads(letter)
    return Letter(
        kind=Kind(kind),
        short=short,
        title=facts["title"],
        paragraphs=tuple(facts["paragraphs"]),
        rows=tuple((name, value) for name, value in facts["rows"]),
        path=facts["path"],
        action=facts["action"],
        parts=facts["parts"],
        is_essential=is_essential,
    )


@transactional
def write(
    letter: Letter,
    *,
    key: str,
    subject: str,
    station_id: int | None,
    locale: str,
    reach: Reach,
    urgency: Urgency = Urgency.ORDINARY,
    expires_at: datetime | None = None,
    now: datetime,
) -> bool:
    """Write a message down with the ways it goes; return whether it is new. Safe to repeat.

    key           names the message for ever: it is told once.
    station_id    whose desk sees it, and tells her in person where nothing else reaches her.
    expires_at    after it the message is of no use and does not leave any more.

    What she could do without is not written where she said that she wants none of it.
    """
    if not letter.is_essential:
        reach = _where_wanted(reach)
        if not (reach.phone or reach.email):
            return False
    message_id = db.session.scalar(
        insert_or(_messages)
        .values(
            key=key,
            kind=letter.kind.value,
            subject=subject,
            station_id=station_id,
            locale=locale,
            short=letter.short,
            letter=frozen(letter),
            is_essential=letter.is_essential,
            written_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_messages.c.id)
    )
    if message_id is None:
        return False
    addresses = {Channel.SMS: reach.phone, Channel.EMAIL: reach.email}
    can_send = gateway.can_send(letter.kind, locale=locale, addresses=addresses)
    due_at = leaves_at(now, urgency, luck=_luck.random())
    for place, channel in enumerate(ways(reach, can_send=can_send)):
        address = reach.address(channel)
        sending_id = db.session.scalar(
            sa.insert(Sending).returning(Sending.id),
            {
                "message_id": message_id,
                "station_id": station_id,
                "channel": channel,
                "state": _first_state(channel, place),
                "urgency": int(urgency),
                "tail": tail_of(address),
                "due_at": due_at,
                "expires_at": expires_at,
            },
        )
        db.session.execute(
            sa.insert(SendingAddress),
            {"sending_id": sending_id, "name": reach.name, "address": address},
        )
    return True


def path_to_stop(address: str) -> str:
    """Return the address with its own proof under which somebody wants no more of such messages."""
    return f"/no-more/{links.short_signed(STOP, _pseudonym(address))}"


def stop(token: str, *, now: datetime) -> None:
    """Send nothing any more but what is needful to the address of a token; safe to repeat.

    Raises NotFound for a forged one.
    """
    pseudonym = links.read_short(STOP, token)
    with transaction():
        db.session.execute(
            insert_or(table_of(Unwanted))
            .values(pseudonym=pseudonym, since=now)
            .on_conflict_do_nothing()
        )


def _pseudonym(address: str) -> str:
    plain = address.strip().lower()
    if "@" not in plain:
        plain = "".join(sign for sign in plain if sign.isdecimal())
    return links.pseudonym(STOP, plain)


def _where_wanted(reach: Reach) -> Reach:
    """Return how somebody can be reached with what she could do without."""
    names = {one: _pseudonym(one) for one in (reach.phone, reach.email) if one}
    unwanted = set(
        db.session.scalars(
            sa.select(Unwanted.pseudonym).where(Unwanted.pseudonym.in_(list(names.values())))
        )
    )
    return replace(
        reach,
        phone="" if names.get(reach.phone) in unwanted else reach.phone,
        email="" if names.get(reach.email) in unwanted else reach.email,
    )


def _first_state(channel: Channel, place: int) -> SendingState:
    if channel is Channel.PERSON:
        return SendingState.TO_TELL
    return SendingState.IN_RESERVE if place else SendingState.WAITING


def write_code(
    *,
    purpose: CodePurpose,
    to: str,
    locale: str,
    code: str,
    minutes: int,
    key: str,
    now: datetime,
) -> None:
    """Write a one-time code down to be sent after the commit; see ``kernel.telling.send_code``.

    Raises CannotBeReached and WriteOutsideTransaction.
    """
    if not in_transaction():
        raise WriteOutsideTransaction
    reach = Reach(email=to.strip()) if "@" in to else Reach(phone=to.strip())
    addresses = {Channel.SMS: reach.phone, Channel.EMAIL: reach.email}
    if not gateway.can_send(Kind.CODE, locale=locale, addresses=addresses):
        raise CannotBeReached(to=tail_of(to))
    with force_locale(locale):
        parts = {"code": code, "purpose": _purpose_said(purpose), "minutes": str(minutes)}
        letter = Letter(
            kind=Kind.CODE,
            short=gettext(SHORT[Kind.CODE]) % parts,
            title=gettext("Your code to %(purpose)s", purpose=parts["purpose"]),
            paragraphs=(
                code,
                gettext(
                    "It is good for %(minutes)s minutes. Give it to nobody, not even to us.",
                    minutes=minutes,
                ),
                gettext("If you did not ask for it, you need not do anything."),
            ),
            parts=parts,
        )
    write(
        letter,
        key=f"code:{key}",
        subject=f"code:{purpose.value}",
        station_id=None,
        locale=locale,
        reach=reach,
        urgency=Urgency.CODE,
        expires_at=now + timedelta(minutes=minutes),
        now=now,
    )


def _purpose_said(purpose: CodePurpose) -> str:
    said: dict[CodePurpose, str] = {
        CodePurpose.SIGN_IN: gettext("sign in"),
        CodePurpose.CONFIRM_ADDRESS: gettext("confirm this is you"),
        CodePurpose.CONFIRM_ORDER: gettext("confirm your order"),
        CodePurpose.NEW_PASSWORD: gettext("choose a new password"),
        CodePurpose.CONFIRM_ACT: gettext("confirm what you are doing"),
    }
    return said[purpose]


@dataclass(frozen=True, slots=True)
class _Claim:
    """One sending that this worker tries; ``tries`` tells it from a later claim of another."""

    id: int
    message_id: int
    channel: Channel
    urgency: Urgency
    tries: int
    expires_at: datetime | None
    parcel: Parcel

    @property
    def is_code(self) -> bool:
        return self.parcel.letter.kind is Kind.CODE


def send_due(*, now: datetime, most: int = AT_ONCE) -> bool:
    """Try what is due, the most urgent first; return whether anything was. Nothing is held open.

    Safe to run from several workers: a claim is one conditional update with a lease. What failed
    is tried again at growing intervals; what cannot be delivered takes her other address, else it
    rests as *dead*, where a person at the desk finds it. Raises NetworkInsideTransaction.
    """
    claims = _claim(now=now, most=most)
    away: set[Channel] = set()
    for claim in claims:
        if claim.channel in away:
            _put_back(claim, now)
        elif not _try(claim, now):
            away.add(claim.channel)
    return bool(claims)


def _claim(*, now: datetime, most: int) -> list[_Claim]:
    due = (
        sa.select(Sending.id)
        .where(
            Sending.state.in_([SendingState.WAITING, SendingState.CLAIMED]), Sending.due_at <= now
        )
        .order_by(Sending.urgency, Sending.due_at, Sending.id)
    )
    # An idle worker only reads: nobody's write lock is taken to learn that nothing waits.
    if db.session.scalar(due.limit(1)) is None:
        return []
    with transaction() as session:
        ids = session.scalars(
            sa.update(Sending)
            .where(Sending.id.in_(due.limit(most).with_for_update(skip_locked=True)))
            .values(state=SendingState.CLAIMED, due_at=now + LEASE, tries=Sending.tries + 1)
            .returning(Sending.id)
        ).all()
        rows = session.execute(
            sa.select(
                Sending.id,
                Sending.message_id,
                Sending.channel,
                Sending.urgency,
                Sending.tries,
                Sending.expires_at,
                Message.key,
                Message.kind,
                Message.locale,
                Message.short,
                Message.letter,
                Message.is_essential,
                Message.written_at,
                SendingAddress.name,
                SendingAddress.address,
            )
            .join(Message, Message.id == Sending.message_id)
            .outerjoin(SendingAddress, SendingAddress.sending_id == Sending.id)
            .where(Sending.id.in_(ids))
            .order_by(Sending.urgency, Sending.id)
        ).all()
    return [
        _Claim(
            id=row.id,
            message_id=row.message_id,
            channel=row.channel,
            urgency=Urgency(row.urgency),
            tries=row.tries,
            expires_at=row.expires_at,
            parcel=Parcel(
                key=row.key,
                to=row.address or "",
                name=row.name or "",
                locale=row.locale,
                letter=thawed(
                    kind=row.kind,
                    short=row.short,
                    letter=row.letter,
                    is_essential=row.is_essential,
                ),
                written_at=row.written_at,
            ),
        )
        for row in rows
    ]


def _try(claim: _Claim, now: datetime) -> bool:
    """Try one sending; return False when its sender is away for everybody."""
    if not claim.parcel.to or (claim.expires_at is not None and claim.expires_at <= now):
        _end(claim, SendingState.LAPSED, now, reason=TOO_LATE)
        return True
    sender = gateway.sender(claim.channel)
    try:
        if sender is None:
            _fail(claim, f"nobody sends {claim.channel.value} here", now, is_final=True)
            return True
        receipt = sender.send(claim.parcel)
    except NotDeliverable as failed:
        _fail(claim, failed.why, now, is_final=True)
    except TryLater as failed:
        _fail(claim, failed.why, now, is_final=claim.tries >= MOST_TRIES)
        return not failed.is_everybody
    except Exception as failed:
        # Whatever a library raises: the row must say so, and the others go on.
        log.exception("sending failed", sending=claim.id)
        _fail(claim, type(failed).__name__, now, is_final=claim.tries >= MOST_TRIES)
    else:
        _end(claim, SendingState.SENT, now, receipt=receipt)
    return True


def _put_back(claim: _Claim, now: datetime) -> None:
    """Give a sending back that was not tried, because its sender is away for everybody."""
    pause = CODE_PAUSE if claim.is_code else WHILE_ALL_ARE_AWAY
    with transaction():
        _move(claim, SendingState.WAITING, due_at=now + pause, tries=claim.tries - 1)


def _fail(claim: _Claim, why: str, now: datetime, *, is_final: bool) -> None:
    log.warning(
        "message did not leave",
        sending=claim.id,
        channel=claim.channel.value,
        tries=claim.tries,
        why=why,
    )
    error = why[:MOST_ERROR]
    if not is_final:
        pause = pause_before(claim.tries, claim.urgency, luck=_luck.random())
        due_at = leaves_at(now + pause, claim.urgency, luck=_luck.random())
        with transaction():
            _move(claim, SendingState.WAITING, due_at=due_at, error=error)
    elif claim.is_code:
        # She has asked for another one long since; nobody at a desk may read it to her.
        _end(claim, SendingState.LAPSED, now, error=error)
    else:
        _rest(claim, error, now)


def _rest(claim: _Claim, error: str, now: datetime) -> None:
    """Let her other address take over, else leave it for a person to look at."""
    with transaction():
        due_at = leaves_at(now, claim.urgency, luck=_luck.random())
        has_other = rows_changed(
            sa.update(Sending)
            .where(
                Sending.message_id == claim.message_id,
                Sending.state == SendingState.IN_RESERVE,
            )
            .values(state=SendingState.WAITING, due_at=due_at)
        )
        if has_other:
            _move(claim, SendingState.GIVEN_UP, error=error, reason=OTHER_WAY, ended_at=now)
        else:
            _move(claim, SendingState.DEAD, error=error, due_at=now)


def _end(
    claim: _Claim,
    state: SendingState,
    now: datetime,
    *,
    receipt: str = "",
    reason: str = "",
    error: str = "",
) -> None:
    """Note that a sending is over; her other address is not needed, a code's text is gone."""
    with transaction():
        if not _move(
            claim, state, ended_at=now, provider_ref=receipt[:120], reason=reason, error=error
        ):
            return
        db.session.execute(
            sa.update(Sending)
            .where(
                Sending.message_id == claim.message_id,
                Sending.state == SendingState.IN_RESERVE,
            )
            .values(state=SendingState.LAPSED, reason=NOT_NEEDED, ended_at=now)
        )
        if claim.is_code:
            _empty(claim)


def _empty(claim: _Claim) -> None:
    title = claim.parcel.letter.title
    db.session.execute(
        sa.update(Message)
        .where(Message.id == claim.message_id)
        .values(short="", letter=frozen(Letter(kind=Kind.CODE, short="", title=title)))
    )
    db.session.execute(sa.delete(SendingAddress).where(SendingAddress.sending_id == claim.id))


def _move(claim: _Claim, state: SendingState, **values: object) -> bool:
    """Move a sending that this worker still holds; say whether it did."""
    return bool(
        rows_changed(
            sa.update(Sending)
            .where(
                Sending.id == claim.id,
                Sending.state == SendingState.CLAIMED,
                Sending.tries == claim.tries,
            )
            .values(state=state, **values)
        )
    )


@transactional
def forget(*, subject: str, now: datetime) -> None:
    """Take the addresses out of everything about a subject; what waits does not leave any more.

    What was said stays. Safe to repeat. Source: trust.md 4 (PIPL 47).
    """
    _forget(Message.subject == subject, now)


@transactional
def forget_code(*, key: str, now: datetime) -> None:
    """Take address and words out of the message of one code; if it waits, it does not leave.

    Safe to repeat. Source: trust.md 4 (PIPL 47).
    """
    is_meant = sa.and_(Message.key == key, Message.kind == Kind.CODE.value)
    _forget(is_meant, now)
    emptied = frozen(Letter(kind=Kind.CODE, short="", title=""))
    db.session.execute(sa.update(Message).where(is_meant).values(short="", letter=emptied))


def _forget(meant: sa.ColumnElement[bool], now: datetime) -> None:
    of_subject = sa.select(Message.id).where(meant)
    sendings = sa.select(Sending.id).where(Sending.message_id.in_(of_subject))
    for state in (SendingState.LAPSED, SendingState.GIVEN_UP):
        db.session.execute(
            sa.update(Sending)
            .where(
                Sending.message_id.in_(of_subject),
                Sending.state.in_(sorted(OPEN & set(sources_of(state)))),
            )
            .values(state=state, reason=FORGOTTEN, ended_at=now)
        )
    db.session.execute(sa.delete(SendingAddress).where(SendingAddress.sending_id.in_(sendings)))
    db.session.execute(sa.update(Sending).where(Sending.id.in_(sendings)).values(tail=""))


def tidy(*, now: datetime) -> int:
    """Delete the addresses of what ended thirty days ago; return how many. Safe to repeat.

    What was said stays with its order for as long as the order. Source: trust.md 4 (PIPL 47).
    """
    deleted = 0
    while ids := _served(now):
        with transaction():
            db.session.execute(sa.delete(SendingAddress).where(SendingAddress.sending_id.in_(ids)))
            db.session.execute(sa.update(Sending).where(Sending.id.in_(ids)).values(tail=""))
        deleted += len(ids)
    return deleted


def _served(now: datetime) -> Sequence[int]:
    return db.session.scalars(
        sa.select(SendingAddress.sending_id)
        .join(Sending, Sending.id == SendingAddress.sending_id)
        .where(Sending.ended_at < now - ADDRESS_KEPT)
        .order_by(SendingAddress.sending_id)
        .limit(TIDIED_AT_ONCE)
    ).all()
