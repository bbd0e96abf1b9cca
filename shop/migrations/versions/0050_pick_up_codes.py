"""Give what is fetched a code, and let photographs of hand-overs be kept."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from shop.kernel.migrations import change_rules

revision = "0050"
down_revision = "0043"
branch_labels = None
depends_on = None

SUBJECTS = "'product', 'review', 'workshop', 'member', 'experience', 'claim'"
# Without look-alikes, as ``kernel.ids`` draws them.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
WAITING = (
    "SELECT id FROM fulfillments WHERE handover = 'pick_up'"
    " AND state IN ('placed', 'making', 'packed')"
)


def upgrade() -> None:
    """Go forward."""
    op.add_column("fulfillments", sa.Column("pick_up_code", sa.String(length=8), nullable=True))
    op.create_index(
        "uq_fulfillments_pick_up_code",
        "fulfillments",
        ["pick_up_code"],
        unique=True,
        sqlite_where=sa.text("pick_up_code IS NOT NULL"),
        postgresql_where=sa.text("pick_up_code IS NOT NULL"),
    )
    bind = op.get_bind()
    for part_id in bind.execute(sa.text(WAITING)).scalars().all():
        code = "".join(secrets.choice(LETTERS) for _ in range(8))
        bind.execute(
            sa.text("UPDATE fulfillments SET pick_up_code = :code WHERE id = :part"),
            {"code": code, "part": part_id},
        )
    change_rules(
        "pictures",
        {
            "ck_pictures_subject": (
                f"subject IN ({SUBJECTS})",
                f"subject IN ({SUBJECTS}, 'hand_over')",
            )
        },
    )
