"""Keep what carriers saw of parcels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "parcel_scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("is_signed", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name="fk_parcel_scans_parcel_id"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_parcel_scans_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_parcel_scans"),
        sa.UniqueConstraint("parcel_id", "at", "words", name="uq_parcel_scans_parcel_id_at_words"),
    )
