"""The hand-in table: one screen for "I've come to hand in my work and take some more"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog.rules import PayLane
from shop.earnings.rules import piece_wage
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.production import coming
from shop.production import queries as making
from shop.production import services as production
from shop.production.queries import Slip, WorkOrderView
from shop.production.rules import TAKES_PIECES, WorkOrderState, paper_said
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.making_forms import HandInForm, NewWorkForm, SlipsForm
from shop.web.backoffice.room import blueprint
from shop.web.backoffice.work import makeable_said, members_found, read_back
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized
from shop.web.pictures import brings_files, sent_files
from shop.workflows import making as making_work

LATEST_SLIPS = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """A slip, and what its pieces earn her; None on consignment."""

    slip: Slip
    wage: Money | None


def wage_of(slip: Slip) -> Money | None:
    """Return what the pieces of a slip earn her as it stands, or would if all pass.

    None on consignment.
    """
    if slip.pay_lane is PayLane.CONSIGNMENT:
        return None
    found = slip.hand_in.stands
    if found is None:
        return piece_wage(slip.rate, passed=slip.hand_in.pieces)
    return piece_wage(slip.rate, passed=found.passed, second_grade=found.second_grade)


@blueprint.route("/hand-in", methods=["GET", "POST"])
@requires(Permission.RECORD_HAND_IN)
@brings_files
def hand_in_table() -> ResponseReturnValue:
    """Find a member, count what she brings, look at it, give her the slip."""
    chosen = request.args.get("member", "")
    if not chosen:
        return _find()
    actor = current_actor()
    member = _member(chosen)
    form = HandInForm()
    if not _may_look(member):
        del form.looked
    if form.validate_on_submit():
        with refusals_on(form):
            work = making.work_order(form.work.text, actor.scope(Permission.RECORD_HAND_IN))
            slip = making_work.take_in(
                work_order_id=work.work_order_id,
                pieces=form.pieces.count,
                verdict=form.verdict(form.pieces.count) if _may_look(member) else None,
                files=sent_files("files"),
                paper=form.on_paper(business_day(now())),
                key=f"{work.public_id}:{form.turn.count}",
                actor=actor,
                now=now(),
            )
            if slip.is_new:
                flash(_("Taken in. Slip %(number)s is ready.", number=slip.number), "success")
            else:
                flash(
                    _(
                        "This was taken in before, on slip %(number)s. Nothing counted twice.",
                        number=slip.number,
                    ),
                    "info",
                )
            return redirect(
                url_for(".hand_in_table", member=member.public_id, _anchor=slip.public_id)
            )
    return _table(member, form, NewWorkForm(formdata=None))


def _find() -> ResponseReturnValue:
    text = request.args.get("q", "")
    scope = current_actor().scope(Permission.RECORD_HAND_IN)
    today = coming.coming_to(scope, on_day=business_day(now()))
    people = stations.members_by_id(one.member_id for one in today) if today else {}
    return render_template(
        "backoffice/hand_in_member.html",
        members=members_found(text, Permission.RECORD_HAND_IN),
        coming=[(people[one.member_id], one.half) for one in today],
        q=text,
    )


def _member(public_id: str) -> MemberView:
    scope = current_actor().scope(Permission.RECORD_HAND_IN)
    return stations.member_by_public_id(public_id, scope=scope)


def _may_look(member: MemberView) -> bool:
    actor = current_actor()
    return actor.may(Permission.INSPECT, at=member.path) and actor.member_id != member.id


def _table(member: MemberView, form: HandInForm, new_work: NewWorkForm) -> ResponseReturnValue:
    actor = current_actor()
    scope = actor.scope(Permission.RECORD_HAND_IN)
    works = making.work_orders(scope=scope, member_id=member.id)
    open_works = [one for one in works if one.state in TAKES_PIECES and one.left]
    if actor.may(Permission.GIVE_WORK, at=member.path):
        _offer(new_work, member)
    return (
        render_template(
            "backoffice/hand_in_table.html",
            member=member,
            receipts=[
                Receipt(slip, wage_of(slip))
                for slip in making.slips_of(member.id, scope, most=LATEST_SLIPS)
            ],
            works=_with_forms(open_works, form),
            offered=[one for one in works if one.state is WorkOrderState.OFFERED],
            may_look=_may_look(member),
            form=form,
            new_work=new_work if new_work.variant.choices else None,
            today=business_day(now()),
        ),
        max(form_status(form), form_status(new_work)),
    )


def _with_forms(
    works: Sequence[WorkOrderView], sent: HandInForm
) -> list[tuple[WorkOrderView, HandInForm, int]]:
    """Return each work with a form of its own and its turn as it is now.

    The form that was sent keeps what was typed; its turn is never the old one, or a page that a
    colleague's slip has made old could not be sent again for ever.
    """
    turns = making.slips_so_far(one.work_order_id for one in works)
    return [
        (
            one,
            sent
            if sent.is_submitted() and sent.work.text == one.public_id
            else HandInForm(formdata=None, pieces=one.left),
            turns[one.work_order_id],
        )
        for one in works
    ]


def _offer(form: NewWorkForm, member: MemberView) -> None:
    offers = making.makeable(member.workshop_id, on=business_day(now()))
    form.variant.choices = [(str(one.piece.variant_id), makeable_said(one)) for one in offers]


@blueprint.post("/hand-in/work")
@requires(Permission.GIVE_WORK)
def hand_in_new_work() -> ResponseReturnValue:
    """Give new work to the member who stands at the table, with the material she takes home."""
    actor = current_actor()
    member = stations.member_by_public_id(
        request.args.get("member", ""), scope=actor.scope(Permission.GIVE_WORK)
    )
    form = NewWorkForm()
    _offer(form, member)
    if form.validate_on_submit():
        with refusals_on(form):
            work_order_id = making_work.give_work(
                member_id=member.id,
                variant_id=int(form.variant.data),
                quantity=form.quantity.count,
                due_on=form.due_on.data,
                she_takes_it=form.she_takes_it.data,
                material=form.handed_out(),
                key=form.key.text,
                actor=actor,
                now=now(),
            )
            if form.she_takes_it.data:
                flash(read_back(making.work_order_public_id(work_order_id)), "success")
            else:
                flash(_("Offered. Now she says whether she takes it."), "success")
            return redirect(url_for(".hand_in_table", member=member.public_id))
    return _table(member, HandInForm(formdata=None), form)


@blueprint.route("/hand-in/slips", methods=["GET", "POST"])
@requires(Permission.RECORD_HAND_IN)
def paper_slips() -> ResponseReturnValue:
    """Number slips for writing by hand, for when the power is out."""
    actor = current_actor()
    workshops = {
        one.slug: one for one in stations.workshops(actor.scope(Permission.RECORD_HAND_IN))
    }
    form = SlipsForm()
    form.workshop.choices = [(slug, localized(one, "name")) for slug, one in workshops.items()]
    if form.validate_on_submit():
        with refusals_on(form):
            workshop = workshops[form.workshop.data]
            numbers = production.print_slips(
                station_id=workshop.station_id, slips=form.slips.count, actor=actor, now=now()
            )
            return redirect(
                url_for(
                    ".paper_slips_printed",
                    slug=workshop.slug,
                    first=numbers[0],
                    last=numbers[-1],
                )
            )
    return render_template("backoffice/paper_slips.html", form=form), form_status(form)


@blueprint.get("/hand-in/slips/<string:slug>/<int:first>-<int:last>")
@requires(Permission.RECORD_HAND_IN)
def paper_slips_printed(slug: str, first: int, last: int) -> ResponseReturnValue:
    """Print slips that were numbered before, again where the printer has eaten them."""
    scope = current_actor().scope(Permission.RECORD_HAND_IN)
    workshop = next((one for one in stations.workshops(scope) if one.slug == slug), None)
    if workshop is None or not 0 < first <= last <= making.last_paper(workshop.station_id):
        raise NotFound(what=f"paper slips of {slug}")
    return render_template(
        "backoffice/paper_slips_printed.html",
        workshop=workshop,
        numbers=[paper_said(one) for one in range(first, min(last, first + 99) + 1)],
    )
