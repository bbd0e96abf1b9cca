"""Measure a search at 5,000 and at 108,750 goods, on SQLite and, where it answers, PostgreSQL.

    .venv/bin/python bench/searching.py [LARGE]

Milliseconds are the best of seven of a whole ``find``: the look-up of words and makers, the hits,
their order. Steps are those of SQLite's machine; FTS5 works beside it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shop.kernel.db import db, transaction
from shop.search import queries, services
from tests.conftest import HAS_POSTGRES, Postgres, Sqlite
from tests.search import judged

SMALL = 5_000
LARGE = int(sys.argv[1]) if len(sys.argv) > 1 else 108_750
QUERIES = (
    "凉鞋", "sandals", "liangxie", "lx", "城口", "灯梁 凉鞋", "蜡染 桌布", "手编凉鞋",
    "bamboo basket", "石榴挂件", "sandels", "凉协", "xyzzyq",
)  # fmt: skip
BEGINNINGS = ("凉", "li", "liang", "sand", "b")


def main() -> None:
    for kind in (Sqlite, Postgres) if HAS_POSTGRES else (Sqlite,):
        with tempfile.TemporaryDirectory() as folder:
            house = kind(Path(folder))
            with house.app.app_context():
                _measure(kind.__name__)
                db.session.remove()
            house.close()


def _measure(name: str) -> None:
    shop = judged.pieces()
    kept = 0
    columns: list[dict[str, tuple[float, int]]] = []
    for size in (SMALL, LARGE):
        began = time.perf_counter()
        while kept < size:
            with transaction():
                some = range(kept, min(kept + 1000, size))
                services.put_goods(
                    replace(shop[n % len(shop)].facts, subject_id=n + 1) for n in some
                )
                kept = some.stop
        if name == "Postgres":
            with db.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                    "VACUUM ANALYZE"
                )
        print(f"{name}: {size} goods, entered in {time.perf_counter() - began:.0f} s")
        asked = {q: _cost(lambda q=q: queries.find(q)) for q in QUERIES}
        asked |= {f"{q} …": _cost(lambda q=q: queries.suggest(q)) for q in BEGINNINGS}
        columns.append(asked)
    for query, (ms, steps) in columns[0].items():
        large, more = columns[1][query]
        print(f"  {query:<16} {ms:6.2f} ms {steps:6} steps   {large:6.2f} ms {more:6} steps")


def _cost(act: object) -> tuple[float, int]:
    best = 9.0
    for _ in range(7):
        began = time.perf_counter()
        act()  # type: ignore[operator]
        best = min(best, time.perf_counter() - began)
    db.session.rollback()
    return best * 1000, _steps(act)


def _steps(act: object) -> int:
    if db.engine.dialect.name != "sqlite":
        return 0
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    raw = db.session.connection().connection.dbapi_connection
    raw.set_progress_handler(count, 1)
    act()  # type: ignore[operator]
    raw.set_progress_handler(None, 0)
    db.session.rollback()
    return counted


if __name__ == "__main__":
    main()
