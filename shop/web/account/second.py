"""The second factor of staff: asked at the door, set up on a plain page, codes for paper."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import factors, passkeys
from shop.accounts import queries as accounts_now
from shop.accounts.factors import Waiting
from shop.accounts.passkeys import PasskeyRefused
from shop.accounts.services import SignedIn
from shop.kernel.errors import NotFound
from shop.web.access import current_actor, now, public, signed_in
from shop.web.account.forms import NumberForm, PlainForm
from shop.web.account.frame import WAITING_KEY, blueprint, let_in
from shop.web.account.passkeys import CHALLENGE_KEY, house
from shop.web.account.proving import proof_first
from shop.web.addresses import own_address
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.limits import limiter
from shop.web.qr import qr_code

SET_UP = "/account/second-factor"


def _waiting() -> Waiting | None:
    return factors.waiting(session.get(WAITING_KEY, ""), now=now())


def _wanted() -> str | None:
    return own_address(request.values.get("next", ""))


def _spaced(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _show_set_up(form: NumberForm, *, user_id: int, login: str, action: str) -> ResponseReturnValue:
    secret = factors.secret_to_set_up(user_id=user_id, now=now())
    page = render_template(
        "account/second_set_up.html",
        form=form,
        problems=problems_of(form),
        square=qr_code(factors.address_of(secret, login=login)),
        secret=_spaced(secret),
        action=action,
        wanted=_wanted() or "",
    )
    return page, form_status(form)


def _codes_page(codes: list[str], onwards: str) -> Response:
    return make_response(
        render_template("account/recovery_codes.html", codes=codes, onwards=onwards)
    )


def _with_codes(opened: SignedIn, codes: list[str]) -> Response:
    """Return the page that shows recovery codes once, and signs this device in with it."""
    landed = let_in(opened, _wanted())
    page = _codes_page(codes, landed.location or "/account")
    for cookie in landed.headers.getlist("Set-Cookie"):
        page.headers.add("Set-Cookie", cookie)
    return page


@blueprint.route("/sign-in/second", methods=["GET", "POST"])
@limiter.limit("30 per 15 minutes", methods=["POST"])
@public
def second_factor() -> ResponseReturnValue:
    """Ask staff for more than a password; who has nothing yet, sets it up here."""
    here = _waiting()
    if here is None:
        return redirect("/sign-in")
    form = NumberForm()
    if not here.factors.has_any:
        return _set_up_at_the_door(form, here)
    if form.validate_on_submit():
        with refusals_on(form):
            opened = factors.finish(
                token=session[WAITING_KEY], number=form.number.data or "", now=now()
            )
            return let_in(opened, _wanted())
    page = render_template(
        "account/second.html",
        form=form,
        problems=problems_of(form),
        factors=here.factors,
        wanted=_wanted() or "",
    )
    return page, form_status(form)


def _set_up_at_the_door(form: NumberForm, here: Waiting) -> ResponseReturnValue:
    token = session[WAITING_KEY]
    if form.validate_on_submit():
        with refusals_on(form):
            codes = factors.set_up(user_id=here.user_id, number=form.number.data or "", now=now())
            opened = factors.finish_proven(token=token, user_id=here.user_id, now=now())
            return _with_codes(opened, codes)
    return _show_set_up(form, user_id=here.user_id, login=here.login, action="/sign-in/second")


@blueprint.post("/sign-in/second/passkey")
@limiter.limit("30 per 15 minutes")
@public
def second_by_passkey() -> ResponseReturnValue:
    """Take a passkey of hers as the second factor."""
    here = _waiting()
    if here is None:
        return redirect("/sign-in")
    user_id = passkeys.proven_by(
        answer=request.form.get("answer", ""),
        challenge=session.pop(CHALLENGE_KEY, ""),
        house=house(),
        now=now(),
    )
    if user_id != here.user_id:
        raise PasskeyRefused
    opened = factors.finish_proven(token=session[WAITING_KEY], user_id=user_id, now=now())
    return let_in(opened, _wanted())


def _staff() -> int:
    """Return who is here, if she works here. Raises NotFound."""
    user_id = current_actor().user_id or 0
    if not accounts_now.grants_of(user_id):
        raise NotFound(what="page")
    return user_id


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@limiter.limit("30 per 15 minutes", methods=["POST"])
@signed_in
def own_second_factor() -> ResponseReturnValue:
    """Let a telephone learn to make numbers, in place of the one that did before."""
    user_id = _staff()
    if (first := proof_first(SET_UP)) is not None:
        return first
    form = NumberForm()
    if form.validate_on_submit():
        with refusals_on(form):
            codes = factors.set_up(user_id=user_id, number=form.number.data or "", now=now())
            return _codes_page(codes, "/account/sign-in")
    login = accounts_now.user_by_id(user_id).login
    return _show_set_up(form, user_id=user_id, login=login, action=SET_UP)


@blueprint.post("/account/recovery-codes")
@limiter.limit("10 per hour")
@signed_in
def new_recovery_codes() -> ResponseReturnValue:
    """Show ten fresh recovery codes, once; those from before are worth nothing any more."""
    user_id = _staff()
    if (first := proof_first("/account/sign-in")) is not None:
        return first
    if not PlainForm().validate_on_submit() or not factors.factors_of(user_id).has_numbers:
        flash(_("First let your telephone make numbers."), "error")
        return redirect("/account/sign-in", code=303)
    return _codes_page(factors.new_recovery_codes(user_id=user_id, now=now()), "/account/sign-in")
