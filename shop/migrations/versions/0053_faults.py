"""Keep which pictured faults an inspector pointed at, and photographs of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.migrations import change_rules

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

SUBJECTS = "'product', 'review', 'workshop', 'member', 'experience', 'claim', 'hand_over'"


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "inspections", sa.Column("faults", sa.String(120), server_default="", nullable=False)
    )
    change_rules(
        "pictures",
        {"ck_pictures_subject": (f"subject IN ({SUBJECTS})", f"subject IN ({SUBJECTS}, 'hand_in')")},
    )
