"""Keep what buyers bring forward after their goods came: returns and claims, step by step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime
from shop.kernel.migrations import change_rules

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

SUBJECTS = "'product', 'review', 'workshop', 'member', 'experience'"
STATES = (
    "asked",
    "sent",
    "arrived",
    "refunded",
    "replaced",
    "refused",
    "raised",
    "upheld",
    "at_town",
    "directed",
    "ended",
    "withdrawn",
)


def _enum(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("fulfillment_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum("claimkind", "return", "damaged", "faulty", "missing", "wrong"),
            nullable=False,
        ),
        sa.Column("state", _enum("claimstate", *STATES), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("tracking", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("answer_by", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("refund_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'refunded' OR refund_id IS NOT NULL", name=op.f("ck_claims_refunded")
        ),
        sa.CheckConstraint("state <> 'sent' OR tracking <> ''", name=op.f("ck_claims_sent")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_claims_order_id"),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillments.id"], name="fk_claims_fulfillment_id"
        ),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name="fk_claims_station_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_claims_decided_by_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_claims_refund_id"),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
        sa.UniqueConstraint("public_id", name="uq_claims_public_id"),
        sa.UniqueConstraint("key", name="uq_claims_key"),
    )
    op.create_index("ix_claims_order_id", "claims", ["order_id"])
    op.create_index(
        "ix_claims_station_id_state", "claims", ["station_id", "state", "answer_by"]
    )
    op.create_table(
        "claim_lines",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_claim_lines_positive")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_claim_lines_claim_id"),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name="fk_claim_lines_order_line_id"
        ),
        sa.PrimaryKeyConstraint("claim_id", "order_line_id", name="pk_claim_lines"),
    )
    op.create_index("ix_claim_lines_order_line_id", "claim_lines", ["order_line_id"])
    op.create_table(
        "claim_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("state", _enum("claimstate", *STATES), nullable=False),
        sa.Column("words", sa.Text(), nullable=False, server_default=""),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_claim_steps_claim_id"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_claim_steps_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_claim_steps"),
    )
    op.create_index("ix_claim_steps_claim_id", "claim_steps", ["claim_id", "id"])
    change_rules(
        "pictures",
        {
            "ck_pictures_subject": (
                f"subject IN ({SUBJECTS})",
                f"subject IN ({SUBJECTS}, 'claim')",
            )
        },
    )
