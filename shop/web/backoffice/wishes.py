"""What may be woven to a buyer's wish: written at the desk, approved with the price."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog import desk as listed
from shop.catalog.desk import ListingDetail
from shop.catalog.options import Chosen, CustomOption, split_with
from shop.catalog.rules import PayLane, PriceSplit
from shop.kernel.access import Permission
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import ChoiceWishForm, MeasureWishForm, TextWishForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GOODS, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.workflows import listing as listing_work

FORMS: dict[str, type[TextWishForm | MeasureWishForm | ChoiceWishForm]] = {
    "text": TextWishForm,
    "measure": MeasureWishForm,
    "choice": ChoiceWishForm,
}


def _detail(public_id: str) -> ListingDetail:
    return listed.listing(public_id, joint_scope(current_actor(), GOODS))


@blueprint.get("/goods/<string:public_id>/wishes")
@requires(Permission.SEE_DESK)
def wishes_page(public_id: str) -> ResponseReturnValue:
    """Show what buyers may have woven in, and where the price with all of it goes."""
    return _page(_detail(public_id))


def _page(detail: ListingDetail, **shown: Any) -> ResponseReturnValue:
    forms = {kind: form(formdata=None, prefix=f"{kind}-") for kind, form in FORMS.items()} | shown
    sheet = detail.sheets[0] if detail.sheets else None
    page = render_template(
        "backoffice/goods_wishes.html",
        listing=detail.listing,
        sheet=sheet,
        with_all=_with_all(detail) if sheet and sheet.options else None,
        forms=forms,
    )
    return page, max(form_status(form) for form in forms.values())


def _with_all(detail: ListingDetail) -> PriceSplit:
    """Return where the price of one piece goes that has the dearest of every wish in it."""
    sheet = detail.sheets[0]
    is_share = detail.listing.pay_lane is PayLane.CONSIGNMENT
    return split_with(
        sheet.split,
        [_dearest(option) for option in sheet.options],
        share_percent=detail.share_percent if is_share else None,
    )


def _dearest(option: CustomOption) -> Chosen:
    extras = [one.extra for one in option.choices] or [option.extra]
    extra = max(extras, key=lambda one: one.price.minor)
    return Chosen(option.key, option.label, option.label_en, "", None, extra)


@blueprint.post("/goods/<string:public_id>/wishes/<string:kind>")
@requires(Permission.MANAGE_LISTING)
def wish_add(public_id: str, kind: str) -> ResponseReturnValue:
    """Propose one more wish; it waits for the second person with a price sheet of its own."""
    detail = _detail(public_id)
    made = FORMS.get(kind)
    if made is None:
        return redirect(url_for(".wishes_page", public_id=public_id))
    form = made(prefix=f"{kind}-")
    if form.validate_on_submit():
        with refusals_on(form):
            listing_work.add_option(
                product_id=detail.listing.product_id,
                option=form.option,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Proposed. A second person looks at the price now."), "success")
            return redirect(url_for(".wishes_page", public_id=public_id))
    return _page(detail, **{kind: form})


@blueprint.post("/goods/<string:public_id>/wishes/<string:key>/off")
@requires(Permission.MANAGE_LISTING)
def wish_off(public_id: str, key: str) -> ResponseReturnValue:
    """Propose to offer one wish no longer."""
    detail = _detail(public_id)
    listing_work.drop_option(
        product_id=detail.listing.product_id, key=key, actor=current_actor(), now=now()
    )
    flash(_("Proposed. A second person looks at the price now."), "success")
    return redirect(url_for(".wishes_page", public_id=public_id))
