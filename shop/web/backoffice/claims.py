"""What buyers brought forward: looked at, made good, sent anew or refused with words."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as people
from shop.claims import queries as claims
from shop.claims.queries import ClaimView
from shop.claims.rules import FOR_ROOM, MAY_BE_REFUSED, ClaimKind, ClaimState, may_be_decided
from shop.kernel.access import Permission
from shop.media import queries as media
from shop.media.rules import Subject
from shop.orders import queries as order_views
from shop.orders.queries import LineView
from shop.payments.rules import RefundState
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.counting_forms import AnswerForm, MakeGoodForm, SendAnewForm
from shop.web.backoffice.refunds import BEARERS
from shop.web.backoffice.room import blueprint
from shop.web.claim_words import KINDS, STATES, steps_of
from shop.web.errors import form_status, refusals_on
from shop.web.fields import plain
from shop.web.pictures import private_picture
from shop.workflows import claiming
from shop.workflows.refunding import RefundPlan

MOST = 50
MOST_DIGITS = 4
TABS: Mapping[str, frozenset[ClaimState]] = {
    "room": FOR_ROOM,
    "waits": frozenset(
        {ClaimState.SENT, ClaimState.AT_TOWN, ClaimState.REFUSED, ClaimState.UPHELD}
    ),
    "over": frozenset(
        {ClaimState.REFUNDED, ClaimState.REPLACED, ClaimState.ENDED, ClaimState.WITHDRAWN}
    ),
}


@blueprint.get("/claims")
@requires(Permission.REFUND)
def claim_list() -> ResponseReturnValue:
    """Show what waits for the room, the first due first; or what waits elsewhere, or is over."""
    tab = request.args.get("state", "room")
    tab = tab if tab in TABS else "room"
    after = request.args.get("after", "")
    found = claims.claims_at(
        current_actor().scope(Permission.REFUND),
        TABS[tab],
        after=int(after) if after.isdecimal() else None,
        most=MOST,
    )
    return render_template(
        "backoffice/claim_list.html",
        claims=found,
        orders=order_views.orders_by_id({one.order_id for one in found}),
        tab=tab,
        kinds=KINDS,
        states=STATES,
        next_after=found[-1].id if tab == "over" and len(found) == MOST else None,
        at=now(),
    )


@blueprint.get("/claims/<string:public_id>")
@requires(Permission.REFUND)
def claim_page(public_id: str) -> ResponseReturnValue:
    """Show one matter with its pictures, its steps, and what can be done."""
    return _shown(_found(public_id))


def _found(public_id: str) -> ClaimView:
    return claims.claim(public_id, scope=current_actor().scope(Permission.REFUND))


def _shown(
    found: ClaimView,
    *,
    good: MakeGoodForm | None = None,
    anew: SendAnewForm | None = None,
    answer: AnswerForm | None = None,
    plan: RefundPlan | None = None,
) -> ResponseReturnValue:
    order = order_views.order(found.order_id)
    part = next(one for one in order.parts if one.id == found.fulfillment_id)
    lines = {line.id: line for line in part.lines}
    good = good or MakeGoodForm(formdata=None)
    anew = anew or SendAnewForm(formdata=None)
    answer = answer or AnswerForm(formdata=None)
    sent = [form for form in (good, anew, answer) if form.errors]
    by = frozenset(step.by_id for step in found.steps if step.by_id is not None)
    is_other = not (
        found.state is ClaimState.RAISED and found.decided_by_id == current_actor().user_id
    )
    may_decide = is_other and may_be_decided(found.kind, found.state)
    page = render_template(
        "backoffice/claim_page.html",
        claim=found,
        order=order,
        part=part,
        pieces=[(lines[one.order_line_id], one.quantity) for one in found.pieces],
        typed=_pieces(found, lines),
        pictures=media.at_desk(Subject.CLAIM, found.id),
        steps=steps_of(found, people.names_of(by)),
        kind=KINDS[found.kind],
        state=STATES[found.state],
        good=good,
        anew=anew,
        answer=answer,
        plan=plan,
        bearers=BEARERS,
        is_other=is_other,
        may_decide=may_decide,
        may_refuse=may_decide and found.state in MAY_BE_REFUSED,
        is_return=found.kind is ClaimKind.RETURN,
        at=now(),
    )
    return page, form_status(sent[0] if sent else good)


def _pieces(found: ClaimView, lines: Mapping[int, LineView]) -> dict[int, int]:
    """Return by order line what was typed, at most what is claimed; untouched, all of it."""
    pieces = {}
    for one in found.pieces:
        typed = plain(request.form.get(f"pieces-{lines[one.order_line_id].position}"))
        is_number = typed.isdecimal() and len(typed) <= MOST_DIGITS
        pieces[one.order_line_id] = min(int(typed), one.quantity) if is_number else one.quantity
    return pieces


@blueprint.get("/claims/<string:public_id>/pictures/<string:picture>")
@requires(Permission.REFUND)
def claim_picture(public_id: str, picture: str) -> ResponseReturnValue:
    """Show one photograph of a claim in reach."""
    return private_picture(media.at_desk(Subject.CLAIM, _found(public_id).id), picture)


@blueprint.post("/claims/<string:public_id>/arrived")
@requires(Permission.REFUND)
def claim_arrived(public_id: str) -> ResponseReturnValue:
    """Say that the goods of a return lie here."""
    claiming.note_arrival(public_id=public_id, actor=current_actor(), now=now())
    flash(_("Noted. Look at the goods; the money is owed within seven days."), "success")
    return redirect(url_for(".claim_page", public_id=public_id))


@blueprint.post("/claims/<string:public_id>/good")
@requires(Permission.REFUND)
def claim_made_good(public_id: str) -> ResponseReturnValue:
    """Show what giving back would do, and do it when that was looked at."""
    found = _found(public_id)
    order = order_views.order(found.order_id)
    pieces = _pieces(found, {line.id: line for line in order.lines})
    form, plan = MakeGoodForm(), None
    if form.validate_on_submit():
        with refusals_on(form):
            if "do" in request.form:
                asked = claiming.make_good(
                    public_id=public_id,
                    pieces=pieces,
                    are_goods_back=form.are_goods_back.data,
                    shipping=form.shipping.money,
                    return_postage=form.return_postage.money,
                    words=form.words.text,
                    actor=current_actor(),
                    now=now(),
                )
                is_well = asked.state is not RefundState.FAILED
                flash(
                    _("The money goes back, and the buyer is told.")
                    if is_well
                    else _("The payment service refused it. See under “Money to give back”."),
                    "success" if is_well else "warning",
                )
                return redirect(url_for(".claim_page", public_id=public_id))
            plan = claiming.simulate_making_good(
                public_id=public_id,
                pieces=pieces,
                shipping=form.shipping.money,
                actor=current_actor(),
                now=now(),
            )
    return _shown(found, good=form, plan=plan)


@blueprint.post("/claims/<string:public_id>/anew")
@requires(Permission.REFUND)
def claim_sent_anew(public_id: str) -> ResponseReturnValue:
    """Send the pieces anew from the shelf."""
    form = SendAnewForm()
    if form.validate_on_submit():
        with refusals_on(form):
            claiming.replace(
                public_id=public_id,
                carrier=form.carrier.text,
                tracking=form.tracking.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Sent anew, and the buyer is told."), "success")
            return redirect(url_for(".claim_page", public_id=public_id))
    return _shown(_found(public_id), anew=form)


@blueprint.post("/claims/<string:public_id>/refused")
@requires(Permission.REFUND)
def claim_refused(public_id: str) -> ResponseReturnValue:
    """Say no, with words the buyer reads."""
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_on(form):
            claiming.refuse(
                public_id=public_id, words=form.answer.text, actor=current_actor(), now=now()
            )
            flash(_("Answered. The buyer is told, and where she can go with it."), "success")
            return redirect(url_for(".claim_page", public_id=public_id))
    return _shown(_found(public_id), answer=form)
