"""Who asks: a program by its token, or a page of the site by its session."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, request

from shop.programs import queries as programs
from shop.programs import services as programming
from shop.programs.queries import KnownProgram
from shop.programs.rules import ProgramScope
from shop.web.access import now
from shop.web.api.refusals import ScopeMissing, TokenRefused
from shop.web.origin import NobodyKnown, is_sent_from

BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``program`` is None for a page of the site, which acts for its own visitor."""

    program: KnownProgram | None

    @property
    def key(self) -> str:
        """Return what tells one caller from another in counts and keys; empty for a page."""
        return "" if self.program is None else self.program.public_id

    def may(self, scope: ProgramScope) -> bool:
        """Say whether its token was made for this."""
        return self.program is not None and scope in self.program.scopes


def identify() -> Caller:
    """Return who asks; a token that opens nothing is refused even where none is needed.

    Raises TokenRefused.
    """
    said = request.headers.get("Authorization")
    if said is None:
        g.api_caller = Caller(None)
    else:
        kind, _, token = said.partition(" ")
        known = programs.known(token.strip(), now=now()) if kind.lower() == BEARER else None
        if known is None:
            raise TokenRefused
        programming.note_use(known, now=now())
        g.api_caller = Caller(known)
    return caller()


def caller() -> Caller:
    """Return who asks in this request."""
    found: Caller = g.api_caller
    return found


def require(scopes: frozenset[ProgramScope], *, is_for_pages: bool) -> None:
    """Return when the caller may do what one of the scopes is for.

    is_for_pages    a page of the site may do it too, for the visitor whose session it has.

    Raises ScopeMissing, NobodyKnown.
    """
    asks = caller()
    if asks.program is not None:
        if not asks.program.scopes & scopes:
            raise ScopeMissing(scope=min(scopes).value)
        return
    is_ours = is_sent_from(
        request.headers, host=request.host, address=current_app.config["SHOP"].address
    )
    if not (is_for_pages and is_ours):
        raise NobodyKnown
