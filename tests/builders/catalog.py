"""Goods as tests need them, with their price sheets, and somebody who lists them."""

from __future__ import annotations

from datetime import datetime

from shop.catalog import services as catalog
from shop.catalog.rules import PayLane, PriceSplit, Supply, split_price
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel.access import SYSTEM, Actor, Permission, Reach
from shop.kernel.money import Money


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
