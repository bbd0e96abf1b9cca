"""What everybody reads: the summary of a product, its reviews and its answered questions.

What is hidden leaves here without its words: no page can show them by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Variant
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.paging import Page, key_of
from shop.media.queries import PictureView, unpacked
from shop.reviews.models import Question, Review, Tally
from shop.reviews.rules import (
    STARS,
    HidingReason,
    QuestionState,
    ShownAs,
    average_tenths,
)

REVIEWS_A_PAGE = 10
QUESTIONS_A_PAGE = 20


class Sort(StrEnum):
    """In which order reviews are read; with pictures means only those."""

    NEWEST = "newest"
    LOWEST = "lowest"
    PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Summary:
    """How buyers found a product, with the number that rests on.

    by_stars    how many gave each, five stars first.
    hidden      of how many the words are hidden; their stars count.
    """

    by_stars: tuple[tuple[int, int], ...]
    hidden: int
    pictured: int
    questions: int

    @property
    def count(self) -> int:
        """Return how many buyers rated it."""
        return sum(count for _, count in self.by_stars)

    @property
    def average(self) -> str | None:
        """Return the average to a tenth such as ``4.7``; None below three ratings."""
        tenths = average_tenths(sum(s * count for s, count in self.by_stars), self.count)
        return None if tenths is None else f"{tenths // 10}.{tenths % 10}"

    @property
    def rated(self) -> tuple[float, int] | None:
        """Return average and count for machines; None where the page shows people none either."""
        return None if self.average is None else (float(self.average), self.count)


NOTHING_SAID = Summary(tuple((stars, 0) for stars in reversed(STARS)), 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One review as everybody reads it; of a hidden one only its stars, its day and the reason."""

    public_id: str
    stars: int
    text: str
    locale: str
    shown_as: ShownAs
    shown_name: str
    size: str
    color: str
    color_en: str | None
    written_at: datetime
    edited_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    hidden_reason: HidingReason | None
    pictures: tuple[PictureView, ...]


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """One question with its answer."""

    public_id: str
    text: str
    locale: str
    asked_at: datetime
    answer: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Voices:
    """What a product's page shows of its buyers: the summary and the newest of both kinds."""

    summary: Summary
    reviews: tuple[ReviewShown, ...]
    questions: tuple[QuestionShown, ...]


_TALLY = (
    Tally.one,
    Tally.two,
    Tally.three,
    Tally.four,
    Tally.five,
    Tally.hidden,
    Tally.pictured,
    Tally.answered,
)
_IS_SHOWN = Review.hidden_reason.is_(None)
_REVIEW: dict[str, sa.ColumnElement[Any]] = {
    "id": Review.id.expression,
    "public_id": Review.public_id.expression,
    "text": sa.case((_IS_SHOWN, Review.text), else_=""),
    "locale": Review.locale.expression,
    "said_at": Review.written_at.expression,
    "answer": sa.case((_IS_SHOWN, Review.answer)),
    "answered_at": Review.answered_at.expression,
    "stars": Review.stars.expression,
    "shown_as": Review.shown_as.expression,
    "shown_name": sa.case((_IS_SHOWN, Review.shown_name), else_=""),
    "size": Variant.size.expression,
    "color": Variant.color.expression,
    "color_en": Variant.color_en.expression,
    "edited_at": Review.edited_at.expression,
    "pictures": sa.case((_IS_SHOWN, Review.pictures), else_=""),
    "hidden_reason": Review.hidden_reason.expression,
}
_QUESTION: dict[str, sa.ColumnElement[Any]] = {
    "id": Question.id.expression,
    "public_id": Question.public_id.expression,
    "text": Question.text.expression,
    "locale": Question.locale.expression,
    "said_at": Question.asked_at.expression,
    "answer": Question.answer.expression,
    "answered_at": Question.answered_at.expression,
}


