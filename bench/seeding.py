"""A shop of any size, always the same one: 200 workshops, 50 shelves, 5,000 or 108,750 products.

Run: .venv/bin/python bench/seeding.py FOLDER [PRODUCTS] [WORKSHOPS]
Rows go into the rooms' own tables in bulk, past their services: a hundred thousand listings by hand
would take an hour. What the services keep beside them (offers, totals, the search index) is built
by the rooms' own rebuilding, and `shop check` finds nothing to say.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from shop.app import Settings, create_app
from shop.catalog import offers
from shop.catalog.models import Category, PriceSheet, Product, Variant
from shop.catalog.rules import ListingState, PayLane, Quality, Supply
from shop.kernel.db import db, transaction
from shop.stations import services as stations
from shop.stations.models import Consent, Member, Station, Workshop
from shop.stations.rules import ConsentPurpose, Tier
from shop.stock.models import Movement, StockItem
from shop.stock.rules import MovementReason
from shop.workflows import finding

SECRET = "a secret that only benchmarks know, long enough"  # noqa: S105 - protects nothing
DIVISIONS = Path(__file__).resolve().parent.parent / "shop/data/divisions"
BEGAN = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
MAKERS = 8
AT_ONCE = 2000
HOW = ("手编", "细纹", "靛染", "双色", "宽边", "小号", "厚底", "镂空", "老式", "素面")
HOW_EN = ("Hand-woven", "Fine", "Indigo", "Two-colored", "Wide", "Small", "Thick", "Open", "Old")
OF = ("稻草", "苎麻", "竹丝", "棉线", "羊毛", "麦秆", "棕丝", "藤条")
OF_EN = ("straw", "ramie", "bamboo", "cotton", "wool", "wheat", "palm", "rattan")
WHAT = (
    "凉鞋",
    "挂件",
    "杯垫",
    "靠枕套",
    "壁挂",
    "提篮",
    "花边",
    "笔袋",
    "香囊",
    "桌旗",
    "帽子",
    "扇子",
)
WHAT_EN = ("sandals", "pendant", "coasters", "cushion cover", "hanging", "basket", "lace", "case")
CRAFTS = ("sandal", "pendant", "decor")
DRAWINGS = ("sandals", "pendant", "coasters", "cushion")


def a_house(folder: Path, **settings: Any) -> Flask:
    """Return the product's application over a folder."""
    return create_app(Settings(mode="test", secret_key=SECRET, data_folder=str(folder), **settings))


def stocked(folder: Path, *, products: int, workshops: int = 200) -> Path:
    """Return a folder with a shop of this size, made when it is not there."""
    place = folder / f"shop-{products}-{workshops}"
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        app = a_house(place)
        with app.app_context():
            upgrade()
            fill(products=products, workshops=workshops)
            db.session.remove()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
        (place / "done").touch()
    return place


def fill(*, products: int, workshops: int) -> None:
    """Fill an empty, migrated database."""
    dice = random.Random(20261126)
    stations.import_divisions(DIVISIONS, now=BEGAN, open_rooms=max(workshops, 200))
    rooms = list(
        db.session.scalars(
            sa.select(Station.id)
            .where(Station.tier == Tier.ROOM, Station.opened_on.is_not(None))
            .order_by(Station.id)
            .limit(workshops)
        )
    )
    with transaction() as session:
        session.execute(sa.insert(Category), list(_shelves()))
        session.execute(sa.insert(Workshop), list(_workshops(rooms)))
        session.execute(sa.insert(Member), list(_members(len(rooms))))
        session.execute(sa.insert(Consent), list(_consents(len(rooms) * MAKERS)))
    for first in range(1, products + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, products + 1))
        rows = [_product(number, rooms, dice) for number in numbers]
        with transaction() as session:
            session.execute(sa.insert(Product), rows)
            session.execute(sa.insert(PriceSheet), [_sheet(row) for row in rows])
            session.execute(sa.insert(Variant), [v for row in rows for v in _variants(row)])
            session.execute(sa.insert(StockItem), [s for row in rows for s in _stock(row)])
            session.execute(sa.insert(Movement), [m for row in rows for m in _movements(row)])
    offers.rebuild()
    finding.write_anew()


def _shelves() -> Iterator[dict[str, Any]]:
    for number in range(1, 51):
        name = f"{OF[number % len(OF)]}{WHAT[number % len(WHAT)]}类{number}"
        yield {
            "id": number,
            "slug": f"shelf-{number}",
            "name": name,
            "name_en": f"Shelf {number}",
            "position": number,
        }


def _workshops(rooms: list[int]) -> Iterator[dict[str, Any]]:
    for number, room in enumerate(rooms, start=1):
        yield {
            "id": number,
            "public_id": f"wks_{number:08d}",
            "slug": f"workshop-{number}",
            "station_id": room,
            "name": f"第{number}手编工坊",
            "name_en": f"Workshop {number}",
            "story": "村里的姐妹们农闲时聚在一起编织。" * 3,
            "story_en": "The women of the village weave together when the fields rest.",
            "craft": CRAFTS[number % len(CRAFTS)],
            "seller_name": f"第{number}手工专业合作社",
            "weekly_capacity_minutes": 2400,
            "shipping_minor": 800,
        }


