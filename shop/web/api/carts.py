"""Carts for programs: filled, changed and quoted as on the site."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask_babel import lazy_gettext as _l
from msgspec import Meta, Struct

from shop.bookings import queries as bookings
from shop.bookings.rules import ChildrenAlone, NobodyComes, Party
from shop.catalog import queries as catalog
from shop.catalog.options import WishRefused, choose, price_of, written
from shop.coupons.rules import LONGEST_CODE, Unfit
from shop.coupons.services import CouponUnknown
from shop.kernel.errors import NotFound
from shop.orders import carts
from shop.orders.carts import BadCount, CartFull, Seen
from shop.orders.rules import Handover, LineKind
from shop.programs.rules import ProgramScope
from shop.web import carts as cookies
from shop.web.access import now
from shop.web.api.callers import caller
from shop.web.api.door import CART, Slug, header, once, operation
from shop.web.api.experiences import SessionId
from shop.web.api.rates import WRITE_KIND
from shop.web.api.shapes import (
    Promised,
    Word,
    WorkshopRef,
    at_place,
    promised,
    workshop_ref,
)
from shop.web.buyers import no_return_words
from shop.web.problems import Amount, amount
from shop.workflows import quoting, showing
from shop.workflows.quoting import Problem, Quote, QuotedLine, QuotedPart

TAG = "cart"
NEEDS = frozenset({ProgramScope.BUY})
LineNumber = Annotated[str, Meta(pattern="^[0-9]{1,9}$")]
Pieces = Annotated[int, Meta(ge=1, le=99)]
Seats = Annotated[int, Meta(ge=0, le=12)]
# How a buyer may have goods; seats are attended in any case.
Place = Annotated[str, Meta(pattern="^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9})?$")]
Way = Annotated[str, Meta(pattern="^(ship|pick_up)$", description="ship or pick_up")]


class Changed(Struct, frozen=True):
    """What is not as the buyer saw it when she put the thing in."""

    price_before: Amount | None
    seller_before: str | None


class CartLine(Struct, frozen=True):
    """One line of a cart with what it costs now."""

    id: int
    kind: LineKind
    title: str
    title_en: str | None
    product: Annotated[str | None, Meta(description="slug of the product")]
    experience: Annotated[str | None, Meta(description="slug of the experience")]
    session: str | None
    starts_at: datetime | None
    sku: str
    size: str
    color: str
    color_en: str | None
    wishes: dict[str, str]
    quantity: int
    unit_price: Annotated[Amount, Meta(description="of one piece, or of the whole party")]
    total: Annotated[Amount, Meta(description="with what a coupon takes off")]
    available: Annotated[int | None, Meta(description="null for what is made first")]
    is_made_first: bool
    may_come_back: Annotated[bool, Meta(description="within 7 days without a reason")]
    to_agree: Annotated[
        str | None,
        Meta(description="what the buyer must confirm in this very purchase, unticked before"),
    ]
    problem: Annotated[Problem | None, Meta(description="why it cannot be bought as it is")]
    changed: Changed | None


class CartPart(Struct, frozen=True):
    """What one workshop would hand over in one way, and by when."""

    workshop: WorkshopRef
    handover: Handover
    goods: Amount
    shipping: Amount
    is_out_of_reach: Annotated[bool, Meta(description="nothing is sent to that place")]
    promise: Promised
    lines: list[CartLine]


class CartCoupon(Struct, frozen=True):
    """The coupon that counts, or the typed one with why it takes nothing off."""

    title: Annotated[str, Meta(description="of the one that counts; empty where none does")]
    code: Annotated[
        str, Meta(description="what the buyer typed; empty for one that counts by itself")
    ]
    unfit: Annotated[Unfit | None, Meta(description="why the typed one takes nothing off")]
    missing: Annotated[Amount | None, Meta(description="what the goods would have to cost more")]


class Cart(Struct, frozen=True):
    """A whole cart as it could be ordered now; nothing is held yet."""

    parts: list[CartPart]
    goods: Annotated[Amount, Meta(description="before any coupon")]
    discount: Amount
    shipping: Amount
    total: Annotated[Amount, Meta(description="what an order names as expected_total")]
    coupon: CartCoupon | None
    is_orderable: bool
    has_changed: bool
    may_be_picked_up: bool
    may_be_paid_on_pick_up: bool


class NewCart(Struct, frozen=True):
    """An empty cart and the token that opens it; whoever has the token has the cart."""

    cart_token: str
    cart: Cart


class QuoteAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the goods are wanted."""

    handover: Way = "ship"
    place: Annotated[
        Place, Meta(description="where a parcel goes; without it, the workshop’s own province")
    ] = ""


