"""What a signed-in person keeps, and the hearts that lists count."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, UtcDateTime


class Favorite(Base):
    """One product that one signed-in person wants to find again; visitors keep theirs."""

    __tablename__ = "favorites"
    __table_args__ = (sa.Index("ix_favorites_newest", "user_id", "kept_at"),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), primary_key=True)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Love(Base):
    """One heart for one product from one network, whoever is behind it and however often.

    ``network`` is a keyed digest of product and network: two hearts of one visitor cannot be told
    to belong together, and nobody can be found by them.
    """

    __tablename__ = "loves"

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), primary_key=True)
    network: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
