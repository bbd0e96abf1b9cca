"""Reviewing: who bought this very line may say how it is; whose hands made it may be thanked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.catalog import queries as catalog_known
from shop.catalog import services as catalog
from shop.catalog.queries import Cover, ProductName, SaleFacts
from shop.kernel import links
from shop.kernel.db import transactional
from shop.kernel.errors import NotFound
from shop.media.rules import Sent
from shop.orders import queries as orders
from shop.orders.queries import LineView, OrderView
from shop.orders.rules import LineKind, OrderSource
from shop.reviews import queries as reviews_known
from shop.reviews import services as reviews
from shop.reviews.queries import OwnCard, OwnReview
from shop.reviews.rules import Bought, Phrase, ShownAs, ThanksState, write_until
from shop.workflows import picturing
from shop.workflows.picturing import RefusedFile

PURPOSE = "review"


def review_path(number: str) -> str:
    """Return where the buyer of an order says how it is.

    The address carries its own proof and opens nothing else: no name, telephone or address can be
    read behind it. It stands on the followed order's page and in our messages to its buyer.
    """
    return f"/review/{links.signed(PURPOSE, number)}"


@dataclass(frozen=True, slots=True)
class LineToReview:
    """One line of an order as its buyer may speak of it.

    until    end of the 180 days; None while it has not come, or when it never will.
    """

    position: int
    line: LineView
    bought: Bought
    facts: SaleFacts
    cover: Cover | None
    until: datetime | None
    review: OwnReview | None
    card: OwnCard | None


@dataclass(frozen=True, slots=True)
class OrderToReview:
    """The goods of one order, for whoever holds its signed address."""

    number: str
    name: str
    lines: tuple[LineToReview, ...]


def order_to_review(token: str) -> OrderToReview:
    """Return what the holder of a signed address may speak of. Raises NotFound for a forged one."""
    return _order_to_review(links.read(PURPOSE, token))


def has_unsaid(number: str) -> bool:
    """Say whether anything of an order has come and nobody said yet how it is. Raises NotFound."""
    lines = _order_to_review(number).lines
    return any(line.until is not None and line.review is None for line in lines)


def _order_to_review(number: str) -> OrderToReview:
    order_id = orders.order_id_of(number)
    if order_id is None:
        raise NotFound(what="order")
    order = orders.order(order_id)
    facts = _facts(order)
    covers = catalog_known.covers(fact.product_id for fact in facts.values())
    said, cards = reviews_known.own_reviews(order.id), reviews_known.own_cards(order.id)
    lines = []
    for line in order.lines:
        fact = facts.get(line.variant_id or 0)
        if fact is None:
            continue
        bought = _bought(order, line, fact)
        lines.append(
            LineToReview(
                position=line.position,
                line=line,
                bought=bought,
                facts=fact,
                cover=covers.get(fact.product_id),
                until=write_until(bought),
                review=said.get(line.id),
                card=cards.get(line.id),
            )
        )
    return OrderToReview(
        number=order.number,
        name=order.contact.name if order.contact is not None else "",
        lines=tuple(lines),
    )


def _facts(order: OrderView) -> dict[int, SaleFacts]:
    """Return the goods of an order by variant; seats are judged by the session's own survey."""
    if order.source is OrderSource.IMPORT:
        return {}
    return catalog_known.sale_facts(
        line.variant_id
        for line in order.lines
        if line.kind is LineKind.GOODS and line.variant_id is not None
    )


def _bought(order: OrderView, line: LineView, facts: SaleFacts) -> Bought:
    part = order.part_of(line)
    return Bought(
        order_id=order.id,
        order_line_id=line.id,
        product_id=facts.product_id,
        variant_id=facts.variant_id,
        workshop_id=part.workshop_id,
        station_id=part.station_id,
        maker_id=line.maker_id,
        # What came back afterwards counts too: she had it in her hands, and a refund must not buy
        # silence. Sellers may neither delete reviews nor bend them (E-commerce Law art. 17, 39).
        arrived=line.sent,
        received_at=part.received_at,
        buyer_name=order.contact.name if order.contact is not None else "",
    )


def _line(token: str, position: int) -> Bought:
    found = order_to_review(token)
    bought = next((one.bought for one in found.lines if one.position == position), None)
    if bought is None:
        raise NotFound(what="line")
    return bought


@transactional
def say(
    *,
    token: str,
    position: int,
    stars: int,
    text: str,
    shown_as: ShownAs,
    nick: str = "",
    locale: str,
    now: datetime,
) -> str:
    """Publish what the buyer of one line says of it, or her one change of it; return its name.

    token       of the signed address; ``position`` of the line within that order.
    stars       1 to 5.

    Safe to repeat: the same words sent twice are one review. Raises NotFound for a forged address
    or another order's line, and what reviews.write and reviews.edit raise. Source: features.md 27.
    """
    bought = _line(token, position)
    is_change = bought.order_line_id in reviews_known.own_reviews(bought.order_id)
    how: dict[str, Any] = {"stars": stars, "text": text, "shown_as": shown_as, "nick": nick}
    written = (
        reviews.edit(bought=bought, now=now, **how)
        if is_change
        else reviews.write(bought=bought, locale=locale, now=now, **how)
    )
    catalog.note_rating(
        product_id=bought.product_id,
        rating_sum=written.rating_sum,
        rating_count=written.rating_count,
        now=now,
    )
    return written.public_id


def add_pictures(
    *, token: str, position: int, files: Sequence[Sent], now: datetime
) -> list[RefusedFile]:
    """Hang files as pictures beside the review of one line; return those that were not taken.

    Raises NotFound for a forged address, another order's line or where there is no review, and
    CannotChangeNow. Source: features.md 27.
    """
    bought = _line(token, position)
    return picturing.add_to_review(order_line_id=bought.order_line_id, files=files, now=now)


@transactional
def take_picture_down(*, token: str, position: int, picture: str, now: datetime) -> None:
    """Take one of her own pictures off a review. Raises NotFound, PictureGone."""
    bought = _line(token, position)
    reviews.take_picture_down(order_line_id=bought.order_line_id, picture=picture, now=now)


@transactional
def object_to_hiding(*, token: str, position: int, text: str, now: datetime) -> datetime:
    """Ask the town to look at the hiding of one's own review; return by when it answers.

    Raises NotFound for a forged address or another order's line, and what
    reviews.object_to_hiding raises.
    """
    bought = _line(token, position)
    return reviews.object_to_hiding(order_line_id=bought.order_line_id, text=text, now=now)


@transactional
def thank_maker(
    *,
    token: str,
    position: int,
    phrase: Phrase | None,
    text: str = "",
    locale: str,
    now: datetime,
) -> ThanksState:
    """Send a card to the maker of one line; return how far it has come.

    Raises NotFound for a forged address or another order's line, and what reviews.thank raises.
    """
    return reviews.thank(
        bought=_line(token, position), phrase=phrase, text=text, locale=locale, now=now
    )


@transactional
def ask(*, product: ProductName, text: str, contact: str | None, locale: str, now: datetime) -> str:
    """Put a question to the workshop of a product on sale; return its outside name.

    Raises what reviews.ask raises. Source: features.md 29.
    """
    return reviews.ask(
        product_id=product.product_id,
        workshop_id=product.workshop_id,
        station_id=product.station_id,
        text=text,
        contact=contact,
        locale=locale,
        now=now,
    )


def forget_askers(*, now: datetime) -> int:
    """Delete what askers left to be reached by, once it has served; return how many."""
    forgotten = 0
    while done := reviews.forget_askers(now=now):
        forgotten += done
    return forgotten
