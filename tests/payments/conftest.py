from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.kernel.db import Base, transaction
from shop.payments.fakestripe.house import FakeStripe
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import DemoGateway


@pytest.fixture
def house() -> FakeStripe:
    """A pretended Stripe account in memory."""
    return FakeStripe(MemoryStore())


@pytest.fixture
def stripe_door(house: FakeStripe) -> DemoGateway:
    """Stripe's own library, speaking to it."""
    return DemoGateway(house)


@pytest.fixture
def place(app: Flask, noon) -> dict[str, int]:
    """A village room and an order placed there: what a payment hangs on."""
    tables = Base.metadata.tables
    with transaction() as session:
        station_id = session.execute(
            sa.insert(tables["stations"])
            .values(code="500229212202", tier="room", name="灯梁村", short_name="灯梁", path="/1/")
            .returning(tables["stations"].c.id)
        ).scalar_one()
        order_id = session.execute(
            sa.insert(tables["orders"])
            .values(
                number="0720-3",
                key="k",
                key_digest="d",
                source="web",
                state="placed",
                goods_minor=14400,
                shipping_minor=800,
                total_minor=15200,
                placed_at=noon,
            )
            .returning(tables["orders"].c.id)
        ).scalar_one()
    return {"station_id": station_id, "order_id": order_id, "now": noon}
