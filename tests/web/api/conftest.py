from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders.catalog import many_products
from tests.counting import counted
from tests.web.storefront.conftest import bank, market


class Program:
    """A program that speaks to the shop: no cookie, no page, only what it sends."""

    def __init__(self, app: Flask, **headers: str) -> None:
        self.app = app
        self.headers = headers
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.statements: list[str] = []

    def ask(self, path: str, *, status: int = 200, most: int | None = None, **headers: str) -> Any:
        return self._said(self.send("GET", path, headers=headers), status, most)

    def send(
        self, method: str, path: str, content: object = None, *, headers: dict[str, str]
    ) -> TestResponse:
        said = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        given = {} if content is None else {"json": content}
        with counted(self.app) as count:
            response = self.client.open(f"/api/v1{path}", method=method, headers=said, **given)
        self.statements = count.statements
        return response

    def _said(self, response: TestResponse, status: int, most: int | None) -> Any:
        text = response.get_data(as_text=True)
        assert response.status_code == status, text[:800]
        assert most is None or len(self.statements) <= most, "\n".join(self.statements)
        return json.loads(text) if text else None


# Two workshops with goods and a session, as the pages of the window have them.
__all__ = ["Program", "bank", "market"]


@pytest.fixture
def program(fresh_app: Flask) -> Program:
    return Program(fresh_app)


@pytest.fixture
def stocked(
    market: Any,
    in_app: Callable[..., Any],
) -> Any:
    in_app(many_products, 70, now=market.now)
    return market
