"""Tell buyers what happened to their order: once each, in their language, after it is true."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, gettext

from shop.kernel.db import db, transaction
from shop.kernel.i18n import day_text, money_text
from shop.notifications import gateway
from shop.notifications.models import Message
from shop.notifications.rules import MessageState, sources_of
from shop.orders import queries as orders
from shop.orders.events import OrderExpired, OrderPaid, PartShipped
from shop.orders.queries import OrderView


def tell_order_paid(event: OrderPaid, *, now: datetime) -> None:
    """Tell the buyer that the money has come and when each part leaves; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        text = gettext(
            "Dengliang: order %(number)s is paid (%(total)s). It leaves by %(day)s at the latest.",
            number=order.number,
            total=money_text(order.total, locale=order.locale),
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


def _tell(order: OrderView, *, key: str, text: str, now: datetime) -> None:
    if order.contact is None:
        return  # a past sale, written down without a way to reach the buyer
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
                    "recipient": order.contact.phone,
                    "locale": order.locale,
                    "text": text,
                    "subject": f"order:{order.id}",
                    "state": MessageState.WRITTEN,
                    "written_at": now,
                },
            ).scalar_one()
        )
    if known and known.state is MessageState.SENT:
        return
    gateway.current().send(recipient=order.contact.phone, text=text)
    with transaction():
        db.session.execute(
            sa.update(Message)
            .where(
                Message.id == message_id,
                Message.state.in_(sources_of(MessageState.SENT)),
            )
            .values(state=MessageState.SENT, sent_at=now)
        )