def cart_token() -> str:
    """Return the token of the cart at hand. Raises NotFound where none was named."""
    token = header(CART.name)
    if not token and caller().program is None:
        token = cookies.cart_token() or ""
    if not token:
        raise NotFound(what="cart")
    return token


def _cart(handover: str = "ship", place: str = "") -> Cart:
    way = Handover(handover)
    return cart_of(quoting.quote(cart_token(), handover=way, to=place or None, now=now()))


def cart_of(quote: Quote) -> Cart:
    """Return a quote as programs read it."""
    sold = [line.product_id for line in quote.lines if line.product_id is not None]
    slugs = {one.product_id: one.slug for one in catalog.covers(sold).values()}
    return Cart(
        parts=[_part(part, slugs) for part in quote.parts],
        goods=amount(quote.goods),
        discount=amount(quote.discount),
        shipping=amount(quote.shipping),
        total=amount(quote.total),
        coupon=_coupon(quote),
        is_orderable=quote.is_orderable,
        has_changed=quote.has_changed,
        may_be_picked_up=quote.may_be_picked_up,
        may_be_paid_on_pick_up=quote.may_be_paid_on_pick_up,
    )


def _coupon(quote: Quote) -> CartCoupon | None:
    if quote.coupon is None and not quote.code:
        return None
    return CartCoupon(
        title="" if quote.coupon is None else quote.coupon.coupon.title,
        code=quote.code,
        unfit=quote.unfit,
        missing=None if quote.missing is None else amount(quote.missing),
    )


def _part(part: QuotedPart, slugs: dict[int, str]) -> CartPart:
    return CartPart(
        workshop=workshop_ref(part.workshop),
        handover=part.handover,
        goods=amount(part.goods),
        shipping=amount(part.shipping),
        is_out_of_reach=part.is_out_of_reach,
        promise=promised(part.promise),
        lines=[_line(line, slugs) for line in part.lines],
    )


def _line(line: QuotedLine, slugs: dict[int, str]) -> CartLine:
    change = line.change
    return CartLine(
        id=line.cart_line_id,
        kind=line.kind,
        title=line.title,
        title_en=line.title_en,
        product=slugs.get(line.product_id) if line.product_id is not None else None,
        experience=line.slug,
        session=line.session_public_id,
        starts_at=at_place(line.starts_at),
        sku=line.new.sku,
        size=line.size,
        color=line.color,
        color_en=line.color_en,
        wishes={one.key: one.value for one in line.wish},
        quantity=line.quantity,
        unit_price=amount(line.unit),
        total=amount(line.total),
        available=line.available,
        is_made_first=line.is_made_first,
        may_come_back=line.may_come_back,
        to_agree=None if line.may_come_back else no_return_words(line),
        problem=line.problem,
        changed=None
        if change is None
        else Changed(
            None if change.price_before is None else amount(change.price_before),
            change.seller_before,
        ),
    )


@operation(
    "POST",
    "/carts",
    tag=TAG,
    title=_l("Begin a cart"),
    gives=NewCart,
    status=201,
    needs=NEEDS,
    is_keyed=True,
    kind=WRITE_KIND,
)
def begin_cart() -> NewCart:
    """Begin an empty cart for one buyer; its token goes with every later request."""
    token = ""

    def begin() -> None:
        nonlocal token
        token = carts.cart_for(token=None, now=now())

    once(begin)
    # A key whose answer was lost with its process begins another one: an empty cart is nothing.
    token = token or carts.cart_for(token=None, now=now())
    return NewCart(token, cart_of(quoting.quote(token, now=now())))


@operation(
    "GET",
    "/cart",
    tag=TAG,
    title=_l("Show a cart"),
    asks=QuoteAsked,
    gives=Cart,
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    refuses=(NotFound,),
)
def show_cart(asked: QuoteAsked) -> Cart:
    """Show what lies in a cart with today's prices, stock, seats and days."""
    return _cart(asked.handover, asked.place)


class GoodsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pieces of one variant, and what is to be woven in."""

    product: Slug
    variant: Annotated[str, Meta(pattern="^var_[0-9A-Z]{8}$")]
    quantity: Pieces = 1
    wishes: Annotated[
        dict[Word, Word], Meta(max_length=12, description="answers to options, by their key")
    ] = {}


@operation(
    "POST",
    "/cart/goods",
    tag=TAG,
    title=_l("Put goods into a cart"),
    takes=GoodsWanted,
    gives=Cart,
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    is_keyed=True,
    kind=WRITE_KIND,
    refuses=(NotFound, WishRefused, BadCount, CartFull),
)
def put_goods(sent: GoodsWanted) -> Cart:
    """Add pieces of a variant, on top of those that lie there with the same wishes."""
    token, shown = cart_token(), showing.product(sent.product, now=now())
    product = shown.product
    variant = next((one for one in product.variants if one.public_id == sent.variant), None)
    if variant is None:
        raise NotFound(what=sent.variant)
    chosen = choose(product.options, sent.wishes)
    once(
        lambda: carts.put_goods(
            token=token,
            variant_id=variant.variant_id,
            quantity=1 if product.is_one_of_a_kind else sent.quantity,
            wish=written({key: text.strip() for key, text in sent.wishes.items()}),
            seen=Seen(variant.price + price_of(chosen), product.workshop.seller_name),
            now=now(),
        )
    )
    return _cart()


class PartyWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who comes."""

    adults: Seats = 0
    children: Seats = 0
    families: Annotated[Seats, Meta(description="one grown-up and one child each")] = 0


@operation(
    "PUT",
    "/cart/seats/<string:session_id>",
    tag=TAG,
    title=_l("Put seats into a cart"),
    takes=PartyWanted,
    gives=Cart,
    names={"session_id": SessionId},
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    kind=WRITE_KIND,
    refuses=(NotFound, ChildrenAlone, NobodyComes, BadCount, CartFull),
)
def put_seats(session_id: str, sent: PartyWanted) -> Cart:
    """Set the seats wanted in one session; they replace what the cart said of it before."""
    token = cart_token()
    session = bookings.session(session_id, now=now())
    page = bookings.experience(session.slug, now())
    party = Party(sent.adults, sent.children, sent.families)
    carts.put_seats(
        token=token,
        session_id=session.id,
        adults=party.adults,
        children=party.children,
        families=party.families,
        seen=Seen(session.price_of(party), page.workshop.seller_name),
        now=now(),
    )
    return _cart()


class PiecesWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many pieces."""

    quantity: Pieces


@operation(
    "PUT",
    "/cart/lines/<string:line>",
    tag=TAG,
    title=_l("Change a line of a cart"),
    takes=PiecesWanted,
    gives=Cart,
    names={"line": LineNumber},
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    kind=WRITE_KIND,
    refuses=(NotFound, BadCount),
)
def change_line(line: str, sent: PiecesWanted) -> Cart:
    """Set the pieces of one line of goods."""
    carts.change_line(token=cart_token(), line_id=_number(line), quantity=sent.quantity, now=now())
    return _cart()


@operation(
    "DELETE",
    "/cart/lines/<string:line>",
    tag=TAG,
    title=_l("Take a line out of a cart"),
    gives=Cart,
    names={"line": LineNumber},
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    kind=WRITE_KIND,
    refuses=(NotFound,),
)
def remove_line(line: str) -> Cart:
    """Take one line out; harmless where it is not there."""
    carts.remove_line(token=cart_token(), line_id=_number(line), now=now())
    return _cart()


def _number(line: str) -> int:
    if not (line.isascii() and line.isdecimal() and len(line) <= 9):  # noqa: PLR2004 - as declared
        raise NotFound(what="cart line")
    return int(line)


class CouponWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code of a coupon; an empty one takes it out."""

    code: Annotated[str, Meta(max_length=LONGEST_CODE, pattern="^[^\\u0000]*$")]


@operation(
    "PUT",
    "/cart/coupon",
    tag=TAG,
    title=_l("Use a coupon"),
    takes=CouponWanted,
    gives=Cart,
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    kind=WRITE_KIND,
    refuses=(NotFound, CouponUnknown),
)
def use_coupon(sent: CouponWanted) -> Cart:
    """Put a coupon's code into the cart; limits for each buyer are asked when she orders."""
    quoting.enter_coupon(cart_token(), sent.code, now=now())
    return _cart()


@operation(
    "POST",
    "/cart/seen",
    tag=TAG,
    title=_l("Say that changes were read"),
    gives=Cart,
    headers=(CART,),
    needs=NEEDS,
    is_for_pages=True,
    kind=WRITE_KIND,
    refuses=(NotFound,),
)
def note_changes() -> Cart:
    """Take the buyer's word that she has read what changed; from now on today's prices count."""
    quoting.note_changes(cart_token(), now=now())
    return _cart()
