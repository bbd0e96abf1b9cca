"""Keep answers to programs for a day, and which of them placed an order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "program_orders",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_program_orders_order_id_orders"
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name="fk_program_orders_program_id_programs"
        ),
        sa.PrimaryKeyConstraint("order_id", name="pk_program_orders"),
    )
    op.create_index("ix_program_orders_newest", "program_orders", ["program_id", "order_id"])
    op.create_table(
        "kept_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "working",
                "done",
                "answered",
                name="answerstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kept_answers"),
        sa.UniqueConstraint("caller", "key", name="uq_kept_answers_caller_key"),
        sa.CheckConstraint(
            "(state = 'answered') = (body IS NOT NULL)", name="ck_kept_answers_answered"
        ),
    )
    op.create_index("ix_kept_answers_begun_at", "kept_answers", ["begun_at"])
