from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.kernel import events
from shop.kernel.access import Actor
from shop.kernel.db import db
from shop.web.access import SIGN_IN_KEY
from tests.builders.orders import a_bank
from tests.builders.stations import CIZHU, DENGLIANG, a_county, a_town
from tests.builders.villages import Village, a_token, a_village, the_staff_of

NOON = datetime(2026, 7, 23, 4, 0, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
SECRET = "外坊机密"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Guest:
    """One browser; ``actor`` is who has signed in with it, if anybody."""

    client: FlaskClient
    actor: Actor | None = None
    token: str = ""

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, buffered=True)

    def post(self, path: str, data: dict[str, object] | None = None) -> TestResponse:
        """Send a form with the token that this browser was given."""
        if not self.token:
            page = "/sign-in" if self.actor is None else "/account"
            found = TOKEN.search(self.get(page).get_data(as_text=True))
            assert found, page
            self.token = found[1]
        return self.client.post(
            path, data={"csrf_token": self.token, **(data or {})}, buffered=True
        )


@dataclass
class Town:
    """Two villages in two towns: ``own`` writes scripts in its texts, ``other`` has secrets."""

    app: Flask
    own: Village
    other: Village
    staff: dict[str, Actor]
    tokens: dict[str, str] = field(default_factory=dict)

    def guest(self, role: str = "visitor") -> Guest:
        """Return a fresh browser in which somebody with a role has signed in, or nobody."""
        client = self.app.test_client()
        if role == "visitor":
            return Guest(client)
        if role not in self.tokens:
            with self.app.app_context():
                self.tokens[role] = a_token(self.staff[role], now=NOON)
                db.session.remove()
        with client.session_transaction() as session:
            session[SIGN_IN_KEY] = self.tokens[role]
        return Guest(client, self.staff[role])


def build(app: Flask) -> Town:
    with app.app_context(), a_bank():
        own = a_village(DENGLIANG, slug="dengliang", words=SCRIPT, now=NOON)
        other = a_village(CIZHU, slug="cizhu", words=SECRET, now=NOON)
        events.beat(name="worker", now=NOON)
        staff = the_staff_of(own, town=a_town(), county=a_county())
        db.session.remove()
    return Town(app, own, other, staff)


@pytest.fixture(scope="module")
def town(database) -> Iterator[Town]:
    """Two villages, built once for all tests of a module: for tests that change nothing."""
    database.empty()
    before = database.app.extensions["clock"]
    database.app.extensions["clock"] = lambda: NOON
    yield build(database.app)
    database.app.extensions["clock"] = before
    database.empty()


@pytest.fixture
def a_town_to_change(fresh_app) -> Iterator[Town]:
    """The same for one test alone, which may leave it as it likes."""
    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: NOON
    yield build(fresh_app)
    fresh_app.extensions["clock"] = before
