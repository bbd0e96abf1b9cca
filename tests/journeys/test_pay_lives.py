from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from shop.kernel.db import transaction
from shop.oversight import proof
from tests.journeys.pay_lives import PayLife, PayWorld

# ``bench/pay_lives.py`` lives as many as it is given time for.
LIVES = int(os.environ.get("SHOP_TEST_HISTORIES", "60"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_random_weeks_of_pay_lose_or_make_a_fen(app, noon):
    world = PayWorld()

    for seed in range(1, LIVES + 1):
        PayLife(world, seed, noon).live()

    assert [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)] == []
    for act in ("earn", "advance", "correct", "answer", "hand_over_advance", "pay"):
        assert world.told[act] > LIVES / 4, world.told


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("UPDATE pay_runs SET total_minor = total_minor + 1", "closed run"),
        ("UPDATE balances SET amount_minor = amount_minor + 1", "owed, not"),
    ],
)
def test_a_life_sees_a_fen_that_is_wrong(app, noon, fault, told):
    world, seed = PayWorld(), 0
    life = PayLife(world, seed, noon)
    while not life.closed:
        seed += 1
        life = PayLife(world, seed, noon)
        life.live()

    with transaction() as session:
        session.execute(sa.text(fault))

    with pytest.raises(AssertionError, match=told):
        life.keep_closed_runs()
        life.hold()
