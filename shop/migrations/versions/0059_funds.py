"""Keep funded projects, what came in for them and the attendance sheets that they pay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime
from shop.kernel.migrations import change_rules

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


EARNED = (
    "'piece_wage', 'consignment_share', 'instructor_fee', 'assistant_fee', 'reversal', 'back_pay'"
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "funded_projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("title_en", sa.String(80), nullable=True),
        sa.Column("funder", sa.String(80), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("day_rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("workshop_id", "number"),
        sa.CheckConstraint("day_rate_minor > 0", name=op.f("ck_funded_projects_day_rate")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_funded_projects_period")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"]),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"]),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"]),
    )
    op.create_index("ix_funded_projects_station_id", "funded_projects", ["station_id"])
    op.create_table(
        "fund_receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paper", sa.String(60), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("noted_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_fund_receipts_positive")),
        sa.CheckConstraint("withdrawn_by_id <> noted_by_id", name=op.f("ck_fund_receipts_two")),
        sa.ForeignKeyConstraint(["project_id"], ["funded_projects.id"]),
        sa.ForeignKeyConstraint(["noted_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["users.id"]),
    )
    op.create_index("ix_fund_receipts_project_id", "fund_receipts", ["project_id"])
    op.create_table(
        "allowance_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(60), nullable=False),
        sa.Column("day_rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "agreed",
                "refused",
                name="sheetstate",
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
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_allowance_sheets_positive")),
        sa.CheckConstraint(
            "decided_by_id <> proposed_by_id OR state = 'refused'",
            name=op.f("ck_allowance_sheets_two"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["funded_projects.id"]),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"]),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"]),
    )
    op.create_index("ix_allowance_sheets_project_id", "allowance_sheets", ["project_id"])
    op.create_index("ix_allowance_sheets_station_id", "allowance_sheets", ["station_id"])
    op.create_table(
        "allowance_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["sheet_id"], ["allowance_sheets.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"]),
    )
    op.create_index("ix_allowance_days_sheet_id", "allowance_days", ["sheet_id"])
    op.create_index(
        "uq_allowance_days_counting",
        "allowance_days",
        ["member_id", "day"],
        unique=True,
        sqlite_where=sa.text("counts"),
        postgresql_where=sa.text("counts"),
    )
    change_rules(
        "earnings",
        {
            "ck_earnings_earningkind": (
                f"kind IN ({EARNED})",
                f"kind IN ({EARNED}, 'project_allowance')",
            )
        },
    )
