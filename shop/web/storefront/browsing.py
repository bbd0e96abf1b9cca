"""Home, goods, one product, search, workshops and the rules of the house."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.bookings import queries as bookings
from shop.catalog import queries as catalog
from shop.catalog.queries import ProductPage, VariantView
from shop.catalog.rules import Quality, Supply, ready_on
from shop.catalog.search import LONGEST_QUERY, asked_for, is_found_in
from shop.kernel.clock import business_day
from shop.orders import services as orders
from shop.stations import queries as stations
from shop.stock import queries as stock
from shop.web.access import now, public
from shop.web.errors import form_status, refusals_on
from shop.web.storefront.carts import cart_token, with_cart
from shop.web.storefront.door import blueprint
from shop.web.storefront.forms import GoodsForm

MOST_CHOICES_SHOWN = 12


@blueprint.get("/")
@public
def home() -> str:
    """Show what this is, what is ready, the next sessions and where the money goes."""
    ready = catalog.cards(ready=True, in_stock=stock.in_stock(now()), most=8).items
    example = catalog.split_example()
    return render_template(
        "storefront/home.html",
        cards=ready,
        sessions=bookings.next_sessions(now(), most=3),
        workshop=stations.workshop(example.workshop_id) if example else None,
        example=example,
    )


@blueprint.get("/goods")
@public
def goods() -> str:
    """List what is on sale, shelf by shelf, what is ready now or all of it."""
    shelf = request.args.get("shelf", "")
    shelves = catalog.categories()
    is_ready_only = request.args.get("ready") == "1"
    page = catalog.cards(
        category=shelf or None,
        ready=True if is_ready_only else None,
        in_stock=stock.in_stock(now()),
        after=request.args.get("after"),
    )
    return render_template(
        "storefront/goods.html",
        page=page,
        shelves=shelves,
        shelf=next((s for s in shelves if s.slug == shelf), None),
        is_ready_only=is_ready_only,
        is_first=request.args.get("after") is None,
    )


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
    elif free > MOST_CHOICES_SHOWN:
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
    product = catalog.product_page(slug, in_stock=stock.in_stock(now()))
    return _show_product(product, GoodsForm())


@blueprint.post("/goods/<string:slug>")
@public
def put_goods(slug: str) -> ResponseReturnValue:
    """Put pieces of one variant into the visitor's cart."""
    product = catalog.product_page(slug, in_stock=stock.in_stock(now()))
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


@blueprint.get("/search")
@public
def search() -> str:
    """Find goods by what they are, of what, and where from."""
    q = request.args.get("q", "").strip()[:LONGEST_QUERY]
    asked = asked_for(q)
    cards = catalog.search(q, in_stock=stock.in_stock(now()))
    workshops = {
        card.workshop_slug: card
        for card in cards
        if is_found_in(f"{card.workshop_name} {card.workshop_name_en}", asked)
    }
    experiences = [
        one
        for one in (bookings.experiences_public(now()) if asked else ())
        if is_found_in(f"{one.title} {one.title_en} {one.summary} {one.summary_en}", asked)
    ]
    return render_template(
        "storefront/search.html",
        q=q,
        cards=cards,
        workshops=list(workshops.values()),
        experiences=experiences,
    )


@blueprint.get("/workshops")
@public
def workshops() -> str:
    """List the workshops."""
    return render_template("storefront/workshops.html", workshops=stations.workshops_public())


@blueprint.get("/workshops/<string:slug>")
@public
def workshop(slug: str) -> str:
    """Show one workshop, its story, its goods and who sells them."""
    shown = stations.workshop_by_slug(slug)
    page = catalog.cards(
        workshop_id=shown.id, in_stock=stock.in_stock(now()), after=request.args.get("after")
    )
    return render_template(
        "storefront/workshop.html",
        workshop=shown,
        page=page,
        is_first=request.args.get("after") is None,
        makers=stations.makers_of(shown.id),
        experiences=bookings.experiences_public(now(), workshop_id=shown.id),
    )


@blueprint.get("/rules")
@public
def rules() -> str:
    """Show returns, sessions, privacy and who sells, in plain words."""
    return render_template("storefront/rules.html", workshops=stations.workshops_public())
