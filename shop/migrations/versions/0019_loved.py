"""Sort by what buyers gave: an offer is as loved as its ratings say."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute(
        "UPDATE offers SET loved = CASE WHEN rating_sum > 3 * rating_count"
        " THEN rating_sum - 3 * rating_count ELSE 0 END"
    )
    op.drop_column("products", "loved")