def _selected(columns: Mapping[str, sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
    return [column.label(name) for name, column in columns.items()]


_REVIEWS = sa.select(*_selected(_REVIEW)).join(Variant, Variant.id == Review.variant_id)
_QUESTIONS = sa.select(*_selected(_QUESTION)).where(Question.state == QuestionState.ANSWERED)


def _voices() -> sa.Select[Any]:
    """Return one read for the tally with the newest reviews and questions beside it."""
    product_id = sa.bindparam("product_id", type_=sa.Integer)
    most = sa.bindparam("most", type_=sa.Integer)
    reviews = (
        _REVIEWS.add_columns(sa.literal("review").label("kind"))
        .where(Review.product_id == product_id)
        .order_by(Review.id.desc())
        .limit(most)
        .subquery()
    )
    # A question has no stars: its row says nothing in their place, in the same type.
    no_stars = {
        name: sa.cast(sa.null(), column.type)
        for name, column in _REVIEW.items()
        if name not in _QUESTION
    }
    questions = (
        sa.select(*_selected(_QUESTION), *_selected(no_stars), sa.literal("question").label("kind"))
        .where(Question.product_id == product_id, Question.state == QuestionState.ANSWERED)
        .order_by(Question.id.desc())
        .limit(most)
        .subquery()
    )
    said = sa.union_all(sa.select(reviews), sa.select(questions)).subquery()
    # Whatever is public has its tally, so no tally means nothing to show.
    return (
        sa.select(*_TALLY, *said.c)
        .join_from(Tally, said, sa.true(), isouter=True)
        .where(Tally.product_id == product_id)
        .order_by(said.c.kind, said.c.id.desc())
    )


_VOICES = _voices()


def voices(product_id: int, *, most: int = 3) -> Voices:
    """Return what the page of a product shows of its buyers, in one statement.

    most    reviews, and questions, at most.
    """
    rows = db.session.execute(_VOICES, {"product_id": product_id, "most": most}).all()
    return Voices(
        summary=_summary(*rows[0][: len(_TALLY)]) if rows else NOTHING_SAID,
        reviews=tuple(_review_shown(row) for row in rows if row.kind == "review"),
        questions=tuple(_question_shown(row) for row in rows if row.kind == "question"),
    )


def summary(product_id: int) -> Summary:
    """Return how buyers found a product; nothing said counts as nothing."""
    row = db.session.execute(sa.select(*_TALLY).where(Tally.product_id == product_id)).one_or_none()
    return NOTHING_SAID if row is None else _summary(*row)


def _summary(*counts: int) -> Summary:
    stars, (hidden, pictured, questions) = counts[:5], counts[5:]
    by_stars = tuple(zip(reversed(STARS), reversed(stars), strict=True))
    return Summary(by_stars, hidden, pictured, questions)


def reviews(
    product_id: int,
    *,
    sort: Sort = Sort.NEWEST,
    after: str | None = None,
    most: int = REVIEWS_A_PAGE,
) -> Page[ReviewShown]:
    """Return one page of the reviews of a product, hidden ones in their place.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    query = _REVIEWS.where(Review.product_id == product_id)
    if sort is Sort.PICTURES:
        query = query.where(Review.picture_count > 0)
    if sort is Sort.LOWEST:
        query = query.order_by(Review.stars, Review.id.desc())
    else:
        query = query.order_by(Review.id.desc())
    if after is not None:
        stars, seen = _place(after, sort)
        before = Review.id < seen
        if stars:
            same = sa.and_(Review.stars == stars, before)
            before = sa.and_(Review.stars >= stars, sa.or_(Review.stars > stars, same))
        query = query.where(before)
    rows = db.session.execute(query.limit(most + 1)).all()
    shown = rows[:most]
    key = None
    if len(rows) > most:
        last = shown[-1]
        key = f"{last.stars}-{last.id}" if sort is Sort.LOWEST else str(last.id)
    return Page(tuple(_review_shown(row) for row in shown), key)


def _place(after: str, sort: Sort) -> tuple[int, int]:
    if sort is not Sort.LOWEST:
        return 0, key_of(after)
    stars, _, seen = after.partition("-")
    if key_of(stars) not in STARS:
        raise NotFound(what="page")
    return key_of(stars), key_of(seen)


def questions(
    product_id: int, *, after: str | None = None, most: int = QUESTIONS_A_PAGE
) -> Page[QuestionShown]:
    """Return one page of the answered questions of a product, the newest first.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    query = _QUESTIONS.where(Question.product_id == product_id)
    if after is not None:
        query = query.where(Question.id < key_of(after))
    rows = db.session.execute(query.order_by(Question.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    return Page(
        tuple(_question_shown(row) for row in shown),
        str(shown[-1].id) if len(rows) > most else None,
    )


def _review_shown(row: Any) -> ReviewShown:
    return ReviewShown(
        public_id=row.public_id,
        stars=row.stars,
        text=row.text,
        locale=row.locale,
        shown_as=row.shown_as,
        shown_name=row.shown_name,
        size=row.size,
        color=row.color,
        color_en=row.color_en,
        written_at=row.said_at,
        edited_at=row.edited_at,
        answer=row.answer,
        answered_at=row.answered_at,
        hidden_reason=row.hidden_reason,
        pictures=tuple(unpacked(line, None, None) for line in row.pictures.split("\n") if line),
    )


def _question_shown(row: Any) -> QuestionShown:
    return QuestionShown(
        public_id=row.public_id,
        text=row.text,
        locale=row.locale,
        asked_at=row.said_at,
        answer=row.answer,
        answered_at=row.answered_at,
    )
