"""Goods, carts and orders as tests need them, by default those of the worked example E4."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

import sqlalchemy as sa

from shop.catalog import desk
from shop.catalog import services as catalog
from shop.catalog.models import Variant
from shop.catalog.options import CustomOption, Extra, OptionKind
from shop.catalog.rules import PayLane, Supply, split_price
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel.access import SYSTEM, VISITOR, Actor
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.orders import carts
from shop.orders.rules import Contact, Handover
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments.gateway import NullGateway
from shop.payments.rules import Method, payment_fee
from shop.stations import queries as stations
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows import quoting, selling
from shop.workflows.selling import PlacedOrder
from tests.builders.stations import BEGINNING, a_workshop

_serial = count(1)

NO_RETURN = "我知道：专为我做的，不能无理由退货。"
# A buyer holds few orders that she has not paid: each order here is another buyer's.
MS_LIU = Contact(phone="138 0000 1111", name="刘女士", region="重庆市渝中区", address="民生路 1 号")


@dataclass(frozen=True)
class Goods:
    """A variant on sale, with its place."""

    variant_id: int
    product_id: int
    workshop_id: int
    station_id: int
    sku: str


@contextmanager
def a_bank() -> Iterator[NullGateway]:
    """Let buyers pay online by a twin without an outside, then put back what was there."""
    before = list(gateways._installed.values())
    bank = NullGateway()
    gateways.install(bank)
    try:
        yield bank
    finally:
        gateways.install(*before)


def some_goods(
    *,
    fen: int = 8800,
    pay: int = 4620,
    material: int = 1250,
    pieces: int = 10,
    title: str = "手编凉鞋",
    title_en: str = "Hand-woven sandals",
    minutes: int = 120,
    workshop_id: int | None = None,
    supply: Supply = Supply.IN_STOCK,
    pay_lane: PayLane = PayLane.PIECE_WAGE,
    share_percent: int | None = None,
    maker_id: int | None = None,
) -> Goods:
    """Return a product on sale with so many pieces on its shelf, by default S-01 at 88.00."""
    workshop = stations.workshop(a_workshop() if workshop_id is None else workshop_id)
    sku = f"T-{next(_serial)}"
    product_id = catalog.create_product(
        workshop_id=workshop.id,
        code=sku,
        title=title,
        texts=ProductTexts(title_en=title_en, material="苎麻", care="阴处晾干"),
        craft="sandal",
        making_minutes=minutes,
        supply=supply,
        pay_lane=pay_lane,
        share_percent=share_percent,
        maker_id=maker_id,
        actor=SYSTEM,
        now=BEGINNING,
    )
    catalog.add_variants(
        product_id=product_id,
        variants=[NewVariant(sku=sku, size="37")],
        actor=SYSTEM,
        now=BEGINNING,
    )
    sheet = catalog.propose_price(
        product_id=product_id,
        split=split_price(
            Money(fen), pay=Money(pay), material=Money(material), pack=Money(0), workshop=Money(0)
        ),
        actor=SYSTEM,
        now=BEGINNING,
    )
    catalog.approve_price(sheet_id=sheet, actor=SYSTEM, now=BEGINNING)
    catalog.list_product(product_id=product_id, actor=SYSTEM, now=BEGINNING)
    variant_id = db.session.scalars(
        sa.select(Variant.id).where(Variant.product_id == product_id)
    ).one()
    if pieces:
        stock.receive(
            items=[Quantity(variant_id, pieces, workshop.station_id)],
            source=f"delivery:{sku}",
            actor=SYSTEM,
            now=BEGINNING,
        )
    return Goods(variant_id, product_id, workshop.id, workshop.station_id, sku)


NAME_WOVEN_IN = CustomOption(
    key="name",
    kind=OptionKind.TEXT,
    label="编进名字",
    label_en="Name woven in",
    most_letters=6,
    extra=Extra(Money(1000), pay=Money(580), material=Money(50), minutes=15),
)


def let_wish(goods: Goods, *options: CustomOption) -> None:
    """Offer custom options on goods at their present price, by default a name for 10.00."""
    sheet = desk.sheets_of(goods.product_id)[0]
    proposed = catalog.propose_price(
        product_id=goods.product_id,
        split=sheet.split,
        options=options or (NAME_WOVEN_IN,),
        actor=SYSTEM,
        now=BEGINNING,
    )
    catalog.approve_price(sheet_id=proposed, actor=SYSTEM, now=BEGINNING)


def some_pendants(*, pieces: int = 10, workshop_id: int | None = None) -> Goods:
    """Return P-01, the flower pendant at 28.00."""
    return some_goods(
        fen=2800,
        pay=1540,
        material=320,
        pieces=pieces,
        title="小挂件",
        title_en="Flower pendant",
        minutes=40,
        workshop_id=workshop_id,
    )


def a_cart(
    *,
    now: datetime,
    goods: Mapping[Goods, int] | None = None,
    seats: Mapping[int, tuple[int, int, int]] | None = None,
) -> str:
    """Return the token of a cart with goods, and with seats as (adults, children, families)."""
    token = carts.cart_for(token=None, now=now)
    for one, quantity in (goods or {}).items():
        carts.put_goods(token=token, variant_id=one.variant_id, quantity=quantity, now=now)
    for session_id, (adults, children, families) in (seats or {}).items():
        carts.put_seats(
            token=token,
            session_id=session_id,
            adults=adults,
            children=children,
            families=families,
            now=now,
        )
    return token


def a_buyer(form: str) -> Contact:
    """Return whoever sends this form: the same one when it is sent again."""
    return replace(MS_LIU, phone=f"138{zlib.crc32(form.encode()) % 10**8:08d}")


def an_order(
    *,
    now: datetime,
    cart: str | None = None,
    goods: Mapping[Goods, int] | None = None,
    seats: Mapping[int, tuple[int, int, int]] | None = None,
    method: Method = Method.ONLINE,
    handover: Handover = Handover.SHIP,
    contact: Contact | None = None,
    key: str | None = None,
    total: int | None = None,
    accepts_no_return: bool = False,
    actor: Actor = VISITOR,
) -> PlacedOrder:
    """Return a placed order, by default of one pair of sandals, held and not yet paid."""
    if cart is None:
        if goods is None and seats is None:
            goods = {some_goods(): 1}
        cart = a_cart(now=now, goods=goods, seats=seats)
    quoted = quoting.quote(cart, handover=handover, now=now)
    if total is None:
        total = quoted.total.minor
    agreed = {line.cart_line_id: NO_RETURN for line in quoted.to_confirm}
    key = key or f"form-{next(_serial)}"
    return selling.place_order(
        cart_token=cart,
        contact=contact or a_buyer(key),
        method=method,
        handover=handover,
        expected_total=Money(total),
        no_return_agreed=agreed if accepts_no_return else None,
        key=key,
        locale="zh_Hans",
        actor=actor,
        now=now,
    )


def pay(placed: PlacedOrder, *, now: datetime, provider_ref: str | None = None) -> bool:
    """Let the money of an order arrive, with the fee of 0.6 %."""
    payment = payments.payment_by_public_id(placed.payment_public_id)
    assert payment is not None
    return selling.confirm_payment(
        payment_id=payment.id,
        captured=payment.amount,
        fee=payment_fee(payment.amount),
        provider_ref=provider_ref,
        now=now,
    )


def a_paid_order(
    *,
    now: datetime,
    goods: Mapping[Goods, int] | None = None,
    seats: Mapping[int, tuple[int, int, int]] | None = None,
    handover: Handover = Handover.SHIP,
) -> PlacedOrder:
    placed = an_order(now=now, goods=goods, seats=seats, handover=handover)
    pay(placed, now=now)
    return placed
