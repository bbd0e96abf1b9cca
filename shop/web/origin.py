"""Where a form was sent from: one of our pages, or somebody else's that wants to act for a visitor.

Every form is asked. One with a token of its session proves itself by that too; pages that are the
same for everybody carry no token, so theirs must say in a header that it stood on a page of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, request
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.datastructures import Headers

from shop.kernel.errors import ShopError

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

READS = {"GET", "HEAD", "OPTIONS", "TRACE"}
USUAL_PORTS = {"http": ":80", "https": ":443"}
# What browsers say themselves of a request; ``none`` is a person at the address bar.
FROM_HERE = {"same-origin", "none"}


def without_token(view: View) -> View:
    """Mark a view whose form stands on pages that are the same for everybody.

    Such a form carries no token; a browser that cannot say where it stood is refused.
    """
    view.form_mark = "without_token"  # type: ignore[attr-defined]  # read by the guard below
    return view


def from_machines(view: View) -> View:
    """Mark a view that no form is sent to: a program proves itself by its own signature."""
    view.form_mark = "from_machines"  # type: ignore[attr-defined]  # read by the guard below
    return view


def from_programs(view: View) -> View:
    """Mark a view for programs with a token, and for the site's own pages with a session.

    A token in the request speaks for itself, and then no cookie is looked at; without one the
    request must come from a page of ours and carry the token of its session.
    """
    view.form_mark = "from_programs"  # type: ignore[attr-defined]  # read by the guard below
    return view


class NobodyKnown(ShopError):
    """Neither a token nor a page of ours says who asks."""

    code: ClassVar[str] = "api.nobody"
    status: ClassVar[int] = 401


class PageTooOld(CSRFError):
    """A form of a page of ours, whose session is gone: what was typed may be sent once more."""


class OpenForm(FlaskForm):
    """A form of a page that is the same for everybody; its view is marked ``without_token``."""

    class Meta(FlaskForm.Meta):
        """Asks for no token."""

        csrf = False


def is_sent_from(headers: Headers, *, host: str, address: str) -> bool | None:
    """Say whether a request comes from a page of ours; None when it says nothing about it.

    ``Origin`` and ``Sec-Fetch-Site`` must not disagree; where neither speaks, ``Referer`` does. An
    origin of ``null`` is none: a sandboxed frame sends it, and so does a page that hides itself.

    host       the name and port that was asked for.
    address    what the site is called from outside, with its scheme; empty when nobody said.
    """
    said = []
    origin = headers.get("Origin", "null")
    if origin != "null":
        said.append(_is_ours(origin, host, address))
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        said.append(site in FROM_HERE)
    if not said and "Referer" in headers:
        said.append(_is_ours(headers["Referer"], host, address))
    return all(said) if said else None


def _is_ours(url: str, host: str, address: str) -> bool:
    try:
        ours, theirs = urlsplit(address), urlsplit(url)
    except ValueError:
        return False
    if theirs.scheme not in USUAL_PORTS or not theirs.netloc:
        return False
    place = _place(theirs.scheme, theirs.netloc)
    if place == _place(ours.scheme, ours.netloc):
        # Whoever sits on the line can put words into the unencrypted page of the same name.
        return theirs.scheme == ours.scheme
    # A proxy may speak to us without encryption: which scheme it answers in, the host cannot say.
    return place == _place(theirs.scheme, host)


def _place(scheme: str, netloc: str) -> str:
    return netloc.lower().removesuffix(USUAL_PORTS.get(scheme, ""))


def _guard() -> None:
    if request.method in READS or request.endpoint is None:
        return
    mark = getattr(current_app.view_functions[request.endpoint], "form_mark", "with_token")
    if mark == "from_machines":
        return
    if mark == "from_programs" and "Authorization" in request.headers:
        return
    is_ours = is_sent_from(
        request.headers, host=request.host, address=current_app.config["SHOP"].address
    )
    if mark == "from_programs" and not is_ours:
        raise NobodyKnown
    if is_ours is False or (is_ours is None and mark == "without_token"):
        log.warning("form from elsewhere", path=request.path, origin=request.headers.get("Origin"))
        reason = "The form was not sent from a page of ours."
        raise CSRFError(reason)
    if mark in {"with_token", "from_programs"}:
        protection: CSRFProtect = current_app.extensions["csrf"]
        try:
            protection.protect()
        except CSRFError as refused:
            if is_ours:
                raise PageTooOld(refused.description) from refused
            raise


def init_app(app: Flask) -> None:
    """Ask every form where it comes from, before anything else looks at it."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    CSRFProtect(app)
    app.before_request(_guard)
