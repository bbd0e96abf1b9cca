"""Hand-ins: what waits for an inspector, what was found, its labels and its slip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from shop.accounts import picture_pins
from shop.accounts import queries as accounts
from shop.catalog.queries import label_words
from shop.catalog.rules import PayLane
from shop.kernel.access import Permission
from shop.kernel.errors import NotFound
from shop.media import queries as media
from shop.media.rules import Subject
from shop.production import appeals
from shop.production import queries as making
from shop.production.queries import HandInView, Piece
from shop.production.rules import said_code
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.addresses import absolute
from shop.web.backoffice.making_forms import AppealForm, SecondLookForm, VerdictForm
from shop.web.backoffice.room import blueprint
from shop.web.backoffice.taking_in import wage_of
from shop.web.desk_frame import HAND_INS, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized, show_money
from shop.web.pictures import brings_files, private_picture, sent_files
from shop.web.qr import qr_code
from shop.web.quality_labels import label_rows
from shop.workflows import making as making_work

# Labels on one printed page: more come from the next batch.
MOST_LABELS = 300


@blueprint.get("/hand-ins")
@requires(Permission.SEE_DESK)
def hand_in_list() -> ResponseReturnValue:
    """Show what waits for an inspector, the longest waiting first, and what was decided."""
    scope = joint_scope(current_actor(), HAND_INS)
    return render_template(
        "backoffice/hand_in_list.html",
        appealed=making.hand_ins_appealed(scope),
        waiting=making.hand_ins_waiting(scope),
        decided=making.hand_ins_decided(scope, most=20),
        now=now(),
    )


@blueprint.route("/hand-ins/<string:public_id>", methods=["GET", "POST"])
@requires(Permission.SEE_DESK)
@brings_files
def hand_in_page(public_id: str) -> ResponseReturnValue:
    """Show one hand-in; whoever may inspect it decides here."""
    actor = current_actor()
    seen = making.hand_in(public_id, joint_scope(actor, HAND_INS))
    form = VerdictForm()
    if form.validate_on_submit() and (verdict := form.verdict(seen.pieces)):
        with refusals_on(form):
            wage = making_work.decide(
                hand_in_id=seen.hand_in_id,
                verdict=verdict,
                files=sent_files("files"),
                actor=actor,
                now=now(),
            )
            if wage and actor.holds(Permission.RECORD_HAND_IN):
                flash(
                    _("Decided. %(wage)s is hers from this moment.", wage=show_money(wage)),
                    "success",
                )
            else:
                flash(_("Decided. The pieces are on the shelf."), "success")
            return redirect(url_for(".hand_in_page", public_id=public_id))
    return _page(seen, form=form)


def _page(
    seen: HandInView,
    *,
    form: VerdictForm | None = None,
    appealing: AppealForm | None = None,
    second_look: SecondLookForm | None = None,
) -> ResponseReturnValue:
    appeal = appeals.appeals_of([seen.hand_in_id]).get(seen.hand_in_id)
    asked = [one for one in (form, appealing, second_look) if one is not None]
    return (
        render_template(
            "backoffice/hand_in_page.html",
            seen=seen,
            form=form or VerdictForm(formdata=None),
            appeal=appeal,
            may_appeal=appeal is None and appeals.may_appeal(seen, now=now()),
            noted_by=_name_of(appeal.said_by_id) if appeal and appeal.on_behalf else "",
            appealing=appealing or AppealForm(formdata=None),
            second_look=second_look or SecondLookForm(formdata=None),
            pictures=media.at_desk(Subject.HAND_IN, seen.hand_in_id),
            **_pay(seen.public_id),
        ),
        max(form_status(one) for one in asked),
    )


def _name_of(user_id: int | None) -> str:
    return "" if user_id is None else accounts.names_of(frozenset({user_id})).get(user_id, "")


@blueprint.post("/hand-ins/<string:public_id>/appeal")
@requires(Permission.RECORD_HAND_IN)
def hand_in_appeal(public_id: str) -> ResponseReturnValue:
    """Note for a maker that she objects to a verdict; it is marked as noted for her."""
    actor = current_actor()
    seen = making.hand_in(public_id, actor.scope(Permission.RECORD_HAND_IN))
    form = AppealForm()
    if form.validate_on_submit():
        with refusals_on(form):
            appeals.say(
                hand_in_id=seen.hand_in_id,
                words=form.words.text,
                actor=actor,
                on_behalf=True,
                now=now(),
            )
            flash(_("Noted for her. Somebody else looks at these pieces again."), "success")
            return redirect(url_for(".hand_in_page", public_id=public_id))
    return _page(seen, appealing=form)


@blueprint.post("/hand-ins/<string:public_id>/second-look")
@requires(Permission.INSPECT)
def hand_in_second_look(public_id: str) -> ResponseReturnValue:
    """Decide on an objection: raise pieces to a better grade, or keep the verdict and say why."""
    actor = current_actor()
    seen = making.hand_in(public_id, actor.scope(Permission.INSPECT))
    form = SecondLookForm()
    if form.validate_on_submit():
        with refusals_on(form):
            more = making_work.decide_appeal(
                hand_in_id=seen.hand_in_id,
                raised=form.raised,
                answer=form.answer.text,
                actor=actor,
                now=now(),
            )
            if more and actor.holds(Permission.RECORD_HAND_IN):
                flash(_("Decided. %(wage)s more is hers.", wage=show_money(more)), "success")
            else:
                flash(_("Decided. She reads it on her page."), "success")
            return redirect(url_for(".hand_in_page", public_id=public_id))
    return _page(seen, second_look=form)


def _pay(public_id: str) -> dict[str, Any]:
    """Return what the pieces earn, for those who may know it; inspectors see pieces, not pay."""
    actor = current_actor()
    if not actor.holds(Permission.RECORD_HAND_IN):
        return {"rate": None, "wage": None}
    slip = making.slip(public_id, actor.scope(Permission.RECORD_HAND_IN))
    return {
        "rate": None if slip.pay_lane is PayLane.CONSIGNMENT else slip.rate,
        "wage": wage_of(slip),
    }


@blueprint.get("/hand-ins/<string:public_id>/pictures/<string:picture>")
@requires(Permission.SEE_DESK)
def hand_in_picture(public_id: str, picture: str) -> ResponseReturnValue:
    """Show a photograph of a fault."""
    seen = making.hand_in(public_id, joint_scope(current_actor(), HAND_INS))
    return private_picture(media.at_desk(Subject.HAND_IN, seen.hand_in_id), picture)


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One label on paper: what it says, its code and the square that leads to its page."""

    rows: list[tuple[str, str]]
    code: str
    qr: Markup


