"""A buyer says how it is, changes it once, thanks the maker: behind a signed address of her own."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.kernel.errors import NotFound
from shop.media.rules import MOST_OF, REFUSALS, PictureState, Subject
from shop.reviews import queries as reviews
from shop.reviews.rules import FACES, PHRASES, REASONS, ShownAs, masked_name
from shop.web.access import now, public
from shop.web.errors import form_status, refusals_on, words_of
from shop.web.fields import problems_of
from shop.web.filters import locale_name
from shop.web.limits import limiter
from shop.web.origin import without_token
from shop.web.pictures import brings_files, sent_files
from shop.web.storefront.door import blueprint
from shop.web.storefront.voice_forms import ObjectionForm, ReviewForm, ThanksForm
from shop.workflows import reviewing
from shop.workflows.reviewing import LineToReview, OrderToReview

AS_OFTEN_AS_PEOPLE_WRITE = "10 per minute; 60 per hour"


def _order_page(
    token: str,
    *,
    thanks: ThanksForm | None = None,
    objection: ObjectionForm | None = None,
    position: int = 0,
) -> ResponseReturnValue:
    """Show what may be said of an order; ``position`` is the line whose form came back."""
    sent = thanks or objection
    wrong = problems_of(sent) if sent is not None else []
    return (
        render_template(
            "storefront/review_order.html",
            token=token,
            order=reviewing.order_to_review(token),
            thanks=thanks or ThanksForm(formdata=None),
            objection=objection or ObjectionForm(formdata=None),
            position=position,
            # Each line has its own forms, so their fields are told apart by the line.
            wrong=[(f"{key}-{position}" if key else "", words) for key, words in wrong],
            now=now(),
            faces=FACES,
            phrases=PHRASES,
            reasons=REASONS,
        ),
        form_status(sent) if sent is not None else 200,
    )


def _of(order: OrderToReview, position: int) -> LineToReview:
    line = next((one for one in order.lines if one.position == position), None)
    if line is None:
        raise NotFound(what="line")
    return line


def _there(token: str, position: int) -> ResponseReturnValue:
    return redirect(f"/review/{token}#line-{position}", code=303)


@blueprint.get("/review/<string:token>")
@public
def review_order(token: str) -> ResponseReturnValue:
    """Show the goods of one order, each with what its buyer said or may say."""
    return _order_page(token)


def _review_page(
    token: str, order: OrderToReview, line: LineToReview, form: ReviewForm
) -> ResponseReturnValue:
    return (
        render_template(
            "storefront/review_form.html",
            token=token,
            order=order,
            line=line,
            form=form,
            wrong=problems_of(form),
            masked=masked_name(order.name),
            faces=FACES,
        ),
        form_status(form),
    )


def _can_speak(line: LineToReview) -> bool:
    if line.review is None:
        return line.until is not None and now() < line.until
    return line.review.edit_until is not None and now() < line.review.edit_until


def _filled_in(order: OrderToReview, line: LineToReview) -> ReviewForm:
    """Return the form with what she wrote before, or with what fits most buyers."""
    form = ReviewForm(formdata=None)
    said = line.review
    if said is not None:
        form.stars.data = str(said.stars)
        form.text.data = said.text
        form.shown_as.data = said.shown_as.value
        form.nick.data = said.shown_name if said.shown_as is ShownAs.NICK else ""
    elif not masked_name(order.name):
        form.shown_as.data = ShownAs.ANONYMOUS.value
    return form


@blueprint.get("/review/<string:token>/<int:position>")
@public
def review_line(token: str, position: int) -> ResponseReturnValue:
    """Ask how one piece is."""
    order = reviewing.order_to_review(token)
    line = _of(order, position)
    if not _can_speak(line):
        return redirect(f"/review/{token}", code=303)
    return _review_page(token, order, line, _filled_in(order, line))


@blueprint.post("/review/<string:token>/<int:position>")
@public
@without_token
@limiter.limit(AS_OFTEN_AS_PEOPLE_WRITE)
def write_review(token: str, position: int) -> ResponseReturnValue:
    """Publish what its buyer says of one piece, or her change of it."""
    form = ReviewForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviewing.say(
                token=token,
                position=position,
                stars=form.rating,
                text=form.text.data or "",
                shown_as=form.naming,
                nick=form.nick.data or "",
                locale=locale_name(),
                now=now(),
            )
            return _there(token, position)
    order = reviewing.order_to_review(token)
    return _review_page(token, order, _of(order, position), form)


def _pictures_page(token: str, position: int, refused: Sequence[str] = ()) -> str:
    order = reviewing.order_to_review(token)
    line = _of(order, position)
    if line.review is None:
        raise NotFound(what="review")
    pictures = reviews.own_pictures(line.line.id)
    return render_template(
        "storefront/review_pictures.html",
        token=token,
        line=line,
        pictures=[
            (one, words_of(REFUSALS[one.reason]()) if one.reason else "") for one in pictures
        ],
        refused=refused,
        room_left=MOST_OF[Subject.REVIEW]
        - sum(one.state is not PictureState.REFUSED for one in pictures),
        is_open=now() < line.review.pictures_until,
    )


@blueprint.get("/review/<string:token>/<int:position>/pictures")
@public
def review_pictures(token: str, position: int) -> ResponseReturnValue:
    """Show a buyer's own pictures beside her review, and take more."""
    return _pictures_page(token, position)


