"""Forgetting a buyer: her account at once, her name in an order when it is over."""

from __future__ import annotations

from datetime import datetime

from shop.accounts import buyers
from shop.claims import queries as claims_known
from shop.claims import services as claims
from shop.favorites import services as favorites
from shop.invoices import services as invoices
from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import transaction, transactional
from shop.orders import carts
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.payments import queries as payments
from shop.payments.rules import RefundState
from shop.reviews import services as reviews
from shop.workflows import handing_over
from shop.workflows.events import BuyerForgotten


@transactional
def close_account(*, user_id: int, now: datetime) -> None:
    """Close a buyer's account and forget her, all or nothing; safe to repeat.

    Orders under way keep whom they are for until they are over (``forget_due``): somebody has to
    carry the parcel there.

    Raises Forbidden for who works or weaves here.
    """
    buyers.close(user_id=user_id, now=now)
    favorites.drop_all(user_id=user_id)
    carts.drop_carts(user_id=user_id)
    forget_due(now=now)


def forget_due(*, now: datetime) -> int:
    """Take the person out of every order that is over and whose buyer closed her account.

    An order whose money is still on its way back waits, and one about which something is open.
    Returns how many were forgotten; safe to
    repeat, one transaction an order.
    """
    forgotten = 0
    for order_id in orders_known.over_of_closed_accounts(now=now):
        refunds = payments.standing_refunds(order_id)
        if any(refund.state is not RefundState.SETTLED for refund in refunds):
            continue
        if claims_known.pieces_in_question(order_id):
            continue
        with transaction():
            orders.forget_buyer(order_id=order_id)
            invoices.forget(order_id=order_id, now=now)
            reviews.forget_author(order_id=order_id, now=now)
            claims.forget(order_id=order_id, now=now)
            handing_over.forget(order_id=order_id, now=now)
            events.record(BuyerForgotten(order_id), actor=SYSTEM, station_id=None, now=now)
        forgotten += 1
    return forgotten
