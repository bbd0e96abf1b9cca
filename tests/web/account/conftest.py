from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture
def clock(fresh_app, noon):
    """The instant of every request, moved on by ``clock.on(...)``."""

    class Clock:
        now = noon

        def on(self, **span):
            self.now += timedelta(**span)

    hands = Clock()
    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: hands.now
    yield hands
    fresh_app.extensions["clock"] = before
