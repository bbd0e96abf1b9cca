"""Let a person choose and order goods for a while; find what lies ready in the order of a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "shelves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=80), nullable=True),
        sa.Column("words", sa.String(length=240), nullable=False),
        sa.Column("words_en", sa.String(length=320), nullable=True),
        sa.Column("picture", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_shelves_in_order")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_shelves_station_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_shelves_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelves")),
        sa.UniqueConstraint("slug", name=op.f("uq_shelves_slug")),
    )
    op.create_index(op.f("ix_shelves_station_id"), "shelves", ["station_id"])
    op.create_index("ix_shelves_ends_on_starts_on", "shelves", ["ends_on", "starts_on"])
    op.create_table(
        "shelf_goods",
        sa.Column("shelf_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shelf_id"], ["shelves.id"], name=op.f("fk_shelf_goods_shelf_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_shelf_goods_product_id")
        ),
        sa.PrimaryKeyConstraint("shelf_id", "product_id", name=op.f("pk_shelf_goods")),
    )
    op.create_index("ix_shelf_goods_place", "shelf_goods", ["shelf_id", "position"])
    there = sa.text("ready_at IS NOT NULL")
    op.create_index(
        "ix_offers_ready",
        "offers",
        ["listed_at", "product_id"],
        sqlite_where=there,
        postgresql_where=there,
    )
