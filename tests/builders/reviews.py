"""Buyers who have what they bought, what they say, and what people ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from shop.kernel import links
from shop.kernel.access import SYSTEM
from shop.orders import queries as orders
from shop.orders.rules import Contact
from shop.reviews import queries as reviews_known
from shop.reviews import services as reviews
from shop.reviews.rules import ShownAs
from shop.workflows import delivering, reviewing
from tests.builders.orders import MS_LIU, Goods, an_order, pay, some_goods

DAY = timedelta(days=1)
_serial = count(1)


def an_arrived_order(
    *, now: datetime, goods: dict[Goods, int] | None = None, contact: Contact = MS_LIU
) -> str:
    """Return the number of an order that was placed six days ago and came at ``now``."""
    placed = an_order(now=now - 6 * DAY, goods=goods, contact=contact)
    pay(placed, now=now - 6 * DAY)
    for part in orders.order(placed.order_id).parts:
        delivering.send_parcel(
            key=part.public_id,
            fulfillment_public_id=part.public_id,
            carrier="中国邮政",
            tracking="EMS1",
            actor=SYSTEM,
            now=now - 3 * DAY,
        )
        delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=now)
    return placed.number


def a_token(number: str) -> str:
    """Return what the signed address of an order carries."""
    return links.signed(reviewing.PURPOSE, number)


def a_review(
    *,
    now: datetime,
    goods: Goods | None = None,
    number: str | None = None,
    position: int = 1,
    stars: int = 5,
    text: str = "很合脚",
    shown_as: ShownAs = ShownAs.MASKED,
    nick: str = "",
) -> str:
    """Return the outside name of a review, by default of a pair of sandals that came just now."""
    if number is None:
        number = an_arrived_order(now=now, goods={goods or some_goods(): 1})
    return reviewing.say(
        token=a_token(number),
        position=position,
        stars=stars,
        text=text,
        shown_as=shown_as,
        nick=nick,
        locale="zh_Hans",
        now=now,
    )


def a_question(
    *,
    now: datetime,
    goods: Goods | None = None,
    text: str = "脚背高能穿吗？",
    contact: str | None = None,
) -> str:
    """Return the outside name of an open question about a product."""
    about = goods or some_goods()
    return reviews.ask(
        product_id=about.product_id,
        workshop_id=about.workshop_id,
        station_id=about.station_id,
        text=text,
        contact=contact,
        locale="zh_Hans",
        now=now,
    )


def own_review(number: str, position: int = 1) -> reviews_known.OwnReview:
    """Return a review as its buyer sees it."""
    line = next(
        one for one in reviewing.order_to_review(a_token(number)).lines if one.position == position
    )
    assert line.review is not None
    return line.review
