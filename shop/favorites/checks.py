"""What must hold of hearts: lists count those that there are."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.accounts.models import User
from shop.favorites.models import Favorite
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

COUNTED = sa.text("""
SELECT p.id, p.hearts, count(l.network) AS given
FROM products p LEFT JOIN loves l ON l.product_id = p.id
GROUP BY p.id, p.hearts HAVING p.hearts <> count(l.network)
""")


def _counted() -> Iterator[Finding]:
    for row in db.session.execute(COUNTED):
        yield Finding("C5", f"product:{row.id}", f"counts {row.hearts} hearts of {row.given}")


def _of_the_gone() -> Iterator[Finding]:
    rows = (
        sa.select(Favorite.user_id)
        .join(User, User.id == Favorite.user_id)
        .where(User.closed_at.is_not(None))
        .distinct()
    )
    for user_id in db.session.scalars(rows):
        yield Finding("R2", f"user:{user_id}", "is closed, but favorites are left")


CHECKS: tuple[Check, ...] = (
    Check("C5", "every product counts the hearts that it has", _counted),
    Check("R2", "nobody who is gone keeps favorites", _of_the_gone),
)
