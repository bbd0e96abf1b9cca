"""What must hold of hearts: lists count those that there are."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

COUNTED = sa.text("""
SELECT p.id, p.hearts, count(l.network) AS given
FROM products p LEFT JOIN loves l ON l.product_id = p.id
GROUP BY p.id, p.hearts HAVING p.hearts <> count(l.network)
""")


def _counted() -> Iterator[Finding]:
    for row in db.session.execute(COUNTED):
        yield Finding("C5", f"product:{row.id}", f"counts {row.hearts} hearts of {row.given}")


CHECKS: tuple[Check, ...] = (Check("C5", "every product counts the hearts that it has", _counted),)
