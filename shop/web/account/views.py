"""The sign-in page, the sign-out button and the page about oneself."""

from __future__ import annotations

import re
from functools import partial

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import buyers
from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.rules import PIN_DIGITS, login_name
from shop.kernel.access import Permission
from shop.kernel.i18n import instant_text
from shop.orders import queries as orders_known
from shop.stations import queries as stations
from shop.web.access import SIGN_IN_KEY, current_actor, now, public, signed_in
from shop.web.account.codes import can_send_codes
from shop.web.account.doors import device_name
from shop.web.account.forms import CodeForm, PasswordForm, SignInForm
from shop.web.account.frame import blueprint, leave_nothing, let_in
from shop.web.account.orders import overview
from shop.web.addresses import own_address
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.filters import LANGUAGE_COOKIE, LOCALES, locale_name
from shop.web.limits import limiter
from shop.web.reading import keep
from shop.web.role_names import ROLE_NAMES
from shop.workflows import leaving

ORDER_NUMBER = re.compile(r"[0-9A-Z]{1,12}(?:-[0-9A-Z]{1,12}){0,2}")
REDIRECTS = {302, 303}


def _who_tries() -> str:
    return f"sign-in:{login_name(request.form.get('login', ''))[:64]}"


def _was_wrong(response: Response) -> bool:
    return response.status_code not in REDIRECTS


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("40 per 15 minutes", methods=["POST"], deduct_when=_was_wrong)
@limiter.limit("5 per 15 minutes", key_func=_who_tries, methods=["POST"], deduct_when=_was_wrong)
@public
def sign_in() -> ResponseReturnValue:
    """Let somebody in by phone number or staff name; wrong tries are counted and cost time."""
    form = SignInForm()
    wanted = own_address(form.next.data or request.args.get("next", ""))
    if request.method == "GET":
        form.next.data = wanted or ""
    if form.validate_on_submit():
        with refusals_on(form):
            opened = accounts.sign_in(
                login=form.login.data or "",
                password=form.password.data or "",
                device=device_name(request.user_agent.string),
                now=now(),
            )
            return let_in(opened, wanted)
    page = render_template(
        "account/sign_in.html",
        form=form,
        problems=problems_of(form),
        is_for_maker=(wanted or "").startswith("/member") and "with" not in request.args,
        wanted=wanted or "",
        pin_digits=PIN_DIGITS,
        code_form=CodeForm(formdata=None, next=wanted or "") if can_send_codes() else None,
    )
    return page, form_status(form)


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the sign-in of this device; harmless without one."""
    token, user_id = session.get(SIGN_IN_KEY), current_actor().user_id
    session.clear()
    response: Response = redirect(url_for("account.sign_in"))  # type: ignore[assignment]
    if token:
        accounts.sign_out(token=token, now=now())
        flash(_("You are signed out on this device."), "success")
    return response if user_id is None else leave_nothing(response, user_id)


@blueprint.get("/account")
@public
def account() -> ResponseReturnValue:
    """Show a person who she is here; a buyer, who needs no account, finds her order."""
    actor = current_actor()
    if actor.user_id is None:
        return _find_order()
    if buyers.contacts_of(actor.user_id):
        return overview(actor.user_id)
    return _about_me(PasswordForm())


def _find_order() -> ResponseReturnValue:
    typed = request.args.get("number", "").strip().upper()
    if ORDER_NUMBER.fullmatch(typed):
        return redirect(f"/orders/{typed}")
    wrong = _("An order number looks like 260720-7K3M9.") if typed else ""
    page = render_template("account/find_order.html", typed=typed[:40], wrong=wrong)
    return page, 422 if wrong else 200


def _about_me(form: PasswordForm) -> ResponseReturnValue:
    actor = current_actor()
    user = accounts_now.user_by_id(actor.user_id or 0)
    workshop = None
    if actor.member_id is not None:
        workshop = stations.workshop(stations.member(actor.member_id).workshop_id)
    page = render_template(
        "account/account.html",
        form=form,
        problems=problems_of(form),
        user=user,
        workshop=workshop,
        role_names=ROLE_NAMES,
        grants=accounts_now.grants_of(user.id),
        orders=orders_known.count_of_account(user.id),
        devices=accounts_now.devices(user.id, token=session[SIGN_IN_KEY], now=now()),
        may_see_desk=actor.holds(Permission.SEE_DESK),
        may_see_oversight=actor.holds(Permission.SEE_OVERSIGHT),
        pin_digits=PIN_DIGITS,
        may_have_passkeys=actor.member_id is None or actor.holds(Permission.SEE_DESK),
        said=partial(instant_text, locale=locale_name()),
    )
    return page, form_status(form)


@blueprint.post("/account/password")
@limiter.limit("10 per 15 minutes", deduct_when=_was_wrong)
@signed_in
def change_password() -> ResponseReturnValue:
    """Replace one's own PIN or password; every device has to sign in anew."""
    form = PasswordForm()
    if form.validate_on_submit():
        with refusals_on(form):
            accounts.change_password(
                user_id=current_actor().user_id or 0,
                old=form.old.data or "",
                new=form.new.data or "",
                now=now(),
            )
            session.pop(SIGN_IN_KEY, None)
            flash(_("That is your new one. Please sign in with it."), "success")
            return redirect(url_for("account.sign_in"))
    return _about_me(form)


@blueprint.post("/account/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    """End every sign-in of this person, on this device too."""
    actor = current_actor()
    leaving.sign_out_everywhere(user_id=actor.user_id or 0, actor=actor, now=now())
    session.clear()
    flash(_("You are signed out on every device."), "success")
    response: Response = redirect(url_for("account.sign_in"))  # type: ignore[assignment]
    return leave_nothing(response, actor.user_id or 0)


@blueprint.post("/account/devices/<int:sign_in_id>/sign-out")
@signed_in
def sign_out_device(sign_in_id: int) -> ResponseReturnValue:
    """End one sign-in of this person, such as that of a phone she lost."""
    accounts.sign_out_device(user_id=current_actor().user_id or 0, sign_in_id=sign_in_id, now=now())
    flash(_("That device is signed out."), "success")
    return redirect(url_for("account.account"), code=303)


@blueprint.post("/account/language")
@signed_in
def choose_language() -> ResponseReturnValue:
    """Keep the language this person reads, for pages and for messages to her."""
    code = request.form.get("language", "")
    response: Response = redirect(url_for("account.account"))  # type: ignore[assignment]
    if code in LOCALES:
        accounts.choose_language(user_id=current_actor().user_id or 0, locale=LOCALES[code])
        keep(response, LANGUAGE_COOKIE, code)
    return response
