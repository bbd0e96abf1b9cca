"""The cart and the one page on which an order is placed."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import buyers
from shop.accounts.buyers import AddressView
from shop.bookings import queries as bookings
from shop.catalog import queries as catalog
from shop.kernel.divisions import OUTSIDE
from shop.orders import carts
from shop.payments import gateway
from shop.payments.rules import Method
from shop.web.access import current_actor, now, public
from shop.web.buyers import no_return_words
from shop.web.carts import cart_token, forget_count, with_cart
from shop.web.errors import form_status, refusals_on
from shop.web.filters import form_key, locale_name
from shop.web.limits import limiter, network_digest
from shop.web.phones import dialled
from shop.web.place_field import place_sent
from shop.web.proofs import remember_order
from shop.web.storefront import proving_phone
from shop.web.storefront.door import blueprint
from shop.web.storefront.forms import CheckoutForm, CouponForm, LineForm
from shop.web.storefront.paying import address_to_pay, order_address
from shop.workflows import quoting, selling
from shop.workflows.quoting import Quote
from shop.workflows.selling import PlacedOrder


def _show_cart(
    form: LineForm, *, wrong_line: int | None = None, coupon_form: CouponForm | None = None
) -> ResponseReturnValue:
    quote = quoting.quote(cart_token(), now=now())
    return (
        render_template(
            "storefront/cart.html",
            quote=quote,
            covers=_covers(quote),
            drawings=_drawings(quote),
            form=form,
            wrong_line=wrong_line,
            coupon_form=coupon_form or CouponForm(formdata=None, code=quote.code),
        ),
        form_status(coupon_form or form),
    )


def _covers(quote: Quote) -> dict[int, catalog.Cover]:
    return catalog.covers(line.product_id for line in quote.lines if line.product_id is not None)


def _drawings(quote: Quote) -> dict[int, str | None]:
    """Return the drawing of each session in the cart."""
    wanted = [line.new.session_id for line in quote.lines if line.new.session_id is not None]
    sessions = bookings.sessions_by_id(wanted, now=now())
    return {session_id: session.drawing for session_id, session in sessions.items()}


@blueprint.get("/cart")
@public
def cart() -> ResponseReturnValue:
    """Show what lies in the cart, what it costs and when it would come."""
    return _show_cart(LineForm())


@blueprint.post("/cart/lines/<int:line_id>")
@public
def change_line(line_id: int) -> ResponseReturnValue:
    """Set the pieces of one line, or take the line out."""
    form = LineForm()
    token = cart_token()
    if token is None:
        return redirect("/cart", code=303)
    if "remove" in request.form:
        carts.remove_line(token=token, line_id=line_id, now=now())
        return with_cart(redirect("/cart", code=303), token)
    if form.validate_on_submit():
        with refusals_on(form):
            carts.change_line(token=token, line_id=line_id, quantity=form.quantity.count, now=now())
            return with_cart(redirect("/cart", code=303), token)
    return _show_cart(form, wrong_line=line_id)


@blueprint.post("/cart/seen")
@public
def note_changes() -> ResponseReturnValue:
    """Take the buyer's word that she has read what changed."""
    token = cart_token()
    if token is not None:
        quoting.note_changes(token, now=now())
    return redirect("/cart", code=303)


@blueprint.post("/cart/coupon")
@public
@limiter.limit("20 per hour")
def enter_coupon() -> ResponseReturnValue:
    """Put the code of a coupon into the cart; an empty one takes it out."""
    form = CouponForm()
    token = cart_token()
    if token is None:
        return redirect("/cart", code=303)
    if form.validate_on_submit():
        with refusals_on(form):
            quoting.enter_coupon(token, form.code.data or "", now=now())
            return redirect("/cart", code=303)
    return _show_cart(LineForm(formdata=None), coupon_form=form)


