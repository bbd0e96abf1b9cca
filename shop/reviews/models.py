"""Reviews with their hidings, questions, answers of the workshop, cards to makers, and tallies."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime, state_column
from shop.reviews.rules import (
    HidingReason,
    HidingState,
    Phrase,
    QuestionState,
    ShownAs,
    ThanksState,
)


class Review(Base):
    """What one buyer says of one line of her order; changed once at most, never removed.

    ``text`` and ``shown_name`` are as everybody reads them: contact data was masked before it was
    kept. ``answer`` is the newest of its answers; ``hidden_reason`` that of the standing hiding.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        sa.CheckConstraint(
            "(edited_at IS NULL) = (first_stars IS NULL)"
            " AND (edited_at IS NULL) = (first_text IS NULL)",
            name="first_words_kept",
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        sa.Index("ix_reviews_newest", "product_id", "id"),
        sa.Index("ix_reviews_lowest", "product_id", "stars", "id"),
        sa.Index(
            "ix_reviews_pictured",
            "product_id",
            "id",
            sqlite_where=sa.text("picture_count > 0"),
            postgresql_where=sa.text("picture_count > 0"),
        ),
        sa.Index("ix_reviews_station", "station_id", "id"),
        sa.Index("ix_reviews_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_lines.id"), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variants.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    stars: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(sa.Text, default="")
    locale: Mapped[str] = mapped_column(sa.String(16))
    shown_as: Mapped[ShownAs] = mapped_column(state_column(ShownAs))
    shown_name: Mapped[str] = mapped_column(sa.String(20), default="")
    # The pictures that are shown, one packed line each, so that no page asks for them apart.
    pictures: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    picture_count: Mapped[int] = mapped_column(default=0)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_stars: Mapped[int | None] = mapped_column()
    first_text: Mapped[str | None] = mapped_column(sa.Text)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_reason: Mapped[HidingReason | None] = mapped_column(state_column(HidingReason))
    followed_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    followed_up_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    follow_up_note: Mapped[str] = mapped_column(sa.String(200), default="")


class Hiding(Base):
    """One attempt to hide a review: a reason of the closed list, two people, and the objection."""

    __tablename__ = "hidings"
    __table_args__ = (
        sa.CheckConstraint("confirmed_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint(
            "state NOT IN ('standing', 'objected', 'upheld')"
            " OR (confirmed_by_id IS NOT NULL AND confirmed_at IS NOT NULL)",
            name="confirmed",
        ),
        sa.CheckConstraint("(objected_at IS NULL) = (answer_due_at IS NULL)", name="objection"),
        sa.Index("ix_hidings_review_id", "review_id", "id"),
        sa.Index("ix_hidings_station", "station_id", "state"),
        sa.Index(
            "uq_hidings_under_way",
            "review_id",
            unique=True,
            sqlite_where=sa.text("state IN ('proposed', 'standing', 'objected', 'upheld')"),
            postgresql_where=sa.text("state IN ('proposed', 'standing', 'objected', 'upheld')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("reviews.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    state: Mapped[HidingState] = mapped_column(state_column(HidingState))
    reason: Mapped[HidingReason] = mapped_column(state_column(HidingReason))
    note: Mapped[str] = mapped_column(sa.String(200))
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    objection: Mapped[str] = mapped_column(sa.Text, default="")
    objected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str] = mapped_column(sa.Text, default="")


class Question(Base):
    """What somebody wants to know before buying; public once it is answered.

    ``contact`` is a telephone number or a mail address she may leave; never shown, gone 30 days
    after the answer.
    """

    __tablename__ = "questions"
    __table_args__ = (
        sa.CheckConstraint("(state = 'answered') = (answer IS NOT NULL)", name="answered"),
        sa.Index(
            "ix_questions_answered",
            "product_id",
            "id",
            sqlite_where=sa.text("state = 'answered'"),
            postgresql_where=sa.text("state = 'answered'"),
        ),
        sa.Index("ix_questions_station", "station_id", "state", "id"),
        sa.Index(
            "ix_questions_reachable",
            "asked_at",
            sqlite_where=sa.text("contact IS NOT NULL"),
            postgresql_where=sa.text("contact IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("workshops.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    state: Mapped[QuestionState] = mapped_column(state_column(QuestionState))
    text: Mapped[str] = mapped_column(sa.Text)
    locale: Mapped[str] = mapped_column(sa.String(16))
    contact: Mapped[str | None] = mapped_column(sa.String(120))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Answer(Base):
    """One version of what a workshop answered; only ever appended, the highest one is shown."""

    __tablename__ = "answers"
    __table_args__ = (
        sa.CheckConstraint("(review_id IS NULL) <> (question_id IS NULL)", name="one_subject"),
        sa.UniqueConstraint("review_id", "version"),
        sa.UniqueConstraint("question_id", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reviews.id"))
    question_id: Mapped[int | None] = mapped_column(sa.ForeignKey("questions.id"))
    version: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ThankYou(Base):
    """A buyer's card to the maker of what she bought: one a line, read by the maker alone."""

    __tablename__ = "thank_yous"
    __table_args__ = (
        sa.CheckConstraint("(phrase IS NULL) = (text <> '')", name="phrase_or_words"),
        sa.Index(
            "ix_thank_yous_hers",
            "member_id",
            "id",
            sqlite_where=sa.text("state = 'shown'"),
            postgresql_where=sa.text("state = 'shown'"),
        ),
        sa.Index("ix_thank_yous_station", "station_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(16), unique=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_lines.id"), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("members.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"))
    state: Mapped[ThanksState] = mapped_column(state_column(ThanksState))
    phrase: Mapped[Phrase | None] = mapped_column(state_column(Phrase))
    text: Mapped[str] = mapped_column(sa.String(60), default="")
    locale: Mapped[str] = mapped_column(sa.String(16))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Tally(Base):
    """What stands at one product, counted as it happens: no page ever counts rows.

    Every rating counts, also one whose words are hidden: hiding never lifts an average.
    """

    __tablename__ = "tallies"
    __table_args__ = (
        sa.CheckConstraint(
            "one >= 0 AND two >= 0 AND three >= 0 AND four >= 0 AND five >= 0"
            " AND hidden >= 0 AND pictured >= 0 AND answered >= 0",
            name="not_negative",
        ),
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), primary_key=True)
    one: Mapped[int] = mapped_column(default=0)
    two: Mapped[int] = mapped_column(default=0)
    three: Mapped[int] = mapped_column(default=0)
    four: Mapped[int] = mapped_column(default=0)
    five: Mapped[int] = mapped_column(default=0)
    hidden: Mapped[int] = mapped_column(default=0)
    pictured: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
