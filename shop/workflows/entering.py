"""Entering: what a buyer's device kept goes into her account, and what is hers onto the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.accounts import buyers
from shop.accounts.rules import ContactKind
from shop.kernel.db import transactional
from shop.orders import carts
from shop.orders import services as orders
from shop.workflows import loving


@dataclass(frozen=True, slots=True)
class Settled:
    """What a device shows from now on: its cart and favorites; ``claimed`` orders came along."""

    cart_token: str | None
    favorites: list[str]
    claimed: int


@transactional
def settle_in(
    *,
    user_id: int,
    cart_token: str | None,
    favorites: Sequence[str],
    codes: Mapping[str, str],
    now: datetime,
) -> Settled:
    """Join what the device kept with what the account keeps; safe to repeat.

    cart_token    of the device's cart; both carts become one (``carts.take_cart_along``).
    favorites     public ids that the device keeps.
    codes         lookup codes of orders placed on the device: those with her own proven number
                  come into her account, those of somebody else in the house do not.
    """
    phones = [c.address for c in buyers.contacts_of(user_id) if c.kind is ContactKind.PHONE]
    return Settled(
        cart_token=carts.take_cart_along(token=cart_token, user_id=user_id, now=now),
        favorites=loving.take_along(favorites, user_id=user_id, now=now),
        claimed=orders.claim_of_device(user_id=user_id, codes=codes, phones=phones, now=now)
        if phones and codes
        else 0,
    )
