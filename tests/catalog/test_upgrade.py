"""A shop of an earlier version comes up whole: the same goods, their mirror, their pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from shop.app import Settings, create_app
from shop.catalog import checks, lists
from shop.catalog.lists import Wish
from shop.catalog.models import Product
from shop.catalog.rules import Supply
from shop.kernel.access import SYSTEM
from shop.kernel.db import Base, db
from shop.media import queries as pictures
from shop.media.rules import Subject
from shop.stock import services as stock
from shop.stock.rules import Quantity
from tests.builders.catalog import a_product
from tests.builders.stations import CIZHU, a_room, a_workshop

BEFORE_OFFERS = "0004"
DIGESTS = ("a" * 64, "b" * 64)


@pytest.fixture
def older(database, tmp_path: Path) -> Iterator[Flask]:
    """An application of today over an empty database of an earlier version, on the same engine."""
    url = f"sqlite:///{tmp_path / 'older.sqlite3'}"
    name = f"dengliang_older_{os.getpid()}"
    admin = getattr(database, "admin", None)
    if admin is not None:
        url = admin.url.set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    app = create_app(Settings(mode="test", database_url=url, data_folder=str(tmp_path)))
    with app.app_context():
        upgrade(revision=BEFORE_OFFERS)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if admin is not None:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def a_little_shop(now) -> tuple[int, int]:
    here, there = a_workshop(), a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹")
    sandals = a_product(now=now, workshop_id=here)
    hanging = a_product(now=now, workshop_id=there, code="D-01", fen=16800)
    a_product(now=now, workshop_id=there, code="D-02", supply=Supply.MADE_TO_ORDER)
    a_product(now=now, workshop_id=there, code="D-04", is_on_sale=False)
    variant = db.session.scalar(sa.text("SELECT min(id) FROM variants"))
    stock.receive(items=[Quantity(variant, 1, a_room())], source="hand_in:1", actor=SYSTEM, now=now)
    return sandals, hanging


def all_rows() -> dict[str, list[dict[str, object]]]:
    return {
        table.name: [
            dict(row._mapping)
            for row in db.session.execute(sa.select(table).order_by(*table.primary_key))
        ]
        for table in Base.metadata.sorted_tables
    }


def bring_over(rows: dict[str, list[dict[str, object]]], photos: list[dict[str, object]]) -> None:
    """Write the rows into tables as an earlier version knew them."""
    earlier = sa.MetaData()
    earlier.reflect(db.engine)
    with db.engine.begin() as connection:
        for table in earlier.sorted_tables:
            known = [
                {name: value for name, value in row.items() if name in table.c}
                for row in rows.get(table.name, [])
            ]
            if known:
                connection.execute(sa.insert(table), known)
        connection.execute(sa.insert(earlier.tables["photos"]), photos)


def test_goods_their_mirror_and_their_photographs_come_up_whole(fresh_app, older, noon):
    with fresh_app.app_context():
        sandals, hanging = a_little_shop(noon)
        ready = dict(db.session.execute(sa.select(Product.id, Product.ready_at)).all())
        rows = all_rows()
        db.session.remove()

    photo = {"product_id": sandals, "width": 1600, "height": 2000, "alt": "凉鞋", "added_at": noon}
    with older.app_context():
        bring_over(
            rows,
            [
                {**photo, "digest": DIGESTS[1], "alt_en": None, "position": 1},
                {**photo, "digest": DIGESTS[0], "alt_en": "Sandals", "position": 0},
            ],
        )
        upgrade()

        found = [one for check in checks.CHECKS for one in check.run()]
        # ``shop migrate`` writes the search index anew after that.
        assert [one for one in found if one.code != "F1"] == []
        assert dict(db.session.execute(sa.select(Product.id, Product.ready_at)).all()) == ready
        first, second = pictures.shown_of(Subject.PRODUCT, sandals)
        assert (first.digest, second.digest) == DIGESTS
        assert (first.alt_en, second.alt_en) == ("Sandals", "")
        assert (first.widths, first.forms) == ("480 960 1600", "webp jpg")
        cards = {card.product_id: card for card in lists.goods(Wish(), now=noon).cards}
        assert cards[sandals].photo == first
        assert cards[hanging].photo is None
        assert cards[sandals].is_ready
        db.session.remove()
