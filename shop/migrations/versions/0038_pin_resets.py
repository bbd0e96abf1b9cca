"""Give a maker's PIN anew with two colleagues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "pin_resets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("witness_id <> asked_by_id", name=op.f("ck_pin_resets_two")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_pin_resets_member_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_pin_resets_asked_by_id"),
        sa.ForeignKeyConstraint(["witness_id"], ["users.id"], name="fk_pin_resets_witness_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pin_resets"),
        sa.UniqueConstraint("public_id", name="uq_pin_resets_public_id"),
    )
    op.create_index("ix_pin_resets_member_id", "pin_resets", ["member_id"])
