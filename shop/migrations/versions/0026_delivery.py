"""Price the way of a parcel by region and weight, and say where it is gathered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "workshops",
        sa.Column("has_delivery_terms", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("fulfillments", sa.Column("dispatch_on", sa.Date(), nullable=True))
    op.add_column(
        "order_contacts",
        sa.Column("place_code", sa.String(12), nullable=False, server_default=""),
    )
    op.create_table(
        "delivery_terms",
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("by_town", sa.Boolean(), nullable=False),
        sa.Column("town_days", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "town_days >= 0 AND town_days <= 14", name="ck_delivery_terms_town_days"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.id"], name="fk_delivery_terms_workshop_id_workshops"
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["users.id"], name="fk_delivery_terms_changed_by_id_users"
        ),
        sa.PrimaryKeyConstraint("workshop_id", name="pk_delivery_terms"),
    )
    op.create_table(
        "delivery_zones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(60), nullable=True),
        sa.Column("regions", sa.String(400), nullable=False),
        sa.Column("first_grams", sa.Integer(), nullable=False),
        sa.Column("first_minor", sa.BigInteger(), nullable=False),
        sa.Column("next_grams", sa.Integer(), nullable=False),
        sa.Column("next_minor", sa.BigInteger(), nullable=False),
        sa.Column("free_from_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "first_grams > 0 AND next_grams > 0 AND first_minor >= 0 AND next_minor >= 0"
            " AND (free_from_minor IS NULL OR free_from_minor > 0)",
            name="ck_delivery_zones_positive",
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"],
            ["delivery_terms.workshop_id"],
            name="fk_delivery_zones_workshop_id_delivery_terms",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_zones"),
        sa.UniqueConstraint("public_id", name="uq_delivery_zones_public_id"),
    )
    op.create_index("ix_delivery_zones_workshop_id", "delivery_zones", ["workshop_id"])
