"""Say more of a piece: that there is only one, how large it is, and where it once stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "products",
        sa.Column("is_one_of_a_kind", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for name in ("length_mm", "width_mm", "height_mm", "weight_g"):
        op.add_column("products", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "retired_slugs",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_retired_slugs_product_id")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_retired_slugs")),
    )
    op.create_index("ix_retired_slugs_product_id", "retired_slugs", ["product_id"])
