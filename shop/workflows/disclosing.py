"""Disclosing: everything the house keeps of a buyer, section by section, for herself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum

from shop.accounts import buyers, passkeys
from shop.accounts import queries as accounts_known
from shop.bookings import queries as bookings
from shop.catalog import queries as catalog
from shop.claims import queries as claims
from shop.favorites import queries as favorites
from shop.kernel.money import Money
from shop.orders import cart_queries
from shop.orders import queries as orders
from shop.orders.queries import OrderView
from shop.payments import queries as payments
from shop.reviews import queries as reviews

Record = dict[str, object]
Section = tuple[str, Iterator[Record]]

AT_ONCE = 50
# What only joins our own tables and means nothing to a reader.
_OURS = ("id", "key")


def sections(user_id: int) -> Iterator[Section]:
    """Return every section of what is kept of a buyer, each with its records, read when used.

    However many orders there are, fifty of them are in memory. Raises NotFound.

    Source: trust.md 4 (E-Commerce Law art. 24, PIPL 45).
    """
    yield "account", iter([_account(user_id)])
    yield "reached_by", map(plain, buyers.contacts_of(user_id))
    yield "addresses", map(plain, buyers.addresses_of(user_id))
    yield "signed_in_on", map(plain, accounts_known.every_device(user_id))
    yield "passkeys", map(plain, passkeys.passkeys_of(user_id))
    yield "messages_refused", ({"kind": kind} for kind in sorted(buyers.refusals_of(user_id)))
    yield "favorites", _favorites(user_id)
    yield "cart", _cart(user_id)
    yield "orders", _orders(user_id)


def _account(user_id: int) -> Record:
    user = accounts_known.user_by_id(user_id)
    return {
        "name_of_account": user.public_id,
        "name": user.name,
        "language": user.locale or "",
        "has_password": accounts_known.has_password(user_id),
        "opened_at": plain_value(user.created_at),
    }


def _favorites(user_id: int) -> Iterator[Record]:
    names = favorites.kept_by(user_id)
    known = catalog.product_ids_of(names)
    covers = catalog.covers(known.values())
    for name in names:
        cover = covers.get(known[name]) if name in known else None
        yield {"product": name, "address": f"/goods/{cover.slug}" if cover is not None else ""}


def _cart(user_id: int) -> Iterator[Record]:
    lines = cart_queries.cart_of_account(user_id)
    facts = catalog.sale_facts(line.variant_id for line in lines if line.variant_id is not None)
    for line in lines:
        fact = facts.get(line.variant_id) if line.variant_id is not None else None
        yield {"title": fact.title if fact is not None else "", **plain(line)}


def _orders(user_id: int) -> Iterator[Record]:
    ids = orders.order_ids_of_account(user_id)
    for start in range(0, len(ids), AT_ONCE):
        page = orders.orders_by_id(ids[start : start + AT_ONCE])
        for order_id in sorted(page):
            yield _order(page[order_id])


def _order(order: OrderView) -> Record:
    payment = payments.payment_of_order(order.id)
    return {
        **plain(order),
        "bookings": [plain(one) for one in bookings.bookings_of(f"order:{order.id}")],
        "payment": None
        if payment is None
        else {
            "state": payment.state.value,
            "method": payment.method.value,
            "amount": plain_value(payment.amount),
        },
        "refunds": [
            {
                "amount": plain_value(one.amount),
                "state": one.state.value,
                "cause": one.cause.value,
                "opened_at": plain_value(one.opened_at),
                "settled_at": plain_value(one.settled_at),
            }
            for one in payments.standing_refunds(order.id)
        ],
        "claims": [plain(one) for one in claims.claims_of_order(order.id)],
        "reviews": [plain(one) for one in reviews.own_reviews(order.id).values()],
        "cards_of_thanks": [plain(one) for one in reviews.own_cards(order.id).values()],
    }


def plain(thing: object) -> Record:
    """Return a read of ours as names and plain values, without what only joins our tables."""
    assert dataclasses.is_dataclass(thing), "reads are frozen dataclasses"  # noqa: S101 - a mistake of ours
    return {
        one.name: plain_value(getattr(thing, one.name))
        for one in dataclasses.fields(thing)
        if one.name not in _OURS and not one.name.endswith("_id")
    }


def plain_value(value: object) -> object:
    """Return a value as JSON has it: sums as fen with their currency, instants in UTC."""
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return plain(value)
    if isinstance(value, tuple | list | frozenset):
        return [plain_value(one) for one in value]
    return value
