"""Tell buyers and askers what happened: once each, in their language, after it is true."""

from __future__ import annotations

from datetime import datetime

from flask_babel import force_locale

from shop.accounts import buyers
from shop.accounts.events import CodeForgotten
from shop.kernel.i18n import person_text
from shop.notifications import post, words
from shop.notifications.rules import Letter, Reach
from shop.orders import queries as orders
from shop.orders.events import CashOffered, OrderCompleted, OrderExpired, OrderPaid, PartShipped
from shop.orders.queries import OrderView
from shop.payments import queries as payments
from shop.reviews import queries as reviews
from shop.reviews.events import (
    AskerForgotten,
    HidingUpheld,
    QuestionAnswered,
    ReviewAnswered,
    ReviewHidden,
    ReviewShownAgain,
)
from shop.reviews.rules import HidingState
from shop.stations import queries as stations
from shop.workflows import reviewing
from shop.workflows.events import BuyerForgotten


def tell_order_paid(event: OrderPaid, *, now: datetime) -> None:
    """Tell the buyer that the money has come and when each part leaves; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        _tell(order, words.paid(order), key=f"paid:{order.id}", now=now)


def tell_order_expired(event: OrderExpired, *, now: datetime) -> None:
    """Tell the buyer that nothing is held any more and nothing was charged; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        _tell(order, words.expired(order), key=f"expired:{order.id}", now=now)


def tell_part_shipped(event: PartShipped, *, now: datetime) -> None:
    """Tell the buyer that a parcel left, with carrier and number; safe to repeat."""
    order = orders.order(event.order_id)
    part = next(part for part in order.parts if part.id == event.fulfillment_id)
    if not part.tracking:
        return  # handed over at the counter: she was there
    with force_locale(order.locale):
        _tell(order, words.shipped(order, part), key=f"shipped:{part.id}", now=now)


def tell_cash_waits(event: CashOffered, *, now: datetime) -> None:
    """Tell the buyer that her money waits in cash, because it could not go back; safe to repeat."""
    order = orders.order(event.order_id)
    refund = payments.refund(event.refund_id)
    if not refund.waits_in_cash:
        return  # fetched already, or it goes another way
    workshop = stations.workshop(order.parts[0].workshop_id)
    with force_locale(order.locale):
        _tell(order, words.cash_waits(order, refund, workshop), key=f"cash:{refund.id}", now=now)


def ask_how_it_is(event: OrderCompleted, *, now: datetime) -> None:
    """Ask the buyer of goods, a week after they came, how they are; once, safe to repeat."""
    order = orders.order(event.order_id)
    if not reviewing.has_unsaid(order.number):
        return
    with force_locale(order.locale):
        letter = words.how_is_it(order, reviewing.review_path(order.number))
    _tell(order, letter, key=f"how:{order.id}", now=now)


def tell_review_answered(event: ReviewAnswered, *, now: datetime) -> None:
    """Tell the buyer that the workshop answered her review; later versions are not told."""
    if event.version > 1:
        return
    order = orders.order(reviews.order_of(event.review_id))
    with force_locale(order.locale):
        letter = words.review_answered(reviewing.review_path(order.number))
    _tell(order, letter, key=f"review-answered:{event.review_id}", now=now)


def tell_review_hidden(event: ReviewHidden, *, now: datetime) -> None:
    """Tell the buyer that her words are hidden, why, and where she can object; safe to repeat."""
    facts = reviews.hiding_facts(event.hiding_id)
    order = orders.order(facts.order_id)
    with force_locale(order.locale):
        letter = words.review_hidden(facts.reason, reviewing.review_path(order.number))
    _tell(order, letter, key=f"hidden:{event.hiding_id}", now=now)


def tell_hiding_ended(event: HidingUpheld | ReviewShownAgain, *, now: datetime) -> None:
    """Tell the buyer what became of the hiding of her review; safe to repeat."""
    facts = reviews.hiding_facts(event.hiding_id)
    order = orders.order(facts.order_id)
    with force_locale(order.locale):
        letter = words.hiding_ended(
            reviewing.review_path(order.number),
            is_upheld=facts.state is HidingState.UPHELD,
            ending=facts.ending,
        )
    _tell(order, letter, key=f"hiding-ended:{event.hiding_id}", now=now)


def tell_question_answered(event: QuestionAnswered, *, now: datetime) -> None:
    """Tell an asker who left a way to be reached that her answer stands; once, safe to repeat."""
    facts = reviews.asker_facts(event.question_id)
    if facts.contact is None or event.version > 1:
        return
    with force_locale(facts.locale):
        letter = words.question_answered(
            person_text(facts.title, facts.title_en, locale=facts.locale),
            f"/goods/{facts.slug}/questions",
        )
    is_email = "@" in facts.contact
    post.write(
        letter,
        key=f"question-answered:{event.question_id}",
        subject=_question(event.question_id),
        station_id=facts.station_id,
        locale=facts.locale,
        reach=Reach(email=facts.contact) if is_email else Reach(phone=facts.contact),
        now=now,
    )


def forget_asker(event: AskerForgotten, *, now: datetime) -> None:
    """Take an asker's number or address out of what was sent to her; safe to repeat."""
    post.forget(subject=_question(event.question_id), now=now)


def forget_buyer(event: BuyerForgotten, *, now: datetime) -> None:
    """Take a buyer's number and address out of what was sent about an order; safe to repeat."""
    post.forget(subject=f"order:{event.order_id}", now=now)


def forget_code(event: CodeForgotten, *, now: datetime) -> None:
    """Take the number or address out of the message that brought a code; safe to repeat."""
    post.forget_message(key=f"code:{event.name}", now=now)


def _question(question_id: int) -> str:
    return f"question:{question_id}"


def _tell(order: OrderView, letter: Letter, *, key: str, now: datetime) -> None:
    if order.contact is None:
        return  # a past sale without a way to reach the buyer, or she has been forgotten
    if not letter.is_essential:
        user_id = orders.account_of(order.id)
        if user_id is not None and buyers.refuses(user_id, letter.kind.value):
            return
    contact = order.contact
    post.write(
        letter,
        key=key,
        subject=f"order:{order.id}",
        station_id=order.parts[0].station_id,
        locale=order.locale,
        reach=Reach(
            phone=contact.phone, email=contact.email, wish=contact.told_by, name=contact.name
        ),
        now=now,
    )
