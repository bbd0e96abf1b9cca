"""Let buyers speak: reviews and their hidings, questions, answers, cards to makers, tallies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What buyers said is never removed, and no answer is rewritten: the database itself refuses.
REFUSED = (("reviews", "DELETE"), ("answers", "UPDATE"), ("answers", "DELETE"))


def upgrade() -> None:
    """Go forward."""
    _create_tables()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, verb in REFUSED:
        name = f"{table}_refuse_{verb.lower()}"
        if is_sqlite:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} stay as they are'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )


def _create_tables() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                "set_aside",
                name="questionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'answered') = (answer IS NOT NULL)", name=op.f("ck_questions_answered")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_questions_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_questions_station_id")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.id"], name=op.f("fk_questions_workshop_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_questions_public_id")),
    )
    op.create_index(
        "ix_questions_answered",
        "questions",
        ["product_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'answered'"),
        postgresql_where=sa.text("state = 'answered'"),
    )
    op.create_index(
        "ix_questions_reachable",
        "questions",
        ["asked_at"],
        unique=False,
        sqlite_where=sa.text("contact IS NOT NULL"),
        postgresql_where=sa.text("contact IS NOT NULL"),
    )
    op.create_index(
        "ix_questions_station", "questions", ["station_id", "state", "id"], unique=False
    )
    op.create_table(
        "tallies",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("two", sa.Integer(), nullable=False),
        sa.Column("three", sa.Integer(), nullable=False),
        sa.Column("four", sa.Integer(), nullable=False),
        sa.Column("five", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Integer(), nullable=False),
        sa.Column("pictured", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "one >= 0 AND two >= 0 AND three >= 0 AND four >= 0 AND five >= 0 AND hidden >= 0 AND pictured >= 0 AND answered >= 0",
            name=op.f("ck_tallies_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_tallies_product_id")
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_tallies")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column(
            "shown_as",
            sa.Enum(
                "masked",
                "nick",
                "anonymous",
                name="shownas",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("shown_name", sa.String(length=20), nullable=False),
        sa.Column("picture_count", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_stars", sa.Integer(), nullable=True),
        sa.Column("first_text", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "hidden_reason",
            sa.Enum(
                "unlawful",
                "personal_data",
                "abuse",
                "other_product",
                "spam",
                name="hidingreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("followed_up_by_id", sa.Integer(), nullable=True),
        sa.Column("follow_up_note", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_reviews_answered")
        ),
        sa.CheckConstraint(
            "(edited_at IS NULL) = (first_stars IS NULL) AND (edited_at IS NULL) = (first_text IS NULL)",
            name=op.f("ck_reviews_first_words_kept"),
        ),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_reviews_stars")),
        sa.ForeignKeyConstraint(
            ["followed_up_by_id"], ["users.id"], name=op.f("fk_reviews_followed_up_by_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_reviews_order_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_reviews_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_reviews_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_reviews_station_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_reviews_variant_id")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.id"], name=op.f("fk_reviews_workshop_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_reviews_order_line_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reviews_public_id")),
    )
    op.create_index("ix_reviews_lowest", "reviews", ["product_id", "stars", "id"], unique=False)
    op.create_index("ix_reviews_newest", "reviews", ["product_id", "id"], unique=False)
    op.create_index("ix_reviews_order_id", "reviews", ["order_id"], unique=False)
    op.create_index(
        "ix_reviews_pictured",
        "reviews",
        ["product_id", "id"],
        unique=False,
        sqlite_where=sa.text("picture_count > 0"),
        postgresql_where=sa.text("picture_count > 0"),
    )
    op.create_index("ix_reviews_station", "reviews", ["station_id", "id"], unique=False)
    op.create_table(
        "thank_yous",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "shown",
                "kept_back",
                name="thanksstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "phrase",
            sa.Enum(
                "fits",
                "hands",
                "gift",
                "mother",
                "again",
                "warm",
                name="phrase",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("text", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(phrase IS NULL) = (text <> '')", name=op.f("ck_thank_yous_phrase_or_words")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_thank_yous_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_thank_yous_member_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_thank_yous_order_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_thank_yous_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_thank_yous_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_thank_yous_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thank_yous")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_thank_yous_order_line_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_thank_yous_public_id")),
    )
    op.create_index(
        "ix_thank_yous_hers",
        "thank_yous",
        ["member_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'shown'"),
        postgresql_where=sa.text("state = 'shown'"),
    )
    op.create_index(op.f("ix_thank_yous_order_id"), "thank_yous", ["order_id"], unique=False)
    op.create_index(
        "ix_thank_yous_station", "thank_yous", ["station_id", "state", "id"], unique=False
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(review_id IS NULL) <> (question_id IS NULL)", name=op.f("ck_answers_one_subject")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_answers_by_id")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_answers_question_id")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_answers_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("question_id", "version", name=op.f("uq_answers_question_id_version")),
        sa.UniqueConstraint("review_id", "version", name=op.f("uq_answers_review_id_version")),
    )
    op.create_table(
        "hidings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "dropped",
                "standing",
                "objected",
                "upheld",
                "lifted",
                name="hidingstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "unlawful",
                "personal_data",
                "abuse",
                "other_product",
                "spam",
                name="hidingreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('standing', 'objected', 'upheld') OR (confirmed_by_id IS NOT NULL AND confirmed_at IS NOT NULL)",
            name=op.f("ck_hidings_confirmed"),
        ),
        sa.CheckConstraint(
            "(objected_at IS NULL) = (answer_due_at IS NULL)", name=op.f("ck_hidings_objection")
        ),
        sa.CheckConstraint("confirmed_by_id <> proposed_by_id", name=op.f("ck_hidings_two_people")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["users.id"], name=op.f("fk_hidings_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_hidings_ended_by_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["users.id"], name=op.f("fk_hidings_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_hidings_review_id")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_hidings_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidings")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hidings_public_id")),
    )
    op.create_index("ix_hidings_review_id", "hidings", ["review_id", "id"], unique=False)
    op.create_index("ix_hidings_station", "hidings", ["station_id", "state"], unique=False)
    op.create_index(
        "uq_hidings_under_way",
        "hidings",
        ["review_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('proposed', 'standing', 'objected', 'upheld')"),
        postgresql_where=sa.text("state IN ('proposed', 'standing', 'objected', 'upheld')"),
    )
    op.add_column(
        "products", sa.Column("rating_sum", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "products", sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False)
    )
