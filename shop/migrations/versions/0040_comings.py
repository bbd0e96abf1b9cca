"""Let makers say when they bring their pieces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "comings",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("half", sa.String(length=16), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("said_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_comings_member_id"),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name="fk_comings_station_id"),
        sa.ForeignKeyConstraint(["said_by_id"], ["users.id"], name="fk_comings_said_by_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_comings"),
    )
    op.create_index("ix_comings_station_id_on_day", "comings", ["station_id", "on_day"])
