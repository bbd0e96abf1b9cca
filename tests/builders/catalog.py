"""Goods as tests need them, with their price sheets, and somebody who lists them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from shop.catalog import offers
from shop.catalog import services as catalog
from shop.catalog.models import Product
from shop.catalog.rules import PayLane, PriceSplit, Supply, split_price
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel.access import SYSTEM, Actor, Permission, Reach
from shop.kernel.clock import ticks
from shop.kernel.db import transaction
from shop.kernel.money import Money
from shop.kernel.statements import table_of
from tests.builders.stations import a_room, a_workshop

KINDS = ("footwear", "home", "pendants")
MATERIALS = ("cotton", "ramie", "straw")
CRAFTS = ("crochet", "weaving", "sewing")
PLACES = ("500229212202", "500229107207", "500229107208", "500230100001")


def a_split(*, fen: int = 8800) -> PriceSplit:
    """Return the split of S-01 (domain.md 5 E2), or one of its shape for another price."""
    if fen == 8800:
        return split_price(
            Money(8800), pay=Money(4620), material=Money(1250), pack=Money(300), workshop=Money(900)
        )
    price = Money(fen)
    return split_price(
        price,
        pay=price.percent(52),
        material=price.percent(14),
        pack=price.percent(3),
        workshop=price.percent(10),
    )


def a_product(
    *,
    now: datetime,
    workshop_id: int,
    code: str = "S-01",
    title: str = "手编凉鞋",
    title_en: str = "Hand-woven sandals",
    fen: int = 8800,
    variants: tuple[NewVariant, ...] | None = None,
    category: str | None = None,
    supply: Supply = Supply.IN_STOCK,
    pay_lane: PayLane = PayLane.PIECE_WAGE,
    share_percent: int | None = None,
    maker_id: int | None = None,
    is_on_sale: bool = True,
    drawing: str | None = "sandals",
) -> int:
    """Return a product with a price sheet and variants 36 and 37, on sale unless told otherwise."""
    product_id = catalog.create_product(
        workshop_id=workshop_id,
        code=code,
        title=title,
        texts=ProductTexts(
            title_en=title_en,
            summary="稻草为底,苎麻为面。",
            summary_en="Rice straw below, ramie above.",
            material="稻草、苎麻",
            material_en="Rice straw, ramie",
            care="阴处晾干",
            care_en="Dry in the shade",
        ),
        category=category,
        craft="sandal",
        drawing=drawing,
        making_minutes=120,
        supply=supply,
        pay_lane=pay_lane,
        share_percent=share_percent,
        maker_id=maker_id,
        actor=SYSTEM,
        now=now,
    )
    catalog.add_variants(
        product_id=product_id,
        variants=variants
        or (NewVariant(sku=f"{code}-36", size="36"), NewVariant(sku=f"{code}-37", size="37")),
        actor=SYSTEM,
        now=now,
    )
    sheet = catalog.propose_price(
        product_id=product_id, split=a_split(fen=fen), actor=SYSTEM, now=now
    )
    if is_on_sale:
        catalog.approve_price(sheet_id=sheet, actor=SYSTEM, now=now)
        catalog.list_product(product_id=product_id, actor=SYSTEM, now=now)
    return product_id


def a_lister(
    *,
    path: str,
    user_id: int,
    permissions: tuple[Permission, ...] = (Permission.MANAGE_LISTING, Permission.APPROVE_PRICE),
) -> Actor:
    """Return somebody of flesh and blood who may list and approve below ``path``."""
    reach = Reach(role="social_worker", path=path, permissions=frozenset(permissions))
    return Actor(user_id=user_id, name=f"user {user_id}", reaches=(reach,))


def many_products(
    number: int,
    *,
    now: datetime,
    seed: int = 7,
    ready: Sequence[str] = ("free", "over", "held"),
) -> None:
    """Write so many products straight into the table, of one workshop a village, with words."""
    dice = random.Random(seed)
    ends = {"free": 0, "over": ticks(now), "held": ticks(now) + 1}
    for place, kind in enumerate(KINDS):
        catalog.add_category(slug=kind, name=kind, name_en=kind, position=place)
    homes = [
        (a_workshop(slug=f"w-{code}", station_id=a_room(code), name=code), a_room(code))
        for code in PLACES
    ]
    model = a_product(now=now, workshop_id=homes[0][0], is_on_sale=False)
    with transaction() as session:
        row = dict(
            session.execute(sa.select(table_of(Product)).where(Product.id == model)).one()._mapping
        )
        rows, words = [], []
        for n in range(model + 1, model + 1 + number):
            workshop, station = dice.choice(homes)
            supply = dice.choice(list(Supply))
            rows.append(
                row
                | {
                    "id": n, "public_id": f"prd_{n}", "slug": f"p-{n}", "code": f"P-{n}",
                    "workshop_id": workshop, "station_id": station, "supply": supply,
                    "category_id": dice.choice([None, 1, 2, 3]), "state": "on_sale",
                    "price_minor": dice.choice([500, 2999, 3000, 8800, 19999, 20000, 88000]),
                    "ready_at": dice.choice([None, *(ends[one] for one in ready)]),
                    "on_sale_at": now, "making_minutes": dice.choice([30, 600]),
                    "rating_sum": dice.choice([0, 9, 20]), "rating_count": dice.choice([0, 3, 5]),
                }
            )  # fmt: skip
            words += [
                {"product_id": n, "term": term}
                for term in {dice.choice(MATERIALS), dice.choice(CRAFTS), dice.choice(CRAFTS)}
            ]
        session.execute(sa.insert(table_of(Product)), rows)
        session.execute(
            sa.text("INSERT INTO product_terms (product_id, term) VALUES (:product_id, :term)"),
            words,
        )
    offers.rebuild()
