from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from shop.kernel.db import db
from shop.oversight import proof
from tests.builders.orders import a_bank
from tests.journeys.histories import History, World

# ``bench/histories.py`` lives as many as it is given time for.
HISTORIES = int(os.environ.get("SHOP_TEST_HISTORIES", "60"))
FIRST = int(os.environ.get("SHOP_TEST_FIRST_HISTORY", "1"))


@pytest.fixture
def world(app):
    del app
    with a_bank() as bank:
        yield World(bank)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_random_life_of_an_order_loses_a_fen_or_a_piece(world, noon):
    for seed in range(FIRST, FIRST + HISTORIES):
        History(world, seed, noon).live()

    assert world.wrong_shelves(noon) == []
    assert [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE payments SET refunded_minor = refunded_minor + 1, captured_minor = amount_minor",
        "UPDATE order_lines SET returned = quantity, refunded_minor = total_minor - 1",
    ],
)
def test_a_planted_fault_is_seen_by_the_next_look(world, noon, fault):
    life = History(world, 4, noon)
    life.live()
    with db.engine.begin() as connection:
        connection.execute(sa.text(fault))

    with pytest.raises(AssertionError, match="seed 4"):
        life.hold()
