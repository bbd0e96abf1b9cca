"""Count pieces that left one by one, and keep the parcels in which they travel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime
from shop.kernel.migrations import build_anew

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

STATES = ("to_town", "at_town", "sent", "received", "came_back", "opened")
RULES = {
    "order_lines": {
        "ck_order_lines_left_once": "sent >= 0 AND cancelled >= 0 AND sent + cancelled <= quantity",
        "ck_order_lines_back_from_where_it_was": (
            "cancelled <= returned AND returned <= sent + cancelled"
        ),
    },
    "returns": {"ck_returns_cancelled_of_them": "cancelled >= 0 AND cancelled <= quantity"},
}


def upgrade() -> None:
    """Go forward."""
    for table, column in (
        ("order_lines", "sent"),
        ("order_lines", "cancelled"),
        ("returns", "cancelled"),
    ):
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
    _count_the_past()
    for table, rules in RULES.items():
        _add_rules(table, rules)
    _parcels()
    _write_past_parcels()
    op.drop_column("fulfillments", "carrier")
    op.drop_column("fulfillments", "tracking")


def _count_the_past() -> None:
    # Until now a part left as a whole: what was given back before that moment had not left.
    op.execute(
        "UPDATE returns SET cancelled = quantity WHERE EXISTS (SELECT 1 FROM order_lines l"
        " JOIN fulfillments f ON f.id = l.fulfillment_id WHERE l.id = returns.order_line_id"
        " AND (f.shipped_at IS NULL OR returns.asked_at < f.shipped_at))"
    )
    op.execute(
        "UPDATE order_lines SET cancelled = (SELECT COALESCE(SUM(r.cancelled), 0) FROM returns r"
        " WHERE r.order_id = order_lines.order_id AND r.order_line_id = order_lines.id)"
        " WHERE returned > 0"
    )
    op.execute(
        "UPDATE order_lines SET sent = quantity - cancelled WHERE EXISTS (SELECT 1"
        " FROM fulfillments f WHERE f.id = order_lines.fulfillment_id"
        " AND f.shipped_at IS NOT NULL)"
    )


def _add_rules(table: str, rules: dict[str, str]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        first = f"CONSTRAINT ck_{table}_positive CHECK (quantity > 0)"
        more = "".join(f", CONSTRAINT {name} CHECK ({rule})" for name, rule in rules.items())
        build_anew(table, [(first, first + more)])
        return
    for name, rule in rules.items():
        op.create_check_constraint(op.f(name), table, rule)


def _parcels() -> None:
    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("fulfillment_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *STATES, name="parcelstate", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("tracking", sa.String(length=60), nullable=False),
        sa.Column("packed_at", UtcDateTime(), nullable=False),
        sa.Column("at_town_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("position > 0", name=op.f("ck_parcels_position")),
        sa.CheckConstraint(
            "(sent_at IS NULL) = (state IN ('to_town', 'at_town', 'opened'))",
            name=op.f("ck_parcels_sent"),
        ),
        sa.CheckConstraint(
            "sent_at IS NULL OR tracking <> ''", name=op.f("ck_parcels_followed_by_its_number")
        ),
        sa.CheckConstraint(
            "(received_at IS NOT NULL) = (state = 'received')", name=op.f("ck_parcels_received")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillments.id"], name="fk_parcels_fulfillment_id"
        ),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name="fk_parcels_station_id"),
        sa.PrimaryKeyConstraint("id", name="pk_parcels"),
        sa.UniqueConstraint(
            "fulfillment_id", "position", name="uq_parcels_fulfillment_id_position"
        ),
        sa.UniqueConstraint("public_id", name="uq_parcels_public_id"),
        sa.UniqueConstraint("key", name="uq_parcels_key"),
    )
    op.create_index("ix_parcels_station_id_state", "parcels", ["station_id", "state", "id"])
    op.create_index(
        "ix_parcels_under_way",
        "parcels",
        ["sent_at"],
        sqlite_where=sa.text("state = 'sent'"),
        postgresql_where=sa.text("state = 'sent'"),
    )
    op.create_table(
        "parcel_lines",
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_parcel_lines_positive")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name="fk_parcel_lines_parcel_id"),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name="fk_parcel_lines_order_line_id"
        ),
        sa.PrimaryKeyConstraint("parcel_id", "order_line_id", name="pk_parcel_lines"),
    )
    op.create_index("ix_parcel_lines_order_line_id", "parcel_lines", ["order_line_id"])


def _write_past_parcels() -> None:
    # One parcel for each part that left with a carrier, under the letters of its part.
    op.execute(
        "INSERT INTO parcels (public_id, key, fulfillment_id, station_id, position, state, carrier,"
        " tracking, packed_at, sent_at, received_at)"
        " SELECT 'par' || substr(public_id, 4), 'past:' || id, id, station_id, 1,"
        " CASE WHEN received_at IS NULL THEN 'sent' ELSE 'received' END, carrier, tracking,"
        " shipped_at, shipped_at, received_at"
        " FROM fulfillments WHERE tracking <> '' AND shipped_at IS NOT NULL"
    )
    op.execute(
        "INSERT INTO parcel_lines (parcel_id, order_line_id, quantity)"
        " SELECT p.id, l.id, l.sent FROM parcels p"
        " JOIN order_lines l ON l.fulfillment_id = p.fulfillment_id WHERE l.sent > 0"
    )
