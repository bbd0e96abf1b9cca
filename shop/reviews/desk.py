"""What staff read: waiting questions, reviews with their hidings, cards to look at, objections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Product, Variant
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.paging import Page, key_of
from shop.reviews.models import Answer, Hiding, Question, Review, ThankYou
from shop.reviews.rules import (
    LOW_STARS,
    UNDER_WAY,
    HidingReason,
    HidingState,
    Phrase,
    QuestionState,
    ShownAs,
    ThanksState,
)
from shop.stations import queries as stations
from shop.stations.models import Member

A_PAGE = 30


class Shelf(StrEnum):
    """Which reviews a list shows."""

    ALL = "all"
    UNHAPPY = "unhappy"
    UNANSWERED = "unanswered"
    PROPOSED = "proposed"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as staff see it; of the contact only whether there is one."""

    public_id: str
    state: QuestionState
    text: str
    locale: str
    has_contact: bool
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    product_title: str
    product_title_en: str | None
    product_slug: str


@dataclass(frozen=True, slots=True)
class HidingRow:
    """One hiding with its people, as staff and the town read it."""

    public_id: str
    state: HidingState
    reason: HidingReason
    note: str
    proposed_by_id: int
    proposed_at: datetime
    confirmed_by_id: int | None
    confirmed_at: datetime | None
    objection: str
    objected_at: datetime | None
    answer_due_at: datetime | None
    ended_by_id: int | None
    ended_at: datetime | None
    ending: str

    @property
    def people(self) -> set[int | None]:
        """Return who had a hand in it."""
        return {self.proposed_by_id, self.confirmed_by_id, self.ended_by_id}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review as staff see it, with all its words."""

    review_id: int
    public_id: str
    order_id: int
    station_id: int
    stars: int
    text: str
    locale: str
    shown_as: ShownAs
    shown_name: str
    written_at: datetime
    edited_at: datetime | None
    first_stars: int | None
    first_text: str | None
    answer: str | None
    answered_at: datetime | None
    hidden_reason: HidingReason | None
    followed_up_at: datetime | None
    followed_up_by_id: int | None
    follow_up_note: str
    size: str
    color: str
    color_en: str | None
    product_title: str
    product_title_en: str | None
    product_slug: str

    @property
    def needs_follow_up(self) -> bool:
        """Say whether somebody still has to ring this buyer."""
        return self.stars <= LOW_STARS and self.followed_up_at is None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One version of an answer."""

    version: int
    text: str
    by_id: int | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card to a maker, as whoever reads it first or reads it out sees it."""

    public_id: str
    phrase: Phrase | None
    text: str
    locale: str
    written_at: datetime
    member_id: int
    product_title: str
    product_title_en: str | None


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """A hiding that its buyer asked the town to look at, with the words it is about."""

    hiding: HidingRow
    stars: int
    text: str
    locale: str
    station_id: int
    product_title: str
    product_title_en: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of what buyers say waits for somebody, and since when the oldest question does."""

    questions: int
    oldest_question_at: datetime | None
    unhappy: int
    proposals: int
    cards: int


_QUESTION = (
    Question.id,
    Question.public_id,
    Question.state,
    Question.text,
    Question.locale,
    Question.contact.is_not(None).label("has_contact"),
    Question.asked_at,
    Question.answer,
    Question.answered_at,
    Product.title,
    Product.title_en,
    Product.slug,
)
_REVIEW = (
    Review.id,
    Review.public_id,
    Review.order_id,
    Review.station_id,
    Review.stars,
    Review.text,
    Review.locale,
    Review.shown_as,
    Review.shown_name,
    Review.written_at,
    Review.edited_at,
    Review.first_stars,
    Review.first_text,
    Review.answer,
    Review.answered_at,
    Review.hidden_reason,
    Review.followed_up_at,
    Review.followed_up_by_id,
    Review.follow_up_note,
    Variant.size,
    Variant.color,
    Variant.color_en,
    Product.title,
    Product.title_en,
    Product.slug,
)
_HIDING = (
    Hiding.public_id,
    Hiding.state,
    Hiding.reason,
    Hiding.note,
    Hiding.proposed_by_id,
    Hiding.proposed_at,
    Hiding.confirmed_by_id,
    Hiding.confirmed_at,
    Hiding.objection,
    Hiding.objected_at,
    Hiding.answer_due_at,
    Hiding.ended_by_id,
    Hiding.ended_at,
    Hiding.ending,
)
_CARD = (
    ThankYou.id,
    ThankYou.public_id,
    ThankYou.phrase,
    ThankYou.text,
    ThankYou.locale,
    ThankYou.written_at,
    ThankYou.member_id,
    Product.title,
    Product.title_en,
)
_IS_UNHAPPY = sa.and_(Review.stars <= LOW_STARS, Review.followed_up_at.is_(None))


