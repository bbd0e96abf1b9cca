"""The verbs of invoices: ask for one, note that it is written or taken back, forget the name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from shop.invoices.events import InvoiceWritten, RedLetterWritten
from shop.invoices.models import Invoice, InvoiceRequest
from shop.invoices.rules import (
    KEPT_AFTER_WRITING,
    KEPT_UNWRITTEN,
    InvoiceWish,
    TitleKind,
    require_sound,
)
from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.kernel.statements import rows_changed, table_of
from shop.stations import queries as stations

_requests = table_of(InvoiceRequest)
_invoices = table_of(Invoice)
LONGEST_NUMBER = 40


class NumberMissing(InvalidInput):
    """What was written has a number of the tax office's system."""

    code = "invoices.number_missing"


class InvoiceNotOpen(Conflict):
    """It was written already, or nothing of it is left to be written or taken back."""

    code = "invoices.not_open"


@transactional
def ask(*, order_id: int, wish: InvoiceWish, workshops: Mapping[int, int], now: datetime) -> None:
    """Ask for invoices of an order, one from each workshop with its station.

    Raises TitleMissing, TaxNumberWrong. Source: domain.md 7 (invoice request).
    """
    require_sound(wish)
    is_company = wish.kind is TitleKind.COMPANY
    db.session.execute(
        sa.insert(_requests),
        {
            "order_id": order_id,
            "kind": wish.kind,
            "title": wish.title.strip(),
            "tax_number": wish.tax_number if is_company else "",
            "asked_at": now,
        },
    )
    db.session.execute(
        sa.insert(_invoices),
        [
            {
                "public_id": public_id("inv"),
                "order_id": order_id,
                "workshop_id": workshop_id,
                "station_id": station_id,
                "number": "",
                "written_minor": 0,
                "red_number": "",
                "red_minor": 0,
            }
            for workshop_id, station_id in sorted(workshops.items())
        ],
    )


@transactional
def note_written(
    *, invoice_id: int, number: str, amount: Money, actor: Actor, now: datetime
) -> None:
    """Note an invoice's number and sum, once.

    Raises NotFound, OutOfReach, Forbidden, NumberMissing, InvoiceNotOpen when it is written or
    there is nothing to write.
    """
    station_id = _for(invoice_id, actor)
    if not 0 < len(number.strip()) <= LONGEST_NUMBER:
        raise NumberMissing
    written = amount.minor > 0 and rows_changed(
        sa.update(_invoices)
        .where(_invoices.c.id == invoice_id, _invoices.c.written_at.is_(None))
        .values(
            number=number.strip(),
            written_minor=amount.minor,
            written_at=now,
            written_by_id=actor.user_id,
        )
    )
    if not written:
        raise InvoiceNotOpen
    events.record(InvoiceWritten(invoice_id), actor=actor, station_id=station_id, now=now)


@transactional
def note_red(*, invoice_id: int, number: str, due: Money, actor: Actor, now: datetime) -> None:
    """Note that an invoice was taken back in red down to what is due now.

    due    what the invoice should still stand for.

    Raises NotFound, OutOfReach, Forbidden, NumberMissing, InvoiceNotOpen when it stands for no
    more than that. Source: domain.md 7 (refund after invoicing opens a red-letter task).
    """
    station_id = _for(invoice_id, actor)
    if not 0 < len(number.strip()) <= LONGEST_NUMBER:
        raise NumberMissing
    taken = rows_changed(
        sa.update(_invoices)
        .where(
            _invoices.c.id == invoice_id,
            _invoices.c.written_at.is_not(None),
            _invoices.c.written_minor - _invoices.c.red_minor > due.minor,
        )
        .values(
            red_number=number.strip(),
            red_minor=_invoices.c.written_minor - due.minor,
            red_at=now,
            red_by_id=actor.user_id,
        )
    )
    if not taken:
        raise InvoiceNotOpen
    events.record(RedLetterWritten(invoice_id), actor=actor, station_id=station_id, now=now)


def _for(invoice_id: int, actor: Actor) -> int:
    station_id = db.session.scalar(
        sa.select(_invoices.c.station_id).where(_invoices.c.id == invoice_id)
    )
    if station_id is None:
        raise NotFound(what=f"invoice:{invoice_id}")
    actor.require(Permission.WRITE_INVOICES, at=stations.path_of(station_id))
    return int(station_id)


@transactional
def forget(*, order_id: int, now: datetime) -> None:
    """Take name and tax number out of an order's request; numbers and sums stay. Repeatable."""
    _forget(_requests.c.order_id == order_id, now)


@transactional
def forget_due(*, now: datetime) -> int:
    """Forget the names that have served: half a year after the last was written. Repeatable.

    One that nobody wrote in a year is forgotten too: then nobody may ask for it any more.
    Source: trust.md 4 (delete when the purpose is met).
    """
    mine = _invoices.c.order_id == _requests.c.order_id
    served = _invoices.c.written_at <= now - KEPT_AFTER_WRITING
    late = sa.or_(_invoices.c.written_at.is_(None), sa.not_(served))
    return _forget(
        sa.or_(~sa.exists().where(mine, late), _requests.c.asked_at <= now - KEPT_UNWRITTEN), now
    )


def _forget(which: sa.ColumnElement[bool], now: datetime) -> int:
    return rows_changed(
        sa.update(_requests)
        .where(which, _requests.c.forgotten_at.is_(None))
        .values(title="", tax_number="", forgotten_at=now)
    )
