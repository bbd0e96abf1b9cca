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
from shop.kernel.statements import table_of
from shop.media.queries import PictureView, unpacked
from shop.reviews.models import Question, Review, Tally
from shop.reviews.rules import (
    STARS,
    HidingReason,
    QuestionState,
    ShownAs,
    average_tenths,
)

VOICES_SHOWN = 3  # reviews, and questions, on the page of a product
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


# Tables and not their classes: these reads stand on every page of a product, and the object layer
# would cost more than the database.
_reviews = table_of(Review)
_questions = table_of(Question)
_tallies = table_of(Tally)
_variants = table_of(Variant)
_TALLY = (
    _tallies.c.one,
    _tallies.c.two,
    _tallies.c.three,
    _tallies.c.four,
    _tallies.c.five,
    _tallies.c.hidden,
    _tallies.c.pictured,
    _tallies.c.answered,
)
_IS_SHOWN = _reviews.c.hidden_reason.is_(None)
_REVIEW: dict[str, sa.ColumnElement[Any]] = {
    "id": _reviews.c.id,
    "public_id": _reviews.c.public_id,
    "text": sa.case((_IS_SHOWN, _reviews.c.text), else_=""),
    "locale": _reviews.c.locale,
    "said_at": _reviews.c.written_at,
    "answer": sa.case((_IS_SHOWN, _reviews.c.answer)),
    "answered_at": _reviews.c.answered_at,
    "stars": _reviews.c.stars,
    "shown_as": _reviews.c.shown_as,
    "shown_name": sa.case((_IS_SHOWN, _reviews.c.shown_name), else_=""),
    "size": _variants.c.size,
    "color": _variants.c.color,
    "color_en": _variants.c.color_en,
    "edited_at": _reviews.c.edited_at,
    "pictures": sa.case((_IS_SHOWN, _reviews.c.pictures), else_=""),
    "hidden_reason": _reviews.c.hidden_reason,
}
# Written out, as are the limits below: for bound values SQLite plans the statement anew each time,
# which takes four times as long as reading.
_IS_ANSWERED = _questions.c.state == sa.literal_column(f"'{QuestionState.ANSWERED.value}'")
_QUESTION: dict[str, sa.ColumnElement[Any]] = {
    "id": _questions.c.id,
    "public_id": _questions.c.public_id,
    "text": _questions.c.text,
    "locale": _questions.c.locale,
    "said_at": _questions.c.asked_at,
    "answer": _questions.c.answer,
    "answered_at": _questions.c.answered_at,
}


