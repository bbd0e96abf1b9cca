from __future__ import annotations

from collections.abc import Iterator

import pytest

from shop.payments.gateway import NullGateway
from tests.builders.orders import a_bank


@pytest.fixture
def bank() -> Iterator[NullGateway]:
    """A payment provider without an outside; ``bank.pay(ref)`` lets the buyer pay."""
    with a_bank() as opened:
        yield opened
