"""Loving: a heart on a product is found again by whoever gave it, and lists may sort by hearts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.catalog import queries as catalog_known
from shop.catalog import services as catalog
from shop.catalog import window
from shop.catalog.window import Card
from shop.favorites import queries as favorites_known
from shop.favorites import services as favorites
from shop.favorites.rules import kept_ids
from shop.kernel.db import transactional


@dataclass(frozen=True, slots=True)
class Favorites:
    """What somebody keeps, the newest first; ``gone`` counts what is not on sale just now."""

    cards: tuple[Card, ...]
    gone: int


def favorites_of(device: Sequence[str], *, user_id: int | None, now: datetime) -> Favorites:
    """Return what a device keeps, and what the person who is signed in on it keeps."""
    ids = kept_ids(device, favorites_known.kept_by(user_id) if user_id is not None else ())
    known = catalog_known.product_ids_of(ids)
    cards = window.cards_of([known[one] for one in ids if one in known], now=now)
    return Favorites(tuple(cards), len(ids) - len(cards))


@transactional
def keep(public_id: str, *, network: str, user_id: int | None, now: datetime) -> None:
    """Keep a product, and let lists count one heart of this network. Raises NotFound.

    network    a digest of product and network; the same network counts once for a product.

    Safe to repeat.
    """
    product_id = catalog_known.product_id_on_sale(public_id)
    if user_id is not None:
        favorites.keep(user_id=user_id, product_ids=[product_id], now=now)
    if favorites.love(product_id=product_id, network=network):
        catalog.count_hearts(product_id=product_id, more=1, now=now)


@transactional
def keep_no_more(public_id: str, *, network: str, user_id: int | None, now: datetime) -> None:
    """Keep a product no longer and take the heart back. Raises NotFound; safe to repeat."""
    product_id = catalog_known.product_id_of(public_id)
    if user_id is not None:
        favorites.drop(user_id=user_id, product_id=product_id)
    if favorites.love_no_more(product_id=product_id, network=network):
        catalog.count_hearts(product_id=product_id, more=-1, now=now)


@transactional
def take_along(device: Sequence[str], *, user_id: int, now: datetime) -> list[str]:
    """Keep for a person who signs in what her device kept; return all she keeps, newest first."""
    ids = kept_ids(device)
    known = catalog_known.product_ids_of(ids)
    favorites.keep(user_id=user_id, product_ids=[known[i] for i in ids if i in known], now=now)
    return kept_ids(favorites_known.kept_by(user_id))
