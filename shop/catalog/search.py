"""The search index: characters and pairs of characters made here, found by the database.

No dictionary cuts the Chinese: 手编凉鞋 is kept as 手 编 凉 鞋 手编 编凉 凉鞋, so that one
character, a word and a whole title are all found. SQLite keeps the pieces in an FTS5 table,
PostgreSQL in a ``tsvector`` with a GIN index; both answer behind ``newest_hits``. Only products on
public sale are in it. Source of the choice: README, "Why it is so".
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from shop.kernel.db import db

TABLE = "product_search"
MOST_HITS = 500
LONGEST_QUERY = 80
SHORTEST_STEM = 3

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[-./][^\W_{_HAN}]+)*")
_IS_HAN = re.compile(rf"[{_HAN}]")
_JOINTS = re.compile(r"[-./]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a query; ``is_prefix`` also finds longer words."""

    text: str
    is_prefix: bool = False


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).casefold())


def pieces_of(text: str) -> list[str]:
    """Return what is kept of a text, each piece once, in order of appearance."""
    kept: dict[str, None] = {}
    for run in _runs(text):
        if _IS_HAN.match(run):
            kept.update(dict.fromkeys(run))
            kept.update(dict.fromkeys(map("".join, itertools.pairwise(run))))
            continue
        words = _JOINTS.split(run)
        kept.update(dict.fromkeys(words))
        if len(words) > 1:
            kept["".join(words)] = None
    return list(kept)


def asked_for(query: str) -> list[Piece]:
    """Return the pieces that must all be there; none means that nothing can be found.

    A word of another script is asked for without its plural s and may go on (sandal, sandals).
    """
    asked: dict[Piece, None] = {}
    for run in _runs(query[:LONGEST_QUERY]):
        if _IS_HAN.match(run):
            pairs = map("".join, itertools.pairwise(run))
            asked.update((Piece(pair), None) for pair in (pairs if len(run) > 1 else [run]))
            continue
        word = _JOINTS.sub("", run)
        stem = word.removesuffix("s") if len(word) > SHORTEST_STEM else word
        asked[Piece(stem, is_prefix=True)] = None
    return list(asked)


def is_found_in(text: str, asked: list[Piece]) -> bool:
    """Say whether a text has every piece: for short lists that need no index of their own."""
    kept = pieces_of(text)
    return bool(asked) and all(
        any(word.startswith(piece.text) for word in kept) if piece.is_prefix else piece.text in kept
        for piece in asked
    )


def create_index(connection: sa.Connection) -> None:
    """Create the index of the database at hand; called by the migration that brings search."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {TABLE} USING"
            " fts5(words, detail = 'none', columnsize = 0, tokenize = 'unicode61')"
        )
        return
    connection.exec_driver_sql(
        f"CREATE TABLE {TABLE} ("
        "product_id BIGINT CONSTRAINT pk_product_search PRIMARY KEY"
        " CONSTRAINT fk_product_search_product_id REFERENCES products (id),"
        " words TSVECTOR NOT NULL)"
    )
    connection.exec_driver_sql(f"CREATE INDEX ix_product_search_words ON {TABLE} USING gin (words)")


def drop_index(connection: sa.Connection) -> None:
    """Drop the index again."""
    connection.exec_driver_sql(f"DROP TABLE {TABLE}")


def _on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def put(texts: Iterable[tuple[int, str]]) -> None:
    """Enter products with their texts, or replace what the index knows of them; safe to repeat."""
    rows = [(product_id, pieces_of(text)) for product_id, text in texts]
    if not rows:
        return
    if _on_sqlite():
        db.session.execute(
            sa.text(f"INSERT OR REPLACE INTO {TABLE} (rowid, words) VALUES (:product_id, :words)"),  # noqa: S608 - a constant
            [{"product_id": product_id, "words": " ".join(words)} for product_id, words in rows],
        )
        return
    db.session.execute(
        sa.text(
            f"INSERT INTO {TABLE} (product_id, words)"  # noqa: S608 - a constant
            " VALUES (:product_id, array_to_tsvector(CAST(:words AS TEXT[])))"
            " ON CONFLICT (product_id) DO UPDATE SET words = excluded.words"
        ),
        [{"product_id": product_id, "words": words} for product_id, words in rows],
    )


def remove(product_ids: Iterable[int]) -> None:
    """Take products out of the index; safe to repeat."""
    rows = [{"product_id": product_id} for product_id in product_ids]
    if rows:
        key = "rowid" if _on_sqlite() else "product_id"
        db.session.execute(sa.text(f"DELETE FROM {TABLE} WHERE {key} = :product_id"), rows)  # noqa: S608 - constants


def clear() -> None:
    """Empty the index, before it is written anew."""
    db.session.execute(sa.text(f"DELETE FROM {TABLE}"))  # noqa: S608 - a constant


def newest_hits(asked: list[Piece]) -> sa.Select[int]:
    """Return the query for the ids of the newest products that have every piece, 500 at most.

    The bound keeps a search at one price however many products there are (speed.md 4).
    """
    if _on_sqlite():
        wanted = " AND ".join(f'"{p.text}"{"*" if p.is_prefix else ""}' for p in asked)
        product_id: sa.ColumnClause[int] = sa.column("rowid", sa.Integer)
        matches = sa.literal_column(TABLE).op("MATCH")(wanted)
    else:
        wanted = " & ".join(f"'{p.text}'{':*' if p.is_prefix else ''}" for p in asked)
        product_id = sa.column("product_id", sa.Integer)
        matches = sa.column("words").op("@@")(sa.cast(wanted, TSQUERY))
    return (
        sa.select(product_id.label("product_id"))
        .select_from(sa.table(TABLE, product_id))
        .where(matches)
        .order_by(product_id.desc())
        .limit(MOST_HITS)
    )
