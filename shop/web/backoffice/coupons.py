"""Coupons: one person writes one, another lets it count, and both see what it has cost."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.coupons import queries as coupons
from shop.coupons import services as coupon_work
from shop.coupons.queries import CouponView
from shop.kernel.access import Permission
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import CouponForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GOODS, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized


def _coupon(public_id: str) -> CouponView:
    return coupons.coupon(public_id, joint_scope(current_actor(), GOODS))


def _form() -> CouponForm:
    form = CouponForm()
    scope = current_actor().scope(Permission.MANAGE_LISTING)
    workshops = [(one.public_id, localized(one, "name")) for one in stations.workshops(scope)]
    paths = [path for path in dict.fromkeys(scope.paths) if path != "/"]
    places = [stations.ancestors(path)[-1] for path in paths]
    form.place.choices = workshops + [
        (one.code, _("all workshops of %(place)s", place=localized(one, "short_name")))
        for one in places
    ]
    return form


@blueprint.get("/coupons")
@requires(Permission.SEE_DESK)
def coupon_list() -> ResponseReturnValue:
    """List the coupons in reach, with what they have cost and who paid."""
    found = coupons.coupons(joint_scope(current_actor(), GOODS))
    names = stations.workshops_by_id(
        one.workshop_id for one in found if one.workshop_id is not None
    )
    return render_template("backoffice/coupon_list.html", coupons=found, workshops=names)


@blueprint.route("/coupons/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_LISTING)
def coupon_new() -> ResponseReturnValue:
    """Write a coupon; a second person decides."""
    form = _form()
    if form.validate_on_submit():
        with refusals_on(form):
            station_id, workshop_id = _place(form.place.data)
            coupon_work.propose(
                terms=form.terms,
                station_id=station_id,
                workshop_id=workshop_id,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Written. It counts once a colleague has approved it."), "success")
            return redirect(url_for(".coupon_list"))
    return render_template("backoffice/coupon_new.html", form=form), form_status(form)


def _place(chosen: str) -> tuple[int, int | None]:
    """Return station and workshop of a choice that the form offered."""
    if chosen.isdecimal():
        return stations.station_by_code(chosen).id, None
    workshop = stations.workshop_by_public_id(
        chosen, scope=current_actor().scope(Permission.MANAGE_LISTING)
    )
    return workshop.station_id, workshop.id


@blueprint.post("/coupons/<string:public_id>/approve")
@requires(Permission.APPROVE_PRICE)
def coupon_approve(public_id: str) -> ResponseReturnValue:
    """Let a coupon of a colleague count."""
    coupon_work.approve(coupon_id=_coupon(public_id).id, actor=current_actor(), now=now())
    flash(_("Approved. It counts from now on, or from its first day."), "success")
    return redirect(url_for(".coupon_list"))


@blueprint.post("/coupons/<string:public_id>/refuse")
@requires(Permission.APPROVE_PRICE)
def coupon_refuse(public_id: str) -> ResponseReturnValue:
    """Do not let a coupon of a colleague count."""
    coupon_work.refuse(coupon_id=_coupon(public_id).id, actor=current_actor(), now=now())
    flash(_("Refused. It will never count."), "info")
    return redirect(url_for(".coupon_list"))


@blueprint.post("/coupons/<string:public_id>/end")
@requires(Permission.MANAGE_LISTING)
def coupon_end(public_id: str) -> ResponseReturnValue:
    """End a coupon before its last day."""
    coupon_work.end(coupon_id=_coupon(public_id).id, actor=current_actor(), now=now())
    flash(_("Ended. Orders that used it keep what it took off."), "info")
    return redirect(url_for(".coupon_list"))
