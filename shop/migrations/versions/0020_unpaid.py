"""Count unpaid orders by the network they come from, while they are unpaid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("orders", sa.Column("network", sa.String(64), nullable=False, server_default=""))
    some = sa.text("network <> ''")
    op.create_index(
        "ix_orders_network", "orders", ["network"], sqlite_where=some, postgresql_where=some
    )
