"""The verbs of carts: begin, fill, change, merge, lock away, empty, drop.

A cart belongs to whoever holds its token, and to an account once somebody signed in with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.kernel import ids
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.money import Money
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.orders.models import Cart, CartLine
from shop.orders.rules import MOST_LINES, MOST_PER_LINE

_carts = table_of(Cart)
_cart_lines = table_of(CartLine)
# Built once: building a statement anew costs more than running it.
_NEW_CART = sa.insert(_carts).returning(_carts.c.id)


class BadCount(InvalidInput):
    """A number of pieces is negative or more than anybody buys at once."""

    code = "orders.bad_count"


class CartFull(Conflict):
    """More different lines than one order takes."""

    code = "orders.cart_full"


@transactional
def cart_for(*, token: str | None, user_id: int | None = None, now: datetime) -> str:
    """Return the token of the device's cart; an unknown or missing one gets a new cart."""
    if token and db.session.scalar(sa.select(_carts.c.id).where(_carts.c.token == token)):
        return token
    new = ids.secret_token()
    db.session.execute(
        sa.insert(_carts),
        {"token": new, "user_id": user_id, "created_at": now, "changed_at": now},
    )
    return new


@dataclass(frozen=True, slots=True)
class Seen:
    """What a buyer saw of a thing: the price of one piece or of her party, and who sells it."""

    unit: Money
    seller: str = ""

    def values(self) -> dict[str, object]:
        """Return the columns of a cart line that keep it."""
        return {"seen_minor": self.unit.minor, "seen_seller": self.seller[:120]}


@transactional
def put_goods(
    *,
    token: str,
    variant_id: int,
    quantity: int,
    now: datetime,
    wish: str = "",
    seen: Seen | None = None,
) -> None:
    """Add pieces of a variant to a cart, on top of those that lie there with the same wish.

    wish    answers to custom options, as ``catalog.options.written`` writes them.
    seen    what stood beside it; when it changes, the cart says so.

    Raises NotFound for an unknown cart, BadCount, CartFull.
    """
    if not 0 < quantity <= MOST_PER_LINE:
        raise BadCount(most=MOST_PER_LINE)
    cart_id = _cart_id(token, now)
    _refuse_full(
        cart_id, sa.and_(_cart_lines.c.variant_id == variant_id, _cart_lines.c.wish == wish)
    )
    added = insert_or(_cart_lines).values(
        cart_id=cart_id,
        variant_id=variant_id,
        wish=wish,
        quantity=quantity,
        adults=0,
        children=0,
        families=0,
        **(seen.values() if seen else {}),
    )
    lying = db.session.scalar(
        added.on_conflict_do_update(
            index_elements=["cart_id", "variant_id", "wish"],
            set_={
                "quantity": _cart_lines.c.quantity + quantity,
                **(seen.values() if seen else {}),
            },
        ).returning(_cart_lines.c.quantity)
    )
    if lying is None or lying > MOST_PER_LINE:
        raise BadCount(most=MOST_PER_LINE)


@transactional
def put_first_goods(
    *,
    variant_id: int,
    quantity: int,
    user_id: int | None = None,
    now: datetime,
    wish: str = "",
    seen: Seen | None = None,
) -> str:
    """Begin a cart with pieces of one variant; return its token. As ``put_goods``, at half price.

    Raises BadCount.
    """
    if not 0 < quantity <= MOST_PER_LINE:
        raise BadCount(most=MOST_PER_LINE)
    token = ids.secret_token()
    cart_id = db.session.scalar(
        _NEW_CART, {"token": token, "user_id": user_id, "created_at": now, "changed_at": now}
    )
    db.session.execute(
        sa.insert(_cart_lines),
        {
            "cart_id": cart_id,
            "variant_id": variant_id,
            "wish": wish,
            "quantity": quantity,
            "adults": 0,
            "children": 0,
            "families": 0,
            **(seen.values() if seen else {}),
        },
    )
    return token


