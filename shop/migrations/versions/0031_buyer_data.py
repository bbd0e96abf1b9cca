"""Let buyers keep addresses, choose messages, prove themselves again and be forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "buyer_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_buyer_addresses_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_buyer_addresses"),
        sa.UniqueConstraint("public_id", name="uq_buyer_addresses_public_id"),
    )
    op.create_index("ix_buyer_addresses_user_id", "buyer_addresses", ["user_id"])
    op.create_index(
        "uq_buyer_addresses_default",
        "buyer_addresses",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "message_refusals",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_message_refusals_user_id"),
        sa.PrimaryKeyConstraint("user_id", "kind", name="pk_message_refusals"),
    )
    op.add_column("users", sa.Column("closed_at", UtcDateTime(), nullable=True))
    op.add_column("sign_ins", sa.Column("proved_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE sign_ins SET proved_at = started_at")
    with op.batch_alter_table("sign_ins") as table:
        table.alter_column("proved_at", existing_type=UtcDateTime(), nullable=False)
