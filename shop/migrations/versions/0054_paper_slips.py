"""Keep the number of the paper slip that a hand-in was written on first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("hand_ins", sa.Column("paper", sa.Integer(), nullable=True))
    op.create_index("ix_hand_ins_station_id_paper", "hand_ins", ["station_id", "paper"], unique=True)
