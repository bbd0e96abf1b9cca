"""Keep what the provider takes for a dispute."""

from __future__ import annotations

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # Written out: a column that brings its own constraint is one statement on both engines.
    op.execute(
        "ALTER TABLE disputes ADD COLUMN fee_minor BIGINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_disputes_fee_not_negative CHECK (fee_minor >= 0)"
    )
