"""Let a maker look at her sums on a borrowed telephone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "picture_pins",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("pictures", sa.String(length=255), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("failed_tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_picture_pins_member_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_picture_pins"),
        sa.UniqueConstraint("code", name="uq_picture_pins_code"),
    )
