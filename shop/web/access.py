"""Who may open a page: every view wears exactly one mark; one without opens for nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user

from shop.accounts import queries as accounts
from shop.kernel.access import VISITOR, Actor, Permission
from shop.kernel.clock import utc_now
from shop.kernel.errors import Forbidden

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

# Flask-Login's name for what a session knows of somebody. With us it is the token of a sign-in,
# never the key of a user, so that ending the sign-in ends the session wherever its cookie lies.
SIGN_IN_KEY = "_user_id"


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


class Person(UserMixin):
    """Who is signed in, as Flask-Login sees her: known by the token of this sign-in."""

    def __init__(self, token: str, actor: Actor) -> None:
        """Keep the token that names her and the actor whom services ask for."""
        self.token = token
        self.actor = actor

    def get_id(self) -> str:
        """Return what the session keeps of her."""
        return self.token


class Stranger(AnonymousUserMixin):
    """Whoever is not signed in."""

    actor = VISITOR


class SignIns(LoginManager):
    """Flask-Login over rows of sign-ins: they end by themselves, so no second cookie remembers."""

    def __init__(self) -> None:
        """Begin without binding a sign-in to network or browser: both change in a train."""
        super().__init__()
        self.anonymous_user = Stranger
        self.session_protection = None
        self._session_identifier_generator = str

    def _update_remember_cookie(self, response: Response) -> Response:
        return response  # asking the session here would make every public page differ by cookie


login_manager = SignIns()


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login ships no types
def _person_of(token: str) -> Person | None:
    actor = accounts.actor_for_token(token, now=now())
    return Person(token, actor) if actor is not None else None


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator]  # Flask-Login ships no types
def _to_sign_in() -> ResponseReturnValue:
    if request.method == "GET":
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    return redirect(url_for("account.sign_in"))


def current_actor() -> Actor:
    """Return who is acting in this request; a visitor when nobody is signed in.

    The sign-in is a row: ended, expired or switched-off ones stop working at once (trust.md A4).
    """
    actor: Actor = current_user.actor
    return actor


def keep_signed_in(token: str, actor: Actor) -> None:
    """Let this device act as ``actor`` until the sign-in behind ``token`` ends."""
    login_user(Person(token, actor))


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    mark = getattr(current_app.view_functions[request.endpoint], "access_mark", None)
    if mark is None:
        raise Forbidden(permission="unmarked")
    if mark.kind in {"public", "program"}:
        return None
    if not current_user.is_authenticated:
        answer: ResponseReturnValue = login_manager.unauthorized()
        return answer
    actor = current_actor()
    if mark.permission is not None and not actor.holds(mark.permission):
        log.warning("refused", user=actor.user_id, permission=mark.permission, path=request.path)
        raise Forbidden(permission=mark.permission)
    return None


def init_app(app: Flask) -> None:
    """Put the guard before every view, and tell Flask-Login who is signed in."""
    app.extensions.setdefault("clock", utc_now)
    login_manager.init_app(app, add_context_processor=False)
    app.before_request(_guard)