def _show_checkout(form: CheckoutForm) -> ResponseReturnValue:
    form.show_totals()
    return (
        render_template(
            "storefront/checkout.html",
            quote=form.quote,
            covers=_covers(form.quote),
            drawings=_drawings(form.quote),
            no_return_words=no_return_words,
            form=form,
            is_code_sent=proving_phone.is_on_its_way(form.phone.data or ""),
            shown_code=proving_phone.shown_code(),
        ),
        form_status(form),
    )


@blueprint.get("/checkout")
@public
def checkout() -> ResponseReturnValue:
    """Show the one page on which an order is placed; a cart that cannot be ordered has none."""
    kept = _kept_address()
    quote = quoting.quote(cart_token(), to=kept.place_code if kept else None, now=now())
    if not quote.is_orderable:
        return redirect("/cart")
    form = CheckoutForm(
        quote=quote, can_pay_online=gateway.is_connected(), key=form_key(), **_written(kept)
    )
    return _show_checkout(form)


def _kept_address() -> AddressView | None:
    """Return the address that a buyer takes first, or the one she asked for by its name."""
    user_id = current_actor().user_id
    kept = buyers.addresses_of(user_id) if user_id is not None else ()
    wanted = request.args.get("address")
    return next((one for one in kept if one.public_id == wanted), kept[0] if kept else None)


def _written(kept: AddressView | None) -> dict[str, str]:
    """Return what of a kept address a buyer need not type."""
    if kept is None:
        return {}
    return {
        "phone": kept.phone,
        "name": kept.name,
        "place": kept.place_code,
        "region": "" if kept.place_code and kept.place_code != OUTSIDE else kept.region,
        "address": kept.address,
    }


@blueprint.post("/checkout")
@public
def place_order() -> ResponseReturnValue:
    """Place the order: goods and seats are held, then the buyer goes to pay.

    ``place_step`` orders nothing: it shows the next list of the address and what the way costs.

    The same form sent again, however often, ends at the same order.
    """
    quote = quoting.quote(
        cart_token(),
        to=place_sent(request.form),
        buyer=dialled(request.form.get("phone", "")) or "",
        now=now(),
    )
    form = CheckoutForm(quote=quote, can_pay_online=gateway.is_connected())
    if "place_step" in request.form and quote.parts:
        return _show_checkout(form)
    if form.validate_on_submit() and _has_proved(form):
        with refusals_on(form):
            placed = selling.place_order(
                cart_token=cart_token() or "",
                contact=form.contact,
                handover=form.chosen_handover,
                method=form.chosen_method,
                expected_total=form.seen_total,
                no_return_agreed=form.confirmed,
                key=form.key.data or "",
                locale=locale_name(),
                network=network_digest(),
                invoice=form.invoice_wish,
                quoted=form.quote,
                actor=current_actor(),
                now=now(),
            )
            return _onwards(placed, form.chosen_method)
    if not quote.parts:
        return redirect("/cart", code=303)
    return _show_checkout(form)


def _has_proved(form: CheckoutForm) -> bool:
    """Say whether the number may order; where it needs a code, send one or take what was typed."""
    phone = form.phone.data or ""
    if not proving_phone.must_be_proved(phone, form.chosen_method):
        return True
    with refusals_on(form):
        if form.phone_code.data and "send_code" not in request.form:
            proving_phone.prove(phone, form.phone_code.data)
            return True
        if not proving_phone.is_on_its_way(phone) or "send_code" in request.form:
            proving_phone.send(phone)
            return False  # the page asks for what has just been sent; nothing is wrong yet
        form.phone_code.errors = [_("Type the six digits that we have sent to this number.")]
    return False


def _onwards(placed: PlacedOrder, method: Method) -> Response:
    """Return the answer after an order: to the payment service, or to the order itself."""
    where = order_address(placed.number)
    if method is Method.ONLINE and placed.payment_public_id:
        where = address_to_pay(placed.payment_public_id, placed.number, placed=placed)
    response = redirect(where, code=303)
    remember_order(response, placed.number, code=placed.code)
    # The token stays: a form sent twice brings it again and finds its order under the same key.
    forget_count(response)
    return response
