"""Listing goods: texts, sizes, the price and where it goes, the second person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import FormField

from shop.catalog import desk as listed
from shop.catalog import services as catalog
from shop.catalog import window
from shop.catalog.desk import ListingDetail
from shop.catalog.rules import ListingState, PayLane, PriceSplit, Supply
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.production import queries as making
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import (
    NewGoodsForm,
    PriceForm,
    SortForm,
    SplitForm,
    TextsForm,
    VariantRow,
    VariantsForm,
)
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GOODS, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized
from shop.web.pictures import brings_files, sent_files
from shop.workflows import listing as listing_work
from shop.workflows.listing import NewListing

TEXTS = (
    "title",
    "title_en",
    "summary",
    "summary_en",
    "material",
    "material_en",
    "technique",
    "technique_en",
    "care",
    "care_en",
)


def _scope() -> Scope:
    return joint_scope(current_actor(), GOODS)


@blueprint.get("/goods")
@requires(Permission.SEE_DESK)
def goods_list() -> ResponseReturnValue:
    """List the goods in reach, whatever their state; those whose price waits when asked."""
    text = request.args.get("q", "").strip()
    state = request.args.get("state", "")
    page = listed.listings(
        _scope(),
        states=[ListingState(state)] if state in list(ListingState) else None,
        text=text or None,
        is_price_waiting=True if state == "waiting" else None,
        after=request.args.get("after"),
    )
    return render_template("backoffice/goods_list.html", page=page, q=text, state=state)


@blueprint.route("/goods/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_LISTING)
@brings_files
def goods_new() -> ResponseReturnValue:
    """Write a listing; a wrong form keeps every value and says that files are chosen again."""
    actor = current_actor()
    scope = actor.scope(Permission.MANAGE_LISTING)
    workshops = {one.slug: one for one in stations.workshops(scope)}
    members = stations.members(scope)
    form = NewGoodsForm()
    form.workshop_slug.choices = [(slug, localized(w, "name")) for slug, w in workshops.items()]
    _offer_sorting(form)
    form.maker.choices = [("", _("Nobody in particular"))] + [
        (one.public_id, f"{one.code} {localized(one, 'name')}") for one in members
    ]
    if form.validate_on_submit():
        workshop = workshops[form.workshop_slug.data]
        by_public_id = {one.public_id: one.id for one in members}
        with refusals_on(form):
            written = listing_work.write_listing(
                listing=NewListing(
                    workshop_id=workshop.id,
                    code=form.code.text,
                    texts=_texts(form),
                    variants=_variants(form.code.text, form.variants, known=0),
                    split=_split(form),
                    minutes=form.minutes.count,
                    supply=Supply(form.supply.data),
                    pay_lane=PayLane(form.pay_lane.data),
                    share_percent=form.share,
                    category=form.category.data or None,
                    terms=tuple(form.terms.data or ()),
                    craft=workshop.craft,
                    maker_id=by_public_id.get(form.maker.data),
                    files=tuple(sent_files("files")),
                    is_to_be_listed=form.publish.data,
                ),
                actor=actor,
                now=now(),
            )
            flash(_("Written down. A second person looks at the price now."), "success")
            # Pictures that came along wait for their words, on a page of their own.
            page = ".goods_pictures" if _files_were_sent() else ".goods_page"
            return redirect(url_for(page, public_id=written.public_id))
    return (
        render_template("backoffice/goods_new.html", form=form, files_lost=_files_were_sent()),
        form_status(form),
    )


@blueprint.get("/goods/<string:public_id>")
@requires(Permission.SEE_DESK)
def goods_page(public_id: str) -> ResponseReturnValue:
    """Show one listing with everything that can be changed about it."""
    return _goods_page(public_id)


def _goods_page(public_id: str, **shown: Any) -> ResponseReturnValue:
    detail = listed.listing(public_id, _scope())
    forms: dict[str, Any] = {
        "texts": TextsForm(formdata=None, obj=detail, **_title(detail)),
        "variants": VariantsForm(formdata=None),
        "price": PriceForm(formdata=None, **_standing_price(detail)),
        "sorting": SortForm(
            formdata=None, category=detail.category_slug or "", terms=list(detail.terms)
        ),
    } | shown
    _offer_sorting(forms["sorting"])
    rates = making.rates([detail.listing.product_id], on=business_day(now()))
    makers = stations.makers_shown([detail.maker_id] if detail.maker_id else [])
    page = render_template(
        "backoffice/goods_page.html",
        detail=detail,
        listing=detail.listing,
        forms=forms,
        maker=makers.get(detail.maker_id) if detail.maker_id else None,
        rate=rates.get(detail.listing.product_id),
    )
    return page, max(form_status(form) for form in forms.values())


def _title(detail: ListingDetail) -> dict[str, str | None]:
    return {"title": detail.listing.title, "title_en": detail.listing.title_en}


def _standing_price(detail: ListingDetail) -> dict[str, object]:
    if not detail.sheets:
        return {"minutes": detail.making_minutes}
    split = detail.sheets[0].split
    return {
        "price": split.price,
        "pay": split.pay,
        "split_material": split.material,
        "pack": split.pack,
        "fee": split.fee,
        "workshop": split.workshop,
        "rest": split.rest,
        "minutes": detail.making_minutes,
    }


@blueprint.post("/goods/<string:public_id>/texts")
@requires(Permission.MANAGE_LISTING)
def goods_texts(public_id: str) -> ResponseReturnValue:
    """Change what the listing says."""
    form = TextsForm()
    if form.validate_on_submit():
        with refusals_on(form):
            catalog.update_texts(
                product_id=_product_id(public_id),
                texts=_texts(form),
                actor=current_actor(),
                now=now(),
            )
            flash(_("The words are changed."), "success")
            return redirect(url_for(".goods_page", public_id=public_id))
    return _goods_page(public_id, texts=form)


def _offer_sorting(form: NewGoodsForm | SortForm) -> None:
    form.category.choices = [("", _("Nothing in particular"))] + [
        (one.slug, localized(one, "name")) for one in window.categories()
    ]
    form.terms.choices = [(one.slug, localized(one, "name")) for one in listed.terms()]


@blueprint.post("/goods/<string:public_id>/sorting")
@requires(Permission.MANAGE_LISTING)
def goods_sorting(public_id: str) -> ResponseReturnValue:
    """Say what kind of goods it is, of what it is and how it is made."""
    form = SortForm()
    _offer_sorting(form)
    if form.validate_on_submit():
        with refusals_on(form):
            catalog.sort_product(
                product_id=_product_id(public_id),
                category=form.category.data or None,
                terms=form.terms.data or (),
                actor=current_actor(),
                now=now(),
            )
            flash(_("Buyers find it under these words now."), "success")
            return redirect(url_for(".goods_page", public_id=public_id))
    return _goods_page(public_id, sorting=form)


@blueprint.post("/goods/<string:public_id>/variants")
@requires(Permission.MANAGE_LISTING)
def goods_variants(public_id: str) -> ResponseReturnValue:
    """Add sizes and colors."""
    form = VariantsForm()
    if form.validate_on_submit():
        with refusals_on(form):
            detail = listed.listing(public_id, _scope())
            catalog.add_variants(
                product_id=detail.listing.product_id,
                variants=_variants(detail.listing.code, form.variants, known=len(detail.variants)),
                actor=current_actor(),
                now=now(),
            )
            flash(_("The sizes and colors are there."), "success")
            return redirect(url_for(".goods_page", public_id=public_id))
    return _goods_page(public_id, variants=form)


@blueprint.post("/goods/<string:public_id>/sizes")
@requires(Permission.MANAGE_LISTING)
def goods_sizes(public_id: str) -> ResponseReturnValue:
    """Offer one size and color to buyers, or take it back."""
    listing_work.offer_size(
        product_id=_product_id(public_id),
        sku=request.form.get("sku", ""),
        is_offered=request.form.get("offer") == "yes",
        actor=current_actor(),
        now=now(),
    )
    flash(_("Done."), "success")
    return redirect(url_for(".goods_page", public_id=public_id))


@blueprint.post("/goods/<string:public_id>/price")
@requires(Permission.MANAGE_LISTING)
def goods_price(public_id: str) -> ResponseReturnValue:
    """Propose a price; it waits for a second person."""
    form = PriceForm()
    if form.validate_on_submit():
        with refusals_on(form):
            detail = listed.listing(public_id, _scope())
            listing_work.propose_price(
                product_id=detail.listing.product_id,
                split=_split(form),
                pay_lane=detail.listing.pay_lane,
                minutes=form.minutes.count,
                share_percent=detail.share_percent,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Proposed. A second person looks at the price now."), "success")
            return redirect(url_for(".goods_page", public_id=public_id))
    return _goods_page(public_id, price=form)


@blueprint.post("/goods/<string:public_id>/price/<int:sheet_id>/yes")
@requires(Permission.APPROVE_PRICE)
def goods_price_yes(public_id: str, sheet_id: int) -> ResponseReturnValue:
    """Approve a price as the second person."""
    listing_work.approve_price(
        product_id=_product_id(public_id), sheet_id=sheet_id, actor=current_actor(), now=now()
    )
    flash(_("Approved. The price is in force."), "success")
    return redirect(url_for(".goods_page", public_id=public_id))


@blueprint.post("/goods/<string:public_id>/state")
@requires(Permission.MANAGE_LISTING)
def goods_state(public_id: str) -> ResponseReturnValue:
    """Put a listing on sale, rest it, or end it."""
    acts: dict[str, Callable[..., object]] = {
        "list": catalog.list_product,
        "pause": catalog.pause,
        "resume": catalog.resume,
        "end": catalog.end,
    }
    act = acts.get(request.form.get("to", ""))
    if act is not None:
        act(product_id=_product_id(public_id), actor=current_actor(), now=now())
        flash(_("Done."), "success")
    return redirect(url_for(".goods_page", public_id=public_id))


def _product_id(public_id: str) -> int:
    return listed.listing(public_id, _scope()).listing.product_id


def _texts(form: TextsForm) -> ProductTexts:
    return ProductTexts(**{name: form[name].data for name in TEXTS})


def _split(form: SplitForm) -> PriceSplit:
    return PriceSplit(
        price=form.price.sum,
        pay=form.pay.sum,
        material=form.split_material.sum,
        pack=form.pack.sum,
        fee=form.fee.sum,
        workshop=form.workshop.sum,
        rest=form.rest.sum,
    )


def _variants(
    code: str, rows: Iterable[FormField[VariantRow]], *, known: int
) -> tuple[NewVariant, ...]:
    """Return what the filled rows say, each with a SKU of its own; one plain piece for none."""
    said = [row for row in rows if row.form.size.text or row.form.color.text]
    if not said and not known:
        return (NewVariant(sku=code),)
    return tuple(
        NewVariant(
            sku=f"{code}-{known + place:02d}",
            size=row.form.size.text,
            color=row.form.color.text,
            color_en=row.form.color_en.text or None,
        )
        for place, row in enumerate(said, start=1)
    )


def _files_were_sent() -> bool:
    return any(sent.filename for sent in request.files.values())
