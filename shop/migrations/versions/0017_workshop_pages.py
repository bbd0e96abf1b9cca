"""Let a workshop say when it is open and how to get there; count workshops by place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CODE = sa.String(12).with_variant(sa.String(12, collation="C"), "postgresql")


def upgrade() -> None:
    """Go forward."""
    for name, kind in (("hours", sa.String(200)), ("directions", sa.Text())):
        op.add_column("workshops", sa.Column(name, kind, nullable=False, server_default=""))
        op.add_column("workshops", sa.Column(f"{name}_en", kind, nullable=True))
    op.create_table(
        "workshop_totals",
        sa.Column("code", CODE, nullable=False),
        sa.Column("workshops", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_workshop_totals")),
        sqlite_with_rowid=False,
    )
    for digits in (6, 9, 12):
        op.execute(
            "INSERT INTO workshop_totals (code, workshops)"  # noqa: S608 - our own numbers
            f" SELECT substr(s.code, 1, {digits}), count(*) FROM workshops w"
            " JOIN stations s ON s.id = w.station_id"
            f" WHERE length(s.code) >= {digits} GROUP BY 1"
        )
