"""What must hold of what buyers say at all times, asked of the live database."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.catalog.models import Product
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.media import queries as pictures
from shop.media.rules import Subject
from shop.reviews.models import Answer, Hiding, Question, Review, Tally
from shop.reviews.rules import HIDES, STARS, QuestionState

MOST = 100  # findings per check: whoever sees a hundred does not need the next
APPEND_ONLY = ("reviews_refuse_delete", "answers_refuse_update", "answers_refuse_delete")


def tallies_are_their_rows() -> Iterator[Finding]:
    """Yield products whose stored counts are not those of their reviews and questions."""
    counts: dict[int, list[int]] = {}
    by_stars = [
        sa.func.sum(sa.case((Review.stars == stars, 1), else_=0)).label(f"s{stars}")
        for stars in STARS
    ]
    reviewed = sa.select(
        Review.product_id,
        *by_stars,
        sa.func.count(Review.hidden_reason),
        sa.func.sum(sa.case((Review.picture_count > 0, 1), else_=0)),
    ).group_by(Review.product_id)
    for product_id, *found in db.session.execute(reviewed):
        counts[product_id] = [*map(int, found), 0]
    asked = (
        sa.select(Question.product_id, sa.func.count())
        .where(Question.state == QuestionState.ANSWERED)
        .group_by(Question.product_id)
    )
    for product_id, answered in db.session.execute(asked):
        counts.setdefault(product_id, [0] * 8)[7] = answered
    kept = {row.product_id: list(row)[1:] for row in db.session.execute(sa.select(*_TALLY))}
    for product_id in sorted(counts.keys() | kept.keys()):
        said, stored = counts.get(product_id, [0] * 8), kept.get(product_id, [0] * 8)
        if said != stored:
            yield Finding(
                "V1",
                f"product:{product_id}",
                f"stored {stored}, its rows say {said} (one to five stars, hidden, pictured,"
                " questions answered)",
            )


_TALLY = (
    Tally.product_id,
    Tally.one,
    Tally.two,
    Tally.three,
    Tally.four,
    Tally.five,
    Tally.hidden,
    Tally.pictured,
    Tally.answered,
)


def cards_show_the_tally() -> Iterator[Finding]:
    """Yield products whose cards in lists show another rating than their reviews add up to."""
    stars = Tally.one + 2 * Tally.two + 3 * Tally.three + 4 * Tally.four + 5 * Tally.five
    ratings = Tally.one + Tally.two + Tally.three + Tally.four + Tally.five
    rating_sum, rating_count = sa.func.coalesce(stars, 0), sa.func.coalesce(ratings, 0)
    rows = (
        sa.select(Product.id, Product.rating_sum, Product.rating_count, rating_sum, rating_count)
        .outerjoin(Tally, Tally.product_id == Product.id)
        .where(sa.or_(Product.rating_sum != rating_sum, Product.rating_count != rating_count))
        .limit(MOST)
    )
    for product_id, shown_sum, shown_count, said_sum, said_count in db.session.execute(rows):
        yield Finding(
            "V1",
            f"product:{product_id}",
            f"cards show {shown_sum} stars by {shown_count}; counted {said_sum} by {said_count}",
        )


def hidden_ones_have_two_people_and_a_reason() -> Iterator[Finding]:
    """Yield reviews that are hidden without a standing hiding of two people, or the reverse."""
    standing = (
        sa.select(Hiding.review_id, Hiding.reason)
        .where(
            Hiding.state.in_(sorted(HIDES)),
            Hiding.confirmed_at.is_not(None),
            Hiding.confirmed_by_id != Hiding.proposed_by_id,
        )
        .subquery()
    )
    rows = (
        sa.select(Review.id, Review.hidden_reason, standing.c.reason)
        .outerjoin(standing, standing.c.review_id == Review.id)
        .where(
            sa.func.coalesce(Review.hidden_reason, "") != sa.func.coalesce(standing.c.reason, "")
        )
        .limit(MOST)
    )
    for review_id, hidden, reason in db.session.execute(rows):
        yield Finding(
            "V2",
            f"review:{review_id}",
            f"hidden for {hidden or 'nothing'}, two people agreed on {reason or 'nothing'}",
        )


def answers_are_the_last_version() -> Iterator[Finding]:
    """Yield reviews and questions that show another answer than the last one written."""
    for model, subject, kind in (
        (Review, Answer.review_id, "review"),
        (Question, Answer.question_id, "question"),
    ):
        last = (
            sa.select(subject.label("subject"), sa.func.max(Answer.version).label("version"))
            .where(subject.is_not(None))
            .group_by(subject)
            .subquery()
        )
        shown = (
            sa.select(subject.label("subject"), Answer.text)
            .join(last, sa.and_(last.c.subject == subject, last.c.version == Answer.version))
            .subquery()
        )
        rows = (
            sa.select(model.id)
            .outerjoin(shown, shown.c.subject == model.id)
            .where(sa.func.coalesce(model.answer, "") != sa.func.coalesce(shown.c.text, ""))
            .limit(MOST)
        )
        for (row_id,) in db.session.execute(rows):
            yield Finding("V3", f"{kind}:{row_id}", "shows another answer than the last written")


def pictures_are_those_of_the_room() -> Iterator[Finding]:
    """Yield reviews beside which other pictures stand than the picture room shows."""
    shown = pictures.packed_of_all(Subject.REVIEW)
    kept = {
        row.id: (row.pictures.splitlines(), row.picture_count)
        for row in db.session.execute(
            sa.select(Review.id, Review.pictures, Review.picture_count).where(
                sa.or_(Review.pictures != "", Review.picture_count != 0)
            )
        )
    }
    for review_id in sorted(shown.keys() | kept.keys()):
        lines, count = kept.get(review_id, ([], 0))
        if (lines, count) != (shown.get(review_id, []), len(lines)):
            yield Finding(
                "V5",
                f"review:{review_id}",
                f"shows {count} pictures; their room shows others",
            )


def nothing_can_be_deleted() -> Iterator[Finding]:
    """Yield what the database would let somebody delete or rewrite."""
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname AS name FROM pg_trigger WHERE tgenabled <> 'D'"
    triggers = set(db.session.execute(sa.text(query)).scalars())
    for name in APPEND_ONLY:
        if name not in triggers:
            yield Finding("V4", f"trigger:{name}", "is missing: what was said could be removed")


CHECKS: tuple[Check, ...] = (
    Check("V1", "every count of reviews is the sum of its rows", tallies_are_their_rows),
    Check("V1", "every card shows what its reviews add up to", cards_show_the_tally),
    Check(
        "V2",
        "a hidden review has two people and a reason",
        hidden_ones_have_two_people_and_a_reason,
    ),
    Check("V3", "the answer shown is the last one written", answers_are_the_last_version),
    Check("V5", "a review shows the pictures of its room", pictures_are_those_of_the_room),
    Check("V4", "the database refuses to delete what buyers said", nothing_can_be_deleted),
)
