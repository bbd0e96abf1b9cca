"""Keep the words of the search index in the row itself, where PostgreSQL reads many rows."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; rows move as they are written anew, which follows on this migration."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE index_goods SET (toast_tuple_target = 8160)")
