"""Giving work out: whom, what, how many, until when, and what a piece earns her."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.i18n import day_text
from shop.production import queries as making
from shop.production import services as production
from shop.production.queries import Makeable
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.making_forms import MaterialForm, WorkForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import WORK, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.filters import locale_name, localized, show_money

MOST_FOUND = 30


def members_found(text: str, permission: Permission) -> list[MemberView]:
    """Return the members in reach whom a name, a code or the end of a phone number names."""
    scope = current_actor().scope(permission)
    return stations.members(scope, text=text.strip() or None, most=MOST_FOUND)


@blueprint.get("/work")
@requires(Permission.SEE_DESK)
def work_list() -> ResponseReturnValue:
    """Show the work that is out, or all of it."""
    with_closed = request.args.get("all") == "1"
    works = making.work_orders(scope=joint_scope(current_actor(), WORK), open_only=not with_closed)
    return render_template(
        "backoffice/work_list.html", works=works, with_closed=with_closed, today=business_day(now())
    )


@blueprint.route("/work/new", methods=["GET", "POST"])
@requires(Permission.GIVE_WORK)
def work_new() -> ResponseReturnValue:
    """Find a member, then offer her work."""
    chosen = request.args.get("member", "")
    if not chosen:
        text = request.args.get("q", "")
        found = members_found(text, Permission.GIVE_WORK)
        return render_template("backoffice/work_member.html", members=found, q=text)
    member = stations.member_by_public_id(chosen, scope=current_actor().scope(Permission.GIVE_WORK))
    offers = making.makeable(member.workshop_id, on=business_day(now()))
    form = WorkForm()
    form.variant.choices = [(str(one.piece.variant_id), makeable_said(one)) for one in offers]
    if form.validate_on_submit():
        with refusals_on(form):
            work_order_id = production.offer(
                member_id=member.id,
                variant_id=int(form.variant.data),
                quantity=form.quantity.count,
                due_on=form.due_on.data,
                key=form.key.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Offered. Now she says whether she takes it."), "success")
            return redirect(url_for(".work_page", public_id=_public_id(work_order_id)))
    return (
        render_template("backoffice/work_new.html", form=form, member=member, offers=offers),
        form_status(form),
    )


def _public_id(work_order_id: int) -> str:
    return making.work_order_public_id(work_order_id)


def makeable_said(one: Makeable) -> str:
    """Return a piece that can be made, and what one of them earns her."""
    piece = one.piece
    what = " ".join(
        filter(None, [piece.code, localized(piece, "title"), piece.size, localized(piece, "color")])
    )
    if one.rate is None:
        return str(_("%(what)s: %(percent)s %% when sold", what=what, percent=one.share_percent))
    return str(_("%(what)s: %(rate)s a piece", what=what, rate=show_money(one.rate)))


@blueprint.get("/work/<string:public_id>")
@requires(Permission.SEE_DESK)
def work_page(public_id: str) -> ResponseReturnValue:
    """Show one work order and what can be done with it next."""
    return _work_page(public_id, MaterialForm(formdata=None))


def _work_page(public_id: str, form: MaterialForm) -> ResponseReturnValue:
    work = making.work_order(public_id, joint_scope(current_actor(), WORK))
    rate = making.rates([work.piece.product_id], on=business_day(now())).get(work.piece.product_id)
    return (
        render_template(
            "backoffice/work_page.html",
            work=work,
            rate_now=rate.rate if rate else None,
            material=making.material_issued(work.work_order_id),
            form=form,
        ),
        form_status(form),
    )


@blueprint.post("/work/<string:public_id>/answer")
@requires(Permission.GIVE_WORK)
def work_answer(public_id: str) -> ResponseReturnValue:
    """Note for a member what she said to an offer; the history keeps that a helper said it."""
    actor = current_actor()
    work = making.work_order(public_id, actor.scope(Permission.GIVE_WORK))
    if request.form.get("answer") == "takes":
        production.accept(work_order_id=work.work_order_id, actor=actor, now=now(), on_behalf=True)
        flash(read_back(public_id), "success")
    else:
        production.decline(work_order_id=work.work_order_id, actor=actor, now=now(), on_behalf=True)
        flash(_("Noted for her: she does not take it."), "info")
    return redirect(url_for(".work_page", public_id=public_id))


def read_back(public_id: str) -> str:
    """Return what is read to her after it was noted in her name, as it stands now."""
    work = making.work_order(public_id, current_actor().scope(Permission.GIVE_WORK))
    said = makeable_said(
        Makeable(work.piece, work.rate if work.share_percent is None else None, work.share_percent)
    )
    until = day_text(work.due_on, locale=locale_name()) if work.due_on else ""
    note = _("Noted for her: she takes it. Her rate is fixed from now on.")
    if until:
        again = _(
            "Read it to her: %(what)s, %(count)s of them, by %(day)s.",
            what=said,
            count=work.quantity,
            day=until,
        )
    else:
        again = _("Read it to her: %(what)s, %(count)s of them.", what=said, count=work.quantity)
    return f"{note} {again}"


@blueprint.post("/work/<string:public_id>/material")
@requires(Permission.GIVE_WORK)
def work_material(public_id: str) -> ResponseReturnValue:
    """Note the material that was handed out."""
    form = MaterialForm()
    actor = current_actor()
    if form.validate_on_submit():
        with refusals_on(form):
            work = making.work_order(public_id, actor.scope(Permission.GIVE_WORK))
            production.issue_material(
                work_order_id=work.work_order_id,
                material=form.material.text,
                quantity=form.quantity.count,
                unit=form.unit.text,
                key=form.key.text,
                actor=actor,
                now=now(),
            )
            flash(_("Material noted."), "success")
            return redirect(url_for(".work_page", public_id=public_id))
    return _work_page(public_id, form)


@blueprint.post("/work/<string:public_id>/end")
@requires(Permission.GIVE_WORK)
def work_end(public_id: str) -> ResponseReturnValue:
    """End a work order whose rest will not be made."""
    actor = current_actor()
    work = making.work_order(public_id, actor.scope(Permission.GIVE_WORK))
    production.close(work_order_id=work.work_order_id, actor=actor, now=now())
    flash(
        ngettext(
            "Ended. %(num)s piece will not be made.",
            "Ended. %(num)s pieces will not be made.",
            work.left,
        ),
        "info",
    )
    return redirect(url_for(".work_page", public_id=public_id))


@blueprint.get("/work/<string:public_id>/slip")
@requires(Permission.SEE_DESK)
def work_slip(public_id: str) -> ResponseReturnValue:
    """Print the work order: the paper twin that goes home with the material."""
    work = making.work_order(public_id, joint_scope(current_actor(), WORK))
    return render_template(
        "backoffice/work_slip.html",
        work=work,
        workshop=stations.workshop(work.workshop_id),
        material=making.material_issued(work.work_order_id),
    )
