"""Let makers object to a verdict."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "appeals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hand_in_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "upheld",
                "kept",
                name="appealstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("said_by_id", sa.Integer(), nullable=True),
        sa.Column("second_to_passed", sa.Integer(), nullable=False),
        sa.Column("rejected_to_passed", sa.Integer(), nullable=False),
        sa.Column("rejected_to_second", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "second_to_passed >= 0 AND rejected_to_passed >= 0 AND rejected_to_second >= 0",
            name=op.f("ck_appeals_counts"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_appeals_decided_once")
        ),
        sa.ForeignKeyConstraint(["hand_in_id"], ["hand_ins.id"], name="fk_appeals_hand_in_id"),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name="fk_appeals_station_id"),
        sa.ForeignKeyConstraint(["said_by_id"], ["users.id"], name="fk_appeals_said_by_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_appeals_decided_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
        sa.UniqueConstraint("hand_in_id", name="uq_appeals_hand_in_id"),
    )
    op.create_index("ix_appeals_station_id_state", "appeals", ["station_id", "state"])
