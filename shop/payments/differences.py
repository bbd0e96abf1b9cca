"""What was compared with the other side, and each difference until a person closes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import Actor, Scope
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.payments.events import DifferenceClosed
from shop.payments.models import Comparison, Difference, Payment
from shop.payments.rules import Against, DifferenceKind
from shop.stations import queries as stations

comparisons_table = table_of(Comparison)
differences_table = table_of(Difference)
LATEST_FILES = 20


class WordsMissing(InvalidInput):
    """Whoever closes something says what became of it."""

    code = "payments.words_missing"


@dataclass(frozen=True, slots=True)
class Found:
    """One difference as it was found.

    ref         the name by which the other side knows it, else our own.
    expected    what stands here; ``found`` what the other side says.
    """

    against: Against
    kind: DifferenceKind
    ref: str
    payment_id: int | None
    expected: Money
    found: Money


@dataclass(frozen=True, slots=True)
class DifferenceFacts:
    """One difference, what a person needs to judge it, and her words once it is closed.

    agrees_at    when a later comparison found both sides alike; it waits for a person all the same.
    """

    id: int
    against: Against
    kind: DifferenceKind
    ref: str
    payment_id: int | None
    order_id: int | None
    expected: Money
    found: Money
    found_at: datetime
    agrees_at: datetime | None
    closed_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class ComparisonFacts:
    """One comparison: how many payments agreed, with what sum, and how many did not."""

    against: Against
    file_name: str
    agreed: int
    agreed_sum: Money
    differing: int
    since: datetime | None
    compared_at: datetime


@transactional
def note(found: Found, *, now: datetime) -> bool:
    """Keep a difference until a person closes it; True only when it is new.

    The same one found again is the same row; with another sum it is another difference.
    """
    d = differences_table.c
    kept = db.session.scalar(
        insert_or(differences_table)
        .values(
            against=found.against,
            kind=found.kind,
            ref=found.ref[:120],
            payment_id=found.payment_id,
            currency=found.found.currency,
            expected_minor=found.expected.minor,
            found_minor=found.found.minor,
            found_at=now,
            note="",
        )
        .on_conflict_do_nothing(index_elements=["against", "kind", "ref", "found_minor"])
        .returning(d.id)
    )
    if kept is None:
        # It had agreed meanwhile and does not any more.
        db.session.execute(
            sa.update(differences_table)
            .where(
                d.against == found.against,
                d.kind == found.kind,
                d.ref == found.ref[:120],
                d.found_minor == found.found.minor,
                d.agrees_at.is_not(None),
            )
            .values(agrees_at=None)
        )
    return kept is not None


@transactional
def note_agreement(*, against: Against, payment_id: int, now: datetime) -> int:
    """Say that what differed about a payment agrees by now; return how many open differences."""
    d = differences_table.c
    return rows_changed(
        sa.update(differences_table)
        .where(
            d.against == against,
            d.payment_id == payment_id,
            d.closed_at.is_(None),
            d.agrees_at.is_(None),
        )
        .values(agrees_at=now)
    )


@transactional
def close(*, difference_id: int, words: str, actor: Actor, now: datetime) -> None:
    """Close a difference with a person's words about what became of it.

    Raises WordsMissing, NotFound, Conflict when it is closed already. Source: trust.md 2, P7.
    """
    if not words.strip():
        raise WordsMissing
    d = differences_table.c
    known = db.session.execute(
        sa.select(d.id, Payment.station_id)
        .outerjoin(Payment, Payment.id == d.payment_id)
        .where(d.id == difference_id)
    ).one_or_none()
    if known is None:
        raise NotFound(what=f"difference:{difference_id}")
    closed = rows_changed(
        sa.update(differences_table)
        .where(d.id == difference_id, d.closed_at.is_(None))
        .values(closed_at=now, closed_by_id=actor.user_id, note=words.strip()[:200])
    )
    if not closed:
        raise Conflict(what="difference")
    events.record(
        DifferenceClosed(difference_id), actor=actor, station_id=known.station_id, now=now
    )


@transactional
def note_comparison(
    *,
    name: str,
    against: Against,
    file_name: str = "",
    agreed: int,
    agreed_sum: Money,
    differing: int,
    since: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep how a comparison came out; under the same name the latest counts."""
    values = {
        "agreed": agreed,
        "agreed_minor": agreed_sum.minor,
        "differing": differing,
        "since_at": since,
        "compared_at": now,
        "by_id": actor.user_id,
    }
    db.session.execute(
        insert_or(comparisons_table)
        .values(name=name, against=against, file_name=file_name[:120], **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


def find(difference_id: int, scope: Scope) -> DifferenceFacts:
    """Return one difference in reach; what names no payment of ours is in everybody's.

    Raises NotFound.
    """
    for found in _differences(scope, Difference.id == difference_id, most=1):
        return found
    raise NotFound(what=f"difference:{difference_id}")


def differences(scope: Scope, *, is_open: bool = True, most: int = 100) -> list[DifferenceFacts]:
    """Return differences in reach, open ones oldest first, closed ones newest first."""
    return _differences(
        scope,
        Difference.closed_at.is_(None) if is_open else Difference.closed_at.is_not(None),
        is_newest_first=not is_open,
        most=most,
    )


def _differences(
    scope: Scope,
    condition: sa.ColumnElement[bool],
    *,
    is_newest_first: bool = False,
    most: int,
) -> list[DifferenceFacts]:
    within = sa.or_(Difference.payment_id.is_(None), stations.in_scope(scope, Payment.station_id))
    order = Difference.closed_at.desc() if is_newest_first else Difference.id
    rows = db.session.execute(
        sa.select(*Difference.__table__.c, Payment.order_id)
        .join_from(Difference, Payment, Payment.id == Difference.payment_id, isouter=True)
        .where(condition, within)
        .order_by(order)
        .limit(most)
    )
    return [
        DifferenceFacts(
            id=row.id,
            against=row.against,
            kind=row.kind,
            ref=row.ref,
            payment_id=row.payment_id,
            order_id=row.order_id,
            expected=Money(row.expected_minor, row.currency),
            found=Money(row.found_minor, row.currency),
            found_at=row.found_at,
            agrees_at=row.agrees_at,
            closed_at=row.closed_at,
            note=row.note,
        )
        for row in rows
    ]


def was_compared(name: str) -> bool:
    """Say whether something of that name was compared before."""
    return db.session.scalar(sa.select(Comparison.id).where(Comparison.name == name)) is not None


def latest() -> list[ComparisonFacts]:
    """Return the latest look at each provider's list, and the latest files, newest first."""
    rows = db.session.scalars(
        sa.select(Comparison).order_by(Comparison.compared_at.desc()).limit(LATEST_FILES)
    )
    return [
        ComparisonFacts(
            against=row.against,
            file_name=row.file_name,
            agreed=row.agreed,
            agreed_sum=Money(row.agreed_minor),
            differing=row.differing,
            since=row.since_at,
            compared_at=row.compared_at,
        )
        for row in rows
    ]
