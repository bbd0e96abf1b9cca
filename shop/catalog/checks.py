"""What must hold of listings: approved prices, one workshop per product, a complete index."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

UNAPPROVED = """
SELECT 'product:' || p.id AS subject, 'is on sale without an approved price sheet' AS detail
FROM products p LEFT JOIN price_sheets s ON s.id = p.price_sheet_id AND s.product_id = p.id
WHERE p.state = 'on_sale' AND (s.id IS NULL OR s.approved_at IS NULL)
"""
OTHER_PRICE = """
SELECT 'product:' || p.id AS subject,
       'shows ' || p.price_minor || ' but its sheet says ' || s.price_minor AS detail
FROM products p JOIN price_sheets s ON s.id = p.price_sheet_id
WHERE p.price_minor <> s.price_minor
"""
STRAY = """
SELECT 'variant:' || v.id AS subject, 'belongs to another workshop than its product' AS detail
FROM variants v JOIN products p ON p.id = v.product_id
WHERE v.workshop_id <> p.workshop_id
UNION ALL
SELECT 'product:' || p.id, 'has a maker of another workshop'
FROM products p JOIN members m ON m.id = p.maker_id
WHERE m.workshop_id <> p.workshop_id
UNION ALL
SELECT 'product:' || p.id, 'stands at another station than its workshop'
FROM products p JOIN workshops w ON w.id = p.workshop_id
WHERE w.station_id <> p.station_id
"""


def _check(code: str, promise: str, query: str) -> Check:
    def run() -> Iterator[Finding]:
        for row in db.session.execute(sa.text(query)):
            yield Finding(code, row.subject, row.detail)

    return Check(code, promise, run)


CHECKS: tuple[Check, ...] = (
    _check("P5", "what is on sale has a price that a second person approved", UNAPPROVED),
    _check("P5", "a listing shows the price of its sheet", OTHER_PRICE),
    _check("A2", "products, variants and makers belong to one workshop", STRAY),
)
