"""Reads of carts: what lies in one, and how much of a thing is wished for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.catalog.models import PriceSheet, Product, Variant
from shop.catalog.queries import SaleFacts, facts_of, sale_columns
from shop.kernel.db import db
from shop.orders.models import Cart, CartLine


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One wish: pieces of a variant, or seats in a session; ``coupon_code`` is its cart's.

    ``answer`` is what was asked along with it.
    """

    id: int
    variant_id: int | None
    session_id: int | None
    quantity: int
    adults: int
    children: int
    families: int
    wish: str
    seen_minor: int | None
    seen_seller: str
    coupon_code: str
    answer: bool


def cart_lines(token: str | None) -> list[CartLineView]:
    """Return what lies in a cart, in the order in which it was put there; empty when unknown."""
    if not token:
        return []
    rows: Iterable[Any] = db.session.execute(
        sa.select(*_line_columns(None))
        .join(Cart, Cart.id == CartLine.cart_id)
        .where(Cart.token == token)
        .order_by(CartLine.id)
    )
    return [_line_view(row) for row in rows]


def cart_of_account(user_id: int) -> list[CartLineView]:
    """Return what lies in the cart of a buyer's account."""
    return cart_lines(
        db.session.scalar(
            sa.select(Cart.token)
            .where(Cart.user_id == user_id)
            .order_by(Cart.changed_at.desc(), Cart.id.desc())
            .limit(1)
        )
    )


def cart_count(token: str | None) -> int:
    """Return how many pieces and seat lines lie in a cart: the number at the cart's picture."""
    if not token:
        return 0
    count = db.session.scalar(
        sa.select(
            sa.func.coalesce(
                sa.func.sum(sa.case((CartLine.variant_id.is_(None), 1), else_=CartLine.quantity)),
                0,
            )
        )
        .join(Cart, Cart.id == CartLine.cart_id)
        .where(Cart.token == token)
    )
    return int(count or 0)


def wished(
    token: str | None,
    *,
    asks: sa.ColumnElement[bool],
    free: Callable[..., sa.ColumnElement[int]],
    now: datetime,
) -> list[tuple[CartLineView, SaleFacts | None]]:
    """Return what lies in a cart, each with the facts of its sale where it is goods. One query.

    asks    a question of another room, answered along with it.
    free    see ``catalog.queries.sale_columns``; its statement knows the moment as ``now``.
    """
    if not token:
        return []
    rows: Iterable[Any] = db.session.execute(_wished(asks, free), {"token": token, "now": now})
    return [
        (_line_view(row), facts_of(row) if row.product_id is not None else None) for row in rows
    ]


@functools.cache
def _wished(
    asks: sa.ColumnElement[bool], free: Callable[..., sa.ColumnElement[int]]
) -> sa.Select[*tuple[Any, ...]]:
    """Return the statement, built once: that costs more than running it."""
    return (
        sa.select(*_line_columns(asks), *sale_columns(free))
        .join(Cart, Cart.id == CartLine.cart_id)
        .outerjoin(Variant, Variant.id == CartLine.variant_id)
        .outerjoin(Product, Product.id == Variant.product_id)
        .outerjoin(PriceSheet, PriceSheet.id == Product.price_sheet_id)
        .where(Cart.token == sa.bindparam("token"))
        .order_by(CartLine.id)
    )


def _line_columns(asks: sa.ColumnElement[bool] | None) -> tuple[Any, ...]:
    return (
        CartLine.id,
        CartLine.variant_id,
        CartLine.session_id,
        CartLine.quantity,
        CartLine.adults,
        CartLine.children,
        CartLine.families,
        CartLine.wish,
        CartLine.seen_minor,
        CartLine.seen_seller,
        Cart.coupon_code,
        (sa.false() if asks is None else asks).label("answer"),
    )


def _line_view(row: Any) -> CartLineView:
    return CartLineView(*row[: len(fields(CartLineView))])
