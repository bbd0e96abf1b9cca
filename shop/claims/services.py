"""The verbs of claims: open, picture, move on, forget.

Who may and what it does to money and goods is decided in ``workflows.claiming``; here stand the
matter itself, its steps and its deadlines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from shop.claims import queries
from shop.claims.events import ClaimMoved, ClaimOpened
from shop.claims.models import Claim, ClaimLine, ClaimStep
from shop.claims.rules import ClaimKind, ClaimState, Pieces, answer_by, sources_of
from shop.kernel import events, ids
from shop.kernel.access import SYSTEM, VISITOR, Actor
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.statements import table_of
from shop.media import services as media
from shop.media.rules import NewPicture, Subject, Words

_claims = table_of(Claim)
_lines = table_of(ClaimLine)
_steps = table_of(ClaimStep)
SEEN = Words(alt="买家为这件事拍的照片", alt_en="The buyer's photograph of what is wrong")


class ClaimClosed(Conflict):
    """The matter has gone on meanwhile; ``state`` is where it stands."""

    code = "claims.closed"


class NothingClaimed(InvalidInput):
    """A claim is about at least one piece."""

    code = "claims.nothing_claimed"


class ClaimedAlready(Conflict):
    """Another open claim is about these pieces; ``left`` could still be claimed."""

    code = "claims.claimed_already"


class WordsMissing(InvalidInput):
    """Whoever says that something is wrong, or refuses, says why."""

    code = "claims.words_missing"


@transactional
def open(  # noqa: A001 - read as claims.open
    *,
    order_id: int,
    fulfillment_id: int,
    station_id: int,
    kind: ClaimKind,
    pieces: Sequence[Pieces],
    left: dict[int, int],
    words: str,
    key: str,
    now: datetime,
) -> str:
    """Return the outside name of the claim opened under this key; safe to repeat.

    left    by order line, how many pieces have neither been given back nor refunded.

    The caller has locked the order. Raises NothingClaimed, ClaimedAlready, WordsMissing.
    """
    known = db.session.scalar(sa.select(_claims.c.public_id).where(_claims.c.key == key))
    if known is not None:
        return str(known)
    if not pieces or any(one.quantity <= 0 for one in pieces):
        raise NothingClaimed
    if kind is not ClaimKind.RETURN and not words.strip():
        raise WordsMissing
    taken = queries.pieces_in_question(order_id)
    for one in pieces:
        free = left.get(one.order_line_id, 0) - taken.get(one.order_line_id, 0)
        if one.quantity > free:
            raise ClaimedAlready(left=max(0, free))
    public_id = ids.public_id("clm")
    claim_id = db.session.scalar(
        sa.insert(_claims)
        .values(
            public_id=public_id,
            key=key,
            order_id=order_id,
            fulfillment_id=fulfillment_id,
            station_id=station_id,
            kind=kind,
            state=ClaimState.ASKED,
            words=words.strip(),
            opened_at=now,
            changed_at=now,
            answer_by=answer_by(kind, ClaimState.ASKED, now),
        )
        .returning(_claims.c.id)
    )
    db.session.execute(
        sa.insert(_lines),
        [
            {
                "claim_id": claim_id,
                "order_line_id": one.order_line_id,
                "quantity": one.quantity,
            }
            for one in pieces
        ],
    )
    _note(int(claim_id or 0), ClaimState.ASKED, "", VISITOR, now)
    events.record(
        ClaimOpened(order_id, fulfillment_id, int(claim_id or 0)),
        actor=VISITOR,
        station_id=station_id,
        now=now,
    )
    return public_id


@transactional
def add_pictures(
    *, claim_id: int, station_id: int, pictures: Iterable[NewPicture], now: datetime
) -> None:
    """Hang pictures beside a claim. Raises TooManyPictures, VideoNotTaken."""
    for picture in pictures:
        media.hang(
            subject=Subject.CLAIM,
            subject_id=claim_id,
            station_id=station_id,
            picture=NewPicture(picture.original, SEEN),
            actor=VISITOR,
            now=now,
        )


@transactional
def move(
    *,
    claim_id: int,
    to: ClaimState,
    words: str = "",
    carrier: str = "",
    tracking: str = "",
    refund_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Bring a claim to its next state; True only the first time.

    actor    who did it; the visitor for its buyer, whom the page has proved.

    Raises NotFound, ClaimClosed when it stands elsewhere by now.
    """
    c = _claims.c
    values: dict[str, object] = {"state": to, "changed_at": now}
    if tracking:
        values |= {"carrier": carrier, "tracking": tracking}
    if refund_id is not None:
        values["refund_id"] = refund_id
    if to is ClaimState.REFUSED:
        values["decided_by_id"] = actor.user_id
    moved = db.session.execute(
        sa.update(_claims)
        .where(c.id == claim_id, c.state.in_(sources_of(to)))
        .values(**values)
        .returning(c.order_id, c.fulfillment_id, c.station_id, c.kind)
    ).one_or_none()
    if moved is None:
        state = db.session.scalar(sa.select(c.state).where(c.id == claim_id))
        if state is None:
            raise NotFound(what="claim")
        if state is not to:
            raise ClaimClosed(state=state.value)
        return False
    db.session.execute(
        sa.update(_claims).where(c.id == claim_id).values(answer_by=answer_by(moved.kind, to, now))
    )
    _note(claim_id, to, words, actor, now)
    events.record(
        ClaimMoved(moved.order_id, moved.fulfillment_id, claim_id, to.value),
        actor=actor,
        station_id=moved.station_id,
        now=now,
    )
    return True


def _note(claim_id: int, state: ClaimState, words: str, actor: Actor, now: datetime) -> None:
    db.session.execute(
        sa.insert(_steps).values(
            claim_id=claim_id, state=state, words=words.strip(), by_id=actor.user_id, at=now
        )
    )


@transactional
def let_unsent_fall(*, now: datetime) -> int:
    """Withdraw announced returns that nobody sent within two weeks; return how many.

    Safe to repeat. A return of a part that is brought in later is the room's to accept.
    """
    c = _claims.c
    due = db.session.scalars(
        sa.select(c.id).where(
            c.kind == ClaimKind.RETURN, c.state == ClaimState.ASKED, c.answer_by <= now
        )
    )
    return sum(
        move(claim_id=one, to=ClaimState.WITHDRAWN, actor=SYSTEM, now=now) for one in list(due)
    )


@transactional
def forget(*, order_id: int, now: datetime) -> None:
    """Take a buyer's words and pictures out of her claims; what was decided stays. Repeats."""
    c = _claims.c
    claim_ids = list(db.session.scalars(sa.select(c.id).where(c.order_id == order_id)))
    if not claim_ids:
        return
    db.session.execute(sa.update(_claims).where(c.id.in_(claim_ids)).values(words=""))
    media.take_down_all(subject=Subject.CLAIM, subject_ids=claim_ids, now=now)
