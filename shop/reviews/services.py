"""The verbs of what buyers say: write, change once, answer, hide by two, ask, thank.

Nothing here is ever deleted, and nothing here is known to what a maker earns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.kernel import events, ids
from shop.kernel.access import SYSTEM, VISITOR, Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.media import queries as pictures_known
from shop.media import services as media
from shop.media.rules import NewPicture, Subject, Words
from shop.reviews.events import (
    AskerForgotten,
    BuyerFollowedUp,
    HidingDropped,
    HidingObjected,
    HidingProposed,
    HidingUpheld,
    MakerThanked,
    QuestionAnswered,
    QuestionAsked,
    QuestionSetAside,
    ReviewAnswered,
    ReviewEdited,
    ReviewHidden,
    ReviewPictured,
    ReviewPublished,
    ReviewShownAgain,
    ThanksDecided,
)
from shop.reviews.models import Answer, Hiding, Question, Review, Tally, ThankYou
from shop.reviews.rules import (
    CONTACT_KEPT_AFTER_ANSWER,
    CONTACT_KEPT_UNANSWERED,
    LONGEST_ANSWER,
    LONGEST_NICK,
    LONGEST_NOTE,
    LONGEST_QUESTION,
    LONGEST_REVIEW,
    LONGEST_THANKS,
    OBJECTION_ANSWERED_WITHIN,
    STARS,
    Bought,
    HidingReason,
    HidingState,
    Phrase,
    QuestionState,
    ShownAs,
    ThanksState,
    cleaned,
    edit_until,
    hiding_sources,
    is_house_name,
    is_low,
    masked_name,
    pictures_until,
    question_sources,
    thanks_sources,
    write_until,
)
from shop.stations import queries as stations

_reviews = table_of(Review)
_hidings = table_of(Hiding)
_questions = table_of(Question)
_answers = table_of(Answer)
_thanks = table_of(ThankYou)
_tallies = table_of(Tally)
# Buyers are asked for no words about their pictures; who cannot see them is told what they are.
SEEN = Words(alt="买家拍的照片", alt_en="A photograph by a buyer")
_BY_STARS = dict(zip(STARS, ("one", "two", "three", "four", "five"), strict=True))


class NotReceivedYet(Conflict):
    """Nobody says how a thing is before she has it."""

    code = "reviews.not_received_yet"


class TooLateToWrite(Conflict):
    """More than 180 days have passed since it came."""

    code = "reviews.too_late_to_write"


class AlreadyReviewed(Conflict):
    """This line has its review already; it may be changed once."""

    code = "reviews.already_reviewed"


class CannotChangeNow(Conflict):
    """A review may be changed once, within 14 days, and not while it is hidden."""

    code = "reviews.cannot_change_now"


class BadStars(InvalidInput):
    """A rating is one of five."""

    code = "reviews.bad_stars"


class NickTaken(InvalidInput):
    """This name sounds like the shop, reaches somebody, or says nothing."""

    code = "reviews.nick_taken"


class WordsMissing(InvalidInput):
    """Nothing was written, or nothing that may be shown."""

    code = "reviews.words_missing"


class WordsTooLong(InvalidInput):
    """More was written than is kept."""

    code = "reviews.words_too_long"


class HidingUnderWay(Conflict):
    """This review is hidden already, or somebody has proposed it."""

    code = "reviews.hiding_under_way"


class TwoPeople(Conflict):
    """Whoever proposed to hide a review does not decide it."""

    code = "reviews.two_people"


class HidingNotOpen(Conflict):
    """This hiding has moved on."""

    code = "reviews.hiding_not_open"


class QuestionNotOpen(Conflict):
    """This question was set aside or answered meanwhile."""

    code = "reviews.question_not_open"


class NoMaker(Conflict):
    """No one maker is named behind this piece."""

    code = "reviews.no_maker"


class AlreadyThanked(Conflict):
    """One card goes with each piece bought."""

    code = "reviews.already_thanked"


class CardDecided(Conflict):
    """Somebody read this card before."""

    code = "reviews.card_decided"


@dataclass(frozen=True, slots=True)
class Written:
    """A review as it now stands, and what all ratings of its product add up to."""

    public_id: str
    is_new: bool
    rating_sum: int
    rating_count: int


@transactional
def write(
    *,
    bought: Bought,
    stars: int,
    text: str,
    shown_as: ShownAs,
    nick: str = "",
    locale: str,
    now: datetime,
) -> Written:
    """Publish what the buyer of one line says of it; at once, with contact data masked.

    The caller has proved whose line it is. Safe to repeat: the same words sent twice are one
    review.

    stars    1 to 5; ``text`` may be empty.
    nick     the name shown where she chose one.

    Raises NotReceivedYet, TooLateToWrite, AlreadyReviewed, BadStars, NickTaken, WordsTooLong.
    Source: features.md 27; trust.md 4 (reviews are the buyers' own).
    """
    until = write_until(bought)
    if until is None:
        raise NotReceivedYet
    if now >= until:
        raise TooLateToWrite
    said = _said(stars, text, shown_as, nick, bought.buyer_name)
    review_id = db.session.scalar(
        insert_or(_reviews)
        .values(
            public_id=ids.public_id("rev"),
            order_line_id=bought.order_line_id,
            order_id=bought.order_id,
            product_id=bought.product_id,
            variant_id=bought.variant_id,
            workshop_id=bought.workshop_id,
            station_id=bought.station_id,
            locale=locale,
            picture_count=0,
            written_at=now,
            follow_up_note="",
            **said,
        )
        .on_conflict_do_nothing(index_elements=["order_line_id"])
        .returning(_reviews.c.id)
    )
    row = _review(_reviews.c.order_line_id == bought.order_line_id)
    if review_id is None:
        if not _is_as_said(row, said):
            raise AlreadyReviewed
        return _written(row, is_new=False)
    _count(row.product_id, {_BY_STARS[stars]: 1})
    _record(ReviewPublished(row.id, row.product_id), VISITOR, row.station_id, now)
    return _written(row, is_new=True)


@transactional
def edit(
    *,
    bought: Bought,
    stars: int,
    text: str,
    shown_as: ShownAs,
    nick: str = "",
    now: datetime,
) -> Written:
    """Let the buyer of a line change her review once, within 14 days; the first words are kept.

    The words that stand already are no change: a form sent twice costs nobody her one change.

    Raises NotFound when there is none, CannotChangeNow, BadStars, NickTaken, WordsTooLong.
    """
    row = _review(_reviews.c.order_line_id == bought.order_line_id, locked=True)
    said = _said(stars, text, shown_as, nick, bought.buyer_name)
    if _is_as_said(row, said):
        return _written(row, is_new=False)
    until = edit_until(row.written_at, row.edited_at)
    if until is None or now >= until or row.hidden_reason is not None:
        raise CannotChangeNow
    db.session.execute(
        sa.update(_reviews)
        .where(_reviews.c.id == row.id)
        .values(edited_at=now, first_stars=row.stars, first_text=row.text, **said)
    )
    if stars != row.stars:
        _count(row.product_id, {_BY_STARS[row.stars]: -1, _BY_STARS[stars]: 1})
    _record(ReviewEdited(row.id, row.product_id), VISITOR, row.station_id, now)
    return _written(row, is_new=False)


@transactional
def forget_author(*, order_id: int, now: datetime) -> None:
    """Take the name from beside the reviews of one order; what they say stays. Safe to repeat."""
    named = db.session.execute(
        sa.update(_reviews)
        .where(_reviews.c.order_id == order_id, _reviews.c.shown_as != ShownAs.ANONYMOUS)
        .values(shown_as=ShownAs.ANONYMOUS, shown_name="")
        .returning(_reviews.c.id, _reviews.c.product_id, _reviews.c.station_id)
    ).all()
    for row in named:
        _record(ReviewEdited(row.id, row.product_id), SYSTEM, row.station_id, now)


@transactional
def add_pictures(*, order_line_id: int, pictures: Sequence[NewPicture], now: datetime) -> None:
    """Hang pictures beside the review of a line; the same one twice hangs once. Safe to repeat.

    The caller has proved whose line it is. They are public once the darkroom has made their copies.

    Raises NotFound, CannotChangeNow after 14 days and while it is hidden, TooManyPictures.
    """
    row = _review(_reviews.c.order_line_id == order_line_id, locked=True)
    if now >= pictures_until(row.written_at) or row.hidden_reason is not None:
        raise CannotChangeNow
    for picture in pictures:
        media.hang(
            subject=Subject.REVIEW,
            subject_id=row.id,
            station_id=row.station_id,
            picture=replace(picture, words=SEEN),
            actor=VISITOR,
            now=now,
        )


@transactional
def take_picture_down(*, order_line_id: int, picture: str, now: datetime) -> None:
    """Take one of her own pictures off a review, at any time. Raises NotFound, PictureGone."""
    row = _review(_reviews.c.order_line_id == order_line_id)
    media.take_down(subject=Subject.REVIEW, subject_id=row.id, picture=picture, now=now)
    mirror_pictures(review_id=row.id, now=now)


@transactional
def mirror_pictures(*, review_id: int, now: datetime) -> None:
    """Have every page show the pictures that stand beside a review now; safe to repeat."""
    row = _review(_reviews.c.id == review_id, locked=True)
    shown = pictures_known.shown_of(Subject.REVIEW, review_id)
    lines = "\n".join(pictures_known.packed(one) for one in shown)
    if lines == row.pictures:
        return
    db.session.execute(
        sa.update(_reviews)
        .where(_reviews.c.id == review_id)
        .values(pictures=lines, picture_count=len(shown))
    )
    if bool(shown) is not bool(row.picture_count):
        _count(row.product_id, {"pictured": 1 if shown else -1})
    _record(ReviewPictured(row.id, row.product_id), VISITOR, row.station_id, now)


def _said(stars: int, text: str, shown_as: ShownAs, nick: str, name: str) -> dict[str, Any]:
    if stars not in STARS:
        raise BadStars
    return {
        "stars": stars,
        "text": _words(text, most=LONGEST_REVIEW, may_be_empty=True),
        **_shown(shown_as, nick, name),
    }


def _is_as_said(row: Any, said: Mapping[str, object]) -> bool:
    return all(getattr(row, name) == value for name, value in said.items())


def _shown(shown_as: ShownAs, nick: str, name: str) -> dict[str, Any]:
    if shown_as is ShownAs.MASKED and masked_name(name):
        return {"shown_as": shown_as, "shown_name": masked_name(name)}
    if shown_as is ShownAs.NICK:
        chosen = " ".join(nick.split())
        if (
            not 0 < len(chosen) <= LONGEST_NICK
            or cleaned(chosen) != chosen
            or is_house_name(chosen)
        ):
            raise NickTaken
        return {"shown_as": shown_as, "shown_name": chosen}
    return {"shown_as": ShownAs.ANONYMOUS, "shown_name": ""}


def _words(text: str, *, most: int, may_be_empty: bool = False, keep: tuple[str, ...] = ()) -> str:
    words = cleaned(text, keep=keep)
    if len(words) > most:
        raise WordsTooLong(most=most)
    if not words and not may_be_empty:
        raise WordsMissing
    return words


def _review(condition: sa.ColumnElement[bool], *, locked: bool = False) -> Any:
    query = sa.select(_reviews).where(condition)
    row = db.session.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NotFound(what="review")
    return row


def _written(row: Any, *, is_new: bool) -> Written:
    tally = db.session.execute(
        sa.select(_tallies).where(_tallies.c.product_id == row.product_id)
    ).one()
    each = {stars: getattr(tally, name) for stars, name in _BY_STARS.items()}
    return Written(
        public_id=row.public_id,
        is_new=is_new,
        rating_sum=sum(stars * count for stars, count in each.items()),
        rating_count=sum(each.values()),
    )


def _count(product_id: int, change: Mapping[str, int]) -> None:
    """Move the tally of a product; two buyers at once queue here and both are counted."""
    columns = [c.name for c in _tallies.c if c.name != "product_id"]
    # The row is made first: a change below zero must meet the count, not a fresh row.
    db.session.execute(
        insert_or(_tallies)
        .values(product_id=product_id, **dict.fromkeys(columns, 0))
        .on_conflict_do_nothing()
    )
    db.session.execute(
        sa.update(_tallies)
        .where(_tallies.c.product_id == product_id)
        .values({name: _tallies.c[name] + by for name, by in change.items()})
    )


def _record(event: events.Event, actor: Actor, station_id: int, now: datetime) -> None:
    events.record(event, actor=actor, station_id=station_id, now=now)


@transactional
def answer_review(*, public_id: str, text: str, actor: Actor, now: datetime) -> int:
    """Put the workshop's answer under a review, or a newer one in its place; return its version.

    Every version is kept. The workshop's own telephone number may stand in it, no other.
    Safe to repeat: the same words twice are one version.

    Raises NotFound, OutOfReach, Forbidden, WordsMissing, WordsTooLong. Source: features.md 28.
    """
    row = _review_for(public_id, Permission.ANSWER_BUYERS, actor)
    words = _answer_words(text, row.workshop_id)
    if row.answer == words:
        return _versions(_answers.c.review_id == row.id)
    version = _append_answer("review_id", row.id, words, actor, now)
    db.session.execute(
        sa.update(_reviews)
        .where(_reviews.c.id == row.id)
        .values(answer=words, answered_at=row.answered_at or now)
    )
    _record(ReviewAnswered(row.id, version, row.product_id), actor, row.station_id, now)
    return version


def _answer_words(text: str, workshop_id: int) -> str:
    own = stations.workshop(workshop_id).phone
    return _words(text, most=LONGEST_ANSWER, keep=(own,) if own else ())


def _versions(subject: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(_answers).where(subject)) or 0


def _append_answer(subject: str, subject_id: int, words: str, actor: Actor, now: datetime) -> int:
    version = _versions(_answers.c[subject] == subject_id) + 1
    db.session.execute(
        sa.insert(_answers),
        {
            subject: subject_id,
            "version": version,
            "text": words,
            "by_id": actor.user_id,
            "written_at": now,
        },
    )
    return version


def _review_for(public_id: str, permission: Permission, actor: Actor) -> Any:
    row = _review(_reviews.c.public_id == public_id, locked=True)
    actor.require(permission, at=stations.path_of(row.station_id))
    return row


@transactional
def close_follow_up(*, public_id: str, note: str, actor: Actor, now: datetime) -> None:
    """Say that somebody spoke with a buyer who was not content, and what came of it.

    It changes no rating and no wage.

    Raises NotFound, OutOfReach, Forbidden, WordsMissing, WordsTooLong, Conflict when it was done.
    """
    row = _review_for(public_id, Permission.ANSWER_BUYERS, actor)
    words = _words(note, most=LONGEST_NOTE)
    if row.followed_up_at is not None or not is_low(row.stars):
        raise Conflict(what="follow-up")
    db.session.execute(
        sa.update(_reviews)
        .where(_reviews.c.id == row.id)
        .values(followed_up_at=now, followed_up_by_id=actor.user_id, follow_up_note=words)
    )
    _record(BuyerFollowedUp(row.id), actor, row.station_id, now)


@transactional
def propose_hiding(
    *, public_id: str, reason: HidingReason, note: str, actor: Actor, now: datetime
) -> str:
    """Name a reason of the closed list to hide a review; return the proposal's outside name.

    Nothing is hidden before a second person agrees.

    Raises NotFound, OutOfReach, Forbidden, WordsMissing, WordsTooLong, HidingUnderWay.
    Source: E-commerce Law art. 39 (reviews may not be deleted).
    """
    row = _review_for(public_id, Permission.MODERATE_REVIEWS, actor)
    words = _words(note, most=LONGEST_NOTE)
    under_way = sa.text("state IN ('proposed', 'standing', 'objected', 'upheld')")
    made = db.session.execute(
        insert_or(_hidings)
        .values(
            public_id=ids.public_id("hid"),
            review_id=row.id,
            station_id=row.station_id,
            state=HidingState.PROPOSED,
            reason=reason,
            note=words,
            proposed_by_id=actor.user_id,
            proposed_at=now,
            objection="",
            ending="",
        )
        .on_conflict_do_nothing(index_elements=["review_id"], index_where=under_way)
        .returning(_hidings.c.id, _hidings.c.public_id)
    ).one_or_none()
    if made is None:
        raise HidingUnderWay
    _record(HidingProposed(made.id, row.id), actor, row.station_id, now)
    return str(made.public_id)


@transactional
def confirm_hiding(*, public_id: str, actor: Actor, now: datetime) -> None:
    """Agree, as the second person, that the reason holds: the words are hidden, the stars count.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, HidingNotOpen.
    """
    row = _hiding_for(public_id, Permission.MODERATE_REVIEWS, actor)
    if row.proposed_by_id == actor.user_id:
        raise TwoPeople
    _move_hiding(row, HidingState.STANDING, confirmed_by_id=actor.user_id, confirmed_at=now)
    db.session.execute(
        sa.update(_reviews).where(_reviews.c.id == row.review_id).values(hidden_reason=row.reason)
    )
    _count(row.product_id, {"hidden": 1})
    _record(ReviewHidden(row.id, row.review_id, row.product_id), actor, row.station_id, now)


@transactional
def drop_hiding(*, public_id: str, actor: Actor, now: datetime) -> None:
    """Let a proposal fall: the second person sees no reason, or the first thought again.

    Raises NotFound, OutOfReach, Forbidden, HidingNotOpen.
    """
    row = _hiding_for(public_id, Permission.MODERATE_REVIEWS, actor)
    _move_hiding(row, HidingState.DROPPED, ended_by_id=actor.user_id, ended_at=now)
    _record(HidingDropped(row.id, row.review_id), actor, row.station_id, now)


@transactional
def show_again(*, public_id: str, actor: Actor, now: datetime) -> None:
    """Take a hiding back that turned out wrong, before the buyer had to object.

    Showing needs no second person: the words were public before.

    Raises NotFound, OutOfReach, Forbidden, HidingNotOpen.
    """
    row = _hiding_for(public_id, Permission.MODERATE_REVIEWS, actor)
    if row.state is not HidingState.STANDING:
        raise HidingNotOpen
    _lift(row, words="", actor=actor, now=now)


@transactional
def object_to_hiding(*, order_line_id: int, text: str, now: datetime) -> datetime:
    """Ask the town to look at the hiding of one's own review; return by when it answers.

    The caller has proved whose line it is. Once for each hiding; safe to repeat.

    Raises NotFound, HidingNotOpen, WordsMissing, WordsTooLong.
    """
    review = _review(_reviews.c.order_line_id == order_line_id)
    row = _hiding(
        sa.and_(_hidings.c.review_id == review.id, _hidings.c.confirmed_at.is_not(None)),
    )
    words = _words(text, most=LONGEST_REVIEW)
    if row.state is HidingState.OBJECTED and row.objection == words:
        return row.answer_due_at  # type: ignore[no-any-return]  # a row of untyped columns
    due = now + OBJECTION_ANSWERED_WITHIN
    _move_hiding(row, HidingState.OBJECTED, objection=words, objected_at=now, answer_due_at=due)
    _record(HidingObjected(row.id, row.review_id), VISITOR, row.station_id, now)
    return due


@transactional
def decide_objection(
    *, public_id: str, is_upheld: bool, text: str, actor: Actor, now: datetime
) -> None:
    """Answer a buyer's objection for the town: it stays hidden, or its words are shown again.

    text    what the buyer is told, with the reason.

    Raises NotFound, OutOfReach, Forbidden, HidingNotOpen, WordsMissing, WordsTooLong.
    """
    row = _hiding_for(public_id, Permission.DECIDE_OBJECTIONS, actor)
    words = _words(text, most=LONGEST_ANSWER)
    if row.state is not HidingState.OBJECTED:
        raise HidingNotOpen
    if not is_upheld:
        _lift(row, words=words, actor=actor, now=now)
        return
    _move_hiding(row, HidingState.UPHELD, ended_by_id=actor.user_id, ended_at=now, ending=words)
    _record(HidingUpheld(row.id, row.review_id), actor, row.station_id, now)


def _lift(row: Any, *, words: str, actor: Actor, now: datetime) -> None:
    _move_hiding(row, HidingState.LIFTED, ended_by_id=actor.user_id, ended_at=now, ending=words)
    db.session.execute(
        sa.update(_reviews).where(_reviews.c.id == row.review_id).values(hidden_reason=None)
    )
    _count(row.product_id, {"hidden": -1})
    _record(ReviewShownAgain(row.id, row.review_id, row.product_id), actor, row.station_id, now)


def _hiding(condition: sa.ColumnElement[bool]) -> Any:
    row = db.session.execute(
        sa.select(*_hidings.c, _reviews.c.product_id)
        .join(_reviews, _reviews.c.id == _hidings.c.review_id)
        .where(condition)
        .order_by(_hidings.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(what="hiding")
    return row


def _hiding_for(public_id: str, permission: Permission, actor: Actor) -> Any:
    row = _hiding(_hidings.c.public_id == public_id)
    actor.require(permission, at=stations.path_of(row.station_id))
    return row


def _move_hiding(row: Any, state: HidingState, **values: object) -> None:
    moved = rows_changed(
        sa.update(_hidings)
        .where(_hidings.c.id == row.id, _hidings.c.state.in_(hiding_sources(state)))
        .values(state=state, **values)
    )
    if not moved:
        raise HidingNotOpen


@transactional
def ask(
    *,
    product_id: int,
    workshop_id: int,
    station_id: int,
    text: str,
    contact: str | None = None,
    locale: str,
    now: datetime,
) -> str:
    """Put a question to the workshop of a product; return its outside name.

    It is public with its answer, never before. Safe to repeat: what waits already is asked once.

    contact    telephone number or mail address to be told by; None when she left none.

    Raises WordsMissing, WordsTooLong. Source: features.md 29.
    """
    words = _words(text, most=LONGEST_QUESTION)
    waiting: str | None = db.session.scalar(
        sa.select(_questions.c.public_id).where(
            _questions.c.station_id == station_id,
            _questions.c.state == QuestionState.OPEN,
            _questions.c.product_id == product_id,
            _questions.c.text == words,
        )
    )
    if waiting is not None:
        return waiting
    row = db.session.execute(
        sa.insert(_questions).returning(_questions.c.id, _questions.c.public_id),
        {
            "public_id": ids.public_id("que"),
            "product_id": product_id,
            "workshop_id": workshop_id,
            "station_id": station_id,
            "state": QuestionState.OPEN,
            "text": words,
            "locale": locale,
            "contact": contact or None,
            "asked_at": now,
        },
    ).one()
    _record(QuestionAsked(row.id, product_id), VISITOR, station_id, now)
    return str(row.public_id)


@transactional
def answer_question(*, public_id: str, text: str, actor: Actor, now: datetime) -> int:
    """Answer a question and show both, or put a newer answer in place; return its version.

    Every version is kept. Safe to repeat: the same words twice are one version.

    Raises NotFound, OutOfReach, Forbidden, WordsMissing, WordsTooLong.
    """
    row = _question_for(public_id, actor)
    words = _answer_words(text, row.workshop_id)
    if row.answer == words:
        return _versions(_answers.c.question_id == row.id)
    version = _append_answer("question_id", row.id, words, actor, now)
    db.session.execute(
        sa.update(_questions)
        .where(_questions.c.id == row.id)
        .values(
            state=QuestionState.ANSWERED,
            answer=words,
            answered_at=row.answered_at or now,
            closed_at=now if row.answered_at is None else row.closed_at,
        )
    )
    if row.answered_at is None:
        _count(row.product_id, {"answered": 1})
    _record(QuestionAnswered(row.id, version, row.product_id), actor, row.station_id, now)
    return version


@transactional
def set_question_aside(*, public_id: str, actor: Actor, now: datetime) -> None:
    """Leave a question unanswered because nobody could learn from it; it is never shown.

    It can still be answered later. Raises NotFound, OutOfReach, Forbidden, QuestionNotOpen.
    """
    row = _question_for(public_id, actor)
    moved = rows_changed(
        sa.update(_questions)
        .where(
            _questions.c.id == row.id,
            _questions.c.state.in_(question_sources(QuestionState.SET_ASIDE)),
        )
        .values(state=QuestionState.SET_ASIDE, closed_at=now)
    )
    if not moved:
        raise QuestionNotOpen
    _record(QuestionSetAside(row.id), actor, row.station_id, now)


def _question_for(public_id: str, actor: Actor) -> Any:
    row = db.session.execute(
        sa.select(_questions).where(_questions.c.public_id == public_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(what="question")
    actor.require(Permission.ANSWER_BUYERS, at=stations.path_of(row.station_id))
    return row


@transactional
def forget_askers(*, now: datetime, most: int = 200) -> int:
    """Delete what askers left to be reached by, once it has served; return how many.

    30 days after the answer, or 90 days after the question when nobody answered. Safe to repeat.
    Source: trust.md 4 (PIPL 47: delete when the purpose is met).
    """
    served = sa.or_(
        _questions.c.closed_at <= now - CONTACT_KEPT_AFTER_ANSWER,
        _questions.c.asked_at <= now - CONTACT_KEPT_UNANSWERED,
    )
    rows = db.session.execute(
        sa.update(_questions)
        .where(
            _questions.c.id.in_(
                sa.select(_questions.c.id)
                .where(_questions.c.contact.is_not(None), served)
                .order_by(_questions.c.asked_at)
                .limit(most)
            )
        )
        .values(contact=None)
        .returning(_questions.c.id, _questions.c.station_id)
    ).all()
    for row in rows:
        _record(AskerForgotten(row.id), SYSTEM, row.station_id, now)
    return len(rows)


@transactional
def thank(
    *, bought: Bought, phrase: Phrase | None, text: str = "", locale: str, now: datetime
) -> ThanksState:
    """Send a card to the maker of a line, in ready words or in the buyer's own; return its state.

    Ready words are hers at once; own words are read at the station first. The caller has proved
    whose line it is. Safe to repeat: the same card twice is one.

    text    up to 60 characters, used where there is no phrase.

    Raises NotReceivedYet, NoMaker, AlreadyThanked, WordsMissing, WordsTooLong.
    Source: domain.md 9 (thank-you note).
    """
    if write_until(bought) is None:
        raise NotReceivedYet
    if bought.maker_id is None:
        raise NoMaker
    words = "" if phrase else _words(" ".join(text.split()), most=LONGEST_THANKS)
    state = ThanksState.SHOWN if phrase else ThanksState.WAITING
    card_id = db.session.scalar(
        insert_or(_thanks)
        .values(
            public_id=ids.public_id("thx"),
            order_line_id=bought.order_line_id,
            order_id=bought.order_id,
            product_id=bought.product_id,
            member_id=bought.maker_id,
            station_id=bought.station_id,
            state=state,
            phrase=phrase,
            text=words,
            locale=locale,
            written_at=now,
        )
        .on_conflict_do_nothing(index_elements=["order_line_id"])
        .returning(_thanks.c.id)
    )
    if card_id is None:
        known = db.session.execute(
            sa.select(_thanks.c.phrase, _thanks.c.text, _thanks.c.state).where(
                _thanks.c.order_line_id == bought.order_line_id
            )
        ).one()
        if (known.phrase, known.text) != (phrase, words):
            raise AlreadyThanked
        return ThanksState(known.state)
    _record(MakerThanked(card_id), VISITOR, bought.station_id, now)
    return state


@transactional
def decide_card(*, public_id: str, is_shown: bool, actor: Actor, now: datetime) -> None:
    """Let a card in a buyer's own words through to its maker, or keep it back.

    Raises NotFound, OutOfReach, Forbidden, CardDecided.
    """
    row = db.session.execute(
        sa.select(_thanks.c.id, _thanks.c.station_id).where(_thanks.c.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what="card")
    actor.require(Permission.MODERATE_REVIEWS, at=stations.path_of(row.station_id))
    state = ThanksState.SHOWN if is_shown else ThanksState.KEPT_BACK
    decided = rows_changed(
        sa.update(_thanks)
        .where(_thanks.c.id == row.id, _thanks.c.state.in_(thanks_sources(state)))
        .values(state=state, decided_by_id=actor.user_id, decided_at=now)
    )
    if not decided:
        raise CardDecided
    _record(ThanksDecided(row.id), actor, row.station_id, now)
