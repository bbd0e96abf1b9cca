"""Let the town confirm pay runs above the limit."""

from __future__ import annotations

from alembic import op

from shop.kernel.migrations import build_anew, change_rules

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

# Written out: a column that brings its own constraint is one statement on both engines.
COLUMNS = (
    "town_limit_minor BIGINT",
    "confirmed_by_id INTEGER CONSTRAINT fk_pay_runs_confirmed_by_id REFERENCES users (id)",
    "confirmed_at {moment}",
    "sent_back VARCHAR(300) DEFAULT '' NOT NULL",
)
TWO = "approved_by_id IS NULL OR approved_by_id <> prepared_by_id"
THREE = "confirmed_by_id IS NULL OR confirmed_by_id NOT IN (prepared_by_id, approved_by_id)"


def upgrade() -> None:
    """Go forward."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    moment = "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
    for column in COLUMNS:
        op.execute(f"ALTER TABLE pay_runs ADD COLUMN {column.format(moment=moment)}")
    change_rules(
        "pay_runs",
        {
            "ck_pay_runs_payrunstate": (
                "state IN ('draft', 'approved', 'paying', 'closed')",
                "state IN ('draft', 'reviewed', 'approved', 'paying', 'closed')",
            )
        },
    )
    if is_sqlite:
        build_anew(
            "pay_runs",
            [(f"CHECK ({TWO})", f"CHECK ({TWO}), CONSTRAINT ck_pay_runs_three CHECK ({THREE})")],
        )
    else:
        op.create_check_constraint(op.f("ck_pay_runs_three"), "pay_runs", THREE)
