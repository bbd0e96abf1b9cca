from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.kernel.db import db
from tests.counting import Count, counted

MOST_STATEMENTS = 25
# The day's list asks one question for each kind of thing that can wait, never one for each thing.
MOST_ON_TODAY = 29
LABELLED = {"input", "select", "textarea"}
NEEDS_NO_LABEL = {"hidden", "submit", "button"}


def needs_token(app: Flask, action: str) -> bool:
    """Say whether the view behind a form's address asks for a token."""
    endpoint, _ = app.url_map.bind("localhost").match(urlsplit(action).path, method="POST")
    return not hasattr(app.view_functions[endpoint], "form_mark")


def check_page(response: TestResponse, app: Flask) -> None:
    """Assert what is true of every page of the house."""
    text = response.get_data(as_text=True)
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page = parser.parse(text)
    problems = [e for e in parser.errors if e[1] != "expected-doctype-but-got-chars"]
    assert problems == [], problems[:3]
    titles = [" ".join("".join(h.itertext()).split()) for h in page.iter("h1")]
    assert len(titles) == 1, f"h1: {titles}"
    head = " ".join((page.findtext(".//title") or "").split())
    assert head.startswith(titles[0]), f"{head!r} does not begin with {titles[0]!r}"
    assert page.get("lang") in {"zh-Hans", "en"}
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), f"ids twice: {[i for i in ids if ids.count(i) > 1]}"
    labels = {e.get("for") for e in page.iter("label")}
    wrapped = {id(e) for label in page.iter("label") for e in label.iter()}
    for control in page.iter():
        if control.tag not in LABELLED or control.get("type") in NEEDS_NO_LABEL:
            continue
        named = control.get("id") in labels or id(control) in wrapped or control.get("aria-label")
        assert named, f"no label: {control.tag} {dict(control.attrib)}"
    for form in page.iter("form"):
        if (form.get("method") or "get").lower() == "post":
            names = {e.get("name") for e in form.iter("input")}
            action = form.get("action") or response.request.path
            # A token on a page that is the same for everybody would be somebody else's.
            assert ("csrf_token" in names) is needs_token(app, action), f"token: {action}"
    for picture in page.iter("img"):
        assert picture.get("alt") is not None
    assert "style=" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)


class Visitor:
    """A browser without script: follows the house's rules on every page it is shown."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.count = Count()
        self.statements: list[str] = []

    def open(
        self, path: str, *, status: int = 200, most: int | None = None, **kwargs: Any
    ) -> TestResponse:
        if asked := re.search(r"[?&]lang=(zh|en)\b", path):
            # A test that opens a page in a language goes on reading in it.
            self.client.set_cookie("lang", asked[1])
        response = self._counted(lambda: self.client.get(path, **kwargs))
        assert response.status_code == status, response.get_data(as_text=True)[:600]
        if response.mimetype == "text/html" and status != 304:
            check_page(response, self.app)
        if most is None:
            is_today = path.partition("?")[0] == "/desk"
            most = MOST_ON_TODAY if is_today else MOST_STATEMENTS
        assert len(self.statements) <= most, "\n".join(self.statements)
        return response

    def token(self, path: str) -> str:
        """Return the token of the forms of a page; nothing where no form has one."""
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', self.open(path).get_data(as_text=True)
        )
        return found[1] if found else ""

    def send(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        via: str | None = None,
        status: int = 302,
    ) -> TestResponse:
        """Post a form whose token comes from the page ``via`` (default: the same address)."""
        token = self.token(via or path)
        assert token or not needs_token(self.app, path), f"no form with a token on {via or path}"
        response = self._counted(
            lambda: self.client.post(path, data={"csrf_token": token, **(data or {})})
        )
        assert response.status_code == status, response.get_data(as_text=True)[:1500]
        if response.mimetype == "text/html" and response.status_code not in {301, 302, 303}:
            check_page(response, self.app)
        return response

    def _counted(self, ask: Callable[[], TestResponse]) -> TestResponse:
        with counted(self.app) as self.count:
            answer = ask()
        self.statements = self.count.statements
        return answer


@pytest.fixture
def visitor(fresh_app: Flask) -> Visitor:
    return Visitor(fresh_app)


@pytest.fixture
def in_app(fresh_app: Flask) -> Callable[..., Any]:
    """Call a service or builder inside an application context of its own."""

    def call(act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with fresh_app.app_context():
            try:
                return act(*args, **kwargs)
            finally:
                db.session.remove()

    return call
