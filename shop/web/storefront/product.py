"""One product: what it is, who made it, and putting it into the cart."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.catalog import window
from shop.catalog.queries import VariantView
from shop.catalog.rules import Quality, Supply, ready_on
from shop.catalog.window import ProductPage
from shop.kernel.clock import business_day
from shop.orders import services as orders
from shop.stock import queries as stock
from shop.stock.rules import MOST_COUNTED
from shop.web.access import now, public
from shop.web.errors import form_status, refusals_on
from shop.web.storefront.carts import cart_token, with_cart
from shop.web.storefront.door import blueprint
from shop.web.storefront.forms import GoodsForm


def _choice_of(variant: VariantView, product: ProductPage, free: int) -> dict[str, object]:
    """Return one variant as a buyer chooses it, with what is left and when one piece leaves."""
    leaves_on = ready_on(
        supply=product.supply,
        quantity=1,
        available=free,
        making_minutes=product.making_minutes,
        weekly_capacity_minutes=product.workshop.weekly_capacity_minutes,
        today=business_day(now()),
    )
    if product.supply is Supply.CUSTOM or free <= 0:
        left = str(_("Made for you"))
    elif free > MOST_COUNTED:
        left = str(_("Ready now"))
    else:
        left = str(ngettext("%(num)s ready now", "%(num)s ready now", free))
    if variant.quality is Quality.SECOND:
        left = str(_("Second grade, flaw marked"))
    return {
        "value": variant.public_id,
        "size": variant.size,
        "color": variant.color,
        "color_en": variant.color_en,
        "quality": variant.quality,
        "price": variant.price if variant.price != product.price else None,
        "left": left,
        "leaves_on": leaves_on,
    }


def _show_product(product: ProductPage, form: GoodsForm) -> ResponseReturnValue:
    free = stock.available([v.variant_id for v in product.variants], now())
    offered = [
        v for v in product.variants if product.supply is not Supply.IN_STOCK or free[v.variant_id]
    ]
    choices = [_choice_of(v, product, free[v.variant_id]) for v in offered]
    days = {choice["leaves_on"] for choice in choices}
    return (
        render_template(
            "storefront/product.html",
            product=product,
            choices=choices,
            leaves_on=days.pop() if len(days) == 1 else None,
            gone=[v for v in product.variants if v not in offered],
            form=form,
        ),
        form_status(form),
    )


@blueprint.get("/goods/<string:slug>")
@public
def product_page(slug: str) -> ResponseReturnValue:
    """Show one product."""
    product = window.product_page(slug, in_stock=stock.in_stock(now()))
    return _show_product(product, GoodsForm())


@blueprint.post("/goods/<string:slug>")
@public
def put_goods(slug: str) -> ResponseReturnValue:
    """Put pieces of one variant into the visitor's cart."""
    product = window.product_page(slug, in_stock=stock.in_stock(now()))
    form = GoodsForm()
    variant = next((v for v in product.variants if v.public_id == form.variant.data), None)
    if variant is None:
        form.variant.errors = [_("Choose one of these first.")]
    elif form.validate_on_submit():
        with refusals_on(form):
            token = orders.cart_for(token=cart_token(), now=now())
            orders.put_goods(
                token=token,
                variant_id=variant.variant_id,
                quantity=form.quantity.count,
                now=now(),
            )
            return with_cart(redirect("/cart", code=303), token)
    return _show_product(product, form)