def _members(workshops: int) -> Iterator[dict[str, Any]]:
    for number in range(1, workshops * MAKERS + 1):
        yield {
            "id": number,
            "public_id": f"mbr_{number:08d}",
            "workshop_id": (number - 1) // MAKERS + 1,
            "code": f"{(number - 1) % MAKERS + 1:03d}",
            "name": f"王秀{number}",
            "name_en": f"Wang Xiu {number}",
            "story": "十二岁跟着外婆学编草鞋。",
            "joined_on": BEGAN.date(),
        }


def _consents(members: int) -> Iterator[dict[str, Any]]:
    for number in range(1, members + 1):
        for purpose in (ConsentPurpose.NAME, ConsentPurpose.VILLAGE, ConsentPurpose.STORY):
            if number % 4:
                yield {"member_id": number, "purpose": purpose, "given_at": BEGAN}


def _product(number: int, rooms: list[int], dice: random.Random) -> dict[str, Any]:
    workshop = dice.randrange(len(rooms)) + 1
    how, of, what = dice.choice(HOW), dice.randrange(len(OF)), dice.randrange(len(WHAT))
    is_made = number % 5 == 0
    listed = BEGAN + timedelta(seconds=number)
    return {
        "id": number,
        "public_id": f"prd_{number:08d}",
        "slug": f"product-{number}",
        "code": f"P-{number}",
        "workshop_id": workshop,
        "station_id": rooms[workshop - 1],
        "category_id": dice.randrange(50) + 1,
        "title": f"{how}{OF[of]}{WHAT[what]} {number}号",
        "title_en": f"{dice.choice(HOW_EN)} {OF_EN[of]} {WHAT_EN[what % len(WHAT_EN)]} {number}",
        "summary": "一针一线手工编成,轻、透气、耐穿,夏天配裙子正好。" * 2,
        "summary_en": "Woven by hand, light and airy, made to be worn through a whole summer.",
        "material": OF[of],
        "material_en": OF_EN[of],
        "technique": "平编",
        "care": "阴处晾干,勿用热水。",
        "care_en": "Dry in the shade.",
        "craft": CRAFTS[what % len(CRAFTS)],
        "drawing": DRAWINGS[what % len(DRAWINGS)],
        "making_minutes": 120,
        "supply": Supply.MADE_TO_ORDER if is_made else Supply.IN_STOCK,
        "pay_lane": PayLane.PIECE_WAGE,
        "maker_id": (workshop - 1) * MAKERS + dice.randrange(MAKERS) + 1,
        "state": ListingState.ON_SALE,
        "price_sheet_id": number,
        "price_minor": dice.randrange(20, 400) * 100,
        "created_at": listed,
        "on_sale_at": listed,
        "ready_at": None if is_made else 0,
        "loved": dice.randrange(50),
    }


def _sheet(row: dict[str, Any]) -> dict[str, Any]:
    price = row["price_minor"]
    pay, material, workshop = price // 2, price // 8, price // 10
    return {
        "id": row["id"],
        "product_id": row["id"],
        "version": 1,
        "price_minor": price,
        "pay_minor": pay,
        "material_minor": material,
        "pack_minor": 300,
        "fee_minor": 0,
        "workshop_minor": workshop,
        "rest_minor": price - pay - material - workshop - 300,
        "prepared_at": BEGAN,
        "approved_at": BEGAN,
    }


def _variants(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for place, size in enumerate(("36", "37", "38")):
        yield {
            "id": row["id"] * 3 - 2 + place,
            "public_id": f"var_{row['id']:08d}{place}",
            "product_id": row["id"],
            "workshop_id": row["workshop_id"],
            "sku": f"P-{row['id']}-{size}",
            "size": size,
            "quality": Quality.FIRST,
            "price_minor": row["price_minor"],
            "position": place,
        }


def _stock(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if row["ready_at"] == 0:
        for place in range(3):
            yield {
                "id": row["id"] * 3 - 2 + place,
                "variant_id": row["id"] * 3 - 2 + place,
                "station_id": row["station_id"],
                "on_hand": row["id"] % 9 + 1,
                "held": 0,
                "allocated": 0,
            }


def _movements(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in _stock(row):
        yield {
            "stock_item_id": item["id"],
            "quantity": item["on_hand"],
            "reason": MovementReason.RECEIVED,
            "source": f"bench:{item['id']}",
            "moved_at": BEGAN,
        }


if __name__ == "__main__":
    print(
        stocked(
            Path(sys.argv[1]),
            products=int(sys.argv[2]) if len(sys.argv) > 2 else 5_000,
            workshops=int(sys.argv[3]) if len(sys.argv) > 3 else 200,
        )
    )
