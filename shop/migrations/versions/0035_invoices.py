"""Keep who asked for an invoice, and what was written for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "invoice_requests",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "personal",
                "company",
                name="titlekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("tax_number", sa.String(18), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("forgotten_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_invoice_requests_order_id_orders"
        ),
        sa.PrimaryKeyConstraint("order_id", name="pk_invoice_requests"),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("written_minor", sa.BigInteger(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=True),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("red_number", sa.String(40), nullable=False),
        sa.Column("red_minor", sa.BigInteger(), nullable=False),
        sa.Column("red_at", UtcDateTime(), nullable=True),
        sa.Column("red_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "written_minor >= 0 AND red_minor >= 0 AND red_minor <= written_minor",
            name="ck_invoices_sums",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["invoice_requests.order_id"],
            name="fk_invoices_order_id_invoice_requests",
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.id"], name="fk_invoices_workshop_id_workshops"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_invoices_station_id_stations"
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["users.id"], name="fk_invoices_written_by_id_users"
        ),
        sa.ForeignKeyConstraint(["red_by_id"], ["users.id"], name="fk_invoices_red_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("public_id", name="uq_invoices_public_id"),
        sa.UniqueConstraint("order_id", "workshop_id", name="uq_invoices_order_id_workshop_id"),
    )
    op.create_index("ix_invoices_station_id", "invoices", ["station_id", "id"])