def questions(
    scope: Scope, *, state: QuestionState = QuestionState.OPEN, after: str | None = None
) -> Page[QuestionRow]:
    """Return the questions in a reader's reach: open ones oldest first, others newest first.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    is_open = state is QuestionState.OPEN
    query = (
        sa.select(*_QUESTION)
        .join(Product, Product.id == Question.product_id)
        .where(stations.in_scope(scope, Question.station_id), Question.state == state)
        .order_by(Question.id if is_open else Question.id.desc())
        .limit(A_PAGE + 1)
    )
    if after is not None:
        seen = key_of(after)
        query = query.where(Question.id > seen if is_open else Question.id < seen)
    rows = _all(query)
    return Page(tuple(QuestionRow(*row[1:]) for row in rows[:A_PAGE]), _key(rows))


def question(public_id: str, scope: Scope) -> QuestionRow:
    """Return one question. Raises NotFound, also outside the scope."""
    rows = _all(
        sa.select(*_QUESTION)
        .join(Product, Product.id == Question.product_id)
        .where(Question.public_id == public_id, stations.in_scope(scope, Question.station_id))
    )
    if not rows:
        raise NotFound(what=public_id)
    return QuestionRow(*rows[0][1:])


def _all(query: sa.Executable) -> Sequence[Any]:
    return db.session.execute(query).all()


def _key(rows: Sequence[Any]) -> str | None:
    return str(rows[A_PAGE - 1].id) if len(rows) > A_PAGE else None


def reviews(scope: Scope, *, shelf: Shelf = Shelf.ALL, after: str | None = None) -> Page[ReviewRow]:
    """Return the reviews in a reader's reach, the newest first.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    query = (
        sa.select(*_REVIEW)
        .join(Product, Product.id == Review.product_id)
        .join(Variant, Variant.id == Review.variant_id)
        .where(stations.in_scope(scope, Review.station_id), *_on(shelf))
        .order_by(Review.id.desc())
        .limit(A_PAGE + 1)
    )
    if after is not None:
        query = query.where(Review.id < key_of(after))
    rows = _all(query)
    return Page(tuple(ReviewRow(*row) for row in rows[:A_PAGE]), _key(rows))


def _on(shelf: Shelf) -> tuple[sa.ColumnElement[bool], ...]:
    if shelf is Shelf.UNHAPPY:
        return (_IS_UNHAPPY,)
    if shelf is Shelf.UNANSWERED:
        return (Review.answer.is_(None), Review.hidden_reason.is_(None))
    if shelf is Shelf.HIDDEN:
        return (Review.hidden_reason.is_not(None),)
    if shelf is Shelf.PROPOSED:
        return (
            sa.exists().where(Hiding.review_id == Review.id, Hiding.state == HidingState.PROPOSED),
        )
    return ()


def review(public_id: str, scope: Scope) -> ReviewRow:
    """Return one review. Raises NotFound, also outside the scope."""
    rows = _all(
        sa.select(*_REVIEW)
        .join(Product, Product.id == Review.product_id)
        .join(Variant, Variant.id == Review.variant_id)
        .where(Review.public_id == public_id, stations.in_scope(scope, Review.station_id))
    )
    if not rows:
        raise NotFound(what=public_id)
    return ReviewRow(*rows[0])


def hidings_of(review_id: int) -> list[HidingRow]:
    """Return every attempt to hide a review, the newest first."""
    rows = _all(sa.select(*_HIDING).where(Hiding.review_id == review_id).order_by(Hiding.id.desc()))
    return [HidingRow(*row) for row in rows]


def review_of_hiding(public_id: str, scope: Scope) -> str:
    """Return the outside name of the review a hiding is about. Raises NotFound beyond the scope."""
    name = db.session.scalar(
        sa.select(Review.public_id)
        .join(Hiding, Hiding.review_id == Review.id)
        .where(Hiding.public_id == public_id, stations.in_scope(scope, Hiding.station_id))
    )
    if name is None:
        raise NotFound(what=public_id)
    return name


