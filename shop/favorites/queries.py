"""Reads of favorites."""

from __future__ import annotations

import sqlalchemy as sa

from shop.catalog.models import Product
from shop.favorites.models import Favorite
from shop.favorites.rules import MOST_KEPT
from shop.kernel.db import db


def kept_by(user_id: int) -> list[str]:
    """Return the public ids of what a signed-in person keeps, the newest first."""
    return list(
        db.session.scalars(
            sa.select(Product.public_id)
            .join(Favorite, Favorite.product_id == Product.id)
            .where(Favorite.user_id == user_id)
            .order_by(Favorite.kept_at.desc(), Favorite.product_id.desc())
            .limit(MOST_KEPT)
        )
    )
