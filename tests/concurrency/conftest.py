from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from shop.kernel.db import db
from shop.kernel.errors import ShopError
from tests.builders.orders import a_bank

THREADS = 16


@pytest.fixture
def bank() -> Iterator[object]:
    with a_bank() as opened:
        yield opened


@pytest.fixture
def at_once(app: Flask) -> Callable[..., list[object]]:
    """Run ``act(number)`` in real threads that start together; a refusal answers as its code."""

    def run(act: Callable[[int], object], times: int) -> list[object]:
        gate = threading.Barrier(min(THREADS, times), timeout=30)
        first = iter(range(min(THREADS, times)))

        def in_context(number: int) -> object:
            if next(first, None) is not None:
                gate.wait()
            with app.app_context():
                try:
                    return act(number)
                except ShopError as refusal:
                    return refusal.code
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(THREADS) as threads:
            answers = list(threads.map(in_context, range(times)))
        db.session.rollback()
        return answers

    return run
