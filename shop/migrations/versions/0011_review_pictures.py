"""Keep the pictures of a review beside its words, as pages show them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "reviews", sa.Column("pictures", sa.Text(), server_default="", nullable=False)
    )
