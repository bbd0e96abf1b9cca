"""What buyers say, as the workshop hears it: questions, reviews, cards to makers."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as accounts
from shop.kernel.access import Permission, Scope
from shop.orders import queries as orders
from shop.reviews import desk
from shop.reviews import services as reviews
from shop.reviews.desk import QuestionRow, ReviewRow, Shelf
from shop.reviews.rules import FACES, PHRASES, REASONS, QuestionState
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.backoffice.voice_forms import (
    ANSWERS,
    REPLIES,
    AnswerForm,
    FollowUpForm,
    HidingForm,
)
from shop.web.errors import form_status, refusals_on


def _answering() -> Scope:
    return current_actor().scope(Permission.ANSWER_BUYERS)


def _moderating() -> Scope:
    return current_actor().scope(Permission.MODERATE_REVIEWS)


def _question_list(form: AnswerForm, *, open_id: str = "") -> ResponseReturnValue:
    wanted = request.args.get("state", "")
    state = QuestionState(wanted) if wanted in set(QuestionState) else QuestionState.OPEN
    form.offer(ANSWERS)
    return (
        render_template(
            "backoffice/question_list.html",
            page=desk.questions(_answering(), state=state, after=request.args.get("after")),
            state=state,
            form=form,
            open_id=open_id,
        ),
        form_status(form),
    )


@blueprint.get("/voices")
@requires(Permission.ANSWER_BUYERS)
def question_list() -> ResponseReturnValue:
    """List the questions that wait, the oldest first, or those that were answered or set aside."""
    return _question_list(AnswerForm(formdata=None))


def _question(public_id: str) -> QuestionRow:
    return desk.question(public_id, _answering())


@blueprint.post("/voices/questions/<string:public_id>")
@requires(Permission.ANSWER_BUYERS)
def question_answer(public_id: str) -> ResponseReturnValue:
    """Answer a question; both are public now."""
    question = _question(public_id)
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviews.answer_question(
                public_id=public_id,
                text=form.said(ANSWERS, locale=question.locale),
                actor=current_actor(),
                now=now(),
            )
            flash(_("Answered. Question and answer stand on the page of the piece."), "success")
            return redirect(url_for(".question_list"))
    return _question_list(form, open_id=public_id)


@blueprint.post("/voices/questions/<string:public_id>/aside")
@requires(Permission.ANSWER_BUYERS)
def question_aside(public_id: str) -> ResponseReturnValue:
    """Set a question aside: it is never shown."""
    _question(public_id)
    reviews.set_question_aside(public_id=public_id, actor=current_actor(), now=now())
    flash(_("Set aside. It is not shown to anybody."), "info")
    return redirect(url_for(".question_list"))


@blueprint.get("/voices/reviews")
@requires(Permission.ANSWER_BUYERS)
def review_list() -> ResponseReturnValue:
    """List the reviews in reach by what is to be done with them."""
    wanted = request.args.get("shelf", "")
    shelf = Shelf(wanted) if wanted in set(Shelf) else Shelf.ALL
    return render_template(
        "backoffice/review_list.html",
        page=desk.reviews(_answering(), shelf=shelf, after=request.args.get("after")),
        shelf=shelf,
        waiting=desk.waiting(_answering(), _moderating()),
        reasons=REASONS,
    )


def _review(public_id: str) -> ReviewRow:
    return desk.review(public_id, _answering())


def _review_page(
    row: ReviewRow,
    *,
    answer: AnswerForm | None = None,
    follow_up: FollowUpForm | None = None,
    hiding: HidingForm | None = None,
) -> ResponseReturnValue:
    sent = next((form for form in (answer, follow_up, hiding) if form is not None), None)
    reply = answer or AnswerForm(formdata=None)
    reply.offer(REPLIES)
    if answer is None:
        reply.text.data = row.answer or ""
    hidings, answers = desk.hidings_of(row.review_id), desk.answers_of(row.review_id)
    people = {
        *(person for one in hidings for person in one.people),
        *(one.by_id for one in answers),
        row.followed_up_by_id,
    }
    order = orders.order(row.order_id)
    return (
        render_template(
            "backoffice/review_page.html",
            row=row,
            order=order,
            parts=[part for part in order.parts if part.station_id == row.station_id],
            hidings=hidings,
            is_under_way=desk.is_under_way(hidings),
            answers=answers,
            names=accounts.names_of(frozenset(one for one in people if one is not None)),
            answer=reply,
            follow_up=follow_up or FollowUpForm(formdata=None),
            hiding=hiding or HidingForm(formdata=None),
            sent=sent,
            me=current_actor().user_id,
            faces=FACES,
            reasons=REASONS,
        ),
        form_status(sent) if sent is not None else 200,
    )


@blueprint.get("/voices/reviews/<string:public_id>")
@requires(Permission.ANSWER_BUYERS)
def review_page(public_id: str) -> ResponseReturnValue:
    """Show one review with all its words, its answers and every attempt to hide it."""
    return _review_page(_review(public_id))


def _back(public_id: str) -> ResponseReturnValue:
    return redirect(url_for(".review_page", public_id=public_id))


@blueprint.post("/voices/reviews/<string:public_id>/answer")
@requires(Permission.ANSWER_BUYERS)
def review_answer(public_id: str) -> ResponseReturnValue:
    """Put the workshop's answer under a review, or a newer one in its place."""
    row = _review(public_id)
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviews.answer_review(
                public_id=public_id,
                text=form.said(REPLIES, locale=row.locale),
                actor=current_actor(),
                now=now(),
            )
            flash(_("Your answer stands under the review."), "success")
            return _back(public_id)
    return _review_page(row, answer=form)


