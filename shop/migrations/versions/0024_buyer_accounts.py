"""Let buyers have accounts: how they are reached, codes, whose an order is, when a sign-in ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KINDS = ("phone", "email")
PURPOSES = ("sign_in", "confirm_address", "confirm_order", "new_password", "confirm_act")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "buyer_contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", _words("contactkind", KINDS), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("proven_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_buyer_contacts_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_buyer_contacts"),
        sa.UniqueConstraint("kind", "address", name="uq_buyer_contacts_kind_address"),
        sa.UniqueConstraint("user_id", "kind", name="uq_buyer_contacts_user_id_kind"),
    )
    op.create_table(
        "sign_in_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("purpose", _words("codepurpose", PURPOSES), nullable=False),
        sa.Column("kind", _words("contactkind", KINDS), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sign_in_codes_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_codes"),
        sa.UniqueConstraint("public_id", name="uq_sign_in_codes_public_id"),
    )
    op.create_index("ix_sign_in_codes_address", "sign_in_codes", ["address", "asked_at"])
    op.create_index("ix_sign_in_codes_network", "sign_in_codes", ["network", "asked_at"])
    op.create_index("ix_sign_in_codes_asked_at", "sign_in_codes", ["asked_at"])
    op.create_table(
        "order_buyers",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_buyers_order_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_order_buyers_user_id"),
        sa.PrimaryKeyConstraint("order_id", name="pk_order_buyers"),
    )
    op.create_index("ix_order_buyers_user_id", "order_buyers", ["user_id", "order_id"])
    op.create_index("ix_carts_user_id", "carts", ["user_id"])
    # Whoever is signed in while this runs signs in once more.
    op.add_column("sign_ins", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE sign_ins SET expires_at = started_at")
    with op.batch_alter_table("sign_ins") as table:
        table.alter_column("expires_at", existing_type=UtcDateTime(), nullable=False)


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
