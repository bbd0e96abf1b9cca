"""What buyers say of one product and what people ask about it: two pages and one question form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog import queries as catalog
from shop.catalog.queries import ProductName
from shop.freshness import product, room
from shop.kernel.clock import business_day
from shop.reviews import window
from shop.reviews.rules import REASONS
from shop.reviews.window import QuestionShown, ReviewShown, Sort, Summary
from shop.web.access import now, public
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.filters import locale_name, localized
from shop.web.kept_pages import kept, shows
from shop.web.limits import limiter
from shop.web.origin import without_token
from shop.web.storefront.door import blueprint, day_said
from shop.web.storefront.voice_forms import QuestionForm
from shop.workflows import reviewing

LANGUAGES = {"en": "en", "zh_Hans": "zh-Hans"}


def said_reviews(reviews: Iterable[ReviewShown]) -> list[dict[str, object]]:
    """Return reviews as their component shows them, in the page's language but for their words."""
    return [
        {
            "key": one.public_id,
            "stars": one.stars,
            "name": one.shown_name or _("A buyer"),
            "about": _about(one),
            "text": one.text,
            "lang": LANGUAGES.get(one.locale, ""),
            "answer": one.answer or "",
            "photos": one.pictures,
            "hidden": _(REASONS[one.hidden_reason]) if one.hidden_reason is not None else "",
        }
        for one in reviews
    ]


def _about(review: ReviewShown) -> str:
    parts = [review.size, localized(review, "color"), _day(review.written_at)]
    if review.edited_at is not None:
        parts.append(_("changed on %(day)s", day=_day(review.edited_at)))
    return " · ".join(part for part in parts if part)


def _day(instant: datetime) -> str:
    return day_said(business_day(instant))


def said_questions(questions: Iterable[QuestionShown]) -> list[dict[str, str]]:
    """Return answered questions as their component shows them."""
    return [
        {
            "key": one.public_id,
            "text": one.text,
            "lang": LANGUAGES.get(one.locale, ""),
            "answer": one.answer,
            "when": _day(one.answered_at),
        }
        for one in questions
    ]


@dataclass(frozen=True, slots=True)
class Voices:
    """What the page of a product says of its buyers, ready for its components."""

    summary: Summary
    reviews: list[dict[str, object]]
    questions: list[dict[str, str]]


def said_voices(product_id: int) -> Voices:
    """Return what the page of a product says of its buyers, from one statement."""
    heard = window.voices(product_id)
    return Voices(heard.summary, said_reviews(heard.reviews), said_questions(heard.questions))


def _named(slug: str) -> ProductName:
    """Return the product that a page is about, and say that it shows it and its workshop."""
    named = catalog.name_on_sale(slug)
    shows(product(named.product_id), room(named.station_id))
    return named


@blueprint.get("/goods/<string:slug>/reviews")
@public
@kept(asks=("sort", "after"))
def product_reviews(slug: str) -> ResponseReturnValue:
    """Show what buyers say of a product, page by page."""
    named = _named(slug)
    wanted = request.args.get("sort", "")
    sort = Sort(wanted) if wanted in set(Sort) else Sort.NEWEST
    page = window.reviews(named.product_id, sort=sort, after=request.args.get("after"))
    return render_template(
        "storefront/reviews.html",
        product=named,
        summary=window.summary(named.product_id),
        reviews=said_reviews(page.items),
        after=page.after,
        sort=sort,
        is_first="after" not in request.args,
    )


def _questions_page(named: ProductName, form: QuestionForm) -> ResponseReturnValue:
    page = window.questions(named.product_id, after=request.args.get("after"))
    return (
        render_template(
            "storefront/questions.html",
            product=named,
            questions=said_questions(page.items),
            after=page.after,
            form=form,
            wrong=problems_of(form),
            is_asked="asked" in request.args,
            is_first="after" not in request.args,
        ),
        form_status(form),
    )


@blueprint.get("/goods/<string:slug>/questions")
@public
@kept(asks=("after", "asked"))
def product_questions(slug: str) -> ResponseReturnValue:
    """Show what people asked about a product and what the workshop answered."""
    return _questions_page(_named(slug), QuestionForm(formdata=None))


@blueprint.post("/goods/<string:slug>/questions")
@public
@without_token
@limiter.limit("4 per minute; 20 per day")
def ask_question(slug: str) -> ResponseReturnValue:
    """Put a question to the workshop; it is public with its answer."""
    named = catalog.name_on_sale(slug)
    form = QuestionForm()
    if form.validate_on_submit():
        with refusals_on(form):
            reviewing.ask(
                product=named,
                text=form.text.data or "",
                contact=form.contact.data or None,
                locale=locale_name(),
                now=now(),
            )
            return redirect(f"/goods/{slug}/questions?asked=1", code=303)
    return _questions_page(named, form)