@transactional
def put_seats(
    *,
    token: str,
    session_id: int,
    adults: int = 0,
    children: int = 0,
    families: int = 0,
    now: datetime,
    seen: Seen | None = None,
) -> None:
    """Set the seats wished in one session; they replace what the cart said about it before.

    seen    what stood beside it; when it changes, the cart says so.

    Raises NotFound for an unknown cart, BadCount, CartFull. Whether the party may come is asked
    of ``bookings`` by the workflow that reads the cart.
    """
    counts = (adults, children, families)
    if min(counts) < 0 or not 0 < sum(counts) <= MOST_PER_LINE:
        raise BadCount(most=MOST_PER_LINE)
    cart_id = _cart_id(token, now)
    _refuse_full(cart_id, _cart_lines.c.session_id == session_id)
    party: dict[str, object] = {"adults": adults, "children": children, "families": families}
    party |= seen.values() if seen else {}
    db.session.execute(
        insert_or(_cart_lines)
        .values(cart_id=cart_id, session_id=session_id, quantity=0, **party)
        .on_conflict_do_update(index_elements=["cart_id", "session_id"], set_=party)
    )


@transactional
def change_line(
    *,
    token: str,
    line_id: int,
    quantity: int = 0,
    adults: int = 0,
    children: int = 0,
    families: int = 0,
    now: datetime,
) -> None:
    """Set the pieces or the seats of one cart line; all zero removes it.

    Raises NotFound for a line of another cart, BadCount.
    """
    counts = (quantity, adults, children, families)
    if min(counts) < 0 or max(counts) > MOST_PER_LINE:
        raise BadCount(most=MOST_PER_LINE)
    if not any(counts):
        remove_line(token=token, line_id=line_id, now=now)
        return
    cart_id = _cart_id(token, now)
    is_goods = _cart_lines.c.variant_id.is_not(None)
    changed = rows_changed(
        sa.update(_cart_lines)
        .where(
            _cart_lines.c.id == line_id,
            _cart_lines.c.cart_id == cart_id,
            is_goods if quantity else sa.not_(is_goods),
        )
        .values(quantity=quantity, adults=adults, children=children, families=families)
    )
    if not changed:
        raise NotFound(what="cart line")


@transactional
def note_seen(*, token: str, seen: Mapping[int, Seen], now: datetime) -> None:
    """Keep what the buyer has now been told of her cart's lines, by line; safe to repeat.

    Lines of other carts stay as they are. Raises NotFound for an unknown cart.
    """
    cart_id = _cart_id(token, now)
    for line_id, told in sorted(seen.items()):
        db.session.execute(
            sa.update(_cart_lines)
            .where(_cart_lines.c.id == line_id, _cart_lines.c.cart_id == cart_id)
            .values(**told.values())
        )


@transactional
def remove_line(*, token: str, line_id: int, now: datetime) -> None:
    """Take one line out of a cart; safe to repeat. Raises NotFound for an unknown cart."""
    cart_id = _cart_id(token, now)
    db.session.execute(
        sa.delete(_cart_lines).where(_cart_lines.c.id == line_id, _cart_lines.c.cart_id == cart_id)
    )


@transactional
def take_cart_along(*, token: str | None, user_id: int, now: datetime) -> str | None:
    """Make one cart of the device's and the account's, and return its token, or None without any.

    What lies in both, the same variant with the same wish or the same session, lies there once:
    with the greater number of pieces, and with the party that the device said last. A cart of
    somebody else stays where it is. Beyond sixty lines the device's last ones are left out.
    """
    own = db.session.execute(
        sa.select(_carts.c.id, _carts.c.token)
        .where(_carts.c.user_id == user_id)
        .order_by(_carts.c.changed_at.desc(), _carts.c.id.desc())
        .limit(1)
    ).one_or_none()
    brought = (
        db.session.execute(
            sa.select(_carts.c.id, _carts.c.user_id).where(_carts.c.token == token)
        ).one_or_none()
        if token
        else None
    )
    if brought is None or brought.user_id not in {None, user_id}:
        return None if own is None else str(own.token)
    if own is None or own.id == brought.id:
        db.session.execute(
            sa.update(_carts).where(_carts.c.id == brought.id).values(user_id=user_id)
        )
        return token
    _merge_lines(source=brought.id, target=_cart_id(own.token, now))
    return str(own.token)


