"""What all pages of an account share: their blueprint, and how somebody is let in."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from flask_babel import ngettext

from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.services import SignedIn
from shop.web.access import SIGN_IN_KEY, keep_signed_in, now
from shop.web.account.doors import first_page
from shop.web.carts import cart_token, forget_cart, with_cart
from shop.web.favorites import leave_on_device, on_device
from shop.web.filters import LANGUAGE_COOKIE, LOCALES
from shop.web.proofs import forget_orders, orders_of_device
from shop.web.reading import keep
from shop.workflows import entering

blueprint = Blueprint("account", __name__)

WAITING_KEY = "waiting"


def let_in(opened: SignedIn, wanted: str | None, *, is_own_device: bool = False) -> Response:
    """Return the answer that signs this device in: all it said before is gone, its goods stay.

    wanted           where she was going, an address of ours; without one, where her day begins.
    is_own_device    the cookie outlives the browser; else it ends with it.
    """
    former = session.get(SIGN_IN_KEY)
    if former:
        accounts.sign_out(token=former, now=now())
    session.clear()  # a form or a code of whoever was here before is no longer good
    if opened.needs_second:
        session[WAITING_KEY] = opened.token
        return redirect(url_for("account.second_factor", next=wanted))  # type: ignore[return-value]
    session.permanent = is_own_device
    actor = accounts_now.actor_of(opened.user_id)
    keep_signed_in(opened.token, actor)
    response: Response = redirect(wanted or first_page(actor))  # type: ignore[assignment]
    language = accounts_now.user_by_id(opened.user_id).locale
    code = next((code for code, locale in LOCALES.items() if locale == language), None)
    if code and LANGUAGE_COOKIE not in request.cookies:
        keep(response, LANGUAGE_COOKIE, code)
    # What the device kept is hers now, and what she keeps is shown on the device.
    settled = entering.settle_in(
        user_id=opened.user_id,
        cart_token=cart_token(),
        favorites=on_device(),
        codes={number: code for number, code in orders_of_device().items() if code},
        now=now(),
    )
    if settled.favorites:
        leave_on_device(response, settled.favorites)
    if settled.cart_token:
        with_cart(response, settled.cart_token)
    else:
        forget_cart(response)  # what lay here was of somebody else's account
    if settled.claimed:
        flash(
            ngettext(
                "%(num)s order of this device is in your account now.",
                "%(num)s orders of this device are in your account now.",
                settled.claimed,
            ),
            "success",
        )
    return response


def leave_nothing(response: Response, user_id: int) -> Response:
    """Take off this device what is in the account that was open: cart, favorites, orders."""
    leave_on_device(response, ())
    forget_cart(response)
    forget_orders(response, user_id)
    return response
