"""One product: what it is, who made it, and putting it into the cart."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.catalog.options import CustomOption, Extra, OptionKind, centimetres
from shop.catalog.rules import Quality
from shop.freshness import GOODS, product, queue, room, variant
from shop.orders import services as orders
from shop.stock.rules import MOST_COUNTED
from shop.web.access import now, public
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized, show_money
from shop.web.kept_pages import kept, shows
from shop.web.origin import without_token
from shop.web.storefront.carts import cart_token, with_cart
from shop.web.storefront.door import blueprint
from shop.web.storefront.forms import GoodsForm
from shop.web.storefront.voices import said_voices
from shop.workflows import showing
from shop.workflows.showing import Choice, ShownProduct


def _choice_of(choice: Choice, shown: ShownProduct) -> dict[str, object]:
    """Return one variant as a buyer chooses it, with what is left and when one piece leaves."""
    variant = choice.variant
    if choice.promise.is_made_first:
        left = str(_("Made for you"))
    elif choice.available > MOST_COUNTED:
        left = str(_("Ready now"))
    else:
        left = str(ngettext("%(num)s ready now", "%(num)s ready now", choice.available))
    if variant.quality is Quality.SECOND:
        left = str(_("Second grade, flaw marked"))
    return {
        "value": variant.public_id,
        "size": variant.size,
        "color": variant.color,
        "color_en": variant.color_en,
        "quality": variant.quality,
        "price": variant.price if variant.price != shown.product.price else None,
        "left": left,
        "promise": choice.promise,
    }


def _added(extra: Extra) -> str:
    """Return what an answer adds: its price, and how much of that is pay for work."""
    if not extra.price:
        return str(_("no extra price"))
    return str(
        _(
            "+%(price)s, of it %(pay)s for the work",
            price=show_money(extra.price),
            pay=show_money(extra.pay),
        )
    )


def _asked(option: CustomOption, form: GoodsForm) -> dict[str, object]:
    """Return one custom option as the page asks it."""
    hints = {
        OptionKind.TEXT: _(
            "At most %(most)s signs: Chinese characters, Latin letters, digits.",
            most=option.most_letters,
        ),
        OptionKind.MEASURE: _(
            "Between %(least)s and %(most)s cm.",
            least=centimetres(option.least_mm),
            most=centimetres(option.most_mm),
        ),
        OptionKind.CHOICE: "",
    }
    return {
        "key": option.key,
        "kind": option.kind.value,
        "label": localized(option, "label"),
        "add": _added(option.extra),
        "fen": option.extra.price.minor,
        "hint": hints[option.kind],
        "error": form.wish_errors.get(option.key, ""),
        "value": form.typed.get(option.key, ""),
        "most": option.most_letters,
        "least": centimetres(option.least_mm),
        "largest": centimetres(option.most_mm),
        "step": centimetres(option.step_mm),
        "choices": [
            {
                "value": choice.code,
                "label": localized(choice, "value"),
                "add": _added(choice.extra),
                "fen": choice.extra.price.minor,
            }
            for choice in option.choices
        ],
    }


def _show_product(shown: ShownProduct, form: GoodsForm) -> ResponseReturnValue:
    return (
        render_template(
            "storefront/product.html",
            product=shown.product,
            choices=[_choice_of(choice, shown) for choice in shown.choices],
            promised=shown.promise,
            gone=shown.gone,
            wishes=[_asked(option, form) for option in shown.product.options],
            with_wish=shown.with_wish,
            form=form,
            voices=said_voices(shown.product.product_id),
        ),
        max(form_status(form), 422 if form.wish_errors else 200),
    )


@blueprint.get("/goods/<string:slug>")
@public
@kept(GOODS)
def product_page(slug: str) -> ResponseReturnValue:
    """Show one product."""
    shown = showing.product(slug, now=now())
    shows(
        product(shown.product.product_id),
        room(shown.product.workshop.station_id),
        queue(shown.product.workshop.station_id),
        *(variant(one.variant_id) for one in shown.product.variants),
    )
    return _show_product(shown, GoodsForm(options=shown.product.options))


@blueprint.post("/goods/<string:slug>")
@public
@without_token
def put_goods(slug: str) -> ResponseReturnValue:
    """Put pieces of one variant into the visitor's cart."""
    shown = showing.product(slug, now=now())
    form = GoodsForm(options=shown.product.options)
    variant = next((v for v in shown.product.variants if v.public_id == form.variant.data), None)
    if variant is None:
        form.variant.errors = [_("Choose one of these first.")]
    elif form.validate_on_submit():
        with refusals_on(form):
            token = orders.cart_for(token=cart_token(), now=now())
            orders.put_goods(
                token=token,
                variant_id=variant.variant_id,
                quantity=form.quantity.count,
                wish=form.wish,
                now=now(),
            )
            return with_cart(redirect("/cart", code=303), token)
    return _show_product(shown, form)
