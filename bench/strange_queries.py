"""Ask 100,000 queries that nobody means of the judged shop; every one must be answered.

.venv/bin/python bench/strange_queries.py [COUNT]       # SQLite; half a minute for 10,000
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shop.kernel.db import db, transaction
from shop.search import queries, services
from tests.conftest import Postgres, Sqlite
from tests.search import judged, strange

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = (Postgres if "postgres" in sys.argv else Sqlite)(Path(folder))
        with house.app.app_context():
            with transaction():
                services.put_goods(piece.facts for piece in judged.pieces())
            began = time.process_time()
            slowest = 0.0
            for query in strange.queries(COUNT, seed=COUNT):
                start = time.perf_counter()
                queries.find(query)
                slowest = max(slowest, time.perf_counter() - start)
                queries.suggest(query)
            spent = time.process_time() - began
            db.session.remove()
        house.close()
    print(
        f"{COUNT} queries asked and suggested for, none refused:"
        f" {spent / COUNT * 1000:.2f} ms CPU each, the slowest {slowest * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
