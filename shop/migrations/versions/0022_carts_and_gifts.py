"""Let carts keep what their buyer saw, and orders say that they are presents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("cart_lines", sa.Column("seen_minor", sa.BigInteger(), nullable=True))
    op.add_column(
        "cart_lines",
        sa.Column("seen_seller", sa.String(120), nullable=False, server_default=""),
    )
    op.add_column(
        "order_contacts",
        sa.Column("is_gift", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "order_contacts",
        sa.Column("gift_words", sa.String(60), nullable=False, server_default=""),
    )
