"""What must hold of places: workshops are counted where they are."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

COUNTED = """
SELECT code, sum(said) AS said, sum(found) AS found FROM (
 SELECT code, workshops AS said, 0 AS found FROM workshop_totals
 UNION ALL SELECT s.code, 0, 1 FROM workshops w JOIN stations s ON s.id = w.station_id
 UNION ALL SELECT substr(s.code, 1, 9), 0, 1 FROM workshops w
  JOIN stations s ON s.id = w.station_id WHERE length(s.code) > 9
 UNION ALL SELECT substr(s.code, 1, 6), 0, 1 FROM workshops w
  JOIN stations s ON s.id = w.station_id WHERE length(s.code) > 6
) counted GROUP BY code HAVING sum(said) <> sum(found)
"""


def _counted() -> Iterator[Finding]:
    for row in db.session.execute(sa.text(COUNTED)):
        detail = f"counts {row.said} workshops, there are {row.found}"
        yield Finding("C4", f"place:{row.code}", detail)


CHECKS: tuple[Check, ...] = (Check("C4", "every place knows how many workshops it has", _counted),)