@blueprint.get("/hand-ins/<string:public_id>/labels")
@requires(Permission.SEE_DESK)
def hand_in_labels(public_id: str) -> ResponseReturnValue:
    """Print the labels of pieces that passed, and of no others; one for each piece."""
    seen = making.hand_in(public_id, joint_scope(current_actor(), HAND_INS))
    codes = making.codes_of(seen.hand_in_id)
    if not codes:
        raise NotFound(what=f"labels of {public_id}")
    workshop = stations.workshop(seen.workshop_id)
    words = label_words(seen.piece.product_id)
    labels: list[PrintedLabel] = []
    for code in codes:
        rows = label_rows(
            workshop=localized(workshop, "name"),
            address=localized(workshop, "address"),
            material=localized(words, "material"),
            care=localized(words, "care"),
            passed_on=code.passed_on,
            inspector=code.inspector,
        )
        label = PrintedLabel(rows, said_code(code.code), qr_code(absolute(f"/p/{code.code}")))
        labels += [label] * min(code.pieces, MOST_LABELS - len(labels))
    return render_template(
        "backoffice/labels.html",
        seen=seen,
        title=_piece_said(seen.piece),
        labels=labels,
        paper="roll" if request.args.get("paper") == "roll" else "a4",
    )


def _piece_said(piece: Piece) -> str:
    return " ".join(
        filter(None, [localized(piece, "title"), piece.size, localized(piece, "color")])
    )


@blueprint.get("/hand-ins/<string:public_id>/slip")
@requires(Permission.RECORD_HAND_IN)
def hand_in_slip(public_id: str) -> ResponseReturnValue:
    """Print the slip in three parts: hers, the workshop's, the bookkeeper's."""
    slip = making.slip(public_id, current_actor().scope(Permission.RECORD_HAND_IN))
    return render_template(
        "backoffice/hand_in_slip.html",
        slip=slip,
        borrowed_code=picture_pins.code_of(slip.hand_in.maker.member_id),
        wage=wage_of(slip),
    )
