"""Tell buyers and askers what happened: once each, in their language, after it is true."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, gettext

from shop.kernel import links
from shop.kernel.db import db, transaction
from shop.kernel.i18n import day_text, money_text, person_text
from shop.notifications import gateway
from shop.notifications.models import Message
from shop.notifications.rules import MessageState, sources_of
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
from shop.reviews.rules import REASONS, HidingState
from shop.stations import queries as stations
from shop.workflows import reviewing


def tell_order_paid(event: OrderPaid, *, now: datetime) -> None:
    """Tell the buyer that the money has come and when each part leaves; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: order %(number)s is paid (%(total)s). It leaves by %(day)s at the latest.",
            number=order.number,
            total=money_text(order.total),
            day=day_text(max(part.promised_on for part in order.parts), locale=order.locale),
        )
    _tell(order, key=f"paid:{order.id}", text=text, now=now)


def tell_order_expired(event: OrderExpired, *, now: datetime) -> None:
    """Tell the buyer that nothing is held any more and nothing was charged; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: order %(number)s was not paid within 15 minutes and has ended. "
            "Nothing was charged.",
            number=order.number,
        )
    _tell(order, key=f"expired:{order.id}", text=text, now=now)


def tell_part_shipped(event: PartShipped, *, now: datetime) -> None:
    """Tell the buyer that a parcel left, with carrier and number; safe to repeat."""
    order = orders.order(event.order_id)
    part = next(part for part in order.parts if part.id == event.fulfillment_id)
    if not part.tracking:
        return  # handed over at the counter: she was there
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: a parcel of order %(number)s is on its way, %(carrier)s %(tracking)s.",
            number=order.number,
            carrier=part.carrier,
            tracking=part.tracking,
        )
    _tell(order, key=f"shipped:{part.id}", text=text, now=now)


def tell_cash_waits(event: CashOffered, *, now: datetime) -> None:
    """Tell the buyer that her money waits in cash, because it could not go back; safe to repeat."""
    order = orders.order(event.order_id)
    refund = payments.refund(event.refund_id)
    if not refund.waits_in_cash:
        return  # fetched already, or it goes another way
    workshop = stations.workshop(order.parts[0].workshop_id)
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: %(sum)s of order %(number)s could not go back the way you paid. It waits "
            "for you in cash at %(workshop)s; bring the number and your code.",
            sum=money_text(refund.amount),
            number=order.number,
            workshop=person_text(workshop.name, workshop.name_en, locale=order.locale),
        )
    _tell(order, key=f"cash:{refund.id}", text=text, now=now)


def ask_how_it_is(event: OrderCompleted, *, now: datetime) -> None:
    """Ask the buyer of goods, a week after they came, how they are; once, safe to repeat."""
    order = orders.order(event.order_id)
    if not reviewing.has_unsaid(order.number):
        return
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: how is what you bought with order %(number)s? Tell the next buyer: "
            "%(address)s",
            number=order.number,
            address=links.absolute(reviewing.review_path(order.number)),
        )
    _tell(order, key=f"how:{order.id}", text=text, now=now)


def tell_review_answered(event: ReviewAnswered, *, now: datetime) -> None:
    """Tell the buyer that the workshop answered her review; later versions are not told."""
    if event.version > 1:
        return
    order = orders.order(reviews.order_of(event.review_id))
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: the workshop has answered your review: %(address)s",
            address=links.absolute(reviewing.review_path(order.number)),
        )
    _tell(order, key=f"review-answered:{event.review_id}", text=text, now=now)


def tell_review_hidden(event: ReviewHidden, *, now: datetime) -> None:
    """Tell the buyer that her words are hidden, why, and where she can object; safe to repeat."""
    facts = reviews.hiding_facts(event.hiding_id)
    order = orders.order(facts.order_id)
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: the words of your review are hidden because %(reason)s. Your stars count. "
            "You can object to the town: %(address)s",
            reason=gettext(REASONS[facts.reason]),
            address=links.absolute(reviewing.review_path(order.number)),
        )
    _tell(order, key=f"hidden:{event.hiding_id}", text=text, now=now)


def tell_hiding_ended(event: HidingUpheld | ReviewShownAgain, *, now: datetime) -> None:
    """Tell the buyer what became of the hiding of her review; safe to repeat."""
    facts = reviews.hiding_facts(event.hiding_id)
    order = orders.order(facts.order_id)
    is_upheld = facts.state is HidingState.UPHELD
    with force_locale(order.locale):
        said = (
            gettext("Dengliang: the town looked at your objection; your words stay hidden.")
            if is_upheld
            else gettext("Dengliang: the words of your review can be read again.")
        )
        address = links.absolute(reviewing.review_path(order.number))
    text = " ".join(part for part in (said, facts.ending, address) if part)
    _tell(order, key=f"hiding-ended:{event.hiding_id}", text=text, now=now)


def tell_question_answered(event: QuestionAnswered, *, now: datetime) -> None:
    """Tell an asker who left a way to be reached that her answer stands; once, safe to repeat."""
    facts = reviews.asker_facts(event.question_id)
    if facts.contact is None or event.version > 1:
        return
    with force_locale(facts.locale):
        text = gettext(
            "Dengliang: your question about “%(title)s” is answered: %(address)s",
            title=person_text(facts.title, facts.title_en, locale=facts.locale),
            address=links.absolute(f"/goods/{facts.slug}/questions"),
        )
    _send(
        key=f"question-answered:{event.question_id}",
        recipient=facts.contact,
        locale=facts.locale,
        subject=_question(event.question_id),
        text=text,
        now=now,
    )


def forget_asker(event: AskerForgotten, *, now: datetime) -> None:
    """Take an asker's number or address out of what was sent to her; safe to repeat."""
    del now
    with transaction():
        db.session.execute(
            sa.update(Message)
            .where(Message.subject == _question(event.question_id))
            .values(recipient="")
        )


def _question(question_id: int) -> str:
    return f"question:{question_id}"


def _tell(order: OrderView, *, key: str, text: str, now: datetime) -> None:
    if order.contact is None:
        return  # a past sale, written down without a way to reach the buyer
    _send(
        key=key,
        recipient=order.contact.phone,
        locale=order.locale,
        subject=f"order:{order.id}",
        text=text,
        now=now,
    )


def _send(*, key: str, recipient: str, locale: str, subject: str, text: str, now: datetime) -> None:
    with transaction() as session:
        known = session.execute(
            sa.select(Message.id, Message.state).where(Message.key == key)
        ).one_or_none()
        message_id = (
            known.id
            if known
            else session.execute(
                sa.insert(Message).returning(Message.id),
                {
                    "key": key,
                    "channel": gateway.current().channel,
                    "recipient": recipient,
                    "locale": locale,
                    "text": text,
                    "subject": subject,
                    "state": MessageState.WRITTEN,
                    "written_at": now,
                },
            ).scalar_one()
        )
    if known and known.state is MessageState.SENT:
        return
    gateway.current().send(recipient=recipient, text=text)
    with transaction():
        db.session.execute(
            sa.update(Message)
            .where(
                Message.id == message_id,
                Message.state.in_(sources_of(MessageState.SENT)),
            )
            .values(state=MessageState.SENT, sent_at=now)
        )
