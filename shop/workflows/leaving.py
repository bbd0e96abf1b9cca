"""Leaving: a buyer signs out everywhere, and what devices kept of her account opens no more."""

from __future__ import annotations

from datetime import datetime

from shop.accounts import services as accounts
from shop.kernel.access import Actor
from shop.kernel.db import transactional
from shop.orders import carts


@transactional
def sign_out_everywhere(*, user_id: int, actor: Actor, now: datetime) -> int:
    """End every sign-in of a person and return how many devices that were.

    Her cart stays in her account, under another name. Raises NotFound, OutOfReach, Forbidden.
    """
    ended = accounts.sign_out_everywhere(user_id=user_id, actor=actor, now=now)
    carts.lock_cart_away(user_id=user_id)
    return ended
