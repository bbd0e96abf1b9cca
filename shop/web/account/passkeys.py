"""How somebody signs in: passkeys, and for a buyer a password beside her codes.

Passkeys need script, because only script may speak to the device; everything else works without.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import buyers, factors, passkeys
from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.passkeys import House, PasskeyRefused
from shop.accounts.rules import LONGEST_SIGN_IN
from shop.kernel.access import Permission
from shop.kernel.errors import NotFound
from shop.web.access import (
    SIGN_IN_KEY,
    current_actor,
    keep_signed_in,
    now,
    public,
    signed_in,
)
from shop.web.account.doors import device_name
from shop.web.account.forms import NewPasswordForm
from shop.web.account.frame import blueprint, let_in
from shop.web.account.proving import proof_first
from shop.web.addresses import own_address, site_address
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.limits import limiter

log = structlog.get_logger(__name__)

CHALLENGE_KEY = "passkey"
NAME = "灯梁 Dengliang"
HERE = "/account/sign-in"


def house() -> House:
    """Return for whom passkeys are: the name and address of this site, as browsers see them."""
    address = urlsplit(site_address())
    return House(
        name=NAME, host=address.hostname or "", origin=f"{address.scheme}://{address.netloc}"
    )


def _asked(options: str) -> Response:
    session[CHALLENGE_KEY] = passkeys.challenge_of(options)
    return Response(options, mimetype="application/json")


def _me() -> int:
    """Return who is here, if she may have passkeys: makers keep to number and PIN.

    Raises NotFound.
    """
    actor = current_actor()
    if actor.member_id is not None and not actor.holds(Permission.SEE_DESK):
        raise NotFound(what="page")
    return actor.user_id or 0


def _show(form: NewPasswordForm) -> ResponseReturnValue:
    user_id = _me()
    page = render_template(
        "account/sign_in_ways.html",
        form=form,
        problems=problems_of(form),
        passkeys=passkeys.passkeys_of(user_id),
        is_buyer=bool(buyers.contacts_of(user_id)),
        has_password=accounts_now.has_password(user_id),
        factors=factors.factors_of(user_id) if accounts_now.grants_of(user_id) else None,
        is_second_required=accounts.is_second_required(),
    )
    return page, form_status(form)


@blueprint.get("/account/sign-in")
@signed_in
def ways_to_sign_in() -> ResponseReturnValue:
    """Show a person's passkeys, and a buyer whether she has a password."""
    return _show(NewPasswordForm(formdata=None))


@blueprint.post("/account/own-password")
@limiter.limit("10 per 15 minutes")
@signed_in
def set_own_password() -> ResponseReturnValue:
    """Give a buyer a password, or take it away with ``remove``; other devices are signed out."""
    user_id = _me()
    if not buyers.contacts_of(user_id):
        raise NotFound(what="page")  # staff have their own form, which asks for the present one
    if (first := proof_first(HERE)) is not None:
        return first
    if "remove" in request.form:
        buyers.drop_password(user_id=user_id)
        flash(_("You have no password any more; codes reach you."), "success")
        return redirect(HERE, code=303)
    form = NewPasswordForm()
    if form.validate_on_submit():
        with refusals_on(form):
            opened = buyers.set_password(
                user_id=user_id,
                password=form.new.data or "",
                device=device_name(request.user_agent.string),
                now=now(),
            )
            keep_signed_in(opened.token, current_actor())
            flash(_("That is your password. Other devices are signed out."), "success")
            return redirect(HERE, code=303)
    return _show(form)


@blueprint.post("/account/passkeys/options")
@limiter.limit("30 per 15 minutes")
@signed_in
def ask_for_passkey() -> ResponseReturnValue:
    """Tell a device what it needs to make a passkey."""
    user_id = _me()
    if not accounts_now.has_proved_lately(session[SIGN_IN_KEY], now=now()):
        return Response(status=401)  # the page's script goes to the page that asks
    return _asked(passkeys.ask_for_new(user_id=user_id, house=house(), now=now()))


@blueprint.post("/account/passkeys")
@limiter.limit("30 per 15 minutes")
@signed_in
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that a device has made."""
    user_id = _me()
    if (first := proof_first(HERE)) is not None:
        return first
    try:
        passkeys.add(
            user_id=user_id,
            answer=request.form.get("answer", ""),
            challenge=session.pop(CHALLENGE_KEY, ""),
            house=house(),
            device=device_name(request.user_agent.string),
            now=now(),
        )
    except PasskeyRefused as refused:
        log.warning("passkey refused", why=str(refused.__cause__), user=user_id)
        raise
    flash(_("From now on this device signs you in by itself."), "success")
    return redirect(HERE, code=303)


@blueprint.post("/account/passkeys/<string:name>/removal")
@signed_in
def remove_passkey(name: str) -> ResponseReturnValue:
    """Let a passkey open nothing any more."""
    user_id = _me()
    if (first := proof_first(HERE)) is not None:
        return first
    passkeys.remove(user_id=user_id, name=name, now=now())
    flash(_("This passkey opens nothing any more."), "success")
    return redirect(HERE, code=303)


@blueprint.post("/sign-in/passkey/options")
@limiter.limit("30 per minute")
@public
def ask_for_known_passkey() -> ResponseReturnValue:
    """Tell a device what it needs to show a passkey that it has."""
    return _asked(passkeys.ask_for_known(house=house(), now=now()))


@blueprint.post("/sign-in/passkey")
@limiter.limit("30 per minute")
@public
def sign_in_by_passkey() -> ResponseReturnValue:
    """Let somebody in whose device proves that it holds her key."""
    wanted = own_address(request.form.get("next", ""))
    try:
        user_id = passkeys.proven_by(
            answer=request.form.get("answer", ""),
            challenge=session.pop(CHALLENGE_KEY, ""),
            house=house(),
            now=now(),
        )
    except PasskeyRefused as refused:
        log.warning("passkey refused", why=str(refused.__cause__))
        raise
    opened = accounts.open_sign_in(
        user_id=user_id,
        device=device_name(request.user_agent.string),
        lasts=LONGEST_SIGN_IN,
        has_second=True,
        now=now(),
    )
    return let_in(opened, wanted)


@blueprint.post("/account/confirm/passkey")
@limiter.limit("30 per minute")
@signed_in
def confirm_by_passkey() -> ResponseReturnValue:
    """Take a passkey as the answer to who is here."""
    user_id = passkeys.proven_by(
        answer=request.form.get("answer", ""),
        challenge=session.pop(CHALLENGE_KEY, ""),
        house=house(),
        now=now(),
    )
    if user_id != current_actor().user_id:
        raise PasskeyRefused
    accounts.prove_again(token=session[SIGN_IN_KEY], now=now())
    wanted = own_address(request.form.get("next", "")) or url_for("account.account")
    return redirect(wanted, code=303)