@blueprint.post("/voices/reviews/<string:public_id>/follow-up")
@requires(Permission.ANSWER_BUYERS)
def review_follow_up(public_id: str) -> ResponseReturnValue:
    """Note what came of speaking with a buyer who was not content."""
    row = _review(public_id)
    form = FollowUpForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviews.close_follow_up(
                public_id=public_id, note=form.outcome.text, actor=current_actor(), now=now()
            )
            flash(_("Noted. The stars stay hers."), "success")
            return _back(public_id)
    return _review_page(row, follow_up=form)


@blueprint.post("/voices/reviews/<string:public_id>/hiding")
@requires(Permission.MODERATE_REVIEWS)
def review_hiding(public_id: str) -> ResponseReturnValue:
    """Propose to hide the words of a review; a second person decides."""
    row = desk.review(public_id, _moderating())
    form = HidingForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviews.propose_hiding(
                public_id=public_id,
                reason=form.chosen,
                note=form.note.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Proposed. Nothing is hidden before a second person agrees."), "info")
            return _back(public_id)
    return _review_page(row, hiding=form)


DECISIONS = {
    "confirm": reviews.confirm_hiding,
    "drop": reviews.drop_hiding,
    "show-again": reviews.show_again,
}


@blueprint.post("/voices/hidings/<string:public_id>/<any(confirm, drop, 'show-again'):decision>")
@requires(Permission.MODERATE_REVIEWS)
def hiding_decision(public_id: str, decision: str) -> ResponseReturnValue:
    """Agree to hide, let the proposal fall, or show the words again."""
    review = desk.review_of_hiding(public_id, _moderating())
    DECISIONS[decision](public_id=public_id, actor=current_actor(), now=now())
    said = {
        "confirm": _("Hidden. The place, the reason and the stars stay; the buyer is told."),
        "drop": _("The review stays as it is."),
        "show-again": _("The words can be read again."),
    }
    flash(said[decision], "success")
    return _back(review)


@blueprint.get("/voices/cards")
@requires(Permission.MODERATE_REVIEWS)
def card_list() -> ResponseReturnValue:
    """Show the cards that wait for a reader, and those to read out to makers without a phone."""
    waiting = desk.cards_waiting(_moderating(), after=request.args.get("after"))
    aloud = desk.cards_to_read_out(_moderating())
    return render_template(
        "backoffice/card_list.html",
        waiting=waiting,
        aloud=aloud,
        makers=stations.members_by_id({one.member_id for one in (*waiting.items, *aloud)}),
        phrases=PHRASES,
    )


@blueprint.post("/voices/cards/<string:public_id>/<any(show, keep):decision>")
@requires(Permission.MODERATE_REVIEWS)
def card_decision(public_id: str, decision: str) -> ResponseReturnValue:
    """Let a card through to its maker, or keep it back."""
    is_shown = decision == "show"
    reviews.decide_card(public_id=public_id, is_shown=is_shown, actor=current_actor(), now=now())
    flash(_("She can read it now.") if is_shown else _("Kept back. She never sees it."), "success")
    return redirect(url_for(".card_list"))