def _selected(columns: Mapping[str, sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
    return [column.label(name) for name, column in columns.items()]


_REVIEWS = sa.select(*_selected(_REVIEW)).join(_variants, _variants.c.id == _reviews.c.variant_id)
_QUESTIONS = sa.select(*_selected(_QUESTION)).where(_IS_ANSWERED)


_SUMMARY = sa.select(*_TALLY).where(_tallies.c.product_id == sa.bindparam("product_id"))


def _voices() -> sa.CompoundSelect[Any]:
    """Return three short reads as one: the tally, the newest reviews, the newest questions.

    A question has no stars and a tally says one line of numbers; their rows have nothing, of the
    same type, in every other place.
    """
    product_id = sa.bindparam("product_id", type_=sa.Integer)
    most = sa.literal_column(f"{VOICES_SHOWN:d}", sa.Integer)
    first = sa.literal_column("0", sa.Integer)

    def part(
        kind: str, columns: Mapping[str, sa.ColumnElement[Any]], *conditions: sa.ColumnElement[bool]
    ) -> sa.Select[Any]:
        filled = {
            name: columns.get(name, sa.cast(sa.null(), column.type))
            for name, column in _REVIEW.items()
        }
        return sa.select(sa.literal(kind).label("kind"), *_selected(filled)).where(*conditions)

    numbers: sa.ColumnElement[str] = sa.cast(_TALLY[0], sa.String)
    for count in _TALLY[1:]:
        numbers = numbers + " " + sa.cast(count, sa.String)
    tally = part("tally", {"text": numbers}, _tallies.c.product_id == product_id)
    reviews = (
        part("review", _REVIEW, _reviews.c.product_id == product_id)
        .join(_variants, _variants.c.id == _reviews.c.variant_id)
        .order_by(_reviews.c.id.desc())
        .limit(most)
        .offset(first)
    )
    questions = (
        part(
            "question",
            _QUESTION,
            _questions.c.product_id == product_id,
            _IS_ANSWERED,
        )
        .order_by(_questions.c.id.desc())
        .limit(most)
        .offset(first)
    )
    return sa.union_all(sa.select(reviews.subquery()), sa.select(questions.subquery()), tally)


_VOICES = _voices()


def voices(product_id: int) -> Voices:
    """Return what the page of a product shows of its buyers, in one statement."""
    rows = db.session.execute(_VOICES, {"product_id": product_id}).all()
    # A union promises no order; six rows are put into theirs in no time.
    said = sorted((row for row in rows if row.kind != "tally"), key=lambda row: -row.id)
    tally = next((row.text for row in rows if row.kind == "tally"), None)
    return Voices(
        summary=NOTHING_SAID if tally is None else _summary(*map(int, tally.split())),
        reviews=tuple(_review_shown(row) for row in said if row.kind == "review"),
        questions=tuple(_question_shown(row) for row in said if row.kind == "question"),
    )


def summary(product_id: int) -> Summary:
    """Return how buyers found a product; nothing said counts as nothing."""
    row = db.session.execute(_SUMMARY, {"product_id": product_id}).one_or_none()
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
    hers = _reviews.c.product_id == product_id
    stars, seen = _place(after, sort)
    if sort is Sort.LOWEST:
        places = _lowest(hers, stars, seen, most + 1)
        query = _REVIEWS.where(_reviews.c.id.in_(places)).order_by(_reviews.c.stars)
    else:
        query = _REVIEWS.where(hers)
        if sort is Sort.PICTURES:
            query = query.where(_reviews.c.picture_count > 0)
        if seen:
            query = query.where(_reviews.c.id < seen)
    rows = db.session.execute(query.order_by(_reviews.c.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    key = None
    if len(rows) > most:
        last = shown[-1]
        key = f"{last.stars}-{last.id}" if sort is Sort.LOWEST else str(last.id)
    return Page(tuple(_review_shown(row) for row in shown), key)


def _place(after: str | None, sort: Sort) -> tuple[int, int]:
    """Return the stars and the id after which to read; zeros at the beginning."""
    if after is None:
        return 0, 0
    if sort is not Sort.LOWEST:
        return 0, key_of(after)
    stars, _, seen = after.partition("-")
    if key_of(stars) not in STARS:
        raise NotFound(what="page")
    return key_of(stars), key_of(seen)


def _lowest(hers: sa.ColumnElement[bool], stars: int, seen: int, most: int) -> sa.Select[Any]:
    """Return the ids of the worst reviews after a place, and of equal ones the newest.

    Each number of stars is read backwards from its end in the index: asked for at once, all
    reviews of the lowest would be read over to find their newest.
    """
    groups = []
    for number in STARS:
        if number < stars:
            continue
        group = sa.select(_reviews.c.id, _reviews.c.stars).where(hers, _reviews.c.stars == number)
        if number == stars:
            group = group.where(_reviews.c.id < seen)
        groups.append(sa.select(group.order_by(_reviews.c.id.desc()).limit(most).subquery()))
    found = sa.union_all(*groups).subquery()
    return sa.select(found.c.id).order_by(found.c.stars, found.c.id.desc()).limit(most)


def questions(
    product_id: int, *, after: str | None = None, most: int = QUESTIONS_A_PAGE
) -> Page[QuestionShown]:
    """Return one page of the answered questions of a product, the newest first.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    query = _QUESTIONS.where(_questions.c.product_id == product_id)
    if after is not None:
        query = query.where(_questions.c.id < key_of(after))
    rows = db.session.execute(query.order_by(_questions.c.id.desc()).limit(most + 1)).all()
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
