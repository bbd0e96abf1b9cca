"""Note when a workshop's carrier comes, its slow weeks, and the work behind an ordered piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REASONS = (
    "planting",
    "tea_picking",
    "harvest",
    "visitors",
    "snow",
    "spring_festival",
    "other",
)


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "workshops",
        sa.Column("pickup_weekdays", sa.String(length=7), nullable=False, server_default="14"),
    )
    op.create_table(
        "seasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                *REASONS, name="seasonreason", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("percent >= 0 AND percent < 100", name=op.f("ck_seasons_slower")),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_seasons_has_days")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.id"], name=op.f("fk_seasons_workshop_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seasons")),
        sa.UniqueConstraint("public_id", name=op.f("uq_seasons_public_id")),
    )
    op.create_index("ix_seasons_workshop_id_ends_on", "seasons", ["workshop_id", "ends_on"])
    op.add_column(
        "order_lines",
        sa.Column(
            "making_minutes",
            sa.Integer(),
            sa.CheckConstraint(
                "making_minutes >= 0", name=op.f("ck_order_lines_minutes_not_negative")
            ),
            nullable=False,
            server_default="0",
        ),
    )
    # Parts that are being made now keep their place in the queue.
    op.execute(
        "UPDATE order_lines SET making_minutes = COALESCE((SELECT products.making_minutes"
        " FROM variants JOIN products ON products.id = variants.product_id"
        " WHERE variants.id = order_lines.variant_id), 0)"
        " WHERE fulfillment_id IN (SELECT id FROM fulfillments WHERE state = 'making')"
    )
    making = sa.text("state = 'making'")
    op.create_index(
        "ix_fulfillments_making",
        "fulfillments",
        ["workshop_id"],
        sqlite_where=making,
        postgresql_where=making,
    )