def _merge_lines(*, source: int, target: int) -> None:
    lines = [
        dict(row._mapping)  # noqa: SLF001 - the library's name for a row as a mapping
        for row in db.session.execute(
            sa.select(_cart_lines).where(_cart_lines.c.cart_id == source).order_by(_cart_lines.c.id)
        )
    ]
    lying = {
        (row.variant_id, row.session_id, row.wish)
        for row in db.session.execute(
            sa.select(_cart_lines.c.variant_id, _cart_lines.c.session_id, _cart_lines.c.wish).where(
                _cart_lines.c.cart_id == target
            )
        )
    }
    for line in lines:
        del line["id"]
        line["cart_id"] = target
        name = (line["variant_id"], line["session_id"], line["wish"])
        if name not in lying and len(lying) >= MOST_LINES:
            continue
        lying.add(name)
        added = insert_or(_cart_lines).values(**line)
        if line["variant_id"] is not None:
            more = sa.case(
                (_cart_lines.c.quantity > line["quantity"], _cart_lines.c.quantity),
                else_=line["quantity"],
            )
            added = added.on_conflict_do_update(
                index_elements=["cart_id", "variant_id", "wish"], set_={"quantity": more}
            )
        else:
            party = {kind: line[kind] for kind in ("adults", "children", "families")}
            added = added.on_conflict_do_update(
                index_elements=["cart_id", "session_id"], set_=party
            )
        db.session.execute(added)
    db.session.execute(sa.delete(_cart_lines).where(_cart_lines.c.cart_id == source))


@transactional
def lock_cart_away(*, user_id: int) -> None:
    """Give an account's cart another token: devices that knew the old one see it no longer."""
    for cart_id in db.session.scalars(sa.select(_carts.c.id).where(_carts.c.user_id == user_id)):
        db.session.execute(
            sa.update(_carts).where(_carts.c.id == cart_id).values(token=ids.secret_token())
        )


@transactional
def note_coupon(*, token: str, code: str, now: datetime) -> None:
    """Keep the code of a coupon with a cart, or none when it is empty; safe to repeat.

    Raises NotFound for an unknown cart.
    """
    _cart_id(token, now, coupon_code=code)


@transactional
def empty_cart(*, token: str) -> int:
    """Take every line out of a cart; return how many lay in it, none when it is unknown.

    Of two who empty the same cart at once only one finds something.
    """
    return rows_changed(
        sa.delete(_cart_lines).where(
            _cart_lines.c.cart_id
            == sa.select(_carts.c.id).where(_carts.c.token == token).scalar_subquery()
        )
    )


def _cart_id(token: str, now: datetime, **said: str) -> int:
    cart_id = db.session.scalar(
        sa.update(_carts)
        .where(_carts.c.token == token)
        .values(changed_at=now, **said)
        .returning(_carts.c.id)
    )
    if cart_id is None:
        raise NotFound(what="cart")
    return int(cart_id)


def _refuse_full(cart_id: int, is_same: sa.ColumnElement[bool]) -> None:
    others = db.session.scalar(
        sa.select(sa.func.count()).where(_cart_lines.c.cart_id == cart_id, sa.not_(is_same))
    )
    if (others or 0) >= MOST_LINES:
        raise CartFull(most=MOST_LINES)


@transactional
def drop_carts(*, user_id: int) -> None:
    """Remove an account's carts with what lies in them; safe to repeat."""
    own = sa.select(_carts.c.id).where(_carts.c.user_id == user_id)
    db.session.execute(sa.delete(_cart_lines).where(_cart_lines.c.cart_id.in_(own)))
    db.session.execute(sa.delete(_carts).where(_carts.c.user_id == user_id))
