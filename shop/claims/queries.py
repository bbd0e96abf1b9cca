"""What may be asked of claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.claims.models import Claim, ClaimLine, ClaimStep
from shop.claims.rules import MAY_BE_RAISED, OPEN, RAISE_WINDOW, ClaimKind, ClaimState, Pieces
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.stations import queries as stations


@dataclass(frozen=True, slots=True)
class StepView:
    """One step: to which state, when, by whom (nobody: the buyer or the house), and why."""

    state: ClaimState
    words: str
    by_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim as it stands, with its pieces and its steps, the oldest first."""

    id: int
    public_id: str
    order_id: int
    fulfillment_id: int
    station_id: int
    kind: ClaimKind
    state: ClaimState
    words: str
    carrier: str
    tracking: str
    opened_at: datetime
    changed_at: datetime
    answer_by: datetime | None
    decided_by_id: int | None
    refund_id: int | None
    pieces: tuple[Pieces, ...]
    steps: tuple[StepView, ...]

    def is_late(self, now: datetime) -> bool:
        """Say whether whoever owes the next step has let the day pass."""
        return self.answer_by is not None and self.answer_by < now

    def may_be_raised(self, now: datetime) -> bool:
        """Say whether its buyer can still take it one step higher."""
        return self.state in MAY_BE_RAISED and now <= self.changed_at + RAISE_WINDOW

    @property
    def answer(self) -> str:
        """Return the last words of who decided; empty while nobody has."""
        return next((one.words for one in reversed(self.steps) if one.by_id is not None), "")


def claim(public_id: str, *, scope: Scope) -> ClaimView:
    """Return one claim in reach. Raises NotFound."""
    for found in _views(
        sa.select(Claim).where(
            Claim.public_id == public_id, stations.in_scope(scope, Claim.station_id)
        )
    ):
        return found
    raise NotFound(what="claim")


def claim_by_id(claim_id: int) -> ClaimView:
    """Return one claim. Raises NotFound."""
    for found in _views(sa.select(Claim).where(Claim.id == claim_id)):
        return found
    raise NotFound(what="claim")


def claim_of_order(public_id: str, *, order_id: int) -> ClaimView:
    """Return one claim of an order whose buyer has proved herself. Raises NotFound."""
    for found in _views(
        sa.select(Claim).where(Claim.public_id == public_id, Claim.order_id == order_id)
    ):
        return found
    raise NotFound(what="claim")


def claims_of_order(order_id: int) -> list[ClaimView]:
    """Return what was brought forward about one order, the oldest first."""
    return _views(sa.select(Claim).where(Claim.order_id == order_id).order_by(Claim.id))


def claims_at(
    scope: Scope, states: Collection[ClaimState], *, after: int | None = None, most: int = 50
) -> list[ClaimView]:
    """Return claims in reach that stand so, the first due first, those without a day last."""
    query = sa.select(Claim).where(
        Claim.state.in_(sorted(states)), stations.in_scope(scope, Claim.station_id)
    )
    if after is not None:
        query = query.where(Claim.id < after)
    order = (
        (Claim.answer_by.is_(None), Claim.answer_by, Claim.id)
        if set(states) <= OPEN
        else (Claim.id.desc(),)
    )
    return _views(query.order_by(*order).limit(most))


def id_of(public_id: str) -> int:
    """Return the row of a claim. Raises NotFound."""
    found = db.session.scalar(sa.select(Claim.id).where(Claim.public_id == public_id))
    if found is None:
        raise NotFound(what="claim")
    return int(found)


def parts_in_question() -> list[int]:
    """Return the parts of orders about which something is still open."""
    return list(
        db.session.scalars(
            sa.select(Claim.fulfillment_id).where(Claim.state.in_(sorted(OPEN))).distinct()
        )
    )


def pieces_in_question(order_id: int) -> dict[int, int]:
    """Return by order line how many pieces open claims of an order are about."""
    rows = db.session.execute(
        sa.select(ClaimLine.order_line_id, sa.func.sum(ClaimLine.quantity))
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(Claim.order_id == order_id, Claim.state.in_(sorted(OPEN)))
        .group_by(ClaimLine.order_line_id)
    )
    return {line_id: int(pieces) for line_id, pieces in rows}


def _views(query: sa.Select[*tuple[Any, ...]]) -> list[ClaimView]:
    rows: Sequence[Claim] = db.session.scalars(query).all()
    if not rows:
        return []
    pieces = _grouped(
        sa.select(ClaimLine.claim_id, ClaimLine.order_line_id, ClaimLine.quantity)
        .where(ClaimLine.claim_id.in_([row.id for row in rows]))
        .order_by(ClaimLine.order_line_id),
        Pieces,
    )
    steps = _grouped(
        sa.select(
            ClaimStep.claim_id, ClaimStep.state, ClaimStep.words, ClaimStep.by_id, ClaimStep.at
        )
        .where(ClaimStep.claim_id.in_([row.id for row in rows]))
        .order_by(ClaimStep.id),
        StepView,
    )
    return [
        ClaimView(
            id=row.id,
            public_id=row.public_id,
            order_id=row.order_id,
            fulfillment_id=row.fulfillment_id,
            station_id=row.station_id,
            kind=row.kind,
            state=row.state,
            words=row.words,
            carrier=row.carrier,
            tracking=row.tracking,
            opened_at=row.opened_at,
            changed_at=row.changed_at,
            answer_by=row.answer_by,
            decided_by_id=row.decided_by_id,
            refund_id=row.refund_id,
            pieces=tuple(pieces.get(row.id, ())),
            steps=tuple(steps.get(row.id, ())),
        )
        for row in rows
    ]


def _grouped(query: sa.Select[*tuple[Any, ...]], kind: type[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    rows: Iterable[Any] = db.session.execute(query)
    for claim_id, *values in rows:
        found.setdefault(claim_id, []).append(kind(*values))
    return found
