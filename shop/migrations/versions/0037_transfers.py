"""Keep transfers that staff saw on the bank account, and let refunds go back by bank."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime
from shop.kernel.migrations import change_rules

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

WAYS = ("way IN ('as_paid', 'cash', 'dispute')", "way IN ('as_paid', 'cash', 'bank', 'dispute')")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "transfers_seen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("payer", sa.String(length=100), nullable=False),
        sa.Column("came_on", sa.Date(), nullable=False),
        sa.Column("seen_by_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> seen_by_id",
            name=op.f("ck_transfers_seen_two"),
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR ended_at IS NULL", name=op.f("ck_transfers_seen_one_end")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_transfers_seen_payment_id"
        ),
        sa.ForeignKeyConstraint(["seen_by_id"], ["users.id"], name="fk_transfers_seen_seen_by_id"),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["users.id"], name="fk_transfers_seen_confirmed_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transfers_seen"),
        sa.UniqueConstraint("public_id", name="uq_transfers_seen_public_id"),
        sa.UniqueConstraint("key", name="uq_transfers_seen_key"),
    )
    for column in ("reference", "payment_id"):
        op.create_index(
            f"uq_transfers_seen_{column}",
            "transfers_seen",
            [column],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    change_rules("refunds", {"ck_refunds_refundway": WAYS})
