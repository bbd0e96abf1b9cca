"""A buyer's first page, and the orders in her account."""

from __future__ import annotations

from functools import partial

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import buyers
from shop.accounts import queries as accounts_now
from shop.catalog import queries as catalog
from shop.kernel.errors import NotFound
from shop.kernel.i18n import instant_text
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.queries import OrderView
from shop.web.access import SIGN_IN_KEY, current_actor, now, signed_in
from shop.web.account.forms import ClaimForm
from shop.web.account.frame import blueprint
from shop.web.errors import form_status
from shop.web.fields import plain, problems_of
from shop.web.filters import locale_name
from shop.web.limits import limiter

ON_FIRST_PAGE = 3
ON_A_PAGE = 20


def _covers(shown: list[OrderView]) -> dict[int, catalog.Cover]:
    """Return a picture for each order: that of its first piece."""
    first = {
        order.id: next((line.variant_id for line in order.lines if line.variant_id), None)
        for order in shown
    }
    facts = catalog.sale_facts([variant for variant in first.values() if variant is not None])
    covers = catalog.covers(fact.product_id for fact in facts.values())
    return {
        order_id: covers[facts[variant].product_id]
        for order_id, variant in first.items()
        if variant in facts and facts[variant].product_id in covers
    }


def overview(user_id: int) -> ResponseReturnValue:
    """Show a buyer what is hers here."""
    shown = orders_known.orders_of_account(user_id, most=ON_FIRST_PAGE)
    return render_template(
        "account/home.html",
        user=accounts_now.user_by_id(user_id),
        contacts=buyers.contacts_of(user_id),
        orders=shown,
        covers=_covers(shown),
        many=orders_known.count_of_account(user_id),
        devices=accounts_now.devices(user_id, token=session[SIGN_IN_KEY], now=now()),
        said=partial(instant_text, locale=locale_name()),
    )


def _show_orders(form: ClaimForm) -> ResponseReturnValue:
    user_id = current_actor().user_id or 0
    typed = request.args.get("page", "1")
    number = min(max(int(typed), 1), 10_000) if typed.isascii() and typed.isdecimal() else 1
    many = orders_known.count_of_account(user_id)
    shown = orders_known.orders_of_account(user_id, most=ON_A_PAGE, skip=(number - 1) * ON_A_PAGE)
    page = render_template(
        "account/orders.html",
        form=form,
        problems=problems_of(form),
        orders=shown,
        covers=_covers(shown),
        many=many,
        page=number,
        pages=max(1, -(-many // ON_A_PAGE)),
        said=partial(instant_text, locale=locale_name()),
    )
    return page, form_status(form)


@blueprint.get("/account/orders")
@signed_in
def own_orders() -> ResponseReturnValue:
    """List the orders in this account, the newest first."""
    return _show_orders(ClaimForm())


@blueprint.post("/account/orders")
@limiter.limit("8 per minute; 40 per hour")
@signed_in
def claim_order() -> ResponseReturnValue:
    """Put an order into this account by its telephone number and code."""
    form = ClaimForm()
    if form.validate_on_submit():
        try:
            order = orders_known.find_for_buyer(
                code=plain(form.code.data), phone=form.phone.data or ""
            )
        except NotFound:
            form.form_errors.append(
                _("This number and this code do not belong together. Please look again.")
            )
        else:
            user_id = current_actor().user_id or 0
            if orders.claim(order_id=order.id, user_id=user_id, now=now()):
                flash(_("Order %(number)s is in your account.", number=order.number), "success")
                return redirect(url_for("account.own_orders"), code=303)
            form.form_errors.append(_("This order is in another account already."))
    return _show_orders(form)
