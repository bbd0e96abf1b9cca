"""Ask staff for a second factor, give them recovery codes, and let two colleagues reset it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "sign_ins",
        sa.Column("is_waiting", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("sign_ins", sa.Column("second_at", UtcDateTime(), nullable=True))
    op.create_table(
        "totp_secrets",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=255), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("fresh", sa.String(length=255), nullable=False),
        sa.Column("fresh_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_totp_secrets_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_totp_secrets"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("user_id", "digest", name="uq_recovery_codes_user_id_digest"),
    )
    op.create_table(
        "factor_resets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "asked_by_id <> user_id AND confirmed_by_id <> user_id"
            " AND confirmed_by_id <> asked_by_id",
            name=op.f("ck_factor_resets_two_others"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_factor_resets_user_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_factor_resets_asked_by_id"),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["users.id"], name="fk_factor_resets_confirmed_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_factor_resets"),
        sa.UniqueConstraint("public_id", name="uq_factor_resets_public_id"),
    )
    op.create_index("ix_factor_resets_user_id", "factor_resets", ["user_id"])
