"""The verbs of favorites. They are not events: nobody's list of wishes belongs into an audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.favorites.models import Favorite, Love
from shop.kernel.db import db, transactional
from shop.kernel.statements import insert_or, rows_changed, table_of

_favorites = table_of(Favorite)
_loves = table_of(Love)
# Things kept together keep their order: one stands a moment behind the other.
_APART = timedelta(microseconds=1)


@transactional
def keep(*, user_id: int, product_ids: Sequence[int], now: datetime) -> None:
    """Keep goods for a signed-in person, the newest first; what she keeps already stays."""
    if product_ids:
        rows = [
            {"user_id": user_id, "product_id": product_id, "kept_at": now - place * _APART}
            for place, product_id in enumerate(product_ids)
        ]
        db.session.execute(insert_or(_favorites).on_conflict_do_nothing(), rows)


@transactional
def drop(*, user_id: int, product_id: int) -> None:
    """Keep one thing no longer; harmless if she did not."""
    db.session.execute(
        sa.delete(_favorites).where(
            _favorites.c.user_id == user_id, _favorites.c.product_id == product_id
        )
    )


@transactional
def drop_all(*, user_id: int) -> None:
    """Keep nothing any more for a person; hearts that lists count name nobody."""
    db.session.execute(sa.delete(_favorites).where(_favorites.c.user_id == user_id))


@transactional
def love(*, product_id: int, network: str) -> bool:
    """Give a product the heart of a network; return whether it is a new one."""
    new = insert_or(_loves).on_conflict_do_nothing().returning(_loves.c.network)
    row = {"product_id": product_id, "network": network}
    return db.session.scalar(new, row) is not None


@transactional
def love_no_more(*, product_id: int, network: str) -> bool:
    """Take the heart of a network back; return whether there was one."""
    return (
        rows_changed(
            sa.delete(_loves).where(_loves.c.product_id == product_id, _loves.c.network == network)
        )
        > 0
    )
