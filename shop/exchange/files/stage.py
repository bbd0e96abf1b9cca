"""The scratch book of one file: its rows, what would become of them, what was made so far.

A SQLite file beside the upload, never the shop's own database: a hundred thousand rows come and go
without a buyer noticing, and a crash leaves nothing but a file to begin anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop.exchange.files.dialects import GoodsRow, Picture
from shop.exchange.rules import Outcome, Remark
from shop.kernel.db import sqlite_module

BATCH = 200
_TABLES = """
CREATE TABLE rows (
    line INTEGER PRIMARY KEY, key TEXT NOT NULL, code TEXT NOT NULL, sku TEXT NOT NULL,
    title TEXT NOT NULL, body TEXT NOT NULL, outcome TEXT, told TEXT);
CREATE TABLE aliases (alias TEXT PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE goods (
    place INTEGER PRIMARY KEY, key TEXT NOT NULL, seen TEXT, plan TEXT NOT NULL);
CREATE TABLE pictures (source TEXT PRIMARY KEY, name TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class StagedRow:
    """One row of the file as the dry run shows it."""

    line: int
    code: str
    sku: str
    title: str
    outcome: Outcome
    changes: tuple[tuple[str, str, str], ...]
    problems: tuple[Remark, ...]
    notes: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """What would be written of one product, and the state of the goods it was made against."""

    key: str
    seen: str | None
    plan: dict[str, Any]


class Stage:
    """The open scratch book; every method is one short step of reading or writing a file."""

    def __init__(self, connection: Any) -> None:
        """Take an open connection; ``staged`` makes one."""
        self._db = connection

    def begin_anew(self) -> None:
        """Forget everything, before a file is read from its beginning."""
        for (name,) in self._db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            self._db.execute(f'DROP TABLE "{name}"')
        self._db.execute("DROP TABLE IF EXISTS temp.skus")
        self._db.executescript(_TABLES)

    def add_rows(self, rows: Iterable[GoodsRow]) -> None:
        """Keep rows of the file."""
        with self._together():
            self._db.executemany(
                "INSERT INTO rows (line, key, code, sku, title, body) VALUES (?,?,?,?,?,?)",
                (
                    (
                        row.line,
                        row.key,
                        row.code,
                        (row.piece or {}).get("sku", ""),
                        row.goods.get("title") or row.goods.get("title_en", ""),
                        json.dumps(_body(row), ensure_ascii=False),
                    )
                    for row in rows
                ),
            )

    def add_aliases(self, aliases: Iterable[tuple[str, str]]) -> None:
        """Keep second names of goods, under which rows may refer to them."""
        with self._together():
            self._db.executemany("INSERT OR IGNORE INTO aliases VALUES (?,?)", aliases)

    def settle_keys(self) -> None:
        """Bring rows that use a second name to the goods they mean, then find rows by key."""
        self._db.execute(
            "UPDATE rows SET key = (SELECT key FROM aliases WHERE alias = rows.key)"
            " WHERE key IN (SELECT alias FROM aliases)"
        )
        self._db.execute("CREATE INDEX rows_by_key ON rows (key, line)")

    def count_goods(self) -> int:
        """Return how many products the file speaks of."""
        (count,) = self._db.execute("SELECT COUNT(DISTINCT key) FROM rows").fetchone()
        return int(count)

    def count_rows(self) -> int:
        """Return how many rows the file has."""
        (count,) = self._db.execute("SELECT COUNT(*) FROM rows").fetchone()
        return int(count)

    def groups(self, size: int = BATCH) -> Iterator[list[list[GoodsRow]]]:
        """Yield the rows of some products at a time, in the order in which the file begins them."""
        keys = [
            key
            for key, _ in self._db.execute(
                "SELECT key, MIN(line) FROM rows GROUP BY key ORDER BY MIN(line)"
            )
        ]
        for start in range(0, len(keys), size):
            some = keys[start : start + size]
            marks = ",".join("?" * len(some))
            found: dict[str, list[GoodsRow]] = {key: [] for key in some}
            for key, body in self._db.execute(
                f"SELECT key, body FROM rows WHERE key IN ({marks}) ORDER BY line",  # noqa: S608 - only question marks
                some,
            ):
                found[key].append(_row(json.loads(body)))
            yield list(found.values())

    def line_of_sku(self, sku: str, line: int) -> int | None:
        """Return the first row above ``line`` that has this SKU already."""
        found = self._db.execute(
            "SELECT MIN(line) FROM skus WHERE sku = ? AND line < ?", (sku, line)
        ).fetchone()
        return int(found[0]) if found[0] is not None else None

    def settle_skus(self) -> set[str]:
        """Return the SKUs that stand on more than one row, ready for ``line_of_sku``."""
        self._db.execute("CREATE TEMP TABLE skus AS SELECT sku, line FROM rows WHERE sku <> ''")
        self._db.execute("CREATE INDEX temp.skus_by_sku ON skus (sku, line)")
        return {
            sku
            for (sku,) in self._db.execute("SELECT sku FROM skus GROUP BY sku HAVING COUNT(*) > 1")
        }

    def keep_plans(
        self,
        plans: Sequence[StagedPlan],
        rows: Sequence[tuple[int, Outcome, str, dict[str, Any]]],
    ) -> None:
        """Keep what would be written of some products and what to tell of their rows."""
        with self._together():
            self._db.executemany(
                "INSERT INTO goods (key, seen, plan) VALUES (?,?,?)",
                [(one.key, one.seen, json.dumps(one.plan, ensure_ascii=False)) for one in plans],
            )
            self._db.executemany(
                "UPDATE rows SET outcome = ?, code = ?, told = ? WHERE line = ?",
                [
                    (outcome.value, code, json.dumps(told, ensure_ascii=False), line)
                    for line, outcome, code, told in rows
                ],
            )

    def counts(self) -> dict[Outcome, int]:
        """Return how many rows have each outcome."""
        counted = dict(
            self._db.execute(
                "SELECT outcome, COUNT(*) FROM rows WHERE outcome IS NOT NULL GROUP BY outcome"
            )
        )
        return {outcome: int(counted.get(outcome.value, 0)) for outcome in Outcome}

    def rows(
        self, *, outcomes: Iterable[Outcome] | None = None, after: int = 0, most: int | None = None
    ) -> Iterator[StagedRow]:
        """Yield rows in the order of the file, those of some outcomes only when asked."""
        wanted = [outcome.value for outcome in (outcomes or Outcome)]
        marks = ",".join("?" * len(wanted))
        for line, code, sku, title, outcome, told in self._db.execute(
            f"SELECT line, code, sku, title, outcome, told FROM rows WHERE outcome IN ({marks})"  # noqa: S608 - only question marks
            " AND line > ? ORDER BY line LIMIT ?",
            (*wanted, after, -1 if most is None else most),
        ):
            said = json.loads(told)
            yield StagedRow(
                line=line,
                code=code,
                sku=sku,
                title=title,
                outcome=Outcome(outcome),
                changes=tuple(tuple(change) for change in said["changes"]),
                problems=tuple(Remark(*remark) for remark in said["problems"]),
                notes=tuple(Remark(*remark) for remark in said["notes"]),
            )

    def plans(self, size: int = BATCH) -> Iterator[list[StagedPlan]]:
        """Yield what is to be written, some products at a time, in the order of the file."""
        cursor = self._db.execute("SELECT key, seen, plan FROM goods ORDER BY place")
        while some := cursor.fetchmany(size):
            yield [StagedPlan(key, seen, json.loads(plan)) for key, seen, plan in some]

    def wants_picture(self, source: str, name: str) -> None:
        """Note that a picture of the ZIP will be needed, under the digest of its bytes."""
        self._db.execute(
            "INSERT OR IGNORE INTO pictures (source, name) VALUES (?,?)", (source, name)
        )

    def pictures(self) -> list[tuple[str, str]]:
        """Return digest and name of every picture that the file needs from the ZIP."""
        return list(self._db.execute("SELECT source, name FROM pictures ORDER BY name"))

    @contextmanager
    def _together(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _body(row: GoodsRow) -> dict[str, Any]:
    # Written out: the general way of dataclasses takes longer than all the rest of a reading.
    return {
        "line": row.line,
        "key": row.key,
        "code": row.code,
        "goods": row.goods,
        "piece": row.piece,
        "options": row.options,
        "pictures": [(one.name, one.is_link, one.alt, one.alt_en) for one in row.pictures],
        "problems": [(one.code, one.about) for one in row.problems],
        "notes": [(one.code, one.about) for one in row.notes],
        "is_left_out": row.is_left_out,
    }


def _row(body: dict[str, Any]) -> GoodsRow:
    return GoodsRow(
        line=body["line"],
        key=body["key"],
        code=body["code"],
        goods=body["goods"],
        piece=body["piece"],
        options=[tuple(option) for option in body["options"]],
        pictures=[Picture(*picture) for picture in body["pictures"]],
        problems=[Remark(*remark) for remark in body["problems"]],
        notes=[Remark(*remark) for remark in body["notes"]],
        is_left_out=body["is_left_out"],
    )


@contextmanager
def staged(file: Path) -> Iterator[Stage]:
    """Open the scratch book in a file, made when it is not there."""
    connection = sqlite_module().connect(str(file), timeout=30)
    connection.isolation_level = None
    # Lost with the machine, made again from the upload: nothing here needs to survive a power cut.
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=WAL")
    try:
        yield Stage(connection)
    finally:
        connection.close()
