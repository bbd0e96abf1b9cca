"""Keep messages apart from the ways they go, and addresses apart from both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.kernel.db import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# The first word of an old key -> what it was about.
KINDS = {
    "paid": "paid",
    "expired": "expired",
    "shipped": "shipped",
    "cash": "cash_waits",
    "how": "how_is_it",
    "review-answered": "review_answered",
    "hidden": "review_hidden",
    "hiding-ended": "hiding_ended",
    "question-answered": "question_answered",
}
STATES = (
    "waiting",
    "in_reserve",
    "to_tell",
    "claimed",
    "sent",
    "dead",
    "given_up",
    "told",
    "lapsed",
)
NOTHING_MORE = '{"title": "", "paragraphs": [], "rows": [], "path": "", "action": "", "parts": {}}'


def states(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Go forward."""
    connection = op.get_bind()
    told = connection.execute(sa.text("SELECT * FROM messages ORDER BY id")).mappings().all()
    op.drop_table("messages")
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("is_essential", sa.Boolean(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_messages_station_id_stations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("key", name="uq_messages_key"),
    )
    op.create_index("ix_messages_subject", "messages", ["subject"])
    op.create_table(
        "sendings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("channel", states("channel", "sms", "email", "person"), nullable=False),
        sa.Column("state", states("sendingstate", *STATES), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("tail", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=240), server_default="", nullable=False),
        sa.Column("provider_ref", sa.String(length=120), server_default="", nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_sendings_message_id_messages"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_sendings_station_id_stations"
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["users.id"], name="fk_sendings_ended_by_id_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sendings"),
        sa.UniqueConstraint("message_id", "channel", name="uq_sendings_message_id_channel"),
    )
    due = sa.text("state IN ('waiting', 'claimed')")
    op.create_index(
        "ix_sendings_due",
        "sendings",
        ["urgency", "due_at"],
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_index("ix_sendings_station_id_state", "sendings", ["station_id", "state", "id"])
    op.create_table(
        "sending_addresses",
        sa.Column("sending_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["sending_id"], ["sendings.id"], name="fk_sending_addresses_sending_id_sendings"
        ),
        sa.PrimaryKeyConstraint("sending_id", name="pk_sending_addresses"),
    )
    op.add_column(
        "order_contacts",
        sa.Column("email", sa.String(length=254), server_default="", nullable=False),
    )
    op.add_column(
        "order_contacts",
        sa.Column("told_by", sa.String(length=16), server_default="", nullable=False),
    )
    # What the console twin had "sent" is over; nothing of it leaves now.
    for row in told:
        written_at, sent_at = row["written_at"], row["sent_at"]
        message_id = connection.execute(
            sa.text(
                "INSERT INTO messages (key, kind, subject, locale, short, letter, is_essential,"
                " written_at) VALUES (:key, :kind, :subject, :locale, :short, :letter, :yes,"
                " :written_at) RETURNING id"
            ),
            {
                "key": row["key"],
                "kind": KINDS.get(row["key"].partition(":")[0], "paid"),
                "subject": row["subject"],
                "locale": row["locale"],
                "short": row["text"],
                "letter": NOTHING_MORE,
                "yes": True,
                "written_at": written_at,
            },
        ).scalar_one()
        connection.execute(
            sa.text(
                "INSERT INTO sendings (message_id, channel, state, urgency, tail, tries, due_at,"
                " ended_at, reason) VALUES (:message, 'sms', :state, 2, '', 1, :written_at,"
                " :sent_at, '')"
            ),
            {
                "message": message_id,
                "state": "sent" if row["state"] == "sent" else "lapsed",
                "written_at": written_at,
                "sent_at": sent_at or written_at,
            },
        )
