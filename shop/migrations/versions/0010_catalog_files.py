"""Keep catalogs that people bring, and how far each has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = ("received", "read", "ordered", "written", "refused", "discarded")
DIALECTS = ("own", "shopify", "woocommerce", "spree")
COUNTS = ("done", "of", "new_rows", "changed_rows", "same_rows", "left_out_rows", "wrong_rows")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "catalog_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("brought_by_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("pictures_name", sa.String(120), nullable=True),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("state", _words("filestate", STATES), nullable=False),
        sa.Column("dialect", _words("dialect", DIALECTS), nullable=True),
        sa.Column("encoding", sa.String(16), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("ignored", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_catalog_files_{column}")
            )
            for column, table in (
                ("workshop_id", "workshops"),
                ("station_id", "stations"),
                ("brought_by_id", "users"),
                ("written_by_id", "users"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_files")),
        sa.UniqueConstraint("public_id", name=op.f("uq_catalog_files_public_id")),
    )
    op.create_index("ix_catalog_files_station_id_id", "catalog_files", ["station_id", "id"])
    in_hand = sa.text("state IN ('received', 'ordered')")
    op.create_index(
        "ix_catalog_files_in_hand",
        "catalog_files",
        ["id"],
        sqlite_where=in_hand,
        postgresql_where=in_hand,
    )


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
