"""The two engines behind one interface: SQLite's FTS5 and PostgreSQL's full text.

Both keep the same words of ``rules`` and are asked the same questions, so they find the same in
the same order. SQLite keeps them in FTS5 tables, PostgreSQL in ``tsvector`` with a GIN index; no
extension and no dictionary of either is used. Source of the choice: README, "Why it is so".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from shop.kernel.db import db
from shop.search.rules import Rank, Signs

GOODS = "index_goods"
ENTRIES = "index_entries"
TABLES = (GOODS, ENTRIES)
# More than the questions of one search.
ARMS = 16


def ranked(text: str | None) -> list[tuple[int, int]]:
    """Return ids with the place of the question that each fits, from an engine's one text."""
    return [divmod(int(number), ARMS) for number in (text or "").split()]


class Engine(Protocol):
    """What an engine does; ``table`` is one of ``TABLES``."""

    signs: Signs

    def put(self, table: str, rows: Sequence[tuple[int, list[str]]]) -> None:
        """Keep the words of things, instead of what was kept of them; safe to repeat."""

    def remove(self, table: str, ids: Sequence[int]) -> None:
        """Forget things; safe to repeat."""

    def kept(self, table: str, ids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the words kept of things, for the proof; what is not kept is missing."""

    def ids(self, table: str, *, after: int, until: int | None) -> list[int]:
        """Return the ids of what is kept, behind one and up to another."""

    def newest(self, table: str, parameter: str, *, most: int) -> str:
        """Return the SQL for the ids that fit the question in ``parameter``, the newest first."""

    def fits(self, table: str, parameter: str) -> str:
        """Return the SQL of a condition: anything at all fits the question."""

    def best_of_newest(self, parameter: str, rank: Rank, *, newest: int, most: int) -> str:
        """Return the SQL for one text with the best of the newest goods that fit a question."""

    def in_a_row(self, arms: Sequence[str], *, most: int) -> str:
        """Return the SQL for one text with what fits several questions, the best question first.

        Each is a number of ``ranked``: id and place of the question in one.
        """


class Sqlite:
    """FTS5 with the words as they are: ``ascii`` parts them at blanks and nowhere else."""

    signs = Signs(
        both="AND",
        either="OR",
        piece=lambda word, is_prefix: f'"{word}"{"*" * is_prefix}',
        place_of="coalesce(substr(words, nullif(instr(words, {0}), 0) - 1, 1), 'z')",
        code="unicode",
        least="min",
        most="max",
    )

    def put(self, table: str, rows: Sequence[tuple[int, list[str]]]) -> None:
        """Keep the words of things."""
        if rows:
            db.session.execute(
                sa.text(f"INSERT OR REPLACE INTO {table} (rowid, words) VALUES (:id, :words)"),
                [{"id": row_id, "words": f" {' '.join(words)} "} for row_id, words in rows],
            )

    def remove(self, table: str, ids: Sequence[int]) -> None:
        """Forget things."""
        if ids:
            db.session.execute(
                sa.text(f"DELETE FROM {table} WHERE rowid = :id"),
                [{"id": row_id} for row_id in ids],
            )

    def kept(self, table: str, ids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the words kept of things."""
        return {row.id: frozenset(row.words.split()) for row in _rows("rowid AS id", table, ids)}

    def ids(self, table: str, *, after: int, until: int | None) -> list[int]:
        """Return the ids of what is kept."""
        return _ids("rowid", table, after, until)

    def newest(self, table: str, parameter: str, *, most: int) -> str:
        """Return the SQL for the ids that fit."""
        return (
            f"SELECT rowid AS id FROM {table}"
            f" WHERE {table} MATCH :{parameter} ORDER BY rowid DESC LIMIT {most}"
        )

    def fits(self, table: str, parameter: str) -> str:
        """Return the SQL of the condition."""
        return f"EXISTS (SELECT 1 FROM {table} WHERE {table} MATCH :{parameter})"

    def best_of_newest(self, parameter: str, rank: Rank, *, newest: int, most: int) -> str:
        """Return the SQL for one text."""
        columns = ", ".join(f"{sql} AS {name}" for name, sql in rank.columns.items())
        return (
            f"SELECT group_concat(ranked, ' ') FROM (SELECT id * {ARMS} + rank AS ranked FROM"
            f" (SELECT id, {rank.formula} AS rank FROM (SELECT rowid AS id, {columns} FROM {GOODS}"
            f" WHERE {GOODS} MATCH :{parameter} ORDER BY rowid DESC LIMIT {newest}))"
            f" ORDER BY rank, id DESC LIMIT {most})"
        )

    def in_a_row(self, arms: Sequence[str], *, most: int) -> str:
        """Return the SQL for one text; the questions are read in their order."""
        together = " UNION ALL ".join(
            f"SELECT id * {ARMS} + {place} AS ranked FROM ({arm})" for place, arm in enumerate(arms)
        )
        return f"SELECT group_concat(ranked, ' ') FROM ({together} LIMIT {most})"


class Postgres:
    """``tsvector`` made of the words as they are, asked by ``tsquery``."""

    signs = Signs(
        both="&",
        either="|",
        piece=lambda word, is_prefix: f"'{word}'{':*' * is_prefix}",
        place_of="coalesce(substr(line, nullif(strpos(line, {0}), 0) - 1, 1), 'z')",
        code="ascii",
        least="least",
        most="greatest",
    )

    def put(self, table: str, rows: Sequence[tuple[int, list[str]]]) -> None:
        """Keep the words of things."""
        if rows:
            db.session.execute(
                sa.text(
                    f"INSERT INTO {table} (id, words)"
                    " VALUES (:id, array_to_tsvector(CAST(:words AS TEXT[])))"
                    " ON CONFLICT (id) DO UPDATE SET words = excluded.words"
                ),
                [{"id": row_id, "words": words} for row_id, words in rows],
            )

    def remove(self, table: str, ids: Sequence[int]) -> None:
        """Forget things."""
        if ids:
            db.session.execute(
                sa.text(f"DELETE FROM {table} WHERE id = ANY(:ids)"),
                {"ids": list(ids)},
            )

    def kept(self, table: str, ids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the words kept of things."""
        rows = _rows("id", table, ids, words="tsvector_to_array(words) AS words")
        return {row.id: frozenset(row.words) for row in rows}

    def ids(self, table: str, *, after: int, until: int | None) -> list[int]:
        """Return the ids of what is kept."""
        return _ids("id", table, after, until)

    def newest(self, table: str, parameter: str, *, most: int) -> str:
        """Return the SQL for the ids that fit."""
        return (
            f"SELECT id FROM {table}"
            f" WHERE words @@ CAST(:{parameter} AS tsquery) ORDER BY id DESC LIMIT {most}"
        )

    def fits(self, table: str, parameter: str) -> str:
        """Return the SQL of the condition; with no order the rare word is found by its index."""
        return f"EXISTS (SELECT 1 FROM {table} WHERE words @@ CAST(:{parameter} AS tsquery))"

    def best_of_newest(self, parameter: str, rank: Rank, *, newest: int, most: int) -> str:
        """Return the SQL for one text; the fences let each line be made and read once."""
        columns = ", ".join(f"{sql} AS {name}" for name, sql in rank.columns.items())
        return (
            f"SELECT string_agg(CAST(id * {ARMS} + rank AS TEXT), ' ' ORDER BY rank, id DESC) FROM"
            f" (SELECT id, {rank.formula} AS rank FROM (SELECT id, {columns} FROM (SELECT id,"
            f" ' ' || array_to_string(tsvector_to_array(words), ' ') || ' ' AS line FROM {GOODS}"
            f" WHERE words @@ CAST(:{parameter} AS tsquery) ORDER BY id DESC"
            f" LIMIT {newest} OFFSET 0) AS newest OFFSET 0) AS placed"
            f" ORDER BY rank, id DESC LIMIT {most}) AS found"
        )

    def in_a_row(self, arms: Sequence[str], *, most: int) -> str:
        """Return the SQL for one text, the order of the questions written out."""
        together = " UNION ALL ".join(
            f"SELECT {place} AS arm, id FROM ({arm}) AS q{place}" for place, arm in enumerate(arms)
        )
        return (
            f"SELECT string_agg(CAST(id * {ARMS} + arm AS TEXT), ' ' ORDER BY arm, id DESC)"
            f" FROM ({together} LIMIT {most}) AS found"
        )


def _ids(key: str, table: str, after: int, until: int | None) -> list[int]:
    query = f"SELECT {key} FROM {table} WHERE {key} > :after"
    if until is not None:
        query += f" AND {key} <= :until"
    rows = db.session.execute(sa.text(f"{query} ORDER BY {key}"), {"after": after, "until": until})
    return [row[0] for row in rows]


def _rows(
    key: str, table: str, ids: Sequence[int], *, words: str = "words"
) -> Iterable[sa.Row[Any]]:
    column = key.split(" ", 1)[0]
    query = sa.text(f"SELECT {key}, {words} FROM {table} WHERE {column} IN :ids")
    return db.session.execute(
        query.bindparams(sa.bindparam("ids", expanding=True)), {"ids": list(ids)}
    )


_SQLITE, _POSTGRES = Sqlite(), Postgres()


def engine() -> Engine:
    """Return the engine of the database at hand."""
    return _SQLITE if db.engine.dialect.name == "sqlite" else _POSTGRES
