"""One product: what it is, who made it, and putting it into the cart."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.catalog import lists, window
from shop.catalog import page as pages
from shop.catalog.lists import Wish
from shop.catalog.options import CustomOption, Extra, OptionKind, centimetres, price_of
from shop.catalog.page import ProductPage
from shop.catalog.queries import VariantView
from shop.catalog.rules import Quality
from shop.freshness import GOODS, product, queue, room, variant
from shop.kernel.errors import NotFound
from shop.orders import carts
from shop.production.rules import inspector_number
from shop.search import queries as searching
from shop.search.rules import LONGEST_QUERY
from shop.stock.rules import MOST_COUNTED
from shop.web import art
from shop.web.access import now, public
from shop.web.addresses import absolute
from shop.web.carts import cart_token, with_cart
from shop.web.errors import form_status, refusals_on
from shop.web.filters import locale_name, localized, show_money
from shop.web.kept_pages import kept, shows
from shop.web.origin import without_token
from shop.web.pictures import picture_url
from shop.web.quality_labels import label_rows
from shop.web.storefront import things
from shop.web.storefront.door import blueprint
from shop.web.storefront.forms import GoodsForm
from shop.web.storefront.sizes import measures_said, size_guide
from shop.web.storefront.voices import said_voices
from shop.web.storefront.workshops import small_map
from shop.workflows import showing
from shop.workflows.showing import Choice, ShownProduct

MOST_INSTEAD = 8
# How wide a small and a large picture are wanted, in pixels.
THUMB, LARGE = 160, 1600


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
        "fen": variant.price.minor,
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


def _asked(option: CustomOption, form: GoodsForm | None) -> dict[str, object]:
    """Return one custom option as the page asks it, with what was answered before."""
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
        "error": form.wish_errors.get(option.key, "") if form else "",
        "value": form.typed.get(option.key, "") if form else "",
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


def _slides(product: ProductPage) -> list[dict[str, object]]:
    """Return the pictures of a product; without photographs its drawing and its own cloth."""
    title = localized(product, "title")
    if product.photos:
        return [
            {
                "photo": photo,
                "image": picture_url(photo, THUMB),
                "large": picture_url(photo, LARGE),
                "alt": localized(photo, "alt"),
            }
            for photo in product.photos
        ]
    cloth = art.art_url(f"weave-{product.craft or 'plain'}-{product.code}")
    woven = (cloth, _("%(title)s: the weave, drawn", title=title))
    drawn = (art.art_url(product.drawing or ""), _("%(title)s, drawn", title=title))
    return [
        {"photo": None, "image": image, "large": image, "alt": alt}
        for image, alt in ([drawn, woven] if product.drawing else [woven])
    ]


def _label(product: ProductPage) -> list[tuple[str, str]]:
    """Return what the label of the pieces that passed last says."""
    workshop = product.workshop
    return label_rows(
        workshop=localized(workshop, "name"),
        address=localized(workshop, "address") or _place(product),
        material=localized(product, "material"),
        care=localized(product, "care"),
        passed_on=product.passed_on,
        inspector=inspector_number(product.inspector_id),
    )


def _place(product: ProductPage) -> str:
    place = product.workshop.place_en if locale_name() == "en" else product.workshop.place
    return " › ".join(place)


def share_image(product: ProductPage) -> str:
    """Return the path of the picture that stands beside a shared address; never an SVG."""
    photo = next(iter(product.photos), None)
    return picture_url(photo, LARGE) if photo is not None else f"/goods/{product.slug}/picture.jpg"


def page_url(product: ProductPage) -> str:
    """Return the address of a product as one passes it on, in the language of the page."""
    query = {"lang": "en"} if locale_name() == "en" else {}
    return absolute(f"/goods/{product.slug}", **query)


def _show_product(shown: ShownProduct, form: GoodsForm | None = None) -> ResponseReturnValue:
    product = shown.product
    voices = said_voices(product.product_id)
    size, weight = measures_said(product.measures)
    return (
        render_template(
            "storefront/product.html",
            product=product,
            place=_place(product),
            map=small_map(product.workshop),
            slides=_slides(product),
            share_image=share_image(product),
            page_url=page_url(product),
            choices=[_choice_of(choice, shown) for choice in shown.choices],
            promised=shown.promise,
            gone=shown.gone,
            may_come_back=shown.may_come_back,
            wishes=[_asked(option, form) for option in product.options],
            with_wish=shown.with_wish,
            guide=size_guide(
                product.category.slug if product.category else "",
                [variant.size for variant in product.variants],
            ),
            size=size,
            weight=weight,
            label=_label(product),
            more=shown.more,
            form=form,
            voices=voices,
            linked=things.of_product(shown, voices.summary),
        ),
        max(form_status(form), 422 if form.wish_errors else 200) if form else 200,
    )


@blueprint.get("/goods/<string:slug>")
@public
@kept(GOODS)
def product_page(slug: str) -> ResponseReturnValue:
    """Show one product; a retired address leads to the present one, an unknown one to others."""
    try:
        shown = showing.product(slug, now=now())
    except NotFound:
        return _elsewhere(slug)
    shows(
        product(shown.product.product_id),
        room(shown.product.workshop.station_id),
        queue(shown.product.workshop.station_id),
        *(variant(one.variant_id) for one in shown.product.variants),
    )
    return _show_product(shown)


def _elsewhere(slug: str) -> ResponseReturnValue:
    moved = pages.moved_to(slug)
    if moved is not None:
        query = request.query_string.decode("ascii", "ignore")
        return redirect(f"/goods/{moved}{'?' if query else ''}{query}", code=301)
    words = slug.replace("-", " ")[:LONGEST_QUERY]
    found = searching.find(words)
    cards = window.cards_of(found.ids[:MOST_INSTEAD], now=now())
    if not cards:
        cards = list(lists.goods(Wish(), now=now(), most=MOST_INSTEAD).cards)
    return render_template("storefront/no_product.html", cards=cards), 404


@blueprint.post("/goods/<string:slug>")
@public
@without_token
def put_goods(slug: str) -> ResponseReturnValue:
    """Put pieces of one variant into the visitor's cart."""
    shown = showing.product(slug, has_more=False, now=now())
    form = GoodsForm(options=shown.product.options)
    variant = next((v for v in shown.product.variants if v.public_id == form.variant.data), None)
    if variant is None:
        form.variant.errors = [_("Choose one of these first.")]
    elif form.validate_on_submit():
        with refusals_on(form):
            return _put(variant, shown, form)
    return _show_product(showing.product(slug, now=now()), form)


def _put(variant: VariantView, shown: ShownProduct, form: GoodsForm) -> ResponseReturnValue:
    pieces = 1 if shown.product.is_one_of_a_kind else form.quantity.count
    seen = carts.Seen(variant.price + price_of(form.chosen), shown.product.workshop.seller_name)
    here = redirect("/cart", code=303)
    brought = cart_token()
    if brought is None:
        token = carts.put_first_goods(
            variant_id=variant.variant_id, quantity=pieces, wish=form.wish, seen=seen, now=now()
        )
        return with_cart(here, token, count=pieces)
    token = carts.cart_for(token=brought, now=now())
    carts.put_goods(
        token=token,
        variant_id=variant.variant_id,
        quantity=pieces,
        wish=form.wish,
        seen=seen,
        now=now(),
    )
    return with_cart(here, token)
