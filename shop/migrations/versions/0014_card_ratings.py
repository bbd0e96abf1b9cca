"""Let the cards of lists carry what buyers gave a product."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    for name in ("rating_sum", "rating_count"):
        op.add_column("offers", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
        op.execute(
            f"UPDATE offers SET {name} = "
            f"(SELECT p.{name} FROM products p WHERE p.id = offers.product_id)"
        )
