"""Reads for the buyer herself, for makers, and for whoever tells people what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import Product
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.paging import Page, key_of
from shop.media import queries as pictures
from shop.media.queries import PictureView
from shop.media.rules import PictureState, Subject
from shop.reviews.models import Hiding, Question, Review, ThankYou
from shop.reviews.rules import (
    HIDES,
    HidingReason,
    HidingState,
    Phrase,
    ShownAs,
    ThanksState,
    edit_until,
    pictures_until,
)

CARDS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class OwnHiding:
    """What became of a buyer's hidden review, for herself to read."""

    state: HidingState
    reason: HidingReason
    hidden_at: datetime
    objection: str
    answer_due_at: datetime | None
    ending: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """One of a buyer's pictures; ``shown`` once its copies are made."""

    public_id: str
    state: PictureState
    reason: str | None
    shown: PictureView | None


@dataclass(frozen=True, slots=True)
class OwnReview:
    """A buyer's own review, with every word also while it is hidden."""

    public_id: str
    order_line_id: int
    stars: int
    text: str
    shown_as: ShownAs
    shown_name: str
    written_at: datetime
    edited_at: datetime | None
    edit_until: datetime | None
    answer: str | None
    hiding: OwnHiding | None
    picture_count: int
    pictures_until: datetime


@dataclass(frozen=True, slots=True)
class OwnCard:
    """The card a buyer sent with one line."""

    phrase: Phrase | None
    text: str
    state: ThanksState


def own_reviews(order_id: int) -> dict[int, OwnReview]:
    """Return the reviews of an order by line, with the last hiding of each."""
    last = (
        sa.select(sa.func.max(Hiding.id))
        .where(Hiding.review_id == Review.id, Hiding.confirmed_at.is_not(None))
        .correlate(Review)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            Review.public_id,
            Review.order_line_id,
            Review.stars,
            Review.text,
            Review.shown_as,
            Review.shown_name,
            Review.written_at,
            Review.edited_at,
            Review.answer,
            Review.picture_count,
            Hiding.state,
            Hiding.reason,
            Hiding.confirmed_at,
            Hiding.objection,
            Hiding.answer_due_at,
            Hiding.ending,
            Hiding.ended_at,
        )
        .outerjoin(Hiding, Hiding.id == last)
        .where(Review.order_id == order_id)
        .order_by(Review.id)
    )
    return {row.order_line_id: _own(row) for row in rows}


def _own(row: Any) -> OwnReview:
    hiding = None
    if row.state is not None:
        hiding = OwnHiding(
            state=row.state,
            reason=row.reason,
            hidden_at=row.confirmed_at,
            objection=row.objection,
            answer_due_at=row.answer_due_at,
            ending=row.ending,
            ended_at=row.ended_at,
        )
    is_hidden = hiding is not None and hiding.state in HIDES
    return OwnReview(
        public_id=row.public_id,
        order_line_id=row.order_line_id,
        stars=row.stars,
        text=row.text,
        shown_as=row.shown_as,
        shown_name=row.shown_name,
        written_at=row.written_at,
        edited_at=row.edited_at,
        edit_until=None if is_hidden else edit_until(row.written_at, row.edited_at),
        answer=row.answer,
        hiding=hiding,
        picture_count=row.picture_count,
        pictures_until=row.written_at if is_hidden else pictures_until(row.written_at),
    )


def own_pictures(order_line_id: int) -> tuple[OwnPicture, ...]:
    """Return a buyer's pictures beside her review of a line, those not yet made among them."""
    review_id = db.session.scalar(sa.select(Review.id).where(Review.order_line_id == order_line_id))
    if review_id is None:
        return ()
    return tuple(
        OwnPicture(one.public_id, one.state, one.reason, one.shown)
        for one in pictures.at_desk(Subject.REVIEW, review_id)
    )


def own_cards(order_id: int) -> dict[int, OwnCard]:
    """Return the cards that went with an order, by line."""
    rows = db.session.execute(
        sa.select(ThankYou.order_line_id, ThankYou.phrase, ThankYou.text, ThankYou.state).where(
            ThankYou.order_id == order_id
        )
    )
    return {row.order_line_id: OwnCard(row.phrase, row.text, row.state) for row in rows}


@dataclass(frozen=True, slots=True)
class Card:
    """A card as its maker reads it: what it was for and when, nothing about who or how much."""

    phrase: Phrase | None
    text: str
    locale: str
    title: str
    title_en: str | None
    written_at: datetime


def cards_to(member_id: int, *, after: str | None = None, most: int = CARDS_A_PAGE) -> Page[Card]:
    """Return the cards that a maker may read, the newest first.

    after    the key of the page before. Raises NotFound for one that is none.
    """
    query = (
        sa.select(
            ThankYou.id,
            ThankYou.phrase,
            ThankYou.text,
            ThankYou.locale,
            Product.title,
            Product.title_en,
            ThankYou.written_at,
        )
        .join(Product, Product.id == ThankYou.product_id)
        .where(ThankYou.member_id == member_id, ThankYou.state == ThanksState.SHOWN)
    )
    if after is not None:
        query = query.where(ThankYou.id < key_of(after))
    rows = db.session.execute(query.order_by(ThankYou.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    return Page(
        tuple(Card(*row[1:]) for row in shown), str(shown[-1].id) if len(rows) > most else None
    )


@dataclass(frozen=True, slots=True)
class HidingFacts:
    """What a buyer must be told about the hiding of her review."""

    order_id: int
    reason: HidingReason
    state: HidingState
    ending: str


def hiding_facts(hiding_id: int) -> HidingFacts:
    """Return whose review a hiding is about and how it stands. Raises NotFound."""
    row = db.session.execute(
        sa.select(Review.order_id, Hiding.reason, Hiding.state, Hiding.ending)
        .join(Review, Review.id == Hiding.review_id)
        .where(Hiding.id == hiding_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"hiding:{hiding_id}")
    return HidingFacts(*row)


def order_of(review_id: int) -> int:
    """Return the order that a review belongs to. Raises NotFound."""
    order_id = db.session.scalar(sa.select(Review.order_id).where(Review.id == review_id))
    if order_id is None:
        raise NotFound(what=f"review:{review_id}")
    return order_id


@dataclass(frozen=True, slots=True)
class AskerFacts:
    """What is needed to tell an asker that her question was answered."""

    contact: str | None
    locale: str
    slug: str
    title: str
    title_en: str | None
    station_id: int


def asker_facts(question_id: int) -> AskerFacts:
    """Return how an asker can be told, and about which product. Raises NotFound."""
    row = db.session.execute(
        sa.select(
            Question.contact,
            Question.locale,
            Product.slug,
            Product.title,
            Product.title_en,
            Question.station_id,
        )
        .join(Product, Product.id == Question.product_id)
        .where(Question.id == question_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"question:{question_id}")
    return AskerFacts(*row)


def reviewed_lines(order_line_ids: Iterable[int]) -> set[int]:
    """Return which of these lines have their review."""
    return set(
        db.session.scalars(
            sa.select(Review.order_line_id).where(Review.order_line_id.in_(list(order_line_ids)))
        )
    )
