"""Keep advances, deductions and corrections, what a slip took of them, and gross beside net."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime
from shop.kernel.migrations import change_rules

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


EARNED = "'piece_wage', 'consignment_share', 'instructor_fee', 'assistant_fee', 'reversal'"


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column(
            "kind",
            _one_of("adjustmentkind", "advance", "tool", "material", "overpayment", "back_pay"),
            nullable=False,
        ),
        sa.Column(
            "state",
            _one_of("adjustmentstate", "proposed", "approved", "standing", "refused"),
            nullable=False,
        ),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("earning_id", sa.Integer(), nullable=True),
        sa.Column("work_order_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("channel", _one_of("paychannel", "bank", "cash", "wechat"), nullable=True),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("paid_by_id", sa.Integer(), nullable=True),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_adjustments"),
        sa.UniqueConstraint("public_id", name="uq_adjustments_public_id"),
        sa.UniqueConstraint("key", name="uq_adjustments_key"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_adjustments_positive")),
        sa.CheckConstraint(
            "left_minor BETWEEN 0 AND amount_minor", name=op.f("ck_adjustments_left")
        ),
        *(
            sa.ForeignKeyConstraint([name], [target], name=f"fk_adjustments_{name}")
            for name, target in (
                ("member_id", "members.id"),
                ("workshop_id", "workshops.id"),
                ("station_id", "stations.id"),
                ("earning_id", "earnings.id"),
                ("work_order_id", "work_orders.id"),
                ("proposed_by_id", "users.id"),
                ("decided_by_id", "users.id"),
                ("paid_by_id", "users.id"),
                ("witness_id", "users.id"),
            )
        ),
    )
    for columns in (["workshop_id", "state"], ["member_id", "id"]):
        op.create_index(f"ix_adjustments_{'_'.join(columns)}", "adjustments", columns)
    for column in ("station_id", "earning_id", "work_order_id"):
        op.create_index(f"ix_adjustments_{column}", "adjustments", [column])
    op.create_table(
        "takings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adjustment_id", sa.Integer(), nullable=False),
        sa.Column("pay_slip_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_takings"),
        sa.UniqueConstraint(
            "pay_slip_id", "adjustment_id", name="uq_takings_pay_slip_id_adjustment_id"
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_takings_positive")),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["adjustments.id"], name="fk_takings_adjustment_id"
        ),
        sa.ForeignKeyConstraint(
            ["pay_slip_id"], ["pay_slips.id"], name="fk_takings_pay_slip_id"
        ),
    )
    op.create_index("ix_takings_adjustment_id", "takings", ["adjustment_id"])
    op.add_column(
        "pay_slips", sa.Column("gross_minor", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(sa.text("UPDATE pay_slips SET gross_minor = amount_minor"))
    change_rules(
        "earnings",
        {"ck_earnings_earningkind": (f"kind IN ({EARNED})", f"kind IN ({EARNED}, 'back_pay')")},
    )
