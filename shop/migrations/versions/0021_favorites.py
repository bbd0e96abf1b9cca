"""Keep favorites and count hearts, and let cards say which product they show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "favorites",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_favorites_user_id_users"),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_favorites_product_id_products"
        ),
        sa.PrimaryKeyConstraint("user_id", "product_id", name="pk_favorites"),
    )
    op.create_index("ix_favorites_newest", "favorites", ["user_id", "kept_at"])
    op.create_table(
        "loves",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_loves_product_id_products"
        ),
        sa.PrimaryKeyConstraint("product_id", "network", name="pk_loves"),
    )
    op.add_column(
        "offers",
        sa.Column("public_id", sa.String(length=16), server_default="", nullable=False),
    )
    op.execute(
        "UPDATE offers SET public_id = "
        "(SELECT p.public_id FROM products p WHERE p.id = offers.product_id)"
    )
    op.add_column("products", sa.Column("hearts", sa.Integer(), server_default="0", nullable=False))
    # A star beyond the middle weighs as ten hearts, and nobody has given any yet.
    op.execute("UPDATE offers SET loved = 10 * loved WHERE loved <> 0")