def is_under_way(hidings: Sequence[HidingRow]) -> bool:
    """Say whether one of these is proposed or stands, so that no other may begin."""
    return any(one.state in UNDER_WAY for one in hidings)


def answers_of(review_id: int) -> list[AnswerRow]:
    """Return every version of the workshop's answer to a review, the newest first."""
    rows = db.session.execute(
        sa.select(Answer.version, Answer.text, Answer.by_id, Answer.written_at)
        .where(Answer.review_id == review_id)
        .order_by(Answer.version.desc())
    )
    return [AnswerRow(*row) for row in rows]


def cards_waiting(scope: Scope, *, after: str | None = None) -> Page[CardRow]:
    """Return the cards in own words that wait for a reader at the station, oldest first.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    query = _cards(scope, ThanksState.WAITING).order_by(ThankYou.id).limit(A_PAGE + 1)
    if after is not None:
        query = query.where(ThankYou.id > key_of(after))
    rows = _all(query)
    return Page(tuple(CardRow(*row[1:]) for row in rows[:A_PAGE]), _key(rows))


def cards_to_read_out(scope: Scope) -> list[CardRow]:
    """Return the newest cards to makers without a telephone: somebody reads them out to her."""
    query = (
        _cards(scope, ThanksState.SHOWN)
        .join(Member, Member.id == ThankYou.member_id)
        .where(Member.phone.is_(None))
        .order_by(ThankYou.id.desc())
        .limit(A_PAGE)
    )
    return [CardRow(*row[1:]) for row in _all(query)]


def _cards(scope: Scope, state: ThanksState) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*_CARD)
        .join(Product, Product.id == ThankYou.product_id)
        .where(stations.in_scope(scope, ThankYou.station_id), ThankYou.state == state)
    )


def objections(scope: Scope, *, is_open: bool = True) -> list[ObjectionRow]:
    """Return the hidings that buyers objected to in a reach: open ones by the day they are due."""
    state = Hiding.state == HidingState.OBJECTED
    query = (
        sa.select(
            *_HIDING,
            Review.stars,
            Review.text,
            Review.locale,
            Review.station_id,
            Product.title,
            Product.title_en,
        )
        .join(Review, Review.id == Hiding.review_id)
        .join(Product, Product.id == Review.product_id)
        .where(
            stations.in_scope(scope, Hiding.station_id),
            Hiding.objected_at.is_not(None),
            state if is_open else sa.not_(state),
        )
        .order_by(Hiding.answer_due_at if is_open else Hiding.ended_at.desc(), Hiding.id)
        .limit(A_PAGE)
    )
    return [_objection(row) for row in _all(query)]


def _objection(row: Any) -> ObjectionRow:
    split = len(_HIDING)
    return ObjectionRow(HidingRow(*row[:split]), *row[split:])


def objection(public_id: str, scope: Scope) -> ObjectionRow:
    """Return one open objection. Raises NotFound, also outside the scope."""
    found = next((one for one in objections(scope) if one.hiding.public_id == public_id), None)
    if found is None:
        raise NotFound(what=public_id)
    return found


def waiting(answering: Scope, moderating: Scope, *, reader_id: int | None = None) -> Waiting:
    """Return how much waits in two reaches: where one answers buyers, and where one moderates.

    reader_id    whose own proposals do not wait for her.
    """
    asked = db.session.execute(
        sa.select(sa.func.count(), sa.func.min(Question.asked_at)).where(
            stations.in_scope(answering, Question.station_id),
            Question.state == QuestionState.OPEN,
        )
    ).one()

    def count(model: Any, scope: Scope, *conditions: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).where(
            stations.in_scope(scope, model.station_id), *conditions
        )
        return db.session.scalar(query) or 0

    return Waiting(
        questions=asked[0],
        oldest_question_at=asked[1],
        unhappy=count(Review, answering, _IS_UNHAPPY),
        proposals=count(
            Hiding,
            moderating,
            Hiding.state == HidingState.PROPOSED,
            Hiding.proposed_by_id != (reader_id or 0),
        ),
        cards=count(ThankYou, moderating, ThankYou.state == ThanksState.WAITING),
    )
