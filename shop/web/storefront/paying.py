"""The way from an order to its payment page and back."""

from __future__ import annotations

from flask import current_app, flash, request

from shop.kernel.errors import ShopError
from shop.web.access import now
from shop.web.errors import words_of
from shop.workflows import selling
from shop.workflows.selling import PlacedOrder


def order_address(number: str) -> str:
    """Return where an order is followed."""
    return f"/orders/{number}"


def _absolute(path: str) -> str:
    base = current_app.config["SHOP"].address or request.host_url
    return f"{base.rstrip('/')}{path}"


def address_to_pay(
    payment_public_id: str, number: str, *, placed: PlacedOrder | None = None
) -> str:
    """Return the address of the payment page, or of the order with a word why not yet.

    The order stands and its goods are held whatever the payment service says; the buyer tries
    again from the order's page.
    """
    where = order_address(number)
    try:
        return selling.start_payment(
            payment_public_id=payment_public_id,
            success_url=_absolute(f"{where}?back=1"),
            cancel_url=_absolute(where),
            placed=placed,
            now=now(),
        )
    except ShopError as refusal:
        flash(words_of(refusal), "error")
        return where
