from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.kernel.access import Actor
from shop.web.access import SIGN_IN_KEY
from tests.builders.accounts import PASSWORD, an_actor
from tests.web.conftest import Visitor


@pytest.fixture(autouse=True)
def clock(fresh_app: Flask, noon):
    """The instant of every request; ``clock.now`` can be moved."""

    class Clock:
        now = noon

    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: Clock.now
    yield Clock
    fresh_app.extensions["clock"] = before


@pytest.fixture
def worker(fresh_app: Flask, in_app, clock) -> Callable[..., Visitor]:
    """Return a browser in which somebody with a role has signed in; ``who`` is that actor."""

    def enter(role: Role = Role.SOCIAL_WORKER, **kwargs: Any) -> Visitor:
        def sign_in() -> tuple[Actor, str]:
            actor = an_actor(role, **kwargs)
            login = accounts_now.user_by_id(actor.user_id or 0).login
            opened = accounts.sign_in(login=login, password=PASSWORD, device="", now=clock.now)
            return actor, opened.token

        actor, token = in_app(sign_in)
        visitor = Visitor(fresh_app)
        with visitor.client.session_transaction() as session:
            session[SIGN_IN_KEY] = token
        visitor.who = actor
        return visitor

    return enter
