"""Let pieces be woven to one buyer's wish: options, cart, contract, work order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.migrations import build_anew, change_rules

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CART_LINES = (
    "CONSTRAINT uq_cart_lines_cart_id_variant_id UNIQUE (cart_id, variant_id)",
    "CONSTRAINT uq_cart_lines_cart_id_variant_id_wish UNIQUE (cart_id, variant_id, wish)",
)
QUALITY = ("quality IN ('first', 'second')", "quality IN ('first', 'second', 'to_wish')")


def upgrade() -> None:
    """Go forward."""
    _options()
    op.add_column(
        "cart_lines", sa.Column("wish", sa.String(600), nullable=False, server_default="")
    )
    _order_lines()
    _work_orders()
    if op.get_bind().dialect.name == "sqlite":
        build_anew("cart_lines", [CART_LINES])
    else:
        op.drop_constraint("uq_cart_lines_cart_id_variant_id", "cart_lines")
        op.create_unique_constraint(
            "uq_cart_lines_cart_id_variant_id_wish", "cart_lines", ["cart_id", "variant_id", "wish"]
        )
    change_rules("variants", {"ck_variants_quality": QUALITY})


def _options() -> None:
    op.create_table(
        "custom_options",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("price_sheet_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(24), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text",
                "measure",
                "choice",
                name="optionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("label_en", sa.String(60), nullable=True),
        sa.Column("value", sa.String(40), nullable=False),
        sa.Column("value_en", sa.String(60), nullable=True),
        sa.Column("most_letters", sa.Integer(), nullable=False),
        sa.Column("least_mm", sa.Integer(), nullable=False),
        sa.Column("most_mm", sa.Integer(), nullable=False),
        sa.Column("step_mm", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("pay_minor", sa.BigInteger(), nullable=False),
        sa.Column("material_minor", sa.BigInteger(), nullable=False),
        sa.Column("workshop_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "price_minor >= pay_minor + material_minor + workshop_minor",
            name=op.f("ck_custom_options_carries_itself"),
        ),
        sa.CheckConstraint(
            "pay_minor >= 0 AND material_minor >= 0 AND workshop_minor >= 0 AND minutes >= 0",
            name=op.f("ck_custom_options_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["price_sheet_id"], ["price_sheets.id"], name=op.f("fk_custom_options_price_sheet_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_options")),
        sa.UniqueConstraint(
            "price_sheet_id", "key", "code", name=op.f("uq_custom_options_price_sheet_id_key_code")
        ),
    )


def _order_lines() -> None:
    # Written out: a column that brings its own constraint is one statement on both engines.
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    for column in (
        "wish TEXT DEFAULT '' NOT NULL",
        "agreed_words TEXT DEFAULT '' NOT NULL",
        f"agreed_at {moment}",
        "agreed_by_id INTEGER CONSTRAINT fk_order_lines_agreed_by_id REFERENCES users (id)",
        "may_come_back BOOLEAN DEFAULT true NOT NULL"
        " CONSTRAINT ck_order_lines_no_return_was_agreed"
        " CHECK (may_come_back OR agreed_at IS NOT NULL)",
    ):
        op.execute(f"ALTER TABLE order_lines ADD COLUMN {column}")
    # Custom-made goods of the past: the order's event says when its buyer agreed.
    agreed = (
        "SELECT MIN(happened_at) FROM events WHERE kind = 'NoReturnAgreed'"
        " AND subject = 'order:' || CAST(order_lines.order_id AS VARCHAR)"
    )
    custom = (
        "SELECT variants.id FROM variants JOIN products ON products.id = variants.product_id"
        " WHERE products.supply = 'custom'"
    )
    op.execute(
        f"UPDATE order_lines SET agreed_at = ({agreed}) WHERE variant_id IN ({custom})"
    )
    op.execute("UPDATE order_lines SET may_come_back = false WHERE agreed_at IS NOT NULL")


def _work_orders() -> None:
    for column in (
        "order_line_id INTEGER"
        " CONSTRAINT fk_work_orders_order_line_id REFERENCES order_lines (id)",
        "wish TEXT DEFAULT '' NOT NULL",
        "extra_pay_minor INTEGER DEFAULT 0 NOT NULL",
        "extra_material_minor INTEGER DEFAULT 0 NOT NULL",
    ):
        op.execute(f"ALTER TABLE work_orders ADD COLUMN {column}")
    op.create_index("ix_work_orders_order_line_id", "work_orders", ["order_line_id"])