@blueprint.post("/review/<string:token>/<int:position>/pictures")
@public
@without_token
@brings_files
@limiter.limit(AS_OFTEN_AS_PEOPLE_WRITE)
def add_pictures(token: str, position: int) -> ResponseReturnValue:
    """Take pictures in; what is refused is named with its reason, the rest is kept.

    A script sends one file at a time and reads the reasons as JSON.
    """
    files = sent_files("files")
    refused = reviewing.add_pictures(token=token, position=position, files=files, now=now())
    reasons = [f"{one.name}: {words_of(one.refusal)}" for one in refused]
    if not files:
        reasons.append(_("Choose a picture first."))
    status = refused[0].refusal.status if refused else 422
    if request.accept_mimetypes.best == "application/json":
        return {"refused": reasons}, status if reasons else 200
    if reasons:
        return _pictures_page(token, position, reasons), status
    return redirect(f"/review/{token}/{position}/pictures", code=303)


@blueprint.post("/review/<string:token>/<int:position>/pictures/<string:picture>/off")
@public
@without_token
def take_picture_down(token: str, position: int, picture: str) -> ResponseReturnValue:
    """Take one of her own pictures off."""
    reviewing.take_picture_down(token=token, position=position, picture=picture, now=now())
    return redirect(f"/review/{token}/{position}/pictures", code=303)


@blueprint.post("/review/<string:token>/<int:position>/thanks")
@public
@without_token
@limiter.limit(AS_OFTEN_AS_PEOPLE_WRITE)
def thank_maker(token: str, position: int) -> ResponseReturnValue:
    """Send a card to the maker of one piece."""
    form = ThanksForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviewing.thank_maker(
                token=token,
                position=position,
                phrase=form.chosen,
                text=form.words.data or "",
                locale=locale_name(),
                now=now(),
            )
            return _there(token, position)
    return _order_page(token, thanks=form, position=position)


@blueprint.post("/review/<string:token>/<int:position>/objection")
@public
@without_token
@limiter.limit(AS_OFTEN_AS_PEOPLE_WRITE)
def object_to_hiding(token: str, position: int) -> ResponseReturnValue:
    """Ask the town to look at the hiding of one's own review."""
    form = ObjectionForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviewing.object_to_hiding(
                token=token, position=position, text=form.text.data or "", now=now()
            )
            return _there(token, position)
    return _order_page(token, objection=form, position=position)
