"""Who may open a page: every view wears exactly one mark; one without opens for nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, current_app, g, redirect, request, session, url_for

from shop.accounts import queries as accounts
from shop.kernel.access import VISITOR, Actor, Permission
from shop.kernel.clock import utc_now
from shop.kernel.errors import Forbidden

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN_KEY = "sign_in"


@dataclass(frozen=True, slots=True)
class AccessMark:
    """What a view asks of its visitor."""

    kind: str
    permission: Permission | None = None


def _wear(view: View, mark: AccessMark) -> View:
    if hasattr(view, "access_mark"):
        message = f"{view.__name__} wears two access marks"
        raise TypeError(message)
    view.access_mark = mark  # type: ignore[attr-defined]  # the mark is read by the guard below
    return view


def public(view: View) -> View:
    """Open a view for everybody."""
    return _wear(view, AccessMark("public"))


def signed_in(view: View) -> View:
    """Open a view for anybody who is signed in."""
    return _wear(view, AccessMark("signed_in"))


def requires(permission: Permission) -> Callable[[View], View]:
    """Open a view for people who hold the permission somewhere; the service asks again, per row."""

    def mark(view: View) -> View:
        return _wear(view, AccessMark("requires", permission))

    return mark


def for_programs(view: View) -> View:
    """Open a view for programs: the operation behind it asks for token and scope by itself."""
    return _wear(view, AccessMark("program"))


def now() -> datetime:
    """Return the instant of this request, the same for all it does."""
    if "now" not in g:
        g.now = current_app.extensions["clock"]()
    instant: datetime = g.now
    return instant


def current_actor() -> Actor:
    """Return who is acting in this request; a visitor when nobody is signed in.

    The sign-in is a row: ended, expired or switched-off ones stop working at once (trust.md A4).
    """
    if "actor" not in g:
        token = session.get(SIGN_IN_KEY)
        actor = accounts.actor_for_token(token, now=now()) if token else None
        g.actor = actor or VISITOR
    actor_now: Actor = g.actor
    return actor_now


def _guard() -> Response | None:
    if request.endpoint is None:
        return None
    mark = getattr(current_app.view_functions[request.endpoint], "access_mark", None)
    if mark is None:
        raise Forbidden(permission="unmarked")
    if mark.kind in {"public", "program"}:
        return None
    actor = current_actor()
    if actor.user_id is None:
        if request.method == "GET":
            return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))  # type: ignore[return-value]
        return redirect(url_for("account.sign_in"))  # type: ignore[return-value]
    if mark.permission is not None and not actor.holds(mark.permission):
        log.warning("refused", user=actor.user_id, permission=mark.permission, path=request.path)
        raise Forbidden(permission=mark.permission)
    return None


def init_app(app: Flask) -> None:
    """Put the guard before every view."""
    app.extensions.setdefault("clock", utc_now)
    app.before_request(_guard)
