"""Telling programs what happened: who of them may hear it, and what they are told.

A message names things and says nothing of people: numbers of orders and parts, slugs of goods.
Whoever needs more asks for it with a token of her own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.bookings import events as bookings
from shop.bookings import queries as bookings_known
from shop.catalog import events as catalog
from shop.catalog import queries as catalog_known
from shop.kernel.db import transaction
from shop.kernel.events import Event, Happened, Listener
from shop.orders import events as orders
from shop.orders import queries as orders_known
from shop.programs import hooks
from shop.programs import queries as programs
from shop.programs.queries import Listening
from shop.programs.rules import HookKind, OrderTold, PartTold, ProductTold, SessionTold, Told
from shop.stations import queries as stations

KINDS: Mapping[type[Event], HookKind] = {
    orders.OrderPlaced: HookKind.ORDER_PLACED,
    orders.OrderPaid: HookKind.ORDER_PAID,
    orders.OrderExpired: HookKind.ORDER_EXPIRED,
    orders.OrderCancelled: HookKind.ORDER_CANCELLED,
    orders.OrderCompleted: HookKind.ORDER_COMPLETED,
    orders.PartPacked: HookKind.PART_PACKED,
    orders.PartShipped: HookKind.PART_SHIPPED,
    orders.PartReceived: HookKind.PART_RECEIVED,
    orders.RefundSettled: HookKind.REFUND_SETTLED,
    catalog.ProductListed: HookKind.PRODUCT_LISTED,
    catalog.ProductHidden: HookKind.PRODUCT_HIDDEN,
    catalog.PriceApproved: HookKind.PRICE_CHANGED,
    bookings.SessionPlanned: HookKind.SESSION_PLANNED,
    bookings.SessionCancelled: HookKind.SESSION_CANCELLED,
}


def hear(event: Event, *, happened: Happened, now: datetime) -> None:
    """Write down for every hook that may hear it what happened; safe to repeat."""
    kind = KINDS[type(event)]
    listening = programs.listening(kind)
    if not listening:
        return
    told = _told(event, happened, listening)
    with transaction():
        for hook_id, data in sorted(told.items()):
            hooks.write(
                hook_id=hook_id,
                kind=kind.value,
                data=data,
                event_id=happened.event_id,
                happened_at=happened.happened_at,
                now=now,
            )


LISTENER = Listener(kinds=frozenset(KINDS), hear=hear, is_wanted=programs.ANY_HOOK)


# Any: which fields an event has, its kind says.
def _told(event: Any, happened: Happened, listening: list[Listening]) -> dict[int, Told]:
    """Return what is said to each hook; those that may not hear it are missing."""
    if hasattr(event, "order_id"):
        part_id = getattr(event, "fulfillment_id", None)
        return _of_order(event.order_id, part_id, listening)
    path = stations.path_of(happened.station_id) if happened.station_id is not None else ""
    near = [one for one in listening if path.startswith(one.path)]
    if not near:
        return {}
    data = _of_product(event) if hasattr(event, "product_id") else _of_session(event, happened)
    return {one.hook_id: data for one in near}


def _of_order(order_id: int, part_id: int | None, listening: list[Listening]) -> dict[int, Told]:
    """Return an order to the program that placed it, and to others the parts in their reach."""
    order = orders_known.order(order_id)
    parts = [part for part in order.parts if part_id in {None, part.id}]
    paths = {part.id: stations.path_of(part.station_id) for part in parts}
    told: dict[int, Told] = {}
    for one in listening:
        is_own = programs.has_placed(one.program_id, order_id)
        seen = [part for part in parts if is_own or paths[part.id].startswith(one.path)]
        if seen:
            told[one.hook_id] = OrderTold(
                order=order.number,
                state=order.state.value,
                parts=tuple(PartTold(part.public_id, part.state.value) for part in seen),
            )
    return told


def _of_product(event: Any) -> Told:
    cover = catalog_known.covers([event.product_id])[event.product_id]
    return ProductTold(cover.slug, cover.is_public)


def _of_session(event: Any, happened: Happened) -> Told:
    view = bookings_known.sessions_by_id([event.session_id], now=happened.happened_at)
    session = view[event.session_id]
    return SessionTold(session.public_id, session.slug)
