"""Keep disputes with their deadline, and the causes of claims without a return."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.migrations import change_rules

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CAUSES = (
    "'no_reason_return', 'faulty', 'lost_in_post', 'cancelled_by_buyer', 'cancelled_by_house',"
    " 'weather', 'late_payment', 'overpaid', 'goodwill', 'imported_return'"
)
MORE_CAUSES = f"{CAUSES}, 'damaged', 'missing', 'wrong_goods', 'dispute_lost'"


def upgrade() -> None:
    """Go forward."""
    # Written out: a column that brings its own constraint is one statement on both engines.
    op.execute(
        "ALTER TABLE payments ADD COLUMN disputed_minor BIGINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_payments_disputed_in_captured CHECK (disputed_minor >= 0 AND"
        " refunded_minor + pending_refund_minor + disputed_minor <= captured_minor)"
    )
    _disputes()
    change_rules(
        "refunds",
        {
            "ck_refunds_refundcause": (f"cause IN ({CAUSES})", f"cause IN ({MORE_CAUSES})"),
            "ck_refunds_refundway": (
                "way IN ('as_paid', 'cash')",
                "way IN ('as_paid', 'cash', 'dispute')",
            ),
        },
    )


def _disputes() -> None:
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    key = "INTEGER NOT NULL" if op.get_bind().dialect.name == "sqlite" else "SERIAL NOT NULL"
    op.execute(
        f"""
        CREATE TABLE disputes (
            id {key},
            public_id VARCHAR(16) NOT NULL,
            provider VARCHAR(16) NOT NULL,
            provider_ref VARCHAR(120) NOT NULL,
            payment_id INTEGER NOT NULL,
            state VARCHAR(32) NOT NULL,
            amount_minor BIGINT NOT NULL,
            claimed_minor BIGINT NOT NULL,
            reason VARCHAR(64) NOT NULL,
            answer_by {moment},
            opened_at {moment} NOT NULL,
            closed_at {moment},
            CONSTRAINT pk_disputes PRIMARY KEY (id),
            CONSTRAINT uq_disputes_public_id UNIQUE (public_id),
            CONSTRAINT uq_disputes_provider_provider_ref UNIQUE (provider, provider_ref),
            CONSTRAINT fk_disputes_payment_id FOREIGN KEY (payment_id) REFERENCES payments (id),
            CONSTRAINT ck_disputes_disputestate
                CHECK (state IN ('needs_answer', 'answered', 'won', 'lost')),
            CONSTRAINT ck_disputes_positive CHECK (amount_minor > 0),
            CONSTRAINT ck_disputes_claimed CHECK (claimed_minor BETWEEN 0 AND amount_minor),
            CONSTRAINT ck_disputes_closed_once
                CHECK ((closed_at IS NOT NULL) = (state IN ('won', 'lost')))
        )
        """
    )
    op.create_index("ix_disputes_payment_id", "disputes", ["payment_id"])
    op.create_index("ix_disputes_state_answer_by", "disputes", ["state", "answer_by"])
