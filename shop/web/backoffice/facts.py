"""What can be measured of a listing, whether there is only one of it, and where it stands."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog import desk as listed
from shop.catalog import services as catalog
from shop.catalog.desk import ListingDetail
from shop.kernel.access import Permission
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import AddressForm, FactsForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GOODS, joint_scope
from shop.web.errors import form_status, refusals_on


def _detail(public_id: str) -> ListingDetail:
    return listed.listing(public_id, joint_scope(current_actor(), GOODS))


def _page(detail: ListingDetail, **shown: Any) -> ResponseReturnValue:
    forms = {
        "facts": FactsForm(formdata=None, obj=detail),
        "address": AddressForm(formdata=None, slug=detail.listing.slug),
    } | shown
    page = render_template("backoffice/goods_facts.html", listing=detail.listing, forms=forms)
    return page, max(form_status(form) for form in forms.values())


@blueprint.route("/goods/<string:public_id>/facts", methods=["GET", "POST"])
@requires(Permission.MANAGE_LISTING)
def facts_page(public_id: str) -> ResponseReturnValue:
    """Show and change what can be measured of a piece."""
    detail = _detail(public_id)
    form = FactsForm(obj=detail)
    if form.validate_on_submit():
        with refusals_on(form):
            catalog.set_facts(
                product_id=detail.listing.product_id,
                facts=form.facts,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Noted."), "success")
            return redirect(url_for(".facts_page", public_id=public_id))
    return _page(detail, facts=form)


@blueprint.post("/goods/<string:public_id>/address")
@requires(Permission.MANAGE_LISTING)
def address_change(public_id: str) -> ResponseReturnValue:
    """Give a listing another address; the old one leads to it."""
    detail = _detail(public_id)
    form = AddressForm()
    if form.validate_on_submit():
        with refusals_on(form):
            catalog.rename(
                product_id=detail.listing.product_id,
                slug=form.slug.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Moved. Links to the old address lead to the new one."), "success")
            return redirect(url_for(".facts_page", public_id=public_id))
    return _page(detail, address=form)
