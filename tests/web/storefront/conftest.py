from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from shop.payments.gateway import NullGateway
from shop.stations.models import ConsentPurpose
from tests.builders.bookings import a_session, an_experience
from tests.builders.orders import Goods, a_bank, some_goods
from tests.builders.stations import a_member, a_room, a_workshop


@dataclass(frozen=True)
class Market:
    """Two workshops: sandals and a session at one, coasters at the other."""

    sandals: Goods
    coasters: Goods
    session_id: int
    maker_id: int
    now: datetime


@pytest.fixture
def bank() -> Iterator[NullGateway]:
    with a_bank() as bank:
        yield bank


@pytest.fixture
def market(
    fresh_app: Flask, in_app: Callable[..., Any], noon: datetime, bank: NullGateway
) -> Iterator[Market]:
    def build() -> Market:
        first = a_workshop()
        second = a_workshop(
            slug="cizhu",
            station_id=a_room("500229107207"),
            name="茨竹土布坊",
            name_en="Cizhu cloth",
            is_pick_up_point=False,
        )
        maker = a_member(workshop_id=first, consents=(ConsentPurpose.NAME, ConsentPurpose.VILLAGE))
        experience = an_experience(workshop_id=first, slug="weave-a-pendant")
        return Market(
            sandals=some_goods(workshop_id=first, maker_id=maker),
            coasters=some_goods(
                workshop_id=second, title="杯垫四件", title_en="Set of four coasters", fen=4800,
                pay=2310, material=600,
            ),
            session_id=a_session(
                now=noon, experience_id=experience, starts_at=noon + timedelta(days=5)
            ),
            maker_id=maker,
            now=noon,
        )  # fmt: skip

    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: noon
    yield in_app(build)
    fresh_app.extensions["clock"] = before
