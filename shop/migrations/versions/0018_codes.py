"""Give passed pieces the codes of their labels, those of the past too."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
AT_ONCE = 1000


def upgrade() -> None:
    """Go forward."""
    codes = op.create_table(
        "piece_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("hand_in_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("inspector_id", sa.Integer(), nullable=True),
        sa.Column("passed_on", sa.Date(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_piece_codes_positive")),
        sa.ForeignKeyConstraint(
            ["hand_in_id"], ["hand_ins.id"], name=op.f("fk_piece_codes_hand_in_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_piece_codes_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_piece_codes_variant_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_piece_codes_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["users.id"], name=op.f("fk_piece_codes_inspector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_piece_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_piece_codes_code")),
        sa.UniqueConstraint(
            "hand_in_id", "serial", name=op.f("uq_piece_codes_hand_in_id_serial")
        ),
    )
    op.create_index("ix_piece_codes_product_id_id", "piece_codes", ["product_id", "id"])
    _code_the_past(codes)


def _code_the_past(codes: sa.Table) -> None:
    bind = op.get_bind()
    local = "i.inspected_at AT TIME ZONE 'Asia/Shanghai'"
    if bind.dialect.name == "sqlite":
        local = "datetime(i.inspected_at, '+8 hours')"
    passed = bind.execute(
        sa.text(
            "SELECT i.hand_in_id, i.passed, i.inspector_id, h.member_id, w.variant_id,"
            f" v.product_id, date({local}) AS passed_on"
            " FROM inspections i JOIN hand_ins h ON h.id = i.hand_in_id"
            " JOIN work_orders w ON w.id = h.work_order_id"
            " JOIN variants v ON v.id = w.variant_id WHERE i.passed > 0 ORDER BY i.id"
        ).columns(passed_on=sa.Date())
    ).all()
    rows = [
        {
            "code": "".join(secrets.choice(ALPHABET) for _ in range(8)),
            "hand_in_id": row.hand_in_id,
            "product_id": row.product_id,
            "variant_id": row.variant_id,
            "member_id": row.member_id,
            "serial": 1,
            "pieces": row.passed,
            "inspector_id": row.inspector_id,
            "passed_on": row.passed_on,
        }
        for row in passed
    ]
    for start in range(0, len(rows), AT_ONCE):
        op.bulk_insert(codes, rows[start : start + AT_ONCE])
