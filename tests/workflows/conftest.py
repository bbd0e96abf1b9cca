from __future__ import annotations

from collections.abc import Iterator

import pytest

from shop.payments import gateway as gateways
from shop.payments.fakestripe.house import FakeStripe
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import DemoGateway, NullGateway
from tests.builders.orders import a_bank


@pytest.fixture
def bank() -> Iterator[NullGateway]:
    """A payment provider without an outside; ``bank.pay(ref)`` lets the buyer pay."""
    with a_bank() as opened:
        yield opened


@pytest.fixture
def house() -> Iterator[FakeStripe]:
    """A pretended Stripe account behind Stripe's own library."""
    before = list(gateways._installed.values())
    opened = FakeStripe(MemoryStore())
    gateways.install(DemoGateway(opened))
    yield opened
    gateways.install(*before)
