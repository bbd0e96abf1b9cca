"""Keep when a transfer by phone was sent, and when it came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("pay_slips", sa.Column("sent_at", UtcDateTime(), nullable=True))
    op.add_column("pay_slips", sa.Column("returned_at", UtcDateTime(), nullable=True))
