"""Keep how a year's surplus is shared, and each member's line of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime
from shop.kernel.migrations import change_rules

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


EARNED = (
    "'piece_wage', 'consignment_share', 'instructor_fee', 'assistant_fee', 'reversal', "
    "'back_pay', 'project_allowance'"
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "year_plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("surplus_minor", sa.BigInteger(), nullable=False),
        sa.Column("old_loss_minor", sa.BigInteger(), nullable=False),
        sa.Column("reserve_percent", sa.Integer(), nullable=False),
        sa.Column("patronage_percent", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "decided",
                "dropped",
                name="yearstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("drawn_up_at", UtcDateTime(), nullable=False),
        sa.Column("drawn_up_by_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("votes_for", sa.Integer(), nullable=True),
        sa.Column("votes_against", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.CheckConstraint(
            "state IN ('draft', 'dropped') OR opened_by_id <> drawn_up_by_id",
            name=op.f("ck_year_plans_two"),
        ),
        sa.CheckConstraint(
            "reserve_percent BETWEEN 0 AND 100 AND patronage_percent BETWEEN 60 AND 100",
            name=op.f("ck_year_plans_percents"),
        ),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"]),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"]),
        sa.ForeignKeyConstraint(["drawn_up_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"]),
    )
    op.create_index("ix_year_plans_station_id", "year_plans", ["station_id"])
    op.create_index(
        "uq_year_plans_standing",
        "year_plans",
        ["workshop_id", "year"],
        unique=True,
        sqlite_where=sa.text("state <> 'dropped'"),
        postgresql_where=sa.text("state <> 'dropped'"),
    )
    op.create_table(
        "year_shares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        *(
            sa.Column(f"{name}_minor", sa.BigInteger(), nullable=False)
            for name in (
                "patronage",
                "capital",
                "reserve",
                "subsidy",
                "refund",
                "share",
                "new_reserve",
            )
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("plan_id", "member_id"),
        sa.ForeignKeyConstraint(["plan_id"], ["year_plans.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"]),
    )
    op.create_index("ix_year_shares_member_id", "year_shares", ["member_id"])
    change_rules(
        "earnings",
        {
            "ck_earnings_earningkind": (
                f"kind IN ({EARNED})",
                f"kind IN ({EARNED}, 'patronage_refund', 'account_share')",
            )
        },
    )
