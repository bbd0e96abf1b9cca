"""Keep members' bank accounts, their numbers sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "payee_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("bank", sa.String(60), nullable=False),
        sa.Column("number", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tail", sa.String(4), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("relation", sa.String(60), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "standing",
                "refused",
                "ended",
                name="payeestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint(
            "state IN ('proposed', 'refused') OR decided_by_id <> proposed_by_id",
            name=op.f("ck_payee_accounts_two"),
        ),
        sa.CheckConstraint(
            "is_own OR (relation <> '' AND witness_id IS NOT NULL)",
            name=op.f("ck_payee_accounts_another_name"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"]),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"]),
        sa.ForeignKeyConstraint(["witness_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"]),
    )
    op.create_index("ix_payee_accounts_member_id", "payee_accounts", ["member_id"])
    op.create_index("ix_payee_accounts_digest", "payee_accounts", ["digest"])
    op.create_index(
        "ix_payee_accounts_station_id_state", "payee_accounts", ["station_id", "state"]
    )
    op.create_index(
        "uq_payee_accounts_standing",
        "payee_accounts",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("state = 'standing'"),
        postgresql_where=sa.text("state = 'standing'"),
    )
