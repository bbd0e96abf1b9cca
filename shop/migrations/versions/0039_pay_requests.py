"""Let a member ask for a small sum in the next pay run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "pay_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("pay_run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_pay_requests_member_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_pay_requests_asked_by_id"),
        sa.ForeignKeyConstraint(["pay_run_id"], ["pay_runs.id"], name="fk_pay_requests_pay_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pay_requests"),
    )
    op.create_index(
        "uq_pay_requests_standing",
        "pay_requests",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("pay_run_id IS NULL"),
        postgresql_where=sa.text("pay_run_id IS NULL"),
    )
