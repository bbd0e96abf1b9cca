"""The proof that everything agrees: every check of every room, run over the live database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from shop.accounts import checks as accounts
from shop.bookings import checks as bookings
from shop.catalog import checks as catalog
from shop.claims import checks as claims
from shop.coupons import checks as coupons
from shop.delivery import checks as delivery
from shop.earnings import checks as earnings
from shop.favorites import checks as favorites
from shop.funds import checks as funds
from shop.invoices import checks as invoices
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.ledger import checks as ledger
from shop.media import checks as media
from shop.orders import checks as orders
from shop.orders.models import Order
from shop.oversight import joint_checks
from shop.payments import checks as payments
from shop.production import checks as production
from shop.programs import checks as programs
from shop.reviews import checks as reviews
from shop.search import checks as search
from shop.shelves import checks as shelves
from shop.stations import checks as stations
from shop.stock import checks as stock

CHECKS: tuple[Check, ...] = (
    *stock.CHECKS,
    *bookings.CHECKS,
    *orders.CHECKS,
    *delivery.CHECKS,
    *coupons.CHECKS,
    *claims.CHECKS,
    *invoices.CHECKS,
    *payments.CHECKS,
    *ledger.CHECKS,
    *production.CHECKS,
    *earnings.CHECKS,
    *funds.CHECKS,
    *catalog.CHECKS,
    *shelves.CHECKS,
    *favorites.CHECKS,
    *stations.CHECKS,
    *search.CHECKS,
    *accounts.CHECKS,
    *programs.CHECKS,
    *reviews.CHECKS,
    *media.CHECKS,
    *joint_checks.CHECKS,
)
MOST_SHOWN = 20


def prove(*, tell: Callable[[str], object], acknowledged: Path | None = None) -> list[Finding]:
    """Return everything that disagrees, having told one line per check; changes nothing.

    acknowledged    a file of lines ``key order-number`` that buyers were shown; each must stand
                    in the database exactly once.

    May run while selling goes on: the file is read first, then the whole database as of one
    moment.
    """
    checks = list(CHECKS)
    if acknowledged is not None:
        checks.append(_acknowledged_check(acknowledged.read_text(encoding="utf-8")))
    _read_as_of_one_moment()
    found: list[Finding] = []
    for check in checks:
        broken = list(check.run())
        found += broken
        tell(f"{'✗' if broken else '✓'} {check.code:<4} {check.promise}")
        for finding in broken[:MOST_SHOWN]:
            tell(f"       {finding.subject}: {finding.detail}")
        if len(broken) > MOST_SHOWN:
            tell(f"       and {len(broken) - MOST_SHOWN} more")
    return found


def _read_as_of_one_moment() -> None:
    """Let one snapshot serve all checks; SQLite's read transaction is one by itself."""
    if db.engine.dialect.name == "postgresql" and not db.session().in_transaction():
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _acknowledged_check(text: str) -> Check:
    def run() -> Iterator[Finding]:
        lines = [line for line in text.splitlines() if line.strip()]
        shown: list[tuple[str, str]] = []
        for number, line in enumerate(lines, start=1):
            match = re.fullmatch(r"(\S+)\s+(\S+)", line.strip())
            if match is None:
                yield Finding("P6", f"line:{number}", f"not 'key order-number': {line[:80]}")
                continue
            shown.append((match[1], match[2]))
        for key, times in Counter(key for key, _ in shown).items():
            numbers = {number for k, number in shown if k == key}
            if len(numbers) > 1:
                yield Finding("P1", f"key:{key}", f"shown {times} times with {sorted(numbers)}")
        kept = _numbers_of([key for key, _ in shown])
        for key, told in dict.fromkeys(shown):
            here = kept.get(key, "no order")
            if here != told:
                yield Finding("P6", f"key:{key}", f"the buyer was shown {told}, here stands {here}")

    return Check("P6", "every acknowledged order stands exactly once", run)


def _numbers_of(keys: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(keys), 500):
        rows = db.session.execute(
            sa.select(Order.key, Order.number).where(Order.key.in_(keys[start : start + 500]))
        )
        found.update({row.key: row.number for row in rows})
    return found
