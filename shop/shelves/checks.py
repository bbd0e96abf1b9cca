"""What must hold of shelves: goods of the own place, each in a place of its own."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

FOREIGN = """
SELECT 'shelf:' || g.shelf_id AS subject,
       'holds product ' || g.product_id || ' of another place' AS detail
FROM shelf_goods g JOIN shelves s ON s.id = g.shelf_id JOIN stations p ON p.id = s.station_id
JOIN products d ON d.id = g.product_id JOIN stations q ON q.id = d.station_id
WHERE substr(q.path, 1, length(p.path)) <> p.path
"""
CROWDED = """
SELECT 'shelf:' || shelf_id AS subject,
       count(*) || ' goods stand in ' || count(DISTINCT position) || ' places up to '
       || max(position) AS detail
FROM shelf_goods GROUP BY shelf_id
HAVING count(*) <> count(DISTINCT position) OR max(position) <> count(*) - 1
"""


def _check(code: str, promise: str, query: str) -> Check:
    def run() -> Iterator[Finding]:
        for row in db.session.execute(sa.text(query)):
            yield Finding(code, row.subject, row.detail)

    return Check(code, promise, run)


CHECKS: tuple[Check, ...] = (
    _check("A2", "a shelf holds goods of its own place only", FOREIGN),
    _check("C3", "everything on a shelf has its place", CROWDED),
)
