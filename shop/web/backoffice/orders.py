"""A workshop's own parts of orders: pack, print the slip, send, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.kernel.access import Permission
from shop.kernel.clock import SHANGHAI, business_day
from shop.kernel.errors import NotFound
from shop.orders import queries as order_views
from shop.orders.queries import PartRow
from shop.orders.rules import FulfillmentState, Handover, name_on_label, phone_on_label
from shop.payments import queries as payments
from shop.production import queries as making
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import ForLineForm, ParcelForm, ScanForm
from shop.web.backoffice.room import blueprint
from shop.web.dispatching import DispatchForm, NumberForm, has_left
from shop.web.errors import form_status, refusals_on
from shop.web.fields import plain
from shop.web.filters import localized
from shop.web.parcel_words import PARCEL_STATES
from shop.workflows import delivering
from shop.workflows import making as making_work

MOST = 200
MOST_DIGITS = 6
SHELVES = {
    "": (FulfillmentState.PLACED, FulfillmentState.MAKING, FulfillmentState.PACKED),
    "sent": (FulfillmentState.SHIPPED,),
    "done": (FulfillmentState.RECEIVED, FulfillmentState.COMPLETED),
    "cancelled": (FulfillmentState.CANCELLED,),
}


def _part(public_id: str) -> PartRow:
    return order_views.part(public_id, current_actor().scope(Permission.FULFILL))


@blueprint.get("/orders")
@requires(Permission.FULFILL)
def part_list() -> ResponseReturnValue:
    """List the parts in reach by what is to be done with them, the first promised first."""
    shelf = request.args.get("state", "")
    # Seats are attended, not sent: they are on the page of their session.
    parts = [
        row
        for row in order_views.order_parts(
            current_actor().scope(Permission.FULFILL),
            states=SHELVES.get(shelf, SHELVES[""]),
            most=MOST,
        )
        if row.part.handover is not Handover.ATTEND
    ]
    return render_template(
        "backoffice/part_list.html", parts=parts, shelf=shelf, today=business_day(now())
    )


@blueprint.get("/orders/pick-list")
@requires(Permission.FULFILL)
def pick_list() -> ResponseReturnValue:
    """Print one round along the shelves for all that is to be packed, then order by order."""
    rows = order_views.order_parts(
        current_actor().scope(Permission.FULFILL), states=[FulfillmentState.PLACED], most=MOST
    )
    return render_template(
        "backoffice/pick_list.html",
        rows=rows,
        picks=order_views.picks(rows),
        workshops=stations.workshops_by_id({row.part.workshop_id for row in rows}),
        today=business_day(now()),
    )


@blueprint.route("/orders/<string:public_id>", methods=["GET", "POST"])
@requires(Permission.FULFILL)
def part_page(public_id: str) -> ResponseReturnValue:
    """Show one part; what is chosen of it leaves in a parcel, at once or over the town."""
    row = _part(public_id)
    form = ParcelForm()
    pieces = _pieces(row)
    if form.validate_on_submit():
        with refusals_on(form):
            _pack(row, form, pieces)
            return _to(row)
    return _show_part(row, form, pieces)


def _show_part(
    row: PartRow,
    form: ParcelForm,
    pieces: Mapping[int, int],
    *,
    scan: ScanForm | None = None,
    leaving: DispatchForm | None = None,
    number: NumberForm | None = None,
    open_parcel: str = "",
) -> ResponseReturnValue:
    reach = current_actor().scope(Permission.FULFILL)
    return (
        render_template(
            "backoffice/part_page.html",
            row=row,
            workshop=stations.workshop(row.part.workshop_id),
            refunds=payments.standing_refunds(row.part.order_id, reach),
            disputes=payments.disputes_of_order(row.part.order_id, reach),
            given=making.given_out(line.id for line in row.part.lines),
            form=form,
            leaving=leaving,
            number=number,
            blank=DispatchForm(formdata=None),
            scan=scan,
            blank_scan=_blank_scan(),
            pieces=pieces,
            waits=sum(row.part.here_unpacked(line) for line in row.part.lines),
            parcel_states=PARCEL_STATES,
            open_parcel=open_parcel,
            today=business_day(now()),
        ),
        max(form_status(one) for one in (form, scan, leaving, number) if one is not None),
    )


def _blank_scan() -> ScanForm:
    at = now().astimezone(ZoneInfo(SHANGHAI))
    return ScanForm(formdata=None, day=at.date(), time=at.time())


def _pieces(row: PartRow) -> dict[int, int]:
    """Return how many pieces of each line go into the next parcel: as typed, else all that wait."""
    found = {}
    for line in row.part.lines:
        most = row.part.here_unpacked(line)
        typed = plain(request.form.get(f"pieces-{line.position}", str(most)))
        found[line.id] = int(typed) if typed.isdecimal() and len(typed) < MOST_DIGITS else 0
    return found


def _pack(row: PartRow, form: ParcelForm, pieces: Mapping[int, int]) -> None:
    name, key = row.public_id, f"desk:{form.key.text}"
    if request.form.get("way") == "town":
        delivering.pack_for_town(
            fulfillment_public_id=name, pieces=pieces, key=key, actor=current_actor(), now=now()
        )
        flash(_("Packed for the town. It is on the town’s list now."), "success")
        return
    delivering.send_parcel(
        fulfillment_public_id=name,
        pieces=pieces,
        carrier=form.carrier.text,
        tracking=form.tracking.text,
        postage=form.postage.money,
        key=key,
        actor=current_actor(),
        now=now(),
    )
    flash(_("On its way. The buyer sees the number now."), "success")


def _part_of_parcel(parcel: str) -> PartRow:
    reach = current_actor().scope(Permission.FULFILL)
    _, part_id, _ = order_views.parcel_and_part(parcel, reach)
    return _part(order_views.part_by_id(part_id).public_id)


@blueprint.post("/parcels/<string:parcel>/opened")
@requires(Permission.FULFILL)
def parcel_opened(parcel: str) -> ResponseReturnValue:
    """Take a parcel apart that has not left."""
    row = _part_of_parcel(parcel)
    delivering.open_parcel(parcel_public_id=parcel, actor=current_actor(), now=now())
    flash(_("Opened again. Its pieces wait to be packed."), "success")
    return _to(row)


@blueprint.post("/parcels/<string:parcel>/came-back")
@requires(Permission.FULFILL)
def parcel_came_back(parcel: str) -> ResponseReturnValue:
    """Say that a carrier brought a parcel back unopened."""
    row = _part_of_parcel(parcel)
    delivering.note_came_back(parcel_public_id=parcel, actor=current_actor(), now=now())
    flash(_("Noted. Ring the buyer: send it again, or give the money back."), "success")
    return _to(row)


@blueprint.post("/parcels/<string:parcel>/number")
@requires(Permission.FULFILL)
def parcel_renumbered(parcel: str) -> ResponseReturnValue:
    """Correct a number that was written down wrongly."""
    row = _part_of_parcel(parcel)
    form = NumberForm()
    if form.validate_on_submit():
        with refusals_on(form):
            if delivering.renumber(
                parcel_public_id=parcel,
                carrier=form.carrier.text,
                tracking=form.tracking.text,
                actor=current_actor(),
                now=now(),
            ):
                flash(_("Corrected. The buyer is told the right number."), "success")
            return _to(row)
    return _show_part(row, ParcelForm(formdata=None), _pieces(row), number=form, open_parcel=parcel)


@blueprint.post("/parcels/<string:parcel>/seen")
@requires(Permission.FULFILL)
def parcel_seen(parcel: str) -> ResponseReturnValue:
    """Write down what a carrier said on the telephone or on its page."""
    row = _part_of_parcel(parcel)
    form = ScanForm()
    if form.validate_on_submit():
        with refusals_on(form):
            delivering.note_scan(
                parcel_public_id=parcel, scan=form.scan, actor=current_actor(), now=now()
            )
            flash(_("Written down. The buyer sees it."), "success")
            return _to(row)
    return _show_part(row, ParcelForm(formdata=None), _pieces(row), scan=form, open_parcel=parcel)


@blueprint.post("/parcels/<string:parcel>/sent")
@requires(Permission.FULFILL)
def parcel_sent(parcel: str) -> ResponseReturnValue:
    """Let a packed parcel leave from here, or one that came back leave again."""
    row = _part_of_parcel(parcel)
    form = DispatchForm()
    if has_left(parcel, form):
        return _to(row)
    return _show_part(
        row, ParcelForm(formdata=None), _pieces(row), leaving=form, open_parcel=parcel
    )


def _to(row: PartRow) -> ResponseReturnValue:
    return redirect(url_for(".part_page", public_id=row.public_id))


@blueprint.route("/orders/<string:public_id>/lines/<int:position>/work", methods=["GET", "POST"])
@requires(Permission.GIVE_WORK)
def work_for_line(public_id: str, position: int) -> ResponseReturnValue:
    """Offer the pieces of one line to a maker, with what the buyer wishes woven in."""
    actor = current_actor()
    row = order_views.part(public_id, actor.scope(Permission.GIVE_WORK))
    line = next((one for one in row.part.lines if one.position == position), None)
    if line is None:
        raise NotFound(what=public_id)
    members = stations.members(actor.scope(Permission.GIVE_WORK), workshop_id=row.part.workshop_id)
    left = line.left - making.given_out([line.id]).get(line.id, 0)
    form = ForLineForm(quantity=max(left, 1), due_on=row.part.promised_on)
    form.member.choices = [
        (one.public_id, f"{one.code} {localized(one, 'name')}") for one in members
    ]
    if form.validate_on_submit():
        with refusals_on(form):
            work_order_id = making_work.offer_for_line(
                fulfillment_public_id=public_id,
                position=position,
                member_id=next(one.id for one in members if one.public_id == form.member.data),
                quantity=form.quantity.count,
                due_on=form.due_on.data,
                key=form.key.text,
                actor=actor,
                now=now(),
            )
            flash(_("Offered. Now she says whether she takes it."), "success")
            name = making.work_order_public_id(work_order_id)
            return redirect(url_for(".work_page", public_id=name))
    return (
        render_template("backoffice/work_for_line.html", row=row, line=line, left=left, form=form),
        form_status(form),
    )


@blueprint.post("/orders/<string:public_id>/packed")
@requires(Permission.FULFILL)
def part_packed(public_id: str) -> ResponseReturnValue:
    """Say that a part stands packed."""
    _part(public_id)
    delivering.pack_part(fulfillment_public_id=public_id, actor=current_actor(), now=now())
    flash(_("Packed. Now it only needs its carrier."), "success")
    return redirect(url_for(".part_page", public_id=public_id))


@blueprint.get("/orders/<string:public_id>/slip")
@requires(Permission.FULFILL)
def part_slip(public_id: str) -> ResponseReturnValue:
    """Print what goes into a parcel; a present goes without any price."""
    row = _part(public_id)
    wanted = request.args.get("parcel", "")
    return render_template(
        "backoffice/part_slip.html",
        row=row,
        parcel=next((one for one in row.part.parcels if one.public_id == wanted), None),
        workshop=stations.workshop(row.part.workshop_id),
        is_present=request.args.get("present") == "1" or bool(row.contact and row.contact.is_gift),
    )


@blueprint.get("/orders/<string:public_id>/label")
@requires(Permission.FULFILL)
def part_label(public_id: str) -> ResponseReturnValue:
    """Print what stands on the parcel: name and number masked, for whoever sees it on its way."""
    row = _part(public_id)
    if row.contact is None or row.part.handover is not Handover.SHIP:
        raise NotFound(what=public_id)
    wanted = request.args.get("parcel", "")
    return render_template(
        "backoffice/part_label.html",
        row=row,
        parcel=next((one for one in row.part.parcels if one.public_id == wanted), None),
        name=name_on_label(row.contact.name),
        phone=phone_on_label(row.contact.phone),
        workshop=stations.workshop(row.part.workshop_id),
    )
