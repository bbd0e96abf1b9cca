"""What must hold of invoices: what is forgotten is gone, and what is written has its number."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

NAMELESS = """
SELECT 'order:' || order_id AS subject, 'its invoice has a name where it was forgotten' AS detail
FROM invoice_requests WHERE forgotten_at IS NOT NULL AND (title <> '' OR tax_number <> '')
"""
NUMBERED = """
SELECT 'invoice:' || id AS subject, 'is written without a number or a sum' AS detail
FROM invoices WHERE (written_at IS NOT NULL AND (number = '' OR written_minor <= 0))
 OR (red_minor > 0 AND (red_number = '' OR red_minor > written_minor))
 OR (written_at IS NULL AND written_minor <> 0)
"""


def _check(code: str, promise: str, query: str) -> Check:
    def run() -> Iterator[Finding]:
        for row in db.session.execute(sa.text(query)):
            yield Finding(code, row.subject, row.detail)

    return Check(code, promise, run)


CHECKS: tuple[Check, ...] = (
    _check("R2", "A name that has served is gone from its invoice", NAMELESS),
    _check("P5", "Every written invoice has its number and its sum", NUMBERED),
)
