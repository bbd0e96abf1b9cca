"""Keep the search index by the rules of its own room; let makers be found by their names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEXES = ("index_goods", "index_entries")


def _key(length: int) -> sa.types.TypeEngine[str]:
    # Keys are compared as they are, not as a language sorts them.
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Go forward; the index is empty until ``shop migrate`` or ``shop reindex`` has written it."""
    op.execute("DROP TABLE product_search")
    for table in INDEXES:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE VIRTUAL TABLE {table} USING"
                " fts5(words, detail = 'none', columnsize = 0, tokenize = 'ascii')"
            )
            continue
        op.execute(
            f"CREATE TABLE {table} ("
            f"id BIGINT CONSTRAINT pk_{table} PRIMARY KEY, words TSVECTOR NOT NULL)"
        )
        op.execute(f"ALTER TABLE {table} ALTER words SET STATISTICS 1000")
        op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin (words)")
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "workshop",
                "experience",
                "shelf",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("title_en", sa.String(120), nullable=True),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_search_entries_kind_subject_id")),
    )
    op.create_table(
        "search_vocables",
        sa.Column("form", sa.String(1), nullable=False),
        sa.Column("key", _key(64), nullable=False),
        sa.Column("shown", _key(64), nullable=False),
        sa.PrimaryKeyConstraint("form", "key", "shown", name=op.f("pk_search_vocables")),
    )
    op.create_table(
        "synonym_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_synonym_groups_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym_groups")),
    )
    op.create_index(op.f("ix_synonym_groups_station_id"), "synonym_groups", ["station_id"])
    op.create_table(
        "synonym_words",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(60), nullable=False),
        sa.Column("key", _key(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["synonym_groups.id"], name=op.f("fk_synonym_words_group_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "position", name=op.f("pk_synonym_words")),
    )
    op.create_index("ix_synonym_words_key", "synonym_words", ["key"])
    op.create_table(
        "search_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_versions")),
    )
    op.add_column("members", sa.Column("letters", sa.String(80), nullable=False, server_default=""))
    # Without a spelling of her own a maker is found by her characters.
    op.execute("UPDATE members SET letters = lower(replace(name_en, ' ', '')) WHERE name_en <> ''")
    op.create_index("ix_members_name", "members", ["name"])
    op.create_index("ix_members_letters", "members", ["letters"])


