"""Entries in the books as tests need them."""

from __future__ import annotations

from datetime import datetime

from shop.kernel.access import SYSTEM
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line, account, credit, debit
from tests.builders.stations import a_room


def a_sale_of(fen: int, *, workshop_id: int = 1) -> list[Line]:
    """Return the lines of a sale without fee or shipping."""
    return [
        debit(account(AccountKind.CLEARING, workshop_id), Money(fen)),
        credit(account(AccountKind.SALES, workshop_id), Money(fen)),
    ]


def an_entry(
    *,
    now: datetime,
    lines: list[Line] | None = None,
    kind: str = "sale",
    source: str = "order:1",
    station_id: int | None = None,
) -> int:
    """Return a booked entry, by default a sale of 152.00."""
    return ledger.post(
        kind=kind,
        source=source,
        station_id=a_room() if station_id is None else station_id,
        lines=a_sale_of(15200) if lines is None else lines,
        happened_at=now,
        actor=SYSTEM,
        now=now,
    )
