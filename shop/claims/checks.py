"""What must hold of claims at all times."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

LAST_STEP = """
SELECT 'claim:' || c.id AS subject,
       'is ' || c.state || ' but its last step says otherwise' AS detail
FROM claims c
WHERE c.state <> COALESCE((SELECT s.state FROM claim_steps s WHERE s.claim_id = c.id
                           ORDER BY s.id DESC LIMIT 1), '')
"""
MORE_THAN_BOUGHT = """
SELECT 'line:' || l.id AS subject, 'open claims are about more pieces than are left' AS detail
FROM order_lines l
JOIN (SELECT cl.order_line_id, SUM(cl.quantity) AS pieces FROM claim_lines cl
      JOIN claims c ON c.id = cl.claim_id
      WHERE c.state IN ('asked', 'sent', 'arrived', 'raised', 'at_town', 'directed')
      GROUP BY cl.order_line_id) q ON q.order_line_id = l.id
WHERE q.pieces > l.quantity
"""


def _check(code: str, promise: str, query: str) -> Check:
    def run() -> Iterator[Finding]:
        for row in db.session.execute(sa.text(query)):
            yield Finding(code, row.subject, row.detail)

    return Check(code, promise, run)


CHECKS: tuple[Check, ...] = (
    _check("R3", "A claim stands where its last step brought it", LAST_STEP),
    _check("P4", "Open claims are about no more than was bought", MORE_THAN_BOUGHT),
)
