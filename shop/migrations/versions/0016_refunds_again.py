"""Let a refused refund be tried again, or be given back in cash by two people."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # Written out: a column that brings its own constraint is one statement on both engines.
    for column in (
        "again_of_id INTEGER CONSTRAINT fk_refunds_again_of_id REFERENCES refunds (id)",
        "way VARCHAR(32) DEFAULT 'as_paid' NOT NULL CONSTRAINT ck_refunds_refundway"
        " CHECK (way IN ('as_paid', 'cash'))",
        "asked_by_id INTEGER CONSTRAINT fk_refunds_asked_by_id REFERENCES users (id)",
        "given_by_id INTEGER CONSTRAINT fk_refunds_given_by_id REFERENCES users (id)"
        " CONSTRAINT ck_refunds_two CHECK (given_by_id IS NULL OR given_by_id <> asked_by_id)",
        "proof VARCHAR(80) DEFAULT '' NOT NULL",
    ):
        op.execute(f"ALTER TABLE refunds ADD COLUMN {column}")
    op.create_index("uq_refunds_again_of_id", "refunds", ["again_of_id"], unique=True)
