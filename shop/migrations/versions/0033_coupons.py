"""Keep coupons, their uses, and what each line of an order got off from whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

FUNDERS = ("coop", "workshop", "project")


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "carts", sa.Column("coupon_code", sa.String(24), nullable=False, server_default="")
    )
    op.add_column(
        "order_lines",
        sa.Column("discount_minor", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column(
        "order_lines", sa.Column("funder", sa.String(16), nullable=False, server_default="")
    )
    op.create_table(
        "coupons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("title_en", sa.String(80), nullable=True),
        sa.Column("code", sa.String(24), nullable=True),
        sa.Column(
            "funder",
            sa.Enum(*FUNDERS, name="funder", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("project", sa.String(40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("most_off_minor", sa.BigInteger(), nullable=True),
        sa.Column("least_goods_minor", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("is_first_order", sa.Boolean(), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("most_per_buyer", sa.Integer(), nullable=True),
        sa.Column("most_money_minor", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("used_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "open",
                "refused",
                "ended",
                name="couponstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("prepared_by_id", sa.Integer(), nullable=True),
        sa.Column("prepared_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(amount_minor IS NULL) <> (percent IS NULL)", name="ck_coupons_one_value"
        ),
        sa.CheckConstraint("used >= 0 AND used_minor >= 0", name="ck_coupons_counts"),
        sa.CheckConstraint(
            "most_uses IS NULL OR used <= most_uses", name="ck_coupons_uses_within"
        ),
        sa.CheckConstraint(
            "most_money_minor IS NULL OR used_minor <= most_money_minor",
            name="ck_coupons_money_within",
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> prepared_by_id",
            name="ck_coupons_two_people",
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_coupons_station_id_stations"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.id"], name="fk_coupons_workshop_id_workshops"
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"], ["users.id"], name="fk_coupons_prepared_by_id_users"
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["users.id"], name="fk_coupons_approved_by_id_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_coupons"),
        sa.UniqueConstraint("public_id", name="uq_coupons_public_id"),
        sa.UniqueConstraint("code", name="uq_coupons_code"),
    )
    op.create_index("ix_coupons_station_id", "coupons", ["station_id"])
    automatic = sa.text("code IS NULL")
    op.create_index(
        "ix_coupons_automatic",
        "coupons",
        ["state"],
        sqlite_where=automatic,
        postgresql_where=automatic,
    )
    op.create_table(
        "coupon_uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("buyer", sa.String(64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.Column("given_back_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name="ck_coupon_uses_positive"),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["coupons.id"], name="fk_coupon_uses_coupon_id_coupons"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_coupon_uses_order_id_orders"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_uses"),
        sa.UniqueConstraint("order_id", name="uq_coupon_uses_order_id"),
    )
    op.create_index(
        "ix_coupon_uses_coupon_id_buyer", "coupon_uses", ["coupon_id", "buyer"]
    )
